"""Text as word lists read it: disguises taken off, and every character's place in what was written kept.

A listed word may be hidden by full-width letters, accents, invisible characters, letters of other
scripts that look Latin, digits for letters, stretched, parted or masked letters. Each disguise is
taken off in one pass over the text, so the work grows with its length and no faster.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from pipeline.quality.words import DATA

INVISIBLE = {"Cf", "Mn", "Me", "Cc"}
LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g", "@": "a",
     "$": "s", "!": "i", "|": "l", "+": "t", "€": "e"}
)  # fmt: skip
LEET_L = LEET | {ord("1"): "l", ord("!"): "l"}
LEET_WORD = re.compile(r"[a-z0-9@$!|+€]*[a-z][a-z0-9@$!|+€]*")
STRETCHED = re.compile(r"([a-z])\1{2,}")
SPELLED = re.compile(r"(?<![a-z0-9])(?:[a-z0-9@$!][ .\-_*/|~]{1,3}){2,}[a-z0-9@$!](?![a-z0-9])")
PARTING = " .-_*/|~"
PARTED = re.compile(r"(?<=[a-z])[.\-_*·~|](?=[a-z])")


@dataclass(frozen=True)
class Folded:
    """A folded text; `places[i]` is the place in the original of its character `i`."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """[start, end) of the folded text as [start, end) of the original."""
        if start >= end or start >= len(self.places):
            return (0, 0)
        return self.places[start], self.places[min(end, len(self.places)) - 1] + 1

    def keep(self, wanted: Iterator[int] | list[int]) -> Folded:
        """Only the characters at these places of the folded text, in order."""
        kept = list(wanted)
        return Folded("".join(self.text[at] for at in kept), tuple(self.places[at] for at in kept))


@cache
def _look_alikes() -> dict[str, str]:
    """Letters of other scripts and the Latin letter that they look like."""
    lines = (DATA / "look_alikes.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split() for line in lines if line and not line.startswith("#"))
    return {character: latin for latin, characters in pairs for character in characters}


@lru_cache(maxsize=256)  # every rule of a filter folds the same few texts
def fold_text(text: str, *, keep_case: bool = False) -> Folded:
    """Lower case, compatibility forms resolved, accents and invisible characters gone, look-alikes Latin.

    With `keep_case` capital letters stay, for patterns that know names by them.
    """
    letters: list[str] = []
    places: list[int] = []
    alike = _look_alikes()
    for place, character in enumerate(text):
        if character.isascii():
            letters.append(character if keep_case else character.lower())
            places.append(place)
            continue
        for part in unicodedata.normalize("NFKD", character):
            if unicodedata.category(part) in INVISIBLE and part not in "\n\t":
                continue
            for lower in part.lower():
                latin = alike.get(lower, lower)
                letters.append(latin.upper() if keep_case and part.isupper() else latin)
                places.append(place)
    return Folded("".join(letters), tuple(places))


def undisguise(folded: Folded) -> list[Folded]:
    """Other readings of a folded text: digits as letters, letters stretched or parted. Without any
    disguise there is none.
    """
    readings: list[Folded] = []
    for table in (LEET, LEET_L):
        text = _as_letters(folded.text, table)
        if text != folded.text and len(text) == len(folded.text):
            readings.append(Folded(text, folded.places))
    for reading in (folded, *readings[:1]):
        if STRETCHED.search(reading.text):
            readings.append(_without_stretch(reading))
        if PARTED.search(reading.text):
            readings.append(_without(reading, PARTED))
    return readings


def _as_letters(text: str, table: dict[int, str]) -> str:
    """The text with the digits and signs of words that have a letter translated; others stay numbers."""
    parts: list[str] = []
    at = 0
    for found in LEET_WORD.finditer(text):
        parts += [text[at : found.start()], found.group().translate(table)]
        at = found.end()
    return "".join([*parts, text[at:]])


def spelled_out(folded: Folded) -> list[Folded]:
    """Each run of single letters ("k i l l") as one word, and as several where its gaps differ
    ("k i l l  a l l")."""
    found: list[Folded] = []
    for run in SPELLED.finditer(folded.text):
        places = [at for at in range(run.start(), run.end()) if folded.text[at] not in PARTING]
        joined = folded.keep(places)
        found.append(Folded(joined.text.translate(LEET), joined.places))
        wide = [at for at, following in pairwise(places) if following - at > 2]
        if wide and len(wide) < len(places) - 1:
            parted = folded.keep(sorted([*places, *(at + 1 for at in wide)]))
            words = "".join(" " if one in PARTING else one for one in parted.text)
            found.append(Folded(words.translate(LEET), parted.places))
    return found


def _without_stretch(folded: Folded) -> Folded:
    dropped: set[int] = set()
    for found in STRETCHED.finditer(folded.text):
        dropped.update(range(found.start() + 1, found.end()))
    return folded.keep([at for at in range(len(folded.text)) if at not in dropped])


def _without(folded: Folded, pattern: re.Pattern[str]) -> Folded:
    dropped = {found.start() for found in pattern.finditer(folded.text)}
    return folded.keep([at for at in range(len(folded.text)) if at not in dropped])
