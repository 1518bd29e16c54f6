"""The studio's commands: the same services as its pages, with the same rights and the same trail."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from pipeline.models import ContentProject
from studio import bulk
from studio.admin import bulk as page
from studio.models import AuditEntry, BriefBatch
from tests.studio.factories import NOTES, make_draft, make_film, make_person

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """(exit code, the object of --json, what was said on the side of errors)."""
    out, errors = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command(name, *arguments, "--json", stdout=out, stderr=errors)
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    lines = out.getvalue().splitlines()
    return code, json.loads(lines[-1]) if lines else {}, errors.getvalue()


# --------------------------------------------------------------------------- projects


def test_page_and_command_know_the_same_acts() -> None:
    assert page.ACTS is bulk.ACTS


def test_a_status_is_retried_as_somebody_and_what_cannot_is_named() -> None:
    owner = make_person("creator")
    stopped = make_draft(owner, status="needs_attention")
    others = make_draft(status="needs_attention")
    draft = make_draft(owner)
    code, found, _ = run("projects", "retry", "--status", "needs_attention", "--by", owner.email)
    assert (code, found) == (0, {"done": [str(stopped.pk)], "refused": {}, "dry_run": False})
    code, found, _ = run("projects", "retry", str(draft.pk), "--by", owner.email)
    assert (code, found["done"]) == (1, [])
    assert "not possible while a project is draft" in found["refused"][str(draft.pk)]
    for project, status in ((stopped, "generating"), (others, "needs_attention"), (draft, "draft")):
        project.refresh_from_db()
        assert project.status == status
    assert AuditEntry.objects.get().actor == owner


def test_a_dry_run_changes_nothing() -> None:
    owner = make_person("creator")
    stopped = make_draft(owner, status="needs_attention")
    code, found, _ = run("projects", "retry", str(stopped.pk), "--by", owner.email, "--dry-run")
    assert (code, found) == (0, {"done": [str(stopped.pk)], "refused": {}, "dry_run": True})
    stopped.refresh_from_db()
    assert (stopped.status, AuditEntry.objects.count()) == ("needs_attention", 0)


def test_projects_are_assigned_and_scheduled_one_after_the_other(tmp_path: Path) -> None:
    editor, heir = make_person("editor_in_chief"), make_person("creator")
    films = [make_film(status="approved") for _ in range(2)]
    listed = tmp_path / "ids.txt"
    listed.write_text("\n".join(str(film.pk) for film in films))
    by = ("--ids-from", str(listed), "--by", editor.email)
    assert run("projects", "assign", *by, "--to", heir.email)[0] == 0
    begin = (timezone.now() + timedelta(days=3)).astimezone(UTC).replace(microsecond=0, second=0)
    code, found, _ = run("projects", "schedule", *by, "--begin", f"{begin:%Y-%m-%dT%H:%M}", "--hours", "6")
    assert (code, len(found["done"])) == (0, 2)
    rows = ContentProject.objects.filter(pk__in=[film.pk for film in films])
    assert {row.creator for row in rows} == {heir}
    moments: list[datetime] = sorted(row.publish_at for row in rows if row.publish_at)
    assert moments == [begin, begin + timedelta(hours=6)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("retry", "--by", "nobody@example.org"), "is nobody of the studio"),
        (("retry",), "Name projects by their ids"),
        (("assign", "--status", "draft"), "Choose to whom."),
        (("schedule", "--status", "draft", "--begin", "soon"), "The date cannot be read."),
        (("retry", "01890000-0000-7000-8000-000000000001"), "cannot see"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(arguments: tuple[str, ...], words: str) -> None:
    owner = make_person("creator", email="owner@example.org")
    project = make_draft(owner)
    if "--by" not in arguments:
        arguments = (*arguments, "--by", owner.email)
    with pytest.raises(CommandError, match=words):
        call_command("projects", *arguments)
    project.refresh_from_db()
    assert (project.status, AuditEntry.objects.count()) == ("draft", 0)


# --------------------------------------------------------------------------- generate_batch


def listed(folder: Path, *lines: str) -> str:
    path = folder / "briefs.csv"
    path.write_text("concept,age_group,source_notes\n" + "\n".join(lines), "utf-8-sig")
    return str(path)


def brief(concept: str, ages: str = "8-10") -> str:
    return f'{concept},{ages},"{NOTES}"'


def test_a_list_becomes_drafts_as_on_the_page(tmp_path: Path) -> None:
    owner = make_person("creator")
    path = listed(tmp_path, *(brief(f"How bees make honey {number}") for number in range(30)))
    code, found, _ = run("generate_batch", path, "--by", owner.email)
    assert (code, found["status"], len(found["rows"])) == (0, "done", 30)
    assert ContentProject.objects.filter(creator=owner, status="draft").count() == 30
    assert [row["outcome"] for row in found["rows"]] == ["made"] * 30


def test_with_a_pace_the_first_is_set_to_work_and_the_clock_makes_the_others(tmp_path: Path) -> None:
    owner = make_person("creator")
    path = listed(tmp_path, brief("How bees make honey"), brief("The waggle dance"))
    code, found, _ = run("generate_batch", path, "--by", owner.email, "--per-hour", "1")
    assert (code, found["status"]) == (0, "running")
    assert [row["outcome"] for row in found["rows"]] == ["made", "waiting"]
    assert ContentProject.objects.get(creator=owner).status == "generating"


def test_rows_with_errors_are_left_out_or_stop_all_of_it(tmp_path: Path) -> None:
    owner = make_person("creator")
    path = listed(tmp_path, brief("How bees make honey"), brief("For grown-ups", "40-60"))
    code, found, _ = run("generate_batch", path, "--by", owner.email, "--strict")
    assert (code, ContentProject.objects.count()) == (2, 0)
    assert found["rows"][1]["findings"][0]["field"] == "age_group"
    code, found, _ = run("generate_batch", path, "--by", owner.email)
    assert (code, [row["outcome"] for row in found["rows"]]) == (1, ["made", "left_out"])


def test_a_dry_run_checks_and_keeps_nothing(tmp_path: Path) -> None:
    owner = make_person("creator")
    path = listed(tmp_path, brief("How bees make honey"), brief("How bees make honey"))
    code, found, _ = run("generate_batch", path, "--by", owner.email, "--dry-run")
    assert (code, [row["verdict"] for row in found["rows"]]) == (1, ["pass", "block"])
    assert (BriefBatch.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_who_may_not_create_makes_nothing(tmp_path: Path) -> None:
    reviewer = make_person("reviewer")
    code, found, said = run("generate_batch", listed(tmp_path, brief("Bees")), "--by", reviewer.email)
    assert (code, found) == (2, {})
    assert "Your role does not include new projects. Nothing was made. (forbidden)" in said
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("generate_batch", str(tmp_path / "none.csv"), "--by", reviewer.email)
    assert BriefBatch.objects.count() == 0
