"""The still pictures that stand for a film."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from pipeline.media.ffmpeg import beside

SMALL_BYTES = 40_000  # of the poster that goes with a download
SMALL, THUMBNAIL = (540, 960), (360, 640)
FILES = ("poster.jpg", "poster-small.jpg", "thumbnail.jpg")
_QUALITIES = (82, 74, 66, 58, 50, 40, 30)


def write_posters(still: Path, folder: Path) -> None:
    """`poster.jpg` (1080×1920), `poster-small.jpg` (540×960, at most 40 KB) and `thumbnail.jpg` (360×640)
    from the opening scene's still."""
    with Image.open(still) as opened, beside(*(folder / name for name in FILES)) as parts:
        picture = opened.convert("RGB")
        picture.save(parts[0], "JPEG", quality=88, optimize=True, progressive=True)
        _save_within(picture.resize(SMALL, Image.Resampling.LANCZOS), parts[1], SMALL_BYTES)
        picture.resize(THUMBNAIL, Image.Resampling.LANCZOS).save(parts[2], "JPEG", quality=86, optimize=True)


def _save_within(picture: Image.Image, path: Path, most: int) -> None:
    """The best quality that fits; a picture that never does is halved until it does."""
    while True:
        for quality in _QUALITIES:
            picture.save(path, "JPEG", quality=quality, optimize=True, progressive=True)
            if path.stat().st_size <= most:
                return
        picture = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)
