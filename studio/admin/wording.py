"""How the studio says things: chips of statuses and runs, names of steps and filters, times, money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pipeline.models import ContentProject, StepRun

Status = ContentProject.Status


@dataclass(frozen=True)
class Chip:
    """An icon and a word; `tone` colours it (quiet, work, warn, stop, good, info), never alone."""

    icon: str
    text: str
    tone: str


STATUS: dict[str, Chip] = {
    Status.DRAFT: Chip("edit_note", "Draft", "quiet"),
    Status.GENERATING: Chip("autorenew", "Generating", "work"),
    Status.NEEDS_ATTENTION: Chip("error", "Needs attention", "warn"),
    Status.IN_REVIEW: Chip("visibility", "In review", "info"),
    Status.APPROVED: Chip("task_alt", "Approved", "good"),
    Status.SCHEDULED: Chip("schedule", "Scheduled", "good"),
    Status.PUBLISHED: Chip("public", "Published", "good"),
    Status.UNPUBLISHED: Chip("public_off", "Unpublished", "warn"),
    Status.ARCHIVED: Chip("archive", "Archived", "quiet"),
}
RUN: dict[str, Chip] = {
    StepRun.Status.QUEUED: Chip("hourglass_empty", "Queued", "quiet"),
    StepRun.Status.RUNNING: Chip("autorenew", "Running", "work"),
    StepRun.Status.WAITING: Chip("hourglass_top", "Waiting for the provider", "work"),
    StepRun.Status.SUCCEEDED: Chip("check_circle", "Done", "good"),
    StepRun.Status.FAILED: Chip("cancel", "Failed", "stop"),
    StepRun.Status.CANCELLED: Chip("block", "Cancelled", "warn"),
}
NOT_BEGUN = Chip("radio_button_unchecked", "Not begun", "quiet")
UNDER_WAY = Chip("autorenew", "Under way", "work")
STEPS: dict[tuple[str, str], str] = {
    ("script", ""): "Script",
    ("visuals", ""): "Pictures",
    ("visuals", "clip"): "Clips",
    ("visuals", "own"): "Own pictures",
    ("voice", "own"): "Own recordings",
    ("quiz", "own"): "Questions by hand",
    ("voice", ""): "Voice",
    ("quiz", ""): "Questions",
    ("compose", "scene"): "Scenes composed",
    ("compose", "film"): "Film joined",
    ("qa", "content"): "Checks: content",
    ("qa", "accuracy"): "Checks: facts",
    ("qa", "age"): "Checks: age",
    ("qa", "value"): "Checks: teaching",
    ("qa", "value-blind"): "Questions without the film",
    ("qa", "value-told"): "Questions by the film",
    ("qa", "accuracy-again"): "Facts, a second opinion",
    ("qa", "moderation"): "Moderation",
    ("qa", ""): "Quality checks",
}
AT_WORK = {
    "script": "writing the script",
    "visuals": "drawing",
    "voice": "speaking",
    "quiz": "writing questions",
    "compose": "composing",
    "qa": "checking",
}
FILTERS: dict[str, str] = {
    "inappropriate_content": "Inappropriate content",
    "factual_accuracy": "Factual accuracy",
    "age_appropriateness": "Age appropriateness",
    "educational_value": "Educational value",
}
FINDING: dict[str, Chip] = {
    "block": Chip("block", "Blocker", "stop"),
    "review": Chip("warning", "Warning", "warn"),
    "not_run": Chip("help", "Not run", "quiet"),
    "pass": Chip("check_circle", "Passed", "good"),
}
ROLE: dict[str, str] = {"hook": "Opening", "scene": "Scene", "moment": "Thinking moment", "recap": "Recap"}
REASONS: dict[str, str] = {
    "creator:created": "Project created",
    "creator:started": "Generation started",
    "creator:script-ready": "Script ready to read",
    "creator:retried": "Tried again",
    "creator:rebuilt": "Rebuilt",
    "creator:remade": "Lost files made again",
    "creator:withdrawn": "Withdrawn from review",
    "creator:cancelled": "Cancelled",
    "creator:brief-edited": "Brief edited",
    "creator:scene-edited": "Scene edited",
    "creator:scene-moved": "Scene moved",
    "creator:scene-split": "Scene split",
    "creator:scenes-merged": "Scenes merged",
    "creator:scene-added": "Scene added",
    "creator:scene-removed": "Scene removed",
    "creator:version-restored": "Version put back",
    "creator:sentence-kept": "Sentence kept as it is",
    "creator:sentence-freed": "Sentence given free",
    "creator:word-said": "A word's sound changed",
    "creator:own-media": "Own picture or recording used",
    "creator:questions-edited": "Questions changed",
    "creator:undone": "An edit undone",
    "creator:regenerated-visual": "New picture asked for",
    "creator:regenerated-clip": "New clip asked for",
    "creator:regenerated-voice": "New voice asked for",
    "creator:take-asked-visual": "Another picture asked for, beside the chosen one",
    "creator:take-asked-voice": "Another voice asked for, beside the chosen one",
    "creator:take-chosen": "Another take chosen",
    "creator:take-dropped": "A take given up",
    "creator:changes-requested": "Changes requested",
    "reviewer:approved": "Approved",
    "reviewer:rejected": "Rejected",
    "reviewer:taken-back": "Request for changes taken back",
    "studio:reopened": "Reopened",
    "studio:archived": "Archived",
    "editor:published": "Published",
    "editor:scheduled": "Scheduled",
    "editor:schedule-moved": "Moved to another time",
    "editor:schedule-cancelled": "Schedule cancelled",
    "editor:unpublished": "Taken offline",
    "clock:published": "Published as scheduled",
    "clock:paused": "Paused, since children reported it",
    "students:reported": "Reported by children",
    "studio:reports-settled": "Reports looked at",
    "pipeline:complete": "Film finished, ready for review",
}


def name_step(step: str, part: str = "") -> str:
    return STEPS.get((step, part)) or f"{step} {part}".strip().capitalize()


def name_reason(reason: str) -> str:
    """An event's code in words; an error's id stays readable."""
    return REASONS.get(reason) or reason.rpartition(":")[2].replace("-", " ").capitalize() or "Changed"


def say_age(then: datetime, now: datetime) -> str:
    """ "4 min", "3 h", "5 days": how long ago, coarse."""
    seconds = max(int((now - then).total_seconds()), 0)
    for size, word in ((86_400, "day"), (3600, "h"), (60, "min")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {word}{'s' if word == 'day' and count > 1 else ''}"
    return f"{seconds} s"


def say_clock(seconds: float) -> str:
    """ "1:07"."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def say_money(dollars: Decimal | None) -> str:
    """US dollars; an unknown price is "?", never 0."""
    if dollars is None:
        return "?"
    return f"${dollars:.2f}" if dollars == 0 or dollars >= Decimal("0.01") else f"${dollars:.4f}"


def count_findings(results: Mapping[str, Any] | None) -> tuple[int, int]:
    """(blockers, warnings) of a film's quality results."""
    verdicts = [
        str(check.get("verdict"))
        for record in ((results or {}).get("details") or {}).values()
        for check in record.get("checks") or ()
    ]
    return verdicts.count("block"), verdicts.count("review")


def say_findings(results: Mapping[str, Any] | None) -> str:
    """ "1 blocker · 2 warnings", "No findings", or "" while there are no checks."""
    if not results:
        return ""
    blockers, warnings = count_findings(results)
    parts = [
        f"{count} {word}{'s' if count > 1 else ''}"
        for count, word in ((blockers, "blocker"), (warnings, "warning"))
        if count
    ]
    return " · ".join(parts) or "No findings"
