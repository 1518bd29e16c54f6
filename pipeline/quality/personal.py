"""Personal data in a text: what may identify or reach a living person goes into no film and to no vendor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pipeline.quality.folding import fold_text

Kind = Literal[
    "e-mail address", "phone number", "home address", "postcode", "account name", "web address", "school",
    "child's name", "birth date", "identity number",
]  # fmt: skip
DOUBTFUL: frozenset[str] = frozenset({"school", "child's name", "birth date"})  # a person looks; no block

ENDINGS = (
    "com|org|net|edu|gov|info|io|co|uk|de|fr|eu|ca|au|tv|app|dev|gg|ly|xyz|shop|site|online|store|club|biz"
)
EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\]|\{at\}|<at>)\s?[\w-]{1,63}(?:\s?(?:\.|\(dot\)"
    r"|\[dot\]|\sdot\s)\s?[\w-]{1,63}){1,4}\b"
    rf"|(?<![\w.+-])[\w.+-]{{1,64}} at [\w-]{{1,63}} dot (?:{ENDINGS})\b",
    re.IGNORECASE,
)
WEB = re.compile(
    r"\b(?:https?://|www\.)\S{1,300}|(?<![\w.-])[A-Za-z0-9][\w-]{0,62}(?:\.[\w-]{1,63}){0,2}"
    rf"\.(?:{ENDINGS})\b(?:/\S{{0,300}})?|\b(?:www|w w w) dot \w{{1,63}}|\b[\w-]{{1,63}} dot (?:com|org"
    rf"|net|co dot uk)\b"
)
PHONE = re.compile(
    r"(?<![\w.,])(?:\+\d{1,3}[\s.-]?)?(?:\(\d{2,5}\)[\s.-]?)?\d{1,5}(?:[\s./-]{1,3}\d{2,6}){1,5}(?![\w,]"
    r"|\.\d)"
)
SOLID_PHONE = re.compile(r"(?<![\w.,])(?:\+\d{9,14}|0\d{9,10})(?![\w,]|\.\d)")
SINGLE_DIGITS = re.compile(r"(?<![\w.,])\d(?:[\s.-]\d){8,13}(?![\w,])")
SPOKEN_DIGIT = "zero|oh|nought|one|two|three|four|five|six|seven|eight|nine"
SPOKEN_PHONE = re.compile(
    rf"\b(?:(?:double |triple )?(?:{SPOKEN_DIGIT})[\s,.-]{{1,3}}){{6,14}}(?:double "
    rf"|triple )?(?:{SPOKEN_DIGIT})\b",
    re.IGNORECASE,
)
SAID_PHONE = re.compile(
    r"\b(?:phone|tel|telephone|mobile|cell|call|ring|whatsapp|text|dial|phoning|texting|(?:my|her|his|our"
    r"|their) number)\b[^\d\n]{0,24}$",
    re.IGNORECASE,
)
UNIT_AFTER = re.compile(
    r"\s*(?:k?m\b|kilomet|met[er]|miles?|feet|years?|people|tonnes?|tons?|kg|kilograms?|grams?|species"
    r"|degrees?"
    r"|°|%|per ?cent|light|times|square|cubic|litres?|liters?|days?|hours?|minutes?|seconds?"
    r"|dollars?|pounds?|million|billion|stars?|cells?)",
    re.IGNORECASE,
)
STREET = (
    r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Close|Court|Ct|Crescent|Terrace"
    r"|Boulevard|Blvd|Gardens|Grove|Way|Place|Square|Mews|Parkway|Highway)"
)
ADDRESS = re.compile(
    rf"\b(?:(?:[Ff]lat|[Aa]partment|[Uu]nit|[Hh]ouse) \w{{1,4}},? )?(?:[Nn]umber "
    rf"|[Nn]o\.? )?\d{{1,5}}[A-Za-z]?,?\s+(?:[A-Z][\w'’-]{{0,40}}\s+){{1,3}}{STREET}\b"
    r"|\b[A-Z]\w{1,30}(?:straße|strasse|str\.|weg|platz|gasse|allee)\s\d{1,4}[a-z]?\b"
    r"|\b\d{1,4},?\s(?:rue|via|calle)\s(?:\w+\s){0,3}[A-Z]\w{1,30}"
)
SAID_ADDRESS = re.compile(
    r"\b(?:lives?|living|stays?) at (?:number )?\d{1,5}\s\w[\w ]{1,40}"
    r"|\b(?:home )?address is:?\s[\w ,]{3,60}",
    re.IGNORECASE,
)
YEAR_BEFORE = re.compile(r"\b(?:in|since|by|until|after|before|from|of|year|summer|fire)\s$", re.IGNORECASE)
FAMOUS_ADDRESS = re.compile(
    r"\b10 Downing Street|\b1600 Pennsylvania Avenue|\b221B Baker Street", re.IGNORECASE
)
UK_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[ABD-HJLNP-UW-Z]{2}\b")
US_POSTCODE = re.compile(
    r"\b(?:AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM"
    r"|NY|NC|ND|OH"
    r"|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY)\s\d{5}(?:-\d{4})?\b|\b(?:zip|postal"
    r"|post) ?code:? (?:is )?\w{2,5} ?\w{2,5}\b"
)
HANDLE = re.compile(
    r"(?<![\w@.])@[A-Za-z_]\w{2,40}"
    r"|\b(?:[Uu]ser ?name|[Gg]amer ?tag|[Hh]andle|[Ss]nap(?:chat)?|[Ii]nsta(?:gram)?|[Dd]iscord"
    r"|[Tt]ik ?[Tt]ok|[Tt]elegram|[Ss]kype|[Rr]oblox)"
    r"(?: name| account| id| ID)?(?: is|:| =| -) ?[\w.#]{3,40}"
    r"|\b(?:[Aa]dd|[Ff]ind|[Ff]ollow|[Mm]essage|[Dd][Mm]|[Tt]ext) me (?:on|at) [\w.]{2,40}"
)
SCHOOL = re.compile(
    r"\b(?:[A-Z][\w'’.-]{0,40}\s){1,4}(?:Primary|Elementary|Middle|High|Secondary|Grammar|Infants?|Junior"
    r"|Nursery|Prep|Preparatory)\s(?:School|Academy)\b"
    r"|(?:(?<=\bat )|(?<=\bto )|(?<=\bof )|(?<=\battends )|(?<=\bfrom )|(?<=\bnear ))(?:(?!Sunday|Music"
    r"|Art|Medical|Law|Business|The)[A-Z][\w'’.-]{0,40}\s){1,4}(?:School|Academy|Kindergarten|Preschool"
    r"|College)\b"
)
CHILD = re.compile(
    r"\b[Mm]y (?:full )?name is [A-Z][\w'’-]{1,30} [A-Z][\w'’-]{1,30}"
    r"|\b[A-Z][\w'’-]{1,30} [A-Z][\w'’-]{1,30},? (?:aged|age|who is) (?:[5-9]|1[0-7])\b"
    r"|\b[A-Z][\w'’-]{1,30} [A-Z][\w'’-]{1,30} (?:is in|from) (?:class|year|grade) \d{1,2}\w?\b"
)
BIRTH = re.compile(
    r"\b(?:date of birth|d\.?o\.?b\.?|birthday is|was born on|born on)\b:? ?\w{0,4} ?(?:\d{1,2}(?:st|nd"
    r"|rd|th)?[ ./-](?:of )?\w{2,9}[ ./-](?:20[01]\d|202\d|\d\d)\b|\w{3,9} \d{1,2}(?:st|nd|rd"
    r"|th)?,? (?:20[01]\d|202\d)\b)",
    re.IGNORECASE,
)
IDENTITY = re.compile(
    r"(?<![\w.,-])(?:\d{4}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{4}|\d{3}-\d{2}-\d{4})(?![\w,-])"
    r"|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"
    r"|\b(?:passport|insurance|licence|license|social security|credit card|card|account|pin"
    r"|student id) (?:number|no\.?|code):? (?:is )?[A-Z]{0,3}\d[\dA-Z -]{3,20}"
    r"|\bpassword(?: is|:) ?\S{3,40}|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])",
    re.IGNORECASE,
)
PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("e-mail address", EMAIL),
    ("web address", WEB),
    ("home address", ADDRESS),
    ("home address", SAID_ADDRESS),
    ("postcode", UK_POSTCODE),
    ("postcode", US_POSTCODE),
    ("account name", HANDLE),
    ("school", SCHOOL),
    ("child's name", CHILD),
    ("birth date", BIRTH),
    ("identity number", IDENTITY),
    ("phone number", PHONE),
    ("phone number", SOLID_PHONE),
    ("phone number", SINGLE_DIGITS),
    ("phone number", SPOKEN_PHONE),
)


@dataclass(frozen=True)
class PersonalDatum:
    kind: Kind
    text: str
    start: int
    end: int


def find_personal_data(text: str) -> list[PersonalDatum]:
    """Everything that looks like personal data, in order; grouped digits before a unit are a measure."""
    folded = fold_text(text, keep_case=True)
    found: list[PersonalDatum] = []
    for kind, hit in _find(folded.text):
        start, end = folded.span(*_trimmed(hit))
        known = [one for one in found if one.start < end and start < one.end]
        if not any(one.kind == kind or one.kind in {"e-mail address", "identity number"} for one in known):
            found.append(PersonalDatum(kind, text[start:end], start, end))
    return sorted(found, key=lambda datum: (datum.start, datum.kind))


def _trimmed(hit: re.Match[str]) -> tuple[int, int]:
    written = hit.group()
    return hit.start() + len(written) - len(written.lstrip()), hit.start() + len(written.rstrip(" \n\t.,;:!"))


def _find(text: str) -> Iterator[tuple[Kind, re.Match[str]]]:
    for kind, pattern in PATTERNS:
        for found in pattern.finditer(text):
            if kind == "phone number" and not _is_phone(text, found, pattern):
                continue
            if kind == "identity number" and re.fullmatch(r"[01 -]+", found.group()):
                continue  # a binary number
            if kind == "home address" and not _is_address(text, found):
                continue
            if kind == "postcode" and pattern is UK_POSTCODE and not re.search(r"\s|.{6}", found.group()):
                continue
            yield kind, found


def _is_address(text: str, found: re.Match[str]) -> bool:
    if FAMOUS_ADDRESS.match(found.group()):
        return False
    is_year = re.match(r"1[0-9]{3}\b|20\d\d\b", found.group()) is not None
    return not (is_year and YEAR_BEFORE.search(text[max(0, found.start() - 12) : found.start()]))


def _is_phone(text: str, found: re.Match[str], pattern: re.Pattern[str]) -> bool:
    """Nine digits or more in groups, or seven after a word such as "call"; never a measure or a count."""
    if pattern is SOLID_PHONE:
        return True
    if pattern in {SINGLE_DIGITS, SPOKEN_PHONE}:
        return not _is_count(found.group())
    written = found.group()
    digits = sum(character.isdigit() for character in written)
    before = text[max(0, found.start() - 60) : found.start()]
    announced = SAID_PHONE.search(before) is not None
    if UNIT_AFTER.match(text, found.end()) and not announced:
        return False
    plain_shape = (
        written[0] in "+(0" or re.fullmatch(r"(?:1[\s.-])?\d{3}[\s.-]\d{3}[\s.-]\d{4}", written) is not None
    )
    short = announced or re.fullmatch(r"\d{3}[-.]\d{4}", written) is not None
    return (digits >= 9 and plain_shape) or (digits >= 7 and short)


def _is_count(written: str) -> bool:
    """ "one two three …", "2 4 6 8 …": steps of one size are counting, not a number to call."""
    names = SPOKEN_DIGIT.replace("oh|nought|", "").split("|")
    said = [int(one) if one.isdigit() else names.index(one) if one in names else -9
            for one in re.findall(r"\d|[a-z]+", written.lower())]  # fmt: skip
    steps = {after - before for before, after in pairwise(said)}
    return len(steps) == 1
