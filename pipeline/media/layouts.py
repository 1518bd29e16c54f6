"""A scene's description → its layers: one function a layout. Sizes are pixels at 1080×1920.

The description (`spec`) is JSON: layout, stage, palette, kicker, headline, accent, icons, rows
[{"text", "icon"}], figure {"text", "caption"}, seed. `Cast` is what the layouts share.
"""

from __future__ import annotations

import math

from pipeline.media import lettering, shapes
from pipeline.media.canvas import WIDTH, Stamp
from pipeline.media.cast import BOTTOM, NAME, TEXT, Cast
from pipeline.media.layers import Layer, Orbit, Piece, ThinkingRing
from pipeline.media.layout_number import add_number
from pipeline.media.layout_rows import add_comparison, add_rows


def build(cast: Cast) -> list[Layer]:
    """All layers of the scene except dust, captions and progress."""
    top = _headline(cast)
    layout = str(cast.spec.get("layout", "hero"))
    rows = [
        {"text": str(row["text"]), "icon": str(row.get("icon", ""))}
        for row in cast.spec.get("rows") or []
        if str(row.get("text", "")).strip()
    ]
    figure = {key: str(text) for key, text in (cast.spec.get("figure") or {}).items()}
    if layout == "moment":
        _moment(cast, top)
    elif layout == "number" and lettering.printable(figure.get("text", "")):
        add_number(cast, top, figure)
    elif layout == "comparison" and len(rows) >= 2:
        add_comparison(cast, top, rows[:2])
    elif layout in ("list", "process", "recap", "comparison") and rows:
        add_rows(cast, top, rows[:4])
    else:
        _hero(cast, top)
        if layout == "recap":
            _recap_tick(cast, top)
    return cast.layers


def _headline(cast: Cast) -> int:
    """Kicker and headline; words rise one after the other. Returns where the picture may begin."""
    kicker = str(cast.spec.get("kicker", ""))
    if kicker:
        chip = shapes.chip(lettering.printable(kicker.upper(), lettering.BODY), cast.palette)
        cast.layers.append(
            Piece(
                Stamp(chip),
                (WIDTH - chip.width) / 2,
                216,
                0.0,
                "rise",
                0.4,
                24,
                colour=cast.palette.accent,
                pad=14,
            )
        )
    text = str(cast.spec.get("headline", ""))
    if not text:
        return 330
    large = str(cast.spec.get("role", "")) == "hook"
    fitted = lettering.fit(
        text,
        name=lettering.HEADLINE,
        width=920,
        height=400,
        largest=126 if large else 112,
        smallest=58,
        lines=3,
        leading=1.12,
    )
    accent = set(NAME.findall(str(cast.spec.get("accent", "")).lower()))
    space = lettering.width_of(" ", fitted.font, fitted.size)
    order = 0
    for row, line in enumerate(fitted.lines):
        x = (WIDTH - lettering.width_of(line, fitted.font, fitted.size)) / 2
        for word in line.split(" "):
            marked = bool(accent and accent & set(NAME.findall(word.lower())))
            colour = cast.palette.accent if marked else TEXT
            picture = lettering.draw_text(word, fitted.font, fitted.size, colour, shadow=0.5, pad=24)
            y = 318 + row * fitted.line_height
            start = 0.06 + 0.055 * order
            cast.layers.append(
                Piece(Stamp(picture), x - 24, y - 24, start, "rise", 0.45, 40, colour=colour, pad=26)
            )
            x += lettering.width_of(word, fitted.font, fitted.size) + space
            order += 1
    return 318 + fitted.height + 44


