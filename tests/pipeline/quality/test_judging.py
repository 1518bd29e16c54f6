from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.providers import openai
from pipeline.providers.base import (
    JudgeAnswer,
    JudgeMaterial,
    JudgeQuestion,
    ModerationScores,
    PictureToModerate,
)
from pipeline.providers.errors import ProviderDown, Usage
from pipeline.providers.results import Result
from pipeline.quality.asks import make_asks
from pipeline.quality.calibrating import build_material, read_film
from pipeline.quality.judging import judge_filter, trust_answers
from pipeline.quality.material import Material
from pipeline.quality.moderating import check_scores, find_frame, frames_to_moderate, texts_to_moderate
from pipeline.quality.verdicts import FILTERS
from pipeline.steps.qa import QaStep
from tests.double import OPENAI_KEY, Double
from tests.pipeline.test_step_qa import hear

FILMS = Path(__file__).parents[3] / "benchmarks" / "quality" / "films"
BLOCKED = {"review", "block"}


def film(name: str = "moon") -> Material:
    return build_material(read_film(FILMS / f"{name}.txt"))


class Reader:
    """A judge that reads: it looks every sentence up in the notes and quotes what it finds, as a good one
    would. `bend` changes its answers, as a bad one might."""

    def __init__(self, bend: Callable[[JudgeAnswer], JudgeAnswer | None] = lambda answer: answer) -> None:
        self._bend = bend
        self.calls: list[tuple[str, int]] = []

    def identity(self) -> Mapping[str, Any]:
        return {"vendor": "reader", "version": 1}

    def answer(
        self, questions: Sequence[JudgeQuestion], material: JudgeMaterial
    ) -> Result[tuple[JudgeAnswer, ...]]:
        self.calls.append((material.task, len(questions)))
        answers = [self._bend(self._read(question, material)) for question in questions]
        kept = tuple(answer for answer in answers if answer is not None)
        return Result(kept, Usage(requests=1, input_tokens=9), "reader", "reader-1", seconds=0.5)

    def _read(self, question: JudgeQuestion, material: JudgeMaterial) -> JudgeAnswer:
        texts = dict(material.texts)
        kind = question.id.partition(".")[0]
        quote = self._first_line(texts)
        good = {"claim": "supported", "world": "agrees", "false": "yes", "misconception": "no"}
        if kind == "told":
            return self._told(question, texts)
        if question.ordered:
            return JudgeAnswer(question.id, "5", confidence=1.0)
        value = {"objective", "scenes", "example", "pictures", "retrieval"}
        answer = good.get(kind, "yes" if kind in value or kind in {"blind", "again"} else "no")
        return JudgeAnswer(question.id, answer, (quote,) if quote and question.wants_quotes else (), "", 0.95)

    @staticmethod
    def _first_line(texts: Mapping[str, str]) -> str:
        return texts.get("notes", "").partition("\n")[0].partition(". ")[2]

    @staticmethod
    def _told(question: JudgeQuestion, texts: Mapping[str, str]) -> JudgeAnswer:
        answers = {"1": "yes", "2": "no", "3": "no"}
        first = texts["transcript"].partition(". ")[0]
        return JudgeAnswer(question.id, answers[question.id.partition(".")[2]], (first,), "", 0.9)


def judge(name: str, reader: Reader, material: Material | None = None) -> Any:
    material = material or film()
    asks = make_asks(name, material)
    answers = {ask.name: reader.answer(ask.questions, ask.material).value for ask in asks}
    return judge_filter(name, material, asks, answers)


@pytest.mark.parametrize("name", list(FILTERS))
def test_a_judge_that_finds_nothing_passes_every_point(name: str) -> None:
    judged = judge(name, Reader())
    assert [check for check in judged.checks if check.verdict != "pass"] == []
    assert judged.score == (1.0 if name == "educational_value" else None)


def test_the_facts_are_asked_sentence_by_sentence_with_the_full_notes() -> None:
    ask, _ = make_asks("factual_accuracy", film())
    claims = [question for question in ask.questions if question.id.startswith("claim.")]
    assert [question.id for question in claims] == [f"claim.s{number}" for number in range(1, 12)]
    assert claims[0].choices == ("supported", "contradicted", "not_in_notes", "not_a_claim")
    assert "sentence s1 of the script" in claims[0].text
    assert "\ns1: The Moon is a ball of rock.\n" in dict(ask.material.texts)["script"]
    said = [sentence.text for sentence in film().sentences]
    assert not any(text in question.text for text in said for question in ask.questions)
    assert [one.id for one in ask.questions if one.id.startswith("false.")] == ["false.2", "false.3"]
    notes = dict(ask.material.texts)["notes"]
    assert notes.startswith("1. The Moon is a ball of rock that goes around the Earth.")
    assert len(notes.splitlines()) == 14


