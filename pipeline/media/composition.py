"""A tune for a film: key, form, chords and figures, chosen by mood and seed. Pure; seconds come out.

Form: two bars of entrance, phrases of four bars (the same figure, varied, then a second figure that answers),
two bars that thin out, and a last chord that rings until the film ends. Nothing is looped. While the viewer
thinks (`quiet` spans) only the held chords go on.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

RING = 2.6  # seconds the last chord rings
SPEEDS = (0.94, 1.06)  # how far the tempo may leave its mood's so that the last bar ends in time


@dataclass(frozen=True)
class Mood:
    tempo: float  # beats a minute
    keys: tuple[int, ...]  # MIDI notes of possible tonics
    verses: tuple[tuple[tuple[int, ...], ...], ...]  # progressions of four chords, semitones over the tonic
    answers: tuple[tuple[tuple[int, ...], ...], ...]
    scale: tuple[int, ...]
    lead: str  # instrument of the first figure
    second: str
    rhythms: tuple[tuple[int, ...], ...]  # eighths of a bar on which a figure plays
    airy: bool = False


_MAJOR, _MINOR = (0, 2, 4, 7, 9), (0, 3, 5, 7, 10)  # pentatonic: no note of them is ever wrong
_I, _II, _III, _IV, _V, _VI = (
    (0, 4, 7, 14),
    (2, 5, 9, 12),
    (4, 7, 11, 14),
    (5, 9, 12, 16),
    (7, 11, 14, 17),
    (9, 12, 16, 19),
)
_I7, _IV7, _VI7 = (0, 4, 7, 11), (5, 9, 12, 16), (9, 12, 16, 19)
_V4 = (7, 12, 14, 19)
_MI, _MIII, _MIV, _MV, _MVI, _MVII = (
    (0, 3, 7, 14),
    (3, 7, 10, 14),
    (5, 8, 12, 15),
    (7, 10, 14, 17),
    (8, 12, 15, 19),
    (10, 14, 17, 20),
)

MOODS: dict[str, Mood] = {
    "calm": Mood(
        74, (48, 50, 53), ((_I7, _VI7, _IV7, _V4), (_I7, _III, _IV7, _IV7), (_IV7, _I7, _II, _V4)),
        ((_VI7, _IV7, _I7, _V4), (_IV7, _V4, _III, _VI7)), _MAJOR, "kalimba", "harp",
        ((0, 3, 6), (0, 4, 6), (0, 2, 5)),
    ),
    "wonder": Mood(
        80, (45, 47, 50), ((_MI, _MVI, _MIII, _MVII), (_MI, _MIII, _MVII, _MIV), (_MVI, _MVII, _MI, _MI)),
        ((_MVI, _MIII, _MVII, _MI), (_MIV, _MVI, _MIII, _MVII)), _MINOR, "celesta", "harp",
        ((0, 3, 6), (0, 2, 4, 7), (0, 3, 5)), airy=True,
    ),
    "curious": Mood(
        98, (48, 50, 55), ((_I, _V, _VI, _IV), (_I, _II, _IV, _V4), (_VI, _IV, _I, _V)),
        ((_IV, _I, _II, _V), (_VI, _III, _IV, _V4)), _MAJOR, "marimba", "kalimba",
        ((0, 3, 4, 6), (0, 2, 3, 6), (0, 3, 6, 7)),
    ),
    "bright": Mood(
        106, (48, 53, 55), ((_I, _IV, _VI, _V), (_I, _VI, _IV, _V), (_I, _III, _IV, _V4)),
        ((_IV, _V, _I, _VI), (_VI, _IV, _I, _V)), _MAJOR, "kalimba", "marimba",
        ((0, 2, 3, 6), (0, 3, 4, 6), (0, 2, 4, 6)),
    ),
}  # fmt: skip
USUAL = "curious"
CADENCES: dict[tuple[int, ...], tuple[tuple[int, ...], ...]] = {
    _MAJOR: (_IV7, _V4),
    _MINOR: (_MVI, _MVII),
}  # the two bars before the last chord


@dataclass(frozen=True)
class Note:
    """`kind`: an instrument of `instruments.strike`, "pad", "bass", or a drum. Times in seconds."""

    start: float
    kind: str
    pitch: int
    loud: float
    pan: float = 0.5
    seconds: float = 0.0


@dataclass(frozen=True)
class Tune:
    tempo: float
    bars: int
    sections: tuple[str, ...]  # one letter a bar: i entrance, a, b phrases, o thinning out
    notes: tuple[Note, ...]


def compose(
    mood: str,
    *,
    seed: int,
    seconds: float,
    age_group: str = "8-10",
    quiet: Sequence[tuple[float, float]] = (),
) -> Tune:
    """The tune of a film of `seconds`; the same arguments give the same tune."""
    look = MOODS.get(mood, MOODS[USUAL])
    rng = np.random.default_rng(seed)
    bars, bar = _fit_bars(look.tempo, seconds)
    sections = _form(bars)
    key = int(rng.choice(look.keys))
    verse = look.verses[int(rng.integers(len(look.verses)))]
    answer = look.answers[int(rng.integers(len(look.answers)))]
    figures = {"a": _figure(look, rng), "b": _figure(look, rng)}
    notes: list[Note] = []
    voicing: tuple[int, ...] = ()
    for number, section in enumerate(sections):
        chord: tuple[int, ...]
        if section == "o":
            chord = CADENCES[look.scale][number - bars]
        else:
            chord = (answer if section == "b" else verse)[(number - 2) % 4]
        voicing = _lead_voices(voicing, [key + tone for tone in chord], key)
        start = number * bar
        notes += _harmony(look, voicing, key + chord[0], start=start, bar=bar, section=section)
        notes += _melody(
            look, rng, voicing, key, figures, start=start, bar=bar, section=section, number=number
        )
        notes += _drums(rng, age_group, start=start, bar=bar, section=section, number=number)
    notes += _last_chord(look, voicing, key, start=bars * bar, ring=max(0.5, seconds - bars * bar))
    kept = tuple(note for note in notes if not _falls_silent(note, quiet))
    return Tune(
        240 / bar,
        bars,
        sections,
        tuple(sorted(kept, key=lambda note: (note.start, note.kind, note.pitch))),
    )


def _fit_bars(tempo: float, seconds: float) -> tuple[int, float]:
    """How many bars there are, and a bar's seconds, so that the last chord begins `RING` before the end."""
    bar = 240 / tempo
    room = max(bar, seconds - RING)
    bars = max(1, round(room / bar))
    fitted = room / bars
    if not SPEEDS[0] <= bar / fitted <= SPEEDS[1] and bars > 1:  # short films: let the chord ring longer
        fitted = min(max(fitted, bar / SPEEDS[1]), bar / SPEEDS[0])
        bars = max(1, int(room / fitted))
    return bars, fitted


