"""The music bed: our own synthesis, seeded by the film, so that it carries no licence.

A loop of eight bars (pad chords, a soft bass, light plucks, a shaker) is made once and laid end to
end; tempo, key, chords and density follow the mood.
"""

from __future__ import annotations

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
Sound = NDArray[np.float32]


@dataclass(frozen=True)
class Mood:
    tempo: int  # beats a minute
    root: int  # MIDI note
    chords: tuple[tuple[int, ...], ...]  # semitones over the root, one a bar
    scale: tuple[int, ...]
    density: float  # share of half beats with a pluck
    bright: float  # loudness of the plucks' overtones


_MAJOR, _MINOR = (0, 2, 4, 7, 9, 12, 14), (0, 3, 5, 7, 10, 12, 15)
MOODS = {
    "calm": Mood(76, 48, ((0, 4, 7, 11), (9, 12, 16), (5, 9, 12, 16), (7, 11, 14)), _MAJOR, 0.34, 0.25),
    "wonder": Mood(82, 45, ((0, 3, 7, 10), (8, 12, 15), (3, 7, 10, 14), (10, 14, 17)), _MINOR, 0.42, 0.35),
    "curious": Mood(96, 50, ((0, 4, 7), (7, 11, 14), (9, 12, 16), (5, 9, 12)), _MAJOR, 0.52, 0.40),
    "bright": Mood(104, 53, ((0, 4, 7), (5, 9, 12), (9, 12, 16), (7, 11, 14)), _MAJOR, 0.58, 0.50),
}


def _hertz(note: float) -> float:
    return float(440.0 * 2 ** ((note - 69) / 12))


def _pad(note: int, seconds: float) -> Sound:
    """A slow, slightly detuned tone, stereo (samples, 2)."""
    t = np.arange(int(seconds * RATE), dtype=np.float32) / RATE
    swell = np.minimum(1, t / 0.9) * np.minimum(1, (seconds - t) / 1.1)
    hertz = _hertz(note)
    sides = []
    for detune in (-0.0022, 0.0022):
        wave_ = sum(
            np.sin(2 * np.pi * hertz * (1 + detune) * harmonic * t) * share
            for harmonic, share in ((1, 1.0), (2, 0.28), (3, 0.10))
        )
        sides.append(wave_ * swell * (1 + 0.12 * np.sin(2 * np.pi * 0.23 * t)))
    return np.stack(sides, axis=1).astype(np.float32)


def _pluck(note: int, bright: float) -> Sound:
    """A soft struck bar, mono."""
    t = np.arange(int(1.1 * RATE), dtype=np.float32) / RATE
    hertz = _hertz(note)
    tone = np.sin(2 * np.pi * hertz * t) * np.exp(-t * 4.2)
    tone += bright * np.sin(2 * np.pi * hertz * 3.01 * t) * np.exp(-t * 11)
    tone += bright * 0.4 * np.sin(2 * np.pi * hertz * 5.4 * t) * np.exp(-t * 22)
    return np.asarray(tone * np.minimum(1, t / 0.004), np.float32)


def _add(loop: Sound, sound: Sound, at: int, left: float, right: float) -> None:
    """Adds with the end wrapped to the beginning, so that the loop has no seam."""
    stereo = sound if sound.ndim == 2 else np.stack([sound, sound], axis=1)
    stereo = stereo * np.array([left, right], np.float32)
    length = len(loop)
    at %= length
    first = min(len(stereo), length - at)
    loop[at : at + first] += stereo[:first]
    rest = stereo[first:]
    if len(rest):
        loop[: len(rest)] += rest[:length]


def make_loop(mood: str, seed: int) -> Sound:
    """Eight bars, (samples, 2), peak 0.5."""
    look = MOODS.get(mood, MOODS["curious"])
    rng = np.random.default_rng(seed)
    beat = 60 / look.tempo
    bar = int(4 * beat * RATE)
    loop = np.zeros((bar * 8, 2), np.float32)
    root = look.root + int(rng.integers(-2, 3))
    for number in range(8):
        chord = look.chords[number % len(look.chords)]
        for tone in chord:
            _add(loop, _pad(root + tone, 4 * beat + 1.0), number * bar, 0.075, 0.075)
        _add(loop, _pad(root + chord[0] - 12, 4 * beat + 0.6), number * bar, 0.10, 0.10)
        for half in range(8):
            if rng.random() > look.density or (half == 0 and number % 2):
                continue
            pool = [root + 12 + tone for tone in chord] + [root + 12 + tone for tone in look.scale[:5]]
            note = int(pool[int(rng.integers(0, len(pool)))])
            side = float(rng.uniform(0.3, 0.7))
            loud = float(rng.uniform(0.10, 0.18)) * (1.25 if half % 4 == 0 else 1.0)
            at = number * bar + int(half * beat / 2 * RATE)
            sound = _pluck(note, look.bright)
            _add(loop, sound, at, loud * (1 - side) * 2, loud * side * 2)
            _add(loop, sound, at + int(0.75 * beat * RATE), loud * side * 0.5, loud * (1 - side) * 0.5)
    peak = float(np.abs(loop).max())
    return np.asarray(loop * (0.5 / max(peak, 1e-6)), np.float32)


def write_bed(path: Path, *, mood: str, seed: int, seconds: float) -> None:
    """A 48 kHz stereo WAV of `seconds`, with a fade at both ends."""
    loop = make_loop(mood, seed)
    total = round(seconds * RATE)
    bed = np.resize(loop, (total, 2)).copy()
    fade_in, fade_out = min(total, int(0.8 * RATE)), min(total, int(1.6 * RATE))
    bed[:fade_in] *= np.linspace(0, 1, fade_in, dtype=np.float32)[:, None]
    bed[total - fade_out :] *= np.linspace(1, 0, fade_out, dtype=np.float32)[:, None] ** 1.5
    write_wav(path, bed)


def write_wav(path: Path, samples: Sound) -> None:
    """16-bit WAV at 48 kHz from (samples,) or (samples, channels) in -1…1."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(np.round(samples * 32767), -32768, 32767).astype("<i2").tobytes())
