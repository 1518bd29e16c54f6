"""Staff help a child without a name in any list; what they look at and do is in the trail."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from students.models import Consent, Student
from studio.models import AuditEntry
from tests.studio.factories import make_person
from tests.studio.test_admin_site import client_of

pytestmark = pytest.mark.django_db

WHY = "The mother called and asked for it."


def make_student() -> Student:
    return Student.objects.create(username="brave-otter-17", age_group="8-10")


def page_of(student: Student) -> str:
    return f"/admin/students/student/{student.pk}/"


def test_showing_a_name_needs_a_reason_and_is_audited() -> None:
    student, staff = make_student(), make_person("staff")
    client = client_of(staff)
    assert b"brave-otter" not in client.get(page_of(student) + "change/").content
    refused = client.post(page_of(student) + "act/name/", {"reason": "hm"})
    assert refused.status_code == 400
    assert b"brave-otter" not in refused.content
    assert AuditEntry.objects.count() == 0
    shown = client.post(page_of(student) + "act/name/", {"reason": WHY})
    assert b"brave-otter-17" in shown.content
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.verb, entry.target, entry.reason) == (
        staff,
        "show_student_name",
        f"student {student.pk.hex[-8:]}",
        WHY,
    )
    assert "otter" not in str(entry.after)
    assert client.get(page_of(student) + "act/name/").status_code == 405


def test_the_export_is_the_childs_whole_record() -> None:
    student = make_student()
    answer = client_of(make_person("staff")).post(page_of(student) + "act/export/", {"reason": WHY})
    assert json.loads(answer.content)["tables"]["students"][0]["username"] == "brave-otter-17"
    assert "no-store" in answer.headers["Cache-Control"]
    assert AuditEntry.objects.get().verb == "export_student"


def test_erasing_wants_the_short_id_typed_and_leaves_only_the_trail() -> None:
    student = make_student()
    client = client_of(make_person("staff"))
    assert client.post(page_of(student) + "act/erase/", {"reason": WHY, "typed": "x"}).status_code == 400
    assert Student.objects.count() == 1
    done = client.post(page_of(student) + "act/erase/", {"reason": WHY, "typed": student.pk.hex[-8:]})
    assert done.status_code == 302
    assert Student.objects.count() == 0
    assert AuditEntry.objects.get().verb == "erase_student"
    assert client.get(page_of(student) + "change/").status_code == 404


def test_consent_is_to_read_and_others_than_staff_see_nothing() -> None:
    student = make_student()
    Consent.objects.create(
        student=student,
        purpose="service",
        granted=True,
        notice_version="3",
        given_by="guardian",
        method="guardian-code",
        at=timezone.now(),
        evidence="a signed letter",
    )
    text = client_of(make_person("staff")).get(page_of(student) + "change/").content.decode()
    assert "guardian-code" in text
    assert "signed letter" not in text
    for role in ("creator", "reviewer", "editor_in_chief", "operator"):
        client = client_of(make_person(role))
        assert client.get(page_of(student) + "change/").status_code == 403
        assert client.post(page_of(student) + "act/name/", {"reason": WHY}).status_code == 403
    assert AuditEntry.objects.count() == 0
