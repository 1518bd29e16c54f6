"""What lies behind a film of one subject: a faint pattern over the ground, and a silhouette at its foot.

Drawn once a palette and laid into the ground (`background`), so it costs nothing a frame. It is the same
in every scene of a film, so cuts stay invisible. The foot begins below the captions; the pattern is faint
enough that every text keeps its contrast (tested over all palettes).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from pipeline.media import scenery_craft, scenery_nature
from pipeline.media.canvas import Frame, Sprite, lay, make_sprite
from pipeline.media.palettes import Palette
from pipeline.media.scenery_paper import Paper

DRAWN: dict[str, Callable[[Paper], None]] = {
    "nature": scenery_nature.draw_nature,
    "animals": scenery_nature.draw_animals,
    "water": scenery_nature.draw_water,
    "space": scenery_nature.draw_space,
    "body": scenery_nature.draw_body,
    "health": scenery_nature.draw_health,
    "energy": scenery_craft.draw_energy,
    "history": scenery_craft.draw_history,
    "numbers": scenery_craft.draw_numbers,
    "places": scenery_nature.draw_places,
    "arts": scenery_craft.draw_arts,
    "language": scenery_craft.draw_language,
    "technology": scenery_craft.draw_technology,
    "chemistry": scenery_craft.draw_chemistry,
    "other": scenery_craft.draw_other,
}


@functools.lru_cache(maxsize=8)
def make_scenery(palette: Palette) -> Sprite | None:
    """The scenery that a palette names, as large as the frame; None where it names none."""
    draw = DRAWN.get(palette.scenery)
    if draw is None:
        return None
    paper = Paper(palette)
    draw(paper)
    return make_sprite(paper.colours)


def lay_scenery(frame: Frame, palette: Palette) -> None:
    """Lays the palette's scenery into a ground."""
    sprite = make_scenery(palette)
    if sprite is not None:
        lay(frame, sprite, 0, 0)
