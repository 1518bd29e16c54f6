"""What moves in a scene: each layer draws itself on a frame for a time, and says when it has come to rest.

A resting layer is baked into the scene's ground (see `scene`), so a frame costs only what moves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import cv2
import numpy as np
from PIL import Image

from pipeline.media import lettering, shapes
from pipeline.media.canvas import (
    HEIGHT,
    WIDTH,
    Frame,
    Pixels,
    Sprite,
    Stamp,
    lay,
    make_sprite,
    measure_contrast,
    premultiply,
)
from pipeline.media.palettes import Palette, contrast, luminance, rgb

Motion = Literal["rise", "pop", "fade", "slide"]


class Layer(Protocol):
    """`draw` may be called for any time; `rests` is when it stops changing (infinity: never)."""

    @property
    def rests(self) -> float: ...
    def draw(self, frame: Frame, t: float) -> None: ...


def ease_out(share: float) -> float:
    """Cubic: fast, then gently to rest."""
    return 1.0 - (1.0 - share) ** 3


def overshoot(share: float) -> float:
    """Back-out easing: a little too far, then home."""
    back = 1.6
    return 1.0 + (back + 1.0) * (share - 1.0) ** 3 + back * (share - 1.0) ** 2


@dataclass
class Piece:
    """A picture that enters at `start` by its `motion`, then rests, or floats up and down."""

    stamp: Stamp
    x: float
    y: float
    start: float
    motion: Motion = "rise"
    seconds: float = 0.5
    distance: float = 44.0
    float_height: float = 0.0  # pixels up and down
    float_period: float = 4.0
    float_phase: float = 0.0
    colour: str = ""  # of its text, for the measured contrast
    pad: int = 0  # around that text
    ground: str = ""  # the colour of an opaque card under that text; "": whatever lies there is measured

    def __post_init__(self) -> None:
        self.x, self.y = round(self.x / 2) * 2, round(self.y / 2) * 2  # even: sharp at rest

    @property
    def rests(self) -> float:
        return math.inf if self.float_height else self.start + self.seconds

    def draw(self, frame: Frame, t: float) -> None:
        share = (t - self.start) / self.seconds
        if share <= 0:
            return
        if share >= 1:
            self.stamp.lay(frame, self.x, self.y + self._float(t))
            return
        opacity = min(1.0, share * 2.2)
        if self.motion == "pop":
            scale = 0.6 + 0.4 * overshoot(share)
            self.stamp.lay_scaled(frame, self.x, self.y + self._float(t), scale, opacity)
        elif self.motion == "slide":
            self.stamp.lay(frame, self.x + (1 - ease_out(share)) * self.distance, self.y, opacity)
        elif self.motion == "rise":
            y = self.y + (1 - ease_out(share)) * self.distance + self._float(t)
            self.stamp.lay(frame, self.x, y, opacity)
        else:
            self.stamp.lay(frame, self.x, self.y, ease_out(share))

    def _float(self, t: float) -> float:
        if not self.float_height:
            return 0.0
        since = max(0.0, t - self.start)
        grown = min(1.0, since / 1.5)
        return (
            grown * self.float_height * math.sin(2 * math.pi * since / self.float_period + self.float_phase)
        )

    def contrast(self, ground: Frame) -> float:
        if not self.colour:
            return 21.0
        if self.ground:
            return contrast(luminance(rgb(self.colour)), luminance(rgb(self.ground)))
        left, right = int(self.x) + self.pad, int(self.x) + self.stamp.width - self.pad
        tall = self.stamp.height - 2 * self.pad  # the middle of the line: its neighbours' letters stay out
        top, bottom = int(self.y + self.pad + 0.3 * tall), int(self.y + self.pad + 0.75 * tall)
        return measure_contrast(ground, (left, top, right, bottom), self.colour)


@dataclass
class Orbit:
    """A small light on a circle."""

    stamp: Stamp
    x: float
    y: float
    radius: float
    start: float
    period: float
    angle: float
    rests: float = math.inf

    def draw(self, frame: Frame, t: float) -> None:
        opacity = min(1.0, (t - self.start) / 0.8)
        if opacity <= 0:
            return
        turn = self.angle + 2 * math.pi * t / self.period
        x = self.x + math.cos(turn) * self.radius - self.stamp.width / 2
        y = self.y + math.sin(turn) * self.radius - self.stamp.height / 2
        self.stamp.lay(frame, x, y, opacity)


class CountUp:
    """A figure that counts from zero to its value and stays; its box never changes size."""

    def __init__(
        self, figure: str, *, palette: Palette, fitted: lettering.Fitted, x: float, y: float, start: float
    ) -> None:
        self._figure, self._palette, self._fitted = figure, palette, fitted
        self._x, self._y, self.start, self._seconds = x, y, start, 0.9
        self._counts = True
        self._last: tuple[str, Stamp] | None = None

    def stop_counting(self) -> None:
        """Reduced motion: the figure fades in as it is."""
        self._counts = False

    @property
    def rests(self) -> float:
        return self.start + self._seconds + 0.05

    def draw(self, frame: Frame, t: float) -> None:
        share = (t - self.start) / self._seconds
        if share <= 0:
            return
        text = self._figure if share >= 1 or not self._counts else count_text(self._figure, ease_out(share))
        if self._last is None or self._last[0] != text:
            self._last = (text, Stamp(figure_picture(text, self._fitted, self._palette)))
        stamp = self._last[1]
        stamp.lay(frame, round((self._x - stamp.width / 2) / 2) * 2, self._y, min(1.0, share * 4))

    def contrast(self, ground: Frame) -> float:
        half = self._fitted.width / 2
        box = (
            int(self._x - half),
            int(self._y) + 40,
            int(self._x + half),
            int(self._y) + 40 + self._fitted.size,
        )
        return measure_contrast(ground, box, self._palette.accent)


def figure_picture(text: str, fitted: lettering.Fitted, palette: Palette) -> Image.Image:
    return lettering.draw_text(text, fitted.font, fitted.size, palette.accent, shadow=0.4, pad=30)


def countable(figure: str) -> bool:
    """Whether counting up makes sense: a whole or decimal number that is not a year."""
    digits = figure.replace(",", "").rstrip("%")
    if not digits.replace(".", "", 1).isdigit():
        return False
    return not (digits.isdigit() and len(digits) == 4 and "," not in figure and 1000 <= int(digits) <= 2100)


def count_text(figure: str, share: float) -> str:
    """The figure at `share` of its value, written in the same manner (commas, decimals, %)."""
    percent = "%" if figure.endswith("%") else ""
    digits = figure.removesuffix("%").replace(",", "")
    places = len(digits.partition(".")[2])
    value = float(digits) * share
    return (f"{value:,.{places}f}" if "," in figure else f"{value:.{places}f}") + percent


class ThinkingRing:
    """A ring that runs out while the viewer thinks; full before `start`, empty at `end`."""

    def __init__(
        self, *, x: int, y: int, radius: int, palette: Palette, start: float, end: float, enter: float
    ) -> None:
        self._enter, self._start, self._end = enter, start, end
        picture = shapes.ring(radius, palette.accent, 16, 1.0)
        side = picture.width + picture.width % 2
        straight = np.zeros((side, side, 4), np.uint8)
        straight[: picture.height, : picture.width] = np.asarray(picture)
        self._picture: Pixels = premultiply(straight)
        self._x, self._y = (x - side // 2) // 2 * 2, (y - side // 2) // 2 * 2
        self._full: Sprite | None = None

    rests = math.inf

    def _sprite(self, share: float) -> Sprite:
        if share >= 1:
            return make_sprite(self._picture)
        mask = shapes.arc_mask(self._picture.shape[0], share)
        shown = cv2.multiply(self._picture, cv2.merge([mask] * 4), scale=1 / 255)
        return make_sprite(np.asarray(shown, np.uint8))

    def draw(self, frame: Frame, t: float) -> None:
        opacity = min(1.0, (t - self._enter) / 0.4)
        if opacity <= 0:
            return
        share = 1.0 if t <= self._start else 1.0 - (t - self._start) / max(0.1, self._end - self._start)
        if share >= 1:
            self._full = self._full or self._sprite(1.0)
            lay(frame, self._full, self._x, self._y, opacity)
        elif share > 0:
            lay(frame, self._sprite(share), self._x, self._y, opacity)


class Dust:
    """Slow specks of light behind everything; they fade at both ends, since the neighbours have their own.

    `cover` (what baked layers leave of the ground, 0-255, at full and half size) keeps them behind text.
    """

    rests = math.inf

    def __init__(self, palette: Palette, *, seconds: float, seed: int, number: int = 13) -> None:
        rng = np.random.default_rng(seed)
        looks = [Stamp(picture) for picture in shapes.motes(palette)]
        self._specks = [
            (
                looks[index % 3],
                float(rng.uniform(0, WIDTH)),
                float(rng.uniform(0, HEIGHT)),
                float(rng.uniform(12, 34)),
                float(rng.uniform(10, 34)),
                float(rng.uniform(0, 6.28)),
            )
            for index in range(number)
        ]
        self._seconds = seconds
        self.cover_y: Pixels = np.full((HEIGHT, WIDTH), 255, np.uint8)
        self.cover_uv: Pixels = np.full((HEIGHT // 2, WIDTH // 2, 2), 255, np.uint8)

    def hide_behind(self, sprite: Sprite, left: int, top: int) -> None:
        """Remembers what a baked sprite covers."""
        height, width = sprite.y.shape
        x0, y0, x1, y1 = max(0, left), max(0, top), min(WIDTH, left + width), min(HEIGHT, top + height)
        if x0 >= x1 or y0 >= y1:
            return
        for cover, keep, half in ((self.cover_y, sprite.y_keep, 1), (self.cover_uv, sprite.uv_keep, 2)):
            mine = keep[(y0 - top) // half : (y1 - top) // half, (x0 - left) // half : (x1 - left) // half]
            ground = cover[y0 // half : y1 // half, x0 // half : x1 // half]
            cv2.multiply(ground, mine, dst=ground, scale=1.0 / 255.0)

    def draw(self, frame: Frame, t: float) -> None:
        opacity = max(0.0, min(1.0, t / 0.6, (self._seconds - t) / 0.4))
        for stamp, x0, y0, speed, sway, phase in self._specks:
            x = x0 + sway * math.sin(t * 0.5 + phase) - stamp.width / 2
            y = (y0 - speed * t) % (HEIGHT + 120) - 60 - stamp.height / 2
            twinkle = 0.65 + 0.35 * math.sin(t * 1.3 + phase * 2)
            sprite, left, top = stamp.at(x, y)
            self._lay_behind(frame, sprite, left, top, opacity * twinkle)

    def _lay_behind(self, frame: Frame, sprite: Sprite, left: int, top: int, opacity: float) -> None:
        height, width = sprite.y.shape
        x0, y0, x1, y1 = max(0, left), max(0, top), min(WIDTH, left + width), min(HEIGHT, top + height)
        if x0 >= x1 or y0 >= y1:
            return
        box = (slice(y0, y1), slice(x0, x1))
        half = (slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2))
        mine = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        mine_half = (slice((y0 - top) // 2, (y1 - top) // 2), slice((x0 - left) // 2, (x1 - left) // 2))
        cover = self.cover_y[box]
        if int(cover.min()) == 255:
            lay(frame, sprite, left, top, opacity)
            return
        cover_uv = self.cover_uv[half]
        hidden = Sprite(
            y=_scaled(sprite.y[mine], cover),
            y_keep=_uncover(sprite.y_keep[mine], cover),
            uv=_scaled(sprite.uv[mine_half], cover_uv),
            uv_keep=_uncover(sprite.uv_keep[mine_half], cover_uv),
        )
        lay(frame, hidden, x0, y0, opacity)


def _scaled(values: Pixels, cover: Pixels) -> Pixels:
    return np.asarray(cv2.multiply(values, cover, scale=1 / 255), np.uint8)


def _uncover(keep: Pixels, cover: Pixels) -> Pixels:
    """255 - (255 - keep) · cover."""
    return np.asarray(cv2.bitwise_not(_scaled(np.asarray(cv2.bitwise_not(keep), np.uint8), cover)), np.uint8)
