"""Figures as shapes: a share of a whole as a ring, bars side by side, dates on a line."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from PIL import Image, ImageDraw

from pipeline.media import icons, lettering, shapes
from pipeline.media.canvas import WIDTH, Stamp
from pipeline.media.cast import BOTTOM, TEXT, Cast, capital
from pipeline.media.layers_drawn import Leaving, Sweep, Wipe
from pipeline.media.layout_hero import add_hero
from pipeline.media.palettes import mix, rgb

LONG_WAIT = 1.4  # seconds without the figure: then something holds its place
_VALUE = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def read_share(text: str) -> Fraction | None:
    """ "70%", "2/3", "1 in 5", "9 out of 10" → a share between 0 and 1; None for anything else."""
    plain = text.replace("\u2009", "").replace(" ", " ").strip().lower()
    percent = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*(?:%|per ?cent)", plain)
    if percent:
        share = Fraction(percent[1]) / 100
    else:
        parts = re.fullmatch(r"(\d{1,3})\s*(?:/|in|out of)\s*(\d{1,3})", plain)
        if not parts or int(parts[2]) == 0:
            return None
        share = Fraction(int(parts[1]), int(parts[2]))
    return share if 0 <= share <= 1 else None


def add_proportion(cast: Cast, top: int) -> None:
    """A ring filled to the share, the figure in its middle; a small "1 in 5" as a row of things."""
    figure = {key: str(text) for key, text in (cast.spec.get("figure") or {}).items()}
    text = lettering.printable(figure.get("text", ""), cast.theme.headline)
    caption = lettering.printable(figure.get("caption", ""), lettering.STRONG)
    share = read_share(text)
    if share is None:
        add_hero(cast, top)
        return
    start = min(
        max(0.5, cast.spoken_at(str(figure.get("cue") or text), 0.6) - 0.2), max(0.5, cast.seconds - 2.0)
    )
    room = BOTTOM - 24 - top
    radius = min(330, (room - (150 if caption else 20)) // 2)
    middle = top + radius + 6
    parts = share.denominator if "%" not in text and share.denominator <= 12 else 0
    whole = "/" in text or "in" in text
    if whole and parts == 0:
        numbers = [int(found) for found in re.findall(r"\d+", text)]
        parts = numbers[1] if len(numbers) == 2 and numbers[1] <= 12 else 0
    else:
        numbers = [int(found) for found in re.findall(r"\d+", text)]
        parts = numbers[1] if whole and len(numbers) == 2 and numbers[1] <= 12 else parts
    parts = 10 if "%" in text else parts  # a ring of tens
    waits = start > LONG_WAIT
    track, filled = _ring(cast, radius, parts, full=False), _ring(cast, radius, parts, full=True)
    light = shapes.glow(int(radius * 1.45), cast.palette.accent, 0.22)
    cast.add_picture(light, WIDTH / 2, middle, 0.05, "fade", seconds=0.6)
    cast.add_picture(track, WIDTH / 2, middle, 0.12, "fade", seconds=0.4)
    at = (WIDTH / 2 - filled.width / 2, middle - filled.height / 2)
    cast.add(Sweep(filled, *at, start, 0.9, share=float(share)))
    inner = int(radius * 1.02)
    shown = _stacked(text)
    height = inner * (0.62 if cast.icon_count else 0.9)
    box = (
        WIDTH / 2 - inner / 2,
        middle - height / 2 + (inner * 0.22 if cast.icon_count else 0),
        inner,
        height,
    )
    if cast.icon_count:
        side = int(radius * 0.62) // 2 * 2
        cast.add_icon(cast.icons[0], WIDTH / 2, middle - radius * 0.36, side, 0.25)
    cast.add_text(
        shown,
        box,
        largest=min(170, int(radius * 0.62)),
        smallest=40,
        lines=1 if len(shown) < 7 else 2,
        start=start + 0.1,
        colour=TEXT,
        name=cast.theme.headline,
        motion="fade",
        shadow=0.4,
    )
    if waits:  # what the share is of is there from the start, and where its figure will stand
        _ask(cast, box, until=start)
    if caption:
        y = middle + radius + 14
        cast.add_text(
            caption,
            (90, y, 900, max(60, BOTTOM - 8 - y)),
            largest=62,
            smallest=34,
            lines=2,
            start=0.5 if waits else start + 0.4,
            shadow=0.45,
        )


def _ask(cast: Cast, box: tuple[float, float, float, float], *, until: float) -> None:
    """A question mark in the place of the figure, until it is spoken."""
    left, top, width, height = box
    size = int(min(150, height * 0.8))
    picture = lettering.draw_text("?", cast.theme.headline, size, cast.palette.soft, pad=24, shadow=0.4)
    at = left + (width - picture.width) / 2, top + (height - picture.height) / 2
    cast.add(Leaving(Stamp(picture), *at, 0.4, "pop", 0.5, until=until))


def _stacked(text: str) -> str:
    """ "3/4" → "¾" where there is such a character; the rest as written."""
    known = {
        "1/2": "½",
        "1/3": "⅓",
        "2/3": "⅔",
        "1/4": "¼",
        "3/4": "¾",
        "1/8": "⅛",
        "3/8": "⅜",
        "1/5": "⅕",
        "2/5": "⅖",
        "3/5": "⅗",
        "4/5": "⅘",
    }
    return known.get(text.replace(" ", ""), text)


def _ring(cast: Cast, radius: int, parts: int, *, full: bool) -> Image.Image:
    """The ring; cut into `parts` where there are few."""
    over, side = 2, radius * 2
    paper = Image.new("RGBA", (side * over, side * over), (0, 0, 0, 0))
    pen = ImageDraw.Draw(paper)
    wide = int(radius * 0.25) * over
    if full:
        colour = (*rgb(cast.palette.accent), 255)
    else:
        colour = (*rgb(mix(cast.palette.base, cast.palette.soft, 0.24)), 235)
    pen.arc((0, 0, side * over - 1, side * over - 1), 0, 360, fill=colour, width=wide)
    for index in range(parts if parts > 1 else 0):
        angle = 2 * math.pi * index / parts - math.pi / 2
        centre = radius * over
        ends = [
            (centre + r * math.cos(angle), centre + r * math.sin(angle))
            for r in (centre - wide - 4, centre + 4)
        ]
        pen.line(ends, fill=(0, 0, 0, 0), width=9 * over)
    return paper.resize((side, side), Image.Resampling.BOX)


# --------------------------------------------------------------------------- bars


def read_value(text: str) -> float | None:
    """The first number of a text; None without one."""
    found = _VALUE.search(text)
    return float(found.group().replace(",", "")) if found else None


def add_bars(cast: Cast, top: int) -> None:
    """A bar a row, as long as its value against the largest; the value stands at its end."""
    rows = [row for row in cast.rows if read_value(row.detail) is not None]
    values = [abs(read_value(row.detail) or 0.0) for row in rows]
    if len(rows) < 2 or max(values) <= 0:
        add_hero(cast, top)
        return
    room = BOTTOM - 24 - top
    step = min(330, room // len(rows))
    first = top + (room - step * len(rows)) // 2 + 10
    starts = cast.row_turns(rows)
    for index, (row, value) in enumerate(zip(rows, values, strict=True)):
        y, tall = first + index * step, min(132, step - 120)
        side = 92 if row.icon else 0
        if row.icon:
            cast.add_icon(row.icon, 70 + side / 2, y + 44, side, starts[index])
        left = 70 + (side + 22 if side else 0)
        cast.add_text(
            capital(row.text),
            (left, y, 940 - left, 84),
            largest=56,
            smallest=32,
            lines=1,
            start=starts[index],
            align="left",
            motion="slide",
            shadow=0.4,
        )
        track = shapes.rounded(940, tall, tall // 2, mix(cast.palette.base, cast.palette.soft, 0.2), 0.7)
        cast.add_picture(track, 540, y + 92 + tall / 2, 0.14, "fade", seconds=0.4)
        long = max(tall, int(940 * value / max(values))) // 2 * 2
        bar = shapes.rounded(long, tall, tall // 2, cast.palette.accent if index == 0 else cast.palette.soft)
        cast.add(Wipe(Stamp(bar), 70, y + 92, starts[index] + 0.1, "fade", 0.7))
        inside = long > 420
        box = (
            (70 + 30, y + 92, long - 60, tall) if inside else (70 + long + 20, y + 92, 940 - long - 20, tall)
        )
        ground = cast.palette.accent if index == 0 else cast.palette.soft
        cast.add_text(
            row.detail,
            box,
            largest=54,
            smallest=28,
            lines=1,
            start=starts[index] + 0.55,
            colour=cast.palette.ink if inside else TEXT,
            ground=ground if inside else "",
            align="left",
            motion="fade",
        )


# --------------------------------------------------------------------------- dates


def add_timeline(cast: Cast, top: int) -> None:
    """Dates on a line that grows with the narration. A single date stands large on a line of years."""
    if len(cast.rows) == 1:
        _add_date(cast, top)
        return
    rows = cast.rows
    room = BOTTOM - 24 - top
    step = min(270, room // len(rows))
    first = top + (room - step * len(rows)) // 2
    starts = cast.turns([row.text for row in rows])
    rail = 150
    line = shapes.rounded(8, step * len(rows) - 40, 4, cast.palette.soft, 0.55)
    cast.add(Wipe(Stamp(line), rail - 4, first + 20, 0.2, "fade", 0.9, towards="down"))
    for index, row in enumerate(rows):
        y = first + index * step
        height = step - 26
        knot = shapes.shadowed(_knot(cast, 26), blur=8, drop=4)
        cast.add_picture(knot, rail, y + height / 2, starts[index], "pop", seconds=0.4)
        card = cast.add_card(
            (rail + 60, y, 1016 - rail - 60, height), 0.16 + 0.09 * index, "slide", distance=110
        )
        side = min(150, height - 50) if row.icon else 0
        if row.icon:
            cast.add_icon(row.icon, 1016 - 30 - side / 2, y + height / 2, side, starts[index] + 0.1)
        width = 1016 - rail - 60 - 70 - side
        share = 0.5 if row.detail else 1.0
        cast.add_text(
            row.text,
            (rail + 96, y + 14, width, (height - 28) * share),
            largest=74,
            smallest=34,
            lines=1,
            start=starts[index],
            colour=card.soft,
            ground=card.ground,
            name=cast.theme.headline,
            align="left",
            motion="slide",
        )
        if row.detail:
            cast.add_text(
                row.detail,
                (rail + 96, y + 14 + (height - 28) * share, width, (height - 28) * (1 - share)),
                largest=46,
                smallest=28,
                lines=2,
                start=starts[index] + 0.1,
                colour=card.text,
                ground=card.ground,
                align="left",
                motion="slide",
            )


def _knot(cast: Cast, radius: int) -> Image.Image:
    side = radius * 2
    picture = shapes.rounded(side, side, radius, cast.palette.accent)
    picture.alpha_composite(shapes.rounded(side - 20, side - 20, radius - 10, cast.palette.base), (10, 10))
    return picture


def _add_date(cast: Cast, top: int) -> None:
    """A date as large as it can be on a ruler of time, its picture above, what happened below."""
    row = cast.rows[0]
    start = min(max(0.5, cast.spoken_at(row.text, 0.6) - 0.2), max(0.5, cast.seconds - 1.8))
    room = BOTTOM - 24 - top
    side = min(380, room - 400) // 2 * 2
    if side >= 150:
        light = shapes.glow(int(side * 0.9), cast.palette.accent, 0.26)
        cast.add_picture(light, WIDTH / 2, top + side / 2, 0.1, "fade", seconds=0.6)
        disc = shapes.shadowed(shapes.ball(side // 2, cast.palette), blur=14)
        cast.add_picture(disc, WIDTH / 2, top + side / 2, 0.08, "pop", seconds=0.5)
        name = row.icon or (cast.icons[0] if cast.icons else "")
        size = int(side * 0.76) // 2 * 2
        picture = icons.load(name, size) if name else shapes.abstract(size, cast.palette, cast.seed)
        cast.add_picture(
            shapes.shadowed(picture), WIDTH / 2, top + side / 2, 0.2, "pop", seconds=0.55, floats=7
        )
    ruler = BOTTOM - 24 - 150 - 90
    cast.add(Wipe(Stamp(_ruler(cast)), 40, ruler, 0.25, "fade", 0.8))
    marker = shapes.shadowed(_knot(cast, 30), blur=8, drop=4)
    cast.add_picture(marker, WIDTH / 2, ruler + 40, start, "pop", seconds=0.45)
    above = ruler - (top + max(0, side)) - 10
    cast.add_text(
        row.text,
        (70, ruler - min(230, above), 940, min(220, above)),
        largest=210,
        smallest=70,
        lines=1,
        start=start + 0.05,
        colour=cast.palette.accent,
        name=cast.theme.headline,
        motion="pop",
        shadow=0.45,
    )
    if row.detail:
        cast.add_text(
            row.detail,
            (90, ruler + 92, 900, BOTTOM - 12 - ruler - 92),
            largest=62,
            smallest=34,
            lines=2,
            start=start + 0.35,
            shadow=0.45,
        )


def _ruler(cast: Cast) -> Image.Image:
    """A line with marks, every fifth taller, fading towards both ends."""
    width, height = 1000, 80
    paper = Image.new("RGBA", (width * 2, height * 2), (0, 0, 0, 0))
    pen = ImageDraw.Draw(paper)
    colour = rgb(cast.palette.soft)
    pen.line([(0, height), (width * 2, height)], fill=(*colour, 255), width=10)
    for index in range(-10, 11):
        x = width + index * 96
        tall = 52 if index % 5 == 0 else 28
        pen.line([(x, height - tall), (x, height + tall)], fill=(*colour, 255), width=8)
    picture = paper.resize((width, height), Image.Resampling.BOX)
    alpha = picture.getchannel("A")
    fade = Image.new("L", (width, 1))
    fade.putdata([int(210 * max(0.0, 1 - abs(x - width / 2) / (width / 2)) ** 0.7) for x in range(width)])
    picture.putalpha(Image.composite(fade.resize((width, height)), Image.new("L", picture.size, 0), alpha))
    return picture
