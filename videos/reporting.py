"""A child reports a film (08, P11): the film and a kind from a fixed list, never words.

A report is about exactly this film; another version of it is another row. Each child counts once for a
film, however often it says so and in however many kinds. Who reported is known to this table only, so that
nobody counts twice: the studio is shown how many children, never which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Min, QuerySet

from students.models import Student
from videos.audience import once_open_to
from videos.models import FilmReport
from videos.watching import VideoNotFound


class ReportConflict(Exception):
    """The same report_id came with another body."""

    code = "idempotency-conflict"


@dataclass(frozen=True)
class Reported:
    """What children said of one film and nobody has looked at yet: `kinds` counts children by kind."""

    children: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    since: datetime | None = None


def record_report(
    student_id: UUID, *, report_id: UUID, video_id: UUID, kind: str, now: datetime
) -> tuple[FilmReport, bool]:
    """The stored report, and whether this call stored it. Raises VideoNotFound and ReportConflict.

    The same kind said again of the same film, under another id, is the first report. A film that was
    withdrawn meanwhile can be reported: it may lie on a device without a network.
    """
    with transaction.atomic():
        # The lock makes a child's reports stand in line: a repeat sees the first one.
        student = Student.objects.select_for_update().get(pk=student_id)
        earlier = FilmReport.objects.filter(student=student, report_id=report_id).first()
        if earlier is not None:
            if (earlier.video_id, earlier.kind) != (video_id, kind):
                raise ReportConflict("This report_id was used for another report. Make a new one.")
            return earlier, False
        video = once_open_to(student.age_group).filter(pk=video_id).first()
        if video is None:
            raise VideoNotFound(str(video_id))
        said = FilmReport.objects.filter(student=student, video=video, kind=kind).first()
        if said is not None:
            return said, False
        report = FilmReport.objects.create(
            student=student, report_id=report_id, video=video, kind=kind, created_at=now
        )
    return report, True


def open_reports() -> QuerySet[FilmReport]:
    """Those that nobody of the studio has settled."""
    return FilmReport.objects.filter(settled_at__isnull=True)


def count_reports(video_id: UUID) -> Reported:
    """The open reports of a film; two queries."""
    rows = open_reports().filter(video=video_id).order_by()
    total = rows.aggregate(children=Count("student", distinct=True), since=Min("created_at"))
    kinds = dict(rows.values_list("kind").annotate(children=Count("student", distinct=True)))
    return Reported(total["children"], dict(sorted(kinds.items())), total["since"])


def count_children(reports: QuerySet[FilmReport]) -> Mapping[UUID, int]:
    """Film → how many children, among these reports; one query."""
    return dict(reports.order_by().values_list("video").annotate(children=Count("student", distinct=True)))


def settle_reports(video_id: UUID, *, now: datetime) -> int:
    """Somebody has looked at the film: its open reports wait no longer; how many there were."""
    return open_reports().filter(video=video_id).update(settled_at=now)
