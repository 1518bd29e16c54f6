"""Levels of a thing, as bands or as a cut through a ball; a place on the globe."""

from __future__ import annotations

import functools
import json
import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pipeline.media import icons, lettering, shapes
from pipeline.media.canvas import WIDTH, Stamp
from pipeline.media.cast import BOTTOM, TEXT, Cast, capital
from pipeline.media.layers_drawn import Wipe
from pipeline.media.layout_hero import add_hero, ripple
from pipeline.media.palettes import Palette, contrast, luminance, mix, rgb

MOLTEN = ("#7a4630", "#b4502a", "#dd7426", "#f4a332", "#ffe29a")  # from cool rock to a glowing core


def add_layers(cast: Cast, top: int) -> None:
    """From the outside in, or from the top down, each with its word."""
    if str(cast.spec.get("shape", "")) == "ball":
        _add_ball(cast, top)
    else:
        _add_bands(cast, top)


def _level_colours(palette: Palette, number: int) -> list[str]:
    """From the ground's light to the accent: deeper is warmer."""
    return [
        mix(mix(palette.glows[1], palette.soft, 0.30), palette.accent, index / max(1, number - 1) * 0.92)
        for index in range(number)
    ]


def _readable(ground: str) -> str:
    """White or a dark ink, whichever is clearer on that colour."""
    light = luminance(rgb(ground))
    return TEXT if contrast(1.0, light) >= contrast(luminance(rgb("#0b1020")), light) else "#0b1020"


