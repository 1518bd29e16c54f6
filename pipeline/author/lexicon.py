"""What the offline author knows of English words: verbs and their forms, small words, names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pipeline.quality.words import TENS, UNITS

DATA = Path(__file__).parent / "data"


@cache
def read_words(name: str) -> tuple[str, ...]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


_SMALL = {
    name: frozenset(words.split())
    for name, words in (line.split(": ") for line in read_words("small_words.txt"))
}

FINITE_BE = frozenset({"is", "are", "was", "were", "am"})
MODALS = frozenset({"can", "could", "will", "would", "shall", "should", "must", "may", "might"})
HAVE = frozenset({"has", "have", "had"})
DO = frozenset({"do", "does", "did"})
AUXILIARIES = FINITE_BE | MODALS | HAVE | DO
DETERMINERS = _SMALL["determiners"]
PRONOUNS = _SMALL["pronouns"]
PREPOSITIONS = _SMALL["prepositions"]
CONJUNCTIONS = frozenset({"and", "or", "but", "nor", "so", "yet"})
SUBORDINATORS = _SMALL["subordinators"]
RELATIVES = frozenset({"that", "which", "who", "whom", "whose", "where", "when"})
IRREGULAR_PLURALS = _SMALL["irregular_plurals"]
LEADS = _SMALL["leads"]  # open an adverbial before the subject
GENERIC = _SMALL["generic"]  # say too little to stand on the screen
EITHER_NUMBER = frozenset({"fish", "sheep", "deer", "species", "series", "aircraft", "moose", "salmon"})


@dataclass
class VerbForm:
    """What a written form may be: `kinds` of base, third, past, participle, ing."""

    base: str
    kinds: set[str] = field(default_factory=set)
    noun_first: bool = False


@cache
def adjectives() -> frozenset[str]:
    return frozenset(word for line in read_words("adjectives.txt") for word in line.split())


@cache
def adverbs() -> frozenset[str]:
    return frozenset(word for line in read_words("adverbs.txt") for word in line.split())


@cache
def proper_names() -> frozenset[str]:
    return frozenset(word for line in read_words("proper_names.txt") for word in line.split())


@cache
def verb_forms() -> dict[str, VerbForm]:
    """Every written form of the verbs of the list."""
    forms: dict[str, VerbForm] = {}
    irregular: list[list[str]] = []
    for line in read_words("verbs.txt"):
        words = line.split()
        if len(words) == 3 and _is_irregular(words):
            irregular.append(words)
            continue
        for word in words:
            _add(forms, word.rstrip("~"), past="", participle="", noun_first=word.endswith("~"))
    for base, past, participle in irregular:
        plain = base.rstrip("~")
        for form in (plain, _past(plain)):
            forms.pop(form, None)
        _add(forms, plain, past=past, participle=participle, noun_first=base.endswith("~"))
    return forms


def _is_irregular(words: list[str]) -> bool:
    return (
        not any(word.endswith("~") for word in words[1:]) and words[0][0] == words[1][0] == words[2][0]
    ) or (words == ["go", "went", "gone"])


def _add(forms: dict[str, VerbForm], base: str, *, past: str, participle: str, noun_first: bool) -> None:
    past, participle = past or _past(base), participle or past or _past(base)
    written = {
        "base": base,
        "third": third_person(base),
        "past": past,
        "participle": participle,
        "ing": _ing(base),
    }
    for kind, form in written.items():
        # "found" is also the past of "find", "lay" of "lie": the commoner reading was added first
        known = forms.setdefault(form, VerbForm(base, noun_first=noun_first))
        if known.base == base:
            known.kinds.add(kind)


def third_person(base: str) -> str:
    if re.search(r"[^aeiou]y$", base):
        return base[:-1] + "ies"
    return base + ("es" if base.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")


def _doubles(base: str) -> bool:
    """ "stop" doubles its last letter, "heat" and "open" do not."""
    return bool(re.fullmatch(r"[^aeiou]*[aeiou][^aeiouwxy]", base)) or base in {
        "transmit",
        "occur",
        "control",
        "travel",
    }


def _past(base: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if re.search(r"[^aeiou]y$", base):
        return base[:-1] + "ied"
    return base + (base[-1] if _doubles(base) else "") + "ed"


def _ing(base: str) -> str:
    if base.endswith("ie"):
        return base[:-2] + "ying"
    if base.endswith("e") and not base.endswith(("ee", "oe", "ye")):
        return base[:-1] + "ing"
    return base + (base[-1] if _doubles(base) else "") + "ing"


def is_number(word: str) -> bool:
    lower = word.lower()
    return (
        word[:1].isdigit()
        or lower in UNITS
        or lower in TENS
        or lower in {"hundred", "thousand", "million", "billion"}
    )


def is_plural(noun: str) -> bool:
    lower = noun.lower()
    return lower in IRREGULAR_PLURALS or (
        len(lower) > 3 and lower.endswith("s") and not lower.endswith(("ss", "us", "is"))
    )
