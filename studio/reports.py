"""What children report comes to people, and pauses a film of which several say it (08, P11).

The student API only writes rows (`videos.reporting`); the clock looks at them here every minute. News goes
to the creator, to who judged the film, and to the editors; from `REPORTS_TO_PAUSE` children on the film goes
offline as if an editor had taken it, until a person has looked: publishing brings back the same film.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from pipeline.models import ContentProject
from studio import auditing, policy, publishing
from studio.models import Creator
from videos.models import FilmReport
from videos.reporting import Reported, count_children, count_reports, open_reports, settle_reports

REPORTED, SETTLED = "students:reported", "studio:reports-settled"
KINDS: Mapping[str, str] = {
    FilmReport.Kind.FRIGHTENING: "It is frightening",
    FilmReport.Kind.UNKIND: "It is unkind to somebody",
    FilmReport.Kind.WRONG: "Something in it is wrong",
    FilmReport.Kind.BROKEN: "Picture or sound is broken",
}


class SettlingRefused(policy.Refused):
    """Nothing was settled; `message` says why."""


def has_reports() -> Q:
    """Projects of whose present film a child has said something that nobody has looked at."""
    return Q(published_video__in=open_reports().values("video"))


def read_reports(project: ContentProject) -> Reported:
    """The open reports of the film that students have, or had last."""
    video = project.published_video_id
    return count_reports(video) if video is not None else Reported()


def say_children(count: int) -> str:
    return f"{count} child{'' if count == 1 else 'ren'}"


def say_kinds(kinds: Mapping[str, int]) -> str:
    """ "It is frightening (2), Picture or sound is broken (1)"."""
    return ", ".join(f"{KINDS[kind]} ({count})" for kind, count in kinds.items())


# --------------------------------------------------------------------------- a person has looked


def settle(project_id: UUID, *, actor: Creator, reason: str) -> int:
    """The film's reports are looked at; how many there were. A film that is offline stays so.

    Settling what is settled changes nothing. Raises SettlingRefused.
    """
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        refusal = policy.refusal(actor, "settle_reports", project)
        if refusal is not None:
            raise SettlingRefused(refusal.code, refusal.message)
        if not reason.strip():
            raise SettlingRefused("reason-required", "Say what you found when you looked at the film.")
        found = read_reports(project)
        if project.published_video_id is None or not found.children:
            return 0
        settled = settle_reports(project.published_video_id, now=timezone.now())
        _write_event(project, SETTLED, reason.strip(), found, actor=actor)
        auditing.record_event(project, "settle_reports")
    return settled


# --------------------------------------------------------------------------- the clock


def follow_reports(now: datetime) -> int:
    """Tell the studio of new reports, and pause what enough children have reported; how many films.

    Two workers tell once and pause once: the project is locked, and the rows say what was done.
    """
    untold = open_reports().filter(told_at__isnull=True).values("video")
    crowded = [video for video, children in count_children(open_reports()).items() if _is_enough(children)]
    waiting = ContentProject.objects.filter(published_video__in=untold) | ContentProject.objects.filter(
        published_video__in=crowded, published_video__status="published"
    )
    return sum(
        _follow(project_id, now) for project_id in waiting.values_list("pk", flat=True).distinct()[:100]
    )


def _is_enough(children: int) -> bool:
    return 0 < settings.REPORTS_TO_PAUSE <= children


def _follow(project_id: UUID, now: datetime) -> bool:
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        found = read_reports(project)
        new = open_reports().filter(video=project.published_video_id, told_at__isnull=True)
        is_news = bool(new.update(told_at=now))
        if is_news:
            _write_event(project, REPORTED, say_kinds(found.kinds), found, actor=None)
        if _is_enough(found.children) and policy.is_live(project):
            why = f"{say_children(found.children)} reported this film. {say_kinds(found.kinds)}."
            publishing.unpublish(project_id, actor=None, reason=why)
            return True
    return is_news


def _write_event(
    project: ContentProject, code: str, message: str, found: Reported, *, actor: Creator | None
) -> None:
    project.note(
        code,
        actor_id=actor.pk if actor is not None else None,
        message=message,
        details={
            "video": str(project.published_video_id),
            "children": found.children,
            "kinds": dict(found.kinds),
        },
    )
