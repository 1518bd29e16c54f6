"""record_watch counts every watch once, whatever is repeated, and only films that are for this child."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from analytics.models import Event
from students.models import Student
from tests.clients import make_student, make_video
from videos.figures import fold_watches
from videos.models import LearningVideo, Watch
from videos.watching import VideoNotFound, WatchConflict, WatchReport, record_watch

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def report_of(video: LearningVideo, **changes: object) -> WatchReport:
    made = WatchReport(
        watch_id=uuid4(),
        video_id=video.pk,
        seconds_watched=58.0,
        furthest_second=60.0,
        completed=True,
        started_at=NOW - timedelta(minutes=2),
    )
    return replace(made, **changes)  # type: ignore[arg-type] # fields of WatchReport


def counts(student: Student, video: LearningVideo) -> tuple[int, int, int, int, float]:
    fold_watches()
    student.refresh_from_db()
    video.refresh_from_db()
    return (
        student.total_videos_watched,
        student.progress_version,
        video.view_count,
        video.completions,
        round(video.completion_rate, 3),
    )


def test_a_finished_watch_is_stored_and_counted() -> None:
    student, video = make_student(), make_video()
    watch, is_new = record_watch(student.pk, report_of(video), now=NOW)
    assert is_new
    assert (watch.completed, watch.seconds_watched, watch.created_at) == (True, 58.0, NOW)
    assert counts(student, video) == (1, 1, 1, 1, 1.0)
    assert student.last_active == NOW
    event = Event.objects.get()
    assert (event.event_type, event.subject) == ("video_view", student.pk)


def test_a_watch_that_was_not_finished_is_a_view_only() -> None:
    student, video = make_student(), make_video()
    record_watch(student.pk, report_of(video, completed=False, furthest_second=20.0), now=NOW)
    assert counts(student, video) == (0, 0, 1, 0, 0.0)


def test_a_film_is_not_finished_because_the_app_says_so() -> None:
    student, video = make_student(), make_video(duration_seconds=60)
    watch, _ = record_watch(student.pk, report_of(video, furthest_second=53.9), now=NOW)
    assert not watch.completed
    watch, _ = record_watch(student.pk, report_of(video, furthest_second=54.0), now=NOW)
    assert watch.completed


def test_a_film_watched_twice_counts_once_for_the_child_and_twice_for_the_film() -> None:
    student, video = make_student(), make_video()
    record_watch(student.pk, report_of(video), now=NOW)
    record_watch(student.pk, report_of(video), now=NOW)
    record_watch(student.pk, report_of(video, completed=False), now=NOW)
    assert counts(student, video) == (1, 2, 3, 2, 0.667)


def test_a_repeated_report_changes_nothing() -> None:
    student, video = make_student(), make_video()
    report = report_of(video)
    first, _ = record_watch(student.pk, report, now=NOW)
    second, is_new = record_watch(student.pk, report, now=NOW + timedelta(days=2))
    assert (second.pk, is_new) == (first.pk, False)
    assert counts(student, video) == (1, 1, 1, 1, 1.0)
    assert Event.objects.count() == 1


def test_a_report_is_repeated_well_even_when_the_film_was_taken_back_since() -> None:
    student, video = make_student(), make_video()
    report = report_of(video)
    record_watch(student.pk, report, now=NOW)
    LearningVideo.objects.filter(pk=video.pk).update(status=LearningVideo.Status.UNPUBLISHED)
    assert record_watch(student.pk, report, now=NOW)[1] is False


def test_the_same_id_with_another_body_is_a_conflict_and_changes_nothing() -> None:
    student, video = make_student(), make_video()
    report = report_of(video, completed=False)
    record_watch(student.pk, report, now=NOW)
    with pytest.raises(WatchConflict):
        record_watch(student.pk, replace(report, completed=True), now=NOW)
    assert counts(student, video) == (0, 0, 1, 0, 0.0)


def test_two_children_may_make_the_same_id() -> None:
    one, other, video = make_student(), make_student(), make_video()
    report = report_of(video)
    assert record_watch(one.pk, report, now=NOW)[1]
    assert record_watch(other.pk, report, now=NOW)[1]
    assert Watch.objects.count() == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "unpublished"},
        {"status": "superseded"},
        {"age_groups": [11, 12, 13]},
        {"age_groups": [8, 9]},
    ],
)
def test_a_film_that_is_not_for_this_child_is_not_found(
    fields: dict[str, object],
) -> None:
    student, video = make_student(age_group="8-10"), make_video(**fields)
    with pytest.raises(VideoNotFound):
        record_watch(student.pk, report_of(video), now=NOW)
    assert counts(student, video) == (0, 0, 0, 0, 0.0)
    assert (Watch.objects.count(), Event.objects.count()) == (0, 0)


def test_a_film_for_younger_children_may_be_watched() -> None:
    student = make_student(age_group="11-13")
    assert record_watch(student.pk, report_of(make_video(age_groups=[5, 6, 7])), now=NOW)[1]


def test_a_clock_that_is_wrong_is_put_right() -> None:
    student, video = make_student(), make_video()
    early, _ = record_watch(student.pk, report_of(video, started_at=NOW - timedelta(days=90)), now=NOW)
    late, _ = record_watch(student.pk, report_of(video, started_at=NOW + timedelta(days=1)), now=NOW)
    assert (early.started_at, late.started_at) == (NOW - timedelta(days=30), NOW)


@pytest.mark.django_db(transaction=True)
def test_sixteen_reports_at_once_of_four_watches_are_four_watches() -> None:
    student, video = make_student(), make_video()
    reports = [report_of(video) for _ in range(4)]

    def send(number: int) -> bool:
        try:
            return record_watch(student.pk, reports[number % 4], now=NOW)[1]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(send, range(16)))
    assert sum(stored) == 4
    assert Watch.objects.count() == 4
    assert counts(student, video) == (1, 4, 4, 4, 1.0)


def test_a_watch_is_stored_in_nine_statements(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    student, video = make_student(), make_video()
    with django_assert_num_queries(9):  # two of them begin and end the savepoint
        record_watch(student.pk, report_of(video), now=NOW)
