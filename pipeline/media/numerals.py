"""Numbers in English words, the British way ("one hundred and five"). Pure."""

from __future__ import annotations


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_ONES = _split(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = _split("zero ten twenty thirty forty fifty sixty seventy eighty ninety")
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
_ROMAN = {"I": 1, "V": 5, "X": 10}


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
    """1 → first, 22 → twenty second."""
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


def decade(value: int) -> str:
    """1960 → nineteen sixties; 1800 → eighteen hundreds; 90 → nineties."""
    said = year(value) if value > 99 else cardinal(value)
    return (said[:-1] + "ies") if said.endswith("y") else said + "s"


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


def fraction(over: int, under: int) -> str:
    """2/4 → two quarters; a denominator that has no name of its own: three over 250."""
    if under == 0 or under > 100:
        return f"{cardinal(over)} over {cardinal(under)}"
    name = {1: "whole", 2: "half", 4: "quarter"}.get(under) or ordinal(under)
    if over != 1:
        name = "halves" if name == "half" else name + "s"
    return f"{cardinal(over)} {name}"


def clock(hours: int, minutes: int) -> str:
    """6:00 → six o'clock; 9:05 → nine oh five."""
    if minutes == 0:
        return f"{cardinal(hours)} o'clock"
    return f"{cardinal(hours)} {'oh ' + cardinal(minutes) if minutes < 10 else cardinal(minutes)}"


def roman(written: str) -> int:
    """The value of a Roman numeral of I, V and X; 0 where it is none, or not as the Romans wrote it."""
    if not written or set(written) - set(_ROMAN):
        return 0
    values = [_ROMAN[letter] for letter in written]
    total = sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))
    return total if _write_roman(total) == written else 0


def _write_roman(value: int) -> str:
    if not 0 < value < 40:
        return ""
    ones = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
    return "X" * (value // 10) + ones[value % 10]
