"""Colours of a film: palettes by subject, and the contrast formula of WCAG 2.2 (1.4.3)."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import Any

RGB = tuple[int, int, int]


@dataclass(frozen=True)
class Palette:
    """Hex colours. `base` is the dark ground, `glows` its three light sources, `accent` marks words,
    `soft` is a lighter accent for small text, `ink` is the text on an accent pill; `scenery` names the
    pattern and the silhouette of the ground (see `scenery`), "" where it is bare."""

    name: str
    base: str
    glows: tuple[str, str, str]
    accent: str
    soft: str
    ink: str = "#0b1020"
    scenery: str = ""

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
        scenery=str(value.get("scenery", "")),
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
BLUEPRINT = Palette("blueprint", "#051c42", ("#0d4a9e", "#0b3a86", "#12579a"), "#ffe066", "#bfe0ff")
SLATE = Palette("slate", "#0d1f2b", ("#1c4f63", "#20405f", "#15584f"), "#ffb26b", "#cfe8f2")
SEPIA = Palette("sepia", "#271809", ("#7d5320", "#5c3313", "#6a4a18"), "#ffcf70", "#ffe9bd")
WINE = Palette("wine", "#250d14", ("#752b2b", "#54203f", "#6b3a16"), "#ffc46b", "#ffe3b8")
PAPER = Palette("paper", "#10203a", ("#24508c", "#513a80", "#1f4a78"), "#ff9d7a", "#ffd9c9")
CIRCUIT = Palette("circuit", "#04181c", ("#0a5a5c", "#0d3f6b", "#0a4a3a"), "#6dffcf", "#c2ffe9")
FLASK = Palette("flask", "#140f36", ("#5a2a9c", "#155a7a", "#7a2a70"), "#7df0ff", "#c9f8ff")
BERRY = Palette("berry", "#260a26", ("#7d1f5f", "#3d2a8c", "#822f45"), "#ffa0c0", "#ffd3e2")
MINT = Palette("mint", "#04242a", ("#0a6660", "#0f4a78", "#11604a"), "#8affd6", "#ccffee")
CORAL = Palette("coral", "#2a0f17", ("#8c2f34", "#6b2660", "#7a3d16"), "#ffb08a", "#ffdac8")

PALETTES = {
    palette.name: palette
    for palette in (
        *(LEAF, PLUM, OCEAN, NIGHT, AURORA, EMBER, ROSE, SAND, INDIGO, MOSS, DUSK),
        *(BLUEPRINT, SLATE, SEPIA, WINE, PAPER, CIRCUIT, FLASK, BERRY, MINT, CORAL),
    )
}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# subject → (its three palettes, the mood of the music, words that name it)
SUBJECTS: dict[str, tuple[tuple[Palette, Palette, Palette], str, tuple[str, ...]]] = {
    "nature": (
        (LEAF, MOSS, SLATE),
        "bright",
        _words("plant leaf tree flower biology nature seed garden photosynthesis forest"),
    ),
    "animals": (
        (MOSS, DUSK, OCEAN),
        "bright",
        _words("animal bird insect bee mammal fish dinosaur penguin whale habitat butterfly"),
    ),
    "water": (
        (OCEAN, AURORA, MINT),
        "calm",
        _words("water ocean sea rain river weather cloud climate wave"),
    ),
    "space": (
        (NIGHT, INDIGO, DUSK),
        "wonder",
        _words("space planet star moon sun astronomy galaxy orbit rocket"),
    ),
    "body": (
        (ROSE, BERRY, INDIGO),
        "bright",
        _words("body heart blood brain bone muscle lung cell digestion skeleton human"),
    ),
    "health": (
        (MINT, BERRY, AURORA),
        "bright",
        _words("health healthy sleep food vitamin exercise hygiene germ vaccine teeth tooth nutrition"),
    ),
    "energy": (
        (EMBER, INDIGO, DUSK),
        "curious",
        _words("energy electricity force physics magnet heat volcano light machine sound"),
    ),
    "history": (
        (SEPIA, WINE, SAND),
        "wonder",
        _words("history ancient king war rome roman egypt medieval explorer castle viking empire pyramid"),
    ),
    "numbers": (
        (BLUEPRINT, INDIGO, SLATE),
        "curious",
        _words("math maths mathematics number fraction geometry angle count shape percent pi circle"),
    ),
    "places": (
        (AURORA, SAND, MOSS),
        "calm",
        _words("geography earth mountain desert country map continent island"),
    ),
    "arts": (
        (CORAL, NIGHT, ROSE),
        "calm",
        _words("music art paint song dance instrument theatre"),
    ),
    "language": (
        (PAPER, CORAL, PLUM),
        "curious",
        _words("language word writing alphabet grammar english story poem letter reading"),
    ),
    "technology": (
        (CIRCUIT, SLATE, INDIGO),
        "curious",
        _words("technology computer robot internet code program data engineering"),
    ),
    "chemistry": (
        (FLASK, MINT, DUSK),
        "curious",
        _words("chemistry atom molecule acid element chemical reaction gas"),
    ),
    "other": ((INDIGO, PLUM, AURORA), "curious", ()),
}
MOMENT = Palette("moment", "#120c38", ("#3d2ba0", "#7a2470", "#16468c"), "#ffe066", "#fff0b3")
PALETTES[MOMENT.name] = MOMENT

# topics of a school's timetable → the subject whose colours they wear
TOPICS = {
    "maths": "numbers",
    "mathematics": "numbers",
    "history": "history",
    "geography": "places",
    "human body": "body",
    "health": "health",
    "music": "arts",
    "art": "arts",
    "language": "language",
    "english": "language",
    "space": "space",
    "astronomy": "space",
    "chemistry": "chemistry",
    "technology": "technology",
    "computing": "technology",
}


def subject_of(text: str) -> str:
    """The subject whose words occur most in `text`; ties go to the earlier one, nothing found is "other".

    A topic before a colon that is itself the name of a subject decides.
    """
    topic = text.partition(":")[0].strip().lower()
    if topic in TOPICS:
        return TOPICS[topic]
    words = [word.strip(".,;:!?()'\"").lower() for word in text.split()]
    best, most = "other", 0
    for name, (_, _, keys) in SUBJECTS.items():
        hits = sum(1 for word in words for key in keys if word in (key, key + "s", key + "es"))
        if hits > most:
            best, most = name, hits
    return best


def choose_palette(subject: str, role: str, salt: str) -> Palette:
    """The palette of a scene, with the subject's scenery: the subject's first for hook and recap, one of
    three by `salt` otherwise."""
    if role == "moment":
        return dress(_moment(SUBJECTS[subject][0][0]), subject)
    family = SUBJECTS[subject][0]
    if role in ("hook", "recap"):
        return dress(family[0], subject)
    # the first is seen at both ends already and gives the film its colour: the others come less often
    return dress(family[(0, 1, 0, 1, 2)[hashlib.sha256(salt.encode()).digest()[0] % 5]], subject)


def _moment(home: Palette) -> Palette:
    """The thinking pause in the film's own light: half the subject's colours, half those of all pauses."""
    first, second, third = (
        mix(one, other, 0.42) for one, other in zip(MOMENT.glows, home.glows, strict=True)
    )
    return replace(MOMENT, base=mix(MOMENT.base, home.base, 0.5), glows=(first, second, third))


def dress(palette: Palette, subject: str) -> Palette:
    """The palette on the ground of a subject."""
    return replace(palette, scenery=subject)


def rgb(colour: str) -> RGB:
    value = colour.lstrip("#")
    return int(value[0:2], 16), int(value[2:4], 16), int(value[4:6], 16)


def mix(first: str, second: str, share: float) -> str:
    """The colour between two hex colours; `share` is that of the second."""
    pairs = zip(rgb(first), rgb(second), strict=True)
    return "#" + "".join(f"{round(one * (1 - share) + other * share):02x}" for one, other in pairs)


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
