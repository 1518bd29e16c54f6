"""Events: every word once, in order, two lines, a child's pace."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.media import captions, lettering
from pipeline.media.captions import TimedWord

WORDS = st.lists(
    st.sampled_from(
        ["a", "the", "water,", "plants", "photosynthesis.", "oxygen", "and", "Why?", "1,000", "it"]
    ),
    min_size=1,
    max_size=40,
)


def timed(texts: list[str], each: float = 0.42) -> list[TimedWord]:
    return [TimedWord(text, 0.2 + index * each, 0.2 + (index + 1) * each) for index, text in enumerate(texts)]


def cues_of(texts: list[str], *, age_group: str = "8-10", most_words: int = 8) -> list[captions.Cue]:
    words = timed(texts)
    return captions.scene_cues(
        words,
        scene_seconds=words[-1].end + 0.4,
        is_last=False,
        age_group=age_group,
        pace=captions.Pace(most_words=most_words),
    )


@settings(max_examples=60, deadline=None)
@given(WORDS, st.sampled_from(["5-7", "8-10", "11-13", "14-17"]))
def test_every_word_stands_in_exactly_one_event_that_fits(texts: list[str], age_group: str) -> None:
    cues = cues_of(texts, age_group=age_group, most_words=6)
    assert [word.text for cue in cues for word in cue.words] == texts
    for cue, following in itertools.pairwise(cues):
        assert cue.end <= following.start
    for cue in cues:
        assert len(cue.lines) <= 2
        assert len(cue.words) <= 6
        assert cue.start == cue.words[0].start
        for line in cue.lines:
            text = " ".join(cue.words[index].text for index in line)
            width = lettering.width_of(text, lettering.STRONG, captions.SIZES[age_group])
            assert width <= captions.LINE_WIDTH or len(cue.words) == 1


def test_an_event_ends_with_its_sentence() -> None:
    cues = cues_of(["Leaves", "are", "green.", "Roots", "are", "brown", "and", "they", "drink", "water."])
    assert cues[0].text.replace("\n", " ") == "Leaves are green."


def test_a_break_does_not_follow_an_article() -> None:
    cues = cues_of(
        ["Roots", "drink", "the", "water", "that", "falls", "as", "rain", "on", "the", "ground", "below"],
        most_words=5,
    )
    assert all(cue.words[-1].text not in {"the", "on", "as"} for cue in cues)


def test_an_event_is_gone_when_the_scene_leaves() -> None:
    words = timed(["One", "two."])
    cues = captions.group(words, most_words=8, size=72, end_limit=words[-1].end + 0.1)
    assert cues[-1].end == words[-1].end + 0.1


def test_no_words_make_no_events() -> None:
    assert captions.group([], most_words=8, size=72, end_limit=1.0) == []


def cue_of(
    *words: tuple[str, float, float], end: float, lines: tuple[tuple[int, ...], ...] = ()
) -> captions.Cue:
    timed_words = tuple(TimedWord(*word) for word in words)
    return captions.Cue(timed_words[0].start, end, timed_words, lines or (tuple(range(len(words))),))


def test_the_track_has_the_same_times_and_escapes_its_text() -> None:
    cues = [
        cue_of(("1", 0.2, 0.4), ("<", 0.5, 0.7), ("2&3", 0.8, 1.2), end=1.5, lines=((0, 1), (2,))),
        cue_of(("End", 61.25, 62.0), end=3700.0),
    ]
    assert captions.webvtt(cues) == (
        "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n"
        "1\n00:00:00.200 --> 00:00:01.500 line:82%\n1 <00:00:00.500>&lt;\n<00:00:00.800>2&amp;3\n\n"
        "2\n00:01:01.250 --> 01:01:40.000 line:82%\nEnd\n"
    )


def test_times_inside_an_event_grow_and_stay_inside_it() -> None:
    cue = cue_of(("a", 1.0, 1.1), ("–", 1.2, 1.2), ("b", 1.2, 1.5), ("c", 2.0, 2.2), end=2.0)
    assert captions.webvtt([cue]).splitlines()[-1] == "a <00:00:01.200>– b c"


def test_estimated_times_put_no_times_on_words() -> None:
    assert "<" not in captions.webvtt([cue_of(("a", 1.0, 1.1), ("b", 1.2, 1.5), end=2.0)], word_times=False)


@pytest.mark.parametrize(
    ("word", "following", "cost"),
    [
        ("green.", "Roots", 0.0),
        ("green,”", "said", 0.6),
        ("leaves", "and", 1.6),
        ("leaves", "eat", 3.0),
        ("20", "years", 7.0),
        ("about", "20", 9.0),
        ("Pharaoh", "Khufu", 7.0),
        ("Dr.", "Smith", 9.0),
        ("the", "sun", 9.0),
        ("e.g.", "glucose", 9.0),
    ],
)
def test_a_break_costs_what_it_tears_apart(word: str, following: str, cost: float) -> None:
    assert captions.break_cost(word, following) == cost


def test_names_numbers_and_abbreviations_stay_together() -> None:
    text = "The old pyramid was built for Pharaoh Khufu by Dr. Smith around 2,600 years ago with stone"
    texts = [cue.text.replace("\n", " ") for cue in cues_of(text.split(), most_words=5)]
    for together in ("Pharaoh Khufu", "Dr. Smith", "2,600 years"):
        assert any(together in event for event in texts)


def test_a_fast_passage_is_broken_so_that_it_can_be_read() -> None:
    """An event of four quick long words borrows time from the slow ones before it."""
    words, at = [], 0.2
    for text, seconds in [("up", 0.8)] * 4 + [("waterfalls", 0.5)] * 4:
        words.append(TimedWord(text, at, at + seconds))
        at += seconds
    speeds = []
    for fastest in (99.0, 18.0):
        cues = captions.group(words, most_words=6, size=66, end_limit=at + 0.1, fastest=fastest)
        speeds.append(max(cue.characters_per_second for cue in cues))
    assert speeds[0] > 18
    assert speeds[1] <= 18
