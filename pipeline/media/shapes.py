"""Drawn shapes as RGBA pictures: chips, glass cards, rings, badges, glows. Drawn large, scaled down."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from pipeline.media import lettering
from pipeline.media.palettes import Palette, mix, rgb

_OVER = 3  # supersampling


def _canvas(width: int, height: int) -> Image.Image:
    return Image.new("RGBA", (width * _OVER, height * _OVER), (255, 255, 255, 0))


def _down(picture: Image.Image, width: int, height: int) -> Image.Image:
    return picture.resize((width, height), Image.Resampling.BOX)


def _gradient(width: int, height: int, top: int, bottom: int) -> Image.Image:
    """A vertical ramp as an 8-bit mask."""
    column = np.linspace(top, bottom, height).astype(np.uint8)[:, None]
    return Image.fromarray(np.repeat(column, width, axis=1))


def rounded(width: int, height: int, radius: int, colour: str, opacity: float = 1.0) -> Image.Image:
    paper = _canvas(width, height)
    box = (0, 0, width * _OVER - 1, height * _OVER - 1)
    fill = (*rgb(colour), round(255 * opacity))
    ImageDraw.Draw(paper).rounded_rectangle(box, radius * _OVER, fill=fill)
    return _down(paper, width, height)


def glass(width: int, height: int, radius: int, tint: str = "#ffffff") -> Image.Image:
    """A translucent card: lighter at the top, with a thin bright edge."""
    over = 2
    mask = Image.new("L", (width * over, height * over), 0)
    box = (over, over, (width - 1) * over, (height - 1) * over)
    ImageDraw.Draw(mask).rounded_rectangle(box, radius * over, fill=255)
    edge = Image.new("L", mask.size, 0)
    ImageDraw.Draw(edge).rounded_rectangle(box, radius * over, outline=255, width=3)
    mask = mask.resize((width, height), Image.Resampling.BOX)
    edge = edge.resize((width, height), Image.Resampling.BOX)
    body = np.asarray(mask, np.float32) / 255 * np.asarray(_gradient(width, height, 48, 26), np.float32)
    line = np.asarray(edge, np.float32) / 255 * np.asarray(_gradient(width, height, 150, 46), np.float32)
    alpha = np.maximum(body, line).astype(np.uint8)
    picture = Image.new("RGBA", (width, height), (*rgb(tint), 0))
    picture.putalpha(Image.fromarray(alpha))
    return picture


def glow(radius: int, colour: str, strength: float = 0.3) -> Image.Image:
    """A soft round light."""
    side = radius * 2
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float32)
    distance = np.sqrt((xs - radius + 0.5) ** 2 + (ys - radius + 0.5) ** 2) / radius
    share = np.clip(1 - distance, 0, 1) ** 2
    picture = Image.new("RGBA", (side, side), (*rgb(colour), 0))
    picture.putalpha(Image.fromarray((share * 255 * strength).astype(np.uint8)))
    return picture


def ring(radius: int, colour: str, thickness: float, opacity: float) -> Image.Image:
    side = radius * 2 + 8
    paper = _canvas(side, side)
    inset = 4 * _OVER
    box = (inset, inset, side * _OVER - inset, side * _OVER - inset)
    ImageDraw.Draw(paper).ellipse(
        box, outline=(*rgb(colour), round(255 * opacity)), width=max(1, round(thickness * _OVER))
    )
    return _down(paper, side, side)


def spark(radius: int, colour: str) -> Image.Image:
    """An orbiting dot: a bright core in a soft halo."""
    halo = glow(radius * 3, colour, 0.55)
    paper = _canvas(radius * 2, radius * 2)
    ImageDraw.Draw(paper).ellipse(
        (0, 0, radius * 2 * _OVER - 1, radius * 2 * _OVER - 1), fill=(*rgb(colour), 255)
    )
    halo.alpha_composite(_down(paper, radius * 2, radius * 2), (radius * 2, radius * 2))
    return halo


def chip(text: str, palette: Palette, size: int = 30) -> Image.Image:
    """The small label over a headline: letter-spaced capitals in an outlined pill."""
    words = lettering.draw_text(text, lettering.BODY, size, palette.accent, spacing=size * 0.12, pad=4)
    width, height = words.width + 56, size * 2 + 6
    paper = _canvas(width, height)
    box = (_OVER, _OVER, (width - 1) * _OVER, (height - 1) * _OVER)
    ImageDraw.Draw(paper).rounded_rectangle(
        box,
        height * _OVER // 2,
        fill=(*rgb(palette.accent), 30),
        outline=(*rgb(palette.accent), 130),
        width=2 * _OVER,
    )
    picture = _down(paper, width, height)
    picture.alpha_composite(words, ((width - words.width) // 2 + 2, (height - words.height) // 2))
    return picture


def badge(side: int, colour: str, ink: str, text: str) -> Image.Image:
    """A filled circle with a short text."""
    paper = _canvas(side, side)
    ImageDraw.Draw(paper).ellipse((0, 0, side * _OVER - 1, side * _OVER - 1), fill=(*rgb(colour), 255))
    picture = _down(paper, side, side)
    size = round(side * (0.56 if len(text) < 2 else 0.42))
    ImageDraw.Draw(picture).text(
        (side / 2, side / 2),
        text,
        font=lettering.font(lettering.STRONG, size),
        fill=(*rgb(ink), 255),
        anchor="mm",
    )
    return picture


def tick(side: int, colour: str, ink: str) -> Image.Image:
    """A filled circle with a tick mark, its strokes rounded."""
    paper = _canvas(side, side)
    pen = ImageDraw.Draw(paper)
    pen.ellipse((0, 0, side * _OVER - 1, side * _OVER - 1), fill=(*rgb(colour), 255))
    scale = side * _OVER
    points = [(0.28 * scale, 0.53 * scale), (0.44 * scale, 0.68 * scale), (0.73 * scale, 0.36 * scale)]
    wide = round(scale * 0.1)
    pen.line(points, fill=(*rgb(ink), 255), width=wide, joint="curve")
    for x, y in points:
        pen.ellipse((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=(*rgb(ink), 255))
    return _down(paper, side, side)


def abstract(side: int, palette: Palette, seed: int) -> Image.Image:
    """The picture of a scene whose words name no icon: overlapping lit spheres, arranged by `seed`."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    colours = [palette.accent, palette.soft, palette.glows[0], palette.accent]
    turn = rng.random() * 2 * np.pi
    for index, (share, colour) in enumerate(zip((0.50, 0.36, 0.28, 0.16), colours, strict=True)):
        radius = int(side * share / 2)
        angle = turn + index * 2.3
        reach = side * (0.0 if index == 0 else 0.29)
        x = int(side / 2 + np.cos(angle) * reach - radius)
        y = int(side / 2 + np.sin(angle) * reach - radius)
        picture.alpha_composite(_sphere(radius, colour, 0.95 if index != 2 else 0.85), (max(0, x), max(0, y)))
    return picture


