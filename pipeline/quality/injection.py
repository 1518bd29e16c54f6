"""Orders to a machine in a text: lines that somebody planted for a model, not for a child."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pipeline.quality.folding import fold_text, spelled_out, undisguise
from pipeline.quality.words import read_list

FORBIDDEN = re.compile(r"(?:\bnever|\bnot|n['’]t)(?: ever)?\s+$")
OBEYED = re.compile(r"(?:ignore|disregard|forget|override|bypass|overlook|skip|disable)\b")


@dataclass(frozen=True)
class Order:
    """An order and its place in the text as written."""

    text: str
    start: int
    end: int


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{line})" for line in read_list("injection.txt")), re.MULTILINE)


def find_orders(text: str) -> list[Order]:
    """Every order to a machine by place. "Do not ignore the instructions" is advice, and none."""
    folded = fold_text(text)
    found: dict[int, Order] = {}
    readings = [folded, *undisguise(folded), *spelled_out(folded)]
    for reading in readings:
        for hit in _pattern().finditer(reading.text):
            before = reading.text[max(0, hit.start() - 20) : hit.start()]
            if OBEYED.match(hit.group()) and FORBIDDEN.search(before):
                continue
            start, end = reading.span(*hit.span())
            rivals = [one for one in found.values() if one.start < end and start < one.end]
            if all(end - start > one.end - one.start for one in rivals):
                for one in rivals:
                    del found[one.start]
                found[start] = Order(text[start:end], start, end)
    return [found[start] for start in sorted(found)]
