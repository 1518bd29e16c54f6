"""Migrations beside a running release: what is refused, and what waits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, migrations, models
from django.db.migrations import Migration

from config import migrating
from config.migrating import PAUSE, TRIES, alone, examine, find_dangers, patiently, released


def migration(*operations: object, contract_of: str = "") -> Migration:
    made = Migration("0002_change", "students")
    vars(made).update(operations=list(operations), contract_of=contract_of)
    return made


DANGEROUS = {
    "a removed column": migrations.RemoveField("student", "zone"),
    "a removed table": migrations.DeleteModel("Student"),
    "a renamed column": migrations.RenameField("student", "zone", "place"),
    "a renamed table": migrations.RenameModel("Student", "Learner"),
    "a column that must be filled": migrations.AddField("student", "shoe", models.IntegerField(default=1)),
    "a changed column": migrations.AlterField("student", "zone", models.TextField()),
    "an index that locks": migrations.AddIndex("student", models.Index(fields=["zone"], name="i")),
}
SAFE = {
    "a column that may be empty": migrations.AddField("student", "shoe", models.IntegerField(null=True)),
    "a column the database fills": migrations.AddField(
        "student", "shoe", models.IntegerField(default=1, db_default=1)
    ),
    "an index beside": AddIndexConcurrently("student", models.Index(fields=["zone"], name="i")),
    "a new table": migrations.CreateModel("Hat", [("id", models.BigAutoField(primary_key=True))]),
}


@pytest.mark.parametrize("name", DANGEROUS)
def test_what_breaks_a_running_release_is_named(name: str) -> None:
    (found,) = examine("students.0002_change", migration(DANGEROUS[name]))
    assert found.migration == "students.0002_change"
    assert found.reason


@pytest.mark.parametrize("name", SAFE)
def test_what_only_adds_is_safe(name: str) -> None:
    assert examine("students.0002_change", migration(SAFE[name])) == []


def test_a_table_that_is_made_in_the_same_migration_may_be_shaped() -> None:
    hat = migrations.CreateModel("Hat", [("id", models.BigAutoField(primary_key=True))])
    index = migrations.AddIndex("hat", models.Index(fields=["id"], name="i"))
    assert examine("students.0002_change", migration(hat, index)) == []


def test_what_is_removed_later_says_which_release_has_stopped_to_use_it() -> None:
    assert examine("students.0002_change", migration(DANGEROUS["a removed column"], contract_of="0.2")) == []


def test_no_unreleased_migration_of_ours_is_dangerous(capsys: pytest.CaptureFixture[str]) -> None:
    """Before the first release nothing runs that a migration could break, so anything may change."""
    call_command("check_migrations", json=True)
    assert json.loads(capsys.readouterr().out) == {"dangers": []}


def test_without_the_list_of_what_is_released_the_checker_finds_what_it_should() -> None:
    assert {one.migration.split(".")[0] for one in find_dangers(frozenset())} >= {"videos", "studio"}


def test_a_release_makes_all_that_there_is_the_past(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(migrating, "RELEASED", tmp_path / "released.txt")
    call_command("check_migrations", release=True)
    assert find_dangers(released()) == []
    assert "videos.0001_initial" in released()
    (tmp_path / "released.txt").write_text("videos.0001_initial\n")
    with pytest.raises(CommandError, match="not safe beside the running release"):
        call_command("check_migrations")


def test_a_migration_waits_for_who_stands_in_the_way_and_gives_up_in_the_end() -> None:
    calls: list[int] = []
    pauses: list[float] = []

    def refuse_twice() -> None:
        calls.append(1)
        if len(calls) < 3:
            raise OperationalError("canceling statement due to lock timeout")

    assert patiently(refuse_twice, sleep=pauses.append) == 3
    assert pauses == [PAUSE, PAUSE]

    def refuse() -> None:
        calls.append(1)
        raise OperationalError("canceling statement due to lock timeout")

    calls.clear()
    with pytest.raises(OperationalError):
        patiently(refuse, sleep=pauses.append)
    assert len(calls) == TRIES


@pytest.mark.django_db
def test_two_migrators_take_turns() -> None:
    with alone(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        assert cursor.fetchone()[0] == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        assert cursor.fetchone()[0] == 0
