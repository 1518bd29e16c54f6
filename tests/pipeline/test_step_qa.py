from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.author import shelf
from pipeline.author.questions import write_questions
from pipeline.providers.base import NarratedSentence, ScriptRequest
from pipeline.providers.offline import Author, NoJudge, NoModeration
from pipeline.steps.asking_times import time_question
from pipeline.steps.base import Brief, Done, Finished, Job, Output, SceneText
from pipeline.steps.qa import QaStep
from pipeline.steps.script import storyboard
from tests.pipeline.quality.films import film_facts

FILTERS = ["inappropriate_content", "factual_accuracy", "age_appropriateness", "educational_value"]
PACE = {"5-7": 115, "8-10": 130, "11-13": 145, "14-17": 155}


def inputs_of(name: str, age_group: str = "") -> dict[str, Any]:
    """The inputs of quality for the film of a shelf text."""
    note = next(note for note in shelf.all_notes() if note.name == name)
    age_group = age_group or note.age_group
    request = ScriptRequest(concept=note.concept, age_group=age_group, notes=note.notes)
    script = Author().write_script(request).value
    drafts = storyboard(script, age_group)
    narration = [
        NarratedSentence(draft.position, line["text"], tuple(line["sources"]))
        for draft in drafts
        for line in draft.lines
    ]
    questions = write_questions(narration, notes=note.notes, age_group=age_group, concept=note.concept)
    done = Finished()
    done.add(Job("script", {}), Done({"script": script.model_dump(mode="json"), "fallbacks": []}, {}, "s"))
    done.add(
        Job("quiz", {}), Done({"questions": [one.model_dump(mode="json") for one in questions]}, {}, "q")
    )
    film = film_facts(drafts, words_per_minute=PACE[age_group])
    done.add(Job("compose", {}, part="film"), Done(film, {}, "ab12"))
    scenes = [SceneText(**vars(draft)) for draft in drafts]
    jobs = QaStep().jobs(Brief(note.concept, age_group, note.notes), scenes, done)
    assert [job.part for job in jobs] == ["content", "accuracy", "age", "value", "moderation"]
    copied: dict[str, Any] = json.loads(json.dumps(jobs[0].inputs))
    return copied


def sum_up(inputs: dict[str, Any], *, judge: Any = None, moderation: Any = None) -> dict[str, Any]:
    """The facts of the last job, after those of the filters and of the moderation."""
    step = QaStep()
    found = []
    for part in [*FILTERS, "moderation"]:
        provider = moderation or NoModeration() if part == "moderation" else judge or NoJudge()
        output = step.run({**inputs, "filter": part}, Path("/nowhere"), provider=provider)
        assert isinstance(output, Output)
        found.append(output.facts)
    last = step.run({**inputs, "found": found}, Path("/nowhere"))
    assert isinstance(last, Output)
    return last.facts


def examine(inputs: dict[str, Any], **opinions: Any) -> dict[str, Any]:
    results: dict[str, Any] = sum_up(inputs, **opinions)["results"]
    return results


def found(results: dict[str, Any], rule: str, verdict: str) -> list[dict[str, Any]]:
    return [
        check
        for record in results["details"].values()
        for check in record["checks"]
        if check["id"] == rule and check["verdict"] == verdict
    ]


CHECKED = [note.name for note in shelf.all_notes() if not note.demo]


@pytest.mark.parametrize("name", CHECKED)
def test_no_film_of_the_shelf_is_blocked_for_its_age_group(name: str) -> None:
    results = examine(inputs_of(name))
    blocks = [
        check for one in results["details"].values() for check in one["checks"] if check["verdict"] == "block"
    ]
    assert blocks == []
    assert results["passed"] is True
    assert results["verdict"] == "review"


def test_offline_every_filter_says_that_judge_and_moderation_did_not_run() -> None:
    results = examine(inputs_of("whales"))
    assert list(results["details"]) == FILTERS
    for name, record in results["details"].items():
        assert record["filter"] == name
        assert record["verdict"] == "review"
        assert record["score"] is None
        assert record["judge"] == record["moderation"] == "not_run"
        assert record["film"] == "sha256:ab12"
        assert record["engine"] == {"kind": "rules", "version": 2, "model": None, "prompt": None, "sdk": None}


def test_the_text_far_too_hard_for_small_children_is_blocked_by_the_age_filter() -> None:
    results = examine(inputs_of("demo-too-hard"))
    (grade,) = found(results, "age.reading-grade", "block")
    assert grade["message"].endswith("ages 5-7 follow up to 3.0")
    assert results["details"]["age_appropriateness"]["verdict"] == "block"
    assert results["passed"] is False
    assert results["suggested_improvements"][0].endswith("choose an older age group.")


def test_a_number_that_is_not_in_the_notes_blocks_with_its_place_and_second() -> None:
    inputs = inputs_of("whales")
    scene = inputs["scenes"][1]
    scene["lines"][0]["text"] = "The blue whale was found in 1817 by sailors."
    (check,) = found(examine(inputs), "accuracy.number-not-in-notes", "block")
    assert check["message"] == "1817 is not in the notes"
    assert check["evidence"]["field"] == "scenes.1.narration"
    assert check["evidence"]["span"] == [28, 32]
    assert check["evidence"]["quote"] == "1817"
    spoken = [word for word in inputs["film"]["words"] if word[3] == 1]
    assert check["evidence"]["at_s"] == round(spoken[6][1], 1)


