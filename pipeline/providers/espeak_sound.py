"""What becomes of the offline voice's samples: tone, pauses, clean edges, and the times of its words."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.providers.base import OutputInvalid, Word
from pipeline.providers.espeak_voices import Band, Manner, Voice, least_pause

Samples = NDArray[np.float32]
SILENCE = 0.008  # of full scale: below is silence
HEARD = 0.02  # of full scale: above, a word has begun
LONGEST_CLOSURE = 0.12  # seconds
EDGE = 0.05  # seconds of silence kept at both ends
RUMBLE = 80.0  # hertz: nothing of a voice is below


@dataclass(frozen=True)
class Spoken:
    """One synthesis: samples (-1…1) and, for each token, where its sound begins (None: it has none)."""

    samples: Samples
    sample_rate: int
    starts: list[float | None]

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate

    def word_times(self, tokens: Sequence[str]) -> list[Word]:
        """Every token with its times, in order; one without a sound of its own has the next one's start."""
        samples, sample_rate, starts, end = self.samples, self.sample_rate, self.starts, self.seconds
        filled: list[float] = [0.0] * len(tokens)
        following = end
        for index in range(len(tokens) - 1, -1, -1):
            start = starts[index]
            following = min(following, start) if start is not None else following
            filled[index] = following
        words = []
        for index, token in enumerate(tokens):
            until = filled[index + 1] if index + 1 < len(tokens) else end
            start = _heard_start(filled[index], until, samples, sample_rate)
            ended = max(start, _sound_end(filled[index], until, samples, sample_rate))
            words.append(Word(token, round(start, 3), round(ended, 3)))
        return words

    def write(self, path: Path) -> None:
        """A mono 16-bit WAV, written beside and renamed."""
        part = path.with_name(f".part-{path.name}")
        with wave.open(str(part), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(self.sample_rate)
            file.writeframes(np.clip(np.round(self.samples * 32767), -32768, 32767).astype("<i2").tobytes())
        part.replace(path)


def shape(
    path: Path,
    events: Sequence[Sequence[int]],
    sounds: Sequence[str],
    positions: Sequence[int],
    *,
    voice: Voice,
    manner: Manner,
) -> Spoken:
    """The engine's WAV trimmed, corrected in tone, with pauses where punctuation asks for them.

    `events` are (position in the text, sample) of the words, `positions` those of the sounds. Raises
    `OutputInvalid` for silence.
    """
    with wave.open(str(path), "rb") as file:
        sample_rate = file.getframerate()
        raw = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    samples = correct_tone((raw / 32768).astype(np.float32), voice.bands, sample_rate=sample_rate)
    starts: list[float | None] = [None] * len(sounds)
    token = 0
    for position, sample in events:
        while token + 1 < len(positions) and positions[token + 1] <= position:
            token += 1
        if starts[token] is None and sounds[token].strip(".,;:!? "):
            starts[token] = sample / sample_rate
    loud = np.flatnonzero(np.abs(samples) > SILENCE)
    if loud.size == 0:
        raise OutputInvalid("The offline voice made no sound for this text.", provider="espeak")
    keep = int(EDGE * sample_rate)
    first, last = max(0, int(loud[0]) - keep), min(len(samples), int(loud[-1]) + keep)
    cut = _fade(samples[first:last], sample_rate)
    moved = [None if start is None else max(0.0, start - first / sample_rate) for start in starts]
    return _pause(Spoken(cut, sample_rate, moved), sounds, manner)


def correct_tone(samples: Samples, bands: Sequence[Band], *, sample_rate: int) -> Samples:
    """The samples through a voice's correction; without delay, so that word times stay true."""
    size = 1 << (len(samples) + sample_rate // 10).bit_length()
    hertz = np.maximum(np.fft.rfftfreq(size, 1 / sample_rate), 1.0)
    decibels = np.zeros_like(hertz)
    for band in bands:
        decibels += band.decibels * np.exp2(-((np.log2(hertz / band.hertz) / (band.octaves / 2)) ** 2))
    gain = 10 ** (decibels / 20) / np.sqrt(1 + (RUMBLE / hertz) ** 4)
    made = np.fft.irfft(np.fft.rfft(samples, size) * gain, size)[: len(samples)]
    peak = float(np.abs(made).max(initial=0.0))
    return np.asarray(made * min(1.0, 0.97 / max(peak, 1e-9)), np.float32)


def _pause(made: Spoken, sounds: Sequence[str], manner: Manner) -> Spoken:
    """Silence put in where the engine's own pause after punctuation is shorter than the manner's."""
    rate, pieces, done, moved = made.sample_rate, [], 0, 0.0
    starts: list[float | None] = []
    wanted, before = 0.0, 0.0
    for sound, start in zip(sounds, made.starts, strict=True):
        if start is None:
            wanted = max(wanted, least_pause(sound, manner))
            starts.append(None)
            continue
        if wanted > 0.0 and starts:
            ended = _sound_end(before, start, made.samples, rate)
            lacks = wanted - (start - ended)
            if lacks > 0.02:
                at = int((ended + start) / 2 * rate)
                pieces += [_fade(made.samples[done:at], rate), np.zeros(int(lacks * rate), np.float32)]
                done, moved = at, moved + int(lacks * rate) / rate
        starts.append(start + moved)
        wanted, before = least_pause(sound, manner), start
    return Spoken(np.concatenate([*pieces, _fade(made.samples[done:], rate)]), rate, starts)


def _fade(samples: Samples, sample_rate: int) -> Samples:
    """Both ends run into silence within 3 ms: a cut must not click."""
    ramp = min(len(samples) // 2, int(0.003 * sample_rate))
    fade, made = np.linspace(0, 1, ramp, dtype=np.float32), samples.copy()
    made[:ramp] *= fade
    made[len(made) - ramp :] *= fade[::-1]
    return made


def _heard_start(start: float, until: float, samples: Samples, sample_rate: int) -> float:
    """Where a word is first heard: the engine's event may lie up to a tenth of a second before, where a
    mouth closes for a k or t after a pause."""
    first = int(start * sample_rate)
    part = np.abs(samples[first : min(int(until * sample_rate), first + int(LONGEST_CLOSURE * sample_rate))])
    loud = np.flatnonzero(part > HEARD)
    return start if loud.size == 0 else max(start, start + float(loud[0]) / sample_rate - 0.01)


def _sound_end(start: float, until: float, samples: Samples, sample_rate: int) -> float:
    """Where the word's sound ends before the next begins: a pause is not part of the word."""
    part = samples[int(start * sample_rate) : int(until * sample_rate)]
    loud = np.flatnonzero(np.abs(part) > SILENCE)
    if loud.size == 0:
        return until
    return min(until, start + float(loud[-1]) / sample_rate + 0.02)
