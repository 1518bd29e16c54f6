"""Single frames of a finished film, for those who look at pictures: one for each wanted second."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.media import ffmpeg

WIDTH = 360  # pixels: enough to see what is shown


def take_frames(film: Path, seconds: Sequence[float], folder: Path) -> list[Path]:
    """A JPEG of each second, in order. Decodes the film once, at the rate of one frame a second.

    `seconds` are in the middle of whole seconds (0.5, 1.5, …). A second after the film's end gives its last
    frame. Raises `MediaFailed`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ffmpeg.run(
        [
            "-nostats",
            "-protocol_whitelist",
            ffmpeg.PROTOCOLS,
            "-i",
            str(film),
            "-an",
            "-vf",
            f"fps=1:start_time=0:round=near,scale={WIDTH}:-2",
            "-q:v",
            "4",
            str(folder / "frame-%04d.jpg"),
        ],
        limit=120.0,
    )
    made = sorted(folder.glob("frame-*.jpg"))
    if not made:
        raise ffmpeg.MediaFailed(
            "platform:render-failed", "The film has no frame to look at. Retry to compose it again."
        )
    return [made[min(int(second), len(made) - 1)] for second in seconds]
