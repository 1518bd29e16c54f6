"""Export and erasure: each row of a child is in the one, and nothing of it is left by the other (P6, P7)."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import models
from django.utils import timezone
from redis import RedisError
from rest_framework.test import APIClient

from analytics.models import Event, Record
from analytics.subjects import DATABASE, known_ids
from students import erasing, keeping, lockout, privacy, sections, throttles, tokens, tombstones
from students.models import Erasure, RefreshToken, SecurityEvent, Session, Student
from students.security import blur_subject
from tests.clients import PASSWORD, assert_problem, make_student, student_client
from tests.dumps import find_traces
from tests.students.journeys import Child, live
from videos.figures import fold_watches
from videos.models import LearningVideo, Watch

pytestmark = pytest.mark.django_db
ME = "/api/student/me"
EXPORT = "/api/student/me/export"
NOT_EXPORTED = {  # hashes and tokens, and what stands for a person only by an HMAC
    "students": {"password", "recovery_code", "guardian_code"},
    "student_refresh_tokens": {"digest"},
    "security_events": {"subject"},
    "analytics_events": {"subject", "claimed_until"},
    "analytics_records": {"subject"},
    "analytics_suppressions": {"subject"},
    "quiz_response_keys": {"fingerprint"},
    "video_watches": {"fingerprint"},
}


def derived(child: Child) -> tuple[str, ...]:
    """Whatever was computed from the child's id and name, by which somebody with our keys could find it."""
    student = child.student
    return (
        *known_ids(DATABASE, student.pk),
        blur_subject(student.pk),
        blur_subject(student.username),
        lockout.blur(student.username),
        lockout.blur(f"guardian:{student.pk}"),
        throttles.blur(student.username),
    )


def models_about_students() -> set[type[models.Model]]:
    """Every model with a key to a student, wherever it is."""
    return {
        model
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if getattr(field, "related_model", None) is Student and field.concrete
    }


# --------------------------------------------------------------------------- sections


def test_every_model_about_a_student_is_covered_by_a_section() -> None:
    covered = {model for section in sections.all_sections() for model in section.models}
    assert models_about_students() <= covered
    assert len(models_about_students()) >= 9


def test_no_other_model_holds_a_students_id_by_its_columns() -> None:
    """A column named after a student or subject without a key to it needs a section's care too."""
    known = {Event, Record, SecurityEvent, Erasure} | models_about_students() | {Student}
    suspects = {
        model
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if any(word in field.name for word in ("student", "subject", "learner", "username", "child"))
        and model._meta.app_label not in {"admin", "axes"}
    }
    assert {model.__name__ for model in suspects - known} == {
        "Suppression",  # analytics.forgetting
        "LearningVideo",  # its topic
        "Outgoing",  # a film's key
        "MemoryParameters",  # how far all learners differ: one number
    }


# --------------------------------------------------------------------------- export


def test_the_export_holds_every_table_about_the_child_with_every_column() -> None:
    child = live()
    tables = privacy.build_export(child.student)["tables"]
    assert {table for table, rows in tables.items() if not rows} == {"analytics_suppressions"}
    by_table = {model._meta.db_table: model for model in apps.get_models()}
    for table, rows in tables.items():
        columns = {field.attname for field in by_table[table]._meta.concrete_fields}
        for row in rows:
            assert columns - set(row) == NOT_EXPORTED.get(table, set()), table
    assert {model._meta.db_table for model in models_about_students()} <= set(tables)
    assert len(tables["quiz_responses"]) == 2
    assert tables["students"][0]["username"] == child.student.username


