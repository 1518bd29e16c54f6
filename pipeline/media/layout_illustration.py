"""A picture from a file, framed: what a picture provider has drawn for the scene."""

from __future__ import annotations

from PIL import Image, ImageChops

from pipeline.media import shapes
from pipeline.media.canvas import WIDTH
from pipeline.media.cast import BOTTOM, LEFT, Cast
from pipeline.media.ffmpeg import MediaFailed
from pipeline.media.pictures import open_picture

RADIUS = 44


def has_illustration(cast: Cast) -> bool:
    """Whether the description names a picture, and it is there."""
    name = str(cast.spec.get("picture") or "")
    return bool(name) and cast.folder is not None and (cast.folder / name).is_file()


def add_illustration(cast: Cast, top: int, *, bottom: int = BOTTOM - 24) -> None:
    """The picture between `top` and `bottom`, cut in the middle to the room there is, with round corners.

    Raises `MediaFailed` for a file that is no picture.
    """
    if cast.folder is None:
        raise MediaFailed("platform:render-failed", "The scene's picture is not there. Make it again.")
    width, height = (WIDTH - 2 * LEFT) // 2 * 2, (bottom - top) // 2 * 2
    shown = _cut(open_picture(cast.folder / str(cast.spec["picture"])).convert("RGBA"), width, height)
    mask = shapes.rounded(width, height, RADIUS, "#ffffff").getchannel("A")
    shown.putalpha(ImageChops.multiply(shown.getchannel("A"), mask))
    shown.alpha_composite(shapes.rim(width, height, RADIUS, "#ffffff", 0.5))
    framed = shapes.shadowed(shown, blur=16, drop=10)
    cast.add_picture(framed, WIDTH / 2, top + height / 2 + 5, 0.08, "rise", seconds=0.5, distance=50)


def _cut(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The largest middle part of the wanted shape, scaled to it."""
    share = min(picture.width / width, picture.height / height)
    wide, high = share * width, share * height
    left, top = (picture.width - wide) / 2, (picture.height - high) / 2
    box = (left, top, left + wide, top + high)
    return picture.resize((width, height), Image.Resampling.LANCZOS, box=box)
