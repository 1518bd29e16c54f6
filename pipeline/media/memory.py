"""Giving memory back: what a scene's set-up and its encoders leave behind is worth hundreds of megabytes.

glibc keeps freed memory for the thread that used it. Two scenes at once would hold twice the largest
of what each ever needed; trimming costs a few milliseconds a scene.
"""

from __future__ import annotations

import contextlib
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


_LARGE = 1_000_000  # bytes: a frame has three millions, a glyph a few thousand
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # glibc's malloc.h


@functools.cache
def keep_pictures_apart() -> None:
    """Pictures get memory of their own from now on, which the system has back as soon as they are freed.

    glibc would begin so, but raises the bound with what it sees freed, up to 32 MB, and then keeps the
    encoders' pictures among what is small: about 50 MB a scene, and 200 MB at the end of a film.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, 4 * _LARGE)


def give_back() -> None:
    """Returns freed memory to the system, where the C library can."""
    trim = _trim()
    if trim is not None:
        trim(0)
