"""Single frames of scenes, and sheets of them: for looking, without a voice and without encoding."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from pipeline.media.canvas import FPS
from pipeline.media.captions import TimedWord
from pipeline.media.scene import SceneDescription, SceneDrawing


def guess_words(text: str, seconds: float) -> tuple[TimedWord, ...]:
    """The words of a text spread over `seconds` by their letters: near enough to look at a scene."""
    words = text.split()
    total = sum(len(word) + 2 for word in words)
    made, start = [], 0.0
    for word in words:
        end = start + seconds * (len(word) + 2) / max(1, total)
        made.append(TimedWord(word, round(start, 3), round(end - 0.02, 3)))
        start = end
    return tuple(made)


def draw_frames(scene: SceneDescription, times: Sequence[float]) -> list[Image.Image]:
    """The frames at those seconds of the scene, in order."""
    drawing = SceneDrawing(scene)
    numbers = [min(scene.frames - 1, max(0, round(t * FPS))) for t in times]
    return [Image.fromarray(drawing.draw(number).to_rgb()) for number in numbers]


def lay_sheet(frames: Sequence[Image.Image], *, columns: int, width: int = 270) -> Image.Image:
    """The frames side by side, each `width` pixels wide, row by row."""
    height = width * 16 // 9
    rows = -(-len(frames) // columns)
    sheet = Image.new("RGB", (columns * (width + 6) - 6, rows * (height + 6) - 6), (24, 24, 28))
    for index, frame in enumerate(frames):
        small = frame.resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(small, ((index % columns) * (width + 6), (index // columns) * (height + 6)))
    return sheet
