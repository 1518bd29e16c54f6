"""The retention table: kept the day before, gone the day after, and shown as it is (P8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import models
from django.test import Client
from pytest_django import Settings

from analytics.models import Event, Record, SinkKey, VendorDeletion
from quizzes.models import Feedback, QuizResponse, QuizResponseKey, TopicMemory
from students.erasing import enforce_retention
from students.models import Erasure, RefreshToken, SecurityEvent, Session, Student
from students.notice import NOTICE_VERSION
from students.retention import DRAFTS_KEPT, FILMS_KEPT, PAYLOADS_KEPT, TABLE, USAGE_KEPT, say_period
from studio.models import Creator, CreatorSession
from tests.clients import make_student, make_video
from tests.quizzes.learners import make_concept
from videos.models import FilmReport, Watch

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def active() -> Student:
    return make_student(last_active=NOW, created_at=NOW - timedelta(days=800))


def make_answer(at: datetime) -> Any:
    return QuizResponse.objects.create(
        student=active(),
        video=make_video(),
        question_index=0,
        user_answer=True,
        correct_answer=True,
        response_time_ms=1,
        created_at=at,
    )


def make_key(at: datetime) -> Any:
    return QuizResponseKey.objects.create(
        student=active(), response_id=uuid4(), fingerprint="x", quiz_response_id=uuid4(), created_at=at
    )


def make_memory(at: datetime) -> Any:
    return TopicMemory.objects.create(
        student=active(),
        concept=make_concept(),
        known=0.5,
        stability=1,
        difficulty=5,
        reviewed_at=at,
        due_at=at,
    )


def make_watch(at: datetime) -> Any:
    return Watch.objects.create(
        student=active(),
        watch_id=uuid4(),
        video=make_video(),
        fingerprint="x",
        seconds_watched=1,
        furthest_second=1,
        completed=False,
        started_at=at,
        created_at=at,
    )


def make_wish(at: datetime) -> Any:
    return Feedback.objects.create(
        student=active(), feedback_id=uuid4(), video=make_video(), kind="more", created_at=at
    )


def make_report(at: datetime) -> Any:
    return FilmReport.objects.create(
        student=active(), report_id=uuid4(), video=make_video(), kind="broken", created_at=at
    )


def make_session(**fields: Any) -> Any:
    return Session.objects.create(
        **{"student": active(), "created_at": NOW - 90 * DAY, "expires_at": NOW + DAY} | fields
    )


def make_token(at: datetime) -> Any:
    return RefreshToken.objects.create(
        digest=uuid4().hex, session=make_session(), created_at=NOW - 90 * DAY, expires_at=at
    )


def make_creator_session(at: datetime) -> Any:
    creator = Creator.objects.create(email=f"{uuid4().hex}@example.org")
    return CreatorSession.objects.create(creator=creator, created_at=NOW - 90 * DAY, expires_at=at)


def make_event(**fields: Any) -> Any:
    return Event.objects.create(
        **{"event_type": "video_view", "subject": uuid4(), "third_party": True} | fields
    )


def make_record(at: datetime) -> Any:
    return Record.objects.create(id=uuid4(), event_type="video_view", subject="x", hour=at)


# What is kept → (how long, a row that began to age at a moment).
ROWS: dict[str, tuple[timedelta, Callable[[datetime], Any]]] = {
    "an account without activity": (365 * DAY, lambda at: make_student(last_active=at)),
    "an answer": (365 * DAY, make_answer),
    "an answer's key": (365 * DAY, make_key),
    "a memory": (365 * DAY, make_memory),
    "a playback": (365 * DAY, make_watch),
    "a wish": (365 * DAY, make_wish),
    "a report": (365 * DAY, make_report),
    "a session that was ended": (30 * DAY, lambda at: make_session(revoked_at=at)),
    "a session that ran out": (30 * DAY, lambda at: make_session(expires_at=at)),
    "a refresh token": (30 * DAY, make_token),
    "a creator's session": (30 * DAY, make_creator_session),
    "a security event": (
        30 * DAY,
        lambda at: SecurityEvent.objects.create(event="sign-in-failed", subject="x", at=at),
    ),
    "an event on its way": (7 * DAY, lambda at: make_event(created_at=at, delivered_at=at)),
    "an event for our figures": (365 * DAY, make_record),
    "a deletion that a vendor has answered": (
        730 * DAY,
        lambda at: VendorDeletion.objects.create(sink_ids=[], requested_at=at, answered_at=at, status=200),
    ),
}


@pytest.mark.parametrize("what", ROWS)
def test_kept_the_day_before_and_gone_the_day_after(what: str) -> None:
    kept_for, make = ROWS[what]
    young, old = make(NOW - kept_for + DAY), make(NOW - kept_for - DAY)
    model: type[models.Model] = type(young)
    manager = model._default_manager
    enforce_retention(NOW)
    assert manager.filter(pk=young.pk).exists(), "the younger one is kept"
    assert not manager.filter(pk=old.pk).exists(), "the older one has gone"
    enforce_retention(NOW)
    assert manager.filter(pk=young.pk).exists()


def test_a_month_s_key_is_kept_for_thirteen_months() -> None:
    for month in (datetime(2025, 9, 1), datetime(2025, 10, 1), datetime(2026, 11, 1)):  # noqa: DTZ001 - dates
        SinkKey.objects.create(sink="database", month=month.date(), salt=b"x" * 32)
    enforce_retention(NOW)
    kept = SinkKey.objects.order_by("month").values_list("month", flat=True)
    assert [month.isoformat() for month in kept] == ["2025-10-01", "2026-11-01"]


def test_consents_of_an_erased_account_are_kept_for_twelve_months() -> None:
    for name, age in (("a" * 64, 364), ("b" * 64, 366)):
        Erasure.objects.create(
            tombstone=name,
            requested_at=NOW - age * DAY,
            requested_by="student",
            finished_at=NOW - age * DAY,
            consents=[{"purpose": "service"}],
        )
    enforce_retention(NOW)
    assert [len(row.consents) for row in Erasure.objects.order_by("tombstone")] == [1, 0]


def test_a_child_who_is_there_now_and_then_keeps_the_account() -> None:
    student = active()
    make_student(last_active=NOW - 300 * DAY)
    enforce_retention(NOW)
    assert Student.objects.count() == 2
    assert Student.objects.get(pk=student.pk).is_active


# --------------------------------------------------------------------------- the notice


@pytest.mark.parametrize("address", ["/privacy", "/privacy/children"])
def test_the_notice_is_public_and_runs_nothing(address: str) -> None:
    answer = Client().get(address)
    assert (answer.status_code, answer.cookies) == (200, {})
    assert "<script" not in answer.content.decode()
    assert "style=" not in answer.content.decode()


def test_the_notice_shows_every_line_of_the_table_as_it_is() -> None:
    page = Client().get("/privacy").content.decode()
    for rule in TABLE:
        assert f"<td>{rule.data}</td>" in page
        assert f"<td>{rule.kept}</td>" in page
    assert NOTICE_VERSION in page
    assert "within 30 days" in page


def test_periods_are_said_as_people_say_them_and_come_from_what_is_enforced() -> None:
    said = {rule.data.partition(",")[0]: rule.kept for rule in TABLE}
    assert said["Drafts of films that were put away"] == say_period(DRAFTS_KEPT) == "90 days"
    assert said["Films that were taken offline"] == say_period(FILMS_KEPT) == "12 months"
    assert said["What making films has cost"] == say_period(USAGE_KEPT) == "24 months"
    assert said["What was wrong with an answer of a company that helps to make films"] == (
        say_period(PAYLOADS_KEPT)
    )


def test_the_notice_names_vendors_and_outside_analytics_only_where_there_are_any(settings: Settings) -> None:
    page = Client().get("/privacy").content.decode()
    assert "everything is made on our own machines" in page
    assert "Amplitude" not in page
    settings.AMPLITUDE_API_KEY = "key"
    settings.VENDOR_TERMS = {"api.openai.com": "EU, zero retention agreed"}
    settings.PIPELINE_PROVIDERS = {
        "text": {"BACKEND": "x.Y", "OPTIONS": {"base_url": "https://api.openai.com/v1"}},
        "image": {"BACKEND": "x.Z", "OPTIONS": {"base_url": "https://api.openai.com/v1"}},
        "speech": {"BACKEND": "x.E", "OPTIONS": {"base_url": "https://api.elevenlabs.io"}},
    }
    page = Client().get("/privacy").content.decode()
    for text in (
        "Amplitude",
        "<td>api.openai.com</td>",
        "<td>image, text</td>",
        "EU, zero retention agreed",
        "not stated",
    ):
        assert text in page


def test_the_children_s_page_is_short_and_in_short_sentences() -> None:
    page = Client().get("/privacy/children").content.decode()
    body = page.partition("<main")[2].partition("</main>")[0]
    sentences = [part.split() for part in body.replace("<", " <").replace(">", "> ").split(".")]
    words = [[word for word in one if "<" not in word and ">" not in word] for one in sentences]
    assert max(len(one) for one in words) <= 26
    assert sum(map(len, words)) <= 200