def _add_bands(cast: Cast, top: int) -> None:
    rows = cast.rows
    room = BOTTOM - 30 - top
    height = min(230, room // len(rows)) // 2 * 2
    first = top + (room - height * len(rows)) // 2
    starts = cast.row_turns(rows)
    colours = _level_colours(cast.palette, len(rows))
    for index, (row, colour) in enumerate(zip(rows, colours, strict=True)):
        y = first + index * height
        band = _band(912, height, colour, first=index == 0, last=index == len(rows) - 1, seed=index)
        cast.add_picture(
            band,
            WIDTH / 2,
            y + band.height / 2,
            max(0.2, starts[index] - 0.1),
            "slide",
            seconds=0.45,
            distance=140,
        )
        side = min(150, height - 40) if row.icon else 0
        if row.icon:
            cast.add_icon(row.icon, 996 - 40 - side / 2, y + height / 2, side, starts[index] + 0.15)
        ink = _readable(colour)
        share = 0.58 if row.detail else 1.0
        width = 912 - 110 - side
        cast.add_text(
            capital(row.text),
            (84 + 48, y + 14, width, (height - 28) * share),
            largest=62,
            smallest=32,
            lines=2,
            start=starts[index] + 0.08,
            colour=ink,
            ground=colour,
            align="left",
            motion="slide",
        )
        if row.detail:
            cast.add_text(
                row.detail,
                (84 + 48, y + 14 + (height - 28) * share, width, (height - 28) * (1 - share)),
                largest=40,
                smallest=26,
                lines=2,
                start=starts[index] + 0.2,
                colour=ink,
                ground=colour,
                name=lettering.BODY,
                align="left",
                motion="slide",
            )


def _band(width: int, height: int, colour: str, *, first: bool, last: bool, seed: int) -> Image.Image:
    """A band whose upper edge is a little wavy, so that it lies on the one below like sand on rock."""
    over, lift = 2, 0 if first else 10
    picture = Image.new("RGBA", (width * over, (height + lift) * over), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    radius = 46 * over
    xs = np.arange(0, width + 1, 12)
    line = [
        (float(x) * over, (0 if first else (lift + 6 * math.sin(x / 70 + 2 * seed) - 4)) * over) for x in xs
    ]
    pen.polygon(
        [*line, (width * over, (height + lift) * over), (0, (height + lift) * over)], fill=(*rgb(colour), 255)
    )
    mask = Image.new("L", picture.size, 0)
    shape = ImageDraw.Draw(mask)
    bottom = (height + lift) * over
    shape.rounded_rectangle((0, 0, width * over - 1, bottom - 1), radius if first or last else 0, fill=255)
    if first and not last:
        shape.rectangle((0, bottom - radius * 2, width * over, bottom), fill=255)
    if last and not first:
        shape.rectangle((0, 0, width * over, radius * 2), fill=255)
    picture.putalpha(Image.fromarray(np.minimum(np.asarray(picture.getchannel("A")), np.asarray(mask))))
    return picture.resize((width, height + lift), Image.Resampling.BOX)


def _add_ball(cast: Cast, top: int) -> None:
    """A ball cut open: rings around a core at the left, their names at the right, each on its line."""
    rows = cast.rows
    number = len(rows)
    room = BOTTOM - 30 - top
    radius = min(330, room // 2 - 6)
    centre = (60 + radius - 10, top + room / 2)
    starts = cast.row_turns(rows)
    colours = [MOLTEN[round(index * (len(MOLTEN) - 1) / max(1, number - 1))] for index in range(number)]
    light = shapes.glow(int(radius * 1.35), cast.palette.accent, 0.2)
    cast.add_picture(light, *centre, 0.05, "fade", seconds=0.6)
    radii = [radius * (1 - 0.80 * index / number) for index in range(number)]
    height = min(170, room // number)
    first = top + (room - height * number) / 2
    for index, colour in enumerate(colours):
        disc = _disc(int(radii[index]), colour, is_core=index == number - 1)
        at = 0.12 if index == 0 else max(0.3, starts[index] - 0.15)
        cast.add_picture(disc, *centre, at, "pop", seconds=0.5)
    for index, row in enumerate(rows):
        y = first + (index + 0.5) * height
        inner = radii[index + 1] if index + 1 < number else 0.0
        band = (radii[index] + inner) / 2 if index + 1 < number else radii[index] * 0.45
        down = max(-0.9 * band, min(0.9 * band, y - centre[1]))
        point = (centre[0] + math.sqrt(max(0.0, band * band - down * down)), centre[1] + down)
        left = centre[0] + radius + 64
        _add_pointer(cast, point, (left - 12, y), starts[index])
        share = 0.6 if row.detail else 1.0
        width = WIDTH - 44 - left
        cast.add_text(
            capital(row.text),
            (left, y - height / 2 + 8, width, (height - 16) * share),
            largest=58,
            smallest=28,
            lines=2,
            start=starts[index] + 0.1,
            align="left",
            motion="slide",
            shadow=0.45,
        )
        if row.detail:
            cast.add_text(
                row.detail,
                (left, y - height / 2 + 8 + (height - 16) * share, width, (height - 16) * (1 - share)),
                largest=36,
                smallest=24,
                lines=2,
                start=starts[index] + 0.2,
                colour=cast.palette.soft,
                name=lettering.BODY,
                align="left",
                motion="slide",
                shadow=0.45,
            )


def _disc(radius: int, colour: str, *, is_core: bool) -> Image.Image:
    side = radius * 2
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float32)
    xs, ys = (xs + 0.5) / radius - 1, (ys + 0.5) / radius - 1
    distance = np.sqrt(xs * xs + ys * ys)
    light = (1.0 - 0.22 * np.clip(distance, 0, 1) ** 3 - 0.08 * ys)[..., None]
    body = np.array(rgb(colour), np.float32) * light
    body *= 1 - 0.42 * np.clip((distance - 0.955) / 0.045, 0, 1)[..., None]
    if is_core:
        body = body + 255 * np.clip(0.55 - distance, 0, 1)[..., None] * 0.9
    alpha = np.clip((1 - distance) * radius, 0, 1)[..., None] * 255
    return Image.fromarray(np.concatenate([np.clip(body, 0, 255), alpha], axis=-1).astype(np.uint8), "RGBA")


def _add_pointer(cast: Cast, first: tuple[float, float], last: tuple[float, float], start: float) -> None:
    """A thin line with a dot at its root."""
    left, top = min(first[0], last[0]) - 14, min(first[1], last[1]) - 14
    width, height = int(abs(first[0] - last[0]) + 28) // 2 * 2, int(abs(first[1] - last[1]) + 28) // 2 * 2
    paper = Image.new("RGBA", (width * 2, height * 2), (0, 0, 0, 0))
    pen = ImageDraw.Draw(paper)
    (x0, y0), (x1, y1) = [((x - left) * 2, (y - top) * 2) for x, y in (first, last)]
    pen.line([(x0, y0), (x1, y1)], fill=(255, 255, 255, 235), width=8)
    pen.ellipse((x0 - 16, y0 - 16, x0 + 16, y0 + 16), fill=(255, 255, 255, 255))
    picture = paper.resize((width, height), Image.Resampling.BOX)
    cast.add(Wipe(Stamp(picture), left, top, max(0.3, start - 0.1), "fade", 0.35))


# --------------------------------------------------------------------------- the globe


@functools.cache
def _land() -> NDArray[np.uint8]:
    """The land of the whole Earth, 255 on 0: longitude from -180° across, latitude from 90° down."""
    scale = 10  # pixels a degree
    mask = np.zeros((180 * scale, 360 * scale), np.uint8)
    for ring in json.loads((icons.FOLDER / "land.json").read_text(encoding="utf-8")):
        points = np.array(ring, np.float32).reshape(-1, 2) / 10
        along = np.degrees(np.unwrap(np.radians(points[:, 0])))  # over the date line without a jump
        down = points[:, 1]
        if abs(along[-1] - along[0]) > 180:  # around a pole: closed through it
            pole = -90.0 if down.mean() < 0 else 90.0
            along = np.concatenate([along, [along[-1], along[0]]])
            down = np.concatenate([down, [pole, pole]])
        for turn in (-360, 0, 360):
            pixels = np.stack([(along + turn + 180) * scale, (90 - down) * scale], axis=1)
            cv2.fillPoly(mask, [np.round(pixels * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return mask


def _seen_land(east: float, north: float, radius: int) -> NDArray[np.uint8]:
    """The land as it is seen from above a point (radians): every pixel of the disc looked up in the whole
    (Snyder, "Map Projections", eq. 20-14 and 20-15)."""
    side = radius * 2
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float32)
    xs, ys = (xs + 0.5) / radius - 1, 1 - (ys + 0.5) / radius
    out = np.minimum(np.sqrt(xs * xs + ys * ys), 1.0)
    near = np.sqrt(1 - out * out)
    latitude = np.arcsin(np.clip(near * math.sin(north) + ys * math.cos(north), -1, 1))
    longitude = east + np.arctan2(xs, near * math.cos(north) - ys * math.sin(north))
    land = _land()
    scale = land.shape[0] / 180
    across = ((np.degrees(longitude) + 180) % 360 * scale).astype(np.float32)
    down = ((90 - np.degrees(latitude)) * scale).astype(np.float32)
    seen = cv2.remap(land, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8)


def _project(
    points: NDArray[np.float32], longitude: float, latitude: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Orthographic (Snyder, "Map Projections", eq. 20-3 to 20-5): x right, y down, of radius 1, and what is
    on the near side; the far side is laid on the rim."""
    turn, lift = points[:, 0] - longitude, points[:, 1]
    near = math.sin(latitude) * np.sin(lift) + math.cos(latitude) * np.cos(lift) * np.cos(turn)
    x = np.cos(lift) * np.sin(turn)
    y = -(math.cos(latitude) * np.sin(lift) - math.sin(latitude) * np.cos(lift) * np.cos(turn))
    length = np.maximum(np.sqrt(x * x + y * y), 1e-6)
    far = near < 0
    x, y = np.where(far, x / length, x), np.where(far, y / length, y)
    return np.stack([x, y], axis=1).astype(np.float32), ~far


@functools.lru_cache(maxsize=4)
def draw_globe(longitude: float, latitude: float, radius: int, palette: Palette) -> Image.Image:
    """The Earth seen from above a place (degrees), lit from the upper left."""
    east, north = math.radians(longitude), math.radians(latitude)
    side = radius * 2
    land = _seen_land(east, north, radius)
    lines = np.zeros((side, side), np.uint8)
    degrees = np.radians(np.arange(-90, 91, 3, dtype=np.float32))
    for step in range(-180, 180, 20):
        _draw_line(lines, np.stack([np.full_like(degrees, math.radians(step)), degrees], axis=1), east, north)
    around = np.radians(np.arange(-180, 181, 3, dtype=np.float32))
    for step in range(-60, 61, 20):
        _draw_line(lines, np.stack([around, np.full_like(around, math.radians(step))], axis=1), east, north)
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float32)
    xs, ys = (xs + 0.5) / radius - 1, (ys + 0.5) / radius - 1
    distance = np.sqrt(xs * xs + ys * ys)
    light = np.clip(1.08 - 0.62 * np.sqrt((xs + 0.4) ** 2 + (ys + 0.45) ** 2) / 1.6, 0.2, 1.1)[..., None]
    sea = np.array(rgb(mix("#1c6cb4", palette.glows[1], 0.20)), np.float32)
    ground = np.array(rgb(mix("#69c06a", palette.accent, 0.22)), np.float32)
    share = (land.astype(np.float32) / 255)[..., None]
    body = sea * (1 - share) + ground * share
    body += (np.array(rgb(palette.soft), np.float32) - body) * (lines.astype(np.float32) / 255 * 0.16)[
        ..., None
    ]
    rim = np.clip((distance - 0.90) / 0.10, 0, 1)[..., None] ** 2
    body = body * light * (1 - 0.4 * rim) + np.array(rgb(palette.soft), np.float32) * 0.4 * rim
    alpha = np.clip((1 - distance) * radius, 0, 1)[..., None] * 255
    return Image.fromarray(np.concatenate([np.clip(body, 0, 255), alpha], axis=-1).astype(np.uint8), "RGBA")


def _draw_line(mask: NDArray[np.uint8], points: NDArray[np.float32], east: float, north: float) -> None:
    flat, visible = _project(points, east, north)
    radius = mask.shape[0] / 2
    pixels = np.round((flat + 1) * radius * 16).astype(np.int32)
    for index in range(len(pixels) - 1):
        if visible[index] and visible[index + 1]:
            first, last = pixels[index].tolist(), pixels[index + 1].tolist()
            cv2.line(mask, first, last, 255, 2, cv2.LINE_AA, 4)


def add_map(cast: Cast, top: int) -> None:
    """The globe turned to a place, a pin that drops on it with its name, what is there below."""
    place = cast.spec.get("place") or {}
    if "longitude" not in place:
        add_hero(cast, top)
        return
    name = lettering.printable(str(place.get("name", "")), lettering.STRONG)
    room = BOTTOM - 24 - top
    radius = min(400, (room - 60) // 2)
    middle = (WIDTH / 2, top + radius + 30)
    longitude, latitude = float(place["longitude"]), float(place["latitude"])
    # seen from a little south, so that the place lies above the middle and its pin has room
    seen_from = max(-70.0, min(70.0, latitude - 12))
    light = shapes.glow(int(radius * 1.3), cast.palette.accent, 0.30)
    cast.add_picture(light, *middle, 0.05, "fade", seconds=0.6)
    globe = shapes.shadowed(draw_globe(longitude, seen_from, radius, cast.palette), blur=16)
    cast.add_picture(globe, middle[0], middle[1] + 6, 0.10, "pop", seconds=0.6)
    spot, _ = _project(
        np.radians(np.array([[longitude, latitude]], np.float32)),
        math.radians(longitude),
        math.radians(seen_from),
    )
    x, y = middle[0] + float(spot[0, 0]) * radius, middle[1] + float(spot[0, 1]) * radius
    start = min(cast.spoken_at(name, 0.8), max(0.8, cast.seconds - 1.6))
    cast.add(ripple(cast, x, y, 120, start + 0.3))
    pin = shapes.shadowed(shapes.pin(150, cast.palette), blur=8, drop=6)
    cast.add_picture(pin, x, y - 75 + 3, start, "rise", seconds=0.4, distance=-150)
    if name:
        fitted = lettering.fit(
            name, name=lettering.STRONG, width=760, height=90, largest=62, smallest=30, lines=1
        )
        words = lettering.draw_text(fitted.lines[0], fitted.font, fitted.size, cast.palette.ink, pad=4)
        plate = shapes.rounded(words.width + 60, fitted.line_height + 30, 28, cast.palette.accent)
        plate.alpha_composite(words, ((plate.width - words.width) // 2, (plate.height - words.height) // 2))
        at = min(BOTTOM - 40 - plate.height / 2, y + 110)
        cast.add_picture(
            shapes.shadowed(plate, blur=10, drop=6), WIDTH / 2, at, start + 0.2, "pop", seconds=0.45
        )
