"""Pictures from outside: generated, uploaded or fetched. Looked at before they are decoded.

PNG, JPEG and WebP, told by their first bytes and never by name or declared type; at most 25 MB and 40
megapixels; the first picture of an animation; upright, in sRGB, without metadata. What is refused is one
`MediaRefused` with a stable code, and nothing has been written.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from pathlib import Path

import PIL
from PIL import Image, ImageCms, ImageOps

from pipeline.media.ffmpeg import MediaRefused, beside, no_space

MOST_BYTES = 25_000_000
MOST_PIXELS = 40_000_000
SHORTEST_SIDE = 16
LONGEST_SIDE = 3840  # twice a film's height: all that the slowest zoom can show
_FORMATS = ("PNG", "JPEG", "WEBP")
_OTHERS = (  # what people try, by its first bytes
    (b"GIF8", "a GIF"),
    (b"%PDF", "a PDF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"\0\0\1\0", "an icon file"),
    (b"8BPS", "a Photoshop file"),
)


def name_format(head: bytes) -> str:
    """What the first bytes of a file are: PNG, JPEG, WEBP, or "" for anything else."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return ""


def open_picture(
    path: Path, *, longest_side: int = LONGEST_SIDE, most_pixels: int = MOST_PIXELS
) -> Image.Image:
    """A picture from outside as RGB, or RGBA where it is transparent anywhere; no metadata.

    It has at most `most_pixels`; of what is returned neither side is longer than `longest_side` pixels.
    Raises `MediaRefused`: creator:picture-empty, -too-heavy, -type, -too-large, -too-small, -damaged.
    """
    size = _size_of(path)
    if size == 0:
        raise MediaRefused("creator:picture-empty", "The picture has no bytes. Send it again.")
    if size > MOST_BYTES:
        raise MediaRefused(
            "creator:picture-too-heavy",
            f"The picture has {size / 1e6:.0f} MB; at most {MOST_BYTES // 1_000_000} MB are taken. "
            "Save it smaller, as JPEG or WebP.",
        )
    try:
        with path.open("rb") as file:
            head = file.read(512)
            if not name_format(head):
                raise _wrong_type(head)
            file.seek(0)
            return _decode(file, longest_side, most_pixels)
    except OSError as error:  # also Pillow's UnidentifiedImageError, and what a truncated file raises
        raise _damaged() from error


def import_picture(
    source: Path, target: Path, *, longest_side: int = LONGEST_SIDE, most_pixels: int = MOST_PIXELS
) -> tuple[int, int]:
    """The picture decoded and encoded again (JPEG, or PNG by the name of `target`); returns its size.

    Nothing of the sender's file but its pixels is kept. Raises `MediaRefused` and then writes nothing.
    """
    picture = open_picture(source, longest_side=longest_side, most_pixels=most_pixels)
    try:
        with beside(target) as parts:
            if target.suffix == ".png":
                picture.save(parts[0], "PNG", compress_level=3)
            else:
                flat = Image.new("RGB", picture.size, "white")
                flat.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
                flat.save(parts[0], "JPEG", quality=92)
    except OSError as error:
        raise no_space() from error
    return picture.size


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise MediaRefused("creator:picture-empty", "The picture is not there. Send it again.") from error


def _decode(file: io.BufferedReader, longest_side: int, most_pixels: int) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below is ours
        try:
            opened = Image.open(file, formats=_FORMATS)  # reads the head only
        except (Image.DecompressionBombError, ValueError, SyntaxError, EOFError) as error:
            if isinstance(error, Image.DecompressionBombError):
                raise _too_large(most_pixels) from error
            raise _damaged() from error
        with opened as picture:
            _check_size(picture.width, picture.height, most_pixels)
            try:
                return _finish(picture, longest_side)
            except (
                PIL.UnidentifiedImageError,
                ValueError,
                SyntaxError,
                EOFError,
                IndexError,
                MemoryError,
            ) as error:
                raise _damaged() from error


def _check_size(width: int, height: int, most_pixels: int) -> None:
    if width * height > most_pixels:
        raise _too_large(most_pixels, width, height)
    if min(width, height) < SHORTEST_SIDE:
        raise MediaRefused(
            "creator:picture-too-small",
            f"The picture is {width} × {height}; both sides need {SHORTEST_SIDE} pixels and more.",
        )


def _finish(picture: Image.Image, longest_side: int) -> Image.Image:
    """Decoded, reduced as early as the format allows, upright, in sRGB, bare."""
    profile = picture.info.get("icc_profile")
    transparent = "transparency" in picture.info or picture.mode in {"RGBA", "LA", "PA", "RGBa", "La"}
    if picture.format in {"JPEG", "MPO"}:
        picture.draft(None, (longest_side, longest_side))  # decodes at a half, quarter or eighth
    picture.load()
    if picture.mode in {"L", "LA", "RGB", "RGBA", "CMYK"}:  # early, so that few whole copies are made
        picture.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode.startswith(("I", "F")):  # sixteen bits and more a sample
        upright: Image.Image = picture.point(lambda value: value / 257).convert("L")
    else:
        upright = picture
    managed = None
    if profile and upright.mode in {"RGB", "RGBA", "CMYK", "L"}:
        managed = _to_srgb(upright, profile)
    plain = managed if managed is not None else upright.convert("RGBA" if transparent else "RGB")
    if plain.mode == "RGBA" and plain.getchannel("A").getextrema() == (255, 255):
        plain = plain.convert("RGB")
    plain.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    bare = Image.new(plain.mode, plain.size)
    bare.paste(plain)
    return bare


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image | None:
    """The picture with its own profile applied; None where the profile does not fit, which is common."""
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        made = ImageCms.profileToProfile(picture, source, srgb, outputMode=mode)
        return made if isinstance(made, Image.Image) else None
    return None


def _too_large(most_pixels: int, width: int = 0, height: int = 0) -> MediaRefused:
    measured = f" It is {width} × {height}." if width else ""
    return MediaRefused(
        "creator:picture-too-large",
        f"A picture may have {most_pixels // 1_000_000} megapixels at most.{measured} Make it smaller.",
    )


def _damaged() -> MediaRefused:
    return MediaRefused(
        "creator:picture-damaged", "The picture is damaged or not whole. Save it again, then send that file."
    )


def _wrong_type(head: bytes) -> MediaRefused:
    found = next((name for start, name in _OTHERS if head.startswith(start)), "")
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in text or text.startswith((b"<?xml", b"<!doctype svg")):
        found = "an SVG"
    elif text.startswith((b"<!doctype html", b"<html")):
        found = "a web page"
    elif head[4:8] == b"ftyp":
        found = "a HEIC or AVIF picture, or a film"
    return MediaRefused(
        "creator:picture-type",
        f"PNG, JPEG and WebP pictures are taken; this file is {found or 'something else'}, "
        "whatever its name says.",
    )
