"""A small world in a frame: sky and ground, sea or space, in which the icons of a scene have their places."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.media import icons, shapes
from pipeline.media.palettes import Palette, mix, rgb


@functools.cache
def places() -> dict[str, str]:
    """Icon → where it belongs: ground, sky, water, afloat or space."""
    found: dict[str, str] = {}
    for line in (icons.FOLDER / "icon_places.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            place, _, names = line.partition(":")
            found.update(dict.fromkeys(names.split(), place))
    return found


def choose_world(names: list[str], scenery: str) -> str:
    """land, sea or space; "" where the first icon is a thing without a place."""
    found = [places().get(name, "") for name in names]
    if not found or not found[0]:
        return ""
    if found[0] == "space" or (scenery == "space" and found[0] == "sky"):
        return "space"
    return "sea" if found[0] in ("water", "afloat") else "land"


@dataclass(frozen=True)
class Spot:
    """Where an icon goes, as shares of the frame: its middle, and its side as a share of the height.

    `manner`: stands on the ground, floats, or (a thing without a place) is shown in a bubble.
    """

    x: float
    y: float
    side: float
    manner: str = "floats"


_CORNERS = ((0.85, 0.20), (0.15, 0.20), (0.85, 0.62), (0.15, 0.62))


def arrange(names: list[str], world: str, *, is_mirrored: bool) -> list[Spot]:
    """A spot for each icon, none on another; the first is the largest."""
    found = [places().get(name, "") for name in names]
    if world != "space":  # a globe in the sky would be odd
        found = ["" if name.startswith("globe-") else place for name, place in zip(names, found, strict=True)]
    else:  # and so would a mountain among the stars
        found = [place if place in ("space", "sky") else "" for place in found]
    is_high = [
        bool(place)
        and world != "space"
        and (place in ("sky", "afloat") or (world == "land" and place == "space"))
        for place in found
    ]
    lone = not any(place and not high for place, high in zip(found, is_high, strict=True))
    placed: dict[int, Spot] = {}
    taken = [0, 0]
    for index, (place, high) in enumerate(zip(found, is_high, strict=True)):
        if place:
            order, taken[high] = taken[high], taken[high] + 1
            spot = _high_spot(order, place, lone=lone) if high else _low_spot(order, world, names)
            placed[index] = replace(spot, x=1 - spot.x) if is_mirrored else spot
    for index, place in enumerate(found):
        if not place:
            used = [(spot.x, spot.y) for spot in placed.values()]
            corner = max(
                _CORNERS, key=lambda one: min((math.dist(one, other) for other in used), default=1.0)
            )
            placed[index] = Spot(*corner, 0.3, "bubble")
    return [placed[index] for index in range(len(names))]


def _high_spot(order: int, place: str, *, lone: bool) -> Spot:
    """In the sky, or on the water; where nothing is below, the first is large and in the middle."""
    if lone:
        return (Spot(0.42, 0.44, 0.62), Spot(0.82, 0.24, 0.34), Spot(0.80, 0.62, 0.28))[min(order, 2)]
    y = 0.16 if place == "afloat" else 0.27
    return (Spot(0.78, y, 0.38), Spot(0.24, y - 0.02, 0.30), Spot(0.5, y, 0.26))[min(order, 2)]


def _low_spot(order: int, world: str, names: list[str]) -> Spot:
    if len(names) == 1:
        return Spot(0.5, 0.56, 0.66, "stands" if world == "land" else "floats")
    if world == "land":
        row = (Spot(0.36, 0.60, 0.60), Spot(0.79, 0.70, 0.40), Spot(0.60, 0.76, 0.30))
        return replace(row[min(order, 2)], manner="stands")
    return (Spot(0.38, 0.52, 0.58), Spot(0.80, 0.72, 0.34), Spot(0.80, 0.26, 0.26))[min(order, 2)]


@functools.lru_cache(maxsize=8)
def draw_world(world: str, width: int, height: int, palette: Palette, seed: int) -> Image.Image:
    """The frame with its backdrop, rounded, with a bright rim."""
    if world == "space":
        picture = _space(width, height, palette, seed)
    elif world == "sea":
        picture = _sea(width, height, palette, seed)
    else:
        picture = _land(width, height, palette, seed)
    made = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8)).convert("RGBA")
    made.putalpha(shapes.rounded(width, height, 56, "#ffffff").getchannel("A"))
    made.alpha_composite(shapes.rim(width, height, 56, palette.soft))
    return made


def _ramp(width: int, height: int, top: str, bottom: str, power: float = 1.0) -> NDArray[np.float32]:
    share = (np.linspace(0, 1, height, dtype=np.float32) ** power)[:, None, None]
    first, second = np.array(rgb(top), np.float32), np.array(rgb(bottom), np.float32)
    return np.asarray(
        np.broadcast_to(first * (1 - share) + second * share, (height, width, 3)).copy(), np.float32
    )


def _cover(picture: NDArray[np.float32], mask: NDArray[np.uint8], colour: str, opacity: float = 1.0) -> None:
    share = (mask.astype(np.float32) * (opacity / 255))[..., None]
    picture *= 1 - share
    picture += share * np.array(rgb(colour), np.float32)


def _light(
    picture: NDArray[np.float32], x: float, y: float, radius: float, *, colour: str, strength: float
) -> None:
    height, width = picture.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    share = np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / (radius * radius))[..., None] * strength
    picture *= 1 - share
    picture += share * np.array(rgb(colour), np.float32)


def _below(
    width: int, height: int, level: float, *, swell: float, length: float, phase: float
) -> NDArray[np.uint8]:
    """255 below a wave."""
    mask = np.zeros((height, width), np.uint8)
    xs = np.arange(-8, width + 9, 8)
    line = [(float(x), level - swell * math.sin(2 * math.pi * x / length + phase)) for x in xs]
    points = np.round(np.array([*line, (width + 8, height + 8), (-8, height + 8)]) * 16).astype(np.int32)
    cv2.fillPoly(mask, [points], 255, cv2.LINE_AA, 4)
    return mask


def _land(width: int, height: int, palette: Palette, seed: int) -> NDArray[np.float32]:
    """Evening light over three hills; soft clouds, blades of grass in front."""
    rng = np.random.default_rng(seed % 7)
    top, low = mix(palette.glows[1], palette.soft, 0.10), mix(palette.glows[0], palette.soft, 0.62)
    picture = _ramp(width, height, top, low)
    _light(
        picture,
        width * 0.5,
        height * 0.66,
        height * 0.5,
        colour=mix(palette.soft, palette.accent, 0.35),
        strength=0.55,
    )
    for x, y, size in ((0.16, 0.16, 0.9), (0.60, 0.10, 0.7), (0.92, 0.30, 1.0)):
        _cloud(picture, (x + float(rng.uniform(-0.05, 0.05))) * width, y * height, size * width * 0.13)
    green = mix(palette.glows[0], palette.accent, 0.5)
    for index, share in enumerate((0.52, 0.36, 0.20)):
        level = height * (0.66 + 0.10 * index)
        swell, length = height * (0.055 - 0.01 * index), width * (0.9 + 0.25 * index)
        mask = _below(width, height, level, swell=swell, length=length, phase=float(rng.uniform(0, 6.28)))
        _cover(picture, mask, mix(palette.base, mix(green, palette.accent, share * 0.3), 0.35 + share))
    blades = np.zeros((height, width), np.uint8)
    for x in range(0, width, 11):
        tall, lean = float(rng.uniform(0.025, 0.07)) * height, float(rng.uniform(-12, 12))
        points = [(x - 4, height), (x + lean, height - tall), (x + 4, height)]
        cv2.fillPoly(blades, [np.array(points, np.int32)], 255, cv2.LINE_AA)
    _cover(picture, blades, mix(palette.base, green, 0.42), 0.9)
    return picture


def _cloud(picture: NDArray[np.float32], x: float, y: float, size: float) -> None:
    mask = np.zeros(picture.shape[:2], np.uint8)
    for right, down, share in (
        (-0.75, 0.1, 0.42),
        (-0.25, -0.18, 0.6),
        (0.35, -0.05, 0.5),
        (0.85, 0.14, 0.36),
    ):
        cv2.circle(
            mask, (int(x + right * size), int(y + down * size)), int(share * size), 255, -1, cv2.LINE_AA
        )
    cv2.GaussianBlur(mask, (0, 0), 5, dst=mask)
    _cover(picture, mask, "#ffffff", 0.13)


def _sea(width: int, height: int, palette: Palette, seed: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed % 7)
    picture = _ramp(
        width, height, mix(palette.glows[1], palette.soft, 0.55), mix(palette.glows[1], palette.soft, 0.25)
    )
    water = _ramp(
        width,
        height,
        mix(palette.glows[0], palette.soft, 0.34),
        mix(palette.base, palette.glows[0], 0.42),
        0.8,
    )
    surface = _below(width, height, height * 0.20, swell=height * 0.012, length=width * 0.33, phase=0.5)
    share = (surface.astype(np.float32) / 255)[..., None]
    picture *= 1 - share
    picture += water * share
    for _ in range(5):
        x = float(rng.uniform(0.1, 0.9)) * width
        beam = np.zeros((height, width), np.uint8)
        points = np.array(
            [(x - 26, height * 0.2), (x + 26, height * 0.2), (x - 20, height), (x - 190, height)]
        )
        cv2.fillPoly(beam, [points.astype(np.int32)], 255, cv2.LINE_AA)
        fade = np.linspace(1, 0, height, dtype=np.float32)[:, None]
        soft = cv2.GaussianBlur((beam * fade).astype(np.uint8), (0, 0), 14)
        _cover(picture, np.asarray(cv2.min(soft, surface), np.uint8), palette.soft, 0.16)
    floor = _below(width, height, height * 0.93, swell=height * 0.02, length=width * 0.7, phase=1.0)
    _cover(picture, floor, mix(palette.base, palette.glows[0], 0.30), 0.9)
    rim = cv2.subtract(
        surface,
        _below(width, height, height * 0.20 + 5, swell=height * 0.012, length=width * 0.33, phase=0.5),
    )
    _cover(picture, np.asarray(rim, np.uint8), "#ffffff", 0.7)
    return picture


def _space(width: int, height: int, palette: Palette, seed: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed % 7)
    picture = _ramp(
        width, height, mix(palette.base, "#000000", 0.35), mix(palette.base, palette.glows[0], 0.75)
    )
    _light(picture, width * 0.2, height * 0.75, height * 0.6, colour=palette.glows[2], strength=0.55)
    _light(picture, width * 0.9, height * 0.2, height * 0.5, colour=palette.glows[1], strength=0.55)
    for _ in range(110):
        x, y, size = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(0.8, 2.6)
        mask = np.zeros((9, 9), np.uint8)
        cv2.circle(mask, (4 * 16, 4 * 16), round(size * 16), 255, -1, cv2.LINE_AA, 4)
        left, top = int(x) - 4, int(y) - 4
        if 0 <= left < width - 9 and 0 <= top < height - 9:
            _cover(picture[top : top + 9, left : left + 9], mask, "#ffffff", float(rng.uniform(0.35, 0.95)))
    return picture


# living things that come in numbers: alone in a frame, they get two smaller ones of their kind behind them
_FLOCK_NAMES = """
honeybee bird butterfly duck swan fish tropical-fish dolphin jellyfish shrimp ant penguin ewe cow goat horse
zebra deer camel elephant giraffe wolf sunflower tulip cherry-blossom deciduous-tree evergreen-tree palm-tree
cactus seedling sheaf-of-rice brown-mushroom bison flamingo
"""
_FLOCKS = frozenset(_FLOCK_NAMES.split())


def find_followers(names: list[str]) -> list[Spot]:
    """Where others of a lone living thing are seen, farther away; none for what is one of its kind."""
    if len(names) != 1 or names[0] not in _FLOCKS:
        return []
    place = places()[names[0]]
    if place == "ground":
        return [Spot(0.17, 0.72, 0.26, "stands"), Spot(0.86, 0.70, 0.22, "stands")]
    return [Spot(0.84, 0.22, 0.20), Spot(0.80, 0.66, 0.15)]


def standing(name: str, side: int) -> Image.Image:
    """An icon with the shadow it throws on the ground; twice as wide as high is its foot's shadow."""
    icon = icons.load(name, side)
    made = Image.new("RGBA", (side + 40, side + 40), (0, 0, 0, 0))
    foot = shapes.ellipse(int(side * 0.86), max(12, int(side * 0.17)), "#02040c", 0.5, blur=side * 0.03)
    bottom = (icon.getchannel("A").getbbox() or (0, 0, side, side))[3]
    made.alpha_composite(
        foot,
        ((made.width - foot.width) // 2, min(made.height - foot.height, 20 + bottom - foot.height // 2 - 4)),
    )
    made.alpha_composite(icon, (20, 20))
    return made
