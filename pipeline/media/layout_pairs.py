"""Two things: set against each other, one turning into the other, one acting on the other."""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from pipeline.media import lettering, shapes
from pipeline.media.canvas import WIDTH, Stamp
from pipeline.media.cast import BOTTOM, TEXT, Cast, Row, capital
from pipeline.media.layers_drawn import Travel, Wipe
from pipeline.media.palettes import rgb


def add_comparison(cast: Cast, top: int) -> None:
    """Two tall cards, each in its turn. The first row's detail is the word that compares ("lighter")."""
    rows = cast.rows
    drawn = all(row.icon for row in rows)  # else both by their words alone, on lower cards
    height = min(760 if drawn else 500, BOTTOM - 30 - top) // 2 * 2
    y = top + (BOTTOM - 20 - top - height) // 2
    starts = cast.row_turns(rows)
    word = rows[0].detail
    larger = _larger(word)
    for index, row in enumerate(rows):
        left = 60 + index * 490
        card = cast.add_card((left, y, 470, height), 0.14 + 0.1 * index, "rise", radius=48)
        words = 190
        room = height - words - 30
        side = min(330, room - 30) // 2 * 2
        if larger is not None:  # who is more is drawn larger
            side = int(side * (1.12 if larger == index else 0.74)) // 2 * 2
        middle = (left + 235, y + 20 + room / 2)
        if drawn:
            cast.add_icon(row.icon, *middle, side, starts[index], floats=7, phase=1.5 * index)
        cast.add_text(
            capital(row.text),
            (
                left + 30,
                y + (height - words - 10 if drawn else 40),
                410,
                words - 14 if drawn else height - 150,
            ),
            largest=60 if drawn else 92,
            smallest=32,
            lines=3,
            start=starts[index] + 0.05,
            colour=card.text,
            ground=card.ground,
        )
    if word:
        pill = _pill(cast, f"{word} than", 560)
        cast.add_picture(pill, WIDTH / 2, y + height - (196 if drawn else 20), starts[1], "pop", seconds=0.5)
    else:
        badge = shapes.badge(108, cast.palette.accent, cast.palette.ink, "vs")
        mark = shapes.shadowed(badge, blur=10)
        place = y + (20 + (height - 220) / 2 if drawn else height - 20)
        cast.add_picture(mark, WIDTH / 2, place, starts[1] + 0.2, "pop", seconds=0.5)


def _larger(word: str) -> int | None:
    """Which side is drawn larger by the word that compares; None where it says nothing of size."""
    first = word.partition(" ")[0].lower() if word else ""
    if first in {
        "bigger",
        "larger",
        "taller",
        "longer",
        "heavier",
        "higher",
        "wider",
        "greater",
        "hotter",
        "stronger",
        "faster",
        "louder",
    }:
        return 0
    if first in {
        "smaller",
        "shorter",
        "lighter",
        "lower",
        "thinner",
        "narrower",
        "weaker",
        "colder",
        "cooler",
        "younger",
    }:
        return 1
    return None


