"""Files of notes become drafts: all of them or none, each once, and each refusal says what to do."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from pipeline.author.shelf import SHELF
from pipeline.models import ContentProject
from studio.models import AuditEntry
from tests.studio.factories import NOTES, make_person

pytestmark = pytest.mark.django_db
HEAD = "---\nconcept: {concept}\nage_group: 8-10\ntarget_seconds: 60\n---\n"


def write(folder: Path, name: str, text: str = "", *, concept: str = "How bees make honey") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text or HEAD.format(concept=concept) + NOTES)
    return path


def run(path: Path, *arguments: str, creator: str = "creator@example.org") -> tuple[int, dict[str, Any]]:
    out, code = io.StringIO(), 0
    try:
        call_command(
            "import_notes",
            str(path),
            f"--creator={creator}",
            "--json",
            *arguments,
            stdout=out,
            stderr=io.StringIO(),
        )
    except SystemExit as ended:
        code = int(ended.code or 0)
    report: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return code, report


def test_a_folder_becomes_drafts_once_however_often_it_is_imported(tmp_path: Path) -> None:
    creator = make_person("creator", email="creator@example.org")
    write(tmp_path, "bees.md")
    write(tmp_path, "deep/wasps.txt", concept="How wasps build nests")
    write(tmp_path, "picture.png", "not read")
    assert run(tmp_path, "--dry-run") == (0, {"files": 2, "made": [], "known": 0, "refused": []})
    assert ContentProject.objects.count() == 0

    code, report = run(tmp_path)
    assert (code, [one["file"] for one in report["made"]]) == (0, ["bees.md", "deep/wasps.txt"])
    assert run(tmp_path) == (0, {"files": 2, "made": [], "known": 2, "refused": []})
    projects = ContentProject.objects.order_by("concept_prompt")
    assert [
        (one.creator, one.status, one.concept_prompt, one.age_group, one.target_seconds, one.source_notes)
        for one in projects
    ] == [
        (creator, "draft", concept, "8-10", 60, NOTES)
        for concept in ("How bees make honey", "How wasps build nests")
    ]


def test_one_bad_file_and_nothing_is_imported(tmp_path: Path) -> None:
    make_person("creator", email="creator@example.org")
    write(tmp_path, "a-good.md")
    write(tmp_path, "b-bare.md", "Bees make honey.")
    write(tmp_path, "c-headless.md", "---\nconcept: Bees\n---\n" + NOTES)
    write(tmp_path, "d-strange.md", "---\ncolour: red\n---\n" + NOTES)
    write(tmp_path, "e-personal.md", HEAD.format(concept="Bees") + NOTES + " Write to anna.berg@example.org.")
    (tmp_path / "f-latin.md").write_bytes(b"---\nconcept: Caf\xe9\n---\n")
    code, report = run(tmp_path)
    assert (code, report["made"], ContentProject.objects.count()) == (1, [], 0)
    assert [one["file"][0] for one in report["refused"]] == ["b", "c", "d", "e", "f"]
    says = {one["file"][0]: one["message"] for one in report["refused"]}
    assert says["b"].startswith("It has no head")
    assert says["c"] == "Its head lacks age_group."
    assert says["d"].startswith("“colour: red” is no line of a head; there are concept, age_group,")
    assert "Take it out" in says["e"]
    assert says["f"] == "It is not UTF-8 text. Save it as UTF-8."


def test_what_no_brief_may_hold_is_refused_and_a_changed_file_is_not_imported_again(tmp_path: Path) -> None:
    make_person("creator", email="creator@example.org")
    personal = write(
        tmp_path, "a.md", HEAD.format(concept="Bees") + NOTES + " Write to anna.berg@example.org."
    )
    code, report = run(personal)
    assert code == 1
    assert "Take it out" in report["refused"][0]["message"]
    file = write(tmp_path, "a.md")
    assert run(file)[0] == 0
    write(tmp_path, "a.md", HEAD.format(concept="How bees make honey") + NOTES + " Bees sleep at night.")
    code, report = run(file)
    assert (code, report["refused"][0]["message"]) == (
        1, "It was imported before with another text. Edit that draft, or rename the file.",
    )  # fmt: skip
    assert ContentProject.objects.get().source_notes == NOTES


def test_only_who_may_make_projects_gets_drafts(tmp_path: Path) -> None:
    make_person("reviewer", email="reviewer@example.org")
    file = write(tmp_path, "a.md")
    with pytest.raises(CommandError, match=r"reviewer@example\.org: Your role does not include this"):
        run(file, creator="reviewer@example.org")
    with pytest.raises(CommandError, match="Nobody of the studio has the address"):
        run(file, creator="nobody@example.org")
    with pytest.raises(CommandError, match="There is no"):
        run(tmp_path / "none", creator="reviewer@example.org")
    assert ContentProject.objects.count() == AuditEntry.objects.count() == 0


def test_the_shelf_itself_can_be_imported(tmp_path: Path) -> None:
    make_person("creator", email="creator@example.org")
    for name in ("fractions.md", "atoms.md"):
        (tmp_path / name).write_text((SHELF / name).read_text())
    code, report = run(tmp_path)
    assert (code, len(report["made"])) == (0, 2)
