"""Written words → what a voice should say. English; pure.

The script's tokens (`text.split()`) stay the unit: each has one spoken form, possibly of several
words, possibly of none, so that times found for spoken words can be given to the written ones.
"""

from __future__ import annotations

import re

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_UNITS = {
    "km": "kilometre",
    "m": "metre",
    "cm": "centimetre",
    "mm": "millimetre",
    "kg": "kilogram",
    "g": "gram",
    "mg": "milligram",
    "l": "litre",
    "ml": "millilitre",
    "km/h": "kilometre per hour",
    "m/s": "metre per second",
    "mph": "mile per hour",
    "ft": "foot",
    "lb": "pound",
    "hz": "hertz",
    "kw": "kilowatt",
    "w": "watt",
    "v": "volt",
    "°c": "degree Celsius",
    "°f": "degree Fahrenheit",
    "°": "degree",
    "km²": "square kilometre",
    "m²": "square metre",
    "km2": "square kilometre",
    "m2": "square metre",
}
_WORDS = {
    "dr.": "Doctor",
    "mr.": "Mister",
    "mrs.": "Missus",
    "ms.": "Miz",
    "prof.": "Professor",
    "st.": "Saint",
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "et cetera.",
    "approx.": "approximately",
    "vs.": "versus",
    "vs": "versus",
    "&": "and",
    "+": "plus",
    "=": "equals",
    "×": "times",
    "÷": "divided by",
    "–": ",",
    "—": ",",
    "-": ",",
    "→": "to",
    "b.c.": "B C",
    "a.d.": "A D",
    "bc": "B C",
    "bce": "B C E",
    "ce": "C E",
}
_NUMBER = re.compile(r"^-?\d{1,3}(?:,\d{3})+(?:\.\d+)?$|^-?\d+(?:\.\d+)?$")
_WITH_UNIT = re.compile(r"^([\d.,]*\d)(%|°C|°F|°|[a-zA-Z/²]+2?)$")
_EDGES = re.compile(r"^([(\[\"'“‘]*)(.*?)([)\]\"'”’.,;:!?…]*)$", re.DOTALL)
_FORMULA = re.compile(r"^(?:[A-Z][a-z]?\d*){1,6}$")
_YEAR_BEFORE = frozenset(
    [
        "in",
        "by",
        "since",
        "from",
        "until",
        "till",
        "before",
        "after",
        "around",
        "about",
        "year",
        "during",
        "of",
        "and",
        "to",
    ]
)