def _form(bars: int) -> tuple[str, ...]:
    if bars < 8:
        return ("i",) + ("a",) * max(0, bars - 2) + ("o",) * (1 if bars > 1 else 0)
    phrases = itertools.chain.from_iterable(letter * 4 for letter in itertools.cycle("aab"))
    return ("i", "i", *itertools.islice(phrases, bars - 4), "o", "o")


def _figure(look: Mood, rng: np.random.Generator) -> list[tuple[int, int]]:
    """A bar's figure: (eighth, step through the chord); the listener knows it again."""
    rhythm = look.rhythms[int(rng.integers(len(look.rhythms)))]
    shapes = ((0, 2, 1, 3), (3, 1, 2, 0), (0, 1, 3, 2), (2, 3, 1, 0))
    shape = shapes[int(rng.integers(len(shapes)))]
    return [(eighth, shape[place % 4]) for place, eighth in enumerate(rhythm)]


def _lead_voices(before: tuple[int, ...], chord: Sequence[int], key: int) -> tuple[int, ...]:
    """The chord's tones, each in the octave that moves the voices least; close semitones are avoided."""
    low, high = key + 3, key + 27
    octaves = [[pitch for pitch in range(low, high) if (pitch - tone) % 12 == 0] for tone in chord]
    targets = before or tuple(key + step for step in (7, 12, 16, 19))

    def cost(pitches: Iterable[int]) -> float:
        ordered = sorted(pitches)
        moved = sum(abs(a - b) for a, b in zip(ordered, targets, strict=False))
        steps = [b - a for a, b in itertools.pairwise(ordered)]
        return moved + 16 * sum(step <= 1 for step in steps) + 2 * max(0, 8 - (ordered[-1] - ordered[0]))

    return tuple(sorted(min(itertools.product(*octaves), key=cost)))