def test_the_export_is_the_same_bytes_for_the_same_data_and_sorted() -> None:
    child = live()
    first = privacy.write_export(child.student)
    assert first == privacy.write_export(Student.objects.get(pk=child.student.pk))
    document = json.loads(first)
    assert (document["format"], document["version"]) == ("student-export", 1)
    assert first == (json.dumps(document, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()


def test_the_export_holds_no_hash_no_token_and_nobody_else() -> None:
    child, other = live(), live("quiet-heron-4712")
    text = privacy.write_export(child.student).decode()
    student = Student.objects.get(pk=child.student.pk)
    secrets = (student.password, student.recovery_code, student.guardian_code, *child.traces[3:])
    assert not any(secret in text for secret in (*secrets, *other.traces, "argon2"))


def test_a_child_gets_the_file_within_fifteen_minutes_of_signing_in() -> None:
    child = live()
    answer = child.client.get(EXPORT)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="everything-about-me.json"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert set(answer.json()) == {"format", "version", "tables"}
    assert SecurityEvent.objects.filter(event="exported", subject=blur_subject(child.student.pk)).count() == 1
    Session.objects.update(created_at=timezone.now() - timedelta(minutes=16))
    assert_problem(child.client.get(EXPORT), 403, "sign-in-again")


def test_a_guardian_gets_the_file_by_the_code() -> None:
    child = live()
    Session.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert_problem(child.client.post(EXPORT, {"guardian_code": "wrong"}), 403, "guardian-code-wrong")
    answer = child.client.post(EXPORT, {"guardian_code": child.guardian_code})
    assert answer.json()["tables"]["students"][0]["id"] == str(child.student.pk)


def test_the_file_is_made_twice_a_day() -> None:
    child = live()
    assert [child.client.get(EXPORT).status_code for _ in range(3)] == [200, 200, 429]


# --------------------------------------------------------------------------- erasure


def test_after_an_erasure_nothing_of_the_child_is_in_any_dump(caplog: pytest.LogCaptureFixture) -> None:
    child, other = live(), live("quiet-heron-4712")
    exported = privacy.build_export(child.student)["tables"]
    ids = {
        str(row[key])
        for rows in exported.values()
        for row in rows
        for key in ("id", "watch_id", "response_id")
        if key in row and not isinstance(row[key], int)
    }
    traces = (*child.traces, *derived(child), *ids)
    places = {" ".join(found.split(":")[0].split(" ")[:2]) for found in find_traces(traces)}
    year = timezone.now().year
    assert {"database students", f"database quiz_responses_{year}", "database analytics_records"} <= places
    assert any(place.startswith("redis") for place in places)
    fold_watches()
    kept = privacy.build_export(other.student)
    caplog.clear()
    answer = child.client.delete(ME, {"password": PASSWORD})
    assert answer.status_code == 202
    erasing.continue_all(timezone.now())
    assert find_traces(traces) == []
    assert not any(trace in caplog.text for trace in traces)
    assert privacy.build_export(other.student) == kept
    receipt = APIClient().get(f"/api/student/erasures/{answer.json()['receipt']}").json()
    assert receipt["finished_at"] is not None
    for table, rows in exported.items():
        if table not in {"students", "analytics_events", "security_events", "student_sessions"}:
            assert receipt["removed"][table] == len(rows), table


def test_deleting_closes_the_account_at_once() -> None:
    child = live()
    answer = child.client.delete(ME, {"password": PASSWORD})
    document = answer.json()
    assert set(document) == {"receipt", "requested_at", "promised_by", "finished_at", "removed"}
    assert (document["finished_at"], document["removed"]) == (None, {})
    for address in (ME, "/api/student/feed/me", "/api/student/progress/me"):
        assert_problem(child.client.get(address), 401, "token-invalid")
    with pytest.raises(tokens.RefreshRefused):
        tokens.rotate(tokens.STUDENTS, child.refresh, now=timezone.now())
    body = {"username": child.student.username, "password": PASSWORD}
    assert_problem(APIClient().post("/api/student/token", body), 401, "sign-in-failed")
    assert RefreshToken.objects.filter(session__revoked_at=None).count() == 0


def test_a_wrong_password_deletes_nothing() -> None:
    child = live()
    assert_problem(child.client.delete(ME, {"password": "no"}), 403, "password-wrong")
    assert_problem(child.client.delete(ME), 400, "invalid", field="password", field_code="required")
    assert (child.client.get(ME).status_code, Erasure.objects.count()) == (200, 0)


def test_a_second_erasure_finds_nothing() -> None:
    child = live()
    first = privacy.erase(child.student, by="staff", now=timezone.now())
    again = privacy.continue_erasure(first.pk, now=timezone.now() + timedelta(days=1))
    assert (again.finished_at, again.removed) == (first.finished_at, first.removed)
    assert erasing.continue_all(timezone.now()) == 0


@pytest.mark.parametrize("section", ["account", "analytics", "caches", "videos", "quizzes"])
def test_an_erasure_that_was_cut_off_goes_on_where_it_was(section: str) -> None:
    child = live()
    cut = sections._sections[section]
    failing = sections.Section(cut.name, cut.models, cut.export, _fail, cut.expire)
    with patch.dict(sections._sections, {section: failing}):
        erasure = privacy.request_erasure(child.student, by="student", now=timezone.now())
        assert erasing.continue_all(timezone.now()) == 0
    done = dict(Erasure.objects.get().removed)
    assert section not in done
    assert Student.objects.filter(pk=child.student.pk, is_active=False).count() == 1
    assert erasing.continue_all(timezone.now()) == 1
    finished = Erasure.objects.get(pk=erasure.pk)
    assert {name: finished.removed[name] for name in done} == done
    assert find_traces(child.traces) == []


def _fail(student: Student) -> Any:
    raise RedisError("away")


def test_an_answer_that_was_under_way_goes_with_the_rest() -> None:
    """Written after its section was done, before the student's row has gone."""
    child = live()
    real = keeping.erase_account

    def write_late(student: Student) -> Any:
        removed = real(student)
        video = LearningVideo.objects.get()
        Watch.objects.create(
            student=student,
            watch_id=uuid4(),
            video=video,
            fingerprint="x",
            seconds_watched=1,
            furthest_second=1,
            completed=False,
            started_at=timezone.now(),
        )
        Event.objects.create(event_type="video_view", subject=student.pk, created_at=timezone.now())
        return removed

    account = sections._sections["account"]
    late = sections.Section("account", account.models, account.export, write_late, account.expire)
    with patch.dict(sections._sections, {"account": late}):
        privacy.erase(child.student, by="student", now=timezone.now())
    assert find_traces(child.traces) == []


def test_the_films_figures_stay() -> None:
    child = live()
    privacy.erase(child.student, by="student", now=timezone.now())
    video = LearningVideo.objects.get()
    assert (video.view_count, video.impressions) == (2, 2)


def test_consents_stay_on_the_tombstone_without_evidence() -> None:
    child = live()
    erasure = privacy.erase(child.student, by="guardian", now=timezone.now())
    (kept,) = erasure.consents
    assert set(kept) == {"purpose", "granted", "notice_version", "at"}
    assert (erasure.student_id, erasure.requested_by) == (None, "guardian")


def test_a_receipt_that_nobody_has_is_not_there() -> None:
    assert_problem(APIClient().get(f"/api/student/erasures/{uuid4()}"), 404, "not-found")


# --------------------------------------------------------------------------- tombstones


def test_a_student_whom_a_backup_has_brought_back_is_erased_again() -> None:
    child, other = live(), make_student()
    row = Student.objects.values().get(pk=child.student.pk)
    privacy.erase(child.student, by="student", now=timezone.now())
    Student.objects.create(**row)
    Erasure.objects.all().delete()  # a backup from before the erasure does not know it
    assert storages["default"].exists(f"tombstones/{tombstones.tombstone_of(child.student.pk)}")
    out = StringIO()
    call_command("replay_tombstones", "--dry-run", stdout=out)
    assert "1 students would be erased again" in out.getvalue()
    assert Student.objects.count() == 2
    out = StringIO()
    call_command("replay_tombstones", stdout=out)
    assert "1 students erased again" in out.getvalue()
    assert list(Student.objects.all()) == [other]
    assert Erasure.objects.get().requested_by == "backup"
    call_command("replay_tombstones", stdout=StringIO())
    assert list(Student.objects.all()) == [other]


def test_a_tombstone_says_nothing_without_the_key(settings: Any) -> None:
    one = tombstones.tombstone_of(make_student().pk)
    student = make_student()
    before = tombstones.tombstone_of(student.pk)
    settings.TOMBSTONE_KEY = "another key of at least thirty-two bytes"
    assert len({one, before, tombstones.tombstone_of(student.pk)}) == 3


# --------------------------------------------------------------------------- commands


def test_staff_erase_by_name_and_get_the_receipt() -> None:
    child = live()
    out = StringIO()
    call_command("erase_student", child.student.username.upper(), "--dry-run", "--json", stdout=out)
    rehearsed = json.loads(out.getvalue())
    assert (rehearsed["rows"]["quiz_responses"], Student.objects.count()) == (2, 1)
    out = StringIO()
    call_command("erase_student", child.student.username, "--json", "--by", "guardian", stdout=out)
    receipt = json.loads(out.getvalue())
    assert receipt["removed"]["quiz_responses"] == 2
    assert receipt["finished_at"]
    with pytest.raises(CommandError, match="There is no student"):
        call_command("erase_student", child.student.username, stdout=StringIO())


def test_staff_export_by_name_into_a_new_file(tmp_path: Path) -> None:
    child = live()
    out = StringIO()
    call_command("export_student", child.student.username, stdout=out)
    assert json.loads(out.getvalue())["format"] == "student-export"
    target = tmp_path / "export.json"
    call_command("export_student", child.student.username, "--out", str(target), stdout=StringIO())
    assert json.loads(target.read_text())["tables"]["students"][0]["id"] == str(child.student.pk)
    with pytest.raises(CommandError, match="Nothing was written"):
        call_command("export_student", child.student.username, "--out", str(target), stdout=StringIO())
    with pytest.raises(CommandError, match="There is no student"):
        call_command("export_student", "nobody", stdout=StringIO())


def test_deleting_is_tried_three_times_a_day() -> None:
    client = student_client(make_student(password=PASSWORD))
    statuses = [client.delete(ME, {"password": "no"}).status_code for _ in range(4)]
    assert statuses == [403, 403, 403, 429]
    assert client.get(ME).status_code == 200
