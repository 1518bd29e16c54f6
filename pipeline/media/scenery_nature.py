"""Sceneries of what lives and lies around us: plants, animals, water, space, bodies, places."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.media.canvas import HEIGHT, WIDTH
from pipeline.media.palettes import mix
from pipeline.media.scenery_paper import Paper, Points, curve, fill_below


def _hills(paper: Paper) -> None:
    palette = paper.palette
    for index, (level, swell, length, phase) in enumerate(
        ((1690, 34, 900, 0.4), (1752, 30, 640, 2.3), (1822, 24, 760, 4.6))
    ):
        fill_below(
            paper,
            lambda x, a=level, b=swell, c=length, d=phase: a - b * math.sin(2 * math.pi * x / c + d),  # type: ignore[misc]
        )
        paper.ink(mix(palette.base, palette.glows[0], 0.62 - 0.22 * index), 0.9)


def draw_nature(paper: Paper) -> None:
    """Rolling ground with blades of grass; leaf veins in the air above."""
    for x, y, length, turn in (
        (-20, 560, 520, -0.5),
        (1090, 1180, 560, math.pi + 0.6),
        (150, 1480, 300, -1.1),
    ):
        _leaf(paper, x, y, length, turn)
    paper.ink(paper.palette.soft, 0.055)
    _hills(paper)
    rng = np.random.default_rng(3)
    for x in range(-10, WIDTH + 20, 13):
        foot = 1850 - 20 * math.sin(x / 130)
        tall, lean = float(rng.uniform(38, 120)), float(rng.uniform(-26, 26))
        paper.fill(
            [
                (x - 5, foot + 90),
                (x + lean * 0.4, foot - tall * 0.5),
                (x + lean, foot - tall),
                (x + 5, foot + 90),
            ]
        )
    paper.ink(mix(paper.palette.base, paper.palette.glows[0], 0.28), 0.95)


def _leaf(paper: Paper, x: float, y: float, length: float, turn: float) -> None:
    """A leaf's outline with its veins, from its stalk at (x, y)."""

    def at(along: float, aside: float) -> tuple[float, float]:
        return (
            x + length * (along * math.cos(turn) - aside * math.sin(turn)),
            y + length * (along * math.sin(turn) + aside * math.cos(turn)),
        )

    def half(along: float) -> float:
        return 0.27 * math.sin(math.pi * along**0.8)

    steps = [index / 24 for index in range(25)]
    paper.line([at(s, half(s)) for s in steps], 4)
    paper.line([at(s, -half(s)) for s in steps], 4)
    paper.line([at(-0.12, 0), at(1, 0)], 4)
    for along in (0.18, 0.34, 0.5, 0.66, 0.8):
        for side in (1, -1):
            paper.line([at(along, 0), at(min(1.0, along + 0.14), side * 0.78 * half(along + 0.1))], 3)


def draw_animals(paper: Paper) -> None:
    """Hills with round trees; a track of paws up the side."""
    for index in range(7):
        x, y = 118 + (66 if index % 2 else 0), 1500 - index * 176
        for dx, dy, size in ((0, 0, 21), (-27, -26, 9), (-9, -39, 10), (11, -39, 10), (29, -26, 9)):
            paper.disc(x + dx, y + dy, size)
    for index in range(7):
        x, y = 930 + (66 if index % 2 else 0), 420 + index * 170
        for dx, dy, size in ((0, 0, 21), (-27, 26, 9), (-9, 39, 10), (11, 39, 10), (29, 26, 9)):
            paper.disc(x + dx, y + dy, size)
    paper.ink(paper.palette.soft, 0.05)
    for left, size in ((86.0, 46), (170.0, 62), (560, 40), (880, 66), (985, 48)):
        paper.fill([(left - 6, 1790), (left - 6, 1700), (left + 6, 1700), (left + 6, 1790)])
        for right, down, share in ((0.0, -0.8, 1.0), (-0.62, -0.2, 0.8), (0.62, -0.2, 0.8), (0.0, 0.1, 0.9)):
            paper.disc(left + right * size, 1716 + down * size * 0.7, size * share)
    paper.ink(mix(paper.palette.base, paper.palette.glows[0], 0.55), 0.9)
    _hills(paper)


def draw_water(paper: Paper) -> None:
    """Light falling into deep water, and waves at the foot."""
    for top, foot, wide in ((150, -180, 90), (420, 260, 130), (700, 820, 120), (930, 1250, 90)):
        paper.fill(
            [(top - wide / 2, -10), (top + wide / 2, -10), (foot + wide * 2, 1500), (foot - wide, 1500)]
        )
    fade = np.linspace(1.0, 0.0, 1500) ** 1.4
    paper.mask[:1500] = (paper.mask[:1500] * fade[:, None]).astype(np.uint8)
    paper.soften(12)
    paper.ink(paper.palette.soft, 0.07)
    for index, (level, swell, length, phase) in enumerate(
        ((1680, 20, 360, 0.0), (1740, 24, 440, 1.7), (1812, 26, 520, 3.9))
    ):
        fill_below(
            paper,
            lambda x, a=level, b=swell, c=length, d=phase: a - b * math.sin(2 * math.pi * x / c + d),  # type: ignore[misc]
        )
        paper.ink(
            mix(paper.palette.base, paper.palette.glows[1 if index == 1 else 0], 0.7 - 0.2 * index), 0.85
        )
        paper.line(
            curve(lambda x, a=level, b=swell, c=length, d=phase: a - b * math.sin(2 * math.pi * x / c + d)),  # type: ignore[misc]
            4,
        )
        paper.ink(paper.palette.soft, 0.16)


