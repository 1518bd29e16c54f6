"""Names for children: free and harmless ones to choose from, and rules for those they type."""

from __future__ import annotations

import random
import re
import unicodedata

from students.models import Student
from students.personal_data import find_personal_data, words_of

SHORTEST, LONGEST = 3, 30
SUGGESTIONS = 6
ALLOWED = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?")
RESERVED = frozenset(
    {"me", "admin", "administrator", "root", "staff", "support", "student", "system", "teacher"}
)


class UsernameRefused(Exception):
    """The name cannot be taken; `code` is stable, the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def normalize_username(typed: str) -> str:
    """The name as it is stored and compared: `Brave-Otter ` and `brave-otter` are one."""
    return unicodedata.normalize("NFKC", typed).strip().casefold()


def check_username(typed: str) -> str:
    """The normalised name. Raises UsernameRefused; whether it is free, only the database knows."""
    found = find_personal_data(unicodedata.normalize("NFKC", typed).strip())
    if found is not None:
        raise UsernameRefused(found.code, found.detail)
    name = normalize_username(typed)
    if not SHORTEST <= len(name) <= LONGEST:
        raise UsernameRefused("username-length", f"A name has {SHORTEST} to {LONGEST} characters.")
    if ALLOWED.fullmatch(name) is None:
        raise UsernameRefused(
            "username-characters",
            "Use letters a to z, digits, - and _, with a letter or digit at both ends.",
        )
    if name in RESERVED:
        raise UsernameRefused("username-reserved", "This name is kept for the people who run the platform.")
    return name


def suggest_usernames(*, chance: random.Random | None = None, count: int = SUGGESTIONS) -> list[str]:
    """So many free names such as `brave-otter-17`: one query, a second one in the rarest of cases."""
    chance = chance or random.SystemRandom()
    free: list[str] = []
    while len(free) < count:
        drawn = {_draw(chance) for _ in range(4 * count)} - set(free)
        taken = set(Student.objects.filter(username__in=drawn).values_list("username", flat=True))
        free += sorted(drawn - taken, key=lambda _: chance.random())
    return free[:count]


def _draw(chance: random.Random) -> str:
    adjective = chance.choice(sorted(words_of("adjectives")))
    noun = chance.choice(sorted(words_of("nouns")))
    return f"{adjective}-{noun}-{chance.randint(10, 99)}"