def _hero(cast: Cast, top: int) -> None:
    """One large picture on a stage, up to two small ones beside it."""
    middle = (top + BOTTOM) // 2
    room = BOTTOM - top
    radius = min(340, room // 2 - 24)
    side = min(430, int(radius * 1.24)) // 2 * 2
    stage = "disc" if cast.spec.get("layout") == "recap" else str(cast.spec.get("stage", "orbit"))
    centre = WIDTH // 2
    light = shapes.glow(int(radius * 1.35), cast.palette.accent, 0.24)
    cast.layers.append(
        Piece(Stamp(light), centre - light.width / 2, middle - light.height / 2, 0.1, "fade", 0.7)
    )
    if stage == "disc":
        card = shapes.glass(radius * 2 - 60, radius * 2 - 60, radius - 30)
        cast.layers.append(
            Piece(Stamp(card), centre - card.width / 2, middle - card.height / 2, 0.12, "pop", 0.5)
        )
    elif stage == "card":
        card = shapes.glass(780, int(min(room - 30, radius * 1.9)), 56)
        cast.layers.append(
            Piece(Stamp(card), centre - card.width / 2, middle - card.height / 2, 0.12, "rise", 0.5)
        )
    else:
        _orbits(cast, centre, middle, radius)
    picture = shapes.shadowed(cast.icon(0, side))
    cast.layers.append(
        Piece(
            Stamp(picture),
            centre - picture.width / 2,
            middle - picture.height / 2,
            0.22,
            "pop",
            0.55,
            float_height=9,
            float_period=4.6,
        )
    )
    places = (
        ((-0.98, 0.52), (0.98, -0.50))
        if int(cast.spec.get("seed", 0)) % 2
        else ((0.98, 0.52), (-0.98, -0.50))
    )
    for index, (right, down) in enumerate(places, start=1):
        if index >= cast.icon_count:
            break
        small = shapes.shadowed(cast.icon(index, 158), blur=12)
        x = centre + right * min(radius, 360) * 0.98 - small.width / 2
        y = middle + down * radius * 1.25 - small.height / 2
        cast.layers.append(
            Piece(
                Stamp(small),
                min(max(20, x), WIDTH - 20 - small.width),
                y,
                0.75 + 0.35 * index,
                "pop",
                0.5,
                float_height=7,
                float_period=3.8 + 0.5 * index,
                float_phase=1.6 * index,
            )
        )


def _orbits(cast: Cast, x: int, y: int, radius: int) -> None:
    for share, opacity in ((1.0, 0.16), (0.74, 0.30)):
        circle = shapes.ring(int(radius * share), "#ffffff", 2.2, opacity)
        cast.layers.append(
            Piece(Stamp(circle), x - circle.width / 2, y - circle.height / 2, 0.15, "pop", 0.6)
        )
    dot = Stamp(shapes.spark(9, cast.palette.accent))
    for share, period, angle in ((0.74, 9.0, 5.2), (0.74, 9.0, 2.2), (1.0, -14.0, 0.4)):
        cast.layers.append(Orbit(dot, x, y, radius * share, 0.5, period, angle))


def _moment(cast: Cast, top: int) -> None:
    """A large question mark in a ring that runs out during the pause."""
    middle = (top + BOTTOM) // 2
    radius = min(270, (BOTTOM - top) // 2 - 20)
    light = shapes.glow(int(radius * 1.5), cast.palette.accent, 0.26)
    cast.layers.append(
        Piece(Stamp(light), WIDTH / 2 - light.width / 2, middle - light.height / 2, 0.1, "fade", 0.6)
    )
    track = shapes.ring(radius, "#ffffff", 16, 0.16)
    cast.layers.append(
        Piece(Stamp(track), WIDTH / 2 - track.width / 2, middle - track.height / 2, 0.15, "fade", 0.4)
    )
    cast.layers.append(
        ThinkingRing(
            x=WIDTH // 2,
            y=middle,
            radius=radius,
            palette=cast.palette,
            start=cast.speech_end,
            end=cast.speech_end + max(0.3, cast.pause_seconds),
            enter=0.2,
        )
    )
    mark = lettering.draw_text(
        "?", lettering.HEADLINE, int(radius * 1.3), cast.palette.accent, shadow=0.45, pad=40
    )
    box = mark.getchannel("A").point([0] * 200 + [255] * 56).getbbox() or (0, 0, *mark.size)
    x, y = WIDTH / 2 - (box[0] + box[2]) / 2, middle - (box[1] + box[3]) / 2
    cast.layers.append(Piece(Stamp(mark), x, y, 0.25, "pop", 0.55, float_height=8, float_period=3.2))
    for index in range(min(2, cast.icon_count)):
        small = shapes.shadowed(cast.icon(index, 150), blur=12)
        side = -1 if index else 1
        angle = math.radians(28)
        cast.layers.append(
            Piece(
                Stamp(small),
                WIDTH / 2 + side * math.cos(angle) * (radius + 96) - small.width / 2,
                middle - side * math.sin(angle) * (radius + 60) - small.height / 2,
                0.7 + 0.3 * index,
                "pop",
                0.5,
                float_height=7,
                float_period=3.6,
                float_phase=1.4 * index,
            )
        )


def _recap_tick(cast: Cast, top: int) -> None:
    """The mark of what is now known, on the lower edge of the stage."""
    mark = shapes.shadowed(shapes.tick(128, cast.palette.accent, cast.palette.ink), blur=12)
    radius = min(340, (BOTTOM - top) // 2 - 24)
    y = (top + BOTTOM) / 2 + radius * 0.80 - mark.height / 2
    start = max(0.8, cast.speech_end * 0.5)
    cast.layers.append(Piece(Stamp(mark), WIDTH / 2 - mark.width / 2, y, start, "pop", 0.5))
