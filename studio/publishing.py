"""publish, schedule, unpublish, archive: the only way out to the children's films.

A film is published exactly as it was approved: `approved_film` is compared with the present plan.
Its files are copied before the transaction, under a folder name that follows from project, film and
edition, so that a publication that was killed between copy and commit finds its copies again, and two
at once write the same bytes to the same place and make one video.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pipeline.models import ContentProject, ProjectEvent, StepRun
from pipeline.planning import plan
from studio import auditing, policy
from studio.models import Creator
from studio.releasing import CopyFailed, copy_film, make_film_key, make_video, remove_film
from videos.catalogue import bump_catalogue
from videos.models import LearningVideo
from videos.outgoing import announce, withdraw
from videos.reporting import settle_reports

logger = logging.getLogger(__name__)
Status = ContentProject.Status
__all__ = ["CopyFailed"]


class PublicationRefused(Exception):
    """Nothing was published or withdrawn. `message` says why and what to do."""

    code: ClassVar[str] = "publication-refused"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class StaleFilm(PublicationRefused):
    """The present film is not the approved one."""

    code = "stale-film"


class NotPossible(PublicationRefused):
    code = "status-not-possible"


class NotAllowed(PublicationRefused):
    code = "forbidden"


class ReasonMissing(PublicationRefused):
    code = "reason-required"


@dataclass(frozen=True)
class Release:
    """What is going out: the approved film, its runs, and the folder its files are copied to."""

    film: str
    film_key: str
    film_run: StepRun
    qa_run: StepRun
    script_run: StepRun


# --------------------------------------------------------------------------- publish


def publish(
    project_id: UUID, *, actor: Creator | None, at: datetime | None = None, request_id: UUID | None = None
) -> LearningVideo | None:
    """approved, scheduled or unpublished → published; the video. With `at` in the future: → scheduled, None.

    `actor` None is the clock. Publishing what is published returns its video. Raises a
    PublicationRefused (StaleFilm, NotPossible, NotAllowed) or CopyFailed.
    """
    if at is not None and at > timezone.now():
        _schedule(project_id, actor=actor, at=at, request_id=request_id)
        return None
    project = ContentProject.objects.get(pk=project_id)
    done = _already(project, actor)
    if done is not None:
        return done
    release = _prepare(project)
    copy_film(release.film_run, release.film_key)
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        return _already(project, actor) or _put_out(project, release, actor=actor, request_id=request_id)


def _already(project: ContentProject, actor: Creator | None) -> LearningVideo | None:
    """The video of a project that is published; None where it may be published. Raises otherwise."""
    if project.status == Status.PUBLISHED and project.published_video is not None:
        if actor is not None and policy.EDITOR not in policy.roles_of(actor):
            raise NotAllowed("Your role does not include publishing.")
        return project.published_video
    if actor is not None:
        check_right(actor, "publish", project)
    elif project.status != Status.SCHEDULED:
        raise NotPossible("Only scheduled films are published by the clock.")
    return None


def check_right(actor: Creator, verb: str, project: ContentProject) -> None:
    """Raises NotPossible or NotAllowed, with the policy's reason."""
    refusal = policy.refusal(actor, verb, project)
    if refusal is not None:
        raise (NotPossible if refusal.code == "status-not-possible" else NotAllowed)(refusal.message)


def _prepare(project: ContentProject) -> Release:
    present = plan(project)
    if not project.approved_film or present.film != project.approved_film:
        raise StaleFilm("The present film is not the one that was approved. Reopen it and have it judged.")
    film_run, qa_run, script_run = present.film_run, present.qa_run, present.script_run
    if film_run is None or qa_run is None or script_run is None:
        raise StaleFilm("Parts of the film are missing. Reopen and rebuild it.")
    edition = ProjectEvent.objects.filter(
        project=project, to_status=Status.PUBLISHED, details__has_key="video"
    ).count()
    return Release(
        present.film, make_film_key(project.pk, present.film, edition), film_run, qa_run, script_run
    )


