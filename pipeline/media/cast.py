"""What the layouts of a scene share: its description, its word times, and the layers collected so far."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.media import icons, lettering, shapes, surfaces, themes
from pipeline.media.canvas import Stamp
from pipeline.media.captions import TimedWord
from pipeline.media.grounds import Ground, Veil
from pipeline.media.layers import Layer, Motion, Piece
from pipeline.media.palettes import Palette

TOP = 200  # where progress and the maker's mark end
BOTTOM = 1376  # where captions begin
LEFT, RIGHT = 64, 1016  # the margins of what must be read
TEXT = "#ffffff"
NAME = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Row:
    """One thing that a scene shows: its words, a smaller line below, an icon by name ("": none), and the
    words with which it enters (its own where there are none)."""

    text: str
    detail: str = ""
    icon: str = ""
    cue: str = ""


@dataclass
class Cast:
    """What a layout works with: description, word times in the scene, the layers so far, back to front."""

    spec: dict[str, Any]
    palette: Palette
    words: tuple[TimedWord, ...]
    seconds: float
    speech_end: float
    pause_seconds: float
    layers: list[Layer] = field(default_factory=list)
    folder: Path | None = None  # where the files that the description names lie
    ground: Ground | None = None  # a picture or a clip that fills the frame
    veil: Veil | None = None  # and the darkness on it behind the words
    fallbacks: list[str] = field(default_factory=list)  # what could not be shown as described

    @cached_property
    def theme(self) -> themes.Theme:
        return themes.from_json(self.spec.get("theme"))

    @cached_property
    def rows(self) -> list[Row]:
        """The things to show, those without words left out."""
        found = [
            Row(
                lettering.printable(str(row.get("text", "")), lettering.STRONG),
                lettering.printable(str(row.get("detail", "")), lettering.BODY),
                str(row.get("icon", "")) if str(row.get("icon", "")) in icons.names() else "",
                str(row.get("cue", "")),
            )
            for row in self.spec.get("rows") or []
        ]
        return [row for row in found if row.text]

    @property
    def seed(self) -> int:
        return int(self.spec.get("seed", 0))

    @cached_property
    def icons(self) -> list[str]:
        return [str(name) for name in self.spec.get("icons", []) if str(name) in icons.names()]

    def icon(self, index: int, side: int) -> Image.Image:
        """The index-th icon, or the abstract picture where there is none."""
        if index < len(self.icons):
            return icons.load(self.icons[index], side)
        return shapes.abstract(side, self.palette, self.seed + index)

    @property
    def icon_count(self) -> int:
        return len(self.icons)

    # ------------------------------------------------------------------ time

    def spoken_at(self, text: str, otherwise: float, *, others: str = "", after: float = 0.0) -> float:
        """When the first telling word of `text` is spoken from `after` on, a little early; `otherwise`
        when it is not. Words that stand in `others` too tell nothing."""
        every = set(NAME.findall(text.lower()))
        telling = {word for word in every if len(word) > 3 or word.isdigit()} - set(
            NAME.findall(others.lower())
        )
        wanted = telling or every
        for word in self.words:
            if word.start < after:
                continue
            if wanted & set(NAME.findall(word.text.lower())):
                return max(0.35, word.start - 0.12)
        return otherwise

    def turns(self, texts: Sequence[str]) -> list[float]:
        """When each text comes in: with its word, in order, all of them before the scene ends."""
        starts: list[float] = []
        spread = max(0.4, (self.speech_end - 0.8) / max(1, len(texts)))
        for index, text in enumerate(texts):
            others = " ".join([*texts[:index], *texts[index + 1 :]])
            last = starts[-1] if starts else 0.0
            start = self.spoken_at(text, 0.5 + spread * index, others=others, after=last)
            latest = self.seconds - 1.2 - 0.2 * (len(texts) - 1 - index)
            starts.append(max(last + 0.2 if starts else 0.4, min(start, latest)))
        return starts

    def row_turns(self, rows: Sequence[Row]) -> list[float]:
        return self.turns([row.cue or f"{row.text} {row.detail}".strip() for row in rows])

    def icon_turns(self) -> list[float]:
        """When each icon comes in: the first at once, the others with the word that chose them."""
        cues = [str(cue) for cue in self.spec.get("icon_cues", [])]
        starts: list[float] = []
        for index in range(max(1, self.icon_count)):
            default = 0.22 if index == 0 else 0.55 + 0.35 * index
            cue = cues[index] if index < len(cues) else ""
            start = self.spoken_at(cue, default) if cue and index else default
            starts.append(min(start, max(default, self.seconds - 1.4)))
        return starts

    # ------------------------------------------------------------------ things

    def add(self, layer: Layer) -> None:
        self.layers.append(layer)

    def add_picture(
        self,
        picture: Image.Image,
        x: float,
        y: float,
        start: float,
        motion: Motion = "pop",
        *,
        seconds: float = 0.5,
        floats: float = 0.0,
        phase: float = 0.0,
        distance: float = 44.0,
    ) -> None:
        """A picture centred at (x, y); `floats` is how far it drifts up and down at rest."""
        self.layers.append(
            Piece(
                Stamp(picture),
                x - picture.width / 2,
                y - picture.height / 2,
                start,
                motion,
                seconds,
                distance,
                float_height=floats,
                float_period=4.2 + 0.4 * phase % 1.2,
                float_phase=phase,
            )
        )

    def add_icon(
        self,
        name: str,
        x: float,
        y: float,
        side: int,
        start: float,
        *,
        floats: float = 0.0,
        phase: float = 0.0,
    ) -> None:
        """An icon with its shadow, centred at (x, y)."""
        picture = shapes.shadowed(icons.load(name, side), blur=max(6, side // 20), drop=max(4, side // 26))
        self.add_picture(picture, x, y + max(4, side // 26) / 2, start, floats=floats, phase=phase)

    def add_text(
        self,
        text: str,
        box: tuple[float, float, float, float],
        *,
        largest: int,
        smallest: int = 30,
        lines: int = 2,
        start: float = 0.3,
        colour: str = TEXT,
        ground: str = "",
        name: str = lettering.STRONG,
        align: str = "middle",
        motion: Motion = "rise",
        leading: float = 1.2,
        shadow: float = 0.0,
        valign: str = "middle",
    ) -> lettering.Fitted:
        """Text fitted into (left, top, width, height), line by line; returns how it was set."""
        left, top, width, height = box
        fitted = lettering.fit(
            text,
            name=name,
            width=int(width),
            height=int(height),
            largest=largest,
            smallest=min(smallest, largest),
            lines=lines,
            leading=leading,
        )
        pad = 24 if shadow else 6
        y = top + ((height - fitted.height) / 2 if valign == "middle" else 0.0)
        for number, line in enumerate(fitted.lines):
            picture = lettering.draw_text(line, fitted.font, fitted.size, colour, pad=pad, shadow=shadow)
            wide = picture.width - 2 * pad
            x = left + ((width - wide) / 2 if align == "middle" else 0.0)
            inset = (fitted.line_height - (picture.height - 2 * pad)) / 2
            self.layers.append(
                Piece(
                    Stamp(picture),
                    x - pad,
                    y + number * fitted.line_height + inset - pad,
                    start + 0.05 * number,
                    motion,
                    0.45,
                    34,
                    colour=colour,
                    pad=pad,
                    ground=ground,
                )
            )
        return fitted

    def add_card(
        self,
        box: tuple[float, float, float, float],
        start: float,
        motion: Motion = "rise",
        *,
        radius: int = 40,
        seconds: float = 0.45,
        distance: float = 60.0,
    ) -> surfaces.Surface:
        """A card of the theme at (left, top, width, height); returns it for its colours."""
        left, top, width, height = box
        even = int(width) // 2 * 2, int(height) // 2 * 2
        card = surfaces.make_card(self.theme.card, *even, self.palette, radius=radius)
        self.layers.append(
            Piece(
                Stamp(card.picture), left - card.margin, top - card.margin, start, motion, seconds, distance
            )
        )
        return card


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
