"""Places that can be shown on the globe, and which one a sentence names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pipeline.author.lexicon import read_words


@dataclass(frozen=True)
class Place:
    """A place by its first name; degrees, north and east positive."""

    name: str
    latitude: float
    longitude: float


@cache
def _places() -> dict[str, Place]:
    """Every name in small letters."""
    found: dict[str, Place] = {}
    for line in read_words("places.txt"):
        names, _, numbers = line.partition(": ")
        latitude, longitude = (float(number) for number in numbers.split())
        for name in names.split(", "):
            found[name.lower()] = Place(name, latitude, longitude)
    return found


@cache
def _pattern() -> re.Pattern[str]:
    names = sorted((place.name for place in _places().values()), key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(re.escape(name) for name in names) + r")\b(?!['’-]?\w)")


def find_place(name: str) -> Place | None:
    """The place of that name, with or without its article."""
    return _places().get(re.sub(r"^the\s+", "", " ".join(name.split()).lower()))


def find_named(sentence: str) -> list[Place]:
    """The places that a sentence names, in order, each once."""
    found = [_places()[match.group().lower()] for match in _pattern().finditer(sentence)]
    return list(dict.fromkeys(found))
