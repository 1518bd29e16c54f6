"""A vendor's sound made ours, and the times of our words in it."""

from __future__ import annotations

import errno
import wave
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.media import recordings
from pipeline.media.ffmpeg import MediaFailed, MediaRefused
from pipeline.providers.base import Word

RATE = recordings.RATE
QUIETEST = 0.003  # of full scale
SENTENCE_PAUSE = 2.2  # letters' worth of silence after a full stop
COMMA_PAUSE = 1.0


def take_sound(content: bytes, path: Path) -> tuple[NDArray[np.float32], float]:
    """A vendor's sound as a mono 48 kHz WAV at `path`; its samples (-1 to 1) and its seconds.

    Raises ValueError where it cannot be used; nothing is left at `path` then. OSError for a full disk.
    """
    sent = path.with_name(f"{path.name}.sent")
    sent.write_bytes(content)
    try:
        seconds = recordings.import_recording(sent, path)
    except MediaRefused as error:
        raise ValueError(error.code) from error
    except MediaFailed as error:
        raise OSError(errno.ENOSPC, error.message) from error
    finally:
        sent.unlink(missing_ok=True)
    with wave.open(str(path), "rb") as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    return samples.astype(np.float32) / np.float32(32768), seconds


def words_from_characters(
    text: str, characters: Sequence[str], starts: Sequence[float], ends: Sequence[float], *, seconds: float
) -> tuple[Word, ...]:
    """Times of `text.split()` from times of its characters.

    Raises ValueError where the lists are ragged, do not spell the text, run backwards, or leave the sound.
    """
    if not len(characters) == len(starts) == len(ends):
        raise ValueError("its character times are ragged")
    if "".join(characters).split() != text.split():
        raise ValueError("its character times do not spell the text")
    times = [*starts, *ends]
    if not all(np.isfinite(times)) or min(times, default=0.0) < 0:
        raise ValueError("its character times are no times")
    if any(a > b for a, b in pairwise(starts)) or any(
        a > b + 1e-6 for a, b in zip(starts, ends, strict=True)
    ):
        raise ValueError("its character times run backwards")
    if max(times, default=0.0) > seconds + 0.25:
        raise ValueError("its character times go beyond the sound")
    words: list[Word] = []
    open_at: int | None = None
    for place, character in enumerate([*characters, " "]):
        if not character.strip():
            if open_at is not None:
                spelled = "".join(characters[open_at:place])
                words.append(
                    Word(
                        spelled,
                        min(starts[open_at], seconds),
                        min(max(ends[place - 1], starts[open_at]), seconds),
                    )
                )
            open_at = None
        elif open_at is None:
            open_at = place
    return tuple(words)


def estimated_words(text: str, samples: NDArray[np.float32]) -> tuple[Word, ...]:
    """Times by the number of letters, within the stretch of the sound that is not silent.

    A guess: it suits captions shown by phrase, and no word by word highlight (`timing: estimated`).
    """
    heard = np.flatnonzero(np.abs(samples) >= max(QUIETEST, 0.02 * float(np.abs(samples).max())))
    first, last = (heard[0] / RATE, (heard[-1] + 1) / RATE) if heard.size else (0.0, len(samples) / RATE)
    words = text.split()
    weights = [len(word.strip(".,;:!?\"'()")) + 1.5 for word in words]
    pauses = [
        SENTENCE_PAUSE
        if word.endswith((".", "!", "?"))
        else COMMA_PAUSE
        if word.endswith((",", ";", ":"))
        else 0.0
        for word in words
    ]
    total = sum(weights) + sum(pauses[:-1])
    beat = (last - first) / total if total else 0.0
    at, found = first, []
    for word, weight, pause in zip(words, weights, pauses, strict=True):
        found.append(Word(word, float(at), float(min(at + weight * beat, last))))
        at += (weight + pause) * beat
    return tuple(found)
