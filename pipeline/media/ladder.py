"""One stream of frames into three rungs at once, and the settings that make their joins exact."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg as graph

from pipeline.media.canvas import FPS, HEIGHT, WIDTH

TIME_BASE = 15360  # ticks a second of video tracks and movies: 512 a frame, so that joins are exact
KEYFRAME_EVERY = 60  # frames

_X264 = (
    f"mbtree=1:rc-lookahead=8:b-adapt=0:bframes=0:weightp=0:aq-mode=3:keyint={KEYFRAME_EVERY}:"
    f"min-keyint={KEYFRAME_EVERY}:scenecut=0:open-gop=0"
)


@dataclass(frozen=True)
class Rung:
    name: str
    width: int
    height: int
    crf: int
    level: str


RUNGS = (
    Rung("1080", WIDTH, HEIGHT, 22, "4.2"),
    Rung("720", 720, 1280, 21, "3.1"),
    Rung("480", 480, 854, 21, "3.1"),
)


def _output(stream: Any, rung: Rung, path: Path) -> Any:
    return graph.output(
        stream,
        str(path),
        f="mp4",
        vcodec="libx264",
        preset="superfast",
        crf=rung.crf,
        profile="high",
        level=rung.level,
        pix_fmt="yuv420p",
        threads=1,
        an=None,
        colorspace="bt709",
        color_primaries="bt709",
        color_trc="bt709",
        color_range="tv",
        video_track_timescale=TIME_BASE,
        movie_timescale=TIME_BASE,
        map_metadata=-1,
        **{"x264-params": _X264, "fflags": "+bitexact", "flags:v": "+bitexact"},
    )


def encoder_arguments(paths: dict[str, Path]) -> list[str]:
    """ffmpeg's arguments: NV12 frames of 1080×1920 on standard input → one file a rung (no sound).

    720 is scaled from 1080 and 480 from 720, bilinear: cheaper, and no worse to the eye.
    """
    source = graph.input(
        "pipe:0",
        f="rawvideo",
        pix_fmt="nv12",
        s=f"{WIDTH}x{HEIGHT}",
        framerate=FPS,
        protocol_whitelist="file,pipe",
    )
    tagged = source.filter(
        "setparams", range="tv", color_primaries="bt709", color_trc="bt709", colorspace="bt709"
    )
    first = tagged.filter("format", "yuv420p").filter_multi_output("split", 2)
    middle = (
        first[1]
        .filter("scale", 720, 1280, flags="bilinear")
        .filter("setsar", "1")
        .filter_multi_output("split", 2)
    )
    small = middle[1].filter("scale", 480, 854, flags="bilinear").filter("setsar", "1")
    streams = {"1080": first[0], "720": middle[0], "480": small}
    outputs = [_output(streams[rung.name], rung, paths[rung.name]) for rung in RUNGS]
    options = ["-loglevel", "error", "-nostats", "-filter_threads", "1", "-filter_complex_threads", "1"]
    return [*options, *graph.get_args(graph.merge_outputs(*outputs))]
