"""Events: every word once, in order, two lines, a child's pace."""

import itertools

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


def test_the_track_has_the_same_times_and_escapes_its_text() -> None:
    track = captions.webvtt([(0.2, 1.5, "1 < 2 & 3"), (61.25, 3700.0, "End")])
    assert track.startswith("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n")
    assert "00:00:00.200 --> 00:00:01.500" in track
    assert "1 &lt; 2 &amp; 3" in track
    assert "00:01:01.250 --> 01:01:40.000" in track


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
