from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.author import shelf
from pipeline.providers.offline import Author
from pipeline.steps.base import Brief, Done, Finished, Job, SceneText, StepError
from pipeline.steps.quiz import QuizStep
from pipeline.steps.script import ScriptStep

NOTES = next(note.notes for note in shelf.all_notes() if note.name == "whales")
BRIEF = Brief(concept="Blue whales", age_group="8-10", source_notes=NOTES)


def written() -> tuple[list[SceneText], Finished]:
    (job,) = ScriptStep().jobs(BRIEF, [], Finished())
    facts = ScriptStep().run(job.inputs, Path(), provider=Author()).facts
    changes = ScriptStep().apply(facts)
    assert changes.scenes is not None
    done = Finished()
    done.add(job, Done(facts, {}, "f"))
    return [SceneText(**vars(draft)) for draft in changes.scenes], done


def test_no_quiz_before_there_are_scenes() -> None:
    assert QuizStep().jobs(BRIEF, [], Finished()) == []


def test_three_questions_that_the_moments_have_asked() -> None:
    scenes, done = written()
    (job,) = QuizStep().jobs(BRIEF, scenes, done)
    questions: list[dict[str, Any]] = QuizStep().run(job.inputs, Path(), provider=Author()).facts["questions"]
    narration = " ".join(scene.narration for scene in scenes if scene.role != "moment")
    assert len(questions) == 3
    assert {question["answer"] for question in questions} == {True, False}
    assert all(question["evidence_sentence"] in narration for question in questions)
    asked = {scene.on_screen_text for scene in scenes if scene.role == "moment"}
    assert asked <= {question["question"] for question in questions}


def test_an_edited_scene_changes_the_inputs() -> None:
    scenes, done = written()
    (before,) = QuizStep().jobs(BRIEF, scenes, done)
    scenes[1] = SceneText(**{**vars(scenes[1]), "lines": ({"text": "Whales are big.", "sources": [1]},)})
    (after,) = QuizStep().jobs(BRIEF, scenes, done)
    assert before.inputs["notes"] == after.inputs["notes"]
    assert before.inputs["narration"] != after.inputs["narration"]


def test_a_narration_without_sources_cannot_be_asked_about() -> None:
    job = Job("quiz", {"narration": [{"scene": 1, "text": "Whales sing.", "sources": []}], "notes": NOTES,
                       "age_group": "8-10", "concept": "Whales", "language": "en"})  # fmt: skip
    with pytest.raises(StepError) as caught:
        QuizStep().run(job.inputs, Path(), provider=Author())
    assert caught.value.code == "creator:too-few-facts"
