"""What the layouts of a scene share: its description, its word times, and the layers collected so far."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from pipeline.media import icons, shapes
from pipeline.media.captions import TimedWord
from pipeline.media.layers import Layer
from pipeline.media.palettes import Palette

BOTTOM = 1376  # where captions begin
TEXT = "#ffffff"
NAME = re.compile(r"[^\W_]+")


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

    def icon(self, index: int, side: int) -> Image.Image:
        """The index-th icon, or the abstract picture where there is none."""
        chosen = [str(name) for name in self.spec.get("icons", []) if str(name) in icons.names()]
        if index < len(chosen):
            return icons.load(chosen[index], side)
        return shapes.abstract(side, self.palette, int(self.spec.get("seed", 0)) + index)

    @property
    def icon_count(self) -> int:
        return sum(1 for name in self.spec.get("icons", []) if str(name) in icons.names())

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
