"""Can a child who has watched the film answer this question, and is the answer the right one?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from pipeline.author.lexicon import PREPOSITIONS, adjectives, verb_forms
from pipeline.quality.findings import Verdict
from pipeline.quality.likeness import (
    are_opposed,
    compare,
    denies,
    find_related,
    find_swap,
    names_of,
    root,
    telling,
)
from pipeline.quality.quantities import Quantity, quantities
from pipeline.quality.words import read_list, stop_words, tokens

MOSTLY = 0.7
HALF = 0.5
THIRD = 0.34
CONTRAST = re.compile(
    r"\b(?:but|unlike|although|though|instead|not|never|no|than|only|except)\b"
    r"|n['’]t\b",
    re.IGNORECASE,
)
QUANTIFIED = re.compile(r"\b(?:all|every|only|always|any|most|ever|each|both)\b", re.IGNORECASE)
COPULAR = re.compile(r"^(?:is|are|was|were)\b", re.IGNORECASE)

Place = Literal["evidence", "counter", "narrated", "unknown"]


@dataclass
class Reading:
    """Where each telling word and number of a question is found: in its evidence, as something else there
    ("counter"), elsewhere in the narration, or nowhere.
    """

    words: dict[str, Place] = field(default_factory=dict)
    numbers: list[tuple[Quantity, Place]] = field(default_factory=list)

    def of(self, *places: Place) -> list[str]:
        return [word for word, place in self.words.items() if place in places]

    def share(self, *places: Place) -> float:
        return len(self.of(*places)) / max(1, len(self.words))


@cache
def _light_words() -> frozenset[str]:
    return frozenset(root(word) for line in read_list("light_words.txt") for word in line.split())


def asked_words(question: str) -> list[str]:
    """The telling words of a question, without those that only ask ("is it true that …")."""
    light = _light_words()
    return [word for word in dict.fromkeys(telling(question)) if word not in light and not _is_number(word)]


def _is_number(word: str) -> bool:
    return bool(quantities(word)) or word in {"hundr", "thousand", "million", "billion", "hundred"}


def check_answer(question: str, evidence: str, *, answer: bool) -> str:
    """Why the evidence says the opposite of the answer; "" where it does not, or where that is open."""
    comparison = compare(question, evidence)
    flipped = denies(question) != denies(evidence)
    rival = _rival_number(question, evidence)
    if rival is not None and answer and comparison.share >= HALF and not flipped:
        return f"The evidence says {rival[1].text}, the question {rival[0].text}, and the answer is yes"
    words = asked_words(question)
    known = telling(evidence)
    missing = [word for word in words if not find_related(word, known)]
    swap = find_swap(question, evidence, comparison)
    if swap is not None and answer and not flipped and len(missing) <= 1 and comparison.share >= HALF:
        return f"The evidence says “{swap[1]}”, the question “{swap[0]}”, and the answer is yes"
    if missing or rival is not None or swap is not None or not words:
        return ""
    whole = comparison.other_share >= MOSTLY
    if comparison.other_share >= HALF and flipped and answer and not QUANTIFIED.search(question):
        return "The evidence denies what the question asks, and the answer is yes"
    settled = whole and not flipped and not CONTRAST.search(evidence) and not QUANTIFIED.search(question)
    if settled and not answer and _in_order(words, known):
        return "The evidence says just what the question asks, and the answer is no"
    return ""


def _in_order(words: Sequence[str], known: Sequence[str]) -> bool:
    """Whether the words stand in this order there: "the Sun goes around the Earth" is another statement."""
    at = 0
    for word in words:
        found = next((i for i in range(at, len(known)) if find_related(word, [known[i]])), None)
        if found is None:
            return False
        at = found
    return True


def _rival_number(question: str, evidence: str) -> tuple[Quantity, Quantity] | None:
    """A number of the question in whose place the evidence has another one, and not this one."""
    told = quantities(evidence)
    for asked in quantities(question):
        if asked.text.lower() == "one" and not any(one.counts_like(asked) for one in told):
            continue
        if any(asked.equals(one) for one in told):
            continue
        rivals = [one for one in told if one.counts_like(asked) or _same_kind(one, asked)]
        if rivals:
            return asked, rivals[0]
    return None


def _same_kind(one: Quantity, other: Quantity) -> bool:
    """Both plain figures, or one of them without a known unit."""
    parts = {"ratio", "percent"}
    if {one.dimension, other.dimension} <= parts or one.dimension == other.dimension:
        return True
    return "" in {one.dimension, other.dimension} and "ordinal" not in {one.dimension, other.dimension}


def read_question(
    question: str, *, answer: bool, evidence: str, context: str, narration: str, subject: str
) -> Reading:
    """Looks every telling word and number of a question up; `context` is what the evidence leans on,
    `subject` what the film is about.
    """
    reading = Reading()
    near = set(telling(evidence)) | set(telling(context))
    about = set(telling(subject))
    told = set(telling(narration))
    denied = set(telling(evidence)) - set(asked_words(question))
    for word in asked_words(question):
        place: Place = "unknown"
        if find_related(word, near) or find_related(word, about):
            place = "evidence"
        elif not answer and any(are_opposed(word, other) for other in denied):
            place = "counter"
        elif find_related(word, told):
            place = "narrated"
        reading.words[word] = place
    here = quantities(f"{evidence} {context}")
    everywhere = quantities(narration)
    for number in quantities(question):
        if number.text.lower() == "one" and not any(one.counts_like(number) for one in here):
            continue
        number_place: Place = "unknown"
        if any(number.equals(one) or number.raw == one.raw for one in here):
            number_place = "evidence"
        elif not answer and any(one.counts_like(number) or _same_kind(one, number) for one in here):
            number_place = "counter"
        elif any(number.equals(one) for one in everywhere):
            number_place = "narrated"
        reading.numbers.append((number, number_place))
    return reading


@dataclass(frozen=True)
class Doubt:
    """Why a question cannot be answered from the film, and the words at fault."""

    verdict: Verdict
    message: str
    words: tuple[str, ...]


def find_doubt(
    question: str, *, answer: bool, evidence: str, context: str, narration: str, subject: str
) -> Doubt | None:
    """What keeps a child from answering after the film; None where the evidence decides."""
    reading = read_question(
        question, answer=answer, evidence=evidence, context=context, narration=narration, subject=subject
    )
    if not reading.words and not reading.numbers:
        return Doubt("block", "The question asks about nothing that the film tells", ())
    for number, place in reading.numbers:
        if place == "unknown":
            return Doubt("block", f"The film says no number to compare {number.text} with", (number.text,))
    unknown, elsewhere = reading.of("unknown"), reading.of("narrated")
    if answer:
        return _doubt_yes(question, reading, unknown, elsewhere)
    return _doubt_no(question, evidence, reading, unknown, elsewhere)


def _doubt_yes(question: str, reading: Reading, unknown: list[str], elsewhere: list[str]) -> Doubt | None:
    if unknown:
        new = [word for word in unknown if _is_new(word, question)]
        grave = bool(new) or reading.share("unknown") >= HALF
        return Doubt("block" if grave else "review", _never_says(question, unknown), tuple(unknown))
    if reading.share("narrated") >= HALF:
        return Doubt("block", _not_together(question, elsewhere), tuple(elsewhere))
    if reading.share("narrated") >= THIRD - 0.01 and len(reading.words) > 1:
        return Doubt("review", _not_together(question, elsewhere), tuple(elsewhere))
    return None


def _doubt_no(
    question: str, evidence: str, reading: Reading, unknown: list[str], elsewhere: list[str]
) -> Doubt | None:
    """A "no" is decided where the evidence has something else in the place of what is asked, or denies it."""
    loose = unknown + elsewhere
    verdict = _weigh_no(question, evidence, reading, unknown, elsewhere) if loose else None
    if verdict is None:
        return None
    message = _never_says(question, unknown) if unknown else _not_together(question, elsewhere)
    return Doubt(verdict, message, tuple(loose))


def _weigh_no(
    question: str, evidence: str, reading: Reading, unknown: list[str], elsewhere: list[str]
) -> Verdict | None:
    loose = unknown + elsewhere
    share = len(loose) / len(reading.words)
    countered = bool(reading.of("counter")) or any(place == "counter" for _, place in reading.numbers)
    if countered or denies(question) != denies(evidence):
        return "block" if share >= HALF else None
    if share > HALF or not reading.of("evidence"):
        return "block"
    loose_in_time = any(_is_adjunct(question, word, evidence) for word in loose)
    names_kinds = COPULAR.match(question) and re.search(r"\b(?:is|are|was|were)\b", evidence, re.IGNORECASE)
    if names_kinds and _is_one_phrase(question, loose) and not loose_in_time:
        return "review" if unknown else None  # "Is the Sun a planet?" – "The Sun is a star."
    if not unknown:
        return "review" if share >= HALF else None
    said = {root(token.text) for token in tokens(evidence)}
    shares_verb = any(root(token.text) in said and _is_verb(root(token.text)) for token in tokens(question))
    return "review" if shares_verb and len(unknown) == 1 and not loose_in_time else "block"


def _is_one_phrase(question: str, words: Sequence[str]) -> bool:
    """Whether these words stand side by side: "Buzz Aldrin" is one thing."""
    places = [place for place, token in enumerate(tokens(question)) if root(token.text) in words]
    return bool(places) and places[-1] - places[0] + 1 == len(words)


def _is_verb(word: str) -> bool:
    return any(form in verb_forms() for form in (word, word + "e", word + "s", word + "es"))


def _is_new(word: str, question: str) -> bool:
    """A thing, place, time or quality that the film does not know; a verb may be a paraphrase."""
    if any(root(name) == word for name, _, _ in names_of(question)):
        return True
    written = next((token.text.lower() for token in tokens(question) if root(token.text) == word), word)
    form = verb_forms().get(written)
    return form is None or form.noun_first or written in adjectives()


def _is_adjunct(question: str, word: str, evidence: str) -> bool:
    """ "… at night?": a circumstance that the evidence has nothing for."""
    before = ""
    for token in tokens(question):
        if root(token.text) == word:
            break
        lower = token.text.lower()
        if lower in PREPOSITIONS:
            before = lower
        elif lower not in stop_words() and lower not in adjectives():
            before = ""
    return bool(before) and before not in {token.text.lower() for token in tokens(evidence)}


def _written(question: str, words: Sequence[str]) -> str:
    shown = [token.text for token in tokens(question) if root(token.text) in words]
    return ", ".join(f"“{word}”" for word in dict.fromkeys(shown))


def _never_says(question: str, words: Sequence[str]) -> str:
    return f"The film never says {_written(question, words)}, so nobody can answer this from it"


def _not_together(question: str, words: Sequence[str]) -> str:
    return f"Its evidence says nothing of {_written(question, words)}"
