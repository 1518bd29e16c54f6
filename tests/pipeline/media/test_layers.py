"""Layers: figures that count, cards in turn."""

import pytest

from pipeline.media import layers
from pipeline.media.captions import TimedWord
from pipeline.media.cast import Cast
from pipeline.media.layout_number import split_unit
from pipeline.media.palettes import LEAF


@pytest.mark.parametrize(
    ("figure", "counts"),
    [("100", True), ("1,969", True), ("1969", False), ("3.5", True), ("50%", True), ("1/2", False)],
)
def test_numbers_count_up_but_years_do_not(figure: str, counts: bool) -> None:
    assert layers.countable(figure) is counts


@pytest.mark.parametrize(
    ("figure", "half"),
    [("100", "50"), ("2,000", "1,000"), ("3.5", "1.8"), ("50%", "25%"), ("100,000", "50,000")],
)
def test_counting_keeps_the_way_of_writing(figure: str, half: str) -> None:
    assert layers.count_text(figure, 0.5) == half
    assert layers.count_text(figure, 1.0) == figure


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("100 kg", ("100", "kg")),
        ("25°C", ("25", "°C")),
        ("70%", ("70%", "")),
        ("three", ("three", "")),
        ("1/2", ("1/2", "")),
    ],
)
def test_a_short_unit_is_set_apart(text: str, parts: tuple[str, str]) -> None:
    assert split_unit(text) == parts


def cast(text: str, each: float = 0.4) -> Cast:
    words = tuple(TimedWord(word, 0.2 + i * each, 0.6 + i * each) for i, word in enumerate(text.split()))
    return Cast(
        spec={},
        palette=LEAF,
        words=words,
        seconds=words[-1].end + 0.4,
        speech_end=words[-1].end,
        pause_seconds=0,
    )


def test_cards_come_with_their_words_and_in_order() -> None:
    scene = cast("Plants need three things: sunlight, clean water and carbon dioxide from air")
    starts = scene.turns(["sunlight", "water", "carbon dioxide"])
    spoken = [
        next(w.start for w in scene.words if w.text.startswith(key))
        for key in ("sunlight", "water", "carbon")
    ]
    assert starts == pytest.approx([start - 0.12 for start in spoken])


def test_a_shared_word_does_not_call_both_cards() -> None:
    scene = cast("By day they give oxygen out, at night they take some oxygen in again")
    first, second = scene.turns(["oxygen by day", "oxygen by night"])
    assert second - first > 1.5


def test_cards_that_are_never_named_still_come_before_the_end() -> None:
    scene = cast("Nothing here fits at all")
    starts = scene.turns(["alpha", "beta", "gamma", "delta"])
    assert starts == sorted(starts)
    assert starts[-1] < scene.seconds


def test_easings_begin_and_end_at_rest() -> None:
    assert (layers.ease_out(0), layers.ease_out(1)) == (0, 1)
    assert layers.overshoot(0) == pytest.approx(0)
    assert layers.overshoot(1) == 1
    assert max(layers.overshoot(step / 50) for step in range(51)) > 1.02
