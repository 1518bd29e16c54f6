"""Small films with all their files: scenes drawn by ffmpeg, put together as real films are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.media import assembly, ffmpeg, glances, ladder, music
from pipeline.media.canvas import FPS
from pipeline.media.captions import Pace, TimedWord
from pipeline.media.glances import Glance
from pipeline.media.timeline import ScenePart


def make_scene(
    folder: Path, position: int, *, seconds: float, source: str = "testsrc2", kbits: int = 0
) -> None:
    """A scene of the ladder's own settings: pictures that cost little. `source` is ffmpeg's name of them.

    `kbits`: rate of the 480 rung a second, others in proportion to their height; 0: what the pictures need.
    """
    for rung in ladder.ENCODED:
        rate = f"{kbits * rung.height // 854}k"
        bound = ["-b:v", rate, "-maxrate", rate, "-bufsize", rate] if kbits else []
        ffmpeg.run(
            ["-f", "lavfi", "-i", f"{source}=s={rung.width}x{rung.height}:d={seconds}:r=30",
             "-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "high", "-level", rung.level,
             "-pix_fmt", "yuv420p", "-bf", "0",
             "-x264-params", "keyint=60:min-keyint=60:scenecut=0:open-gop=0:cabac=1:8x8dct=1",
             *bound,
             "-video_track_timescale", str(ladder.TIME_BASE), "-movie_timescale", str(ladder.TIME_BASE),
             str(folder / f"{position:02}-{rung.name}.mp4")]
        )  # fmt: skip
    t = np.arange(int((seconds - 1) * 48_000)) / 48_000
    music.write_wav(
        folder / f"{position:02}-speech.wav", (0.2 * np.sin(2 * np.pi * 200 * t)).astype(np.float32)
    )


def glance_at(folder: Path, position: int, *, seconds: float) -> Glance:
    """What the drawing of a scene would have noted of it: small pictures that grow lighter."""
    watch = glances.Watch()
    for number in range(round(seconds * FPS)):
        light = np.full((192, 108), 40 + number % 160, np.uint8)
        watch.see(light, np.full((96, 54, 2), 128, np.uint8))
    glance = watch.write(folder)
    for name in glances.FILES:
        (folder / name).rename(folder / f"{position:02}-{name}")
    return glance


def make_film(folder: Path, *, scenes: int, seconds: float, source: str = "testsrc2", kbits: int = 0) -> None:
    """All files of `assembly.FILES` in `folder`: so many scenes of `seconds` each."""
    Image.new("RGB", (1080, 1920), "navy").save(folder / "opening.jpg")
    parts = []
    for position in range(scenes):
        make_scene(folder, position, seconds=seconds, source=source, kbits=kbits)
        words = tuple(TimedWord(f"word{n}.", 0.2 + n, 0.8 + n) for n in range(int(seconds) - 2))
        glance = glance_at(folder, position, seconds=seconds)
        ssim = {rung.name: 1.0 for rung in ladder.ENCODED}
        parts.append(ScenePart(position, "scene", seconds, 0.2, seconds - 1, words, glance=glance, ssim=ssim))
    wishes = assembly.Wishes(mood="calm", seed=1, age_group="8-10", language="en", pace=Pace())
    facts = assembly.assemble(parts, folder, wishes=wishes, report=lambda _: None)
    assert facts["segments_aligned"]
