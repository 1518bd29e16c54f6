"""One large picture: a small world in a frame where the icons have their places, else a stage.

The first icon comes at once, the others with the words that name them.
"""

from __future__ import annotations

import math

from pipeline.media import icons, shapes, worlds
from pipeline.media.canvas import WIDTH, Stamp
from pipeline.media.cast import BOTTOM, LEFT, Cast
from pipeline.media.layers import Orbit
from pipeline.media.layers_drawn import Ripple

CENTRE = WIDTH // 2


def add_hero(cast: Cast, top: int, *, bottom: int = BOTTOM - 24) -> None:
    """The picture between `top` and `bottom`."""
    world = worlds.choose_world(cast.icons, cast.palette.scenery)
    if world and bottom - top > 340:
        _add_world(cast, top, bottom, world)
    else:
        add_stage(cast, top, bottom=bottom)


def _add_world(cast: Cast, top: int, bottom: int, world: str) -> None:
    left, width = LEFT - 4, WIDTH - 2 * LEFT + 8
    height = (bottom - top) // 2 * 2
    frame = shapes.shadowed(
        worlds.draw_world(world, width, height, cast.palette, cast.seed), blur=14, drop=10
    )
    cast.add_picture(frame, CENTRE, top + height / 2 + 5, 0.06, "rise", seconds=0.5, distance=50)
    for spot in worlds.find_followers(cast.icons):
        side = int(spot.side * height) // 2 * 2
        x, y = left + spot.x * width, top + spot.y * height
        far = (
            worlds.standing(cast.icons[0], side)
            if spot.manner == "stands"
            else shapes.faded(icons.load(cast.icons[0], side), 0.85)
        )
        cast.add_picture(far, x, y, 0.3, "pop", seconds=0.5)
    starts = cast.icon_turns()
    spots = worlds.arrange(cast.icons, world, is_mirrored=cast.seed % 2 == 1)
    for index, (name, spot) in enumerate(zip(cast.icons, spots, strict=True)):
        if spot.manner == "bubble":
            _add_bubble(cast, name, (left + spot.x * width, top + spot.y * height), 112, starts[index])
            continue
        side = int(min(spot.side * height, 0.5 * width, 470)) // 2 * 2
        x, y = left + spot.x * width, top + spot.y * height
        if spot.manner == "stands":
            y = top + 0.93 * height - side / 2 - (0.03 * height if index == 0 else 0)
            cast.add_picture(worlds.standing(name, side), x, y, starts[index], "pop", seconds=0.55)
        else:
            # what flies or swims drifts; only the first two, since a drifting picture is drawn every frame
            cast.add_icon(name, x, y, side, starts[index], floats=9 if index < 2 else 0, phase=1.3 * index)


def add_stage(
    cast: Cast, top: int, *, bottom: int = BOTTOM - 24, with_others: bool = True
) -> tuple[int, int, int]:
    """A lone thing on a stage of the theme, others in bubbles beside it; returns its middle and side."""
    room = bottom - top
    middle = (top + bottom) // 2
    radius = min(350, room // 2 - 8)
    stage = cast.theme.stage
    side = min(520, int(radius * 1.42)) // 2 * 2
    light = shapes.glow(int(radius * 1.5), cast.palette.accent, 0.26)
    cast.add_picture(light, CENTRE, middle, 0.05, "fade", seconds=0.6)
    if stage == "plinth":
        side = min(side, int(room * 0.66)) // 2 * 2
        base = shapes.plinth(min(720, int(side * 1.5)), cast.palette)
        foot = bottom - base.height / 2
        shine = shapes.beam(min(900, side * 2), int(foot - top + base.height * 0.2), cast.palette.soft, 0.26)
        cast.add_picture(shine, CENTRE, top - 20 + shine.height / 2, 0.05, "fade", seconds=0.6)
        cast.add_picture(base, CENTRE, foot, 0.10, "rise", seconds=0.45)
        middle = int(foot - base.height * 0.30 - side / 2 + side * 0.06)
        picture = worlds.standing(cast.icons[0], side) if cast.icons else shapes.shadowed(cast.icon(0, side))
        cast.add_picture(picture, CENTRE, middle, 0.22, "pop", seconds=0.55)
    else:
        _add_rings(cast, middle, radius, widest=room / 2 / radius, orbits=stage == "orbit")
        picture = shapes.shadowed(cast.icon(0, side))
        cast.add_picture(picture, CENTRE, middle, 0.22, "pop", seconds=0.55, floats=9)
    if with_others:
        starts = cast.icon_turns()
        places = [(-0.74, 0.60), (0.76, -0.58)] if cast.seed % 2 else [(0.74, 0.60), (-0.76, -0.58)]
        for index, (right, down) in enumerate(places, start=1):
            if index < cast.icon_count:
                spread = min(radius * 1.28, 430)
                at = (CENTRE + right * spread, middle + down * radius * 1.05)
                at = (min(max(at[0], 150), WIDTH - 150), min(max(at[1], top + 126), bottom - 126))
                _add_bubble(cast, cast.icons[index], at, 122, starts[index])
    return CENTRE, middle, side


def _add_rings(cast: Cast, middle: int, radius: int, *, widest: float, orbits: bool) -> None:
    """Rings of light around a picture, the outer one no wider than the room, and lights on them."""
    outer = min(1.22, widest)
    disc = shapes.shadowed(shapes.ball(int(radius * 0.92), cast.palette), blur=16)
    cast.add_picture(disc, CENTRE, middle, 0.05, "pop", seconds=0.5)
    for share, opacity in ((1.0, 0.30), (outer, 0.14)):
        ring = shapes.ring(int(radius * share), cast.palette.soft, 2.4, opacity)
        cast.add_picture(ring, CENTRE, middle, 0.15, "fade", seconds=0.5)
    if orbits:
        dot = Stamp(shapes.spark(9, cast.palette.accent))
        for share, period, angle in ((1.0, 9.0, 5.2), (1.0, 9.0, 2.2), (outer, -14.0, 0.4)):
            cast.add(Orbit(dot, CENTRE, middle, radius * share, 0.5, period, angle))


def _add_bubble(cast: Cast, name: str, at: tuple[float, float], radius: int, start: float) -> None:
    """A small icon in a round pane."""
    picture = shapes.bubble(radius, cast.palette)
    side = int(radius * 1.24)
    icon = icons.load(name, side)
    picture.alpha_composite(icon, ((picture.width - side) // 2, (picture.height - 12 - side) // 2))
    cast.add_picture(picture, at[0], at[1] + 6, start, "pop", seconds=0.5)


def ripple(cast: Cast, x: float, y: float, radius: int, start: float) -> Ripple:
    """Rings that spread from a point."""
    sizes = [int(radius * (0.3 + 0.7 * math.sqrt(step / 7))) for step in range(8)]
    return Ripple([shapes.ring(size, cast.palette.accent, 5, 0.9) for size in sizes], x, y, start, 1.8)
