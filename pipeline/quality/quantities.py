"""Numbers as statements: their value in digits, words, fractions, ordinals or percent, their unit, and what
they count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.quality.words import SCALES, TENS, UNITS, Token, read_list, stem, stop_words

TOKEN = re.compile(
    r"\d{1,3}(?:[ \u00a0\u202f]\d{3}){1,6}(?![\d.,]*\d)|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d+|\d+"
    r"|[^\W\d_]+(?:['’][^\W\d_]+)*|[%°½¼¾⅓⅔⅛⅕/,.;:!?()–—-]"
)
SIGNS = {"½": 1 / 2, "¼": 1 / 4, "¾": 3 / 4, "⅓": 1 / 3, "⅔": 2 / 3, "⅛": 1 / 8, "⅕": 1 / 5}
ORDINALS = {
    "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "fortieth": 40,
    "fiftieth": 50, "sixtieth": 60, "seventieth": 70, "eightieth": 80, "ninetieth": 90, "hundredth": 100,
    "thousandth": 1000, "millionth": 10**6,
}  # fmt: skip
PARTS = {"half": 2, "halves": 2, "quarter": 4, "quarters": 4} | {
    f"{word}s": n for word, n in ORDINALS.items()
}
FACTORS = {"twice": 2.0, "doubles": 2.0, "doubled": 2.0, "triple": 3.0, "triples": 3.0, "dozen": 12.0}
FIXED: dict[str, tuple[float, str]] = (
    {sign: (value, "ratio") for sign, value in SIGNS.items()}
    | {word: (value, "" if word == "dozen" else "times") for word, value in FACTORS.items()}
    | {word: (float(value), "ordinal") for word, value in ORDINALS.items()}
)
SUFFIXES = {"st", "nd", "rd", "th"}
NEAR = 0.005  # relative difference that a conversion between units may round away


@dataclass(frozen=True)
class Quantity:
    """`value` is in the base unit of `dimension` ("" counts things, "ratio", "ordinal", "length", …); `raw`
    is the figure as written; `noun` is the stem of what is counted, "" where that is not clear.
    """

    text: str
    value: float
    raw: float
    dimension: str
    noun: str
    start: int
    end: int

    def equals(self, other: Quantity) -> bool:
        """The same quantity, units converted; a bare figure meets the same figure with any unit."""
        if {self.dimension, other.dimension} <= {"ratio", "percent"}:
            same_form = self.dimension == other.dimension
            return abs(self.value - other.value) <= (1e-9 if same_form else NEAR)
        if self.dimension == other.dimension:
            if is_near(self.value * other.raw, other.value * self.raw, within=1e-6):  # the same unit
                return is_near(self.raw, other.raw, within=1e-9)
            return is_near(self.value, other.value, within=NEAR)
        if "" in {self.dimension, other.dimension} and "ordinal" not in {self.dimension, other.dimension}:
            return is_near(self.raw, other.raw, within=1e-9)
        return False

    def counts_like(self, other: Quantity) -> bool:
        """Whether both say how much of the same: one dimension, or the same thing counted."""
        if self.dimension != other.dimension:
            return False
        return self.dimension not in {"", "ordinal", "ratio"} or (bool(self.noun) and self.noun == other.noun)


def is_near(one: float, other: float, *, within: float) -> bool:
    return abs(one - other) <= within * max(abs(one), abs(other))


@cache
def _units() -> dict[str, tuple[str, float]]:
    units: dict[str, tuple[str, float]] = {}
    for line in read_list("units.txt"):
        dimension, rest = line.split(": ")
        factor, *spellings = rest.split()
        units |= {spelling: (dimension, float(factor)) for spelling in spellings}
    return units


def quantities(text: str) -> list[Quantity]:
    """Every quantity by place. A lone "one" is included and has the text "one": callers decide what it is."""
    return list(_quantities(text))


@lru_cache(maxsize=2048)  # every sentence is compared with every note
def _quantities(text: str) -> tuple[Quantity, ...]:
    read = [Token(found.group(), found.start(), found.end()) for found in TOKEN.finditer(text)]
    found: list[Quantity] = []
    at = 0
    while at < len(read):
        number = _read_number(read, at)
        if number is None:
            at += 1
            continue
        found.append(_with_unit(text, read, at, number))
        at = max(number[1], at + 1)
    return tuple(found)


def _read_number(read: list[Token], at: int) -> tuple[float, int, str] | None:
    """(value, index after, dimension) of the number that starts at a token."""
    word = read[at].text.lower()
    if word[0].isdecimal():
        return _read_digits(read, at)
    if word in FIXED:
        value, dimension = FIXED[word]
        return value, at + 1, dimension
    if word in {"half", "halves", "quarter"}:
        return _read_lone_part(read, at, word)
    if word in UNITS or word in TENS or (word == "a" and _word(read, at + 1) in SCALES):
        return _read_words(read, at)
    return None


def _word(read: list[Token], at: int) -> str:
    return read[at].text.lower() if 0 <= at < len(read) else ""


def _read_lone_part(read: list[Token], at: int, word: str) -> tuple[float, int, str] | None:
    """ "half of", "half an hour", "a quarter of"; "in half" and "the first half" tell no amount."""
    following, before = _word(read, at + 1), _word(read, at - 1)
    if following in {"of", "a", "an", "the", "as"} and before not in {"in", "other", "first", "each", "into"}:
        return 1 / PARTS[word], at + 1, "ratio"
    return None


def _read_digits(read: list[Token], at: int) -> tuple[float, int, str]:
    value = figure(read[at].text)
    after, dimension = at + 1, ""
    joined = after < len(read) and read[after].start == read[at].end
    if _word(read, after) == "/" and _word(read, after + 1)[:1].isdecimal():
        below = figure(read[after + 1].text)
        return (value / below if below else 0.0), after + 2, "ratio"
    if joined and _word(read, after) in SUFFIXES:
        return value, after + 1, "ordinal"
    if joined and read[after].text in SIGNS:
        return value + SIGNS[read[after].text], after + 1, ""
    if joined and _word(read, after) == "s":
        return value, after + 1, "decade"
    while _word(read, after) in SCALES:
        value, after = value * SCALES[_word(read, after)], after + 1
    if _word(read, after) in PARTS and _word(read, after) not in {"half", "quarter"}:
        return value / PARTS[_word(read, after)], after + 1, "ratio"
    return value, after, dimension


def figure(written: str) -> float:
    """ "1,000" and "1 000" are a thousand, "3.5" three and a half."""
    return float(re.sub(r"[,\s\u00a0\u202f]", "", written))


def _read_words(read: list[Token], at: int) -> tuple[float, int, str]:
    total, current, after = 0.0, 0.0, at
    last = ""
    while after < len(read):
        word = _word(read, after)
        if word in {"-", "and"} and last:
            following = _word(read, after + 1)
            is_number = following in UNITS or following in TENS or following in ORDINALS
            if (word == "-" and is_number and last in TENS) or (
                word == "and" and last in SCALES and is_number
            ):
                after += 1
                continue
            break
        if word == "a" and not last:
            current = 1.0
        elif word in SCALES:
            current = (current or 1.0) * SCALES[word]
            if SCALES[word] > 100:
                total, current = total + current, 0.0
        elif word in UNITS and (not last or last in SCALES or (last in TENS and UNITS[word] < 10)):
            current += UNITS[word]
        elif word in TENS and (not last or last in SCALES):
            current += TENS[word]
        elif word in ORDINALS and last in TENS and ORDINALS[word] < 10:
            return total + current + ORDINALS[word], after + 1, "ordinal"
        else:
            break
        last, after = word, after + 1
    value = total + current
    return _continue_words(read, after, value)


def _continue_words(read: list[Token], after: int, value: float) -> tuple[float, int, str]:
    word, following = _word(read, after), _word(read, after + 1)
    if word == "point" and following in UNITS:
        digits, after = "", after + 1
        while _word(read, after) in UNITS and UNITS[_word(read, after)] < 10:
            digits, after = digits + str(UNITS[_word(read, after)]), after + 1
        value = float(f"{value:.0f}.{digits}") if digits else value
        while _word(read, after) in SCALES:
            value, after = value * SCALES[_word(read, after)], after + 1
        return value, after, ""
    if word == "-" and following in PARTS:
        word, after = following, after + 1
    if word in PARTS and (value > 1 or word in {"half", "quarter"}):
        return value / PARTS[word], after + 1, "ratio"
    if word in ORDINALS and value == 1.0:
        return 1.0 / ORDINALS[word], after + 1, "ratio"
    if word == "dozen":
        return value * 12.0, after + 1, ""
    if word == "and" and following in {"a", "one"} and _word(read, after + 2) in {"half", "quarter"}:
        return value + 1 / PARTS[_word(read, after + 2)], after + 3, ""
    return value, after, ""


def _with_unit(text: str, read: list[Token], at: int, number: tuple[float, int, str]) -> Quantity:
    value, after, dimension = number
    start, end = read[at].start, read[after - 1].end
    raw = value
    if at and read[at - 1].text in {"-", "–"} and read[at - 1].end == start and _opens(text, start - 1):
        value, raw = -value, -raw
    word = _word(read, after)
    place = after
    if word == "°":
        place += 1
        scale = _word(read, place) if _word(read, place) in {"c", "f"} else ""
        return Quantity(text[start:end], value, raw, "angle", scale, start, end)
    if word in {"%", "percent"} or (word == "per" and _word(read, after + 1) == "cent"):
        return Quantity(text[start:end], value / 100.0, raw, "percent", "", start, end)
    if word in {"-", "–"}:
        word, place = _word(read, after + 1), after + 1
    if word == "times":
        return Quantity(text[start:end], value, raw, "times", "", start, end)
    if dimension == "ratio":
        while word in {"of", "a", "an"}:
            place += 1
            word = _word(read, place)
    if _is_year(read, at, after, dimension):
        return Quantity(text[start:end], value, raw, "year", "", start, end)
    unit = _units().get(word)
    if unit and dimension in {"", "ratio"} and not (word == "m" and dimension == "ratio"):
        return Quantity(text[start:end], value * unit[1], raw, unit[0], "", start, end)
    noun = _noun(read, place) or ("" if dimension else _noun_before(read, at))
    return Quantity(text[start:end], value, raw, dimension, noun, start, end)


def _is_year(read: list[Token], at: int, after: int, dimension: str) -> bool:
    """Four plain figures after "in", "about", "by" … and before nothing that they could count."""
    written = read[at].text
    if dimension or after != at + 1 or not re.fullmatch(r"1\d{3}|20\d{2}", written):
        return False
    word = _word(read, after)
    return word not in _units() and (not word or not word[0].isalpha() or word in stop_words())


def _opens(text: str, at: int) -> bool:
    """Whether a dash opens a number ("−40") instead of joining two ("10-20")."""
    return at == 0 or text[at - 1] in " (\n"


def _noun_before(read: list[Token], at: int) -> str:
    """ "magnitude 9.5", "Apollo 11": what a plain figure numbers."""
    word = _word(read, at - 1)
    is_plain = bool(word) and word[0].isalpha() and word not in stop_words() and word not in UNITS
    return stem(word) if is_plain and read[at].text[0].isdecimal() else ""


def _noun(read: list[Token], at: int) -> str:
    """The stem of what is counted: the last of at most three telling words before a mark or a small word."""
    noun = ""
    for place in range(at, min(at + 4, len(read))):
        word = read[place].text
        if not word[0].isalpha():
            break
        if word.lower() in UNITS or word.lower() in TENS or word.lower() in SCALES:
            break
        if word.lower() in stop_words() or word.lower() in NOT_COUNTED:
            if noun or word.lower() not in {"of", "the", "a", "an", "more", "other", "different"}:
                break
            continue
        if noun and word.lower() in AFTER_NOUN:
            break
        noun = stem(word)
    return noun


AFTER_NOUN = frozenset(word for line in read_list("after_nouns.txt") for word in line.split())
NOT_COUNTED = frozenset({"and", "or", "to"})


def claims_of(text: str) -> Iterator[Quantity]:
    """The quantities that say an amount: without the pronoun "one" and without nought."""
    for one in quantities(text):
        if one.text.lower() not in {"one", "zero", "0"}:
            yield one
