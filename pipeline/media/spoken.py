"""Written words → what a voice should say. English; pure.

The script's tokens (`text.split()`) stay the unit: each has one spoken form, possibly of several
words, possibly of none, so that times found for spoken words can be given to the written ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pipeline.media.numerals import cardinal, clock, decade, fraction, number, ordinal, roman, year

_UNITS = {
    "km": "kilometre", "m": "metre", "cm": "centimetre", "mm": "millimetre", "nm": "nanometre", "mi": "mile",
    "ft": "foot", "kg": "kilogram", "g": "gram", "mg": "milligram", "t": "tonne", "lb": "pound",
    "oz": "ounce", "l": "litre", "ml": "millilitre", "km/h": "kilometre per hour",
    "kph": "kilometre per hour",
    "mph": "mile per hour", "m/s": "metre per second", "km/s": "kilometre per second",
    "m/s2": "metre per second squared", "hz": "hertz", "khz": "kilohertz", "w": "watt", "kw": "kilowatt",
    "mw": "megawatt", "gw": "gigawatt", "kwh": "kilowatt hour", "v": "volt", "n": "newton", "j": "joule",
    "kj": "kilojoule", "kcal": "kilocalorie", "db": "decibel", "s": "second", "sec": "second",
    "min": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "mins": "minute", "secs": "second",
    "°c": "degree Celsius", "°f": "degree Fahrenheit", "°": "degree",
    "km2": "square kilometre", "m2": "square metre",
    "cm2": "square centimetre", "m3": "cubic metre", "cm3": "cubic centimetre", "km3": "cubic kilometre",
    "ha": "hectare", "gb": "gigabyte", "mb": "megabyte", "p": "penny", "¢": "cent", "x": "time",
}  # fmt: skip
_ALONE = frozenset(_UNITS) - {"p", "x", "¢", "°"}  # units that may stand a space away from their number
_PLURALS = {"foot": "feet", "hertz": "hertz", "kilohertz": "kilohertz", "penny": "pence"}
_WORDS = {
    "dr.": "Doctor", "dr": "Doctor", "mr.": "Mister", "mr": "Mister", "mrs.": "Missus", "mrs": "Missus",
    "ms.": "Miz", "prof.": "Professor", "st.": "Saint", "mt.": "Mount", "e.g.": "for example",
    "e.g": "for example", "i.e.": "that is", "etc.": "et cetera.", "etc": "et cetera",
    "approx.": "approximately", "vs.": "versus", "vs": "versus", "&": "and", "+": "plus", "=": "equals",
    "×": "times", "÷": "divided by", "≈": "is about", "<": "is less than", ">": "is more than",
    "→": "to", "b.c.": "B C", "a.d.": "A D", "bc": "B C", "bce": "B C E", "ce": "C E",
    "a.m.": "A M", "p.m.": "P M", "u.s.": "U S", "u.k.": "U K", "24/7": "twenty four seven",
    "and/or": "and or", "π": "pi", "ph": "P H", "dna": "D N A", "rna": "R N A", "uv": "U V",
    "nacl": "N A C L", "fig.": "figure", "max.": "maximum", "°": "degrees",
}  # fmt: skip
_BREAKS = frozenset(["–", "—", "-"])  # a dash alone is a pause
_SCALE_WORDS = frozenset(["hundred", "thousand", "million", "billion", "trillion"])
_MONEY = {"$": ("dollar", "cents"), "£": ("pound", "pence"), "€": ("euro", "cents")}
_OPERATORS = {"+": "plus", "=": "equals", "×": "times", "÷": "divided by", "−": "minus", "*": "times"}


def _split(words: str) -> frozenset[str]:
    return frozenset(words.split())


_YEAR_BEFORE = _split(
    "in by since from until till before after around about year years during of and to between early late "
    "spring summer autumn winter january february march april may june july august september october "
    "november december circa"
)
_COUNTED = _split("war part chapter stage type phase volume act level grade class")
_AMOUNT = r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?"
_NUMBER = re.compile(rf"(?:{_AMOUNT})")
_EDGES = re.compile(r"^([(\[\"'“‘]*)(.*?)([)\]\"'”’.,;:!?…]*)$", re.DOTALL)
_FORMULA = re.compile(r"(?:\(?[A-Z][a-z]?\)?\d*){1,8}")
_PLAIN = str.maketrans("₀₁₂₃₄₅₆₇₈₉²³−", "012345678923-")
_PARTS_OF_ONE = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅛": "1/8"}


def say(text: str) -> list[str]:
    """The spoken form of each token of `text.split()`, punctuation kept where it makes a pause."""
    tokens = text.split()
    return [_token(tokens, index) for index in range(len(tokens))]


def _token(tokens: list[str], index: int) -> str:
    token = tokens[index]
    if token in _BREAKS:
        return ","
    previous = tokens[index - 1] if index else ""
    following = tokens[index + 1] if index + 1 < len(tokens) else ""
    if token.lower() in ("no.", "nos.") and following[:1].isdigit():
        return "number" if token.lower() == "no." else "numbers"
    match = _EDGES.match(token)
    core, closing = (match[2], match[3]) if match else (token, "")
    if (whole := _WORDS.get(token.lower())) is not None:
        return whole
    pause = "".join(mark for mark in closing if mark in ".,;:!?…").replace("…", ".")
    if (whole := _WORDS.get(f"{core}.".lower()) or _WORDS.get(core.lower())) is not None:
        abbreviated = closing.startswith(".") and f"{core}.".lower() in _WORDS
        return whole + (pause[1:] if abbreviated else pause)
    said = _money_scale(previous, core) or _spaced(previous, core)
    if not said and core:
        said = _core(core, previous.lower().strip('("“.,;:'), following.lower().strip('.,;:!?)"”'))
    return f"{said}{pause}" if said else pause


def _money_scale(previous: str, core: str) -> str:
    """$5 million → five / million dollars."""
    before = _EDGES.match(previous)
    if core.lower() in _SCALE_WORDS and before and before[2][:1] in _MONEY and not before[3]:
        return f"{core} {_MONEY[before[2][0]][0]}s"
    return ""


def _spaced(previous: str, core: str) -> str:
    """A unit, a fraction or a Roman numeral that means something because of the token before it."""
    before = _EDGES.match(previous)
    if before is None or before[3]:
        return ""
    amount = before[2].translate(_PLAIN)
    unit = core.translate(_PLAIN)
    if unit.lower() in _ALONE and (amount[-1:].isdigit() or amount in _PARTS_OF_ONE):
        return _unit(unit, amount)
    if core.lower() in ("am", "pm") and amount[-1:].isdigit():
        return " ".join(core.upper())
    part = _PARTS_OF_ONE.get(core, core)
    if re.fullmatch(r"\d{1,2}/\d{1,2}", part) and amount.isdigit() and len(amount) < 3:
        return f"and {'a half' if part == '1/2' else _fraction(part)}"
    if len(core) > 1 and (value := roman(core)) and before[2][:1].isupper():
        return cardinal(value) if before[2].lower() in _COUNTED else f"the {ordinal(value)}"
    return ""


def _unit(name: str, amount: str) -> str:
    said = _UNITS[name.lower()]
    if amount in ("1", "-1") or "/" in amount or amount in _PARTS_OF_ONE:
        return said
    first, _, rest = said.partition(" ")
    if first in ("square", "cubic") or (rest == "hour" and first == "kilowatt"):
        return said + "s"
    return f"{_PLURALS.get(first, first + 's')} {rest}".strip()


def _fraction(core: str) -> str:
    over, _, under = core.partition("/")
    return fraction(int(over), int(under))


def _say_range(match: re.Match[str], before: str, after: str) -> str:
    """5–7, 5–7km, 1914–1918: the parts as they would be said alone, with "to" between them."""
    low, high = match[1], match[2]
    both_years = all(len(part) == 4 and 1000 < int(part) <= 2099 for part in (low, high) if part.isdigit())
    hint = "in" if both_years and low.isdigit() and high.isdigit() else before
    return f"{_core(low, hint, '')} to {_core(high, hint, after)}"


def _say_money(match: re.Match[str], before: str, after: str) -> str:
    name, small = _MONEY[match[1]]
    if after in _SCALE_WORDS:
        return number(match[2])
    whole, _, rest = match[2].partition(".")
    said = f"{number(whole)} {name}" + ("" if whole == "1" else "s")
    if len(rest) == 2 and int(rest):
        return f"{said} {cardinal(int(rest))}" if whole != "0" else f"{cardinal(int(rest))} {small}"
    return said if not rest or not int(rest) else f"{number(match[2])} {name}s"


def _say_number(match: re.Match[str], before: str, after: str) -> str:
    core = match[0]
    is_year = core.isdigit() and len(core) == 4 and 1000 < int(core) <= 2099
    if is_year and before in _YEAR_BEFORE and after not in _ALONE:
        return year(int(core))
    return number(core)


def _say_measured(match: re.Match[str], before: str, after: str) -> str:
    amount, name = match[1], match[2]
    if name == "%":
        return f"{number(amount)} percent"
    if name.lower() in ("am", "pm"):
        return f"{number(amount)} {' '.join(name.upper())}"
    if name.lower() in _UNITS:
        return f"{number(amount)} {_unit(name, amount)}"
    return f"{number(amount)} {name}"


def _say_clock(match: re.Match[str], before: str, after: str) -> str:
    hours, minutes = int(match[1]), int(match[2])
    if len(match[2]) == 2 and hours < 25 and minutes < 60:
        said = clock(hours, minutes)
        if match[3]:
            return f"{said.removesuffix(" o'clock")} {' '.join(match[3].upper())}"
        return said
    return f"{cardinal(hours)} to {cardinal(minutes)}"  # a ratio


def _say_sum(match: re.Match[str], before: str, after: str) -> str:
    """2+2=4, 3×5: numbers and signs written without spaces."""
    parts = re.findall(rf"{_AMOUNT}|[+=×÷*]|-", match[0])
    return " ".join(_OPERATORS.get(part) or ("minus" if part == "-" else number(part)) for part in parts)


def _say_formula(match: re.Match[str], before: str, after: str) -> str:
    parts = re.findall(r"[A-Za-z]|\d+", match[0])
    return " ".join(cardinal(int(part)) if part.isdigit() else part.upper() for part in parts)


def _say_power(match: re.Match[str], before: str, after: str) -> str:
    return f"{number(match[1])} {'squared' if match[2] == '²' else 'cubed'}"


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], str, str], str]], ...] = (
    (_NUMBER, _say_number),
    (re.compile(r"(\d{1,6})/(\d{1,6})"), lambda match, before, after: _fraction(match[0])),
    (re.compile(r"([\d.,]*\d(?:%|°[CF]?)?)[–—-]([\d.,]*\d(?:%|°[CF]?|[a-zA-Z/]+[23]?)?)"), _say_range),
    (re.compile(r"(\d{1,6})(?:st|nd|rd|th)"), lambda match, before, after: ordinal(int(match[1]))),
    (re.compile(r"(\d{3}0)'?s"), lambda match, before, after: decade(int(match[1]))),
    (re.compile(r"['’]?([2-9]0)s"), lambda match, before, after: decade(int(match[1]))),
    (re.compile(r"([$£€])([\d.,]*\d)"), _say_money),
    (re.compile(r"#(\d{1,6})"), lambda match, before, after: f"number {cardinal(int(match[1]))}"),
    (re.compile(r"(\d{1,3}):(\d{1,3})([ap]m)?", re.IGNORECASE), _say_clock),
    (re.compile(rf"({_AMOUNT})(%|¢|°[CFcf]?|[a-zA-Z]{{1,4}}(?:/[a-zA-Z])?[23]?)"), _say_measured),
    (re.compile(rf"(?:{_AMOUNT})(?:[+=×÷*-](?:{_AMOUNT}))+"), _say_sum),
)  # fmt: skip
_POWER = re.compile(rf"({_AMOUNT})([²³])")


def _core(core: str, before: str, after: str) -> str:
    """A token without its punctuation; the tokens around it in lower case."""
    if core in _PARTS_OF_ONE:
        return _fraction(_PARTS_OF_ONE[core])
    if match := _POWER.fullmatch(core):
        return _say_power(match, before, after)
    plain = core.translate(_PLAIN)
    if any(character.isdigit() for character in plain):
        for pattern, rule in _RULES:
            if match := pattern.fullmatch(plain):
                return rule(match, before, after)
        if match := _FORMULA.fullmatch(plain):
            return _say_formula(match, before, after)
        if re.search(r"[-–—]", plain.strip("-–—")):  # mid-1800s, 10-year-old
            return " ".join(_core(part, before, after) for part in re.split(r"[-–—]", plain) if part)
    bare = (
        core.replace("*", "").replace("_", " ").replace("#", "").replace("%", " percent").replace("/", " or ")
    )
    return re.sub(r"\d+", lambda match: f" {number(match[0])} ", bare).strip()
