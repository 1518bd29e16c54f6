"""How the offline voices are set: the engine's names, pitch and melody by pace, tone correction, pauses.

Chosen by measurement (`tests/pipeline/test_provider_espeak_sound.py` repeats it): against the long-term
average spectrum of speech (Byrne et al., 1994, J. Acoust. Soc. Am. 96, 2108-2120) the engine's `f2` has
7 dB too much around 4 kHz, where it sounds harsh, 3 dB too much around 1 kHz, and too little warmth below
350 Hz. Corrected, it deviates by 2 dB instead of 4 (200 Hz to 8 kHz). `m7` comes closest as it is.
Slow speech is for the youngest: higher, with more melody, and longer pauses, as adults speak to children.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Band:
    """A bell in the frequency response: decibels at `hertz`, half of them `octaves` / 2 away."""

    hertz: float
    octaves: float
    decibels: float


_WARMER = (Band(270, 1.6, 4.0), Band(1_000, 1.4, -4.0), Band(4_000, 0.8, -7.0))
_AS_IT_IS = (Band(4_000, 0.7, 3.0),)


@dataclass(frozen=True)
class Voice:
    """A voice by the engine's name, moved from the manner of its pace, with its correction."""

    engine: str
    bands: tuple[Band, ...]
    pitch: int = 0
    range: int = 0


VOICES = {
    "": Voice("en-us+f2", _WARMER),
    "american": Voice("en-us+f2", _WARMER),
    "american-low": Voice("en-us+m7", _AS_IT_IS),
    "british": Voice("en-gb-x-rp+f2", _WARMER),
    "british-low": Voice("en-gb-x-rp+m7", _AS_IT_IS),
}


@dataclass(frozen=True)
class Manner:
    """Pitch and melody on the engine's scales of 0-99; least pauses in seconds."""

    pitch: int
    range: int
    comma: float
    sentence: float


_MANNERS = (  # up to so many words a minute
    (120, Manner(50, 74, 0.26, 0.62)),
    (137, Manner(47, 68, 0.22, 0.52)),
    (150, Manner(44, 62, 0.18, 0.44)),
    (999, Manner(41, 56, 0.16, 0.40)),
)


def manner_of(rate: int) -> Manner:
    """How a text is spoken at so many words a minute."""
    return next(manner for most, manner in _MANNERS if rate <= most)


def least_pause(sound: str, manner: Manner) -> float:
    """Seconds of silence that a spoken form asks for after itself."""
    last = sound.rstrip("\"'”’) ")[-1:]
    if last in ".!?…":
        return manner.sentence
    return manner.comma if last in ",;:–—" else 0.0
