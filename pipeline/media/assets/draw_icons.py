"""One-off authoring script: the icons that no emoji has, drawn by us. Never runs in production.

    python draw_icons.py

They look like their neighbours: soft light from above, saturated colours, no outlines; 512 px, WebP.
"""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent
SIDE, OVER = 512, 2
FULL = SIDE * OVER
Colour = tuple[int, int, int]
RED, BLUE, GREY, GOLD = (236, 74, 94), (72, 132, 250), (160, 168, 190), (255, 190, 70)
VIOLET, GREEN, WHITE, INK = (140, 98, 240), (66, 196, 120), (255, 255, 255), (40, 30, 80)


def paper() -> Image.Image:
    return Image.new("RGBA", (FULL, FULL), (0, 0, 0, 0))


def ball(picture: Image.Image, x: float, y: float, radius: float, colour: Colour) -> None:
    """A lit ball; places are shares of the side."""
    size = int(2 * radius * FULL)
    ys, xs = np.mgrid[0:size, 0:size].astype(np.float32)
    xs, ys = (xs + 0.5) / size * 2 - 1, (ys + 0.5) / size * 2 - 1
    distance = np.sqrt(xs * xs + ys * ys)
    light = np.clip(1.12 - 0.62 * np.sqrt((xs + 0.35) ** 2 + (ys + 0.42) ** 2), 0.42, 1.15)[..., None]
    shine = np.clip(1 - np.sqrt((xs + 0.38) ** 2 + (ys + 0.45) ** 2) / 0.42, 0, 1)[..., None] ** 1.5
    body = np.array(colour, np.float32) * light + 255 * shine * 0.55
    alpha = np.clip((1 - distance) * size / 2, 0, 1)[..., None] * 255
    array = np.concatenate([np.clip(body, 0, 255), alpha], axis=-1).astype(np.uint8)
    picture.alpha_composite(
        Image.fromarray(array, "RGBA"), (int((x - radius) * FULL), int((y - radius) * FULL))
    )


def mark(picture: Image.Image, text: str, x: float, y: float, *, size: float, colour: Colour = WHITE) -> None:
    font = ImageFont.truetype(str(HERE / "fonts" / "Inter-ExtraBold.ttf"), int(size * FULL))
    ImageDraw.Draw(picture).text((x * FULL, y * FULL), text, font=font, fill=(*colour, 255), anchor="mm")


def lit(picture: Image.Image) -> Image.Image:
    """A flat picture with light from above and a dark lower rim."""
    array = np.asarray(picture, np.float32).copy()
    ramp = np.linspace(1.10, 0.86, FULL, dtype=np.float32)[:, None, None]
    array[..., :3] = np.clip(array[..., :3] * ramp, 0, 255)
    return Image.fromarray(array.astype(np.uint8), "RGBA")


def tile(colour: Colour, edge: Colour) -> Image.Image:
    """A thick rounded tile."""
    picture = paper()
    pen = ImageDraw.Draw(picture)
    box = (0.10 * FULL, 0.14 * FULL, 0.90 * FULL, 0.92 * FULL)
    pen.rounded_rectangle(box, 0.16 * FULL, fill=(*edge, 255))
    box = (0.10 * FULL, 0.08 * FULL, 0.90 * FULL, 0.86 * FULL)
    pen.rounded_rectangle(box, 0.16 * FULL, fill=(*colour, 255))
    return lit(picture)


def draw_atom() -> Image.Image:
    picture = paper()
    for turn in (0, 60, 120):
        ring = paper()
        box = (0.06 * FULL, 0.35 * FULL, 0.94 * FULL, 0.65 * FULL)
        ImageDraw.Draw(ring).ellipse(box, outline=(176, 150, 255, 255), width=int(0.028 * FULL))
        picture.alpha_composite(ring.rotate(turn, Image.Resampling.BICUBIC))
    for x, y, colour in (
        *((0.46, 0.46, RED), (0.55, 0.47, GREY), (0.50, 0.55, RED), (0.43, 0.54, GREY), (0.57, 0.55, RED)),
        (0.50, 0.42, GREY),
    ):
        ball(picture, x, y, 0.075, colour)
    for degrees in (0, 60, 120):
        angle = math.radians(-degrees)
        ball(picture, 0.5 + 0.44 * math.cos(angle), 0.5 + 0.44 * math.sin(angle), 0.06, BLUE)
    return picture


def _charge(colour: Colour, text: str) -> Callable[[], Image.Image]:
    def draw() -> Image.Image:
        picture = paper()
        ball(picture, 0.5, 0.5, 0.42, colour)
        if text:
            mark(picture, text, 0.5, 0.49, size=0.56)
        return picture

    return draw


def draw_nucleus() -> Image.Image:
    picture = paper()
    rng = np.random.default_rng(4)
    spots = [
        (0.5 + radius * math.cos(angle), 0.5 + radius * math.sin(angle))
        for radius, number in ((0.24, 7), (0.12, 4), (0.0, 1))
        for angle in np.linspace(0, 2 * math.pi, number + 1)[:number]
    ]
    for index, (x, y) in enumerate(spots):
        ball(picture, x + float(rng.uniform(-0.01, 0.01)), y, 0.145, RED if index % 2 else GREY)
    return picture


def draw_molecule() -> Image.Image:
    picture = paper()
    pen = ImageDraw.Draw(picture)
    for x in (0.20, 0.80):
        ends = [(0.5 * FULL, 0.42 * FULL), (x * FULL, 0.70 * FULL)]
        pen.line(ends, fill=(200, 205, 225, 255), width=int(0.07 * FULL))
    ball(picture, 0.5, 0.40, 0.26, RED)
    ball(picture, 0.19, 0.72, 0.165, (236, 240, 252))
    ball(picture, 0.81, 0.72, 0.165, (236, 240, 252))
    return picture


