"""Scenes are moved, split, merged, added and removed; what was made goes with them, and all can be undone."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline import arranging, editing, scene_words, undoing
from pipeline.editing import EditRefused, NotEditable, SceneConflict
from pipeline.models import ContentProject, Scene
from pipeline.planning import plan
from tests.studio import factories
from tests.studio.factories import film_of, make_film

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> ContentProject:
    return make_film(status="needs_attention")


def texts(project: ContentProject) -> list[str]:
    return [scene.narration for scene in plan(project).scenes]


def missing(project: ContentProject) -> set[tuple[str, str]]:
    return {(one.job.step, one.job.part) for one in plan(project).missing}


def paid(project: ContentProject) -> list[tuple[str, int | None]]:
    """What a provider would be asked for: pictures and voices, by place."""
    return [(p.job.step, p.job.scene) for p in plan(project).missing if p.job.step in {"visuals", "voice"}]


def told(project: ContentProject) -> int:
    """The place of a scene that says two sentences, in a film that is whole."""
    scene = next(one for one in plan(project).scenes if one.role == "scene")
    text = f"{scene.narration} Bees fly far to find flowers."
    editing.edit_scene(project.pk, scene.position, actor_id=None, narration=text)
    factories.finish(project)
    return scene.position


def undo(project: ContentProject) -> undoing.Undone:
    event = undoing.find_undoable(project)
    assert event is not None
    return undoing.undo_edit(project.pk, event_id=event.pk, actor_id=project.creator_id)


def do(name: str, project: ContentProject, position: int, **more: Any) -> arranging.Arranged:
    change = getattr(arranging, name)
    result: arranging.Arranged = change(project.pk, position, actor_id=project.creator_id, **more)
    return result


def two_told(project: ContentProject) -> int:
    """The place of a scene that is followed by another one that tells something."""
    roles = [scene.role for scene in plan(project).scenes]
    return next(at for at in range(1, len(roles) - 2) if roles[at : at + 2] == ["scene", "scene"])


def test_a_moved_scene_takes_its_picture_and_voice_along_and_moving_back_makes_nothing(
    project: ContentProject,
) -> None:
    film, before = film_of(project.pk), texts(project)
    moved = do("move_scene", project, 2, to=4)
    order = [before[0], before[1], before[3], before[4], before[2], *before[5:]]
    assert texts(project) == order
    assert moved.moved == {2: 4, 3: 2, 4: 3}
    assert paid(project) == []
    factories.finish(project)
    assert plan(project).is_complete
    assert film_of(project.pk) != film
    do("move_scene", project, 4, to=2)
    assert (texts(project), film_of(project.pk)) == (before, film)


def test_a_form_that_was_open_before_a_move_is_a_conflict_and_not_an_edit_of_another_scene(
    project: ContentProject,
) -> None:
    scene = plan(project).scenes[3]
    do("move_scene", project, 2, to=4)
    with pytest.raises(SceneConflict):
        editing.edit_scene(project.pk, 3, actor_id=None, version=scene.version, narration="Bees sing.")
    with pytest.raises(SceneConflict):
        do("remove_scene", project, 3, version=scene.version)


def test_a_split_pays_for_the_half_that_is_new_and_undoing_it_for_nothing(
    project: ContentProject,
) -> None:
    place = told(project)
    film, before = film_of(project.pk), texts(project)
    lines = [str(line["text"]) for line in plan(project).scenes[place].lines]
    do("split_scene", project, place, after_line=0)
    now = plan(project).scenes
    assert now[place].narration == lines[0]
    assert now[place + 1].narration == " ".join(lines[1:])
    assert [scene.position for scene in now] == list(range(len(before) + 1))
    # The first half is what the scene said before it was made longer: that was drawn and spoken already.
    assert set(paid(project)) == {("voice", place + 1), ("visuals", place + 1)}
    undo(project)
    assert (texts(project), film_of(project.pk)) == (before, film)


def test_merged_scenes_say_both_and_a_split_there_is_another_scene(project: ContentProject) -> None:
    before = texts(project)
    place = two_told(project)
    do("merge_scenes", project, place)
    assert texts(project)[place] == f"{before[place]} {before[place + 1]}"
    assert len(texts(project)) == len(before) - 1
    used = {scene.number for scene in plan(project).scenes}
    do("split_scene", project, place, after_line=0)
    assert len({scene.number for scene in plan(project).scenes} - used) == 1
    assert max(scene.number for scene in plan(project).scenes) == len(before)  # not the merged one's number
    undo(project)
    undo(project)
    assert texts(project) == before


def test_an_added_scene_speaks_and_shows_its_own_words_alone(project: ContentProject) -> None:
    before = texts(project)
    do("add_scene", project, 2, narration="Bees need water too. They carry it home.")
    scene = plan(project).scenes[3]
    assert [line["text"] for line in scene.lines] == ["Bees need water too.", "They carry it home."]
    assert scene.on_screen_text
    assert (scene.role, scene.visual_kind) == ("scene", "statement")
    assert set(paid(project)) == {("voice", 3), ("visuals", 3)}
    factories.finish(project)
    do("remove_scene", project, 3)
    assert texts(project) == before
    undo(project)
    assert plan(project).is_complete


def test_a_removed_scene_comes_back_with_all_that_was_made_for_it(project: ContentProject) -> None:
    film, before = film_of(project.pk), texts(project)
    do("remove_scene", project, 3)
    assert texts(project) == before[:3] + before[4:]
    assert paid(project) == []
    editing.edit_scene(project.pk, 1, actor_id=project.creator_id, on_screen_text="A busy home")
    undo(project)  # the headline
    undo(project)  # the scene
    assert (texts(project), film_of(project.pk)) == (before, film)
    assert undoing.find_undoable(project) is None


def test_what_was_written_since_survives_an_undo_and_stops_one_that_would_lose_it(
    project: ContentProject,
) -> None:
    place = told(project)
    do("split_scene", project, place, after_line=0)
    split = undoing.find_undoable(project)
    assert split is not None
    do("move_scene", project, 1, to=2)
    with pytest.raises(EditRefused, match="changed again since"):
        undoing.undo_edit(project.pk, event_id=split.pk, actor_id=None)
    undo(project)
    Scene.objects.filter(project=project, position=place).update(on_screen_text="Written since")
    with pytest.raises(EditRefused, match="changed again since"):
        undo(project)
    other = 1 if place != 1 else 3
    Scene.objects.filter(project=project, position=place).update(
        on_screen_text=split.details["rows"]["after"][place]["on_screen_text"]
    )
    Scene.objects.filter(project=project, position=other).update(on_screen_text="Written since")
    undo(project)
    assert "Written since" in [scene.on_screen_text for scene in plan(project).scenes]


@pytest.mark.parametrize(
    ("name", "position", "more", "code"),
    [
        ("move_scene", 0, {"to": 2}, "scene-fixed"),
        ("move_scene", 2, {"to": 0}, "scene-fixed"),
        ("move_scene", -1, {"to": 2}, "scene-fixed"),
        ("split_scene", 2, {"after_line": 9}, "split-unknown"),
        ("merge_scenes", -2, {}, "merge-unknown"),
        ("add_scene", -1, {"narration": "Bees sing."}, "scene-fixed"),
        ("add_scene", 2, {"narration": " "}, "text-empty"),
        ("add_scene", 2, {"narration": "word " * 200}, "text-too-long"),
        ("remove_scene", 0, {}, "scene-fixed"),
        ("add_scene", 2, {"narration": "Write to bee.fan@example.org for honey."}, "text-personal-data"),
    ],
)
def test_what_would_make_no_film_is_refused_and_changes_nothing(
    project: ContentProject, name: str, position: int, more: dict[str, Any], code: str
) -> None:
    before = texts(project)
    with pytest.raises(EditRefused) as refused:
        do(name, project, position if position >= 0 else len(before) + position, **more)
    assert refused.value.code == code
    assert (texts(project), undoing.find_undoable(project)) == (before, None)


def test_scenes_of_a_film_that_nobody_may_edit_stay_and_unknown_places_are_told() -> None:
    project = make_film(status="approved")
    with pytest.raises(NotEditable):
        do("move_scene", project, 2, to=4)
    with pytest.raises(Scene.DoesNotExist):
        do("move_scene", make_film(), 77, to=4)


def test_a_kept_sentence_cannot_be_lost_until_it_is_given_free(project: ContentProject) -> None:
    place = told(project)
    scene = plan(project).scenes[place]
    sentence = str(scene.lines[1]["text"])
    film = film_of(project.pk)
    scene_words.keep_sentence(project.pk, place, sentence=sentence, is_kept=True, actor_id=None)
    assert film_of(project.pk) == film
    for change in (
        lambda: editing.edit_scene(project.pk, place, actor_id=None, narration="Bees sing."),
        lambda: do("remove_scene", project, place),
    ):
        with pytest.raises(EditRefused) as refused:
            change()
        assert refused.value.code == "sentence-kept"
    do("split_scene", project, place, after_line=0)
    assert [one.kept for one in plan(project).scenes[place : place + 2]] == [[], [sentence]]
    undo(project)
    scene_words.keep_sentence(project.pk, place, sentence=sentence, is_kept=False, actor_id=None)
    do("remove_scene", project, place)


def test_a_word_is_said_as_wished_and_only_the_voice_is_made_anew(project: ContentProject) -> None:
    place = told(project)
    word = plan(project).scenes[place].narration.split()[0]
    scene_words.say_word_as(project.pk, place, written=word.upper(), spoken="bee ease", actor_id=None)
    assert paid(project) == [("voice", place)]
    job = next(one.job for one in plan(project).missing if one.job.step == "voice")
    assert job.inputs["say_as"] == {word.upper(): "bee ease"}
    undo(project)
    assert paid(project) == []
    for written, spoken, code in (
        ("zebra", "zee bra", "word-unknown"),
        ("two words", "x", "word-not-one"),
        (word, "…", "text-empty"),
    ):
        with pytest.raises(EditRefused) as refused:
            scene_words.say_word_as(project.pk, place, written=written, spoken=spoken, actor_id=None)
        assert refused.value.code == code
