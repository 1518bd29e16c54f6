"""No text, however odd, breaks a rule, and no rule takes more than its length deserves."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.quality.acts import find_harmful_acts
from pipeline.quality.bias import find_stereotypes
from pipeline.quality.calibrating import build_material
from pipeline.quality.folding import fold_text
from pipeline.quality.injection import find_orders
from pipeline.quality.likeness import compare, names_of
from pipeline.quality.listed import find_listed_words
from pipeline.quality.personal import find_personal_data
from pipeline.quality.quantities import quantities
from pipeline.quality.questioning import check_answer
from pipeline.quality.verdicts import examine

PIECES = st.sampled_from(
    ["²", "٣", "to ", "one ", "a", "1", "-", "/", ".", " ", "half ", "@", "*", "k", "1i", "'", "’", "½",
     "\u200b", "ſ", "İ",
     "girls are ", "very ", "so ", "ignore ", "all ", "(", "twenty", "hundred ", "and ", "°", "%", "\n", "é"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=120), st.lists(PIECES, max_size=40).map("".join))
FINDERS: list[Callable[[str], Any]] = [
    find_listed_words, find_personal_data, find_harmful_acts, find_stereotypes, find_orders,
    quantities, names_of,
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_every_finder_points_into_the_text(text: str) -> None:
    for find in FINDERS:
        for found in find(text):
            start, end = (found[1], found[2]) if isinstance(found, tuple) else (found.start, found.end)
            assert 0 <= start <= end <= len(text)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_folded_places_rise_and_stay_inside(text: str) -> None:
    folded = fold_text(text)
    assert len(folded.text) == len(folded.places)
    assert list(folded.places) == sorted(folded.places)
    assert all(0 <= place < len(text) for place in folded.places)


@settings(max_examples=60, deadline=None)
@given(TEXTS, TEXTS, st.booleans())
def test_any_two_texts_can_be_compared(one: str, other: str, answer: bool) -> None:
    assert 0.0 <= compare(one, other).share <= 1.0
    check_answer(one, other, answer=answer)


@settings(max_examples=40, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_a_film_of_any_text_is_examined_to_the_end(said: str, asked: str, notes: str) -> None:
    film = {
        "age_group": "8-10",
        "title": said[:20],
        "objective": asked[:20],
        "notes": notes or "A fact.",
        "parts": [["hook", "Why?"], ["scene", said or "A fact."], ["recap", "A fact."]],
        "questions": [],
    }
    material = build_material(film)
    questions = [
        {"question": asked, "answer": True, "explanation": said, "evidence_sentence": notes,
         "evidence_quote": said,
         "source_ids": [1, 99]}
    ]  # fmt: skip
    odd = type(material)(**{**vars_of(material), "questions": questions})
    result = examine(odd, now=datetime.now(UTC))
    assert set(result.details) == {
        "inappropriate_content", "factual_accuracy", "age_appropriateness", "educational_value",
    }  # fmt: skip


def vars_of(material: Any) -> dict[str, Any]:
    names = ("script", "scenes", "questions", "notes", "age_group", "film")
    return {name: getattr(material, name) for name in names}


TEDIOUS = [
    "to a to a ", "girls very so ", "a.b.c.", "1 2 3 ", "(((", "a@", "k*", "aaaa", "one two ",
    "ignore all the ", "A B C ", "x-", "1-1-1 ", "you can you can ", "and is it ", "\u200b", "mix pour add ",
]  # fmt: skip


def count_lines(work: Callable[[], Any]) -> int:
    """Lines of Python executed: a measure that no clock disturbs."""
    lines = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines


@pytest.mark.parametrize("piece", TEDIOUS)
def test_work_grows_with_length_and_no_faster(piece: str) -> None:
    for find in FINDERS:
        find(piece * 50)  # fills the caches
        small = count_lines(lambda find=find: find(piece * 100))  # type: ignore[misc]
        large = count_lines(lambda find=find: find(piece * 800))  # type: ignore[misc]
        assert large <= 8 * small * 1.5 + 3000


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", TEDIOUS)
def test_no_expression_backtracks_without_end_on_the_longest_notes(piece: str) -> None:
    text = (piece * (20_000 // len(piece) + 1))[:20_000]
    for find in FINDERS:
        find(text)
