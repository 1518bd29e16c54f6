from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipeline.author import shelf
from pipeline.author.questions import write_questions
from pipeline.providers.base import JudgeAnswer, JudgeMaterial, NarratedSentence, Result, ScriptRequest, Usage
from pipeline.providers.offline import Author, NoJudge, NoModeration
from pipeline.quality.verdicts import VERSION
from pipeline.steps.asking_times import time_question
from pipeline.steps.base import Brief, Done, Finished, Job, Output, SceneText
from pipeline.steps.qa import HEARINGS, PARTS, QaStep
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
    hearings = ["value-blind", "value-told", "accuracy-again"]
    assert [job.part for job in jobs] == [*hearings, "content", "age", "moderation"]
    copied: dict[str, Any] = json.loads(json.dumps(next(job.inputs for job in jobs if job.part == "content")))
    return copied


def hear(inputs: dict[str, Any], name: str, *, judge: Any, second: Any) -> dict[str, Any]:
    """What the jobs that only ask bring for a filter."""
    heard = {}
    for part, (of, ask) in HEARINGS.items():
        if PARTS[of] != name:
            continue
        provider = second if part == "accuracy-again" else judge
        output = QaStep().run({**inputs, "filter": name, "ask": ask}, Path("/nowhere"), provider=provider)
        assert isinstance(output, Output)
        heard[ask] = json.loads(json.dumps(output.facts))
    return {"heard": heard} if heard else {}


def sum_up(
    inputs: dict[str, Any], *, judge: Any = None, moderation: Any = None, second: Any = None
) -> dict[str, Any]:
    """The facts of the last job, after those of the filters and of the moderation."""
    step = QaStep()
    found = []
    judge, second = judge or NoJudge(), second or NoJudge()
    for part in [*FILTERS, "moderation"]:
        provider = moderation or NoModeration() if part == "moderation" else judge
        heard = hear(inputs, part, judge=judge, second=second)
        output = step.run({**inputs, "filter": part, **heard}, Path("/nowhere"), provider=provider)
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
        engine = {"kind": "rules", "version": VERSION, "model": None, "prompt": None, "sdk": None}
        assert record["engine"] == engine


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


class Sayer:
    """A judge that answers by the beginning of a question's id, else something mild; it counts its calls."""

    name, model = "sayer", "sayer-1"

    def __init__(self, said: dict[str, str], usage: Usage | None = None) -> None:
        self.said, self.usage = said, usage or Usage(requests=1, cost=Decimal("0.01"))
        self.tasks: list[list[str]] = []

    def answer(self, questions: Any, material: JudgeMaterial) -> Result[tuple[JudgeAnswer, ...]]:
        self.tasks.append([one.id for one in questions])
        mild = ("supported", "agrees", "4", "no", "yes")
        answers = []
        for one in questions:
            told = next((word for start, word in self.said.items() if one.id.startswith(start)), "")
            answers.append(JudgeAnswer(one.id, told or next(word for word in mild if word in one.choices)))
        return Result(tuple(answers), self.usage, self.name, self.model, seconds=0.5)


def test_each_call_of_a_judge_is_a_job_and_a_filter_waits_for_its_own() -> None:
    inputs = inputs_of("whales")
    judge, second = Sayer({}), Sayer({"again": "yes"})
    results = examine(inputs, judge=judge, second=second)
    assert {record["judge"] for record in results["details"].values()} == {"run"}
    assert len(judge.tasks) == 6  # four filters, and the questions twice
    assert len(second.tasks) == 1
    by_filter = {
        name: next(one for one in record["engines"] if one["engine"]["kind"] == "judge")["usage"]
        for name, record in results["details"].items()
    }
    assert {name: usage["requests"] for name, usage in by_filter.items()} == {
        "inappropriate_content": 1, "factual_accuracy": 2, "age_appropriateness": 1, "educational_value": 3,
    }  # fmt: skip
    assert Decimal(by_filter["educational_value"]["cost"]) == Decimal("0.03")


@pytest.mark.parametrize(
    ("first", "again", "verdict"),
    [
        ("supported", "yes", "pass"),
        ("supported", "no", "review"),
        ("supported", "unsure", "review"),
        ("not_in_notes", "yes", "review"),
        ("contradicted", "no", "pass"),
        ("unsure", "no", "review"),
    ],
)
def test_two_judges_who_disagree_send_the_sentence_to_a_person(first: str, again: str, verdict: str) -> None:
    results = examine(inputs_of("whales"), judge=Sayer({"claim": first}), second=Sayer({"again": again}))
    checks = results["details"]["factual_accuracy"]["checks"]
    told = {one["verdict"] for one in checks if one["id"] == "accuracy.second-opinion"}
    assert told == {verdict}
    place = next(one["evidence"] for one in checks if one["id"] == "accuracy.second-opinion")
    assert place["field"].startswith("scenes.")


def test_without_a_second_judge_nothing_is_said_of_one() -> None:
    checks = examine(inputs_of("whales"), judge=Sayer({}))["details"]["factual_accuracy"]["checks"]
    assert "accuracy.second-opinion" not in {one["id"] for one in checks}


def test_what_only_asks_about_words_does_not_depend_on_pictures_or_sound() -> None:
    inputs = inputs_of("whales")
    sayer = Sayer({})
    whole = hear(inputs, "educational_value", judge=sayer, second=sayer)
    words = hear({**inputs, "film": {}, "fallbacks": []}, "educational_value", judge=sayer, second=sayer)
    assert words == whole
