"""Timbres of our own: struck bars and plates, plucked strings, pads, a little percussion.

Each function gives a finished stereo note, (samples, 2) float32 at 48 kHz with its room, so that a tune is
made by adding few different notes many times. Everything is a function of its arguments: no clock, no
global state. Partials of bars and tines after Fletcher and Rossing, The Physics of Musical Instruments.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
Sound = NDArray[np.float32]

_BAR = ((1.0, 1.0, 3.4), (3.93, 0.22, 11.0), (9.2, 0.05, 26.0))  # partial, share, decay: a tuned wooden bar
_TINE = ((1.0, 1.0, 2.6), (2.0, 0.10, 4.5), (5.42, 0.14, 9.0), (6.27, 0.05, 14.0))  # a thumb piano's tongue
_PLATE = ((1.0, 1.0, 2.0), (2.76, 0.18, 3.6), (5.40, 0.07, 6.5), (8.93, 0.02, 12.0))  # a celesta's plate
_STRING = tuple((float(n), 0.9 / n**1.5, 2.0 + 1.1 * n) for n in range(1, 9))  # a harp's string


def hertz_of(note: float) -> float:
    """The pitch of a MIDI note."""
    return float(440.0 * 2 ** ((note - 69) / 12))


def _time(seconds: float) -> Sound:
    return np.arange(int(seconds * RATE), dtype=np.float32) / np.float32(RATE)


def shape_noise(seconds: float, low: float, high: float, seed: int) -> Sound:
    """Noise between two frequencies, mono, peak 1; its edges are soft."""
    count = int(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    octaves = np.log2(np.maximum(np.fft.rfftfreq(count, 1 / RATE), 1.0))
    above = 1 / (1 + np.exp(-6 * (octaves - np.log2(low))))
    below = 1 / (1 + np.exp(6 * (octaves - np.log2(high))))
    made = np.fft.irfft(spectrum * above * below, count)
    return np.asarray(made / max(1e-9, np.abs(made).max()), np.float32)


@functools.cache
def _room() -> tuple[Sound, Sound]:
    """A small bright room: 0.9 s of decaying noise a side, no direct sound."""
    t = _time(0.9)
    sides = []
    for seed in (11, 12):
        tail = shape_noise(0.9, 250, 5_200, seed) * np.exp(-t * 6.2) * np.minimum(1, t / 0.012)
        sides.append(np.asarray(tail / np.sqrt(np.sum(tail**2)), np.float32))
    return sides[0], sides[1]


def in_room(dry: Sound, *, wet: float = 0.22, pan: float = 0.5) -> Sound:
    """A mono sound at its place between left (0) and right (1), with the room around it."""
    room = _room()
    count = len(dry) + len(room[0])
    size = 1 << count.bit_length()
    spectrum = np.fft.rfft(dry, size)
    made = np.empty((count, 2), np.float32)
    for side, gain in ((0, np.cos(pan * np.pi / 2)), (1, np.sin(pan * np.pi / 2))):
        made[:, side] = wet * np.fft.irfft(spectrum * np.fft.rfft(room[side], size), size)[:count]
        made[: len(dry), side] += np.float32(gain) * dry
    made[-2400:] *= np.linspace(1, 0, 2400, dtype=np.float32)[:, None]
    return made


def _struck(
    note: int, partials: tuple[tuple[float, float, float], ...], *, seconds: float, attack: float
) -> Sound:
    t = _time(seconds)
    hertz = hertz_of(note)
    slow = (hertz / 440.0) ** 0.45  # high notes die sooner
    tone = np.zeros_like(t)
    for ratio, share, decay in partials:
        if hertz * ratio < 15_000:
            tone += (
                np.float32(share)
                * np.sin(np.float32(2 * np.pi * hertz * ratio) * t)
                * np.exp(-t * decay * slow)
            )
    fade = np.minimum(1, (seconds - t) / 0.05)
    return np.asarray(tone * np.minimum(1, t / attack) * fade, np.float32)


@functools.lru_cache(maxsize=256)
def strike(instrument: str, note: int, pan: float) -> Sound:
    """One note of "kalimba", "marimba", "celesta" or "harp", at full loudness (peak about 1)."""
    if instrument == "marimba":
        dry = _struck(note, _BAR, seconds=1.0, attack=0.003)
        knock = (
            shape_noise(0.03, 500, 2_200, note) * np.linspace(1, 0, int(0.03 * RATE), dtype=np.float32) ** 2
        )
        dry[: len(knock)] += 0.10 * knock
        return in_room(dry, wet=0.20, pan=pan)
    if instrument == "celesta":
        return in_room(_struck(note, _PLATE, seconds=1.8, attack=0.004), wet=0.34, pan=pan)
    if instrument == "harp":
        return in_room(_struck(note, _STRING, seconds=1.5, attack=0.002), wet=0.24, pan=pan)
    dry = _struck(note, _TINE, seconds=1.5, attack=0.004)
    thumb = shape_noise(0.02, 900, 3_500, note) * np.linspace(1, 0, int(0.02 * RATE), dtype=np.float32) ** 2
    dry[: len(thumb)] += 0.06 * thumb
    return in_room(dry, wet=0.22, pan=pan)


@functools.lru_cache(maxsize=128)
def hold(note: int, seconds: float, airy: bool) -> Sound:
    """A soft held tone, both sides a little out of tune with each other; swells in and out."""
    t = _time(seconds)
    swell = np.minimum(1, t / 0.7) ** 1.4 * np.minimum(1, np.maximum(0, seconds - t) / 0.9) ** 1.4
    harmonics = ((1, 1.0), (2, 0.20), (3, 0.05)) if airy else ((1, 1.0), (2, 0.34), (3, 0.12), (4, 0.05))
    made = np.empty((len(t), 2), np.float32)
    for side, detune, speed in ((0, -0.0016, 0.19), (1, 0.0016, 0.23)):
        phase = np.float32(2 * np.pi * hertz_of(note) * (1 + detune)) * t
        tone = sum(np.float32(share) * np.sin(phase * number + number * side) for number, share in harmonics)
        made[:, side] = tone * swell * (1 + np.float32(0.10) * np.sin(np.float32(2 * np.pi * speed) * t))
    return made


@functools.lru_cache(maxsize=64)
def pluck_bass(note: int, seconds: float) -> Sound:
    """A round low note that a phone's speaker still shows by its overtones."""
    t = _time(seconds)
    phase = np.float32(2 * np.pi * hertz_of(note)) * t
    tone = (
        np.sin(phase)
        + np.float32(0.42) * np.sin(2 * phase) * np.exp(-t * 2)
        + np.float32(0.16) * np.sin(3 * phase) * np.exp(-t * 4)
    )
    shape = np.minimum(1, t / 0.012) * np.exp(-t * 1.5) * np.minimum(1, np.maximum(0, seconds - t) / 0.12)
    mono = np.asarray(tone * shape, np.float32)
    return np.stack([mono, mono], axis=1)


