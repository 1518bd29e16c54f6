"""Giving memory back: what a scene's set-up and its encoders leave behind is worth hundreds of megabytes.

glibc keeps freed memory for the thread that used it. Two scenes at once would hold twice the largest
of what each ever needed; trimming costs a few milliseconds a scene.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable


@functools.cache
def _trim() -> Callable[[int], int] | None:
    """glibc's `malloc_trim`; None where the C library has none (musl, macOS)."""
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return None
    return found


def give_back() -> None:
    """Returns freed memory to the system, where the C library can."""
    trim = _trim()
    if trim is not None:
        trim(0)
