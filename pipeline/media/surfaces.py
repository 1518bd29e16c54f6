"""Cards in the manner of a theme, and the colours of what is written on them."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from pipeline.media import shapes
from pipeline.media.palettes import Palette, mix, rgb

PAPER_GROUND, PAPER_INK, PAPER_SOFT = "#f4e6c6", "#2c1a0b", "#8a3d0c"


@dataclass(frozen=True)
class Surface:
    """A card's picture; `text` and `soft` are the colours of large and small words on it, `ground` is its
    own colour where it is opaque, "" where the ground shines through. `margin` is the shadow around it."""

    picture: Image.Image
    text: str
    soft: str
    ground: str = ""
    margin: int = 0


def make_card(style: str, width: int, height: int, palette: Palette, *, radius: int = 40) -> Surface:
    """A card of that style; an unknown one is glass. The picture grows by `margin` on every side."""
    if style == "paper":
        return _paper(width, height, radius // 3)
    if style == "board":
        return _board(width, height, radius // 2, palette)
    if style == "block":
        return _block(width, height, radius + 8, palette)
    return Surface(shapes.glass(width, height, radius), "#ffffff", palette.soft)


@functools.lru_cache(maxsize=24)
def _paper(width: int, height: int, radius: int) -> Surface:
    """Old paper: fibres, a darker rim, a shadow below."""
    rng = np.random.default_rng(width * 10_000 + height)
    fibres = rng.normal(0, 1, (height, width)).astype(np.float32)
    coarse = np.asarray(
        Image.fromarray(rng.random((max(2, height // 40), max(2, width // 40)), np.float32)).resize(
            (width, height), Image.Resampling.BICUBIC
        )
    )
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    rim = np.minimum(np.minimum(xs, width - xs), np.minimum(ys, height - ys))
    shade = 1.0 - 0.16 * np.exp(-rim / 26) + 0.008 * fibres + 0.05 * (coarse - 0.5)
    colour = np.array(rgb(PAPER_GROUND), np.float32)[None, None] * shade[..., None]
    mask = shapes.rounded(width, height, radius, "#ffffff").getchannel("A")
    sheet = Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8)).convert("RGBA")
    sheet.putalpha(mask)
    return Surface(_cast_shadow(sheet, 16), PAPER_INK, PAPER_SOFT, PAPER_GROUND, 24)


def _cast_shadow(sheet: Image.Image, blur: int) -> Image.Image:
    """The sheet with a soft shadow, 24 pixels of room on every side."""
    made = Image.new("RGBA", (sheet.width + 48, sheet.height + 48), (6, 3, 10, 0))
    shade = Image.new("L", made.size, 0)
    shade.paste(sheet.getchannel("A").point([int(value * 0.45) for value in range(256)]), (24, 32))
    made.putalpha(shade.filter(ImageFilter.GaussianBlur(blur / 2)))
    made.alpha_composite(sheet, (24, 24))
    return made


@functools.lru_cache(maxsize=24)
def _board(width: int, height: int, radius: int, palette: Palette) -> Surface:
    """A technical drawing: a dark pane, a thin frame, marks at the corners."""
    over = 2
    picture = Image.new("RGBA", (width * over, height * over), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    dark, line = rgb(mix(palette.base, "#000000", 0.25)), rgb(palette.soft)
    box = (2 * over, 2 * over, (width - 2) * over, (height - 2) * over)
    pen.rounded_rectangle(box, radius * over, fill=(*dark, 190), outline=(*line, 110), width=2 * over)
    arm, wide = min(44, height // 4) * over, 6 * over
    for x, y, right, down in (
        (2, 2, 1, 1),
        (width - 2, 2, -1, 1),
        (2, height - 2, 1, -1),
        (width - 2, height - 2, -1, -1),
    ):
        corner = (x * over + right * wide / 2, y * over + down * wide / 2)
        for end in ((corner[0] + right * arm, corner[1]), (corner[0], corner[1] + down * arm)):
            pen.line([corner, end], fill=(*rgb(palette.accent), 235), width=wide)
    small = picture.resize((width, height), Image.Resampling.BOX)
    return Surface(small, "#ffffff", palette.soft)


@functools.lru_cache(maxsize=24)
def _block(width: int, height: int, radius: int, palette: Palette) -> Surface:
    """A thick toy brick: one solid colour, a bright rim, a dark lip below."""
    body = mix(palette.base, palette.glows[0], 0.88)
    lip, over = 14, 2
    picture = Image.new("RGBA", (width * over, height * over), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    box = (over, over, (width - 1) * over, (height - 1) * over)
    pen.rounded_rectangle(box, radius * over, fill=(*rgb(mix(body, "#000000", 0.45)), 255))
    face = (over, over, (width - 1) * over, (height - lip) * over)
    rim = mix(body, palette.soft, 0.5)
    pen.rounded_rectangle(
        face, radius * over, fill=(*rgb(body), 255), outline=(*rgb(rim), 255), width=5 * over
    )
    small = picture.resize((width, height), Image.Resampling.BOX)
    return Surface(_cast_shadow(small, 14), "#ffffff", palette.soft, body, 24)
