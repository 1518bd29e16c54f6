"""The demo's people and films: made once however often it is loaded, and never outside development."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from pipeline.models import ContentProject, StepRun
from students.models import Student
from studio import demo
from studio.models import Creator, Review
from tests.pipeline.quick_steps import installed
from videos.models import LearningVideo, Topic

QUICK_FILMS = (
    demo.DemoFilm("water-cycle", "published"),
    demo.DemoFilm("honey-bees", "waiting"),
    demo.DemoFilm("volcanoes", "draft"),
)


def load() -> str:
    output = StringIO()
    call_command("load_demo", stdout=output)
    return output.getvalue()


def count_rows() -> dict[str, int]:
    models = (Creator, Student, ContentProject, StepRun, Review, LearningVideo)
    return {model.__name__: model.objects.count() for model in models}


@pytest.mark.django_db(transaction=True)
def test_loading_the_demo_again_makes_nothing_twice(
    roles: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.WORK_DIR = tmp_path / "work"
    monkeypatch.setattr(demo, "FILMS", QUICK_FILMS)
    with installed(tmp_path / "stage"):
        first = load()
        made = count_rows()
        assert load() == first
    assert count_rows() == made
    assert [line.split()[0] for line in first.splitlines()] == [
        *("catalogue", "published", "in", "draft", "refused")
    ]
    film = LearningVideo.objects.get()
    assert film.concept == Topic.objects.get(slug="water-cycle")
    assert film.topic == "Earth science"
    assert "creator:personal-data" in first
    assert (made["Creator"], made["Student"], made["LearningVideo"], made["Review"]) == (5, 3, 1, 1)
    review = Review.objects.select_related("project").get()
    assert review.reviewer_id != review.project.creator_id


@pytest.mark.django_db(transaction=True)
def test_a_film_that_was_not_made_fails_the_demo_with_its_reason(
    roles: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.WORK_DIR = tmp_path / "work"
    monkeypatch.setattr(demo, "FILMS", (demo.DemoFilm("honey-bees", "stopped"),))
    with installed(tmp_path / "stage"), pytest.raises(CommandError, match="should have stopped"):
        load()


@pytest.mark.django_db
def test_well_known_passwords_are_refused_outside_development(settings: Settings) -> None:
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="refused outside development"):
        load()
    assert not Creator.objects.exists()


def test_a_larger_demo_has_a_film_of_each_subject() -> None:
    assert demo.choose_films(3) == demo.FILMS
    films = demo.choose_films(12)
    names = [film.note for film in films if film.outcome in ("published", "waiting")]
    assert sorted(names) == sorted(demo.SUBJECTS)
    notes = [demo.note_named(name) for name in names]
    assert len({note.topic for note in notes}) >= 10
    assert {note.age_group for note in notes} == {"5-7", "8-10", "11-13", "14-17"}
    assert all(150 <= len(note.notes.split()) <= 400 for note in notes)


def test_the_demo_shows_each_outcome_and_every_role() -> None:
    assert {film.outcome for film in demo.FILMS} == {"published", "waiting", "stopped", "draft"}
    assert len({demo.note_named(film.note).topic for film in demo.FILMS}) == 4
    assert len({demo.note_named(film.note).age_group for film in demo.FILMS}) == 3
    assert {person.role for person in demo.PEOPLE} == {
        "creator",
        "reviewer",
        "editor_in_chief",
        "staff",
        "operator",
    }
