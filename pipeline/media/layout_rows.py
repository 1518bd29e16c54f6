"""Cards below one another or in a grid: lists, processes, recaps.

Empty cards come in at once, what is on them with the spoken word.
"""

from __future__ import annotations

from PIL import Image

from pipeline.media import lettering, shapes
from pipeline.media.canvas import Stamp
from pipeline.media.cast import BOTTOM, Cast, Row, capital
from pipeline.media.layers_drawn import Travel, Wipe
from pipeline.media.surfaces import Surface

LEFT, WIDE = 84, 912


def add_list(cast: Cast, top: int) -> None:
    """Tiles with large icons where every row has one and few words, else cards below one another."""
    rows = cast.rows
    short = all(row.icon and len(row.text) <= 26 for row in rows)
    if short and len(rows) in (2, 4):
        _add_tiles(cast, top, rows)
    else:
        _add_cards(cast, top, rows, dotted=not any(row.icon for row in rows))


def add_recap(cast: Cast, top: int) -> None:
    """What is now known, ticked one after the other; without rows a large tick on the picture."""
    from pipeline.media.layout_hero import add_stage  # noqa: PLC0415 - heroes draw rows in no other place

    if len(cast.rows) >= 2:
        _add_cards(cast, top, cast.rows, ticked=True)
        return
    _, middle, side = add_stage(cast, top, with_others=False)
    mark = shapes.shadowed(shapes.tick(140, cast.palette.accent, cast.palette.ink), blur=12)
    start = max(0.8, cast.speech_end * 0.5)
    cast.add_picture(mark, 540 + side * 0.46, middle + side * 0.40, start, "pop", seconds=0.5)


