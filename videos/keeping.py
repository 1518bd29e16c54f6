"""What this app keeps about a student: what was watched, and what was reported."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from students.models import Student
from students.retention import ROWS_KEPT, delete_old
from students.sections import Rows, Section, delete_rows, rows_of
from videos.figures import fold_watches
from videos.models import FilmReport, Watch

OMITTED = {"fingerprint"}  # a hash of what stands beside it


def export(student: Student) -> Mapping[str, Rows]:
    return {
        "video_watches": rows_of(Watch.objects.filter(student=student), omit=OMITTED),
        "film_reports": rows_of(FilmReport.objects.filter(student=student)),
    }


def erase(student: Student) -> Mapping[str, int]:
    """The films' own figures stay, with this child counted in them as one of many."""
    fold_watches()
    return delete_rows(Watch.objects.filter(student=student), FilmReport.objects.filter(student=student))


def expire(now: datetime) -> Mapping[str, int]:
    fold_watches()
    end = now - ROWS_KEPT
    return delete_old(
        Watch.objects.filter(created_at__lt=end),
        FilmReport.objects.filter(created_at__lt=end),
    )


SECTION = Section("videos", (Watch, FilmReport), export, erase, expire)
