"""A visit is told once, when it has ended, in a bucket; to a vendor only with a consent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics import vendor
from analytics.models import Event
from students import tokens
from students.models import Student
from students.sittings import PAUSE, bucket_of
from studio.authentication import CREATORS
from tests.clients import make_student
from tests.studio.factories import make_person

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.django_db


def open_one(**fields: Any) -> tuple[Student, str]:
    student = make_student(**fields)
    return student, tokens.open_session(tokens.STUDENTS, student, now=NOW).refresh


def use(refresh: str, *minutes: int) -> str:
    for minute in minutes:
        refresh = tokens.rotate(tokens.STUDENTS, refresh, now=NOW + minute * MINUTE).refresh
    return refresh


def told() -> list[tuple[str, dict[str, str]]]:
    return list(Event.objects.order_by("created_at").values_list("event_type", "properties"))


def test_a_visit_is_told_by_the_first_refresh_after_a_pause() -> None:
    student, refresh = open_one()
    refresh = use(refresh, 10, 20, 29)
    assert told() == []
    refresh = use(refresh, 24 * 60)
    assert told() == [("session", {"seconds_bucket": "15-30 min"})]
    event = Event.objects.get()
    assert (event.subject, event.created_at, event.third_party) == (
        student.pk,
        NOW + timedelta(days=1),
        False,
    )
    use(refresh, 24 * 60 + 9, 24 * 60 + 19, 48 * 60)
    assert [properties["seconds_bucket"] for _, properties in told()] == ["15-30 min", "15-30 min"]


def test_signing_out_ends_a_visit_and_telling_it_twice_tells_it_once() -> None:
    _, refresh = open_one()
    refresh = use(refresh, 10)
    for _ in range(2):
        tokens.sign_out(tokens.STUDENTS, refresh, now=NOW + 14 * MINUTE)
    assert told() == [("session", {"seconds_bucket": "5-15 min"})]


def test_who_signs_out_days_later_was_not_there_for_days() -> None:
    _, refresh = open_one()
    tokens.sign_out(tokens.STUDENTS, use(refresh, 3), now=NOW + timedelta(days=5))
    assert told() == [("session", {"seconds_bucket": "0-5 min"})]


def test_a_repeated_refresh_tells_nothing_more() -> None:
    _, refresh = open_one()
    later = NOW + 5 * 60 * MINUTE
    first = tokens.rotate(tokens.STUDENTS, refresh, now=later)
    assert tokens.rotate(tokens.STUDENTS, refresh, now=later + timedelta(seconds=5)).refresh == first.refresh
    assert len(told()) == 1


def test_only_a_consent_makes_it_a_vendor_s_and_then_the_bucket_is_all_of_it() -> None:
    _, refresh = open_one(shares_analytics=True)
    use(refresh, 300)
    event = Event.objects.get()
    assert event.third_party
    assert vendor.properties_for_vendor(event) == {"seconds_bucket": "0-5 min"}


def test_creators_are_not_counted() -> None:
    refresh = tokens.open_session(CREATORS, make_person("creator"), now=NOW).refresh
    refresh = tokens.rotate(CREATORS, refresh, now=NOW + 2 * PAUSE).refresh
    tokens.sign_out(CREATORS, refresh, now=NOW + 3 * PAUSE)
    assert told() == []


@pytest.mark.parametrize(
    ("minutes", "bucket"),
    [(0, "0-5 min"), (5, "5-15 min"), (29, "15-30 min"), (59, "30-60 min"), (60, "over 60 min")],
)
def test_lengths_fall_into_steps(minutes: int, bucket: str) -> None:
    assert bucket_of(minutes * MINUTE) == bucket