def _harmony(
    look: Mood, voicing: tuple[int, ...], root: int, *, start: float, bar: float, section: str
) -> Iterator[Note]:
    loud = {"i": 0.8, "a": 1.0, "b": 1.0, "o": 0.9}[section]
    for pitch in voicing:
        yield Note(start, "pad", pitch, 0.055 * loud, seconds=round(bar + 0.9, 4))
    if section != "i":
        low = root - 12 if root - 12 >= 36 else root
        yield Note(start, "bass", low, 0.16 * loud, seconds=round(bar * 0.62, 4))
        if section in "ab":
            yield Note(
                start + bar * 0.625,
                "bass",
                low + (7 if look.tempo > 90 else 0),
                0.10,
                seconds=round(bar * 0.3, 4),
            )


def _melody(
    look: Mood, rng: np.random.Generator, voicing: tuple[int, ...], key: int,
    figures: dict[str, list[tuple[int, int]]],
    *, start: float, bar: float, section: str, number: int,
) -> Iterator[Note]:  # fmt: skip
    if section == "o" and number % 2:
        return
    figure = figures.get(section, figures["a"])
    lead = look.second if section == "b" else look.lead
    sparse = section in "io"
    for place, (eighth, step) in enumerate(figure):
        if sparse and place % 2:
            continue
        pitch = voicing[step % len(voicing)] + 12
        if number % 4 == 3 and place == len(figure) - 1:  # the phrase breathes out on a tone of the scale
            pitch = _near_scale(pitch + int(rng.choice((-2, 2, 3))), key, look.scale)
        elif section == "a" and number % 8 >= 4 and place == 1:  # the repeat is varied in one place
            pitch = _near_scale(pitch + 2, key, look.scale)
        strong = 1.0 if eighth == 0 else 0.78
        loud = 0.15 * strong * float(rng.uniform(0.82, 1.08)) * (0.75 if sparse else 1.0)
        late = float(rng.uniform(0.0, 0.012)) + (0.012 if eighth % 2 else 0.0)
        pan = 0.36 if place % 2 else 0.64
        yield Note(start + eighth * bar / 8 + late, lead, pitch, loud, pan)
        if place == 0 and section == "b":  # an octave above, far away: a sparkle
            yield Note(
                start + bar / 2 + late, "celesta", pitch + 12 if pitch <= 84 else pitch, loud * 0.28, 0.5
            )


def _near_scale(pitch: int, key: int, scale: tuple[int, ...]) -> int:
    allowed = {(key + tone) % 12 for tone in scale}
    return min(
        (pitch + move for move in (0, -1, 1, -2, 2)),
        key=lambda one: (one % 12 not in allowed, abs(one - pitch)),
    )


def _drums(
    rng: np.random.Generator, age_group: str, *, start: float, bar: float, section: str, number: int
) -> Iterator[Note]:
    """The older the audience, the more of a beat: none for the youngest, who listen to the words."""
    eighth = bar / 8
    swing = float(rng.uniform(0, 0.006))
    if age_group == "5-7" or section not in "ab":
        return
    for place in range(0, 8, 2 if age_group == "8-10" else 1):
        weight = 1.0 if place % 4 == 2 else 0.6
        yield Note(start + place * eighth + swing, "shaker", 0, 0.026 * weight)
    if age_group in ("11-13", "14-17"):
        for place in (0, 4) if section == "a" else (0, 3, 4):
            yield Note(start + place * eighth, "kick", 0, 0.13 if place == 0 else 0.10)
        for place in (2, 6):
            yield Note(start + place * eighth + swing, "brush", 0, 0.042)
        if number % 4 == 3:
            yield Note(start + 7 * eighth, "block", 0, 0.03)


def _last_chord(
    look: Mood, voicing: tuple[int, ...], key: int, *, start: float, ring: float
) -> Iterator[Note]:
    third = 3 if look.scale == _MINOR else 4
    home = _lead_voices(voicing, [key, key + third, key + 7, key + 14], key)
    for pitch in home:
        yield Note(start, "pad", pitch, 0.06, seconds=round(ring, 4))
    yield Note(start, "bass", key - 12 if key >= 48 else key, 0.16, seconds=round(min(ring, 1.8), 4))
    for place, pitch in enumerate(home):  # rolled upwards
        yield Note(start + 0.07 * place, look.lead, pitch + 12, 0.13, 0.35 + 0.1 * place)
    yield Note(start + 0.07 * len(home), "celesta", key + 36, 0.05)


def _falls_silent(note: Note, quiet: Sequence[tuple[float, float]]) -> bool:
    return note.kind != "pad" and any(start <= note.start < end for start, end in quiet)
