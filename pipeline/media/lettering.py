"""Text as pictures: measured first, wrapped and shrunk until it fits, then drawn.

Fonts: a headline font by theme (see `themes`), Inter for the rest. A text with a character that its font
lacks is drawn in Inter, which has Greek, Cyrillic, arrows, fractions, raised and lowered digits; what
Inter lacks too is replaced by its plain relative (ﬁ by fi), or left out and named by `find_lost`: never
an empty box.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from pipeline.media.palettes import rgb

FOLDER = Path(__file__).parent / "assets" / "fonts"
HEADLINE, BODY, STRONG = "PlusJakartaSans-ExtraBold.ttf", "Inter-SemiBold.ttf", "Inter-ExtraBold.ttf"
_PLAIN = {
    "‑": "-",
    "\u00a0": " ",
    "\u202f": " ",
    "\u2009": " ",
    "`": "'",
    "\u00ad": "",
    "\ufe0f": "",
    "\u200b": "",
    "\u200d": "",
    "\ufeff": "",
}


@functools.lru_cache(maxsize=64)
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FOLDER / name), size)


@functools.lru_cache(maxsize=4096)
def _has(name: str, character: str) -> bool:
    if character.isspace():
        return True
    face = font(name, 40)
    missing = face.getmask("\ue0fe").getbbox(), face.getlength("\ue0fe")
    mask = face.getmask(character)
    return (mask.getbbox(), face.getlength(character)) != missing and bool(mask.getbbox())


def printable(text: str, name: str = HEADLINE) -> str:
    """`text` with only characters that can be drawn: in `name`, or in Inter where that lacks one."""
    return _find_printable(text, name)[0]


def find_lost(text: str) -> list[str]:
    """The characters that no font has and that have no plain relative: they are left out of the picture."""
    return _find_printable(text, HEADLINE)[1]


@functools.lru_cache(maxsize=1024)
def _find_printable(text: str, name: str) -> tuple[str, list[str]]:
    made: list[str] = []
    lost: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        for candidate in _PLAIN.get(character, character):
            if _has(name, candidate) or _has(STRONG, candidate):
                made.append(candidate)
                continue
            plain = [
                part
                for part in unicodedata.normalize("NFKD", candidate)
                if not unicodedata.combining(part) and _has(STRONG, part)
            ]
            if not plain and not unicodedata.combining(candidate) and candidate.isprintable():
                lost.append(candidate)
            made.extend(plain)
    return " ".join("".join(made).split()), lost


def drawable_font(name: str, text: str) -> str:
    """`name`, or Inter's same weight when `name` lacks one of the characters."""
    if all(_has(name, character) for character in text):
        return name
    return BODY if name == BODY else STRONG


@functools.lru_cache(maxsize=16384)  # fitting asks for the same words again and again
def width_of(text: str, name: str, size: int) -> float:
    return float(font(name, size).getlength(text))


def _break_word(word: str, name: str, size: int, width: float) -> list[str]:
    """A word that is wider than the line, in pieces that are not."""
    pieces, piece = [], ""
    for character in word:
        if piece and width_of(piece + character, name, size) > width:
            pieces.append(piece)
            piece = ""
        piece += character
    return [*pieces, piece]


def wrap(text: str, name: str, size: int, width: float, *, break_words: bool = False) -> list[str] | None:
    """Balanced lines no wider than `width`; None when one word alone is wider (and may not be broken)."""
    words = text.split()
    if any(width_of(word, name, size) > width for word in words):
        if not break_words:
            return None
        words = [piece for word in words for piece in _break_word(word, name, size, width)]
    if not words:
        return []
    space = width_of(" ", name, size)
    widths = [width_of(word, name, size) for word in words]

    def fill(limit: float) -> list[list[int]]:
        lines: list[list[int]] = [[]]
        used = 0.0
        for index, wide in enumerate(widths):
            if lines[-1] and used + space + wide > limit:
                lines.append([])
                used = 0.0
            used += wide + (space if lines[-1] else 0.0)
            lines[-1].append(index)
        return lines

    lines = fill(width)
    narrow, wide = max(widths), width
    while wide - narrow > 8:  # the narrowest limit that needs no more lines: even lines, no orphan
        middle = (narrow + wide) / 2
        trial = fill(middle)
        if len(trial) == len(lines):
            wide, lines = middle, trial
        else:
            narrow = middle
    return [" ".join(words[index] for index in line) for line in lines]


