"""How a film of one subject looks to one age: its headline type, its cards, its tempo, its specks of light.

A theme is data. It goes with every scene's description, so that a scene is drawn from its description alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from pipeline.media import lettering


@dataclass(frozen=True)
class Theme:
    """`card`: glass, paper, board or block (see `cards`). `scale` multiplies the largest size of headlines,
    `tempo` the seconds of every entrance. `stage` is what a lone picture stands on: orbit, disc, plinth.
    `is_calm`: reduced motion, things only fade."""

    name: str
    headline: str = lettering.HEADLINE
    card: str = "glass"
    scale: float = 1.0
    tempo: float = 1.0
    stage: str = "disc"
    is_calm: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


ROUND, SERIF, SQUARE = "Fredoka-Bold.ttf", "Fraunces-Black.ttf", "SpaceGrotesk-Bold.ttf"

THEMES: dict[str, Theme] = {
    theme.name: theme
    for theme in (
        Theme("nature", stage="plinth"),
        Theme("animals", stage="plinth"),
        Theme("water", stage="disc"),
        Theme("space", stage="orbit"),
        Theme("body", stage="disc"),
        Theme("health", stage="disc"),
        Theme("energy", headline=SQUARE, stage="orbit"),
        Theme("history", headline=SERIF, card="paper", stage="plinth"),
        Theme("numbers", headline=SQUARE, card="board", stage="disc"),
        Theme("places", stage="plinth"),
        Theme("arts", headline=SERIF, stage="disc"),
        Theme("language", headline=SERIF, card="paper", stage="plinth"),
        Theme("technology", headline=SQUARE, card="board", stage="orbit"),
        Theme("chemistry", headline=SQUARE, stage="orbit"),
        Theme("other", stage="disc"),
    )
}
# the youngest read round letters on solid blocks and get time to look; the oldest get a quicker, quieter page
_AGES: dict[str, dict[str, Any]] = {
    "5-7": {"headline": ROUND, "card": "block", "scale": 1.12, "tempo": 1.25},
    "8-10": {"scale": 1.04, "tempo": 1.08},
    "11-13": {},
    "14-17": {"scale": 0.95, "tempo": 0.88},
}


def choose_theme(subject: str, age_group: str, *, is_calm: bool = False) -> Theme:
    """The theme of a film."""
    theme = THEMES.get(subject, THEMES["other"])
    return replace(theme, **_AGES.get(age_group, {}), is_calm=is_calm)


def from_json(value: dict[str, Any] | None) -> Theme:
    """The theme of a description; the plain one where it names none."""
    return Theme(**value) if value else THEMES["other"]