def draw_space(paper: Paper) -> None:
    """Stars, two orbits and the edge of a planet."""
    rng = np.random.default_rng(11)
    for _ in range(170):
        x, y, size = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(0.9, 2.4)
        paper.disc(float(x), float(y), float(size))
    paper.ink("#ffffff", 0.42)
    for radius in (900, 1180, 1470):
        paper.ring(WIDTH * 0.5, 2560, radius, 2)
    paper.ink(paper.palette.soft, 0.12)
    paper.disc(WIDTH * 0.56, 3120, 1440)
    paper.soften(26)
    paper.ink(paper.palette.accent, 0.34)
    paper.disc(WIDTH * 0.56, 3126, 1424)
    paper.ink(mix(paper.palette.base, paper.palette.glows[0], 0.5), 1.0)
    for x, y, size in ((300, 1800, 34), (470, 1868, 20), (760, 1776, 44), (905, 1858, 26), (610, 1745, 14)):
        paper.disc(x, y, size)
    paper.ink(mix(paper.palette.base, paper.palette.glows[0], 0.28), 0.8)


def draw_body(paper: Paper) -> None:
    """Cells with their cores, and a pulse along the foot."""
    rng = np.random.default_rng(21)
    for x, y, size in (
        (60, 420, 150),
        (1010, 700, 190),
        (70, 1180, 170),
        (980, 1350, 130),
        (860, 260, 90),
        (240, 1500, 80),
    ):
        steps = [2 * math.pi * index / 40 for index in range(40)]
        shift = float(rng.uniform(0, 6))
        edge = [
            (
                x + size * (1 + 0.07 * math.sin(3 * a + shift)) * math.cos(a),
                y + size * (1 + 0.07 * math.sin(3 * a + shift)) * math.sin(a),
            )
            for a in steps
        ]
        paper.line(edge, 5, closed=True)
        paper.disc(x + size * 0.18, y - size * 0.1, size * 0.3)
    paper.ink(paper.palette.soft, 0.055)
    _pulse(paper, 1740)


def draw_health(paper: Paper) -> None:
    """Rounded crosses, and a pulse along the foot."""
    for x, y, size in ((80, 520, 64), (985, 830, 84), (96, 1240, 52), (930, 300, 40), (1010, 1500, 46)):
        arm = size / 3
        paper.fill([(x - arm, y - size), (x + arm, y - size), (x + arm, y + size), (x - arm, y + size)])
        paper.fill([(x - size, y - arm), (x + size, y - arm), (x + size, y + arm), (x - size, y + arm)])
    paper.ink(paper.palette.soft, 0.05)
    _pulse(paper, 1740)


def _pulse(paper: Paper, level: float) -> None:
    beat: Points = [
        (0, 0),
        (60, 0),
        (84, -22),
        (108, 0),
        (132, 0),
        (150, 26),
        (178, -112),
        (206, 62),
        (226, 0),
        (262, -30),
        (298, 0),
    ]
    points = [(x + shift, level + y) for shift in (-60, 238, 536, 834) for x, y in beat]
    paper.line(points, 22)
    paper.soften(14)
    paper.ink(paper.palette.accent, 0.30)
    paper.line(points, 5)
    paper.ink(paper.palette.accent, 0.55)


def _noise(seed: int, cells: tuple[int, int]) -> NDArray[np.float32]:
    """Smooth hills of height 0-1 over the frame, from `cells` random heights (down, across)."""
    rng = np.random.default_rng(seed)
    small = rng.random(cells, np.float32)
    wide = cv2.resize(small, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.GaussianBlur(wide, (0, 0), 24), np.float32)


def draw_places(paper: Paper) -> None:
    """Contour lines of a map, and a range of mountains at the foot."""
    heights = _noise(41, (9, 6))
    for level in np.linspace(0.2, 0.85, 15):
        found, _ = cv2.findContours((heights > level).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        for contour in found:
            paper.line([(float(x) * 2, float(y) * 2) for x, y in contour[::3, 0]], 2, closed=True)
    for border in (slice(0, 6), slice(-6, None)):  # contours run along the frame's edge: not drawn
        paper.mask[border] = 0
        paper.mask[:, border] = 0
    paper.ink(paper.palette.soft, 0.10)
    for index, peaks in enumerate(
        (
            [
                (-40, 1830),
                (120, 1700),
                (230, 1776),
                (420, 1664),
                (600, 1790),
                (760, 1690),
                (900, 1770),
                (1010, 1716),
                (1130, 1810),
            ],
            [
                (-40, 1850),
                (90, 1790),
                (250, 1846),
                (360, 1776),
                (560, 1868),
                (700, 1796),
                (860, 1862),
                (1000, 1800),
                (1130, 1850),
            ],
        )
    ):
        outline: Points = [(float(x), float(y)) for x, y in peaks]
        paper.fill([*outline, (WIDTH + 50, HEIGHT + 10), (-50, HEIGHT + 10)])
        paper.ink(mix(paper.palette.base, paper.palette.glows[0], 0.6 - 0.28 * index), 0.92)
        if index == 0:
            for x, y in ((120, 1700), (420, 1664), (760, 1690)):
                paper.fill(
                    [
                        (x, y),
                        (x - 42, y + 36),
                        (x - 16, y + 30),
                        (x + 4, y + 44),
                        (x + 24, y + 28),
                        (x + 46, y + 36),
                    ]
                )
            paper.ink(paper.palette.soft, 0.42)
