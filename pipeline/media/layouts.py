"""A scene's description → its layers: one function a kind. Sizes are pixels at 1080×1920.

The description (`spec`) is JSON; docs/scene-language.md says what it holds. Everything that must be read
stays between the maker's mark and the captions (`cast.TOP`, `cast.BOTTOM`). A kind whose material is
missing is shown as the plain picture of its icons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pipeline.media import lettering, shapes
from pipeline.media.canvas import WIDTH, Stamp
from pipeline.media.cast import BOTTOM, NAME, TEXT, Cast
from pipeline.media.grounds import Veil
from pipeline.media.layers import CountUp, Layer, Orbit, Piece
from pipeline.media.layers_drawn import Ripple, Travel
from pipeline.media.layout_circle import add_cycle, add_parts
from pipeline.media.layout_hero import add_hero
from pipeline.media.layout_levels import add_layers, add_map
from pipeline.media.layout_number import add_number
from pipeline.media.layout_pairs import add_action, add_change, add_comparison
from pipeline.media.layout_picture import add_caption_block, open_ground
from pipeline.media.layout_rows import add_list, add_process, add_recap
from pipeline.media.layout_share import add_bars, add_proportion, add_timeline
from pipeline.media.layout_words import add_definition, add_moment, add_statement


@dataclass(frozen=True)
class _Layout:
    """How a kind is drawn, and whether its material is there."""

    add: Callable[[Cast, int], None]
    fewest: int = 0  # rows
    most: int = 9
    needs_figure: bool = False


LAYOUTS: dict[str, _Layout] = {
    "hero": _Layout(add_hero),
    "statement": _Layout(add_statement),
    "definition": _Layout(add_definition),
    "moment": _Layout(add_moment),
    "recap": _Layout(add_recap),
    "list": _Layout(add_list, 2, 4),
    "parts": _Layout(add_parts, 2, 4),
    "process": _Layout(add_process, 3, 4),
    "change": _Layout(add_change, 2, 2),
    "cycle": _Layout(add_cycle, 3, 5),
    "comparison": _Layout(add_comparison, 2, 2),
    "action": _Layout(add_action, 2, 2),
    "number": _Layout(add_number, needs_figure=True),
    "proportion": _Layout(add_proportion, needs_figure=True),
    "bars": _Layout(add_bars, 2, 4),
    "timeline": _Layout(add_timeline, 1, 4),
    "layers": _Layout(add_layers, 2, 5),
    "map": _Layout(add_map),
}


def build(cast: Cast) -> list[Layer]:
    """All layers of the scene except dust, captions and progress; `cast.ground` where a picture fills it."""
    cast.ground, refused = open_ground(cast)
    if refused:
        cast.fallbacks.append(refused)
    if cast.ground is not None:
        cast.veil = Veil(add_caption_block(cast))
        return _pace(cast)
    top = _headline(cast)
    layout = LAYOUTS.get(str(cast.spec.get("layout", "hero")), LAYOUTS["hero"])
    figure = str((cast.spec.get("figure") or {}).get("text", ""))
    if not layout.fewest <= len(cast.rows) or (layout.needs_figure and not lettering.printable(figure)):
        layout = LAYOUTS["hero"]
    layout.add(replace_rows(cast, layout.most), top)
    return _pace(cast)


def replace_rows(cast: Cast, most: int) -> Cast:
    """The same cast; more rows than the kind can show are left out."""
    cast.__dict__["rows"] = cast.rows[:most]
    return cast


def _pace(cast: Cast) -> list[Layer]:
    """The theme's tempo; with reduced motion everything only fades, and nothing drifts, turns or travels."""
    paced: list[Layer] = []
    for layer in cast.layers:
        if cast.theme.is_calm:
            if isinstance(layer, Orbit | Travel | Ripple):
                continue
            if isinstance(layer, CountUp):
                layer.stop_counting()
            elif type(layer) is Piece:
                paced.append(replace(layer, motion="fade", float_height=0.0))
                continue
        if isinstance(layer, Piece):
            layer.seconds *= cast.theme.tempo
        paced.append(layer)
    return paced


def _headline(cast: Cast) -> int:
    """Kicker and headline; words rise one after the other. Returns where the picture may begin."""
    kicker = lettering.printable(str(cast.spec.get("kicker", "")).upper(), lettering.BODY)
    if kicker:
        chip = shapes.chip(_shortened(kicker), cast.palette)
        x = (WIDTH - chip.width) / 2
        colour = cast.palette.accent
        cast.add(Piece(Stamp(chip), x, 216, 0.0, "rise", 0.4, 24, colour=colour, pad=14))
    text = str(cast.spec.get("headline", ""))
    if not lettering.printable(text, cast.theme.headline):
        return 330
    role = str(cast.spec.get("role", ""))
    largest = 132 if role == "hook" else 104 if role == "moment" else 116
    fitted = lettering.fit(
        text,
        name=cast.theme.headline,
        width=936,
        height=400,
        largest=int(largest * cast.theme.scale) // 2 * 2,
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
            y = 312 + row * fitted.line_height
            start = 0.06 + 0.055 * order
            cast.add(Piece(Stamp(picture), x - 24, y - 24, start, "rise", 0.45, 40, colour=colour, pad=26))
            x += lettering.width_of(word, fitted.font, fitted.size) + space
            order += 1
    return min(312 + fitted.height + 40, BOTTOM - 400)


def _shortened(text: str) -> str:
    """At most 28 letters, cut at a word."""
    return text if len(text) <= 28 else text[:29].rsplit(" ", 1)[0][:28].rstrip(" ,;:-")
