"""Encrypted columns: unreadable in the database, refused where they were tampered with, and rekeyed."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from pytest_django import Settings

from config import env
from pipeline.models import ContentProject
from students import encryption, rekeying
from students.models import SecurityEvent
from studio.models import Creator, Review
from tests.studio.factories import make_draft

ROOT = Path(__file__).resolve().parents[2]
NOTES = "Bees dance to tell where the lime trees bloom."
OTHER_KEY = base64.b64encode(b"another-field-key-for-these-test").decode()
COLUMN = "pipeline.contentproject.source_notes"
pytestmark = pytest.mark.django_db


def make_project(notes: str = NOTES) -> ContentProject:
    creator, _ = Creator.objects.get_or_create(email="writer@example.org")
    return ContentProject.objects.create(
        concept_prompt="How bees dance", age_group="8-10", source_notes=notes, creator=creator
    )


def stored() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT source_notes FROM content_projects ORDER BY id")
        return [value for (value,) in cursor.fetchall()]


def store(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE content_projects SET source_notes = %s", [value])


def test_the_database_holds_no_word_of_it_and_the_model_all() -> None:
    project = make_project()
    (value,) = stored()
    assert not any(word in value for word in NOTES.split())
    raw = base64.urlsafe_b64decode(value)
    assert (raw[0], raw[1], len(raw)) == (1, 1, 2 + 12 + len(NOTES) + 16)
    assert ContentProject.objects.get(pk=project.pk).source_notes == NOTES
    assert ContentProject.objects.values_list("source_notes", flat=True).get() == NOTES


def test_each_save_writes_another_value() -> None:
    project = make_project()
    (before,) = stored()
    project.save()
    assert stored() != [before]


def test_empty_text_stays_empty_and_can_be_asked_for() -> None:
    project = make_project("")
    assert stored() == [""]
    assert ContentProject.objects.filter(source_notes="").get() == project
    assert ContentProject.objects.filter(source_notes="").update(source_notes=NOTES) == 1
    assert ContentProject.objects.get().source_notes == NOTES


def test_any_text_comes_back(settings: Settings) -> None:
    for text in ("x", "Grüße, 你好 🐝", "\n" * 3, "a" * 20_000, "=HYPERLINK()"):
        assert encryption.decrypt(encryption.encrypt(text, column="a.b.c"), column="a.b.c") == text


@pytest.mark.parametrize("position", [0, 1, 5, 20, -1])
def test_a_changed_byte_is_an_error_that_names_the_column_and_not_the_text(position: int) -> None:
    make_project()
    raw = bytearray(base64.urlsafe_b64decode(stored()[0]))
    raw[position] ^= 1
    store(base64.urlsafe_b64encode(bytes(raw)).decode())
    with pytest.raises(encryption.Unreadable, match=COLUMN) as refused:
        ContentProject.objects.get()
    assert "Bees" not in str(refused.value)


@pytest.mark.parametrize(
    "value", ["plain text", "AQ", "AQE=", "ÄÖ", "====", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
)
def test_what_was_never_sealed_is_an_error_and_not_an_empty_text(value: str) -> None:
    make_project()
    store(value)
    with pytest.raises(encryption.Unreadable):
        ContentProject.objects.get()


def test_a_value_moved_to_another_column_is_refused() -> None:
    sealed = encryption.encrypt(NOTES, column="studio.review.notes")
    with pytest.raises(encryption.Unreadable):
        encryption.decrypt(sealed, column=COLUMN)


@pytest.mark.parametrize("lookup", ["icontains", "startswith", "in", "gt", "regex", "length", "iexact"])
def test_it_cannot_be_searched(lookup: str) -> None:
    with pytest.raises(FieldError):
        ContentProject.objects.filter(**{f"source_notes__{lookup}": "x"}).exists()


def test_it_cannot_be_compared_with_a_text() -> None:
    with pytest.raises(FieldError):
        ContentProject.objects.filter(source_notes=NOTES).exists()


def test_the_blind_index_is_equal_for_equal_texts_of_one_column() -> None:
    one = encryption.blind_index("x", column="a.b.c")
    assert one == encryption.blind_index("x", column="a.b.c")
    assert one != encryption.blind_index("x", column="a.b.d")
    assert len(one) == 64


def test_what_is_sensitive_is_sealed() -> None:
    assert {COLUMN, "studio.review.notes"} <= {column.name for column in rekeying.find_columns()}


# --------------------------------------------------------------------------- keys


def test_rows_of_an_old_key_stay_readable_and_new_ones_have_the_new(settings: Settings) -> None:
    project = make_project()
    settings.FIELD_KEYS, settings.FIELD_KEY_ID = {2: OTHER_KEY, **settings.FIELD_KEYS}, 2
    assert ContentProject.objects.get().source_notes == NOTES
    project.save()
    assert encryption.key_id_of(stored()[0]) == 2
    settings.FIELD_KEYS = {2: OTHER_KEY}
    assert ContentProject.objects.get().source_notes == NOTES


def test_without_its_key_a_value_is_an_error_that_names_the_key(settings: Settings) -> None:
    make_project()
    settings.FIELD_KEYS, settings.FIELD_KEY_ID = {2: OTHER_KEY}, 2
    with pytest.raises(encryption.Unreadable, match="needs key 1"):
        ContentProject.objects.get()
    with pytest.raises(CommandError, match="needs key 1"):
        call_command("reencrypt", stdout=StringIO())
    assert encryption.key_id_of(stored()[0]) == 1


def test_reencrypt_rewrites_what_is_old_counts_it_and_finds_nothing_the_second_time(
    settings: Settings,
) -> None:
    for number in range(5):
        make_project(f"{NOTES} {number}")
    make_project("")
    settings.FIELD_KEYS, settings.FIELD_KEY_ID = {2: OTHER_KEY, **settings.FIELD_KEYS}, 2
    make_project("made with the new key")
    out = StringIO()
    call_command("reencrypt", stdout=out)
    assert out.getvalue().splitlines()[-1].startswith("Sealed anew: 5. Left with an old key: 0.")
    assert SecurityEvent.objects.get().event == "key-rotated"
    assert {encryption.key_id_of(value) for value in stored() if value} == {2}
    settings.FIELD_KEYS = {2: OTHER_KEY}
    assert sorted(ContentProject.objects.values_list("source_notes", flat=True)) == sorted(
        ["", "made with the new key", *(f"{NOTES} {number}" for number in range(5))]
    )
    again = StringIO()
    call_command("reencrypt", stdout=again)
    assert again.getvalue().startswith("Sealed anew: 0.")


@pytest.mark.parametrize("key_id", [1, 2, 15, 16, 63, 64, 200, 255])
def test_values_of_a_key_begin_as_the_search_for_old_ones_expects(settings: Settings, key_id: int) -> None:
    settings.FIELD_KEYS, settings.FIELD_KEY_ID = {key_id: OTHER_KEY}, key_id
    for _ in range(40):
        assert encryption.encrypt("x", column="a.b.c")[:3] in rekeying.prefixes(key_id)


@pytest.mark.django_db(transaction=True)
def test_reencrypt_may_be_killed_and_called_again(settings: Settings) -> None:
    creator = Creator.objects.create(email="writer@example.org")
    rows = [
        ContentProject(
            concept_prompt="Bees", age_group="8-10", source_notes=f"{NOTES} {number}", creator=creator
        )
        for number in range(5000)
    ]
    ContentProject.objects.bulk_create(rows, batch_size=1000)
    ring = f"2:{OTHER_KEY},1:{settings.FIELD_KEYS[1]}"
    database = connection.settings_dict
    address = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    environment = os.environ | {"FIELD_KEYS": ring, "DATABASE_URL": address}
    command = [sys.executable, "manage.py", "reencrypt"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"{COLUMN}: 500\n"
        process.send_signal(signal.SIGKILL)
    settings.FIELD_KEYS, settings.FIELD_KEY_ID = {2: OTHER_KEY, 1: settings.FIELD_KEYS[1]}, 2
    ids = [encryption.key_id_of(value) for value in stored()]
    assert ids.count(1) % 500 == 0
    assert 0 < ids.count(1) < 5000
    texts = sorted(ContentProject.objects.values_list("source_notes", flat=True))
    assert texts == sorted(f"{NOTES} {number}" for number in range(5000))
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert f"Sealed anew: {ids.count(1)}. Left with an old key: 0." in done.stdout, done.stderr
    settings.FIELD_KEYS = {2: OTHER_KEY}
    assert sorted(ContentProject.objects.values_list("source_notes", flat=True)) == texts


@pytest.mark.parametrize(
    "written",
    [
        "",
        "1",
        "1:",
        "0:" + OTHER_KEY,
        "256:" + OTHER_KEY,
        "a:" + OTHER_KEY,
        "1:c2hvcnQ=",
        f"1:{OTHER_KEY},1:{OTHER_KEY}",
    ],
)
def test_a_key_ring_that_is_wrong_is_named_at_the_start(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("FIELD_KEYS", written)
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        env.key_ring("FIELD_KEYS")


def test_the_first_key_of_the_ring_is_the_present_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIELD_KEYS", f"7:{OTHER_KEY}, 3:{base64.b64encode(b'x' * 32).decode()}")
    assert list(env.key_ring("FIELD_KEYS")) == [7, 3]


# --------------------------------------------------------------------------- migrations


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("app", "before", "after", "table", "column"),
    [
        ("pipeline", "0002_initial", "0003_encrypted_notes", "content_projects", "source_notes"),
        ("studio", "0004_audit_entries", "0005_encrypted_notes", "reviews", "notes"),
    ],
)
def test_the_migration_seals_what_is_there_and_can_be_taken_back(
    app: str, before: str, after: str, table: str, column: str
) -> None:
    project = make_project()
    Review.objects.create(project=project, reviewer=project.creator, verdict="rejected", notes=NOTES)

    def values() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {column} FROM {table}")  # noqa: S608 - names of this test
            return [value for (value,) in cursor.fetchall()]

    (sealed,) = values()
    change = rekeying.change_column(
        app, {"pipeline": "contentproject", "studio": "review"}[app], column, seal=False
    )
    executor = MigrationExecutor(connection)
    state = executor.loader.project_state((app, after)).apps
    with connection.schema_editor() as editor:
        change(state, editor)
    assert values() == [NOTES]
    with connection.schema_editor() as editor:
        rekeying.change_column(
            app, {"pipeline": "contentproject", "studio": "review"}[app], column, seal=True
        )(state, editor)
    (again,) = values()
    assert again not in {NOTES, sealed}
    assert ContentProject.objects.get().source_notes == Review.objects.get().notes == NOTES


def rotate(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("rotate_keys", *arguments, "--json", stdout=out, stderr=StringIO())
    found: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return found


def test_a_rotation_from_new_values_to_the_old_key_that_may_go(settings: Settings) -> None:
    project = make_draft()
    old = dict(settings.FIELD_KEYS)
    (old_id,) = old
    assert rotate() == {"present": old_id, "old": [], "left": {}, "may_go": []}

    made = rotate("--make")
    assert set(made) == {"FIELD_KEYS", "MEDIA_SIGNING_KEY", "MEDIA_SIGNING_KEY_FORMER"}
    assert made["MEDIA_SIGNING_KEY_FORMER"] == settings.MEDIA_SIGNING_KEY != made["MEDIA_SIGNING_KEY"]
    assert rotate("--make")["FIELD_KEYS"] != made["FIELD_KEYS"]
    ring = dict(part.split(":", 1) for part in made["FIELD_KEYS"].split(","))
    assert list(ring) == [str(old_id + 1), str(old_id)]

    settings.FIELD_KEYS = {int(number): key for number, key in ring.items()}
    settings.FIELD_KEY_ID = old_id + 1
    name = "pipeline.contentproject.source_notes"
    assert rotate("--dry-run")["left"] == {name: 1}
    assert rotate("--dry-run")["may_go"] == []
    assert rotate() == {"present": old_id + 1, "old": [old_id], "left": {}, "may_go": [old_id]}
    settings.FIELD_KEYS = {old_id + 1: settings.FIELD_KEYS[old_id + 1]}
    project.refresh_from_db()
    assert project.source_notes
