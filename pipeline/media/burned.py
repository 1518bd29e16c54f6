"""Captions in the picture: the words of an event, the spoken one on a pill."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PIL import Image

from pipeline.media import lettering, shapes
from pipeline.media.canvas import FPS, WIDTH, Frame, Stamp, measure_contrast
from pipeline.media.captions import GAP, PILL_SIDE, SIZES, Cue
from pipeline.media.palettes import Palette, contrast, luminance, rgb

CENTRE = 1498  # 78 % of the height: clear of a phone's own controls
TEXT = "#ffffff"


class _CueSprites:
    """One event as stamps: all its words outlined, and each word on its pill."""

    def __init__(self, cue: Cue, size: int, palette: Palette) -> None:
        texts = [lettering.printable(word.text, lettering.STRONG) for word in cue.words]
        gap, leading, pad = size * GAP, round(size * 1.42), round(size * 0.26)
        widths = [lettering.width_of(text, lettering.STRONG, size) for text in texts]
        lines = [(line, sum(widths[i] for i in line) + gap * (len(line) - 1)) for line in cue.lines]
        widest = max(width for _, width in lines)
        shrink = min(1.0, (WIDTH - 80) / widest) if widest else 1.0
        size = int(size * shrink)
        widths = [width * shrink for width in widths]
        gap *= shrink
        self.top = CENTRE - leading * len(lines) / 2
        places: dict[int, tuple[float, float]] = {}
        for row, (line, width) in enumerate(lines):
            x = (WIDTH - width * shrink) / 2
            for index in line:
                places[index] = (x, self.top + row * leading)
                x += widths[index] + gap
        left = min(x for x, _ in places.values()) - pad
        right = max(places[i][0] + widths[i] for i in places) + pad
        paper = Image.new("RGBA", (int(right - left) + 2, leading * len(lines) + 2 * pad), (0, 0, 0, 0))
        self.pills: list[tuple[Stamp, float, float]] = []
        ascent, descent = lettering.font(lettering.STRONG, size).getmetrics()
        drop = (leading - ascent - descent) / 2
        for index, (x, y) in places.items():
            outlined = lettering.draw_text(
                texts[index], lettering.STRONG, size, TEXT, outline=6, pad=12, shadow=0.3
            )
            corner = (max(0, int(x - left) - 12), max(0, int(y - self.top + pad + drop) - 12))
            paper.alpha_composite(
                outlined.crop(
                    (
                        0,
                        0,
                        min(outlined.width, paper.width - corner[0]),
                        min(outlined.height, paper.height - corner[1]),
                    )
                ),
                corner,
            )
            side = round(size * PILL_SIDE)
            pill = shapes.rounded(
                int(widths[index]) + 2 * side, leading - 8, round(size * 0.27), palette.accent
            )
            word = lettering.draw_text(texts[index], lettering.STRONG, size, palette.ink)
            pill.alpha_composite(word, (side, max(0, int(drop) - 4)))
            self.pills.append((Stamp(pill), x - side, y + 4))
        self.base = Stamp(paper)
        self.left, self.above = left, self.top - pad


class BurnedCaptions:
    """Draws the event of the moment. Times are seconds of the scene; a word is lit from its start on."""

    rests = math.inf

    def __init__(
        self, cues: Sequence[Cue], *, age_group: str, palette: Palette, lit_words: bool = True
    ) -> None:
        self._cues = list(cues)
        self._lit_words = lit_words
        self._size = SIZES.get(age_group, 70)
        self._palette = palette
        self._sprites: tuple[Cue, _CueSprites] | None = None
        self.text_contrast = 21.0
        if self._cues and lit_words:  # dark text on the pill
            pill, ink = luminance(rgb(palette.accent)), luminance(rgb(palette.ink))
            self.text_contrast = contrast(pill, ink)

    def draw(self, frame: Frame, t: float) -> None:
        t += 0.5 / FPS  # a frame stands for the time until the next one
        cue = next((cue for cue in self._cues if cue.start <= t < cue.end), None)
        if cue is None:
            return
        if self._sprites is None or self._sprites[0] is not cue:
            self._sprites = (cue, _CueSprites(cue, self._size, self._palette))
            self._measure(frame)
        made = self._sprites[1]
        made.base.lay(
            frame, round(made.left / 2) * 2, round(made.above / 2) * 2, min(1.0, 0.4 + (t - cue.start) / 0.1)
        )
        if not self._lit_words:
            return
        current = max((i for i, word in enumerate(cue.words) if word.start <= t), default=0)
        stamp, x, y = made.pills[current]
        grown = min(1.0, (t - cue.words[current].start) / 0.09)
        if grown < 1:
            stamp.lay_scaled(frame, round(x / 2) * 2, round(y / 2) * 2, 0.9 + 0.1 * grown)
        else:
            stamp.lay(frame, round(x / 2) * 2, round(y / 2) * 2)

    def _measure(self, ground: Frame) -> None:
        assert self._sprites is not None  # noqa: S101 - set by the caller
        made = self._sprites[1]
        left, top = int(made.left), int(made.above)
        box = (left, top, left + made.base.width, top + made.base.height)
        self.text_contrast = min(self.text_contrast, measure_contrast(ground, box, TEXT))