def test_the_blind_ask_holds_no_film_and_the_told_ask_only_its_transcript() -> None:
    whole, blind, told = make_asks("educational_value", film())
    assert [name for name, _ in whole.material.texts] == ["notes", "script", "pictures", "quiz"]
    assert [name for name, _ in blind.material.texts] == ["questions"]
    assert [name for name, _ in told.material.texts] == ["transcript", "questions"]
    assert "does the Moon make its own light" not in dict(told.material.texts)["transcript"]


@pytest.mark.parametrize("name", list(FILTERS))
def test_a_judge_that_lies_about_its_quotes_is_unsure(name: str) -> None:
    judged = judge(name, Reader(lambda answer: replace(answer, quotes=("The Moon is made of cheese.",))))
    bent = [check for check in judged.checks if check.id not in {"value.judge-blind", "value.judge-score"}]
    assert bent
    assert {check.verdict for check in bent} <= BLOCKED
    reviews = [check for check in bent if check.id != "value.judge-told"]
    assert {check.verdict for check in reviews} == {"review"}


@pytest.mark.parametrize(
    "bend",
    [
        lambda answer: None,
        lambda answer: replace(answer, answer="certainly"),
        lambda answer: replace(answer, answer="unsure"),
        lambda answer: replace(answer, id="other"),
    ],
    ids=["silent", "no choice", "unsure", "another question"],
)
@pytest.mark.parametrize("name", list(FILTERS))
def test_an_answer_that_is_none_never_passes(
    name: str, bend: Callable[[JudgeAnswer], JudgeAnswer | None]
) -> None:
    judged = judge(name, Reader(bend))
    told = [check for check in judged.checks if check.id != "value.judge-blind"]
    assert [check for check in told if check.verdict == "pass"] == []


def test_the_scripts_own_words_support_nothing() -> None:
    def bend(given: JudgeAnswer) -> JudgeAnswer:
        return replace(given, quotes=("It shines because",)) if given.id == "claim.s4" else given

    def echo(given: JudgeAnswer) -> JudgeAnswer:
        own = ("Gravity there is one sixth of gravity on Earth.",)
        return replace(given, quotes=own) if given.id == "claim.s10" else given

    for change, verdict in ((bend, "pass"), (echo, "review")):
        judged = judge("factual_accuracy", Reader(change))
        assert {c.verdict for c in judged.checks if c.id == "accuracy.judge-claim"} == {"pass", verdict}


def test_the_question_itself_is_no_quote_of_the_transcript() -> None:
    _, _, told = make_asks("educational_value", film())
    answer = JudgeAnswer("told.2", "no", ("Is there wind on the Moon?",), "", 0.9)
    assert trust_answers(told.questions, [answer], told.material.texts)["told.2"].answer == "unsure"


def test_over_the_wire_a_judge_that_lies_about_its_quotes_is_unsure() -> None:
    """The real SDK against the double of its vendor."""
    ask, _ = make_asks("factual_accuracy", film())
    lie = {"answer": "supported", "quotes": ["The Moon is made of cheese."]}
    truth = {"answer": "supported", "quotes": ["The Moon makes no light of its own."]}
    with Double() as double:
        double.settings.judged.update({"claim.s3": truth, "claim.s4": lie})
        vendor = openai.Judge(model="judge-model", key=OPENAI_KEY, base_url=f"{double.url}/v1")
        answers = vendor.answer(ask.questions, ask.material).value
    judged = judge_filter("factual_accuracy", film(), [ask], {"list": answers})
    claims = [check for check in judged.checks if check.id == "accuracy.judge-claim"]
    assert [check.verdict for check in claims[2:4]] == ["pass", "review"]
    assert claims[3].message.endswith("The judge quotes words that do not stand in the material")


def test_two_answers_to_one_question_are_unsure() -> None:
    question = JudgeQuestion("a", "Is it?", wants_quotes=False)
    twice = [JudgeAnswer("a", "yes"), JudgeAnswer("a", "no")]
    assert trust_answers([question], twice, [])["a"].answer == "unsure"


def test_a_quote_may_differ_in_white_space_and_outer_marks_only() -> None:
    question = JudgeQuestion("a", "Is it?")
    texts = [("notes", "1. The Moon is a\nball of rock.")]
    for quote, answer in (
        ("“The Moon is a  ball of rock.”", "yes"),
        ("The Moon is the ball of rock.", "unsure"),
        ("", "unsure"),
    ):
        assert trust_answers([question], [JudgeAnswer("a", "yes", (quote,))], texts)["a"].answer == answer


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("supported", "pass"), ("contradicted", "block"), ("not_in_notes", "review"), ("not_a_claim", "pass")],
)
def test_a_claim_is_weighed_by_its_answer(answer: str, verdict: str) -> None:
    def bend(given: JudgeAnswer) -> JudgeAnswer:
        return replace(given, answer=answer) if given.id == "claim.s4" else given

    judged = judge("factual_accuracy", Reader(bend))
    claims = [check for check in judged.checks if check.id == "accuracy.judge-claim"]
    assert claims[3].verdict == verdict
    assert claims[3].evidence is not None
    assert claims[3].evidence.quote == "It shines because sunlight falls on it."


