"""The outbox is emptied: our own records always, a vendor only with key and consent (08, P2, P4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from analytics import delivery, forgetting, subjects, vendor
from analytics.models import Event, Record, SinkKey, Suppression, VendorDeletion
from analytics.tracking import QuizAnswered, VideoView, track
from tests.double.server import Double

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 15, 42, 7, tzinfo=UTC)
HOUR = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as running:
        yield running


@pytest.fixture
def vendor_on(double: Double, settings: Settings) -> Double:
    """A vendor is configured."""
    settings.AMPLITUDE_API_KEY, settings.AMPLITUDE_SECRET_KEY = "analytics-key", "analytics-secret"
    settings.AMPLITUDE_URL = f"{double.url}/2/httpapi"
    settings.AMPLITUDE_DELETION_URL = f"{double.url}/api/2/deletions/users"
    return double


def view(student: UUID, *, at: datetime = NOW, third_party: bool = True) -> Event:
    event = VideoView(student_id=student, at=at, video_id=uuid4(), duration_seconds=47.3, completed=True)
    return track(event, third_party=third_party)


def answer(student: UUID) -> Event:
    event = QuizAnswered(
        student_id=student,
        at=NOW,
        video_id=uuid4(),
        question_index=1,
        correct=False,
        response_time_ms=2345,
        mode="recall",
    )
    return track(event, third_party=True)


def sent(double: Double) -> list[dict[str, Any]]:
    return [event for call in double.calls if call.route == "/2/httpapi" for event in call.json["events"]]


# --------------------------------------------------------------------------- our own records


def test_every_event_becomes_one_record_under_an_id_of_the_month_and_leaves_the_outbox() -> None:
    student = uuid4()
    event = view(student, third_party=False)
    assert delivery.deliver(NOW) == {"recorded": 1, "sent": 0, "deletions": 0}
    record = Record.objects.get()
    assert (record.pk, record.event_type, record.hour) == (event.pk, "video_view", HOUR)
    assert record.properties == event.properties
    assert record.subject == subjects.sink_id("database", student, at=NOW)
    assert len(record.subject) == 64
    assert str(student) not in str(list(Record.objects.values()))
    assert Event.objects.count() == 0


def test_delivering_twice_writes_once() -> None:
    for _ in range(3):
        view(uuid4(), third_party=False)
    assert delivery.deliver(NOW)["recorded"] == 3
    assert delivery.deliver(NOW)["recorded"] == 0
    assert Record.objects.count() == 3


def test_an_id_holds_for_a_sink_and_a_month() -> None:
    student = uuid4()
    here = subjects.sink_id("database", student, at=NOW)
    assert here == subjects.sink_id("database", student, at=NOW + timedelta(days=20))
    assert here != subjects.sink_id("database", student, at=NOW + timedelta(days=31))
    assert here != subjects.sink_id("amplitude", student, at=NOW)
    assert here != subjects.sink_id("database", uuid4(), at=NOW)
    assert here in subjects.known_ids("database", student)


def test_an_id_needs_the_key_of_the_environment_and_the_one_of_the_database(settings: Settings) -> None:
    student = uuid4()
    ids = [subjects.sink_id("database", student, at=NOW)]
    settings.ANALYTICS_KEY = "another analytics key of thirty-two bytes"
    ids.append(subjects.sink_id("database", student, at=NOW))
    SinkKey.objects.all().delete()
    ids.append(subjects.sink_id("database", student, at=NOW))
    assert len(set(ids)) == 3


# --------------------------------------------------------------------------- the vendor


def test_without_a_key_nothing_leaves_whatever_was_consented_to(double: Double, settings: Settings) -> None:
    settings.AMPLITUDE_URL = f"{double.url}/2/httpapi"
    view(uuid4())
    delivery.deliver(NOW)
    assert (double.calls, Event.objects.count()) == ([], 0)


def test_without_consent_nothing_leaves(vendor_on: Double) -> None:
    view(uuid4(), third_party=False)
    delivery.deliver(NOW)
    assert (vendor_on.calls, Record.objects.count()) == ([], 1)


def test_with_key_and_consent_exactly_the_listed_fields_leave(vendor_on: Double) -> None:
    student = uuid4()
    seen, answered = view(student), answer(student)
    assert delivery.deliver(NOW)["sent"] == 2
    (call,) = vendor_on.calls
    assert set(call.json) <= {"api_key", "events", "options"}
    by_id = {event.pop("insert_id"): event for event in sent(vendor_on)}
    common = {
        "user_id": subjects.sink_id("amplitude", student, at=NOW),
        "time": int(HOUR.timestamp() * 1000),
    }
    for event in by_id.values():
        assert event.pop("library").startswith("amplitude-python/")
    assert by_id[str(seen.pk)] == {
        **common,
        "event_type": "video_view",
        "event_properties": {"video": seen.properties["video_id"], "seconds": 40, "completed": True},
    }
    assert by_id[str(answered.pk)] == {
        **common,
        "event_type": "quiz_response",
        "event_properties": {
            "video": answered.properties["video_id"],
            "question": 1,
            "correct": False,
            "time_bucket": "2-4 s",
        },
    }
    assert str(student) not in call.body.decode()
    assert Event.objects.count() == 0


def test_withdrawn_before_the_delivery_nothing_leaves(vendor_on: Double) -> None:
    student = uuid4()
    view(student)
    forgetting.keep_from_vendor(student, now=NOW)
    delivery.deliver(NOW)
    assert sent(vendor_on) == []


def test_withdrawn_while_it_is_under_way_nothing_leaves(
    vendor_on: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the claim of a row and the sending of it."""
    student = uuid4()
    view(student)
    view(other := uuid4())
    real = delivery._claim

    def withdraw_after(now: datetime) -> list[Event]:
        claimed = real(now)
        Suppression.objects.get_or_create(subject=student, defaults={"since": now})
        return claimed

    monkeypatch.setattr(delivery, "_claim", withdraw_after)
    delivery.deliver(NOW)
    assert [event["user_id"] for event in sent(vendor_on)] == [subjects.sink_id("amplitude", other, at=NOW)]
    assert Event.objects.count() == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 429},
        {"drop": "before"},
        {"raw": b"<html>proxy</html>", "status": 200},
        {"redirect": "http://127.0.0.1:9/elsewhere"},
        {"status": 400, "body": {"code": 400, "error": "Invalid API key: analytics-key"}},
    ],
    ids=["500", "429", "dropped", "html", "redirect", "wrong key"],
)
def test_what_the_vendor_has_not_taken_is_sent_again_after_the_lease(
    vendor_on: Double, fault: dict[str, Any]
) -> None:
    event = view(uuid4())
    vendor_on.fail("/2/httpapi", **fault)
    assert delivery.deliver(NOW)["sent"] == 0
    assert Event.objects.get().claimed_until == NOW + delivery.LEASE
    assert delivery.deliver(NOW + timedelta(minutes=1))["sent"] == 0
    assert delivery.deliver(NOW + timedelta(minutes=3))["sent"] == 1
    assert sent(vendor_on)[-1]["insert_id"] == str(event.pk)
    assert Event.objects.count() == 0


