"""One stream of frames into three rungs at once, and the settings that make their joins exact."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from pipeline.media.sizes import HEIGHT, WIDTH

TIME_BASE = 15360  # ticks a second of video tracks and movies: 512 a frame, so that joins are exact
KEYFRAME_EVERY = 60  # frames

_X264 = "mbtree=1:rc-lookahead=8:b-adapt=0:bframes=0:weightp=0:scenecut=0:open-gop=0"


@dataclass(frozen=True)
class Rung:
    name: str
    width: int
    height: int
    crf: int
    level: str
    keyframe_every: int = KEYFRAME_EVERY
    peak_kbits: int = 0  # a second; 0: whatever the picture needs
    spread: int = 3  # x264's aq-mode: how bits are spread over a picture; 3 gives dark places more


RUNGS = (
    # Measured on the films of the benchmark: better by 0.7 VMAF than 22 with aq-mode 3, at 5 % more bytes and
    # no more work (docs/performance.md).
    Rung("1080", WIDTH, HEIGHT, 20, "4.2", spread=2),
    Rung("720", 720, 1280, 21, "3.1"),
    Rung("480", 480, 854, 21, "3.1"),
)


# Kept on a phone, never streamed: fewer keyframes, and a bound on its rate (see `download`).
DOWNLOAD = Rung("360", 360, 640, 27, "3.0", keyframe_every=150, peak_kbits=450)
ENCODED = (*RUNGS, DOWNLOAD)  # largest first: each is scaled from the one before
SEEN = ("frames.mjpeg", "cells.png")  # what a scene keeps of its frames besides (see `glances`)


@functools.cache
def _instructions() -> str:
    """x264's AVX-512 code reads memory that nobody wrote where a side is no multiple of 16, and so gives the
    same frames other bytes from run to run. Its AVX2 code does not, and is as quick.
    """
    flags = Path("/proc/cpuinfo")
    has_avx512 = flags.exists() and "avx512" in flags.read_text(encoding="ascii", errors="replace")
    return ":asm=avx2" if has_avx512 else ""


def encoder_options(rung: Rung) -> dict[str, str]:
    """libx264's options for a rung, by ffmpeg's names; one thread an encoder is set by who opens it."""
    options = {
        "preset": "superfast",
        "crf": str(rung.crf),
        "profile": "high",
        "level": rung.level,
        "x264-params": f"{_X264}:aq-mode={rung.spread}:keyint={rung.keyframe_every}"
        f":min-keyint={min(60, rung.keyframe_every)}" + _instructions(),
    }
    if rung.peak_kbits:
        options |= {"maxrate": f"{rung.peak_kbits}k", "bufsize": f"{2 * rung.peak_kbits}k"}
    return options
