"""A backup is taken, brought back into a second database and asked whether it would serve; whatever is wrong
with it is named, and ours is never touched."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from config import backups, restored
from config.backups import Place, write_dump
from students.models import Student
from tests.clients import make_student, make_video, store_file
from tests.studio.factories import make_draft
from videos.delivery import storage_name
from videos.models import LearningVideo

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def drill(*arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the report of `restore_drill --json`."""
    out, code = io.StringIO(), 0
    try:
        call_command("restore_drill", *arguments, "--json", stdout=out)
    except SystemExit as ended:
        code = int(ended.code or 0)
    report: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return code, report


def states(report: dict[str, Any]) -> dict[str, str]:
    return {one["part"]: one["state"] for one in report["findings"]}


def databases() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def film() -> LearningVideo:
    """A platform with a film, a child, and notes that are sealed."""
    make_student(username="brave-otter-1")
    make_draft()
    video = make_video(film_key="a" * 32)
    store_file(video, "film.mp4", b"a film")
    return video


def test_the_drill_brings_every_row_back_and_a_new_child_signs_in(
    film: LearningVideo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "MEDIA_ROOT", storages["published"].path("").removesuffix("/published"))
    before = databases()
    code, report = drill()
    assert states(report) == dict.fromkeys(
        ("rows", "schema", "partitions", "keys", "sign-in", "films", "tombstones"), "ok"
    ), report
    assert (code, report["is_well"]) == (0, True)
    says = {one["part"]: one["says"] for one in report["findings"]}
    assert says["keys"] == "1 sealed values opened"
    assert says["films"] == "1 files of 1 films are in their storage"
    assert says["sign-in"] == "a new child signs in and gets 1 cards"
    assert set(report["seconds"]) == {"dump", "restore", "check"}
    assert report["recovery_seconds"] == report["seconds"]["restore"] + report["seconds"]["check"]
    assert databases() == before
    assert list(Student.objects.values_list("username", flat=True)) == ["brave-otter-1"]

    # With the film's file lost, and the copy short of a row, the same drill says what is wrong.
    storages["published"].delete(storage_name(film.film_key, "film.mp4"))
    compare = backups.compare_rows

    def lose_a_row(place: Place, wanted: Any) -> list[str]:
        with place.connect() as link:
            link.execute("DELETE FROM students")
        return compare(place, wanted)

    monkeypatch.setattr("config.management.commands.restore_drill.compare_rows", lose_a_row)
    code, report = drill()
    assert (code, report["is_well"]) == (1, False)
    wrong = {one["part"]: one["says"] for one in report["findings"] if one["state"] == "wrong"}
    assert wrong == {
        "rows": "students: 0 instead of 1",
        "films": f"films/{film.film_key}/film.mp4 is missing or of another size.",
    }
    assert databases() == before


def test_a_dump_is_whole_or_not_there_and_half_of_one_is_refused(film: LearningVideo, tmp_path: Path) -> None:
    dump = write_dump(tmp_path / "a.dump")
    assert dump.rows["students"] == dump.rows["learning_videos"] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.dump"]
    before = databases()

    half = tmp_path / "half.dump"
    half.write_bytes(dump.path.read_bytes()[: dump.size // 2])
    with pytest.raises(CommandError, match=r"pg_restore ended with 1: .*Our own database was not touched\."):
        call_command("restore_drill", f"--from={half}")
    with pytest.raises(CommandError, match="There is no backup"):
        call_command("restore_drill", f"--from={tmp_path / 'none.dump'}")
    assert databases() == before
    assert Student.objects.count() == 1

    with pytest.raises(CommandError, match=r"cannot be written: .*\. Name another place\."):
        call_command("backup", f"--out={half / 'a.dump'}")  # below a file
    with pytest.raises(CommandError, match=r"pg_dump ended with 1: .*File name too long"):
        call_command("backup", f"--out={tmp_path / ('n' * 300)}")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.dump", "half.dump"]


def test_a_backup_goes_to_the_folder_of_backups(settings: Settings, tmp_path: Path) -> None:
    settings.BACKUP_DIR = None
    with pytest.raises(CommandError, match="BACKUP_DIR"):
        call_command("backup")
    settings.BACKUP_DIR = tmp_path / "backups"
    out = io.StringIO()
    call_command("backup", "--json", stdout=out)
    made = json.loads(out.getvalue())
    assert [str(path) for path in settings.BACKUP_DIR.iterdir()] == [made["file"]]
    assert made["bytes"] == Path(made["file"]).stat().st_size


def test_keys_of_another_time_are_noticed(film: LearningVideo, settings: Settings) -> None:
    assert {one.state for one in restored.look_at_sealed_values()} == {"ok"}
    settings.FIELD_KEYS = {2: next(iter(settings.FIELD_KEYS.values()))}
    (wrong, *_) = restored.look_at_sealed_values()
    assert (wrong.part, wrong.state) == ("keys", "wrong")
    assert "needs key 1, which is not among ours" in wrong.says


def test_what_the_sign_in_of_the_drill_made_is_taken_back(film: LearningVideo) -> None:
    caches["fast"].clear()  # how often others have signed in
    assert [one.state for one in restored.look_at_sign_in()] == ["ok"]
    assert Student.objects.count() == 1
