"""Words in the middle: a term with its meaning, a question to think about, a plain statement."""

from __future__ import annotations

from pipeline.media import lettering, shapes
from pipeline.media.canvas import WIDTH, Stamp
from pipeline.media.cast import BOTTOM, TEXT, Cast, capital
from pipeline.media.layers import Piece, ThinkingRing
from pipeline.media.layout_hero import add_hero


def add_definition(cast: Cast, top: int) -> None:
    """The term is the headline; its picture stands below, its meaning on a card at the foot."""
    meaning = lettering.printable(str(cast.spec.get("meaning", "")), lettering.STRONG)
    if not meaning:
        add_hero(cast, top)
        return
    tall = 214
    y = BOTTOM - 24 - tall
    add_hero(cast, top, bottom=y - 18)
    start = min(cast.spoken_at(meaning, 1.0), max(0.8, cast.seconds - 1.8))
    card = cast.add_card((LEFT, y, WIDTH - 2 * LEFT, tall), max(0.3, start - 0.2), "rise")
    bar = shapes.rounded(12, tall - 70, 6, card.soft)
    cast.add_picture(bar, LEFT + 44, y + tall / 2, start, "fade", seconds=0.3)
    cast.add_text(
        capital(meaning),
        (LEFT + 74, y + 16, WIDTH - 2 * LEFT - 110, tall - 32),
        largest=60,
        smallest=34,
        lines=3,
        start=start,
        colour=card.text,
        ground=card.ground,
        align="left",
        motion="slide",
    )


LEFT = 76


def add_statement(cast: Cast, top: int) -> None:
    """A plain statement: its picture."""
    add_hero(cast, top)


def add_moment(cast: Cast, top: int) -> None:
    """A large question mark in a ring that runs out during the pause; below, the answers to choose from."""
    answers = [lettering.printable(str(one), lettering.STRONG) for one in cast.spec.get("answers", [])][:2]
    room = BOTTOM - 20 - top
    tall = 132
    if len(answers) < 2 or room < 500:
        answers = []
    below = tall + 34 if answers else 0
    radius = min(290, (room - below) // 2 - 8)
    middle = top + (room - below) // 2
    _add_ring(cast, middle, radius)
    for index, answer in enumerate(answers):
        _add_answer(cast, answer, index, BOTTOM - 24 - tall, tall)
    for index in range(min(2, cast.icon_count)):
        side = -1 if index else 1
        bubble = shapes.bubble(104, cast.palette)
        icon = cast.icon(index, 128)
        bubble.alpha_composite(icon, ((bubble.width - 128) // 2, (bubble.height - 12 - 128) // 2))
        x = min(max(130.0, WIDTH / 2 + side * (radius + 88)), WIDTH - 130.0)
        cast.add_picture(bubble, x, middle - side * radius * 0.52, 0.6 + 0.25 * index, "pop", seconds=0.5)


def _add_ring(cast: Cast, middle: int, radius: int) -> None:
    light = shapes.glow(int(radius * 1.5), cast.palette.accent, 0.28)
    cast.add_picture(light, WIDTH / 2, middle, 0.1, "fade", seconds=0.6)
    disc = shapes.shadowed(shapes.ball(int(radius * 0.84), cast.palette), blur=14)
    cast.add_picture(disc, WIDTH / 2, middle, 0.12, "pop", seconds=0.5)
    track = shapes.ring(radius, "#ffffff", 18, 0.18)
    cast.add_picture(track, WIDTH / 2, middle, 0.15, "fade", seconds=0.4)
    cast.add(
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
    size = int(radius * 1.25)
    mark = lettering.draw_text("?", cast.theme.headline, size, cast.palette.accent, shadow=0.45, pad=40)
    box = mark.getchannel("A").point([0] * 200 + [255] * 56).getbbox() or (0, 0, *mark.size)
    x, y = WIDTH / 2 - (box[0] + box[2]) / 2, middle - (box[1] + box[3]) / 2
    floats = 0.0 if cast.theme.is_calm else 8.0
    cast.add(Piece(Stamp(mark), x, y, 0.25, "pop", 0.55, float_height=floats, float_period=3.2))


def _add_answer(cast: Cast, text: str, index: int, y: int, tall: int) -> None:
    """Two equal cards, neither of which looks like the right one."""
    left, wide = (76, 454) if index == 0 else (550, 454)
    start = 0.5 + 0.15 * index
    card = cast.add_card((left, y, wide, tall), start, "rise", radius=tall // 2)
    draw = shapes.tick if index == 0 else shapes.cross
    mark = draw(78, cast.palette.soft, cast.palette.base)
    cast.add_picture(mark, left + 90, y + tall / 2, start + 0.1, "pop", seconds=0.45)
    box = (left + 150, y + 10, wide - 190, tall - 20)
    cast.add_text(
        text,
        box,
        largest=62,
        smallest=32,
        lines=1,
        start=start + 0.12,
        colour=card.text or TEXT,
        ground=card.ground,
    )