@functools.cache
def beat(drum: str) -> Sound:
    """One stroke of "shaker", "kick", "block" or "brush", at full loudness."""
    if drum == "kick":
        t = _time(0.24)
        sweep = 2 * np.pi * (46 * t + (118 - 46) / 26 * (1 - np.exp(-26 * t)))
        return in_room(
            np.asarray(np.sin(sweep) * np.exp(-t * 15) * np.minimum(1, t / 0.003), np.float32), wet=0.06
        )
    if drum == "block":
        t = _time(0.11)
        tone = np.sin(2 * np.pi * 860 * t) + 0.4 * np.sin(2 * np.pi * 1_930 * t)
        return in_room(
            np.asarray(tone * np.exp(-t * 42) * np.minimum(1, t / 0.002), np.float32), wet=0.16, pan=0.58
        )
    if drum == "brush":
        t = _time(0.2)
        return in_room(
            shape_noise(0.2, 1_600, 6_500, 7) * np.exp(-t * 18) * np.minimum(1, t / 0.006), wet=0.14, pan=0.44
        )
    t = _time(0.09)
    grain = shape_noise(0.09, 4_200, 9_500, 8) * np.minimum(1, t / 0.018) * np.exp(-t * 38)
    return in_room(np.asarray(grain, np.float32), wet=0.08, pan=0.62)
