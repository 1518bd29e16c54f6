"""Small sounds that mark what happens in the picture: a breath of wind between scenes, a drop where something
comes in, a climbing sparkle for a number, a quiet clock while the viewer thinks, a bell for the recap.

They are far softer than the voice and never closer together than `APART`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.media import instruments
from pipeline.media.instruments import RATE, Sound

APART = 0.35  # seconds between the starts of two sounds; of two, the more telling one stays
TICK_EVERY = 0.5  # seconds, while the viewer thinks
MOST_POPS = 4  # a scene
_TELLING = ("chime", "think", "number", "whoosh", "tick", "pop")  # from most to least
LOUDNESS = {"whoosh": 0.080, "pop": 0.055, "number": 0.060, "tick": 0.030, "think": 0.060, "chime": 0.075}


@dataclass(frozen=True)
class Effect:
    """A sound and where it begins, in seconds of the film."""

    start: float
    kind: str  # whoosh | pop | number | think | tick | chime


@dataclass(frozen=True)
class SceneTimes:
    """What cues need of a scene; film seconds."""

    role: str
    start: float
    end: float
    speech_end: float
    reveals: tuple[tuple[float, str], ...] = ()  # (second, "pop" or "number")


def thinking_spans(scenes: Sequence[SceneTimes]) -> list[tuple[float, float]]:
    """From the end of each moment's question to the end of its scene: where music makes room."""
    return [(scene.speech_end, scene.end) for scene in scenes if scene.role == "moment"]


def find_effects(scenes: Sequence[SceneTimes]) -> list[Effect]:
    """All sounds of a film in order."""
    wanted: list[Effect] = []
    for index, scene in enumerate(scenes):
        if index and scene.role != "recap":
            wanted.append(Effect(round(scene.start - 0.18, 3), "whoosh"))
        if scene.role == "recap":
            wanted.append(Effect(round(scene.start - 0.02, 3), "chime"))
        if scene.role == "moment":
            wanted += _thinking(scene)
            continue
        pops = [Effect(start, kind) for start, kind in scene.reveals if start < scene.end - 0.3]
        numbers = [effect for effect in pops if effect.kind == "number"]
        wanted += numbers + [effect for effect in pops if effect.kind == "pop"][:MOST_POPS]
    return _spread(wanted)


def _thinking(scene: SceneTimes) -> list[Effect]:
    first = scene.speech_end + 0.12
    ticks = int(max(0.0, scene.end - 0.6 - first) / TICK_EVERY)
    return [Effect(round(first, 3), "think")] + [
        Effect(round(first + TICK_EVERY * number, 3), "tick") for number in range(1, ticks + 1)
    ]


def _spread(wanted: Sequence[Effect]) -> list[Effect]:
    kept: list[Effect] = []
    for effect in sorted(wanted, key=lambda one: (one.start, _TELLING.index(one.kind))):
        if kept and effect.start - kept[-1].start < APART:
            if _TELLING.index(effect.kind) < _TELLING.index(kept[-1].kind):
                kept[-1] = effect
            continue
        kept.append(effect)
    return kept


def lay_effects(effects: Sequence[Effect], *, seconds: float) -> Sound:
    """All sounds at their places, (samples, 2)."""
    track = np.zeros((round(seconds * RATE), 2), np.float32)
    for effect in effects:
        sound = play(effect.kind)
        at = max(0, round(effect.start * RATE))
        part = sound[: max(0, len(track) - at)]
        track[at : at + len(part)] += np.float32(LOUDNESS[effect.kind]) * part
    return track


@functools.cache
def play(kind: str) -> Sound:
    """One sound at full loudness (peak about 1), (samples, 2)."""
    made = {
        "whoosh": _whoosh,
        "pop": _pop,
        "number": _number,
        "tick": _tick,
        "think": _think,
        "chime": _chime,
    }[kind]()
    return np.asarray(made / max(1e-6, float(np.abs(made).max())), np.float32)


def _mixed(notes: Sequence[tuple[float, Sound, float]]) -> Sound:
    """(second, sound, loudness) laid over each other."""
    total = max(int(start * RATE) + len(sound) for start, sound, _ in notes)
    made = np.zeros((total, 2), np.float32)
    for start, sound, loud in notes:
        at = int(start * RATE)
        made[at : at + len(sound)] += np.float32(loud) * sound
    return made


def _whoosh() -> Sound:
    """Wind that passes from one side to the other and rises in pitch."""
    seconds = 0.42
    t = np.arange(int(seconds * RATE), dtype=np.float32) / RATE
    low, high = (
        instruments.shape_noise(seconds, 260, 1_100, 21),
        instruments.shape_noise(seconds, 900, 3_400, 22),
    )
    share = t / seconds
    shape = np.sin(np.pi * np.minimum(1, share)) ** 2.2
    mono = (low * (1 - share) + high * share * 0.8) * shape
    sides = np.stack([mono * np.cos(share * np.pi / 2), mono * np.sin(share * np.pi / 2)], axis=1)
    return np.asarray(sides, np.float32)


def _pop() -> Sound:
    """A drop: a short tone that falls upwards."""
    t = np.arange(int(0.12 * RATE), dtype=np.float32) / RATE
    phase = 2 * np.pi * (520 * t + (880 - 520) * t**2 / 0.24)
    return instruments.in_room(
        np.asarray(np.sin(phase) * np.exp(-t * 34) * np.minimum(1, t / 0.003), np.float32), wet=0.18
    )


def _number() -> Sound:
    steps = (72, 76, 79, 84)
    return _mixed(
        [
            (0.085 * n, instruments.strike("celesta", note, 0.35 + 0.1 * n), 0.7 + 0.1 * n)
            for n, note in enumerate(steps)
        ]
    )


def _tick() -> Sound:
    return instruments.beat("block")


def _think() -> Sound:
    return _mixed(
        [
            (0.0, instruments.strike("marimba", 79, 0.45), 1.0),
            (0.14, instruments.strike("marimba", 74, 0.55), 0.8),
        ]
    )


def _chime() -> Sound:
    return _mixed(
        [
            (0.0, instruments.strike("celesta", 79, 0.42), 1.0),
            (0.16, instruments.strike("celesta", 84, 0.58), 0.9),
        ]
    )
