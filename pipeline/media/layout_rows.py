"""Layouts of cards: lists, processes and recaps in rows, comparisons side by side.

Empty cards come in at once, what is on them with the spoken word.
"""

from __future__ import annotations

from pipeline.media import icons, lettering, shapes
from pipeline.media.canvas import WIDTH, Stamp
from pipeline.media.cast import BOTTOM, TEXT, Cast
from pipeline.media.layers import Piece


def add_rows(cast: Cast, top: int, rows: list[dict[str, str]]) -> None:
    """Cards that come in with the spoken word; process numbers them, recap ticks them."""
    layout = str(cast.spec["layout"])
    gap = 56 if layout == "process" else 30
    height = min(216, (BOTTOM - 20 - top - gap * (len(rows) - 1)) // len(rows)) // 2 * 2
    used = height * len(rows) + gap * (len(rows) - 1)
    y = top + max(0, (BOTTOM - 20 - top - used) // 2)
    starts = _turns(cast, [str(row["text"]) for row in rows])
    for index, row in enumerate(rows):
        if layout == "process" and index:
            link = shapes.rounded(8, gap - 12, 4, cast.palette.accent, 0.75)
            cast.layers.append(Piece(Stamp(link), 172, y - gap + 6, starts[index], "fade", 0.3))
        card = shapes.glass(880, height, 38)
        cast.layers.append(Piece(Stamp(card), 100, y, 0.2 + 0.1 * index, "slide", 0.45, 120))
        _row(cast, row, y=y, height=height, start=starts[index], index=index)
        y += height + gap


def _turns(cast: Cast, texts: list[str]) -> list[float]:
    """When each text comes in: with its word, in order, all of them before the scene ends."""
    starts: list[float] = []
    spread = max(0.4, (cast.speech_end - 0.8) / len(texts))
    for index, text in enumerate(texts):
        others = " ".join(texts[:index] + texts[index + 1 :])
        last = starts[-1] if starts else 0.0
        start = cast.spoken_at(text, 0.5 + spread * index, others=others, after=last)
        latest = cast.seconds - 1.2 - 0.2 * (len(texts) - 1 - index)
        starts.append(max(last + 0.2 if starts else 0.4, min(start, latest)))
    return starts


def _row(cast: Cast, row: dict[str, str], *, y: int, height: int, start: float, index: int) -> None:
    text, icon = row["text"], row["icon"]
    layout = str(cast.spec["layout"])
    left, width = 100, 880
    side = min(132, height - 52) // 2 * 2
    if layout == "process":
        mark = shapes.badge(min(92, side), cast.palette.accent, cast.palette.ink, str(index + 1))
    elif layout == "recap":
        mark = shapes.tick(min(92, side), cast.palette.accent, cast.palette.ink)
    elif icon in icons.names():
        mark = shapes.shadowed(icons.load(icon, side), blur=8, drop=6)
    else:
        mark = shapes.badge(min(84, side), cast.palette.accent, cast.palette.ink, str(index + 1))
    right_icon = layout != "list" and icon in icons.names()
    text_left = left + 40 + side + 36
    fitted = lettering.fit(
        _capital(text),
        name=lettering.STRONG,
        width=left + width - 40 - text_left - (side + 20 if right_icon else 0),
        height=height - 36,
        largest=58,
        smallest=36,
        lines=2 if height < 180 else 3,
        leading=1.2,
    )
    cast.layers.append(
        Piece(
            Stamp(mark),
            left + 40 + (side - mark.width) / 2,
            y + (height - mark.height) / 2,
            start,
            "pop",
            0.45,
        )
    )
    for number, line in enumerate(fitted.lines):
        picture = lettering.draw_text(line, fitted.font, fitted.size, TEXT, pad=6)
        line_y = y + (height - fitted.height) / 2 + number * fitted.line_height
        inset = (fitted.line_height - picture.height) / 2
        cast.layers.append(
            Piece(
                Stamp(picture),
                text_left - 6,
                line_y + inset,
                start + 0.04,
                "slide",
                0.45,
                60,
                colour=TEXT,
                pad=6,
            )
        )
    if right_icon:
        picture = shapes.shadowed(icons.load(icon, side), blur=8, drop=6)
        x = left + width - 40 - side / 2 - picture.width / 2
        cast.layers.append(
            Piece(Stamp(picture), x, y + (height - picture.height) / 2, start + 0.2, "pop", 0.45)
        )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def add_comparison(cast: Cast, top: int, rows: list[dict[str, str]]) -> None:
    """Two cards side by side, each in turn, and a mark between them."""
    height = min(620, BOTTOM - 30 - top) // 2 * 2
    y = top + (BOTTOM - top - height) // 2
    starts = _turns(cast, [str(row["text"]) for row in rows])
    for index, row in enumerate(rows):
        left = 64 + index * 488
        card = shapes.glass(464, height, 44)
        cast.layers.append(Piece(Stamp(card), left, y, 0.2 + 0.12 * index, "rise", 0.45, 60))
        side = min(250, height - 230) // 2 * 2
        name = str(row.get("icon", ""))
        drawn = (
            icons.load(name, side)
            if name in icons.names()
            else shapes.abstract(side, cast.palette, index + 3)
        )
        picture = shapes.shadowed(drawn, blur=12)
        cast.layers.append(
            Piece(
                Stamp(picture),
                left + 232 - picture.width / 2,
                y + 40 + side / 2 - picture.height / 2 + 16,
                starts[index],
                "pop",
                0.5,
                float_height=6,
                float_period=4.2,
                float_phase=1.5 * index,
            )
        )
        fitted = lettering.fit(
            _capital(str(row["text"])),
            name=lettering.STRONG,
            width=404,
            height=height - side - 110,
            largest=56,
            smallest=34,
            lines=3,
            leading=1.2,
        )
        text_y = y + side + 84 + (height - side - 110 - fitted.height) / 2
        for number, line in enumerate(fitted.lines):
            text = lettering.draw_text(line, fitted.font, fitted.size, TEXT, pad=6)
            cast.layers.append(
                Piece(
                    Stamp(text),
                    left + 232 - text.width / 2,
                    text_y + number * fitted.line_height,
                    starts[index] + 0.05,
                    "rise",
                    0.45,
                    36,
                    colour=TEXT,
                    pad=6,
                )
            )
    mark = shapes.shadowed(shapes.badge(96, cast.palette.accent, cast.palette.ink, "vs"), blur=10)
    cast.layers.append(
        Piece(
            Stamp(mark),
            WIDTH / 2 - mark.width / 2,
            y + height / 2 - mark.height / 2,
            starts[1] + 0.2,
            "pop",
            0.5,
        )
    )
