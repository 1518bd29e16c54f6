"""A number: a figure as large as it can be, counting up where that makes sense, and what it counts.

A small number of things that have an icon is shown by as many icons, one after the other.
"""

from __future__ import annotations

import re

from pipeline.media import lettering, shapes
from pipeline.media.canvas import WIDTH, Stamp
from pipeline.media.cast import BOTTOM, TEXT, Cast
from pipeline.media.layers import CountUp, Piece, countable, figure_picture

_FIGURE = re.compile(r"^([^\sA-Za-z]*\d[\d.,]*%?)\s*([A-Za-z°²³/]{1,6})$")
MOST_ICONS = 12


def add_number(cast: Cast, top: int) -> None:
    """A figure in a pane of light; above it its icon, or as many icons as it says."""
    figure = {key: str(text) for key, text in (cast.spec.get("figure") or {}).items()}
    text = lettering.printable(figure.get("text", ""), cast.theme.headline)
    caption = lettering.printable(figure.get("caption", ""), lettering.STRONG)
    value, unit = split_unit(text)
    start = min(max(0.4, cast.spoken_at(figure.get("cue") or text, 0.6) - 0.4), max(0.4, cast.seconds - 1.8))
    below = 380 if caption else 300
    room = BOTTOM - 20 - top - below
    counted = _count(cast, value)
    if counted and room >= 200:
        _add_crowd(cast, counted, top, room, start)
    elif room >= 150:
        side = min(400, room - 20) // 2 * 2
        _add_emblem(cast, top + room / 2, side)
    _add_figure(cast, value, unit, caption, y=BOTTOM - 20 - below, start=start)


def split_unit(text: str) -> tuple[str, str]:
    """ "100 kg" → ("100", "kg"); a figure without a short unit stays whole."""
    match = _FIGURE.match(text)
    return (match[1], match[2]) if match else (text, "")


def _count(cast: Cast, value: str) -> int:
    """How many icons say this number; 0 where it is too large or what it counts has no icon."""
    name = str(cast.spec.get("counted", ""))
    if not name or not value.isdigit() or not 2 <= int(value) <= MOST_ICONS:
        return 0
    return int(value)


def _add_emblem(cast: Cast, y: float, side: int) -> None:
    light = shapes.glow(int(side * 0.9), cast.palette.accent, 0.28)
    cast.add_picture(light, WIDTH / 2, y, 0.1, "fade", seconds=0.7)
    disc = shapes.shadowed(shapes.ball(side // 2, cast.palette), blur=14)
    cast.add_picture(disc, WIDTH / 2, y, 0.08, "pop", seconds=0.5)
    picture = shapes.shadowed(cast.icon(0, int(side * 0.78) // 2 * 2))
    cast.add_picture(picture, WIDTH / 2, y, 0.2, "pop", seconds=0.55, floats=8)


def _add_crowd(cast: Cast, number: int, top: int, room: int, start: float) -> None:
    """So many icons in even rows, popping in one after the other up to the moment the number is said."""
    name = str(cast.spec["counted"])
    columns = number if number <= 3 else (number + 1) // 2 if number <= 8 else (number + 2) // 3
    lines = (number + columns - 1) // columns
    side = min(300, 900 // columns, room // lines) // 2 * 2
    step = min(0.12, 0.9 / number)
    first = max(0.3, start - step * number * 0.5)
    for index in range(number):
        line, place = divmod(index, columns)
        inline = min(columns, number - line * columns)
        x = WIDTH / 2 + (place - (inline - 1) / 2) * side
        y = top + room / 2 + (line - (lines - 1) / 2) * side
        cast.add_icon(name, x, y, int(side * 0.84) // 2 * 2, first + step * index)


def _add_figure(cast: Cast, value: str, unit: str, caption: str, *, y: int, start: float) -> None:
    """The large figure, counting where it can; a short unit stands smaller at its right, on its line."""
    fitted = lettering.fit(
        value,
        name=cast.theme.headline,
        width=900 - (250 if unit else 0),
        height=250,
        largest=270,
        smallest=96,
        lines=1 if len(value) < 12 else 2,
        leading=1.06,
    )
    light = shapes.glow(420, cast.palette.accent, 0.16)
    cast.add_picture(light, WIDTH / 2, y + 140, max(0.1, start - 0.1), "fade", seconds=0.5)
    small = max(60, round(fitted.size * 0.42))
    face = lettering.drawable_font(cast.theme.headline, unit)
    label = lettering.draw_text(unit, face, small, TEXT, shadow=0.4, pad=20) if unit else None
    aside = 0 if label is None else label.width - 40 + 18
    centre = WIDTH / 2 - aside / 2
    y += max(0, (250 - fitted.height) // 2)
    if fitted.lines and countable(fitted.lines[0]) and len(fitted.lines) == 1:
        cast.add(
            CountUp(fitted.lines[0], palette=cast.palette, fitted=fitted, x=centre, y=y - 30, start=start)
        )
    else:
        for number, line in enumerate(fitted.lines):
            shown = figure_picture(line, fitted, cast.palette)
            at = (centre - shown.width / 2, y - 30 + number * fitted.line_height)
            cast.add(Piece(Stamp(shown), *at, start, "pop", 0.5, colour=cast.palette.accent, pad=44))
    if label is not None:
        large_rise = lettering.font(fitted.font, fitted.size).getmetrics()[0]
        small_rise = lettering.font(face, small).getmetrics()[0]
        x = centre + fitted.width / 2 + 18 - 20
        at = (x, y + large_rise - small_rise - 20)
        cast.add(Piece(Stamp(label), *at, start + 0.3, "rise", 0.4, 24, colour=TEXT, pad=22))
    if caption:
        cast.add_text(
            caption,
            (100, y + fitted.height + 6, 880, 120),
            largest=64,
            smallest=36,
            lines=2,
            start=start + 0.35,
            shadow=0.45,
        )
