"""Small pictures of a film for scrubbing: a sheet of tiles, and a WebVTT track that says where each lies."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from pipeline.media.captions import stamp
from pipeline.media.ffmpeg import beside

EVERY = 2  # seconds
TILE = (90, 160)  # pixels
COLUMNS = 6
SHEET, TRACK = "storyboard.jpg", "storyboard.vtt"


class Storyboard:
    """Collects a tile each `EVERY` seconds, then writes the sheet and its track."""

    def __init__(self) -> None:
        self._tiles: list[Image.Image] = []

    def add(self, picture: Image.Image) -> None:
        self._tiles.append(picture.resize(TILE, Image.Resampling.BOX))

    def write(self, folder: Path, *, seconds: float) -> None:
        """`storyboard.jpg` and `storyboard.vtt`; the track names the sheet relatively, beside it."""
        rows = -(-len(self._tiles) // COLUMNS)
        sheet = Image.new("RGB", (TILE[0] * COLUMNS, TILE[1] * max(1, rows)))
        lines = ["WEBVTT\n"]
        for number, tile in enumerate(self._tiles):
            x, y = number % COLUMNS * TILE[0], number // COLUMNS * TILE[1]
            sheet.paste(tile, (x, y))
            start, end = number * EVERY, min(seconds, (number + 1) * EVERY)
            if end > start:
                lines.append(f"{stamp(start)} --> {stamp(end)}\n{SHEET}#xywh={x},{y},{TILE[0]},{TILE[1]}\n")
        with beside(folder / SHEET, folder / TRACK) as parts:
            sheet.save(parts[0], "JPEG", quality=72, optimize=True)
            parts[1].write_text("\n".join(lines), encoding="utf-8")
