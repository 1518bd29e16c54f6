"""approve, request_changes, reject, reopen: a person's verdict on exactly one film.

A verdict names the film it is about: the pair of fingerprints of `planning.plan(project).film`.
The project row is locked, so of two reviewers at once one decides and the other learns who did.
Repeating one's own verdict is the same verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pipeline.models import ContentProject
from pipeline.planning import Plan, plan
from studio import auditing, policy
from studio.models import Creator, Review
from studio.publishing import take_offline

Status = ContentProject.Status
Verdict = Review.Verdict
VERBS: dict[str, str] = {
    Verdict.APPROVED: "approve",
    Verdict.CHANGES_REQUESTED: "request_changes",
    Verdict.REJECTED: "reject",
}


class VerdictRefused(Exception):
    """A verdict was not taken, and nothing was written. `message` says why and what to do."""

    code: ClassVar[str] = "verdict-refused"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class StaleFilm(VerdictRefused):
    """The film has changed since the reviewer saw it, or is not whole now."""

    code = "stale-film"


class OwnWork(VerdictRefused):
    """Four eyes: the reviewer made or edited what is to be judged."""

    code = "own-work"


class BlockerOpen(VerdictRefused):
    """A check forbids this film, or the checks of this film are missing."""

    code = "blocker-open"


class AlreadyDecided(VerdictRefused):
    """Another verdict on this film came first; `review` is that verdict."""

    code = "already-decided"

    def __init__(self, message: str, review: Review) -> None:
        super().__init__(message)
        self.review = review


class NotesMissing(VerdictRefused):
    """Changes and rejections need a reason for the creator."""

    code = "notes-required"


class NotInReview(VerdictRefused):
    code = "status-not-possible"


class NotAllowed(VerdictRefused):
    code = "forbidden"


@dataclass(frozen=True)
class OpenFinding:
    """A check that did not pass: its filter, and the check as the quality rules wrote it."""

    filter: str
    check: Mapping[str, Any]


def open_findings(results: Mapping[str, Any] | None, *, verdict: str) -> list[OpenFinding]:
    """The findings of one severity ("block", "review") in a film's quality results."""
    return list(_findings(results or {}, verdict))


def _findings(results: Mapping[str, Any], verdict: str) -> Iterator[OpenFinding]:
    for name, record in (results.get("details") or {}).items():
        for check in record.get("checks") or ():
            if check.get("verdict") == verdict:
                yield OpenFinding(name, check)


def explain_blockers(results: Mapping[str, Any] | None) -> str:
    """Why quality forbids an approval; "" where it does not. Missing checks have not passed."""
    if not results:
        return "The checks have not run on this film."
    found = open_findings(results, verdict="block")
    if found:
        first = str(found[0].check.get("message", found[0].check.get("id", "")))
        more = f" And {len(found) - 1} more." if len(found) > 1 else ""
        return f"{len(found)} blocker{'s' if len(found) > 1 else ''} open: {first.rstrip('.')}.{more}"
    if results.get("verdict") == "block":
        return "A filter blocks this film."
    return ""


def approve(project_id: UUID, *, reviewer: Creator, film: str, notes: str = "") -> Review:
    """in_review → approved. Raises a VerdictRefused: StaleFilm, OwnWork, BlockerOpen, AlreadyDecided, …"""
    return _decide(project_id, Verdict.APPROVED, reviewer=reviewer, film=film, notes=notes)


def request_changes(project_id: UUID, *, reviewer: Creator, film: str, notes: str) -> Review:
    """in_review → needs_attention, with what the creator should do. Raises a VerdictRefused."""
    return _decide(project_id, Verdict.CHANGES_REQUESTED, reviewer=reviewer, film=film, notes=notes)


def reject(project_id: UUID, *, reviewer: Creator, film: str, notes: str) -> Review:
    """in_review → archived; a live film of the project goes offline with it. Raises a VerdictRefused."""
    return _decide(project_id, Verdict.REJECTED, reviewer=reviewer, film=film, notes=notes)


