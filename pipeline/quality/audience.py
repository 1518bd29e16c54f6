"""What is right for which age: the one table that script, captions and quality share.

The figures are ours, from chapter "AI and quality" section 4; 14-17 is extrapolated, and
the caption speeds start from 13 characters a second, a usual figure for children's captions.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

SHORTEST_SECONDS = 45.0
LONGEST_SECONDS = 90.0
HOOK_SECONDS = 5.0  # the hook has been spoken by then, measured on the sound

SCENE_PAUSE = 0.35  # seconds between two scenes, in all: lead and tail of the composed scenes
MOMENT_PAUSE = 1.75  # seconds of thinking time after a moment's question
MOMENT_PAUSE_RANGE = (1.5, 2.0)
MOMENTS_RANGE = (2, 3)
SCENES_RANGE = (4, 9)
CAPTION_SECONDS = {"5-7": 6.0, "8-10": 6.0, "11-13": 7.0, "14-17": 7.0}  # longest stay of one caption

SOFTEST_LUFS, LOUDEST_LUFS = -17.0, -15.0
HIGHEST_TRUE_PEAK = -1.5  # dBTP
LOWEST_CONTRAST = 4.5  # text against its ground, WCAG 2.2 AA
HIGHEST_FLASHES = 3.0  # a second, WCAG 2.3.1


@dataclass(frozen=True)
class Audience:
    """The limits of one age group. Words and characters are counts; `grade` is Flesch-Kincaid."""

    age_group: str
    words_per_minute: int
    slowest_words_per_minute: int
    fastest_words_per_minute: int
    hook_words: int
    sentence_words: int
    grade: float
    new_terms: int
    on_screen_words: int
    caption_words: int
    caption_characters_per_second: float

    @property
    def caption_seconds(self) -> float:
        return CAPTION_SECONDS[self.age_group]


AUDIENCES: dict[str, Audience] = {
    one.age_group: one
    for one in (
        Audience("5-7", 115, 95, 130, 8, 13, 3.0, 3, 5, 6, 15.0),
        Audience("8-10", 130, 110, 150, 9, 18, 5.5, 4, 7, 8, 17.0),
        Audience("11-13", 145, 120, 165, 10, 24, 7.5, 5, 8, 10, 19.0),
        Audience("14-17", 155, 130, 175, 11, 28, 9.5, 6, 9, 10, 20.0),
    )
}


def audience(age_group: str) -> Audience:
    """The limits of an age group; KeyError for a group that does not exist (`check_brief` asks first)."""
    return AUDIENCES[age_group]


def word_budget(seconds: float, words_per_minute: float, *, pauses: float = 10.0) -> int:
    """How many words fit into a film of `seconds`, of which `pauses` seconds are silence."""
    return max(0, floor((seconds - pauses) * words_per_minute / 60.0))
