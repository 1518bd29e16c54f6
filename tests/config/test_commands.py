"""Commands for staff: what they say and change, their exit codes, and that each is documented."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.storage import storages
from django.core.management import CommandError, call_command, get_commands
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from studio.models import Creator
from tests.clients import make_student, make_video, store_file
from videos.delivery import storage_name
from videos.models import Outgoing, Watch

ROOT = Path(__file__).parents[2]
OURS = {"analytics", "config", "feed", "pipeline", "quizzes", "students", "studio", "videos"}
pytestmark = pytest.mark.django_db


def run(name: str, *arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command(name, *arguments, "--json", stdout=out, stderr=io.StringIO())
    found: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return found


def test_every_command_of_ours_is_documented() -> None:
    page = (ROOT / "docs" / "commands.md").read_text()
    documented = set(re.findall(r"^\| `([a-z_]+)", page, re.MULTILINE))
    ours = {name for name, app in get_commands().items() if app in OURS}
    assert ours - documented == set()


def test_a_command_that_a_runbook_names_exists() -> None:
    names = set(get_commands())
    for path in sorted((ROOT / "docs").rglob("*.md")):
        if "decisions" in path.parts:
            continue
        named = set(re.findall(r"manage\.py ([a-z_]{3,})", path.read_text())) - {"help"}
        assert named <= names, path.name


def test_doctor_names_what_is_wrong_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json")
    assert ended.value.code == 1  # nobody works in a test
    findings = {one["part"]: one for one in json.loads(capsys.readouterr().out)["findings"]}
    assert findings["database"]["state"] == "ok"
    assert findings["storage"]["state"] == "ok"
    assert findings["workers"]["state"] == "wrong"
    assert "render" in findings["workers"]["says"]
    assert findings["workers"]["next_step"].startswith("celery -A config.celery worker -Q ")
    assert findings["films"] == {
        "part": "films",
        "state": "note",
        "says": "0 published",
        "next_step": "Make and publish one in the studio, or manage.py load_demo.",
    }
    assert findings["partitions"]["says"].endswith("years ahead")


def test_doctor_tells_no_secret(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    Outgoing.objects.create(kind="stream-copy", subject="f" * 32, last_error="stream:key-refused")
    with pytest.raises(SystemExit):
        call_command("doctor")
    said = capsys.readouterr().out
    assert "stream:key-refused" in said
    for secret in (settings.SECRET_KEY, settings.MEDIA_SIGNING_KEY, settings.REDIS_URL):
        assert secret not in said


def test_push_renditions_puts_back_what_is_missing_and_does_it_once(tmp_path: Path) -> None:
    video = make_video()
    kept, lost = store_file(video, "480.mp4", b"small"), store_file(video, "film.mp4", b"large")
    target = storages["published"]
    former = tmp_path / storage_name(video.film_key, "film.mp4")
    former.parent.mkdir(parents=True)
    former.write_bytes(b"large")
    target.delete(storage_name(video.film_key, lost.name))
    with pytest.raises(SystemExit):
        run("push_renditions", "--dry-run")
    assert not target.exists(storage_name(video.film_key, lost.name))
    assert run("push_renditions", "--from", str(tmp_path)) == {
        "films": 1,
        "missing": 1,
        "copied": 1,
        "asked": 0,
        "lost": 0,
    }
    assert target.open(storage_name(video.film_key, lost.name)).read() == b"large"
    assert run("push_renditions")["missing"] == 0
    assert target.size(storage_name(video.film_key, kept.name)) == 5


def test_push_renditions_takes_no_file_of_another_content(tmp_path: Path) -> None:
    video = make_video()
    store_file(video, "film.mp4", b"large")
    storages["published"].delete(storage_name(video.film_key, "film.mp4"))
    former = tmp_path / storage_name(video.film_key, "film.mp4")
    former.parent.mkdir(parents=True)
    former.write_bytes(b"other")
    with pytest.raises(SystemExit) as ended:
        run("push_renditions", "--from", str(tmp_path))
    assert ended.value.code == 1
    assert not storages["published"].exists(storage_name(video.film_key, "film.mp4"))


def test_push_renditions_asks_for_copies_where_stream_is_configured(settings: Settings) -> None:
    settings.STREAM = {"origin": "https://x"}
    make_video()
    assert run("push_renditions", "--dry-run")["asked"] == 1
    assert Outgoing.objects.count() == 0
    assert run("push_renditions")["asked"] == 1
    assert run("push_renditions")["asked"] == 0
    assert Outgoing.objects.count() == 1


def test_create_creator_makes_nobody_without_the_role_that_was_asked_for(
    roles: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Group.objects.filter(name="reviewer").delete()
    monkeypatch.setattr("sys.stdin", io.StringIO("seven blue kettles\n"))
    with pytest.raises(CommandError, match="no role reviewer"):
        run("create_creator", "ann@example.org", "--role", "creator", "--role", "reviewer")
    assert Creator.objects.count() == 0


def test_create_creator_makes_a_person_with_roles_once(roles: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def give(password: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))

    give("short")
    with pytest.raises(CommandError, match="12"):
        run("create_creator", "ann@example.org", "--role", "creator")
    give("seven blue kettles")
    assert run("create_creator", "ann@example.org", "--role", "creator", "--dry-run")["id"] is None
    assert Creator.objects.count() == 0
    give("seven blue kettles")
    found = run("create_creator", "Ann@Example.org", "--role", "creator", "--role", "reviewer")
    made = Creator.objects.get(pk=found["id"])
    assert made.email == "ann@example.org"
    assert set(made.groups.values_list("name", flat=True)) == {"creator", "reviewer"}
    assert made.check_password("seven blue kettles")
    give("seven blue kettles")
    with pytest.raises(CommandError, match="already"):
        run("create_creator", "ann@example.org", "--role", "creator")


def test_recompute_popularity_folds_what_was_watched() -> None:
    video = make_video()
    Watch.objects.create(
        student=make_student(),
        watch_id="01890000-0000-7000-8000-000000000001",
        video=video,
        fingerprint="x",
        seconds_watched=60,
        furthest_second=60,
        completed=True,
        started_at=timezone.now(),
    )
    assert run("recompute_popularity", "--dry-run") == {
        "films": 1,
        "uncounted_playbacks": 1,
        "changed_scores": 0,
    }
    assert run("recompute_popularity")["uncounted_playbacks"] == 1
    video.refresh_from_db()
    assert (video.impressions, video.view_count, video.completions) == (1, 1, 1)
    assert run("recompute_popularity")["uncounted_playbacks"] == 0


def test_nothing_stands_and_nothing_is_due() -> None:
    assert run("retry_stuck", "--dry-run") == {"stuck": [], "rung": 0, "projects_that_need_a_person": 0}
    assert run("publish_due") == {"due": [], "published": 0}


def test_ensure_partitions_says_what_is_missing_and_then_makes_it() -> None:
    years = run("ensure_partitions")["years"]
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE quiz_responses_{years[-1]}")
    assert run("ensure_partitions", "--dry-run") == {
        "missing": [years[-1]], "made": [], "years": years[:-1], "years_ahead": 2,
    }  # fmt: skip
    assert run("ensure_partitions") == {
        "missing": [], "made": [years[-1]], "years": years, "years_ahead": 3,
    }  # fmt: skip
