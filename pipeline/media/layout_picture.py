"""A picture or a clip as large as the frame: the headline stands low, over a veil."""

from __future__ import annotations

from pathlib import Path

from pipeline.media import lettering, shapes
from pipeline.media.canvas import WIDTH, Stamp
from pipeline.media.cast import BOTTOM, NAME, TEXT, Cast
from pipeline.media.ffmpeg import MediaRefused
from pipeline.media.grounds import CameraPath, ClipGround, Ground, PictureGround
from pipeline.media.layers import Piece
from pipeline.media.pictures import open_picture


def open_ground(cast: Cast) -> tuple[Ground | None, str]:
    """What fills the frame by the description's `picture` or `clip`, and why it cannot, if it cannot.

    A clip that cannot be shown leaves its picture; a scene whose file is missing or refused is drawn from its
    words like any other.
    """
    refused = ""
    for key in ("clip", "picture"):
        named = cast.spec.get(key) or {}
        if isinstance(named, str):  # the file's name alone
            named = {"file": named}
        name = str(named.get("file", ""))
        if not name or cast.folder is None:
            continue
        path = cast.folder / Path(name).name  # a bare name: never outside the folder
        try:
            if key == "clip":
                return ClipGround(path, seconds=cast.seconds), ""
            focus = [float(value) for value in named.get("focus") or (0.5, 0.45)]
            ground = PictureGround(
                open_picture(path),
                focus=(min(1.0, max(0.0, focus[0])), min(1.0, max(0.0, focus[1]))),
                seconds=cast.seconds,
                camera=CameraPath.read(cast.spec.get("motion"), draws_back=cast.seed % 2 == 1),
                is_calm=cast.theme.is_calm,
            )
        except MediaRefused as error:
            return None, f"picture: {error.message} The scene is drawn instead."
        except (OSError, ValueError) as error:
            refused = f"{key}: {error}. The scene is drawn instead."
            if key == "clip" and cast.spec.get("picture"):
                refused = f"clip: {error}. Its picture is shown instead."
            continue
        return ground, refused
    return None, refused


def add_caption_block(cast: Cast) -> int:
    """Kicker and headline at the foot of the stage; returns where they begin."""
    fitted = lettering.fit(
        str(cast.spec.get("headline", "")),
        name=cast.theme.headline,
        width=936,
        height=330,
        largest=int(108 * cast.theme.scale) // 2 * 2,
        smallest=54,
        lines=3,
        leading=1.12,
    )
    top = BOTTOM - 40 - fitted.height
    accent = set(NAME.findall(str(cast.spec.get("accent", "")).lower()))
    space = lettering.width_of(" ", fitted.font, fitted.size)
    for row, line in enumerate(fitted.lines):
        x = (WIDTH - lettering.width_of(line, fitted.font, fitted.size)) / 2
        for order, word in enumerate(line.split(" ")):
            marked = bool(accent and accent & set(NAME.findall(word.lower())))
            colour = cast.palette.accent if marked else TEXT
            picture = lettering.draw_text(word, fitted.font, fitted.size, colour, shadow=0.5, pad=24)
            at = (x - 24, top + row * fitted.line_height - 24)
            start = 0.15 + 0.055 * (order + 3 * row)
            cast.add(Piece(Stamp(picture), *at, start, "rise", 0.45, 40, colour=colour, pad=26))
            x += lettering.width_of(word, fitted.font, fitted.size) + space
    kicker = lettering.printable(str(cast.spec.get("kicker", "")).upper(), lettering.BODY)[:28].strip()
    if kicker:
        chip = shapes.chip(kicker, cast.palette)
        top -= chip.height + 26
        colour = cast.palette.accent
        x = (WIDTH - chip.width) / 2
        cast.add(Piece(Stamp(chip), x, top, 0.1, "rise", 0.4, 24, colour=colour, pad=14))
    return top
