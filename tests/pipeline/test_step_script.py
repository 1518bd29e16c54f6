from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.author import shelf
from pipeline.providers.base import Line, Moment, Script, ScriptScene
from pipeline.providers.offline import Author
from pipeline.steps.base import Brief, Finished, Output, StepError, canonical_json
from pipeline.steps.script import ScriptStep, draft_from_json, storyboard

NOTES = next(note.notes for note in shelf.all_notes() if note.name == "the-heart")
BRIEF = Brief(concept="How the heart works", age_group="8-10", source_notes=NOTES)


def run(brief: Brief) -> Output:
    (job,) = ScriptStep().jobs(brief, [], Finished())
    return ScriptStep().run(job.inputs, Path(), provider=Author())


def test_the_job_holds_the_brief_and_the_pace_of_the_age_group() -> None:
    (job,) = ScriptStep().jobs(BRIEF, [], Finished())
    assert job.step == "script"
    assert job.scene is None
    assert job.inputs["notes"] == NOTES
    assert job.inputs["words_per_minute"] == 130
    assert set(job.inputs) == {
        "concept", "age_group", "notes", "target_seconds", "words_per_minute", "language",
        "must_say", "must_not_say", "topics",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "answers"),
    [
        ("words_per_minute", 125, True),
        ("topics", ["Biology"], True),
        ("concept", "How the lungs work", False),
        ("notes", "The heart is a muscle.", False),
        ("target_seconds", 60, False),
        ("must_say", ["pump"], False),
    ],
)
def test_an_edited_script_answers_the_same_wishes_and_no_others(
    name: str, value: object, answers: bool
) -> None:
    own_notes = replace(BRIEF, source_notes=f"{NOTES} It beats all day.")
    (job,) = ScriptStep().jobs(own_notes, [], Finished())
    assert ScriptStep().still_answers(job, {**job.inputs, name: value}) is answers


def test_an_edited_script_stays_when_the_notes_of_the_shelf_are_improved() -> None:
    (job,) = ScriptStep().jobs(Brief("How the heart works", "8-10", ""), [], Finished())
    assert ScriptStep().still_answers(job, {**job.inputs, "notes": "Former notes of the shelf."})


def test_the_facts_are_json_and_the_scenes_come_back_from_it() -> None:
    facts = json.loads(canonical_json(run(BRIEF).facts))
    assert set(facts) == {"script", "scenes", "notes_sentences", "fallbacks"}
    assert facts["fallbacks"] == []
    assert facts["notes_sentences"][0] == {
        "id": 1,
        "text": "The heart is a strong muscle that pumps blood around the body.",
        "start": 0,
        "end": 62,
    }
    changes = ScriptStep().apply(facts)
    assert changes.title == "How the heart works"
    assert changes.scenes == tuple(draft_from_json(scene) for scene in facts["scenes"])
    assert changes.script is not None
    assert changes.script.startswith("How the heart works\n\nObjective: Say how the heart works.")


def test_hook_scenes_moments_and_recap_stand_in_their_order() -> None:
    scenes = run(BRIEF).facts["scenes"]
    roles = [scene["role"] for scene in scenes]
    assert [scene["position"] for scene in scenes] == list(range(len(scenes)))
    assert roles[0] == "hook"
    assert roles[-1] == "recap"
    assert roles.count("hook") == roles.count("recap") == 1
    assert roles.count("moment") == 2
    for scene in scenes:
        if scene["role"] == "moment":
            assert 1.5 <= scene["pause_seconds"] <= 2.0
            assert scene["lines"][0]["text"].startswith("Think about it: ")
            assert scene["lines"][0]["sources"] == []


def test_the_storyboard_takes_a_script_by_any_author() -> None:
    line = Line(text="Stars shine at night.", sources=[1])
    scene = ScriptScene(narration=[line], on_screen_text="Stars", visual_description="stars")
    script = Script(
        title="Stars",
        learning_objective="Say what stars are.",
        topic="Space",
        difficulty=1,
        hook=Line(text="Look up!"),
        scenes=[scene] * 4,
        moments=[Moment(after_scene=1, kind="recall", prompt="Do stars shine?")],
        recap=line,
    )
    drafts = storyboard(script, "8-10")
    assert [draft.role for draft in drafts] == ["hook", "scene", "scene", "moment", "scene", "scene", "recap"]
    assert drafts[3].on_screen_text == "Do stars shine?"
    assert drafts[3].pause_seconds == 2.0  # a script that is far too short gets longer pauses
    assert drafts[1].pause_seconds == 1.0


def test_a_concept_alone_takes_the_notes_of_the_shelf() -> None:
    (job,) = ScriptStep().jobs(Brief("volcanoes", "11-13", ""), [], Finished())
    assert job.inputs["notes"].startswith("A volcano is an opening")


@pytest.mark.parametrize(
    ("brief", "code"),
    [
        (Brief("xylophone repair", "8-10", ""), "creator:too-few-facts"),
        (Brief("Bees", "8-10", "Bees make honey every day."), "creator:too-few-facts"),
        (Brief("Bees", "8-10", "x" * 1_000_000), "creator:notes-too-long"),
        (Brief("Bees", "8-10", "\x00\x01PNG" + NOTES), "creator:notes-not-text"),
        (Brief("Bees", "3-4", NOTES), "creator:age-group-unknown"),
        (Brief("Bees", "8-10", NOTES, target_seconds=44), "creator:length-out-of-range"),
        (Brief("Bees", "8-10", NOTES, target_seconds=91), "creator:length-out-of-range"),
        (Brief("Bees", "8-10", NOTES, language="de"), "creator:language-not-supported"),
        (Brief("Bees", "8-10", NOTES + " Call Sam on 020 7946 0958."), "creator:personal-data"),
    ],
)
def test_a_brief_that_cannot_be_filmed_is_refused_with_its_code(brief: Brief, code: str) -> None:
    with pytest.raises(StepError) as caught:
        run(brief)
    assert caught.value.code == code
    assert caught.value.evidence["findings"][0]["code"] == code


def test_a_phrase_that_the_notes_do_not_have_is_named_as_a_fallback() -> None:
    brief = Brief("How the heart works", "8-10", NOTES, must_say=("kryptonite",))
    assert run(brief).facts["fallbacks"] == ["the film does not say “kryptonite”"]


def test_a_clip_is_never_a_models_choice() -> None:
    script = Script.model_validate(run(BRIEF).facts["script"])
    scenes = [scene.model_copy(update={"visual_kind": "clip"}) for scene in script.scenes]
    drafts = storyboard(script.model_copy(update={"scenes": scenes}), "8-10")
    told = [draft.visual_kind for draft in drafts if draft.role == "scene"]
    assert told == ["picture"] * len(scenes)
