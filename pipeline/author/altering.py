"""A true statement made false by one change: a number, a member of a group, an opposite, a thing.

The change says something else than the notes, but nobody has checked that it is false in the
world ("plants take in carbon dioxide" does not rule out that they give some off). So whoever
uses it marks the question: a person must confirm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.author.grammar import find_number, parse, read_pieces
from pipeline.author.lexicon import is_plural, read_words
from pipeline.quality.words import SCALES, TENS, UNITS, Number, numbers

OPEN_BOUND = re.compile(
    r"(?:less than|fewer than|under|up to|at most|below|almost|nearly)\s*$", re.IGNORECASE
)
MEASURE = re.compile(
    r"\s*(?:days?|hours?|minutes?|seconds?|weeks?|months?|years?|centur|met(?:re|er)s?|kilo|centi|miles?|tonnes?|grams?|lit(?:re|er)s?)",
    re.IGNORECASE,
)
SMALL_NUMBER_WORDS = {number: word for word, number in (UNITS | TENS).items()}


@dataclass(frozen=True)
class Altered:
    """The statement with `old` replaced by `new`; `kind` ranks how surely that is false (smaller is
    surer).
    """

    text: str
    old: str
    new: str
    kind: int


def alter(statement: str, *, other_things: Sequence[str] = (), seed: int = 0) -> list[Altered]:
    """Every change we know for this statement, the surest first. `other_things` are subjects of other
    sentences.
    """
    found = [*_by_number(statement), *_by_group(statement, seed), *_by_opposite(statement)]
    return sorted(found, key=lambda altered: altered.kind) + list(_by_thing(statement, other_things))


def _by_number(statement: str) -> Iterator[Altered]:
    for number in numbers(statement):
        before = statement[: number.start]
        if (
            OPEN_BOUND.search(before)
            or before.endswith(("out of ", "in every "))
            or number.value != int(number.value)
        ):
            continue
        new = _other_number(number, statement[number.end :])
        if new:
            yield _replace(statement, number.start, number.end, new, kind=0)


def _other_number(number: Number, after: str) -> str:
    value = int(number.value)
    written = number.text
    new = 0
    if re.match(r"\s*(?:%|per ?cent)", after):
        new = 100 - value if abs(100 - 2 * value) >= 20 and 0 < value < 100 else value // 2
    elif re.fullmatch(r"1\d{3}|20\d{2}", written):
        return str(value - 100)
    elif " " in written or "-" in written:
        return _other_scale(written)
    elif re.match(r"\s*out of\b", after):
        new = max(1, value // 2)
    elif value > 1:
        measure = value < 10 and MEASURE.match(after)
        new = value * 10 if measure or value >= 50 else value + 3 if value <= 10 else value * 2
    return _spell(written, new) if new else ""


def _other_scale(written: str) -> str:
    """ "three hundred" → "three thousand"; "" for "twenty-five", which has no scale."""
    first, rest = re.split(r"[\s-]", written, maxsplit=1)
    if rest.lower() not in SCALES:
        return ""
    other = {"million": "thousand", "billion": "million", "thousand": "million", "hundred": "thousand"}
    return f"{first} {other.get(rest.lower(), 'million')}"


def _spell(written: str, value: int) -> str:
    if written[0].isdigit():
        return f"{value:,}" if "," in written or value >= 10000 else str(value)
    word = SMALL_NUMBER_WORDS.get(value, "")
    return word.capitalize() if written[0].isupper() else word


@cache
def _groups() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(member.strip() for member in line.split("|")) for line in read_words("siblings.txt"))


@cache
def _opposites() -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for line in read_words("antonyms.txt"):
        one, other = line.split()
        pairs.extend(((one, other), (other, one)))
    return tuple(pairs)


def _by_group(statement: str, seed: int) -> Iterator[Altered]:
    for group in _groups():
        present = [member for member in group if _find(statement, member)]
        if len(present) != 1:
            continue  # "solids and liquids": changing one of several says little
        others = [one for one in group if one != present[0] and is_plural(one) == is_plural(present[0])]
        place = _find(statement, present[0]) if others else None
        if place is not None:
            new = others[seed % len(others)]
            yield _replace(statement, *place, new, kind=1)


def _by_opposite(statement: str) -> Iterator[Altered]:
    for word, opposite in _opposites():
        place = _find(statement, word)
        if (
            place is not None
            and _find(statement, opposite) is None
            and not _is_fixed(statement, word, *place)
        ):
            yield _replace(statement, *place, opposite, kind=2)


def _is_fixed(statement: str, word: str, start: int, end: int) -> bool:
    """ "take up", "at first", "more than", "day and night": the word is part of a phrase, not an opposite."""
    before = statement[:start].rstrip().rpartition(" ")[2].lower()
    after = statement[end:].lstrip().partition(" ")[0].lower()
    if word in {"up", "down", "over", "under", "left", "back", "even", "last", "like", "open", "right"}:
        return True
    if word in {"first", "before", "after", "more", "most"}:
        return before in {"at", "the"} or after in {"of", "than"} or word in {"before", "after"}
    return after == "as" or before == "as"


def _by_thing(statement: str, others: Sequence[str]) -> Iterator[Altered]:
    """Another thing of the notes in the place of the subject."""
    clause = parse(statement)
    if clause is None or clause.subject[0].tag == "pron":
        return
    start, end = clause.subject[0].start, clause.subject[-1].end
    mine = find_number(clause.subject)
    for other in others:
        said = re.sub(r"^(?:the|a|an)\s+", "", other, flags=re.IGNORECASE).lower()
        if said in statement.lower() or find_number(read_pieces(other)) != mine:
            continue
        new = other if start == 0 else other[0].lower() + other[1:]
        yield _replace(statement, start, end, new, kind=3)


def _find(statement: str, word: str) -> tuple[int, int] | None:
    """Where a word stands: names as written, other words in any case but not as part of a name."""
    if word.lower() not in statement.lower():
        return None
    exact, opening = _patterns(word)
    found = exact.search(statement)
    if found is None and word[0].islower():
        found = opening.match(statement)
    return found.span() if found else None


@cache
def _patterns(word: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    exact = rf"(?<![\w'’-]){re.escape(word)}(?![\w'’-])"
    return re.compile(exact), re.compile(rf"{re.escape(word.capitalize())}(?![\w'’-])")


def _replace(statement: str, start: int, end: int, new: str, *, kind: int) -> Altered:
    old = statement[start:end]
    if old[0].isupper() and start == 0:
        new = new[0].upper() + new[1:]
    text = statement[:start] + new + statement[end:]
    text = re.sub(
        rf"\b([Aa])n?(?= {re.escape(new)}\b)",
        lambda a: a.group(1) + ("n" if new[0].lower() in "aeiou" else ""),
        text,
    )
    return Altered(text, old, new, kind)
