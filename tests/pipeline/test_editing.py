"""What a creator may change, when, and that a refusal changes nothing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from pipeline import editing, orchestration
from pipeline.author.shelf import ShelfNote, all_notes
from pipeline.models import ContentProject, ProjectEvent, Scene
from pipeline.planning import plan
from studio.models import Creator
from tests.pipeline.films import Film, at_once, finish, make_film, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


@pytest.fixture
def creator() -> Creator:
    return Creator.objects.create_user(f"{uuid4().hex}@example.org")


@pytest.fixture
def note() -> ShelfNote:
    return next(note for note in all_notes() if not note.demo)


def brief(note: ShelfNote, creator: Creator, **changes: Any) -> dict[str, Any]:
    values = {"concept": note.concept, "age_group": note.age_group, "source_notes": note.notes}
    return {"creator_id": creator.pk, **values, **changes}


def actor(film: Film) -> dict[str, Any]:
    return {"actor_id": film.creator.pk}


# --------------------------------------------------------------------------- create


def test_a_brief_becomes_a_draft_with_its_event(note: ShelfNote, creator: Creator) -> None:
    project, is_created = editing.create_project(
        **brief(note, creator, must_say=["Earth"], target_seconds=60, burned_captions=False)
    )
    assert is_created
    stored = ContentProject.objects.get(pk=project.pk)
    assert (stored.status, stored.notes_origin, stored.target_seconds) == ("draft", "creator", 60)
    assert stored.brief.must_say == ("Earth",)
    assert stored.brief.burned_captions is False
    event = stored.last_event
    assert event is not None
    assert (event.reason, event.actor_id) == ("creator:created", creator.pk)


def test_without_notes_the_shelf_has_them(note: ShelfNote, creator: Creator) -> None:
    project, _ = editing.create_project(**brief(note, creator, source_notes="  "))
    assert project.notes_origin == "shelf"
    assert project.source_notes.strip()


def test_a_repeated_request_finds_the_first_project(note: ShelfNote, creator: Creator) -> None:
    request_id = uuid4()
    first, is_created = editing.create_project(**brief(note, creator, request_id=request_id))
    again, is_created_again = editing.create_project(**brief(note, creator, request_id=request_id))
    assert (is_created, is_created_again, first.pk) == (True, False, again.pk)
    with pytest.raises(editing.IdempotencyConflict):
        editing.create_project(**brief(note, creator, request_id=request_id, target_seconds=50))
    assert ContentProject.objects.filter(creator=creator).count() == 1


@pytest.mark.django_db(transaction=True)
def test_six_equal_requests_at_once_make_one_project(note: ShelfNote, creator: Creator) -> None:
    request = brief(note, creator, request_id=uuid4())
    made = at_once(lambda _: editing.create_project(**request), threads=6)
    assert len({project.pk for project, _ in made}) == 1
    assert [is_created for _, is_created in made].count(True) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"source_notes": "Too short to be of use."},
        {"age_group": "3-4"},
        {"target_seconds": 20},
        {"concept": ""},
        {"source_notes": "\x00\x01" * 300},
    ],
)
def test_a_bad_brief_is_refused_with_what_to_do_and_writes_nothing(
    note: ShelfNote, creator: Creator, change: dict[str, Any]
) -> None:
    with pytest.raises(editing.BriefRefused) as refusal:
        editing.create_project(**brief(note, creator, **change))
    assert refusal.value.code.startswith("creator:")
    assert refusal.value.message
    assert not ContentProject.objects.filter(creator=creator).exists()


# --------------------------------------------------------------------------- the brief


def test_an_edited_brief_is_stored_with_what_has_changed(note: ShelfNote, creator: Creator) -> None:
    project, _ = editing.create_project(**brief(note, creator, source_notes=""))
    editing.edit_brief(project.pk, actor_id=creator.pk, target_seconds=50, visual_style="warm")
    project.refresh_from_db()
    assert (project.target_seconds, project.brief.visual_style, project.notes_origin) == (50, "warm", "shelf")
    event = project.last_event
    assert event is not None
    assert event.details == {"fields": ["target_seconds", "visual_config"], "authored": True}
    editing.edit_brief(project.pk, actor_id=creator.pk, source_notes=note.notes + "\nOne more fact.")
    project.refresh_from_db()
    assert project.notes_origin == "creator"


def test_an_edit_that_changes_nothing_leaves_no_event(note: ShelfNote, creator: Creator) -> None:
    project, _ = editing.create_project(**brief(note, creator))
    editing.edit_brief(project.pk, actor_id=creator.pk, target_seconds=70)
    assert ProjectEvent.objects.filter(project=project).count() == 1


def test_a_brief_that_is_refused_stays_as_it_was(note: ShelfNote, creator: Creator) -> None:
    project, _ = editing.create_project(**brief(note, creator))
    with pytest.raises(editing.BriefRefused):
        editing.edit_brief(project.pk, actor_id=creator.pk, source_notes="No.", target_seconds=50)
    project.refresh_from_db()
    assert (project.source_notes, project.target_seconds) == (note.notes, 70)


@pytest.mark.parametrize("status", ["generating", "in_review", "approved", "published", "archived"])
def test_a_brief_cannot_be_edited_in_other_hands(status: str) -> None:
    film = make_film()
    ContentProject.objects.filter(pk=film.pk).update(status=status)
    with pytest.raises(editing.NotEditable):
        editing.edit_brief(film.pk, target_seconds=50, **actor(film))
    assert film.project.target_seconds == 70


# --------------------------------------------------------------------------- a scene


def test_an_edited_scene_keeps_the_sources_of_sentences_that_stay() -> None:
    film = finish(make_film())
    scene = editing.edit_scene(film.pk, 1, narration="Sentence 1 is true. It is  new.", **actor(film))
    assert scene.lines == [
        {"text": "Sentence 1 is true.", "sources": [1]},
        {"text": "It is new.", "sources": []},
    ]
    assert scene.version == 1
    event = film.event
    assert event.reason == "creator:scene-edited"
    assert event.details["before"] == {"lines": [{"text": "Sentence 1 is true.", "sources": [1]}]}
    assert sorted(p.job.inputs["key"] for p in plan(film.project).missing) == ["quiz", "voice.1"]


def test_saving_without_a_change_is_no_edit() -> None:
    film = finish(make_film())
    before = film.event.pk
    scene = editing.edit_scene(
        film.pk, 1, narration=" Sentence 1 is true. ", on_screen_text="Sentence 1 is true.", **actor(film)
    )
    assert (scene.version, film.event.pk) == (0, before)


def test_who_saves_over_somebody_elses_text_is_shown_it() -> None:
    film = finish(make_film())
    editing.edit_scene(film.pk, 1, version=0, on_screen_text="theirs", **actor(film))
    with pytest.raises(editing.SceneConflict) as conflict:
        editing.edit_scene(film.pk, 1, version=0, on_screen_text="mine", **actor(film))
    assert conflict.value.scene.on_screen_text == "theirs"
    assert Scene.objects.get(project=film.pk, position=1).on_screen_text == "theirs"


@pytest.mark.django_db(transaction=True)
def test_of_six_who_save_the_same_version_at_once_one_wins() -> None:
    film = finish(make_film())

    def save(number: int) -> bool:
        try:
            editing.edit_scene(film.pk, 0, version=0, on_screen_text=f"text {number}", **actor(film))
        except editing.SceneConflict:
            return False
        return True

    assert at_once(save, threads=6).count(True) == 1
    assert Scene.objects.get(project=film.pk, position=0).version == 1


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"narration": "  "}, "text-empty", "narration"),
        ({"on_screen_text": "x" * 61}, "text-too-long", "on_screen_text"),
        ({"narration": "x" * 601}, "text-too-long", "narration"),
        ({"visual_description": "a\x07b"}, "text-not-plain", "visual_description"),
        ({"narration": "Write to sam@example.org today."}, "text-personal-data", "narration"),
        ({"on_screen_text": "Call 020 7946 0958"}, "text-personal-data", "on_screen_text"),
        ({"visual_description": "A house, 14 Maple Street"}, "text-personal-data", "visual_description"),
    ],
)
def test_a_text_that_cannot_be_used_is_refused_by_its_field(
    change: dict[str, Any], code: str, field: str
) -> None:
    film = finish(make_film())
    with pytest.raises(editing.EditRefused) as refusal:
        editing.edit_scene(film.pk, 1, **change, **actor(film))
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert Scene.objects.get(project=film.pk, position=1).version == 0


def test_a_scene_cannot_be_edited_while_the_machine_works_or_after_approval() -> None:
    film = finish(make_film())
    for status in ("draft", "generating", "approved", "published", "archived"):
        ContentProject.objects.filter(pk=film.pk).update(status=status)
        with pytest.raises(editing.NotEditable):
            editing.edit_scene(film.pk, 1, on_screen_text="new", **actor(film))
    assert Scene.objects.get(project=film.pk, position=1).version == 0


def test_a_scene_that_does_not_exist_is_said_so() -> None:
    film = finish(make_film())
    with pytest.raises(Scene.DoesNotExist):
        editing.edit_scene(film.pk, 9, on_screen_text="new", **actor(film))


def test_an_edit_after_cancelling_is_used_by_the_retry() -> None:
    film = finish(make_film())
    orchestration.regenerate(film.pk, position=0, part="voice", **actor(film))
    orchestration.cancel(film.pk, **actor(film))
    editing.edit_scene(film.pk, 0, narration="Something else.", **actor(film))
    orchestration.retry(film.pk, **actor(film))
    finish(film)
    assert "Something else." in (film.project.ai_generated_script or "")
    assert start(make_film()).status == "generating"


def test_a_sentence_that_is_put_back_has_its_sources_again() -> None:
    film = finish(make_film(scenes=3))
    scene = Scene.objects.get(project=film.pk, position=1)
    run = film.run("script")
    run.output = (run.output or {}) | {"scenes": [{"lines": [dict(line) for line in scene.lines]}]}
    run.save(update_fields=["output"])
    editing.edit_scene(film.pk, 1, actor_id=film.creator.pk, narration="Another sentence.")
    assert Scene.objects.get(pk=scene.pk).lines == [{"text": "Another sentence.", "sources": []}]
    editing.edit_scene(film.pk, 1, actor_id=film.creator.pk, narration=scene.narration)
    assert Scene.objects.get(pk=scene.pk).lines == scene.lines


@pytest.mark.parametrize("name", ["must_say", "must_not_say"])
def test_wishes_with_personal_data_are_no_brief_since_they_go_to_the_author_too(name: str) -> None:
    film = make_film()
    with pytest.raises(editing.BriefRefused) as refusal:
        editing.edit_brief(film.pk, **{name: ["Bees", "Mail sam@example.org"]}, **actor(film))
    (finding,) = [one for one in refusal.value.findings if one.code == "creator:personal-data"]
    assert finding.evidence is not None
    assert finding.evidence.field == name
    assert "wishes" in finding.message
    assert getattr(film.project, name) == []