def _places(top: int, number: int, *, gap: int, tallest: int) -> tuple[list[int], int]:
    """The upper edges of so many cards, centred in the room, and their even height."""
    room = BOTTOM - 24 - top
    height = min(tallest, (room - gap * (number - 1)) // number) // 2 * 2
    used = height * number + gap * (number - 1)
    first = top + max(0, (room - used) // 2)
    return [(first + index * (height + gap)) // 2 * 2 for index in range(number)], height


def _add_cards(cast: Cast, top: int, rows: list[Row], *, dotted: bool = False, ticked: bool = False) -> None:
    edges, height = _places(top, len(rows), gap=28, tallest=280 if any(row.detail for row in rows) else 236)
    starts = cast.row_turns(rows)
    for index, (row, y) in enumerate(zip(rows, edges, strict=True)):
        card = cast.add_card((LEFT, y, WIDE, height), 0.14 + 0.09 * index, "slide", distance=110)
        side = min(160, height - 44) // 2 * 2
        x = LEFT + 42 + side / 2
        if ticked or dotted or not row.icon:
            mark = _mark(cast, min(104, side), ticked=ticked)
            cast.add_picture(mark, x, y + height / 2, starts[index], "pop", seconds=0.45)
        else:
            cast.add_icon(row.icon, x, y + height / 2, side, starts[index])
        right = side + 24 if ticked and row.icon and not row.detail else 0  # words need the room more
        if right:
            cast.add_icon(row.icon, LEFT + WIDE - 34 - side / 2, y + height / 2, side, starts[index] + 0.15)
        left = LEFT + 42 + side + 36
        _add_words(cast, row, card, (left, y, LEFT + WIDE - 40 - right - left, height), starts[index] + 0.04)


def _mark(cast: Cast, side: int, *, ticked: bool) -> Image.Image:
    """A tick, or a dot: what is only listed has no order, so no number."""
    if ticked:
        return shapes.shadowed(shapes.tick(side, cast.palette.accent, cast.palette.ink), blur=8, drop=5)
    small = side // 3 * 2
    return shapes.shadowed(shapes.badge(small, cast.palette.accent, cast.palette.ink, ""), blur=8, drop=5)


def _add_words(
    cast: Cast, row: Row, card: Surface, box: tuple[float, float, float, float], start: float
) -> None:
    """A row's text, its detail below in the softer colour, both from the left."""
    left, y, width, height = box
    share = 0.52 if row.detail else 1.0
    inner = height - 36
    cast.add_text(
        capital(row.text),
        (left, y + 18, width, inner * share),
        largest=64,
        smallest=34,
        lines=1 if row.detail else 2 if height < 190 else 3,
        start=start,
        colour=card.text,
        ground=card.ground,
        align="left",
        motion="slide",
    )
    if row.detail:
        cast.add_text(
            row.detail,
            (left, y + 18 + inner * share, width, inner * (1 - share)),
            largest=42,
            smallest=28,
            lines=2 if height > 180 else 1,
            start=start + 0.12,
            colour=card.soft,
            ground=card.ground,
            name=lettering.BODY,
            align="left",
            motion="slide",
        )


def _add_tiles(cast: Cast, top: int, rows: list[Row]) -> None:
    """Two columns of tiles: the icon large, its word below."""
    lines = (len(rows) + 1) // 2
    edges, height = _places(top, lines, gap=28, tallest=640)
    starts = cast.row_turns(rows)
    wide = (WIDE - 28) // 2
    for index, row in enumerate(rows):
        x, y = LEFT + (index % 2) * (wide + 28), edges[index // 2]
        card = cast.add_card((x, y, wide, height), 0.14 + 0.08 * index, "rise")
        words = 190 if row.detail else 120
        side = min(320, height - words - 50) // 2 * 2
        room = height - words - 20
        cast.add_icon(row.icon, x + wide / 2, y + 20 + room / 2, side, starts[index], floats=0)
        cast.add_text(
            capital(row.text),
            (x + 24, y + height - words - 12, wide - 48, 110 if row.detail else words),
            largest=58,
            smallest=30,
            lines=2,
            start=starts[index] + 0.05,
            colour=card.text,
            ground=card.ground,
        )
        if row.detail:
            cast.add_text(
                row.detail,
                (x + 24, y + height - 88, wide - 48, 70),
                largest=38,
                smallest=26,
                lines=2,
                start=starts[index] + 0.15,
                colour=card.soft,
                ground=card.ground,
                name=lettering.BODY,
            )


def add_process(cast: Cast, top: int) -> None:
    """Numbered steps on a path that grows downwards with the narration; a light runs along it at the end."""
    rows = cast.rows
    edges, height = _places(top, len(rows), gap=34, tallest=232)
    starts = cast.row_turns(rows)
    rail, knot = LEFT + 50, min(100, height - 20)
    for index, y in enumerate(edges):
        middle = y + height / 2
        if index:
            above = edges[index - 1] + height / 2
            line = shapes.rounded(10, int(middle - above) // 2 * 2, 5, cast.palette.accent, 0.8)
            cast.add(Wipe(Stamp(line), rail - 5, above, starts[index] - 0.25, "fade", 0.4, towards="down"))
    for index, (row, y) in enumerate(zip(rows, edges, strict=True)):
        middle = y + height / 2
        left = LEFT + 130
        card = cast.add_card((left, y, WIDE - 130, height), 0.14 + 0.09 * index, "slide", distance=110)
        badge = shapes.badge(knot, cast.palette.accent, cast.palette.ink, str(index + 1))
        cast.add_picture(
            shapes.shadowed(badge, blur=8, drop=5), rail, middle + 2, starts[index], "pop", seconds=0.45
        )
        side = min(168, height - 40) // 2 * 2 if row.icon else 0
        if row.icon:
            cast.add_icon(row.icon, left + WIDE - 130 - 34 - side / 2, middle, side, starts[index] + 0.12)
        _add_words(cast, row, card, (left + 40, y, WIDE - 130 - 80 - side, height), starts[index] + 0.05)
    dot = Stamp(shapes.spark(8, "#ffffff"))
    path = [(float(rail), edges[0] + height / 2), (float(rail), edges[-1] + height / 2)]
    cast.add(Travel(dot, path, starts[-1] + 0.5, period=2.2, number=2))