@pytest.mark.parametrize(
    ("key", "answer", "rule", "verdict"),
    [
        ("world.s1", "disagrees", "accuracy.judge-world", "block"),
        ("world.s1", "unsure", "accuracy.judge-world", "review"),
        ("false.2", "no", "accuracy.judge-false", "block"),
        ("false.2", "unsure", "accuracy.judge-false", "review"),
    ],
)
def test_the_world_and_a_no_that_may_be_yes_are_weighed(
    key: str, answer: str, rule: str, verdict: str
) -> None:
    judged = judge(
        "factual_accuracy", Reader(lambda given: replace(given, answer=answer) if given.id == key else given)
    )
    assert [c.verdict for c in judged.checks if c.id == rule and c.verdict != "pass"] == [verdict]


@pytest.mark.parametrize(("mark", "verdict"), [("2", "block"), ("3", "review"), ("4", "pass"), ("5", "pass")])
def test_marks_below_three_block_and_below_four_are_a_review(mark: str, verdict: str) -> None:
    judged = judge("age_appropriateness", Reader(lambda given: replace(given, answer=mark)))
    assert {check.verdict for check in judged.checks} == {verdict}


@pytest.mark.parametrize(
    ("answer", "confidence", "verdict"),
    [
        ("yes", 0.9, "pass"),
        ("yes", 0.7, "block"),
        ("yes", None, "review"),
        ("no", 0.99, "block"),
        ("unsure", 0.5, "block"),
    ],
)
def test_the_transcript_alone_must_give_the_right_answer_for_sure(
    answer: str, confidence: float | None, verdict: str
) -> None:
    def bend(given: JudgeAnswer) -> JudgeAnswer:
        return replace(given, answer=answer, confidence=confidence) if given.id == "told.1" else given

    judged = judge("educational_value", Reader(bend))
    told = [check.verdict for check in judged.checks if check.id == "value.judge-told"]
    assert told == [verdict, "pass", "pass"]


@pytest.mark.parametrize(
    ("scores", "flagged", "rule", "verdict"),
    [
        ({"violence": 0.1, "sexual": 0.01}, False, "", "pass"),
        ({"violence": 0.15}, False, "content.moderation", "review"),
        ({"violence": 0.40}, False, "content.moderation", "block"),
        ({"violence": 0.01}, True, "content.moderation", "block"),
        ({"sexual": 0.05}, False, "content.moderation-never", "block"),
        ({"sexual/minors": 0.06}, False, "content.moderation-never", "block"),
        ({"self_harm_intent": 0.06}, False, "content.moderation-never", "block"),
        ({"self-harm/instructions": 0.05}, False, "content.moderation-never", "block"),
    ],
)
def test_moderation_scores_are_weighed_by_their_category(
    scores: dict[str, float], flagged: bool, rule: str, verdict: str
) -> None:
    material = film()
    texts = texts_to_moderate(material)
    given = [ModerationScores(flagged, scores), *[ModerationScores(False, {})] * (len(texts) - 1)]
    checks = check_scores(material, texts, [], given)
    found = [(check.id, check.verdict) for check in checks if check.verdict != "pass"]
    unseen = [("content.moderation-frames", "review")]
    assert found == ([(rule, verdict)] if rule else []) + unseen


def test_a_frame_a_second_is_moderated_with_its_second_and_scene() -> None:
    material = film()
    frames = frames_to_moderate(material)
    assert len(frames) == int(material.film["seconds"])
    assert [frame.at_s for frame in frames[:3]] == [0.5, 1.5, 2.5]
    texts = texts_to_moderate(material)
    calm = [ModerationScores(False, {})] * (len(texts) + len(frames) - 1)
    checks = check_scores(material, texts, frames, [*calm, ModerationScores(True, {"violence": 0.9})])
    (check,) = [one for one in checks if one.verdict == "block"]
    assert check.evidence is not None
    assert (check.evidence.at_s, check.evidence.frame) == (frames[-1].at_s, len(frames) - 1)


def test_missing_scores_are_an_error_and_no_pass() -> None:
    material = film()
    with pytest.raises(ValueError, match="came back"):
        check_scores(material, texts_to_moderate(material), [], [])


class Down(Reader):
    def answer(self, questions: Sequence[JudgeQuestion], material: JudgeMaterial) -> Any:
        raise ProviderDown("The judge is away.")


