"""Another time zone: from the next day, once in seven days (06, 4.2)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from students import accounts
from students.models import Student
from students.streaks import learning_day
from tests.clients import assert_problem, make_student, student_client

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def learner() -> Student:
    """Somebody in Tokyo, where it is nine in the evening, on the third day of a streak."""
    return make_student(
        time_zone="Asia/Tokyo",
        streak_count=3,
        longest_streak=3,
        last_streak_on=NOW.date(),
        studied_on=NOW.date(),
    )


def move(student: Student, zone: str, *, now: datetime = NOW) -> Student:
    return accounts.change_profile(student, now=now, time_zone=zone)


def day_of(student: Student, now: datetime) -> str:
    return learning_day(now.astimezone(student.zone_at(now))).isoformat()


def test_a_new_zone_holds_from_the_learners_next_day(learner: Student) -> None:
    moved = move(learner, "America/New_York")
    assert (moved.time_zone, moved.former_time_zone) == ("America/New_York", "Asia/Tokyo")
    assert moved.time_zone_from == datetime(2026, 3, 4, 19, tzinfo=UTC)  # 04:00 in Tokyo
    assert day_of(moved, NOW + timedelta(hours=6)) == "2026-03-04"
    assert day_of(moved, NOW + timedelta(hours=7)) == "2026-03-04"  # two in the afternoon of New York
    assert day_of(moved, NOW + timedelta(hours=21)) == "2026-03-05"
    assert moved.progress_version == learner.progress_version + 1


def test_an_answer_from_before_the_move_keeps_its_day(learner: Student) -> None:
    moved = move(learner, "America/New_York")
    assert day_of(moved, NOW - timedelta(hours=1)) == "2026-03-04"
    assert moved.zone_at(NOW - timedelta(days=3)).key == "Asia/Tokyo"


def test_a_zone_changes_once_in_seven_days_and_says_when(learner: Student) -> None:
    moved = move(learner, "America/New_York")
    before = Student.objects.values().get(pk=learner.pk)
    for later in (timedelta(hours=1), timedelta(days=7)):
        with pytest.raises(accounts.AccountRefused) as refused:
            move(moved, "Europe/Vienna", now=NOW + later)
        assert (refused.value.field, refused.value.code) == ("timezone", "timezone-too-soon")
        assert "2026-03-11T19:00Z" in refused.value.message
    assert Student.objects.values().get(pk=learner.pk) == before
    again = move(moved, "Europe/Vienna", now=NOW + timedelta(days=7, hours=8))
    assert (again.time_zone, again.former_time_zone) == ("Europe/Vienna", "America/New_York")


def test_a_change_that_does_not_hold_yet_can_be_taken_back(learner: Student) -> None:
    back = move(move(learner, "America/New_York"), "Asia/Tokyo", now=NOW + timedelta(hours=1))
    assert (back.time_zone, back.former_time_zone, back.time_zone_from) == ("Asia/Tokyo", "", None)
    assert back.trail.streak() == learner.trail.streak()
    assert move(back, "Europe/Vienna", now=NOW + timedelta(hours=2)).time_zone == "Europe/Vienna"


def test_the_same_zone_again_is_no_change(learner: Student) -> None:
    same = move(learner, "Asia/Tokyo")
    assert (same.time_zone_from, same.streak_trail, same.progress_version) == (None, None, 0)


def test_a_move_forgives_the_next_gap_of_one_day(learner: Student) -> None:
    moved = move(learner, "America/New_York")
    assert moved.trail.streak().moved_on == NOW.date()


def test_who_has_learned_nothing_yet_gets_the_zone_at_once() -> None:
    moved = move(make_student(), "Asia/Tokyo")
    assert (moved.time_zone, moved.former_time_zone, moved.time_zone_from) == ("Asia/Tokyo", "", None)


def test_the_interface_refuses_a_second_move_by_name(learner: Student) -> None:
    client = student_client(learner)
    assert client.patch("/api/student/me", {"timezone": "Europe/Vienna"}).status_code == 200
    answer = client.patch("/api/student/me", {"timezone": "Europe/Paris"})
    assert_problem(answer, 400, "invalid", field="timezone", field_code="timezone-too-soon")
