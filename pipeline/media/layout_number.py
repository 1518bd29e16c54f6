"""The layout of a number: a figure as large as it can be, counting up where that makes sense."""

from __future__ import annotations

import re

from pipeline.media import lettering, shapes
from pipeline.media.canvas import WIDTH, Stamp
from pipeline.media.cast import BOTTOM, TEXT, Cast
from pipeline.media.layers import CountUp, Piece, countable, figure_picture

_FIGURE = re.compile(r"^([^\sA-Za-z]*\d[\d.,]*%?)\s*([A-Za-z°²/]{1,5})$")


def add_number(cast: Cast, top: int, figure: dict[str, str]) -> None:
    """A figure as large as it can be; it counts up where that makes sense."""
    text = lettering.printable(figure.get("text", ""))
    caption = lettering.printable(figure.get("caption", ""))
    room = BOTTOM - top
    side = min(330, room - 510) // 2 * 2
    middle = top + side // 2 + 10
    light = shapes.glow(max(260, side), cast.palette.accent, 0.24)
    cast.layers.append(
        Piece(Stamp(light), WIDTH / 2 - light.width / 2, middle - light.height / 2, 0.1, "fade", 0.7)
    )
    if side >= 120:
        picture = shapes.shadowed(cast.icon(0, side))
        cast.layers.append(
            Piece(
                Stamp(picture),
                WIDTH / 2 - picture.width / 2,
                middle - picture.height / 2,
                0.2,
                "pop",
                0.55,
                float_height=8,
                float_period=4.4,
            )
        )
    value, unit = split_unit(text)
    fitted = lettering.fit(
        value,
        name=lettering.HEADLINE,
        width=900 - (230 if unit else 0),
        height=330,
        largest=290,
        smallest=110,
        lines=1,
        leading=1.1,
    )
    y = top + max(0, side) + 34
    start = min(max(0.4, cast.spoken_at(text, 0.6) - 0.5), max(0.4, cast.seconds - 1.8))
    _figure(cast, fitted, unit, y, start)
    if caption:
        below = lettering.fit(
            caption,
            name=lettering.STRONG,
            width=860,
            height=150,
            largest=58,
            smallest=36,
            lines=2,
            leading=1.22,
        )
        for number, line in enumerate(below.lines):
            shown = lettering.draw_text(line, below.font, below.size, TEXT, pad=10, shadow=0.4)
            line_y = y + fitted.height + 26 + number * below.line_height
            cast.layers.append(
                Piece(
                    Stamp(shown),
                    WIDTH / 2 - shown.width / 2,
                    line_y,
                    start + 0.35,
                    "rise",
                    0.45,
                    30,
                    colour=TEXT,
                    pad=10,
                )
            )


def split_unit(text: str) -> tuple[str, str]:
    """ "100 kg" → ("100", "kg"); a figure without a short unit stays whole."""
    match = _FIGURE.match(text)
    return (match[1], match[2]) if match else (text, "")


def _figure(cast: Cast, fitted: lettering.Fitted, unit: str, y: int, start: float) -> None:
    """The large figure, counting where it can; a short unit stands smaller at its right, on its line."""
    small = max(60, round(fitted.size * 0.42))
    label = lettering.draw_text(unit, lettering.HEADLINE, small, TEXT, shadow=0.4, pad=20) if unit else None
    aside = 0 if label is None else label.width - 40 + 18
    centre = WIDTH / 2 - aside / 2
    if countable(fitted.lines[0]) and len(fitted.lines) == 1:
        cast.layers.append(
            CountUp(fitted.lines[0], palette=cast.palette, fitted=fitted, x=centre, y=y - 30, start=start)
        )
    else:
        for number, line in enumerate(fitted.lines):
            shown = figure_picture(line, fitted, cast.palette)
            cast.layers.append(
                Piece(
                    Stamp(shown),
                    centre - shown.width / 2,
                    y - 30 + number * fitted.line_height,
                    start,
                    "pop",
                    0.5,
                    colour=cast.palette.accent,
                    pad=44,
                )
            )
    if label is not None:
        large_rise = lettering.font(fitted.font, fitted.size).getmetrics()[0]
        small_rise = lettering.font(lettering.HEADLINE, small).getmetrics()[0]
        x = centre + fitted.width / 2 + 18 - 20
        cast.layers.append(
            Piece(
                Stamp(label),
                x,
                y + large_rise - small_rise - 20,
                start + 0.3,
                "rise",
                0.4,
                24,
                colour=TEXT,
                pad=22,
            )
        )