def _sphere(radius: int, colour: str, opacity: float) -> Image.Image:
    side = radius * 2
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float32)
    xs, ys = (xs + 0.5) / radius - 1, (ys + 0.5) / radius - 1
    distance = np.sqrt(xs * xs + ys * ys)
    light = np.clip(1 - np.sqrt((xs + 0.35) ** 2 + (ys + 0.42) ** 2) / 1.7, 0, 1)[..., None]
    base = np.array(rgb(colour), np.float32)
    body = base * (0.42 + 0.62 * light) + 255 * np.clip(light - 0.72, 0, 1) * 0.9
    alpha = np.clip((1 - distance) * radius, 0, 1) * opacity * 255
    array = np.concatenate([np.clip(body, 0, 255), alpha[..., None]], axis=-1)
    return Image.fromarray(array.astype(np.uint8), "RGBA")


def shadowed(picture: Image.Image, blur: int = 18, opacity: float = 0.38, drop: int = 12) -> Image.Image:
    """The picture with a soft shadow below; grows by 2·`blur` + `drop` in height, 4·`blur` in width."""
    margin = 2 * blur
    size = (picture.width + 2 * margin, picture.height + 2 * margin + drop)
    mask = Image.new("L", size, 0)
    mask.paste(picture.getchannel("A").point([int(v * opacity) for v in range(256)]), (margin, margin + drop))
    made = Image.new("RGBA", size, (3, 3, 18, 0))
    made.putalpha(mask.filter(ImageFilter.GaussianBlur(blur)))
    made.alpha_composite(picture, (margin, margin))
    return made


