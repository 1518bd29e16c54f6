"""The music bed: composed and played by us, seeded by the film, so that it carries no licence."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.media import instruments
from pipeline.media.composition import MOODS, Note, Tune, compose
from pipeline.media.instruments import RATE, Sound

__all__ = ["MOODS", "RATE", "Sound", "make_bed", "write_bed", "write_wav"]

LOUDNESS = -23.0  # dB of full scale, root mean square over the loud half: what every bed is brought to
CEILING = 0.7  # of full scale
FADE_IN, FADE_OUT = 0.25, 0.9  # seconds


def make_bed(
    *,
    mood: str,
    seed: int,
    seconds: float,
    age_group: str = "8-10",
    quiet: Sequence[tuple[float, float]] = (),
) -> Sound:
    """The bed of a film, (samples, 2), normalised; starts and ends in silence."""
    return play(compose(mood, seed=seed, seconds=seconds, age_group=age_group, quiet=quiet), seconds)


def play(tune: Tune, seconds: float) -> Sound:
    """A tune as sound, (samples, 2), brought to `LOUDNESS`."""
    bed = np.zeros((round(seconds * RATE), 2), np.float32)
    for note in tune.notes:
        sound = _sound_of(note)
        at = max(0, round(note.start * RATE))
        part = sound[: max(0, len(bed) - at)]
        bed[at : at + len(part)] += np.float32(note.loud) * part
    _normalise(bed)
    _fade(bed)
    return bed


def _sound_of(note: Note) -> Sound:
    if note.kind == "pad":
        return instruments.hold(note.pitch, note.seconds, airy=note.pitch > 62)
    if note.kind == "bass":
        return instruments.pluck_bass(note.pitch, note.seconds)
    if note.kind in ("shaker", "kick", "block", "brush"):
        return instruments.beat(note.kind)
    return instruments.strike(note.kind, note.pitch, note.pan)


def _normalise(bed: Sound) -> None:
    """In place: the loud half of the tune at `LOUDNESS`, peaks under `CEILING` by one gain for all."""
    window = RATE // 2
    count = len(bed) // window
    if count == 0:
        return
    power = np.sort((bed[: count * window] ** 2).mean(axis=1).reshape(count, window).mean(axis=1))
    loud = float(power[count // 2 :].mean())
    gain = 10 ** (LOUDNESS / 20) / max(1e-6, loud**0.5)
    peak = float(np.abs(bed).max()) * gain
    bed *= np.float32(gain * min(1.0, CEILING / max(1e-6, peak)))


def _fade(bed: Sound) -> None:
    first, last = min(len(bed), int(FADE_IN * RATE)), min(len(bed), int(FADE_OUT * RATE))
    bed[:first] *= np.linspace(0, 1, first, dtype=np.float32)[:, None]
    bed[len(bed) - last :] *= np.linspace(1, 0, last, dtype=np.float32)[:, None] ** 1.5


def write_bed(
    path: Path,
    *,
    mood: str,
    seed: int,
    seconds: float,
    age_group: str = "8-10",
    quiet: Sequence[tuple[float, float]] = (),
) -> None:
    """A 48 kHz stereo WAV of the bed."""
    write_wav(path, make_bed(mood=mood, seed=seed, seconds=seconds, age_group=age_group, quiet=quiet))


def write_wav(path: Path, samples: Sound) -> None:
    """16-bit WAV at 48 kHz from (samples,) or (samples, channels) in -1…1."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(np.round(samples * 32767), -32768, 32767).astype("<i2").tobytes())
