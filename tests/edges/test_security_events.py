"""Every event of the chapter's list is a row that names nobody (08, section 10)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from students import consents, privacy, tokens
from students.models import SecurityEvent
from students.notice import NOTICE_VERSION
from students.security import blur_subject
from tests.clients import PASSWORD, creator_client, make_student, student_client
from tests.dumps import dump_database
from tests.students.journeys import live
from tests.students.test_encryption import OTHER_KEY
from tests.studio.factories import PASSWORD as STAFF_PASSWORD
from tests.studio.factories import make_draft, make_film, make_person
from tests.studio.test_overriding import blocked, set_aside
from tests.studio.test_sign_in import SIGN_IN

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_counters")]
KIND = "django.contrib.auth.backends.ModelBackend"


def events(subject: object) -> list[str]:
    found = SecurityEvent.objects.filter(subject=blur_subject(subject)).order_by("pk")
    return list(found.values_list("event", flat=True))


def test_what_happens_to_a_child_s_account_is_written_down_under_an_hmac() -> None:
    child = live("brave-otter-17")
    student, now = child.student, timezone.now()
    for _ in range(5):
        APIClient(REMOTE_ADDR="192.0.2.9").post(
            "/api/student/token", {"username": student.username, "password": "no"}
        )
    purpose = consents.THIRD_PARTY_ANALYTICS
    consents.decide(student, purpose, granted=False, version=NOTICE_VERSION, by_guardian=False, now=now)
    assert child.client.get("/api/student/me/export").status_code == 200
    first = tokens.open_session(tokens.STUDENTS, student, now=now).refresh
    tokens.rotate(tokens.STUDENTS, first, now=now)
    with pytest.raises(tokens.RefreshRefused):
        tokens.rotate(tokens.STUDENTS, first, now=now + timedelta(hours=1))
    body = {
        "username": student.username,
        "recovery_code": child.recovery_code,
        "new_password": "four green apples",
    }
    assert APIClient().post("/api/student/recover", body).status_code == 200
    assert {
        "sign-in-failed",
        "locked-out",
        "consent-changed",
        "exported",
        "refresh-reused",
        "recovery-used",
    } <= set(events(student.pk))
    assert [
        row
        for table, row in dump_database()
        if table == "security_events"
        for one in child.traces
        if one in row
    ] == []
    erasure = privacy.erase(student, by="student", now=now)
    assert events(student.pk) == [], "an erased child has no events"
    assert "erased" in set(SecurityEvent.objects.values_list("event", flat=True))
    assert events(erasure.tombstone) == ["erasure-requested"]


def test_who_asks_for_what_is_not_theirs_is_written_down_once_a_minute() -> None:
    """A creator who wants to judge, a reviewer of the own film, a page of somebody else's role."""
    creator, reviewer = make_person("creator"), make_person("reviewer")
    film = make_film(creator)
    client = creator_client(creator)
    for _ in range(3):
        answer = client.post(f"/api/creator/review/{film.pk}/approve", {"film": "x", "notes": ""})
        assert answer.status_code == 403
    assert events(creator.pk) == ["permission-denied"]
    studio = Client()
    studio.force_login(reviewer, backend=KIND)
    assert studio.get("/admin/cost/").status_code == 403
    assert events(reviewer.pk) == ["permission-denied"]


def test_a_wrong_password_is_no_denial_and_what_is_not_there_is_none_either() -> None:
    student = make_student(password=PASSWORD)
    client = student_client(student)
    assert client.delete("/api/student/me", {"password": "wrong"}).status_code == 403
    assert client.get(f"/api/student/progress/{make_student().pk}").status_code == 404
    assert events(student.pk) == ["sign-in-failed"]
    creator = make_person("creator")
    assert creator_client(creator).get(f"/api/creator/projects/{make_draft().pk}").status_code == 404
    assert APIClient().get("/api/student/me").status_code == 401
    assert events(creator.pk) == []


def test_the_studio_s_door_writes_failures_and_locks_for_page_and_api() -> None:
    person = make_person("creator")
    page = Client(REMOTE_ADDR="192.0.2.7")
    for _ in range(2):
        page.post(SIGN_IN, {"login": person.email, "password": "no"})
    api = APIClient(REMOTE_ADDR="192.0.2.7")
    for _ in range(3):
        api.post("/api/creator/token", {"email": person.email.upper(), "password": "no"})
    assert Counter(events(person.pk)) == {"sign-in-failed": 5, "locked-out": 1}
    api.post("/api/creator/token", {"email": "nobody@example.org", "password": "no"})
    assert events("nobody@example.org") == ["sign-in-failed"]
    rows = [row for table, row in dump_database() if table == "security_events"]
    assert not any(person.email in row or "nobody@" in row for row in rows)
    right: Any = APIClient(REMOTE_ADDR="192.0.2.8").post(
        "/api/creator/token", {"email": person.email, "password": STAFF_PASSWORD}
    )
    assert right.status_code == 200


def test_an_override_an_export_by_staff_and_another_key_are_written_down(settings: Settings) -> None:
    editor, staff, student = make_person("editor_in_chief"), make_person("staff"), make_student()
    set_aside(blocked(), editor, "accuracy.contradicts-notes")
    assert events(editor.pk) == ["override"]
    studio = Client()
    studio.force_login(staff, backend=KIND)
    done = studio.post(
        f"/admin/students/student/{student.pk}/act/export/", {"reason": "The mother has asked by letter."}
    )
    assert (done.status_code, done["Content-Type"]) == (200, "application/json")
    assert events(student.pk) == ["exported"]
    settings.FIELD_KEYS, settings.FIELD_KEY_ID = {2: OTHER_KEY, **settings.FIELD_KEYS}, 2
    call_command("reencrypt", stdout=StringIO())
    assert SecurityEvent.objects.filter(event="key-rotated").count() == 1
