"""Sound from a vendor: decoded and measured before anybody uses it, and word times where there are none."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.providers.base import Word

RATE = 44_100
QUIETEST = 0.003  # of full scale; a recording that never passes it holds no speech
LONGEST = 300.0  # seconds
SENTENCE_PAUSE = 2.2  # letters' worth of silence after a full stop
COMMA_PAUSE = 1.0


def decode(content: bytes) -> NDArray[np.float32]:
    """Any sound as mono 44.1 kHz samples. Raises ValueError with what is wrong."""
    parts: list[NDArray[np.float32]] = []
    seconds = 0.0
    try:
        with av.open(io.BytesIO(content), mode="r") as container:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            for frame in container.decode(audio=0):
                parts += [_flat(made) for made in resampler.resample(frame)]
                seconds = sum(map(len, parts[-1:]), 0) / RATE + seconds
                if seconds > LONGEST:
                    raise ValueError("it is longer than five minutes")
            parts += [_flat(made) for made in resampler.resample(None)]
    except (av.FFmpegError, IndexError) as error:
        raise ValueError("it cannot be decoded") from error
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if not samples.size:
        raise ValueError("it is empty")
    if float(np.abs(samples).max()) < QUIETEST:
        raise ValueError("it is silent")
    return samples


def _flat(frame: av.AudioFrame) -> NDArray[np.float32]:
    return frame.to_ndarray().reshape(-1).astype(np.float32)


def write_wav(path: Path, samples: NDArray[np.float32]) -> None:
    """Mono 16-bit WAV."""
    limited = np.clip(samples, -1.0, 1.0) * 32767
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(limited.astype("<i2").tobytes())


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
