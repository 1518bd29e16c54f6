"""Words that a voice says wrongly, spoken as a person wrote them; captions keep the written word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.providers.base import Word

EDGES = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)


@dataclass(frozen=True)
class Spoken:
    """What a voice is given: its text, and how many of its words each written word became."""

    text: str
    written: tuple[str, ...]
    counts: tuple[int, ...]

    def read_back(self, words: Sequence[Word]) -> tuple[Word, ...]:
        """The written words with their times: from the first spoken word of each to its last.

        `words` are those of `text`, in order.
        """
        found, place = [], 0
        for text, count in zip(self.written, self.counts, strict=True):
            said = words[place : place + count]
            found.append(Word(text, said[0].start, said[-1].end))
            place += count
        return tuple(found)


def respell(text: str, say_as: Mapping[str, str]) -> Spoken:
    """The text as it is to be spoken. A word is found in any case; the marks around it stay as they are."""
    known = {written.casefold(): spoken for written, spoken in say_as.items()}
    said, counts = [], []
    written = tuple(text.split())
    for word in written:
        before, bare, after = EDGES.match(word).groups()  # type: ignore[union-attr] # it matches every text
        spoken = known.get(bare.casefold()) if bare else None
        one = word if spoken is None else f"{before}{spoken}{after}"
        said.append(one)
        counts.append(len(one.split()))
    return Spoken(" ".join(said), written, tuple(counts))