def _put_out(
    project: ContentProject, release: Release, *, actor: Creator | None, request_id: UUID | None
) -> LearningVideo:
    """The rows, inside the caller's transaction, with the project locked."""
    now = timezone.now()
    if project.approved_film != release.film or plan(project).film != release.film:
        raise StaleFilm("The film was changed while it was being published. Nothing was published.")
    former = project.published_video
    fingerprint = release.film_run.fingerprint
    if (
        former is not None
        and former.film_fingerprint == fingerprint
        and not _questions_differ(former, release)
    ):
        video = _bring_back(former, release, now)
    else:
        video = make_video(
            project,
            film_run=release.film_run,
            qa_run=release.qa_run,
            script_run=release.script_run,
            film_key=release.film_key,
            now=now,
        )
        announce(video)
        if former is not None:
            _retire(former, LearningVideo.Status.SUPERSEDED)
    if former is not None:  # whoever publishes has looked at what children said of it
        settle_reports(former.pk, now=now)
    project.move(
        Status.PUBLISHED,
        actor_id=actor.pk if actor is not None else None,
        reason="editor:published" if actor is not None else "clock:published",
        details=_details(release.film, request_id) | {"video": str(video.pk)},
        published_video=video,
        publish_at=None,
    )
    auditing.record_event(project, "publish")
    bump_catalogue()
    return video


def _questions_differ(video: LearningVideo, release: Release) -> bool:
    return bool(video.quiz_questions != (release.qa_run.output or {}).get("questions"))


def _bring_back(video: LearningVideo, release: Release, now: datetime) -> LearningVideo:
    """The same film again: the same row, with its answers, under a new folder name, so that addresses
    handed out before it was withdrawn stay dead."""
    old_key = video.film_key
    if video.status == LearningVideo.Status.PUBLISHED:  # reopened and approved as it was: it never left
        names = list(video.renditions.values_list("name", flat=True))
        transaction.on_commit(lambda: remove_film(release.film_key, names))
        return video
    video.film_key = release.film_key
    video.status = LearningVideo.Status.PUBLISHED
    video.published_at = now
    for column in ("video_url", "thumbnail_url", "captions_url"):
        value = getattr(video, column)
        setattr(video, column, value.replace(old_key, release.film_key) if value else value)
    video.save(
        update_fields=["film_key", "status", "published_at", "video_url", "thumbnail_url", "captions_url"]
    )
    announce(video)
    return video


def _details(film: str, request_id: UUID | None) -> dict[str, Any]:
    return {"film": film} | ({"request": str(request_id)} if request_id is not None else {})


# --------------------------------------------------------------------------- schedule


def _schedule(project_id: UUID, *, actor: Creator | None, at: datetime, request_id: UUID | None) -> None:
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        if project.status == Status.SCHEDULED and project.publish_at == at:
            return
        if actor is None:
            raise NotAllowed("Only a person schedules a film.")
        check_right(actor, "schedule", project)
        if project.status != Status.APPROVED:
            raise NotPossible("Only an approved film can be scheduled. Cancel its schedule first to move it.")
        release = _prepare(project)
        project.move(
            Status.SCHEDULED,
            actor_id=actor.pk,
            reason="editor:scheduled",
            details=_details(release.film, request_id) | {"at": at.isoformat()},
            publish_at=at,
        )
        auditing.record_event(project, "schedule")


def cancel_schedule(project_id: UUID, *, actor: Creator) -> ContentProject:
    """scheduled → approved. Raises a PublicationRefused."""
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        check_right(actor, "cancel_schedule", project)
        project.move(Status.APPROVED, actor_id=actor.pk, reason="editor:schedule-cancelled", publish_at=None)
        auditing.record_event(project, "cancel_schedule")
    return project


