"""approve, request_changes, reject, reopen: a person's verdict on exactly one film.

A verdict names the film it is about: the pair of fingerprints of `planning.plan(project).film`.
The project row is locked, so of two reviewers at once one decides and the other learns who did.
Repeating one's own verdict is the same verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pipeline.models import ContentProject
from pipeline.planning import Plan, plan
from studio import auditing, policy
from studio.changes import write_checklist
from studio.locking import Locked, check_lock
from studio.models import Creator, FindingOverride, Review
from studio.overriding import FoundCheck, find_checks, overrides_in_force
from studio.publishing import take_offline
from studio.watching import ENOUGH, Watched

Status = ContentProject.Status
Verdict = Review.Verdict
VERBS: dict[str, str] = {
    Verdict.APPROVED: "approve",
    Verdict.CHANGES_REQUESTED: "request_changes",
    Verdict.REJECTED: "reject",
}
REASONS: dict[str, str] = {  # what a request for changes or a rejection is about
    "facts": "Facts",
    "tone": "Tone",
    "pictures": "Pictures",
    "reading_level": "Reading level",
    "sound": "Voice and captions",
    "questions": "Questions",
    "other": "Something else",
}
CHECKLIST = ("facts", "tone", "pictures", "reading_level", "captions", "questions")
SHORTEST_EXCUSE = 10  # characters of the reason for a film that was not played
TAKE_BACK = timedelta(seconds=10)
GRACE = timedelta(seconds=5)  # for the way of the request


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


class NotWatched(VerdictRefused):
    """Less than nine tenths were played, and no reason was given."""

    code = "not-watched"


class BeingEdited(VerdictRefused):
    """Another person holds the lock: what is judged may be about to change."""

    code = "locked"


class TooLate(VerdictRefused):
    code = "too-late"


class NotInReview(VerdictRefused):
    code = "status-not-possible"


class NotAllowed(VerdictRefused):
    code = "forbidden"


@dataclass(frozen=True)
class Account:
    """How a verdict was come to. `watched` is None where playing is not measured (the API)."""

    reasons: tuple[str, ...] = ()
    checklist: Mapping[str, bool] = field(default_factory=dict)
    watched: Watched | None = None
    unwatched_reason: str = ""


UNMEASURED = Account()


def open_checks(results: Mapping[str, Any] | None, *, verdict: str) -> Iterator[Mapping[str, Any]]:
    """The checks of one severity ("block", "review", "not_run") in a film's quality results."""
    for record in ((results or {}).get("details") or {}).values():
        yield from (check for check in record.get("checks") or () if check.get("verdict") == verdict)


def explain_blockers(
    results: Mapping[str, Any] | None, *, found: Sequence[FoundCheck] = (), overridden: Sequence[str] = ()
) -> str:
    """Why quality forbids an approval; "" where it does not. Missing checks have not passed.

    `found` are the open findings with their names, `overridden` the names that a person set aside.
    """
    if not results:
        return "The checks have not run on this film."
    named = [one.check for one in found if one.severity == "block" and one.key not in overridden]
    checks = named if found else list(open_checks(results, verdict="block"))
    if checks:
        first = str(checks[0].get("message", checks[0].get("id", "")))
        more = f" And {len(checks) - 1} more." if len(checks) > 1 else ""
        return f"{len(checks)} blocker{'s' if len(checks) > 1 else ''} open: {first.rstrip('.')}.{more}"
    is_set_aside = any(one.severity == "block" for one in found)
    return "A filter blocks this film." if results.get("verdict") == "block" and not is_set_aside else ""


def approve(
    project_id: UUID, *, reviewer: Creator, film: str, notes: str = "", account: Account = UNMEASURED
) -> Review:
    """in_review → approved. Raises a VerdictRefused: StaleFilm, OwnWork, BlockerOpen, AlreadyDecided, …"""
    return _decide(project_id, Verdict.APPROVED, reviewer=reviewer, film=film, notes=notes, account=account)


def request_changes(
    project_id: UUID, *, reviewer: Creator, film: str, notes: str, account: Account = UNMEASURED
) -> Review:
    """in_review → needs_attention; each line of the notes is one thing to change. Raises a VerdictRefused."""
    return _decide(
        project_id, Verdict.CHANGES_REQUESTED, reviewer=reviewer, film=film, notes=notes, account=account
    )


def reject(
    project_id: UUID, *, reviewer: Creator, film: str, notes: str, account: Account = UNMEASURED
) -> Review:
    """in_review → archived; a live film of the project goes offline with it. Raises a VerdictRefused."""
    return _decide(project_id, Verdict.REJECTED, reviewer=reviewer, film=film, notes=notes, account=account)