@dataclass(frozen=True)
class Fitted:
    lines: tuple[str, ...]
    font: str
    size: int
    line_height: int

    @property
    def height(self) -> int:
        return self.line_height * len(self.lines)

    @property
    def width(self) -> float:
        return max((width_of(line, self.font, self.size) for line in self.lines), default=0.0)


def fit(
    text: str,
    *,
    name: str,
    width: int,
    height: int,
    largest: int,
    smallest: int,
    lines: int,
    leading: float = 1.14,
) -> Fitted:
    """The largest size at which `text` fits `width` × `height` in at most `lines` lines.

    Below `smallest` words are broken and the number of lines is free: text is never cut off.
    """
    text = printable(text, name)
    face = drawable_font(name, text)
    for size in range(largest, smallest - 1, -2):
        found = wrap(text, face, size, width)
        line_height = round(size * leading)
        if found is not None and len(found) <= lines and len(found) * line_height <= height:
            return Fitted(tuple(found), face, size, line_height)
    for size in range(smallest, 15, -2):
        found = wrap(text, face, size, width, break_words=True) or []
        line_height = round(size * leading)
        if len(found) * line_height <= height or size <= 17:
            return Fitted(tuple(found), face, size, line_height)
    raise AssertionError("unreachable: the loop above ends at its smallest size")


def draw_text(
    text: str,
    name: str,
    size: int,
    colour: str,
    *,
    shadow: float = 0.0,
    outline: int = 0,
    outline_colour: str = "#070a18",
    pad: int = 0,
    spacing: float = 0.0,
) -> Image.Image:
    """One line as an RGBA picture, its baseline at `pad` + ascent; `shadow` is its opacity 0-1.

    The text starts at x = `pad`; `pad` must leave room for shadow and outline.
    """
    face = font(name, size)
    ascent, descent = face.getmetrics()
    width = int(face.getlength(text) + spacing * len(text) + 2 * pad + 2)
    picture = Image.new("RGBA", (width, ascent + descent + 2 * pad), (0, 0, 0, 0))
    if outline:
        paper = Image.new("RGBA", picture.size, (*rgb(outline_colour), 0))
        ImageDraw.Draw(paper).text(
            (pad, pad),
            text,
            font=face,
            fill=(*rgb(outline_colour), 255),
            stroke_width=outline,
            stroke_fill=(*rgb(outline_colour), 255),
        )
        picture = Image.alpha_composite(picture, paper)
    layer = Image.new("RGBA", picture.size, (*rgb(colour), 0))
    pen = ImageDraw.Draw(layer)
    if spacing:
        x = float(pad)
        for character in text:
            pen.text((x, pad), character, font=face, fill=(*rgb(colour), 255))
            x += face.getlength(character) + spacing
    else:
        pen.text((pad, pad), text, font=face, fill=(*rgb(colour), 255))
    if shadow > 0:
        mask = layer.getchannel("A").filter(ImageFilter.GaussianBlur(max(4, size // 9)))
        dark = Image.new("RGBA", picture.size, (4, 4, 20, 0))
        dark.putalpha(mask.point([min(255, int(value * shadow * 1.5)) for value in range(256)]))
        shifted = Image.new("RGBA", picture.size, (4, 4, 20, 0))
        shifted.paste(dark, (0, max(2, size // 18)))
        picture = Image.alpha_composite(picture, shifted)
    return Image.alpha_composite(picture, layer)
