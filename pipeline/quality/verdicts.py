"""All four filters over one film: a record for each, and what a reviewer should know first."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pipeline.quality.accuracy import check_accuracy
from pipeline.quality.age import check_age
from pipeline.quality.content import check_content
from pipeline.quality.findings import SEVERITY, Check, Verdict, worst
from pipeline.quality.material import Material
from pipeline.quality.value import check_value

VERSION = 2  # of the rules; raised with every change that may change a verdict

FILTERS: dict[str, Callable[[Material], list[Check]]] = {
    "inappropriate_content": check_content,
    "factual_accuracy": check_accuracy,
    "age_appropriateness": check_age,
    "educational_value": check_value,
}

# Blocks that nobody may override.
FINAL = frozenset({"content.blocked-word", "age.flashes"})

SUGGESTIONS: dict[str, str] = {
    "content.blocked-word": "Take the word out.",
    "content.review-word": "Read the sentence with the age group in mind, and reword it if in doubt.",
    "content.brand": "Take the name out, or say what kind of thing it is.",
    "content.dangerous-imitation": "Take it out, or tell it as a warning.",
    "content.needs-an-adult": "Say that an adult does it, or does it with the child.",
    "content.secret-from-adults": "Take it out; a child may always tell an adult.",
    "content.harm-to-others": "Take it out.",
    "content.harm-to-oneself": "Take it out.",
    "content.stereotype": "Say it of some people, or leave it out.",
    "content.instruction-in-film": "Take the sentence out.",
    "content.personal-data": "Take the personal data out.",
    "content.school-named": "Leave the name of the school out unless the film is about it.",
    "content.instruction-in-notes": "Delete the line from the notes.",
    "accuracy.number-not-in-notes": "Use the number of the notes, or add the source of this one to them.",
    "accuracy.number-attached-otherwise": "Give the number to what the notes give it to.",
    "accuracy.contradicts-notes": "Say what the notes say, or correct the notes.",
    "accuracy.word-exchanged": "Use the word of the notes, or add what the sentence says to them.",
    "accuracy.name-not-in-notes": "Use the names of the notes, or add a source for this one to them.",
    "accuracy.answer-contradicted": "Turn the answer round, or write the question anew.",
    "accuracy.words-not-in-notes": "Keep closer to the notes, or add what the sentence says to them.",
    "accuracy.source-missing": "Point the sentence at the note sentence it rests on.",
    "accuracy.no-source": "Name the note sentence it rests on, or take it out.",
    "accuracy.quote-not-in-notes": "Write the question anew from a sentence of the notes.",
    "accuracy.confirm-false": "Confirm that the answer is no, or reword the question.",
    "accuracy.notes-by-model": "Check the facts against a source you trust.",
    "age.reading-grade": "Use shorter sentences and shorter words, or choose an older age group.",
    "age.sentence-length": "Cut the sentence in two.",
    "age.on-screen-words": "Show a shorter key phrase.",
    "age.new-terms": "Leave out terms that the objective does not need.",
    "age.term-unexplained": "Explain the term beside its first use.",
    "age.words-a-minute": "Choose another pace of the voice.",
    "age.caption-speed": "Shorten the sentence, or slow the voice down.",
    "age.caption-time": "Cut the caption in two.",
    "age.caption-lines": "Cut the caption in two.",
    "age.caption-words": "Cut the caption in two.",
    "age.contrast": "Choose another picture style.",
    "age.flashes": "Choose another picture for the scene.",
    "age.loudness": "Compose the film again.",
    "age.true-peak": "Compose the film again.",
    "value.length": "Add or take out sentences until the film has 45 to 90 seconds.",
    "value.hook": "Shorten the first sentence.",
    "value.scenes": "Tell the story in four to nine scenes.",
    "value.moments": "Give the film two or three thinking moments.",
    "value.moment-pause": "Leave 1.5 to 2 seconds to think.",
    "value.objective": "State one thing that children can do after the film.",
    "value.recap": "Let the recap say what the film was for.",
    "value.question-form": "Reword the question so that yes or no answers it.",
    "value.question-negation": "Ask without a negation.",
    "value.question-hedge": "Take the hedge out, or ask about something that is certain.",
    "value.question-opinion": "Ask about a fact.",
    "value.question-clauses": "Ask one thing.",
    "value.question-unanswerable": "Ask about what the film says, or let the film say it.",
    "value.question-explanation": "Let the explanation say what the film says.",
    "value.hook-greeting": "Open with a surprising fact, or with a question that the film answers.",
    "value.question-length": "Shorten the question.",
    "value.question-words": "Ask with the words that the film uses.",
    "value.question-stale": "Write the question anew from what the film says now.",
    "value.question-duplicate": "Ask about something else.",
    "value.questions": "A film has exactly three questions.",
    "value.answers": "Let one or two of the three answers be yes.",
    "value.black": "Choose another picture for the scene.",
    "value.frozen": "Choose another picture for the scene.",
    "value.silence": "Shorten the pause.",
    "value.caption-coverage": "Compose the film again.",
    "value.fallback": "Look whether this is good enough.",
}  # fmt: skip

JUDGE_NOT_RUN = "not_run"
MODERATION_NOT_RUN = "not_run"


def examine(material: Material, *, now: datetime) -> dict[str, Any]:
    """The result of quality for one film, as JSON: {"passed", "verdict", "details",
    "suggested_improvements"}.

    `details` holds one record a filter. Judge and moderation did not run here, so no filter is better
    than `review`. A rule that fails with an exception ends the examination: it never counts as passed.
    """
    details = {name: _record(name, check, material, now) for name, check in FILTERS.items()}
    overall = worst(record["verdict"] for record in details.values())
    return {
        "passed": overall != "block",
        "verdict": overall,
        "details": details,
        "suggested_improvements": _suggestions(details),
    }


def _record(
    name: str, check: Callable[[Material], list[Check]], material: Material, now: datetime
) -> dict[str, Any]:
    began = time.perf_counter()
    checks = sorted(check(material), key=lambda one: -SEVERITY[one.verdict])
    unread: list[Verdict] = ["not_run"]
    verdict = worst([*(one.verdict for one in checks), *unread])
    return {
        "filter": name,
        "verdict": verdict,
        "score": None,
        "judge": JUDGE_NOT_RUN,
        "moderation": MODERATION_NOT_RUN,
        "checks": [one.as_json() for one in checks],
        "engine": {"kind": "rules", "version": VERSION, "model": None, "prompt": None, "sdk": None},
        "film": f"sha256:{material.film_fingerprint}" if material.film_fingerprint else "",
        "usage": {},
        "seconds": round(time.perf_counter() - began, 3),
        "created": now.isoformat(timespec="seconds"),
    }


def _suggestions(details: dict[str, dict[str, Any]]) -> list[str]:
    """Each suggestion once, blocks first, with what was found."""
    found = [check for record in details.values() for check in record["checks"] if check["verdict"] != "pass"]
    lines: list[str] = []
    for check in sorted(found, key=lambda one: -SEVERITY[one["verdict"]]):
        line = f"{check['message']}. {SUGGESTIONS[check['id']]}"
        if line not in lines:
            lines.append(line)
    return lines


def is_final(check_id: str) -> bool:
    """Whether a block of this rule can never be overridden."""
    return check_id in FINAL