def draw_fraction() -> Image.Image:
    """Three quarters of a disc, the fourth pulled out."""
    picture = paper()
    pen = ImageDraw.Draw(picture)
    for colour, lower in (((200, 120, 20), 0.045), (GOLD, 0.0)):
        box = (0.08 * FULL, (0.09 + lower) * FULL, 0.88 * FULL, (0.89 + lower) * FULL)
        pen.pieslice(box, 0, 270, fill=(*colour, 255))
    for colour, lower in (((120, 50, 160), 0.045), (VIOLET, 0.0)):
        box = (0.14 * FULL, (0.03 + lower) * FULL, 0.94 * FULL, (0.83 + lower) * FULL)
        pen.pieslice(box, 270, 360, fill=(*colour, 255))
    centre = (0.48 * FULL, 0.49 * FULL)
    for angle in (90, 180):
        turn = math.radians(angle)
        far = (centre[0] + 0.4 * FULL * math.cos(turn), centre[1] + 0.4 * FULL * math.sin(turn))
        pen.line([centre, far], fill=(255, 236, 190, 255), width=int(0.016 * FULL))
    return lit(picture)


def draw_pyramid() -> Image.Image:
    """Two stepped faces in the sun, a small one behind, sand below."""
    picture = paper()
    pen = ImageDraw.Draw(picture)
    pen.ellipse((0.0 * FULL, 0.74 * FULL, 1.0 * FULL, 0.94 * FULL), fill=(232, 190, 110, 255))
    _face(pen, (0.80, 0.42), 0.80, left=0.58, right=0.985, edge=0.86)
    _face(pen, (0.42, 0.10), 0.82, left=0.04, right=0.84, edge=0.54)
    return picture


def _face(
    pen: ImageDraw.ImageDraw,
    top: tuple[float, float],
    foot: float,
    *,
    left: float,
    right: float,
    edge: float,
) -> None:
    """Two faces that meet at `edge`, with courses of stone; shares of the side."""
    tip, low = (top[0] * FULL, top[1] * FULL), (edge * FULL, (foot + 0.05) * FULL)
    west, east = (left * FULL, foot * FULL), (right * FULL, (foot - 0.01) * FULL)
    pen.polygon([tip, west, low], fill=(250, 204, 112, 255))
    pen.polygon([tip, east, low], fill=(196, 134, 58, 255))
    for row in range(1, 9):
        first, middle, last = (
            (tip[0] + (end[0] - tip[0]) * row / 9, tip[1] + (end[1] - tip[1]) * row / 9)
            for end in (west, low, east)
        )
        pen.line([first, middle], fill=(222, 170, 82, 255), width=int(0.008 * FULL))
        pen.line([middle, last], fill=(168, 110, 46, 255), width=int(0.008 * FULL))


def draw_letters() -> Image.Image:
    picture = tile((92, 150, 255), (52, 96, 200))
    mark(picture, "Aa", 0.5, 0.46, size=0.44)
    return picture


def draw_bits() -> Image.Image:
    picture = tile((34, 46, 74), (18, 24, 44))
    for row, text in enumerate(("0110", "1001", "0101")):
        mark(picture, text, 0.5, 0.25 + 0.215 * row, size=0.20, colour=(96, 240, 190))
    return picture


def draw_chip() -> Image.Image:
    picture = paper()
    pen = ImageDraw.Draw(picture)
    for index in range(5):
        at = (0.22 + 0.14 * index) * FULL
        wide = 0.055 * FULL
        low, high, near, far = at - wide / 2, at + wide / 2, 0.03 * FULL, 0.97 * FULL
        for box in ((low, near, high, far), (near, low, far, high)):
            pen.rounded_rectangle(box, 0.02 * FULL, fill=(236, 192, 92, 255))
    for inset, radius, colour in ((0.12, 0.08, (46, 60, 84)), (0.26, 0.05, (92, 108, 140))):
        box = (inset * FULL, inset * FULL, (1 - inset) * FULL, (1 - inset) * FULL)
        pen.rounded_rectangle(box, radius * FULL, fill=(*colour, 255))
    pen.ellipse((0.18 * FULL, 0.18 * FULL, 0.225 * FULL, 0.225 * FULL), fill=(150, 165, 195, 255))
    return lit(picture)


def draw_core() -> Image.Image:
    """A ball cut in half: cool rock outside, a glowing core inside."""
    picture = paper()
    pen = ImageDraw.Draw(picture)
    levels = ((0.46, (122, 70, 48)), (0.42, (180, 80, 42)), (0.29, (240, 150, 50)), (0.14, (255, 232, 164)))
    for radius, colour in levels:
        low, high = (0.5 - radius) * FULL, (0.5 + radius) * FULL
        pen.ellipse((low, low, high, high), fill=(*colour, 255))
    return lit(picture)


DRAWN: dict[str, Callable[[], Image.Image]] = {
    "drawn-atom": draw_atom,
    "drawn-proton": _charge(RED, "+"),
    "drawn-electron": _charge(BLUE, "–"),
    "drawn-neutron": _charge(GREY, ""),
    "drawn-ion": _charge(VIOLET, "±"),
    "drawn-nucleus": draw_nucleus,
    "drawn-molecule": draw_molecule,
    "drawn-fraction": draw_fraction,
    "drawn-core": draw_core,
    "drawn-pyramid": draw_pyramid,
    "drawn-letters": draw_letters,
    "drawn-bits": draw_bits,
    "drawn-chip": draw_chip,
}


if __name__ == "__main__":
    for name, draw in DRAWN.items():
        small = draw().resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        small.save(HERE / "icons" / f"{name}.webp", quality=90, alpha_quality=100, method=6)
