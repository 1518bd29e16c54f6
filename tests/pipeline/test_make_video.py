"""`manage.py make_video`: prompt to film in one process; one line of reason where it cannot."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from pipeline.author.shelf import ShelfNote, all_notes
from pipeline.models import ContentProject
from tests.pipeline import quick_steps

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick")]


@pytest.fixture
def note() -> ShelfNote:
    return next(note for note in all_notes() if not note.demo)


@pytest.fixture
def notes(note: ShelfNote, tmp_path: Path) -> Path:
    """A file of notes; the quick script makes a scene of each of its few lines."""
    file = tmp_path / "notes.txt"
    lines = [line for line in note.notes.splitlines() if line.strip()]
    file.write_text("\n".join([lines[0], " ".join(lines[1:])]))
    return file


def make(note: ShelfNote, notes: Path, out: Path, **options: Any) -> str:
    stdout = io.StringIO()
    call_command(
        "make_video", concept=note.concept, notes=str(notes), age_group=note.age_group, out=str(out),
        stdout=stdout, **options,
    )  # fmt: skip
    return stdout.getvalue()


def test_a_film_is_put_into_the_folder_and_described_by_the_last_line(
    note: ShelfNote, notes: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out" / "film"
    result = json.loads(make(note, notes, out, json=True).splitlines()[-1])
    assert sorted(path.name for path in out.iterdir()) == [
        "captions.vtt", "film.mp4", "poster.jpg", "thumbnail.jpg",
    ]  # fmt: skip
    assert result["film"] == str(out / "film.mp4")
    assert result["duration_seconds"] == 2.0
    assert [(scene["position"], scene["start"], scene["end"]) for scene in result["scenes"]] == [
        (0, 0.0, 1.0),
        (1, 1.0, 2.0),
    ]
    assert len(result["quiz_questions"]) == 2
    assert result["qa"]["verdict"] == "passed"
    assert set(result["seconds_by_step"]) == {"script", "visuals", "voice", "quiz", "compose", "qa"}
    assert result["cpu_seconds"] > 0
    assert ContentProject.objects.get(pk=result["project_id"]).status == "in_review"


def test_the_same_call_again_makes_nothing_again(note: ShelfNote, notes: Path, tmp_path: Path) -> None:
    make(note, notes, tmp_path / "one")
    before = quick_steps.ledger(note.concept)
    said = make(note, notes, tmp_path / "two")
    assert "made nothing again; 10 of 10 parts were there already" in said
    assert quick_steps.ledger(note.concept) == before
    assert (tmp_path / "two" / "film.mp4").read_bytes() == (tmp_path / "one" / "film.mp4").read_bytes()
    assert ContentProject.objects.count() == 1


def test_one_changed_sentence_makes_only_what_depends_on_it_and_says_so(
    note: ShelfNote, notes: Path, tmp_path: Path
) -> None:
    make(note, notes, tmp_path)
    before = quick_steps.ledger(note.concept)
    notes.write_text(notes.read_text() + " This is one more true sentence.")
    said = make(note, notes, tmp_path)
    again = sorted(quick_steps.ledger(note.concept)[len(before) :])
    # The quick picture is described by its sentence, so it changes too; scene 0 stays.
    assert again == ["compose.film", "compose.scene.1", "qa", "quiz", "script", "visuals.1", "voice.1"]
    assert "voice, scene 1" in said
    assert "7 of 10" not in said
    assert "3 of 10 parts were there already" in said


def test_a_failure_is_one_line_with_its_code(note: ShelfNote, notes: Path, tmp_path: Path) -> None:
    quick_steps.direct(note.concept, {"voice.0": ["refused"]})
    with pytest.raises(
        CommandError, match=r"^creator:content-refused: The provider says refused\.$"
    ) as error:
        make(note, notes, tmp_path)
    assert error.value.returncode == 1
    assert not (tmp_path / "film.mp4").exists()
    make(note, notes, tmp_path)  # the next call goes on where it stopped
    assert quick_steps.ledger(note.concept).count("script") == 1


def test_an_unforeseen_error_is_one_line_too(note: ShelfNote, notes: Path, tmp_path: Path) -> None:
    quick_steps.direct(note.concept, {"voice.0": ["bug"]})
    with pytest.raises(CommandError, match=r"^platform:unexpected: .*\(RuntimeError\)") as error:
        make(note, notes, tmp_path)
    assert error.value.returncode == 1
    assert isinstance(error.value.__cause__, RuntimeError)  # --traceback shows it


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "creator:notes-empty"),
        (b" \n\t ", "creator:notes-empty"),
        (b"Five words are not enough.", "creator:too-few-facts"),
        (b"\xff\xfe\x00binary", "creator:notes-not-text"),
    ],
)
def test_bad_notes_are_refused_with_a_code_and_write_nothing(
    note: ShelfNote, notes: Path, tmp_path: Path, content: bytes, code: str
) -> None:
    notes.write_bytes(content)
    other = ShelfNote(**{**note.__dict__, "concept": "Quokkas of Rottnest"})  # the shelf knows nothing of it
    with pytest.raises(CommandError, match=f"^{code}") as error:
        make(other, notes, tmp_path / "out")
    assert error.value.returncode == 2
    assert not ContentProject.objects.exists()
    assert not (tmp_path / "out").exists()


def test_a_file_that_cannot_be_read_and_a_folder_that_cannot_be_made_are_named(
    note: ShelfNote, notes: Path, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=r"^creator:notes-unreadable: .*nowhere"):
        make(note, tmp_path / "nowhere", tmp_path / "out")
    with pytest.raises(CommandError, match=r"^platform:cannot-write: .*Choose another --out"):
        make(note, notes, notes / "inside-a-file")
    assert not ContentProject.objects.exists()


def test_notes_that_are_refused_leave_the_earlier_film_in_review(
    note: ShelfNote, notes: Path, tmp_path: Path
) -> None:
    make(note, notes, tmp_path)
    notes.write_text("No.")
    with pytest.raises(CommandError, match=r"^creator:"):
        make(note, notes, tmp_path)
    project = ContentProject.objects.get()
    assert project.status == "in_review"
    assert project.source_notes != "No."


@pytest.mark.parametrize("seconds", [44, 91])
def test_a_length_outside_the_range_is_refused(
    note: ShelfNote, notes: Path, tmp_path: Path, seconds: int
) -> None:
    with pytest.raises(CommandError, match=r"^creator:length-out-of-range"):
        make(note, notes, tmp_path, seconds=seconds)
