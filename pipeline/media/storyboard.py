"""Small pictures of a film for scrubbing: a sheet of tiles, and a WebVTT track that says where each lies."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from pipeline.media.captions import stamp
from pipeline.media.ffmpeg import beside

EVERY = 2  # seconds
TILE = (90, 160)  # pixels
COLUMNS = 6
SHEET, TRACK = "storyboard.jpg", "storyboard.vtt"


def write_storyboard(folder: Path, pictures: Sequence[tuple[float, bytes]], *, seconds: float) -> None:
    """`storyboard.jpg` with a tile each `EVERY` seconds; `storyboard.vtt` names it relatively.

    `pictures`: (second, JPEG); a tile is the one nearest to the middle of its time.
    """
    spans = [(start, min(seconds, start + EVERY)) for start in range(0, max(1, math.ceil(seconds)), EVERY)]
    rows = -(-len(spans) // COLUMNS)
    sheet = Image.new("RGB", (TILE[0] * COLUMNS, TILE[1] * rows))
    lines = ["WEBVTT\n"]
    for number, (start, end) in enumerate(spans):
        x, y = number % COLUMNS * TILE[0], number // COLUMNS * TILE[1]
        if pictures:
            middle = (start + end) / 2
            sheet.paste(_make_tile(min(pictures, key=lambda one: abs(one[0] - middle))[1]), (x, y))
        lines.append(f"{stamp(start)} --> {stamp(end)}\n{SHEET}#xywh={x},{y},{TILE[0]},{TILE[1]}\n")
    with beside(folder / SHEET, folder / TRACK) as parts:
        sheet.save(parts[0], "JPEG", quality=72, optimize=True)
        parts[1].write_text("\n".join(lines), encoding="utf-8")


def _make_tile(jpeg: bytes) -> Image.Image:
    with Image.open(io.BytesIO(jpeg)) as picture:
        picture.draft("RGB", (2 * TILE[0], 2 * TILE[1]))
        return picture.convert("RGB").resize(TILE, Image.Resampling.BOX)
