"""Sceneries of what people study and make: forces, history, numbers, arts, language, machines, matter."""

from __future__ import annotations

import math

import cv2
import numpy as np

from pipeline.media import lettering
from pipeline.media.canvas import HEIGHT, WIDTH
from pipeline.media.scenery_paper import Paper, Points, curve


def draw_energy(paper: Paper) -> None:
    """Waves that run through one another."""
    for index in range(9):
        swell = 26 + 9 * index
        paper.line(
            curve(
                lambda x, a=swell, b=index: 1770 + a * math.sin(2 * math.pi * x / (420 + 36 * b) + 0.5 * b),  # type: ignore[misc]
                10,
            ),
            3,
        )
    paper.ink(paper.palette.accent, 0.17)
    for radius in range(170, 1500, 150):
        paper.ring(WIDTH + 40, 250, radius, 3)
    paper.ink(paper.palette.soft, 0.045)


def draw_history(paper: Paper) -> None:
    """Old paper: stains, a double frame, a meander along the foot."""
    rng = np.random.default_rng(31)
    small = rng.random((HEIGHT // 60, WIDTH // 60), np.float32)
    stains = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(
        rng.random((HEIGHT // 6, WIDTH // 6), np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR
    )
    paper.field(np.clip((stains * 0.75 + fine * 0.25 - 0.42) * 420, 0, 255).astype(np.uint8))
    paper.ink(paper.palette.soft, 0.065)
    for inset, width in ((26, 4), (38, 2)):
        paper.line(
            [
                (inset, inset),
                (WIDTH - inset, inset),
                (WIDTH - inset, HEIGHT - inset),
                (inset, HEIGHT - inset),
            ],
            width,
            closed=True,
        )
    paper.ink(paper.palette.accent, 0.20)
    side, top = 30.0, 1716.0
    for x in range(66, WIDTH - 150, 119):
        key: Points = [(0, 3), (0, 0), (3, 0), (3, 2), (1.45, 2), (1.45, 1.2), (2.2, 1.2)]
        paper.line([(x + a * side, top + b * side) for a, b in key], 7)
        paper.line([(x, top + 3 * side), (x + 119, top + 3 * side)], 7)
    paper.line([(52, top - 28), (WIDTH - 52, top - 28)], 3)
    paper.line([(52, top + 3 * side + 28), (WIDTH - 52, top + 3 * side + 28)], 3)
    paper.ink(paper.palette.accent, 0.36)


def draw_numbers(paper: Paper) -> None:
    """A blueprint: a fine grid, a coarse one, and figures of geometry at the foot."""
    for x in range(0, WIDTH + 1, 36):
        paper.line([(x, 0), (x, HEIGHT)], 1)
    for y in range(24, HEIGHT + 1, 36):
        paper.line([(0, y), (WIDTH, y)], 1)
    paper.ink(paper.palette.soft, 0.075)
    for x in range(0, WIDTH + 1, 180):
        paper.line([(x, 0), (x, HEIGHT)], 2)
    for y in range(24, HEIGHT + 1, 180):
        paper.line([(0, y), (WIDTH, y)], 2)
    paper.ink(paper.palette.soft, 0.085)
    paper.line([(72, 1860), (252, 1680), (252, 1860)], 5, closed=True)
    paper.line([(222, 1860), (222, 1830), (252, 1830)], 4)
    paper.ring(450, 1770, 90, 5)
    paper.line([(450, 1770), (450 + 90 * math.cos(-0.7), 1770 + 90 * math.sin(-0.7))], 4)
    paper.line([(630, 1680), (810, 1680), (810, 1860), (630, 1860)], 5, closed=True)
    paper.line([(630, 1860), (810, 1680)], 3)
    steps = [math.pi / 3 * index for index in range(6)]
    paper.line([(950 + 94 * math.cos(a), 1770 + 94 * math.sin(a)) for a in steps], 5, closed=True)
    paper.ink(paper.palette.soft, 0.30)


def draw_arts(paper: Paper) -> None:
    """Five lines that swing along the foot, with notes on them, and faint brush strokes above."""

    def swing(x: float, line: int) -> float:
        return 1752 + 30 * line + 36 * math.sin(2 * math.pi * x / 980 + 0.6)

    for line in range(5):
        paper.line(curve(lambda x, a=line: swing(x, a)), 3)  # type: ignore[misc]
    paper.ink(paper.palette.soft, 0.28)
    for x, line in ((120, 3), (330, 1), (520, 2), (700, 0), (905, 2)):
        y = swing(x, line) + 17
        paper.fill(
            [
                (x + 21 * math.cos(a) * 1.25, y + 15 * math.sin(a) - 6 * math.cos(a))
                for a in np.linspace(0, 6.28, 24)
            ]
        )
        paper.line([(x + 24, y - 4), (x + 24, y - 88)], 6)
        if line % 2 == 0:
            paper.line([(x + 24, y - 88), (x + 60, y - 58), (x + 54, y - 28)], 6)
    paper.ink(paper.palette.accent, 0.46)
    for x, y, size in ((0, 480, 420), (1080, 980, 470), (60, 1420, 300)):
        for index in range(4):
            paper.ring(x, y, size - index * 44, 16)
    paper.ink(paper.palette.soft, 0.028)


def draw_language(paper: Paper) -> None:
    """Ruled lines with a margin, and letters along the foot."""
    for y in range(196, HEIGHT, 84):
        paper.line([(0, y), (WIDTH, y)], 2)
    paper.ink(paper.palette.soft, 0.075)
    paper.line([(46, 0), (46, HEIGHT)], 3)
    paper.ink(paper.palette.accent, 0.22)
    for text, x, y, size in (
        ("A", 40, 1650, 240),
        ("b", 250, 1690, 190),
        ("?", 430, 1640, 240),
        ("C", 570, 1680, 200),
        ("&", 760, 1660, 220),
        ("z", 945, 1700, 180),
    ):
        picture = lettering.draw_text(text, "Fraunces-Black.ttf", size, "#ffffff")
        alpha = np.asarray(picture.getchannel("A"), np.uint8)[: HEIGHT - y, : WIDTH - x]
        paper.mask[y : y + alpha.shape[0], x : x + alpha.shape[1]] |= alpha
    paper.ink(paper.palette.soft, 0.16)


def draw_technology(paper: Paper) -> None:
    """Traces of a circuit that grow from the foot."""
    rng = np.random.default_rng(51)
    nodes: Points = []
    for root in range(40, WIDTH, 62):
        bend, end = float(rng.uniform(1760, 1850)), float(rng.uniform(1660, 1740))
        aside = root + float(rng.choice([-30, 0, 30]))
        paper.line([(root, HEIGHT + 10), (root, bend), (aside, bend - 34), (aside, end)], 5)
        nodes.append((aside, end))
    paper.ink(paper.palette.soft, 0.15)
    for x, y in nodes:
        paper.ring(x, y, 10, 5)
    paper.ink(paper.palette.accent, 0.5)


def draw_chemistry(paper: Paper) -> None:
    """Hexagons of molecules with their atoms."""
    size = 92.0
    for row, (x0, y0, count) in enumerate(((70, 400, 1), (1000, 760, 1), (60, 1300, 1), (120, 1770, 6))):
        for index in range(count):
            x, y = x0 + index * size * 1.74, y0 + (24 if index % 2 else 0)
            corners = [
                (x + size * math.sin(a), y + size * math.cos(a)) for a in np.linspace(0, 2 * math.pi, 7)[:-1]
            ]
            paper.line([(float(a), float(b)) for a, b in corners], 5, closed=True)
            for a, b in corners:
                paper.disc(float(a), float(b), 11)
        paper.ink(paper.palette.soft, 0.06 if row < 3 else 0.22)


def draw_other(paper: Paper) -> None:
    """Dots in rows that grow towards the foot."""
    for row, y in enumerate(range(1660, HEIGHT + 20, 44)):
        for x in range(-20, WIDTH + 40, 44):
            paper.disc(x + (22 if row % 2 else 0), y, 4 + 2.1 * row)
    paper.ink(paper.palette.soft, 0.12)
    for x, y, radius in ((1040, 420, 240), (30, 1180, 300)):
        for index in range(4):
            paper.ring(x, y, radius - 46 * index, 3)
    paper.ink(paper.palette.soft, 0.06)