def _pill(cast: Cast, text: str, width: int) -> Image.Image:
    """A word on the accent colour."""
    fitted = lettering.fit(
        text,
        name=lettering.STRONG,
        width=width - 72,
        height=70,
        largest=52,
        smallest=28,
        lines=1,
        leading=1.2,
    )
    line = fitted.lines[0] if fitted.lines else ""
    words = lettering.draw_text(line, fitted.font, fitted.size, cast.palette.ink, pad=4)
    picture = shapes.rounded(
        words.width + 64, fitted.line_height + 26, (fitted.line_height + 26) // 2, cast.palette.accent
    )
    picture.alpha_composite(words, ((picture.width - words.width) // 2, (picture.height - words.height) // 2))
    return shapes.shadowed(picture, blur=10, drop=6)


def add_change(cast: Cast, top: int) -> None:
    """One thing turns into another: two discs across the stage, an arrow that grows, lights along it."""
    _add_diagonal(cast, top, "", arrow=True)


def add_action(cast: Cast, top: int) -> None:
    """One thing acts on another; the verb stands on the way between them (`rows[1].detail`)."""
    _add_diagonal(cast, top, cast.rows[1].detail, arrow=True)


def _add_diagonal(cast: Cast, top: int, verb: str, *, arrow: bool) -> None:
    rows = [Row(row.text, "", row.icon, row.cue) for row in cast.rows]
    starts = cast.row_turns(rows)
    room = BOTTOM - 24 - top
    radius = min(216, int(room * 0.24))
    label = 104
    first = (84 + radius + 20.0, top + radius + 8.0)
    second = (WIDTH - 84 - radius - 20.0, BOTTOM - 30 - label - radius)
    if cast.seed % 2:
        first, second = (WIDTH - first[0], first[1]), (WIDTH - second[0], second[1])
    path = _bow(first, second, radius)
    way = _way(cast, path, arrow=arrow)
    origin = (min(x for x, _ in path) - 40, min(y for _, y in path) - 40)
    meet = starts[1] - 0.35 if len(starts) > 1 else 0.8
    cast.add(Wipe(Stamp(way), *origin, max(0.4, meet), "fade", 0.55, towards="down"))
    for index, (row, (x, y)) in enumerate(zip(rows, (first, second), strict=True)):
        light = shapes.glow(int(radius * 1.5), cast.palette.accent, 0.22)
        cast.add_picture(light, x, y, max(0.1, starts[index] - 0.1), "fade", seconds=0.5)
        disc = shapes.shadowed(shapes.ball(radius, cast.palette), blur=14)
        cast.add_picture(disc, x, y, 0.10 + 0.1 * index, "pop", seconds=0.5)
        side = int(radius * 1.36) // 2 * 2
        if row.icon:
            cast.add_icon(row.icon, x, y, side, starts[index], floats=7, phase=1.7 * index)
        wide = 2 * radius + 40
        left = min(max(50.0, x - wide / 2), WIDTH - 50 - wide)
        cast.add_text(
            capital(row.text),
            (left, y + radius + 8, wide, label),
            largest=58,
            smallest=30,
            lines=2,
            start=starts[index] + 0.06,
            colour=TEXT,
            shadow=0.5,
        )
    hides = None
    if verb:
        corner = (second[0], first[1])  # the outer side of the bend has room
        middle = path[len(path) // 2]
        middle = (middle[0] + 0.42 * (corner[0] - middle[0]), middle[1] + 0.42 * (corner[1] - middle[1]))
        start = cast.spoken_at(verb, (starts[0] + starts[1]) / 2, after=starts[0])
        pill = _pill(cast, verb, 420)
        x = min(max(middle[0], pill.width / 2 + 20), WIDTH - pill.width / 2 - 20)
        cast.add_picture(pill, x, middle[1], min(max(start, starts[0] + 0.2), starts[1]), "pop", seconds=0.45)
        half = (pill.width / 2 - 30, pill.height / 2 - 20)
        hides = (x - half[0], middle[1] - half[1], x + half[0], middle[1] + half[1])
    dot = Stamp(shapes.spark(8, cast.palette.accent))
    begins = (starts[1] if len(starts) > 1 else 1.0) + 0.4
    cast.add(Travel(dot, path, begins, period=1.8, number=3, hides=hides))


def _bow(first: tuple[float, float], second: tuple[float, float], radius: int) -> list[tuple[float, float]]:
    """A bent way from the edge of one disc to the edge of the other, 25 points."""
    (x0, y0), (x1, y1) = first, second
    bend = (x1, y0)  # sideways first, then down
    points = []
    for step in range(61):
        t = step / 60
        x = (1 - t) ** 2 * x0 + 2 * t * (1 - t) * bend[0] + t * t * x1
        y = (1 - t) ** 2 * y0 + 2 * t * (1 - t) * bend[1] + t * t * y1
        points.append((x, y))
    free = [p for p in points if math.dist(p, first) > radius + 14 and math.dist(p, second) > radius + 26]
    return free if len(free) >= 4 else points


def _way(cast: Cast, path: list[tuple[float, float]], *, arrow: bool) -> Image.Image:
    """The way as dashes, with an arrow's head at its end; 40 pixels of room around it."""
    left, top = min(x for x, _ in path) - 40, min(y for _, y in path) - 40
    width = int(max(x for x, _ in path) - left + 40) // 2 * 2
    height = int(max(y for _, y in path) - top + 40) // 2 * 2
    over = 3
    paper = Image.new("RGBA", (width * over, height * over), (0, 0, 0, 0))
    pen = ImageDraw.Draw(paper)
    colour = (*rgb(cast.palette.soft), 235)
    points = [((x - left) * over, (y - top) * over) for x, y in path]
    for index in range(0, len(points) - 3, 4):
        pen.line(points[index : index + 3], fill=colour, width=9 * over, joint="curve")
    if arrow:
        (x0, y0), (x1, y1) = points[-4], points[-1]
        turn = math.atan2(y1 - y0, x1 - x0)
        tip = (x1 + 16 * over * math.cos(turn), y1 + 16 * over * math.sin(turn))
        wing = [
            (tip[0] - 46 * over * math.cos(turn + side), tip[1] - 46 * over * math.sin(turn + side))
            for side in (0.5, -0.5)
        ]
        pen.polygon([tip, wing[0], wing[1]], fill=(*rgb(cast.palette.accent), 255))
    return paper.resize((width, height), Image.Resampling.BOX)
