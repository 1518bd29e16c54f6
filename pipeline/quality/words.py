"""Words and numbers in a text: the common ground of the checks and of the offline author."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"

WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
ZERO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


@dataclass(frozen=True)
class Token:
    text: str
    start: int
    end: int


@cache
def read_list(name: str) -> tuple[str, ...]:
    """The entries of a data file: one a line, "#" opens a comment."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


@cache
def stop_words() -> frozenset[str]:
    return frozenset(word for line in read_list("function_words.txt") for word in line.split())


def tokens(text: str) -> list[Token]:
    """Words and numbers with their places; hyphens part words."""
    return [Token(found.group(), found.start(), found.end()) for found in WORD.finditer(text)]


def count_words(text: str) -> int:
    """Words as a voice and the captions count them: what white space parts."""
    return len(text.split())


def collapse(text: str) -> str:
    """White space as single blanks: how two spellings of a sentence are compared."""
    return " ".join(text.split())


@cache
def stem(word: str) -> str:
    """A crude English stem, good enough to meet "plants" with "plant" and "moved" with "moves"."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        stemmed = word.removesuffix(ending) + instead
        if word.endswith(ending) and len(stemmed) >= 3 and not word.endswith(("ss", "us", "is")):
            return stemmed.rstrip("e") if len(stemmed) > 3 else stemmed
    return word.rstrip("e") if len(word) > 4 else word


def content_stems(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order, numbers included."""
    stop = stop_words()
    return [stem(token.text) for token in tokens(text) if token.text.lower() not in stop]


# --------------------------------------------------------------------------- numbers

_COUNTED = dict(line.split(": ") for line in read_list("number_words.txt"))
UNITS = {word: number for number, word in enumerate(_COUNTED["unit"].split())}
TENS = {word: 10 * number for number, word in enumerate(_COUNTED["ten"].split(), 2)}
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}


@dataclass(frozen=True)
class Number:
    """A number in a text, in digits or in words, and its value."""

    text: str
    value: float
    start: int
    end: int


def numbers(text: str) -> list[Number]:
    """Every number of the text. A lone "one" is a pronoun as often as a number and is left out."""
    found: list[Number] = []
    run: list[Token] = []
    for token in tokens(text):
        if run and not _joins(text, run, token):
            found.extend(_number_of(text, run))
            run = []
        if _is_numeric(token.text, inside=bool(run)):
            run.append(token)
    found.extend(_number_of(text, run))
    return found


def _is_numeric(word: str, *, inside: bool) -> bool:
    lower = word.lower()
    return word[0].isdecimal() or lower in UNITS or lower in TENS or (inside and lower in SCALES)


def _joins(text: str, run: list[Token], token: Token) -> bool:
    between = text[run[-1].end : token.start]
    if between.strip(" -") or not _is_numeric(token.text, inside=True):
        return False
    last, word = run[-1].text.lower(), token.text.lower()
    if word in SCALES:
        return True
    if token.text[0].isdecimal() or last[0].isdecimal():
        return False
    return (last in TENS and UNITS.get(word, 10) < 10) or last in SCALES


def _number_of(text: str, run: list[Token]) -> Iterable[Number]:
    if not run or (len(run) == 1 and run[0].text.lower() == "one"):
        return []
    total, current = 0.0, 0.0
    for token in run:
        word = token.text.lower()
        if word in SCALES:
            current = (current or 1) * SCALES[word]
            if SCALES[word] > 100:
                total, current = total + current, 0.0
        elif word in UNITS or word in TENS:
            current += UNITS.get(word, TENS.get(word, 0))
        else:
            current += _digits(word)
    start, end = run[0].start, run[-1].end
    return [Number(text[start:end], total + current, start, end)]


def _digits(written: str) -> float:
    """ "1,000" is a thousand, "3.5" three and a half; a comma before other than three digits parts
    decimals.
    """
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", written):
        return float(written.replace(",", ""))
    if re.fullmatch(r"\d+[.,]\d+", written):
        return float(written.replace(",", "."))
    return float(re.sub(r"\D", "", written))