def cardinal(value: int) -> str:
    """A whole number in words."""
    if value < 0:
        return "minus " + cardinal(-value)
    if value < 20:
        return _ONES[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")
    if value < 1000:
        hundreds, rest = divmod(value, 100)
        return f"{_ONES[hundreds]} hundred" + (f" and {cardinal(rest)}" if rest else "")
    for size, name in _SCALES:
        if value >= size:
            many, rest = divmod(value, size)
            joiner = " and " if 0 < rest < 100 else " "
            return f"{cardinal(many)} {name}" + (joiner + cardinal(rest) if rest else "")
    raise AssertionError("unreachable: every value from 1000 on has a scale")


def ordinal(value: int) -> str:
    head, _, last = cardinal(value).rpartition(" ")
    if last in _ORDINALS:
        last = _ORDINALS[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last += "th"
    return f"{head} {last}".strip()


def year(value: int) -> str:
    """1969 → nineteen sixty nine; 2005 → two thousand and five; 1900 → nineteen hundred."""
    century, rest = divmod(value, 100)
    if 2000 <= value < 2010 or value % 1000 == 0:
        return cardinal(value)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' + cardinal(rest) if rest < 10 else cardinal(rest)}"


def number(written: str) -> str:
    """A number as written (commas, decimals, minus) in words; digits after the point one by one."""
    digits = written.replace(",", "")
    if digits.startswith("-"):
        return "minus " + number(digits[1:])
    whole, _, decimals = digits.partition(".")
    if len(whole) > 15:
        return " ".join(_ONES[int(digit)] for digit in whole)
    words = cardinal(int(whole))
    return words + (" point " + " ".join(_ONES[int(digit)] for digit in decimals) if decimals else "")


def _unit(name: str, amount: str) -> str:
    said = _UNITS[name.lower()]
    if amount == "1":
        return said
    head, _, rest = said.partition(" ")
    if said.startswith("square "):
        return said + "s"
    plural = {"foot": "feet", "hertz": "hertz"}.get(head, head + "s")
    return f"{plural} {rest}".strip()


def _fraction(core: str) -> str:
    top, _, bottom = core.partition("/")
    over, under = int(top), int(bottom)
    if under == 0 or under > 100:
        return f"{cardinal(over)} over {cardinal(under)}"
    name = {1: "whole", 2: "half", 4: "quarter"}.get(under) or ordinal(under)
    if over != 1:
        name = "halves" if name == "half" else name + "s"
    return f"{cardinal(over)} {name}"


def _core(core: str, before: str, after: str) -> str:  # noqa: PLR0911 - one return a written form
    if _NUMBER.match(core):
        is_year = core.isdigit() and len(core) == 4 and 1100 <= int(core) <= 2099
        if is_year and before in _YEAR_BEFORE and after not in _UNITS:
            return year(int(core))
        return number(core)
    if re.fullmatch(r"\d{1,6}/\d{1,6}", core):
        return _fraction(core)
    if match := re.fullmatch(r"([\d.,]*\d)[–—-]([\d.,]*\d)", core):
        return f"{_core(match[1], before, '')} to {_core(match[2], before, after)}"
    if match := re.fullmatch(r"(\d{1,6})(st|nd|rd|th)", core):
        return ordinal(int(match[1]))
    if match := re.fullmatch(r"(\d{3}0)s", core):
        said = year(int(match[1]))
        return (said[:-1] + "ies") if said.endswith("y") else said + "s"
    if match := re.fullmatch(r"([$£€])([\d.,]*\d)", core):
        return f"{number(match[2])} {({'$': 'dollars', '£': 'pounds', '€': 'euros'})[match[1]]}"
    if (match := _WITH_UNIT.match(core)) and _NUMBER.match(match[1]):
        if match[2] == "%":
            return f"{number(match[1])} percent"
        if match[2].lower() in _UNITS:
            return f"{number(match[1])} {_unit(match[2], match[1])}"
    if any(character.isdigit() for character in core) and _FORMULA.match(core):
        return " ".join(
            cardinal(int(part)) if part.isdigit() else part for part in re.findall(r"[A-Za-z]|\d+", core)
        )
    return (
        core.replace("*", "").replace("_", " ").replace("#", "").replace("%", " percent").replace("/", " or ")
    )


def say(text: str) -> list[str]:
    """The spoken form of each token of `text.split()`, punctuation kept where it makes a pause."""
    tokens = text.split()
    made = []
    for index, token in enumerate(tokens):
        whole = _WORDS.get(token.lower())
        if whole is not None:
            made.append(whole)
            continue
        match = _EDGES.match(token)
        core, closing = (match[2], match[3]) if match else (token, "")
        before = tokens[index - 1].lower().strip(".,;:") if index else ""
        after = tokens[index + 1].lower().strip(".,;:!?") if index + 1 < len(tokens) else ""
        previous = _EDGES.match(tokens[index - 1]) if index else None
        number_before = previous is not None and previous[2][-1:].isdigit() and not previous[3]
        if core.lower() in _UNITS and number_before and previous is not None:
            said = _unit(core, previous[2])
        else:
            said = _core(core, before, after) if core else ""
        pause = "".join(mark for mark in closing if mark in ".,;:!?…").replace("…", ".")
        made.append(f"{said}{pause}" if said else pause)
    return made
