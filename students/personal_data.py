"""What in a user name could say who a child is. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
EMAIL = re.compile(r"@|\b[\w-]+\.(?:com|org|net|edu|de|fr|es|it|uk|co|io)\b", re.IGNORECASE)
DIGITS = re.compile(r"\d[\d\s().+/-]*")
DATE = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:19|20)\d\d)(?!\d)"
)
YEAR = re.compile(r"(?<!\d)(?:19[5-9]\d|20[0-3]\d)(?!\d)")
WORD = re.compile(r"[^\W\d_]+")
CAMEL = re.compile(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])")
PHONE_DIGITS = 7
SPOKEN_NAME = re.compile(r"[A-ZÀ-Þ][\w'-]+(?:\s+[A-ZÀ-Þ][\w'-]*)+")  # capitalised words with a space


@dataclass(frozen=True)
class Personal:
    """What was recognised: a stable code, and a sentence for a child."""

    code: str
    detail: str


FULL_NAME = Personal(
    "personal-name",
    "This looks like a first and a last name. Choose a name that says nothing about you.",
)


@cache
def words_of(name: str) -> frozenset[str]:
    """A word list of `students/data`, without its comments."""
    lines = (DATA / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def find_personal_data(username: str) -> Personal | None:
    """The first thing in a typed user name that could say who somebody is, None if it is harmless.

    Upper case matters: `EmmaStone` holds two words. A given name alone is allowed.
    """
    if EMAIL.search(username):
        return Personal(
            "personal-email", "This looks like an e-mail address. Choose a name that says nothing about you."
        )
    if DATE.search(username):
        return Personal(
            "personal-date", "This looks like a date of birth. Choose a name that says nothing about you."
        )
    if any(sum(map(str.isdigit, run.group())) >= PHONE_DIGITS for run in DIGITS.finditer(username)):
        return Personal(
            "personal-phone", "This looks like a phone number. Choose a name that says nothing about you."
        )
    return _find_full_name(username)


def _find_full_name(username: str) -> Personal | None:
    words = [word.casefold() for word in WORD.findall(CAMEL.sub(" ", username))]
    harmless = words_of("adjectives") | words_of("nouns")
    if SPOKEN_NAME.fullmatch(username) and not harmless.issuperset(words):
        return FULL_NAME
    if not words_of("given_names").intersection(words):
        return None
    if YEAR.search(username):
        return Personal(
            "personal-date", "A first name with a year says who you are. Choose another number or name."
        )
    others = [word for word in words if len(word) > 1 and word not in harmless]
    if len(others) >= 2 or any(len(word) == 1 for word in words):
        return FULL_NAME
    return None
