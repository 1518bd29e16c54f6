"""Enough for today, as the app hears it (06, 4.4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from students.models import Student
from students.streaks import learning_day
from tests.clients import student_client
from tests.quizzes.learners import make_concept, make_film, make_student

pytestmark = pytest.mark.django_db
FEED = "/api/student/feed/me"


def learner(seconds: float) -> Student:
    return make_student(studied_on=learning_day(timezone.now()), studied_seconds=seconds)


@pytest.fixture(autouse=True)
def _films() -> None:
    for _ in range(12):
        make_film(make_concept(topic=make_concept()), now=timezone.now() - timedelta(days=1))


def test_before_the_minutes_are_used_up_the_feed_goes_on() -> None:
    page = student_client(learner(899)).get(FEED)
    assert "Learning-Day" not in page.headers
    assert 'rel="next"' in page.headers["Link"]


def test_after_them_the_feed_says_so_and_leads_nowhere() -> None:
    client = student_client(learner(900))
    page = client.get(FEED)
    assert page.headers["Learning-Day"] == "enough"
    assert "Link" not in page.headers
    assert len(page.json()) == 10  # a child who wants one more film finds it
    assert client.get(FEED, {"page": 1}).json() == []
    assert client.get("/api/student/progress/me").json()["enough_for_today"] is True


def test_a_deliberate_wish_for_more_goes_on() -> None:
    page = student_client(learner(900)).get(FEED, {"more": 1})
    assert page.status_code == 200
    assert len(page.json()) == 10
    assert 'rel="next"' in page.headers["Link"]


def test_yesterdays_minutes_do_not_count_today() -> None:
    yesterday = learning_day(timezone.now()) - timedelta(days=1)
    page = student_client(make_student(studied_on=yesterday, studied_seconds=9000)).get(FEED)
    assert "Learning-Day" not in page.headers