def _decide(
    project_id: UUID, verdict: Verdict, *, reviewer: Creator, film: str, notes: str, account: Account
) -> Review:
    notes = notes.strip()
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        last = Review.objects.filter(project=project).order_by("-created_at", "-id").first()
        if project.status != Status.IN_REVIEW and last is not None and last.film == film:
            if (last.reviewer_id, last.verdict) == (reviewer.pk, verdict):
                return last
            raise AlreadyDecided(describe_verdict(last), last)
        _check_person(project, verdict, reviewer)
        present = plan(project)
        _check_film(present, film)
        results = present.qa_run.output["results"] if present.qa_run and present.qa_run.output else None
        found = find_checks(present, results)
        overrides = overrides_in_force(project, found)
        if verdict == Verdict.APPROVED:
            _check_lock(project, reviewer)
            why = explain_blockers(results, found=found, overridden=list(overrides))
            if why:
                raise BlockerOpen(why)
            _check_watched(account)
        elif not notes:
            raise NotesMissing("Say what is wrong and what would help: the creator reads it.")
        review = Review.objects.create(
            project=project,
            reviewer=reviewer,
            verdict=verdict,
            film=film,
            notes=notes,
            findings=_summary(results, overrides),
            **_account(account),
        )
        _move(project, review)
        if verdict == Verdict.CHANGES_REQUESTED:
            write_checklist(review)
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


def _check_lock(project: ContentProject, reviewer: Creator) -> None:
    try:
        check_lock(project, person_id=reviewer.pk, now=timezone.now())
    except Locked as error:
        raise BeingEdited(error.message) from error


def _check_watched(account: Account) -> None:
    watched = account.watched
    if watched is None or watched.is_enough or len(account.unwatched_reason.strip()) >= SHORTEST_EXCUSE:
        return
    raise NotWatched(
        f"{int(100 * watched.share)} % of this film were played, and {int(100 * ENOUGH)} % are asked for."
        " Play the rest, or state why you decide without it."
    )


def _account(account: Account) -> dict[str, Any]:
    """The columns of a review that say how it was come to."""
    watched = account.watched
    return {
        "reasons": [code for code in account.reasons if code in REASONS],
        "checklist": {name: bool(account.checklist.get(name)) for name in CHECKLIST},
        "played": [list(one) for one in watched.ranges] if watched is not None else None,
        "share_played": watched.share if watched is not None else None,
        "unwatched_reason": account.unwatched_reason.strip(),
        "seconds_spent": watched.seconds_spent if watched is not None else None,
    }


def _summary(results: Mapping[str, Any] | None, overrides: Mapping[str, FindingOverride]) -> dict[str, Any]:
    """What was open at the moment of the verdict: ids of the checks, by severity; and what was set aside."""
    named: dict[str, Any] = {
        name: [str(check.get("id", "")) for check in open_checks(results, verdict=name)]
        for name in ("block", "review", "not_run")
    }
    set_aside = [
        {"rule": row.rule, "severity": row.severity, "reason": row.reason, "override": str(row.pk)}
        for row in overrides.values()
    ]
    return named | ({"overridden": set_aside} if set_aside else {})


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


def describe_verdict(review: Review) -> str:
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
        Verdict.TAKEN_BACK: "took back a request for changes to this film",
    }[Verdict(review.verdict)]
    return f"{review.reviewer.get_short_name()} {deed} {ago} ago. The first verdict counts."


def seconds_to_take_back(project: ContentProject, reviewer: Creator) -> int:
    """How long this person may still take back a request for changes; 0 where there is none."""
    last = Review.objects.filter(project=project).order_by("-created_at", "-id").first()
    if last is None or last.reviewer_id != reviewer.pk or last.verdict != Verdict.CHANGES_REQUESTED:
        return 0
    return max(int((last.created_at + TAKE_BACK - timezone.now()).total_seconds()), 0)


def take_back(project_id: UUID, *, reviewer: Creator) -> Review:
    """needs_attention → in_review, within ten seconds of one's own request for changes, if nothing has
    happened since. The request stays on record; a second row says that it was taken back.

    Raises TooLate, NotAllowed. Repeating it is harmless.
    """
    now = timezone.now()
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        last = Review.objects.filter(project=project).order_by("-created_at", "-id").first()
        if last is None or last.reviewer_id != reviewer.pk:
            raise NotAllowed("Only who asked for changes can take that back.")
        if last.verdict == Verdict.TAKEN_BACK:
            return last
        event = project.last_event
        is_last = event is not None and event.details.get("review") == str(last.pk)
        is_waiting = project.status == Status.NEEDS_ATTENTION and last.verdict == Verdict.CHANGES_REQUESTED
        if not (is_waiting and is_last) or now - last.created_at > TAKE_BACK + GRACE:
            raise TooLate("The creator has your request already. It cannot be taken back any more.")
        review = Review.objects.create(
            project=project,
            reviewer=reviewer,
            verdict=Verdict.TAKEN_BACK,
            film=last.film,
            findings=last.findings,
            created_at=now,
        )
        last.changes.all().delete()
        project.move(
            Status.IN_REVIEW,
            actor_id=reviewer.pk,
            reason="reviewer:taken-back",
            details={"film": last.film, "review": str(review.pk)},
        )
        auditing.record_event(project, "take_back")
    return review


def reopen(project_id: UUID, *, actor: Creator, reason: str = "") -> ContentProject:
    """approved, published or unpublished → in_review. Students keep the film they have meanwhile."""
    with transaction.atomic():
        project = ContentProject.lock(project_id)
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
