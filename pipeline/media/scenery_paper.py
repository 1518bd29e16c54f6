"""What sceneries are drawn on: masks laid one over the other in colours of the palette."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from pipeline.media.canvas import HEIGHT, WIDTH, Pixels
from pipeline.media.palettes import Palette, rgb

FOOT = 1640  # silhouettes keep below this line; captions end above it
Points = list[tuple[float, float]]


class Paper:
    """Premultiplied RGBA on which masks are laid one over the other."""

    def __init__(self, palette: Palette) -> None:
        self.palette = palette
        self.colours = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        self.mask: Pixels = np.zeros((HEIGHT, WIDTH), np.uint8)

    def ink(self, colour: str, opacity: float) -> None:
        """Lays what has been drawn since the last call in `colour`, and clears the mask."""
        rows = np.flatnonzero(self.mask.any(axis=1))
        if rows.size:
            box = slice(int(rows[0]), int(rows[-1]) + 1)
            alpha = cv2.convertScaleAbs(self.mask[box], alpha=opacity)
            red, green, blue = rgb(colour)
            layers = [cv2.convertScaleAbs(alpha, alpha=channel / 255) for channel in (red, green, blue)]
            keep = cv2.merge([cv2.bitwise_not(alpha)] * 4)
            under = cv2.multiply(self.colours[box], keep, scale=1 / 255)
            self.colours[box] = cv2.add(under, cv2.merge([*layers, alpha]))
        self.mask[:] = 0

    def line(self, points: Points, width: int = 2, *, closed: bool = False) -> None:
        array = np.round(np.array(points) * 16).astype(np.int32)
        cv2.polylines(self.mask, [array], closed, 255, width, cv2.LINE_AA, 4)

    def fill(self, points: Points) -> None:
        array = np.round(np.array(points) * 16).astype(np.int32)
        cv2.fillPoly(self.mask, [array], 255, cv2.LINE_AA, 4)

    def ring(self, x: float, y: float, radius: float, width: int = 2) -> None:
        centre = (round(x * 16), round(y * 16))
        cv2.circle(self.mask, centre, round(radius * 16), 255, width, cv2.LINE_AA, 4)

    def disc(self, x: float, y: float, radius: float) -> None:
        self.ring(x, y, radius, -1)

    def field(self, mask: Pixels) -> None:
        np.maximum(self.mask, mask, out=self.mask)

    def soften(self, sigma: float) -> None:
        cv2.GaussianBlur(self.mask, (0, 0), sigma, dst=self.mask)


def curve(height: Callable[[float], float], step: int = 12) -> Points:
    return [(float(x), height(x)) for x in range(-step, WIDTH + 2 * step, step)]


def fill_below(paper: Paper, height: Callable[[float], float]) -> None:
    paper.fill([*curve(height), (WIDTH + 40, HEIGHT + 20), (-40, HEIGHT + 20)])
