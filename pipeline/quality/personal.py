"""Personal data in a text: what may identify or reach a living person goes into no film and to no vendor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "e-mail address", "phone number", "home address", "postcode", "account name", "web address", "school"
]

EMAIL = re.compile(r"\b[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+\b", re.IGNORECASE)
WEB = re.compile(
    r"\b(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|org|net|edu|gov|info|io|co\.uk)\b(?:/\S*)?", re.IGNORECASE
)
PHONE = re.compile(
    r"(?<![\w.,])(?:\+\d{1,3}[\s.-]?)?(?:\(\d{2,5}\)[\s.-]?)?\d{2,5}(?:[\s.-]\d{2,6}){1,4}(?![\w,]|\.\d)"
)
SOLID_PHONE = re.compile(r"(?<![\w.,])(?:\+\d{9,14}|0\d{9,10})(?![\w,]|\.\d)")
SAID_PHONE = re.compile(
    r"\b(?:phone|tel|telephone|mobile|cell|call|ring|whatsapp|text)\b[^\d\n]{0,20}$", re.IGNORECASE
)
UNIT_AFTER = re.compile(
    r"\s*(?:k?m\b|kilomet|met[er]|miles?|feet|years?|people|tonnes?|tons?|kg|kilograms?|grams?|species|degrees?"
    r"|°|%|per ?cent|light|times|square|cubic|litres?|liters?|days?|hours?|minutes?|seconds?"
    r"|dollars?|pounds?|million|billion|stars?|cells?)",
    re.IGNORECASE,
)
ADDRESS = re.compile(
    r"\b(?:number |no\.? )?\d{1,5}[A-Za-z]?,?\s+(?:[A-Z][\w'’-]+\s+){1,3}"
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Close|Court|Ct|Crescent|Terrace"
    r"|Boulevard|Blvd|Gardens|Grove|Way|Place)\b"
)
FAMOUS_ADDRESS = re.compile(
    r"\b10 Downing Street|\b1600 Pennsylvania Avenue|\b221B Baker Street", re.IGNORECASE
)
UK_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[ABD-HJLNP-UW-Z]{2}\b")
US_POSTCODE = re.compile(r"\b[A-Z]{2}\s\d{5}(?:-\d{4})?\b")
HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z_]\w{2,}")
SCHOOL = re.compile(
    r"\b(?:[A-Z][\w'’.-]+\s){1,4}(?:Primary|Elementary|Middle|High|Secondary|Grammar|Infant|Junior|Nursery)\sSchool\b"
)


@dataclass(frozen=True)
class PersonalDatum:
    kind: Kind
    text: str
    start: int
    end: int


def find_personal_data(text: str) -> list[PersonalDatum]:
    """Everything that looks like personal data, in order; grouped digits before a unit are a measure."""
    found = list(_find(text))
    return sorted(found, key=lambda datum: (datum.start, datum.kind))


def _find(text: str) -> Iterator[PersonalDatum]:
    emails = [(found.start(), found.end()) for found in EMAIL.finditer(text)]
    patterns: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("e-mail address", EMAIL),
        ("web address", WEB),
        ("home address", ADDRESS),
        ("postcode", UK_POSTCODE),
        ("postcode", US_POSTCODE),
        ("account name", HANDLE),
        ("school", SCHOOL),
        ("phone number", PHONE),
        ("phone number", SOLID_PHONE),
    )
    for kind, pattern in patterns:
        for found in pattern.finditer(text):
            inside = any(start <= found.start() < end for start, end in emails)
            if inside and kind != "e-mail address":
                continue
            if kind == "phone number" and pattern is PHONE and not _is_phone(text, found):
                continue
            if kind == "home address" and FAMOUS_ADDRESS.match(found.group()):
                continue
            yield PersonalDatum(kind, found.group().strip(), found.start(), found.end())


def _is_phone(text: str, found: re.Match[str]) -> bool:
    """Nine digits or more in groups, or seven after a word such as "call"; never a measure."""
    written = found.group()
    digits = sum(character.isdigit() for character in written)
    announced = SAID_PHONE.search(text[: found.start()]) is not None
    if UNIT_AFTER.match(text, found.end()) and not announced:
        return False
    plain_shape = written[0] in "+(0" or re.fullmatch(r"\d{3}[\s.-]\d{3}[\s.-]\d{4}", written) is not None
    short = announced or re.fullmatch(r"\d{3}[-.]\d{4}", written) is not None
    return (digits >= 9 and plain_shape) or (digits >= 7 and short)