def test_a_judge_that_is_away_ends_the_job_and_leaves_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(ProviderDown):
        QaStep().run(inputs_of("moon") | {"filter": "factual_accuracy"}, tmp_path, provider=Down())


def inputs_of(name: str) -> dict[str, Any]:
    material = film(name)
    return {
        "script": dict(material.script),
        "scenes": list(material.scenes),
        "questions": list(material.questions),
        "notes": material.notes,
        "notes_origin": "creator",
        "age_group": material.age_group,
        "target_seconds": 70,
        "film": dict(material.film),
        "film_fingerprint": "ab12",
        "fallbacks": [],
    }


def test_the_moderation_sees_every_second_with_its_words(tmp_path: Path) -> None:
    class Eyes:
        """Flags the third frame."""

        def __init__(self) -> None:
            self.seen: list[tuple[str, str]] = []

        def moderate(self, texts: Sequence[str], images: Sequence[PictureToModerate] = ()) -> Any:
            self.seen += [(image.path.name, image.text) for image in images]
            shown = [ModerationScores(image.path.name == "f2.jpg", {"violence": 0.2}) for image in images]
            return Result((*(ModerationScores(False, {}) for _ in texts), *shown), provider="eyes")

    inputs = inputs_of("moon")
    inputs["film"] |= {
        "frame_files": ["f0.jpg", "f1.jpg", "f2.jpg"],
        "timeline": [
            {"position": 0, "role": "hook", "start": 0.0, "end": 1.0},
            {"position": 1, "role": "scene", "start": 1.0, "end": 3.0},
        ],
    }
    for name in inputs["film"]["frame_files"]:
        (tmp_path / name).write_bytes(b"a frame")
    eyes = Eyes()
    facts = QaStep().run(inputs | {"filter": "moderation"}, tmp_path, provider=eyes).facts
    assert [name for name, _ in eyes.seen] == ["f0.jpg", "f1.jpg", "f2.jpg"]
    assert eyes.seen[0][1] == "Why does the Moon change its shape?"
    (record,) = facts["records"]
    found = [(c["verdict"], c["evidence"]["at_s"]) for c in record["checks"] if c["verdict"] != "pass"]
    assert found == [("block", 2.5), ("review", 0.5), ("review", 1.5)]


def test_with_judge_and_moderation_a_faultless_film_passes(tmp_path: Path) -> None:
    class Calm:
        def moderate(self, texts: Sequence[str], images: Sequence[Any] = ()) -> Any:
            return Result(tuple(ModerationScores(False, {}) for _ in [*texts, *images]), provider="calm")

    step, reader = QaStep(), Reader()
    found = [
        step.run(
            inputs_of("moon") | {"filter": part} | hear(inputs_of("moon"), part, judge=reader, second=reader),
            tmp_path,
            provider=reader,
        ).facts
        for part in FILTERS
    ]
    (tmp_path / "frame-000.jpg").write_bytes(b"a frame")
    shown = inputs_of("moon") | {"filter": "moderation"}
    shown["film"] |= {"frame_files": ["frame-000.jpg"]}
    moderated = step.run(shown, tmp_path, provider=Calm())
    results = step.run(inputs_of("moon") | {"found": [*found, moderated.facts]}, tmp_path).facts["results"]
    assert {name: record["verdict"] for name, record in results["details"].items()} == dict.fromkeys(
        FILTERS, "pass"
    )
    assert results["verdict"] == "pass"
    facts = results["details"]["factual_accuracy"]
    assert (facts["judge"], facts["moderation"]) == ("run", "run")
    assert facts["usage"] == {"requests": 2, "input_tokens": 18, "cost": "0"}  # with the second opinion
    assert [one["engine"]["kind"] for one in facts["engines"]] == ["rules", "judge"]
    assert facts["engines"][1]["engine"]["model"] == "reader-1"
    assert results["details"]["educational_value"]["score"] == 1.0


@pytest.mark.parametrize(("at", "name"), [(0.0, "f0"), (2.2, "f2"), (3.1, "f3"), (99.0, "f3")])
def test_the_frame_nearest_to_a_second_is_found(at: float, name: str) -> None:
    """Frames stand at the middle of each second of a scene, so not one in each second of the film."""
    film = {"frame_files": ["f0", "f1", "f2", "f3"], "frame_seconds": [0.5, 1.5, 2.3, 3.3]}
    assert find_frame(film, at) == name


def test_frames_whose_seconds_are_not_told_stand_one_a_second() -> None:
    film = {"frame_files": ["f0", "f1", "f2"]}
    assert [find_frame(film, at) for at in (0.2, 1.9, 7.0)] == ["f0", "f1", "f2"]
    assert find_frame({}, 3.0) == ""