def brand(text: str, palette: Palette) -> Image.Image:
    """The maker's mark: a play sign in a rounded square, and the name."""
    name = lettering.draw_text(text, lettering.BODY, 32, "#f4f6ff", pad=2)
    picture = Image.new("RGBA", (50 + name.width, 44), (0, 0, 0, 0))
    picture.alpha_composite(rounded(38, 38, 11, palette.accent), (0, 3))
    paper = _canvas(38, 38)
    points = [(14 * _OVER, 11 * _OVER), (14 * _OVER, 27 * _OVER), (28 * _OVER, 19 * _OVER)]
    ImageDraw.Draw(paper).polygon(points, fill=(*rgb(palette.ink), 255))
    picture.alpha_composite(_down(paper, 38, 38), (0, 3))
    picture.alpha_composite(name, (48, max(0, (44 - name.height) // 2)))
    return picture


@functools.lru_cache(maxsize=2)
def _turn(side: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Each pixel's share of a turn about the middle, clockwise from the top."""
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float32)
    turn = np.arctan2(xs - side / 2 + 0.5, -(ys - side / 2 + 0.5)) / (2 * np.pi) % 1.0
    return np.asarray(turn, np.float32)


def arc_mask(side: int, share: float) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """255 within the first `share` of the turn (clockwise from the top), with a soft edge."""
    soft = np.clip((share - _turn(side)) * (side * 2.0), 0, 1)
    return np.asarray(cv2.convertScaleAbs(soft, alpha=255.0), np.uint8)


def rim(width: int, height: int, radius: int, colour: str, opacity: float = 0.6) -> Image.Image:
    """The bright edge of a frame: brightest at the top."""
    over = 2
    edge = Image.new("L", (width * over, height * over), 0)
    box = (over, over, (width - 1) * over, (height - 1) * over)
    ImageDraw.Draw(edge).rounded_rectangle(box, radius * over, outline=255, width=3 * over)
    edge = edge.resize((width, height), Image.Resampling.BOX)
    fade = np.asarray(_gradient(width, height, 255, 70), np.float32) / 255
    picture = Image.new("RGBA", (width, height), (*rgb(colour), 0))
    picture.putalpha(Image.fromarray((np.asarray(edge, np.float32) * fade * opacity).astype(np.uint8)))
    return picture


def ellipse(width: int, height: int, colour: str, opacity: float = 1.0, *, blur: float = 0.0) -> Image.Image:
    """A filled ellipse; a blurred one fills its picture only towards the middle."""
    inset = blur * 2
    mask = Image.new("L", (width * _OVER, height * _OVER), 0)
    box = (
        inset * _OVER,
        min(inset, height / 3) * _OVER,
        (width - inset) * _OVER,
        (height - min(inset, height / 3)) * _OVER,
    )
    ImageDraw.Draw(mask).ellipse(box, fill=round(255 * opacity))
    mask = mask.resize((width, height), Image.Resampling.BOX)
    if blur:
        mask = mask.filter(ImageFilter.GaussianBlur(min(blur, height / 4)))
    picture = Image.new("RGBA", (width, height), (*rgb(colour), 0))
    picture.putalpha(mask)
    return picture


def bubble(radius: int, palette: Palette) -> Image.Image:
    """A round pane: dark glass with a bright rim, on which an icon floats."""
    side = radius * 2
    paper = _canvas(side, side)
    pen = ImageDraw.Draw(paper)
    edge = (2 * _OVER, 2 * _OVER, (side - 2) * _OVER, (side - 2) * _OVER)
    pen.ellipse(edge, fill=(*rgb(mix(palette.base, palette.glows[0], 0.45)), 238))
    pen.ellipse(edge, outline=(*rgb(palette.soft), 150), width=3 * _OVER)
    picture = _down(paper, side, side)
    shine = glow(int(radius * 0.9), "#ffffff", 0.16)
    lit = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    lit.alpha_composite(shine, (int(radius * 0.1), 0))
    lit.putalpha(
        Image.fromarray(np.minimum(np.asarray(lit.getchannel("A")), np.asarray(picture.getchannel("A"))))
    )
    picture.alpha_composite(lit)
    return shadowed(picture, blur=12, opacity=0.4)


def plinth(width: int, palette: Palette) -> Image.Image:
    """A low round pedestal seen from a little above: its top, its side, a rim of light."""
    tall, lift = int(width * 0.26), int(width * 0.10)
    paper = _canvas(width, tall + lift)
    pen = ImageDraw.Draw(paper)
    side, top = mix(palette.base, palette.glows[0], 0.45), mix(palette.glows[0], palette.soft, 0.22)
    pen.ellipse((0, lift * _OVER, width * _OVER - 1, (tall + lift) * _OVER - 1), fill=(*rgb(side), 255))
    pen.rectangle((0, tall // 2 * _OVER, width * _OVER, (tall // 2 + lift) * _OVER), fill=(*rgb(side), 255))
    pen.ellipse((0, 0, width * _OVER - 1, tall * _OVER - 1), fill=(*rgb(top), 255))
    pen.ellipse(
        (0, 0, width * _OVER - 1, tall * _OVER - 1), outline=(*rgb(palette.soft), 190), width=3 * _OVER
    )
    inner = int(width * 0.09) * _OVER
    box = (inner, inner * 0.26, width * _OVER - inner, tall * _OVER - inner * 0.26)
    pen.ellipse(box, fill=(*rgb(mix(top, palette.soft, 0.12)), 255))
    return _down(paper, width, tall + lift)


def beam(width: int, height: int, colour: str, strength: float = 0.2) -> Image.Image:
    """Light from above: narrow at the top, fading downwards and to the sides."""
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    half = width * (0.16 + 0.34 * ys / height)
    aside = np.clip(1 - np.abs(xs - width / 2) / half, 0, 1) ** 0.8
    fade = np.clip(ys / (0.12 * height), 0, 1) * (1 - (ys / height)) ** 0.6
    picture = Image.new("RGBA", (width, height), (*rgb(colour), 0))
    picture.putalpha(Image.fromarray((aside * fade * 255 * strength).astype(np.uint8)))
    return picture


def ball(radius: int, palette: Palette) -> Image.Image:
    """A large shallow disc, lit from above: the ground of a lone picture."""
    side = radius * 2
    ys, xs = np.mgrid[0:side, 0:side].astype(np.float32)
    xs, ys = (xs + 0.5) / radius - 1, (ys + 0.5) / radius - 1
    share = np.clip(0.5 - 0.5 * ys, 0, 1)[..., None]
    top = np.array(rgb(mix(palette.glows[0], palette.soft, 0.30)), np.float32)
    low = np.array(rgb(mix(palette.base, palette.glows[1], 0.65)), np.float32)
    body = low * (1 - share) + top * share
    distance = np.sqrt(xs * xs + ys * ys)
    rim = np.clip((distance - 0.94) / 0.06, 0, 1)[..., None] * np.clip(0.3 - ys, 0, 1)[..., None]
    body = body * (1 - 0.5 * rim) + np.array(rgb(palette.soft), np.float32) * 0.5 * rim
    alpha = np.clip((1 - distance) * radius, 0, 1)[..., None] * 235
    return Image.fromarray(np.concatenate([np.clip(body, 0, 255), alpha], axis=-1).astype(np.uint8), "RGBA")


def pin(height: int, palette: Palette) -> Image.Image:
    """A map's pin; its point is in the middle of the lower edge."""
    width = int(height * 0.68)
    paper = _canvas(width, height)
    pen = ImageDraw.Draw(paper)
    over, middle = _OVER, width * _OVER / 2
    radius = width * 0.5 * _OVER
    pen.polygon(
        [
            (middle - radius * 0.86, radius * 1.5),
            (middle + radius * 0.86, radius * 1.5),
            (middle, height * over - 2),
        ],
        fill=(*rgb(palette.accent), 255),
    )
    pen.ellipse((middle - radius, 0, middle + radius, 2 * radius), fill=(*rgb(palette.accent), 255))
    inner = radius * 0.42
    pen.ellipse(
        (middle - inner, radius - inner, middle + inner, radius + inner), fill=(*rgb(palette.base), 255)
    )
    return _down(paper, width, height)


def cross(side: int, colour: str, ink: str) -> Image.Image:
    """A filled circle with a cross, its strokes rounded."""
    paper = _canvas(side, side)
    pen = ImageDraw.Draw(paper)
    pen.ellipse((0, 0, side * _OVER - 1, side * _OVER - 1), fill=(*rgb(colour), 255))
    scale, wide = side * _OVER, round(side * _OVER * 0.1)
    low, high = 0.34 * scale, 0.66 * scale
    for line in (((low, low), (high, high)), ((low, high), (high, low))):
        pen.line(line, fill=(*rgb(ink), 255), width=wide)
        for x, y in line:
            pen.ellipse((x - wide / 2, y - wide / 2, x + wide / 2, y + wide / 2), fill=(*rgb(ink), 255))
    return _down(paper, side, side)


def faded(picture: Image.Image, opacity: float) -> Image.Image:
    """The picture, see-through."""
    made = picture.copy()
    made.putalpha(picture.getchannel("A").point([int(value * opacity) for value in range(256)]))
    return made


def motes(palette: Palette) -> list[Image.Image]:
    """What drifts behind everything, in three sizes: bubbles in water, sparks in space, else soft light."""
    if palette.scenery == "water":
        return [
            ring(size, palette.soft, 3.0, opacity) for size, opacity in ((20, 0.22), (12, 0.34), (7, 0.5))
        ]
    if palette.scenery == "space":
        return [glow(9, "#ffffff", 0.9), spark(4, palette.accent), glow(6, palette.soft, 0.9)]
    if palette.scenery in ("numbers", "technology"):
        sizes = ((10, palette.soft, 0.20), (7, palette.accent, 0.34), (5, palette.soft, 0.5))
        return [rounded(2 * size, 2 * size, 3, colour, opacity) for size, colour, opacity in sizes]
    return [glow(44, "#ffffff", 0.20), glow(30, palette.accent, 0.34), glow(14, palette.soft, 0.60)]
