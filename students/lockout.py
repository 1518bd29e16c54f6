"""After too many wrong passwords nobody gets in for a while, whether or not the name exists."""

from __future__ import annotations

import math
import time

from django.utils.crypto import salted_hmac

from students import counters

SECONDS = 15 * 60
PER_NAME_AND_ADDRESS = 5
PER_NAME = 20


def blur(name: str) -> str:
    """What stands for a name in the keys of the counters."""
    return salted_hmac("students.lockout", name, algorithm="sha256").hexdigest()[:32]


def _keys(name: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
    blurred = blur(name)
    return (f"lockout:{blurred}:{address}", PER_NAME_AND_ADDRESS), (f"lockout:{blurred}", PER_NAME)


def seconds_locked(name: str, address: str) -> int:
    """How long this name stays locked for this address; 0: it is open."""
    ends = [counters.recall(f"{key}:until") or 0.0 for key, _ in _keys(name, address)]
    return max(math.ceil(max(ends) - time.time()), 0)


def note_failure(name: str, address: str) -> bool:
    """Count a wrong password; True: it was the last one allowed, and locks."""
    is_locked = False
    for key, allowed in _keys(name, address):
        if counters.count_failure(key, SECONDS) >= allowed:
            counters.remember(f"{key}:until", time.time() + SECONDS, SECONDS)
            counters.forget(key)
            is_locked = True
    return is_locked


def note_success(name: str, address: str) -> None:
    """The right password forgets this address's failures; those of other addresses stay counted."""
    (key, _), _ = _keys(name, address)
    counters.forget(key)


def forget_name(name: str) -> None:
    """The name is open again for every address that has not used up its own tries."""
    _, (key, _) = _keys(name, "")
    counters.forget(key, f"{key}:until")
