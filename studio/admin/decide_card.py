"""The decision card: what is judged, why Approve is off, and what the dialogs sum up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.models import ContentProject
from pipeline.planning import Plan
from pipeline.quality.audience import audience
from studio import policy, reviewing
from studio.admin.findings_view import FilterView
from studio.admin.wording import say_findings
from studio.models import EditLock, FindingOverride
from studio.overriding import FoundCheck
from studio.policy import User
from studio.watching import ENOUGH, Watched

Status = ContentProject.Status


@dataclass(frozen=True)
class Tick:
    """A line of the checklist: its name and what to look at, for this age group."""

    name: str
    text: str


@dataclass(frozen=True)
class Decision:
    """The card: whether it is shown, and why its buttons are off ("" and [] where they are on).

    `why_not` stops every verdict, `gates` an approval. What was watched stands apart, since a page goes on
    counting it.
    """

    film: str
    shown: bool
    why_not: str
    gates: list[str]
    watched: Watched
    summary: list[str]
    checklist: list[Tick] = field(default_factory=list)
    overrides: list[FindingOverride] = field(default_factory=list)

    @property
    def why_not_approve(self) -> str:
        return " ".join(self.gates)

    @property
    def percent(self) -> int:
        return int(100 * self.watched.share)

    @property
    def enough(self) -> int:
        return int(100 * ENOUGH)

    @property
    def is_watched(self) -> bool:
        return self.watched.is_enough


def make_decision(
    user: User,
    project: ContentProject,
    present: Plan,
    results: Mapping[str, Any] | None,
    *,
    found: Sequence[FoundCheck],
    overrides: Mapping[str, FindingOverride],
    lock: EditLock | None,
    watched: Watched,
    version: str,
    cost: str,
) -> Decision:
    """The card for one person. Each gate alone keeps Approve off, and says why in words."""
    shown = project.status == Status.IN_REVIEW and bool(
        policy.roles_of(user) & {policy.REVIEWER, policy.EDITOR, policy.CREATOR}
    )
    if not shown:
        return Decision(present.film, False, "", [], watched, [])
    refusal = policy.refusal(user, "approve", project)
    why_not = refusal.message if refusal is not None else ""
    if not why_not and not present.film:
        why_not = "The film is being changed: parts of it have to be made anew before it is judged."
    gates = [why_not] if why_not else []
    if not why_not:
        blocked = reviewing.explain_blockers(results, found=found, overridden=list(overrides))
        gates += [blocked] if blocked else []
        if lock is not None and lock.holder_id != user.pk:
            gates.append(f"{lock.holder.get_short_name()} is editing this project.")
    return Decision(
        film=present.film,
        shown=True,
        why_not=why_not,
        gates=gates,
        watched=watched,
        summary=[
            version,
            say_findings(results) or "No checks",
            f"Film {present.film[:8]}, questions {present.film.partition('.')[2][:8]}"
            if present.film
            else "No whole film",
            f"Cost {cost}",
        ],
        checklist=make_checklist(project.age_group),
        overrides=list(overrides.values()),
    )


def make_checklist(age_group: str) -> list[Tick]:
    """What a person looks at, with the figures of the age group; names of `reviewing.CHECKLIST`."""
    limits = audience(age_group)
    ages = age_group.replace("-", "–")
    return [
        Tick("facts", "The facts are right, and each rests on its source"),
        Tick("tone", f"The tone is kind and fit for ages {ages}"),
        Tick("pictures", "The pictures are safe and show what is said"),
        Tick(
            "reading_level",
            f"Words and sentences suit ages {ages} (up to {limits.sentence_words} words a sentence)",
        ),
        Tick("captions", "Voice and captions can be followed"),
        Tick("questions", "The questions are fair and asked after the answer was taught"),
    ]


def count_open(filters: Sequence[FilterView]) -> tuple[int, int]:
    """(blockers, warnings) that no override has set aside."""
    waiting = [one for view in filters for one in view.open if one.is_open]
    blockers = sum(one.chip.tone == "stop" for one in waiting)
    return blockers, len(waiting) - blockers