def _decide(project_id: UUID, verdict: Verdict, *, reviewer: Creator, film: str, notes: str) -> Review:
    notes = notes.strip()
    with transaction.atomic():
        project = ContentProject.objects.select_for_update(of=("self",)).get(pk=project_id)
        last = Review.objects.filter(project=project).order_by("-created_at", "-id").first()
        if project.status != Status.IN_REVIEW and last is not None and last.film == film:
            if (last.reviewer_id, last.verdict) == (reviewer.pk, verdict):
                return last
            raise AlreadyDecided(_describe(last), last)
        _check_person(project, verdict, reviewer)
        present = plan(project)
        _check_film(present, film)
        results = present.qa_run.output["results"] if present.qa_run and present.qa_run.output else None
        if verdict == Verdict.APPROVED:
            _check_quality(project, results)
        elif not notes:
            raise NotesMissing("Say what is wrong and what would help: the creator reads it.")
        review = Review.objects.create(
            project=project,
            reviewer=reviewer,
            verdict=verdict,
            film=film,
            notes=notes,
            findings=_summary(results),
        )
        _move(project, review)
        auditing.record_event(project, VERBS[verdict])
    return review


def _check_person(project: ContentProject, verdict: Verdict, reviewer: Creator) -> None:
    refusal = policy.refusal(reviewer, VERBS[verdict], project)
    if refusal is None:
        return
    kinds: dict[str, type[VerdictRefused]] = {"own-work": OwnWork, "status-not-possible": NotInReview}
    raise kinds.get(refusal.code, NotAllowed)(refusal.message)


def _check_film(present: Plan, film: str) -> None:
    if not present.film:
        raise StaleFilm("The film is being changed: parts of it have to be made anew before it is judged.")
    if present.film != film:
        raise StaleFilm("The film has changed since you opened it. Look at the present one, then decide.")


def _check_quality(project: ContentProject, results: Mapping[str, Any] | None) -> None:
    why = explain_blockers(results) or explain_blockers(project.qa_results)
    if why:
        raise BlockerOpen(why)


def _summary(results: Mapping[str, Any] | None) -> dict[str, Any]:
    """What was open at the moment of the verdict: ids of the checks, by severity."""
    return {
        name: [str(one.check.get("id", "")) for one in open_findings(results, verdict=name)]
        for name in ("block", "review", "not_run")
    }


def _move(project: ContentProject, review: Review) -> None:
    details = {"film": review.film, "review": str(review.pk)}
    if review.verdict == Verdict.APPROVED:
        project.move(
            Status.APPROVED,
            actor_id=review.reviewer_id,
            reason="reviewer:approved",
            message=review.notes,
            details=details,
            approved_at=review.created_at,
            approval_notes=review.notes,
            approved_film=review.film,
        )
        return
    if review.verdict == Verdict.CHANGES_REQUESTED:
        to, reason = Status.NEEDS_ATTENTION, "creator:changes-requested"
    else:
        to, reason = Status.ARCHIVED, "reviewer:rejected"
        take_offline(project)
    project.move(
        to,
        actor_id=review.reviewer_id,
        reason=reason,
        message=review.notes,
        details=details,
        approval_notes=review.notes,
        approved_film="",
        approved_at=None,
    )


def _describe(review: Review) -> str:
    """ "Rafi approved this film 20 s ago." """
    seconds = max(int((timezone.now() - review.created_at).total_seconds()), 0)
    ago = (
        f"{seconds} s"
        if seconds < 120
        else f"{seconds // 60} min"
        if seconds < 7200
        else f"{seconds // 3600} h"
    )
    deed = {
        Verdict.APPROVED: "approved this film",
        Verdict.CHANGES_REQUESTED: "asked for changes to this film",
        Verdict.REJECTED: "rejected this film",
    }[Verdict(review.verdict)]
    return f"{review.reviewer.get_short_name()} {deed} {ago} ago. The first verdict counts."


def reopen(project_id: UUID, *, actor: Creator, reason: str = "") -> ContentProject:
    """approved, published or unpublished → in_review. Students keep the film they have meanwhile."""
    with transaction.atomic():
        project = ContentProject.objects.select_for_update(of=("self",)).get(pk=project_id)
        refusal = policy.refusal(actor, "reopen", project)
        if refusal is not None:
            raise (NotInReview if refusal.code == "status-not-possible" else NotAllowed)(refusal.message)
        project.move(
            Status.IN_REVIEW,
            actor_id=actor.pk,
            reason="studio:reopened",
            message=reason.strip(),
            approved_at=None,
            approved_film="",
        )
        auditing.record_event(project, "reopen")
    return project
