"""Things around a middle: a cycle whose steps follow one another in a ring, the parts of a whole."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from pipeline.media import lettering, shapes
from pipeline.media.canvas import WIDTH, Stamp
from pipeline.media.cast import BOTTOM, TEXT, Cast, capital
from pipeline.media.layers_drawn import Sweep, Travel, Wipe
from pipeline.media.palettes import mix, rgb


def add_cycle(cast: Cast, top: int) -> None:
    """Steps in a ring, an arrow from each to the next; when all are there a light goes round for ever."""
    rows = cast.rows
    number = len(rows)
    room = BOTTOM - 20 - top
    words = 62
    knot = min(122, int(room * 0.155))
    tall = room - 2 * knot - 2 * words - 8
    ring = (330, min(330, tall // 2 if number != 3 else int(tall / 1.5)))
    middle = top + words + knot + ring[1] + 4
    starts = cast.row_turns(rows)
    angles = [2 * math.pi * index / number - math.pi / 2 for index in range(number)]
    light = shapes.glow(max(ring) + 60, cast.palette.accent, 0.18)
    cast.add_picture(light, WIDTH / 2, middle, 0.05, "fade", seconds=0.6)
    hub = min(ring) - knot + 4
    if cast.icon_count and hub >= 84 and cast.icons[0] not in {row.icon for row in rows}:
        disc = shapes.shadowed(shapes.ball(min(150, hub), cast.palette), blur=12)
        cast.add_picture(disc, WIDTH / 2, middle, 0.10, "pop", seconds=0.5)
        cast.add_icon(cast.icons[0], WIDTH / 2, middle, int(min(150, hub) * 1.3) // 2 * 2, 0.22)
    for index in range(number):
        arc = _arc(cast, ring, (angles[index], angles[index] + 2 * math.pi / number), knot)
        begins = starts[index + 1] - 0.3 if index + 1 < number else starts[-1] + 0.45
        at = (WIDTH / 2 - arc.width / 2, middle - arc.height / 2)
        cast.add(Sweep(arc, *at, max(0.4, begins), 0.45, share=1 / number, turn=index / number))
    for index, (row, angle) in enumerate(zip(rows, angles, strict=True)):
        x, y = WIDTH / 2 + ring[0] * math.cos(angle), middle + ring[1] * math.sin(angle)
        disc = shapes.bubble(knot, cast.palette)
        cast.add_picture(disc, x, y + 6, 0.12 + 0.08 * index, "pop", seconds=0.45)
        if row.icon:
            cast.add_icon(row.icon, x, y, int(knot * 1.24) // 2 * 2, starts[index])
        else:
            mark = shapes.badge(int(knot * 1.1), cast.palette.accent, cast.palette.ink, str(index + 1))
            cast.add_picture(mark, x, y, starts[index], "pop", seconds=0.45)
        above = index == 0  # the label of the topmost stands over it: below is the middle of the ring
        label_y = y - knot - words if above else y + knot + 2
        _add_label(cast, row.text, x, label_y, start=starts[index] + 0.06, height=words)
    dot = Stamp(shapes.spark(9, "#ffffff"))
    path = [
        (WIDTH / 2 + ring[0] * math.cos(a), middle + ring[1] * math.sin(a))
        for a in (2 * math.pi * step / 72 - math.pi / 2 for step in range(73))
    ]
    cast.add(Travel(dot, path, starts[-1] + 1.0, period=6.0, number=2))


def _add_label(cast: Cast, text: str, x: float, y: float, *, start: float, height: int) -> None:
    """A step's words on a dark plate, so that arrows may run behind it."""
    wide = 330 if 330 < x < 750 else 400
    fitted = lettering.fit(
        capital(text),
        name=lettering.STRONG,
        width=wide,
        height=height,
        largest=46,
        smallest=26,
        lines=2,
        leading=1.1,
    )
    half = fitted.width / 2 + 20
    x = min(max(36.0 + half, x), WIDTH - 36 - half)
    ground = mix(cast.palette.base, "#000000", 0.3)
    plate = shapes.rounded(int(2 * half) // 2 * 2, height, 22, ground, 0.82)
    cast.add_picture(plate, x, y + height / 2, start, "fade", seconds=0.3)
    cast.add_text(
        capital(text),
        (x - wide / 2, y, wide, height),
        largest=fitted.size,
        smallest=min(26, fitted.size),
        lines=2,
        start=start,
        leading=1.1,
    )


def _arc(cast: Cast, ring: tuple[int, int], span: tuple[float, float], knot: int) -> Image.Image:
    """An arrow along the ring from one place to the next, between their discs; square, so it can sweep."""
    over, side = 2, (max(ring) + 40) * 2
    paper = Image.new("RGBA", (side * over, side * over), (0, 0, 0, 0))
    pen = ImageDraw.Draw(paper)
    middle = side / 2

    def at(angle: float) -> tuple[float, float]:
        return (middle + ring[0] * math.cos(angle), middle + ring[1] * math.sin(angle))

    every = [at(span[0] + (span[1] - span[0]) * step / 90) for step in range(91)]
    free = [
        point
        for point in every
        if math.dist(point, every[0]) > knot + 14 and math.dist(point, every[-1]) > knot + 34
    ]
    if len(free) < 4:
        return paper.resize((side, side), Image.Resampling.BOX)
    points = [(x * over, y * over) for x, y in free]
    pen.line(points, fill=(*rgb(cast.palette.soft), 215), width=11 * over, joint="curve")
    (x0, y0), (x1, y1) = points[-4], points[-1]
    turn = math.atan2(y1 - y0, x1 - x0)
    tip = (x1 + 30 * over * math.cos(turn), y1 + 30 * over * math.sin(turn))
    wings = [(x1 + 24 * over * math.cos(turn + s), y1 + 24 * over * math.sin(turn + s)) for s in (2.0, -2.0)]
    pen.polygon([tip, *wings], fill=(*rgb(cast.palette.accent), 255))
    return paper.resize((side, side), Image.Resampling.BOX)


def add_parts(cast: Cast, top: int) -> None:
    """The whole in the middle, its parts around it, each on a line that grows towards its label."""
    rows = cast.rows
    number = len(rows)
    room = BOTTOM - 24 - top
    middle = (WIDTH / 2, top + room / 2)
    tall = min(190, (room - 300) // 2) // 2 * 2
    radius = min(190, (room - 2 * tall - 30) // 2)
    wide = 436
    starts = cast.row_turns(rows)
    lines = -(-number // 2)
    for index, row in enumerate(rows):
        alone = number % 2 == 1 and index == number - 1
        x = WIDTH / 2 if alone else 64 + wide / 2 if index % 2 == 0 else WIDTH - 64 - wide / 2
        upper = index < 2 if lines > 1 else True
        y = top + tall / 2 if upper else BOTTOM - 24 - tall / 2
        if lines == 1:
            y = top + tall / 2 if index == 0 else BOTTOM - 24 - tall / 2
        edge = y + tall / 2 if y < middle[1] else y - tall / 2
        _add_leader(cast, middle, (x, edge), starts[index])
        card = cast.add_card(
            (x - wide / 2, y - tall / 2, wide, tall), starts[index], "fade", radius=36, seconds=0.35
        )
        side = min(120, tall - 40) if row.icon else 0
        if row.icon:
            cast.add_icon(row.icon, x - wide / 2 + 28 + side / 2, y, side, starts[index] + 0.1)
        left = x - wide / 2 + 28 + (side + 22 if side else 0)
        width = wide - 56 - (side + 22 if side else 0)
        share = 0.56 if row.detail else 1.0
        cast.add_text(
            capital(row.text),
            (left, y - tall / 2 + 14, width, (tall - 28) * share),
            largest=52,
            smallest=28,
            lines=2,
            start=starts[index] + 0.08,
            colour=card.text,
            ground=card.ground,
            align="left" if side else "middle",
        )
        if row.detail:
            cast.add_text(
                row.detail,
                (left, y - tall / 2 + 14 + (tall - 28) * share, width, (tall - 28) * (1 - share)),
                largest=36,
                smallest=24,
                lines=2,
                start=starts[index] + 0.2,
                colour=card.soft,
                ground=card.ground,
                name=lettering.BODY,
                align="left" if side else "middle",
            )
    _add_hub(cast, middle, radius)


def _add_hub(cast: Cast, middle: tuple[float, float], radius: int) -> None:
    light = shapes.glow(int(radius * 1.7), cast.palette.accent, 0.26)
    cast.add_picture(light, *middle, 0.05, "fade", seconds=0.6)
    disc = shapes.shadowed(shapes.ball(radius, cast.palette), blur=14)
    cast.add_picture(disc, *middle, 0.08, "pop", seconds=0.5)
    side = int(radius * 1.4) // 2 * 2
    whole = str(cast.spec.get("whole", ""))
    if cast.icon_count or not whole:
        cast.add_picture(shapes.shadowed(cast.icon(0, side)), *middle, 0.2, "pop", seconds=0.55)
    else:
        box = (middle[0] - side / 2, middle[1] - side / 2, side, side)
        cast.add_text(capital(whole), box, largest=64, smallest=28, lines=3, start=0.25, colour=TEXT)


def _add_leader(cast: Cast, first: tuple[float, float], last: tuple[float, float], start: float) -> None:
    """A line from the hub to a label, growing towards it."""
    left, top = min(first[0], last[0]) - 12, min(first[1], last[1]) - 12
    width, height = int(abs(first[0] - last[0]) + 24) // 2 * 2, int(abs(first[1] - last[1]) + 24) // 2 * 2
    paper = Image.new("RGBA", (width * 2, height * 2), (0, 0, 0, 0))
    pen = ImageDraw.Draw(paper)
    ends = [((x - left) * 2, (y - top) * 2) for x, y in (first, last)]
    pen.line(ends, fill=(*rgb(cast.palette.accent), 235), width=14)
    picture = paper.resize((width, height), Image.Resampling.BOX)
    towards = "down" if last[1] > first[1] else "up"
    cast.add(Wipe(Stamp(picture), left, top, max(0.3, start - 0.3), "fade", 0.4, towards=towards))  # type: ignore[arg-type]