@pytest.mark.parametrize(
    ("key", "value", "rule", "verdict"),
    [
        ("seconds", 44.9, "value.length", "block"),
        ("seconds", 90.1, "value.length", "block"),
        ("flashes_per_second", 4.0, "age.flashes", "block"),
        ("red_flashes_per_second", 3.5, "age.red-flashes", "block"),
        ("timing", "estimated", "age.caption-timing", "review"),
        ("loudness_lufs", -20.0, "age.loudness", "review"),
        ("true_peak_dbtp", -0.4, "age.true-peak", "review"),
        ("text_contrast", 3.9, "age.contrast", "review"),
        ("caption_max_characters_per_second", 25.0, "age.caption-speed", "review"),
        ("caption_coverage", 0.9, "value.caption-coverage", "review"),
        ("black", [[3.0, 5.5]], "value.black", "review"),
        ("frozen", [[3.0, 5.5]], "value.frozen", "review"),
        ("silences", [[3.0, 5.6]], "value.silence", "review"),
        ("cues", [{"start": 0.0, "end": 9.0, "text": "a"}], "age.caption-time", "review"),
    ],
)
def test_a_measured_fault_of_the_film_is_found(key: str, value: object, rule: str, verdict: str) -> None:
    inputs = inputs_of("whales")
    assert found(examine(inputs), rule, verdict) == []
    inputs["film"][key] = value
    assert len(found(examine(inputs), rule, verdict)) == 1


@pytest.mark.parametrize(
    ("text", "rule", "verdict"),
    [
        ("You should kill yourself.", "content.blocked-word", "block"),
        ("Write to sam@example.com today.", "content.personal-data", "block"),
        ("Soldiers had guns.", "content.review-word", "review"),
        ("Pupils of Oakfield Primary School sing.", "content.school-named", "review"),
        ("Krakens invented clockwork submarines yesterday.", "accuracy.words-not-in-notes", "review"),
    ],
)
def test_a_planted_sentence_is_found(text: str, rule: str, verdict: str) -> None:
    inputs = inputs_of("whales")
    inputs["scenes"][2]["lines"].append({"text": text, "sources": [1]})
    assert len(found(examine(inputs), rule, verdict)) >= 1


def test_a_question_whose_sentence_was_edited_away_is_stale_and_blocks() -> None:
    inputs = inputs_of("whales")
    inputs["questions"][0]["evidence_sentence"] = "Whales can play chess."
    assert len(found(examine(inputs), "value.question-stale", "block")) == 1


def test_a_quote_that_is_not_in_the_notes_blocks() -> None:
    inputs = inputs_of("whales")
    inputs["questions"][0]["evidence_quote"] = "Whales can play chess."
    assert len(found(examine(inputs), "accuracy.quote-not-in-notes", "block")) == 1


def test_every_fallback_is_named() -> None:
    inputs = inputs_of("whales")
    inputs["fallbacks"] = ["no picture of a whale was found"]
    (check,) = found(examine(inputs), "value.fallback", "review")
    assert "no picture of a whale was found" in check["message"]


def test_a_question_is_taught_when_its_sentence_ends_and_asked_at_the_next_moment() -> None:
    scenes = [
        {"position": 0, "role": "hook"},
        {"position": 1, "role": "scene"},
        {"position": 2, "role": "moment"},
    ]
    film: dict[str, Any] = {
        "seconds": 20.04,
        "words": [
            ["Look!", 0.2, 0.6, 0],
            ["Whales", 1.0, 1.5, 1],
            ["sing.", 1.5, 2.04, 1],
            ["Loudly.", 2.3, 3.0, 1],
        ],
        "timeline": [
            {"position": 0, "role": "hook", "start": 0.0, "end": 0.9, "speech_end": 0.6},
            {"position": 1, "role": "scene", "start": 0.9, "end": 3.2, "speech_end": 3.0},
            {"position": 2, "role": "moment", "start": 3.2, "end": 8.0, "speech_end": 6.0},
        ],
    }
    question = {
        "question": "Do whales sing?",
        "answer": True,
        "explanation": "Yes.",
        "evidence_sentence": "Whales sing.",
    }
    assert time_question(question, scenes, film) == {
        "question": "Do whales sing?",
        "answer": True,
        "explanation": "Yes.",
        "scene": 1,
        "taught_at_seconds": 2.0,
        "asked_at_seconds": 3.2,
        "evidence": "Whales sing.",
    }
    late = {**film, "timeline": film["timeline"][:2]}
    assert time_question(question, scenes, late)["asked_at_seconds"] == 20.0


def test_asked_is_never_before_taught_and_apply_stores_the_results() -> None:
    inputs = inputs_of("the-heart")
    facts = sum_up(inputs)
    assert len(facts["questions"]) == 3
    for question in facts["questions"]:
        assert (
            0
            < question["taught_at_seconds"]
            <= question["asked_at_seconds"]
            <= round(inputs["film"]["seconds"], 1)
        )
    changes = QaStep().apply(facts)
    assert changes is not None
    assert changes.qa_results == facts["results"]