def test_what_the_vendor_refuses_for_good_is_dropped_and_the_rest_of_its_batch_sent_again(
    vendor_on: Double,
) -> None:
    refused, fine = view(uuid4()), view(uuid4(), at=NOW + timedelta(seconds=1))
    problem = {"code": 400, "error": "Invalid event", "events_with_invalid_fields": {"time": [0]}}
    vendor_on.fail("/2/httpapi", status=400, body=problem)
    assert delivery.deliver(NOW)["sent"] == 0
    assert [event.pk for event in Event.objects.all()] == [fine.pk]
    assert delivery.deliver(NOW + timedelta(hours=1))["sent"] == 1
    assert [event["insert_id"] for event in sent(vendor_on)] == [str(refused.pk), str(fine.pk), str(fine.pk)]


def test_an_event_is_tried_for_seven_days(vendor_on: Double) -> None:
    view(uuid4())
    vendor_on.fail("/2/httpapi", status=500)
    delivery.deliver(NOW)
    assert delivery.expire(NOW + timedelta(days=6))["analytics_events"] == 0
    assert delivery.expire(NOW + timedelta(days=7, seconds=1))["analytics_events"] == 1


@pytest.mark.parametrize(
    ("milliseconds", "bucket"),
    [(0, "0-1 s"), (999, "0-1 s"), (1000, "1-2 s"), (15_999, "8-16 s"), (16_000, "over 16 s")],
)
def test_times_leave_in_buckets(milliseconds: int, bucket: str) -> None:
    assert vendor.bucket_of(milliseconds) == bucket


def test_an_event_that_is_not_on_the_list_has_no_form_for_a_vendor() -> None:
    with pytest.raises(ValueError, match="not an event"):
        vendor.properties_for_vendor(Event(event_type="username_seen", properties={}))


@pytest.mark.parametrize(
    "address", ["http://10.0.0.1/x", "http://example.org", "ftp://127.0.0.1", "file:///etc"]
)
def test_an_address_without_tls_is_refused_unless_it_is_this_machine(address: str) -> None:
    with pytest.raises(vendor.VendorAddressRefused):
        vendor.check_address(address)


# --------------------------------------------------------------------------- forgetting


def test_a_withdrawal_asks_the_vendor_to_delete_every_id_it_may_know(vendor_on: Double) -> None:
    student = uuid4()
    for month in (1, 2, 3):
        view(student, at=NOW.replace(month=month))
    delivery.deliver(NOW)
    ids = subjects.known_ids("amplitude", student)
    assert len(ids) == 3
    forgetting.keep_from_vendor(student, now=NOW)
    assert delivery.deliver(NOW)["deletions"] == 1
    call = vendor_on.calls[-1]
    assert (call.route, call.json["user_ids"]) == ("/api/2/deletions/users", ids)
    row = VendorDeletion.objects.get()
    assert (row.sink_ids, row.status, row.attempts, row.answered_at) == ([], 200, 1, NOW)


@pytest.mark.parametrize("fault", [{"status": 500}, {"drop": "before"}, {"redirect": "http://127.0.0.1:9/"}])
def test_a_deletion_is_asked_for_until_it_is_answered(vendor_on: Double, fault: dict[str, Any]) -> None:
    student = uuid4()
    view(student)
    delivery.deliver(NOW)
    forgetting.keep_from_vendor(student, now=NOW)
    vendor_on.fail("/api/2/deletions/users", **fault)
    assert delivery.deliver(NOW)["deletions"] == 0
    row = VendorDeletion.objects.get()
    assert (row.answered_at, len(row.sink_ids), row.attempts) == (None, 1, 1)
    assert delivery.deliver(NOW)["deletions"] == 1
    assert VendorDeletion.objects.get().sink_ids == []


def test_forgetting_leaves_no_row_of_anybody() -> None:
    student, other = uuid4(), uuid4()
    for one in (student, other):
        view(one, third_party=False)
    delivery.deliver(NOW)
    view(student)
    view(other)
    removed = forgetting.forget(student, now=NOW)
    assert removed == {"analytics_events": 1, "analytics_records": 1, "analytics_suppressions": 0}
    assert [event.subject for event in Event.objects.all()] == [other]
    assert [row.subject for row in Record.objects.all()] == [subjects.sink_id("database", other, at=NOW)]