def publish_due(now: datetime) -> int:
    """Publish what is scheduled up to `now`; returns how many.

    Two workers publish once, a missed minute publishes late. A film that is no longer the approved
    one goes back to `approved`, with the reason.
    """
    due = ContentProject.objects.filter(status=Status.SCHEDULED, publish_at__lte=now).order_by("publish_at")
    return sum(_publish_one_due(project) for project in due[:100])


def _publish_one_due(project: ContentProject) -> bool:
    try:
        release = _prepare(project)
        copy_film(release.film_run, release.film_key)
        with transaction.atomic():
            row = _claim_due(project)
            if row is None:
                return False
            _put_out(row, release, actor=None, request_id=None)
    except CopyFailed:
        logger.exception("A scheduled film could not be copied; the next minute tries again: %s", project.pk)
        return False
    except StaleFilm as error:
        with transaction.atomic():
            row = _claim_due(project)
            if row is not None:
                row.move(Status.APPROVED, reason=error.code, message=error.message, publish_at=None)
                auditing.record_event(row, "cancel_schedule")
        return False
    return True


def _claim_due(project: ContentProject) -> ContentProject | None:
    """The row under lock, if nobody else has it and it is still due then."""
    return (
        ContentProject.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(pk=project.pk, status=Status.SCHEDULED, publish_at=project.publish_at)
        .first()
    )


# --------------------------------------------------------------------------- back


def unpublish(project_id: UUID, *, actor: Creator | None, reason: str) -> ContentProject:
    """Take the live film from the students at once. A project in revision keeps its status.

    `actor` None is the clock, which pauses a film that children have reported. Unpublishing what is offline
    already changes nothing. Raises ReasonMissing, NotAllowed.
    """
    reason = reason.strip()
    code = "editor:unpublished" if actor is not None else "clock:paused"
    actor_id = actor.pk if actor is not None else None
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        if project.status == Status.UNPUBLISHED:
            if actor is not None and not policy.roles_of(actor) & {policy.EDITOR, policy.STAFF}:
                raise NotAllowed("Your role does not include this.")
            return project
        if actor is not None:
            check_right(actor, "unpublish", project)
        if not reason:
            raise ReasonMissing("Say why the film is taken offline.")
        video = project.published_video_id
        take_offline(project)
        details = {"video": str(video)}
        if project.status == Status.PUBLISHED:
            project.move(
                Status.UNPUBLISHED,
                actor_id=actor_id,
                reason=code,
                message=reason,
                details=details,
            )
        else:
            project.note(code, actor_id=actor_id, message=reason, details=details)
        auditing.record_event(project, "unpublish")
    return project


def archive(project_id: UUID, *, actor: Creator, reason: str = "") -> ContentProject:
    """any → archived; a live film goes offline with it. Archiving twice is archiving once."""
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        if project.status == Status.ARCHIVED:
            return project
        check_right(actor, "archive", project)
        take_offline(project)
        project.move(Status.ARCHIVED, actor_id=actor.pk, reason="studio:archived", message=reason.strip())
        auditing.record_event(project, "archive")
    return project


def take_offline(project: ContentProject) -> None:
    """The project's live film, if it has one, is students' no more; inside the caller's transaction."""
    video = project.published_video
    if video is not None and video.status == LearningVideo.Status.PUBLISHED:
        _retire(video, LearningVideo.Status.UNPUBLISHED)
        bump_catalogue()


def _retire(video: LearningVideo, status: LearningVideo.Status) -> None:
    """Only a live film has files to remove; its addresses are refused from this commit on."""
    was_live = video.status == LearningVideo.Status.PUBLISHED
    video.status = status
    video.save(update_fields=["status"])
    names = list(video.renditions.values_list("name", flat=True)) if was_live else []
    if was_live:
        withdraw(video, names)
    film_key = video.film_key
    # Now, and where that fails by the row that `withdraw` has left.
    transaction.on_commit(lambda: remove_film(film_key, names))
