"""Colours of a film: palettes by subject, and the contrast formula of WCAG 2.2 (1.4.3)."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Palette:
    """Hex colours. `base` is the dark ground, `glows` its three light sources, `accent` marks words,
    `soft` is a lighter accent for small text, `ink` is the text on an accent pill."""

    name: str
    base: str
    glows: tuple[str, str, str]
    accent: str
    soft: str
    ink: str = "#0b1020"

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "glows": list(self.glows)}


def from_json(value: dict[str, Any]) -> Palette:
    return Palette(
        name=str(value["name"]),
        base=str(value["base"]),
        glows=(str(value["glows"][0]), str(value["glows"][1]), str(value["glows"][2])),
        accent=str(value["accent"]),
        soft=str(value["soft"]),
        ink=str(value.get("ink", "#0b1020")),
    )


LEAF = Palette("leaf", "#03201f", ("#0b6b50", "#12406f", "#0a4a3c"), "#7dffb2", "#b6ffd6")
PLUM = Palette("plum", "#1d0f3d", ("#8a3a3f", "#5d1d6b", "#3a1a6e"), "#ffd34d", "#ffe69a")
OCEAN = Palette("ocean", "#04183a", ("#0a5a8c", "#0d6a74", "#1a3a8a"), "#6fe3ff", "#b8f1ff")
NIGHT = Palette("night", "#0c0a2e", ("#3a2a8c", "#123a7a", "#5a1f72"), "#ffd76a", "#ffeab0")
AURORA = Palette("aurora", "#071a33", ("#1b4fa0", "#0b6b66", "#46217a"), "#8dffce", "#c9ffe8")
EMBER = Palette("ember", "#260b12", ("#96371f", "#6b1d4a", "#7a2a12"), "#ffc145", "#ffe0a0")
ROSE = Palette("rose", "#2a0a24", ("#8c1f4f", "#5a2390", "#7a2a3a"), "#ff9ec4", "#ffd0e2")
SAND = Palette("sand", "#22140a", ("#80491a", "#6b2a2a", "#4d4a1a"), "#ffd27a", "#ffe8bd")
INDIGO = Palette("indigo", "#0d1440", ("#2f45b8", "#6a2a94", "#1a5a94"), "#7ef0d4", "#c4fff1")
MOSS = Palette("moss", "#0c2014", ("#37701e", "#0e5a55", "#5a5a16"), "#d4ff7a", "#ebffc0")
DUSK = Palette("dusk", "#161033", ("#4a2f9c", "#8a2f5f", "#27307f"), "#ffb86b", "#ffdcb3")

PALETTES = {
    palette.name: palette
    for palette in (LEAF, PLUM, OCEAN, NIGHT, AURORA, EMBER, ROSE, SAND, INDIGO, MOSS, DUSK)
}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# subject → (its three palettes, the mood of the music, words that name it)
SUBJECTS: dict[str, tuple[tuple[Palette, Palette, Palette], str, tuple[str, ...]]] = {
    "nature": (
        (LEAF, PLUM, MOSS),
        "bright",
        _words("plant leaf tree flower biology nature seed garden photosynthesis forest"),
    ),
    "animals": (
        (MOSS, DUSK, OCEAN),
        "bright",
        _words("animal bird insect bee mammal fish dinosaur penguin whale habitat"),
    ),
    "water": (
        (OCEAN, AURORA, INDIGO),
        "calm",
        _words("water ocean sea rain river weather cloud climate"),
    ),
    "space": (
        (NIGHT, INDIGO, AURORA),
        "wonder",
        _words("space planet star moon sun astronomy galaxy orbit rocket"),
    ),
    "body": (
        (ROSE, INDIGO, EMBER),
        "bright",
        _words("body heart blood brain health bone muscle lung food"),
    ),
    "energy": (
        (EMBER, INDIGO, DUSK),
        "curious",
        _words("energy electricity force physics magnet heat volcano light machine"),
    ),
    "history": (
        (SAND, PLUM, OCEAN),
        "wonder",
        _words("history ancient king war rome egypt medieval explorer castle"),
    ),
    "numbers": (
        (INDIGO, DUSK, LEAF),
        "curious",
        _words("math maths mathematics number fraction geometry angle count shape"),
    ),
    "places": (
        (AURORA, SAND, MOSS),
        "calm",
        _words("geography earth mountain desert country map continent island"),
    ),
    "arts": (
        (ROSE, NIGHT, EMBER),
        "calm",
        _words("music art paint song language story dance instrument word"),
    ),
    "other": ((INDIGO, PLUM, AURORA), "curious", ()),
}
MOMENT = Palette("moment", "#120c38", ("#3d2ba0", "#7a2470", "#16468c"), "#ffe066", "#fff0b3")
PALETTES[MOMENT.name] = MOMENT


def subject_of(text: str) -> str:
    """The subject whose words occur most in `text`; ties go to the earlier one, nothing found is "other"."""
    words = [word.strip(".,;:!?()'\"").lower() for word in text.split()]
    best, most = "other", 0
    for name, (_, _, keys) in SUBJECTS.items():
        hits = sum(1 for word in words for key in keys if word in (key, key + "s", key + "es"))
        if hits > most:
            best, most = name, hits
    return best


def choose_palette(subject: str, role: str, salt: str) -> Palette:
    """The palette of a scene: the subject's first for hook and recap, one of three by `salt` otherwise."""
    if role == "moment":
        return MOMENT
    family = SUBJECTS[subject][0]
    if role in ("hook", "recap"):
        return family[0]
    # the first is seen at both ends already: the others come twice as often in between
    return family[(1, 2, 1, 2, 0)[hashlib.sha256(salt.encode()).digest()[0] % 5]]


def rgb(colour: str) -> RGB:
    value = colour.lstrip("#")
    return int(value[0:2], 16), int(value[2:4], 16), int(value[4:6], 16)


def luminance(colour: RGB) -> float:
    """Relative luminance, WCAG 2.2."""

    def linear(channel: int) -> float:
        value = channel / 255
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(channel) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: float, second: float) -> float:
    """The contrast ratio of two relative luminances, 1-21."""
    light, dark = max(first, second), min(first, second)
    return (light + 0.05) / (dark + 0.05)
