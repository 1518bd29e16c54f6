from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.quality.calibrating import build_material
from pipeline.quality.quantities import quantities
from pipeline.quality.questioning import check_answer, find_doubt
from pipeline.quality.verdicts import examine_by_rules

NOTES = (
    "An octopus has eight arms and three hearts. An ant has six legs. A spider has eight legs. "
    "The giant octopus weighs 50 kilograms. It lives for about five years. Octopuses are not fish. "
    "Octopus blood is blue. Half of its time it rests. The octopus Inky fled from a zoo in 2016."
)


def checks_of(*sentences: str, notes: str = NOTES) -> list[dict[str, Any]]:
    """The findings of factual accuracy for a film that says these sentences."""
    film = {
        "age_group": "8-10",
        "title": "The octopus",
        "objective": "Say how an octopus lives.",
        "notes": notes,
        "parts": [["scene", sentence] for sentence in sentences],
        "questions": [],
    }
    record = examine_by_rules("factual_accuracy", build_material(film), now=datetime.now(UTC))
    return [check for check in record["checks"] if check["verdict"] in {"review", "block"}]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("One half of 8 is 4.", [(0.5, "ratio"), (8, ""), (4, "")]),
        ("three quarters or 75%", [(0.75, "ratio"), (0.75, "percent")]),
        ("384 400 km", [(384_400_000, "length")]),
        ("half an hour", [(1800, "time")]),
        ("the 21st century", [(21, "ordinal")]),
        ("a hundred and twenty sheep", [(120, "")]),
        ("three point five million stars", [(3_500_000, "")]),
        ("2½ cups", [(2.5, "")]),
        ("twenty-one", [(21, "")]),
        ("in 1969", [(1969, "year")]),
        ("−40 °C".replace("−", "-"), [(-40, "angle")]),
    ],
)
def test_quantities_are_read_as_written(text: str, read: list[tuple[float, str]]) -> None:
    found = quantities(text)
    assert [one.dimension for one in found] == [dimension for _, dimension in read]
    assert [one.value for one in found] == pytest.approx([value for value, _ in read])


@pytest.mark.parametrize(
    "sentence",
    [
        "An octopus has eight arms.",
        "It has three hearts.",
        "The giant octopus weighs 50 kg.",
        "The giant octopus weighs 50,000 grams.",
        "It rests 50 percent of its time.",
        "The octopus lives for about 60 months.",
        "An octopus is not a fish.",
        "Its blood is blue.",
        "Inky fled from a zoo in 2016.",
    ],
)
def test_what_the_notes_say_raises_nothing(sentence: str) -> None:
    assert (
        checks_of("An octopus lives in the sea. " + sentence, notes=NOTES + " An octopus lives in the sea.")
        == []
    )


@pytest.mark.parametrize(
    ("sentence", "rule", "verdict", "quote"),
    [
        ("An octopus has nine arms.", "accuracy.number-not-in-notes", "block", "nine"),
        ("An octopus has three arms.", "accuracy.number-attached-otherwise", "block", "three"),
        ("An octopus has one heart.", "accuracy.number-attached-otherwise", "block", "one"),
        ("A spider has six legs.", "accuracy.number-attached-otherwise", "block", "six"),
        ("The giant octopus weighs 50 grams.", "accuracy.number-not-in-notes", "block", "50"),
        ("Inky fled from a zoo in 2061.", "accuracy.number-not-in-notes", "block", "2061"),
        ("Two thirds of its time it rests.", "accuracy.number-not-in-notes", "block", "Two thirds"),
        ("Octopus blood is not blue.", "accuracy.contradicts-notes", "block", "Octopus blood is not blue."),
        ("Octopus blood is red.", "accuracy.contradicts-notes", "block", "red"),
        ("The octopus Ollie fled from a zoo.", "accuracy.word-exchanged", "block", "Ollie"),
        ("Captain Nemo met an octopus.", "accuracy.name-not-in-notes", "review", "Nemo"),
    ],
)  # fmt: skip
def test_a_planted_error_is_found_with_its_place(sentence: str, rule: str, verdict: str, quote: str) -> None:
    found = [check for check in checks_of(sentence) if check["id"] == rule]
    assert [(check["verdict"], check["evidence"]["quote"]) for check in found] == [(verdict, quote)]
    start, end = found[0]["evidence"]["span"]
    assert sentence[start:end] == quote
    assert found[0]["evidence"]["at_s"] is not None


@pytest.mark.parametrize(
    ("question", "answer", "evidence", "is_wrong"),
    [
        ("Does an ant have six legs?", True, "An ant has six legs.", False),
        ("Does an ant have six legs?", False, "An ant has six legs.", True),
        ("Does an ant have ten legs?", True, "An ant has six legs.", True),
        ("Does an ant have ten legs?", False, "An ant has six legs.", False),
        ("Are octopuses fish?", True, "Octopuses are not fish.", True),
        ("Are octopuses fish?", False, "Octopuses are not fish.", False),
        ("Is octopus blood red?", True, "Octopus blood is blue.", True),
        ("Does the Sun go around the Earth?", False, "The Earth goes around the Sun.", False),
        ("Are whales fish?", False, "Whales look like fish, but they are mammals.", False),
    ],
)
def test_an_answer_against_its_evidence_is_found(
    question: str, answer: bool, evidence: str, is_wrong: bool
) -> None:
    assert bool(check_answer(question, evidence, answer=answer)) is is_wrong


TOLD = "An octopus has eight arms. It has three hearts. Octopus blood is blue. It hides in a cave."


@pytest.mark.parametrize(
    ("question", "answer", "evidence", "verdict"),
    [
        ("Does an octopus have eight arms?", True, "An octopus has eight arms.", None),
        ("Does an octopus have three hearts?", True, "It has three hearts.", None),
        ("Does an octopus have ten arms?", False, "An octopus has eight arms.", None),
        ("Is octopus blood red?", False, "Octopus blood is blue.", None),
        ("Does an octopus sleep at night?", True, "It hides in a cave.", "block"),
        ("Does an octopus sleep at night?", False, "It hides in a cave.", "block"),
        ("Is an octopus older than a shark?", True, "An octopus has eight arms.", "block"),
        ("Does an octopus live in Africa?", True, "It hides in a cave.", "block"),
        ("Do 40 octopuses live together?", False, "Octopus blood is blue.", "block"),
    ],
)  # fmt: skip
def test_a_question_that_the_film_does_not_answer_is_found(
    question: str, answer: bool, evidence: str, verdict: str | None
) -> None:
    doubt = find_doubt(
        question, answer=answer, evidence=evidence, context="", narration=TOLD, subject="The octopus"
    )
    assert (doubt.verdict if doubt else None) == verdict
