"""What becomes of projects that nobody wants any more: they are deleted, with all that was made for them.

A draft that was put away is kept for 90 days, a film that was taken offline for 12 months
(students.retention). What stays is the audit trail and what was spent.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, ProtectedError, QuerySet

from pipeline.keeping import delete_files
from pipeline.models import ContentProject, ProjectEvent
from students.retention import DRAFTS_KEPT, FILMS_KEPT, delete_old
from studio import auditing
from studio.models import BriefBatch, Review
from videos.models import LearningVideo

logger = logging.getLogger(__name__)
MOST_AT_ONCE = 200  # projects of one nightly run
Status = ContentProject.Status
OFFLINE = (LearningVideo.Status.UNPUBLISHED, LearningVideo.Status.SUPERSEDED)


def purge_due(now: datetime) -> Mapping[str, int]:
    """Every project, film and list of briefs that has had its time; table → rows removed. May run twice."""
    removed: Counter[str] = Counter()
    for project in list(find_due(now)[:MOST_AT_ONCE]):
        if _put_away(project):
            removed += purge(project)
    removed["learning_videos"] += sum(_delete_film(video) for video in _forsaken_films())
    ended = (BriefBatch.Status.DONE, BriefBatch.Status.CANCELLED, BriefBatch.Status.CHECKING)
    removed.update(delete_old(BriefBatch.objects.filter(status__in=ended, created_at__lt=now - DRAFTS_KEPT)))
    return removed


def find_due(now: datetime) -> QuerySet[ContentProject]:
    """Drafts that were put away 90 days ago and films that are offline for a year, the oldest first.

    A project that has been there for longer but came back into revision counts from its last move.
    """
    moved_since = ProjectEvent.objects.filter(project=OuterRef("pk"), to_status=OuterRef("status"))
    drafts = ContentProject.objects.filter(
        ~Exists(moved_since.filter(created_at__gte=now - DRAFTS_KEPT)),
        status=Status.ARCHIVED,
        published_video=None,
        updated_at__lt=now - DRAFTS_KEPT,
    )
    films = ContentProject.objects.filter(
        ~Exists(moved_since.filter(created_at__gte=now - FILMS_KEPT)),
        status__in=[Status.ARCHIVED, Status.UNPUBLISHED],
        published_video__isnull=False,
        updated_at__lt=now - FILMS_KEPT,
    )
    return (drafts | films).order_by("updated_at")


def _put_away(project: ContentProject) -> bool:
    """Into the one status that nobody leads out of. False: an editor has brought it back meanwhile."""
    if project.status == Status.ARCHIVED:
        return True
    with transaction.atomic():
        if not project.move(Status.ARCHIVED, reason="clock:had-its-time"):
            return False
        auditing.record_event(project, "archive")
    return True


def purge(project: ContentProject) -> Counter[str]:
    """Files first: whatever ends it, the rows still say what is left to do."""
    files = delete_files(project)
    with transaction.atomic():
        locked = ContentProject.lock(project.pk)
        video = locked.published_video
        auditing.record(actor=None, verb="purge", project=project.pk, target="with files and reviews")
        Review.objects.filter(project=locked).delete()
        _, counts = locked.delete()
    removed = Counter({"content_projects": counts[ContentProject._meta.label], "files": files})  # noqa: SLF001 - Django's documented way
    removed["learning_videos"] = sum(_delete_film(one) for one in _with_former(video))
    return removed


def _with_former(video: LearningVideo | None) -> Iterator[LearningVideo]:
    while video is not None:
        former = video.supersedes
        yield video
        video = former


def _forsaken_films() -> QuerySet[LearningVideo]:
    """Offline, of no project any more, and no former version of another."""
    owned = ContentProject.objects.filter(published_video=OuterRef("pk"))
    later = LearningVideo.objects.filter(supersedes=OuterRef("pk"))
    purged = LearningVideo.objects.filter(status__in=OFFLINE)
    return purged.filter(~Exists(owned), ~Exists(later))


def _delete_film(video: LearningVideo) -> bool:
    """The film's row, unless answers or playbacks of children refer to it: then a later night does it."""
    if video.status not in OFFLINE:
        logger.error("the film %s of a purged project is %s; it is left alone", video.pk, video.status)
        return False
    try:
        with transaction.atomic():
            video.delete()
    except ProtectedError:
        return False
    return True
