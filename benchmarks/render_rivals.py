"""What our film is measured against: the bare encoder, and the film a person would make with one command.

* `encode_bare`: ffmpeg encoding a scene's frames, drawn beforehand and lying in a file, into the same
  files with the same settings: three rungs and the download. No renderer that uses these settings
  through ffmpeg can need less.
* `make_one_pass`: one still a scene, moved by zoompan from twice its size, subtitles burned in by libass,
  one rung at 1080×1920, x264 with its defaults (CRF 23) and a named preset. It gets our stills and
  our finished sound for nothing, and it makes no HLS, no rungs, no captions track and no evidence.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.processes import Spent, run_measured
from pipeline.media import ladder
from pipeline.media.canvas import FPS, HEIGHT, WIDTH
from pipeline.media.ffmpeg import binary
from pipeline.media.ladder import ENCODED, TIME_BASE, Rung

_QUIET = ("-hide_banner", "-nostdin", "-y", "-loglevel", "error", "-nostats")
_RAW = ("-f", "rawvideo", "-pix_fmt", "nv12", "-s", f"{WIDTH}x{HEIGHT}", "-framerate", str(FPS))


def encode_bare(frames: Path, folder: Path, *, rungs: Sequence[Rung] = ENCODED) -> Spent:
    """Writes `1080.mp4`, `720.mp4` … into `folder`: all four files that a scene has, or only its `RUNGS`."""
    command = [binary(), *_QUIET, "-filter_threads", "1", "-filter_complex_threads", "1"]
    command += [*_RAW, "-i", str(frames), "-filter_complex", _ladder_graph(rungs)]
    for rung in rungs:
        options = ladder.encoder_options(rung)
        command += ["-map", f"[{rung.name}]", "-c:v", "libx264", "-threads", "1"]
        command += ["-profile:v", options["profile"], "-preset", options["preset"], "-crf", options["crf"]]
        command += ["-level", options["level"], "-x264-params", options["x264-params"]]
        for name in ("maxrate", "bufsize"):
            command += [f"-{name}", options[name]] if name in options else []
        command += ["-video_track_timescale", str(TIME_BASE), str(folder / f"{rung.name}.mp4")]
    return run_measured(command)


def _ladder_graph(rungs: Sequence[Rung]) -> str:
    """Each rung scaled from the one above."""
    steps = ["[0:v]format=yuv420p"]
    for larger, rung in itertools.pairwise(rungs):
        steps[-1] += f",split=2[{larger.name}][{larger.name}-all]"
        steps.append(f"[{larger.name}-all]scale={rung.width}:{rung.height}:flags=bilinear")
    steps[-1] += f"[{rungs[-1].name}]"
    return ";".join(steps)


def write_subtitles(target: Path, cues: Sequence[Mapping[str, Any]]) -> None:
    """The film's cues as an ASS file."""

    def stamp(seconds: float) -> str:
        minutes, rest = divmod(round(seconds * 100), 6000)
        return f"0:{minutes:02}:{rest // 100:02}.{rest % 100:02}"

    style = "Inter,70,&H00FFFFFF,&H00FFFFFF,&H00180A07,&H80000000,-1,0,0,0,100,100,0,0,1,6,2,2,60,60,380,1"
    lines = [
        "[Script Info]",
        "ScriptType: v4.00+",
        f"PlayResX: {WIDTH}",
        f"PlayResY: {HEIGHT}",
        "[V4+ Styles]",
        (
            "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour,"
            " Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline,"
            " Shadow, Alignment, MarginL, MarginR, MarginV, Encoding"
        ),
        f"Style: Default,{style}",
        "[Events]",
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
    ]
    for cue in cues:
        text = re.sub(r"\s*\n\s*", r"\\N", str(cue["text"]))
        lines.append(
            f"Dialogue: 0,{stamp(float(cue['start']))},{stamp(float(cue['end']))},Default,,0,0,0,,{text}"
        )
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _one_pass_graph(timeline: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for index, scene in enumerate(timeline):
        frames = round((float(scene["end"]) - float(scene["start"])) * FPS)
        parts.append(
            f"[{index}:v]scale={2 * WIDTH}:{2 * HEIGHT},zoompan=z='min(zoom+0.0006,1.12)':d={frames}:"
            f"x='iw/2-(iw/zoom/2)':y='ih/2-(ih/zoom/2)':s={WIDTH}x{HEIGHT}:fps={FPS},setsar=1[v{index}]"
        )
    joined = "".join(f"[v{index}]" for index in range(len(timeline)))
    parts.append(f"{joined}concat=n={len(timeline)}:v=1:a=0,subtitles=film.ass:fontsdir=fonts[film]")
    return ";".join(parts)


def make_one_pass(folder: Path, timeline: Sequence[Mapping[str, Any]], *, preset: str) -> Spent:
    """`folder` holds `N-still.jpg`, `film.mp4` (its sound is copied), `film.ass`; writes `PRESET.mp4`."""
    command = [binary(), *_QUIET]
    for scene in timeline:
        command += ["-i", f"{scene['position']}-still.jpg"]
    command += ["-i", "film.mp4", "-filter_complex", _one_pass_graph(timeline)]
    command += ["-map", "[film]", "-map", f"{len(timeline)}:a", "-c:a", "copy", "-c:v", "libx264"]
    command += ["-preset", preset, "-pix_fmt", "yuv420p", "-movflags", "+faststart", f"{preset}.mp4"]
    return run_measured(command, folder=folder)


def judge_bare(frames: Path, video: Path, log: Path) -> dict[str, float]:
    """{"vmaf", "ssim"} of a scene's encoding against its frames, every fifth frame."""
    run_measured([binary(), *_QUIET, "-i", str(video), *_RAW, "-i", str(frames), *_judging("[1:v]", log)])
    return _read_log(log)


def judge_one_pass(folder: Path, timeline: Sequence[Mapping[str, Any]], *, preset: str) -> dict[str, float]:
    """As `judge_bare`, against what its own filters gave the encoder."""
    log = folder / "quality.json"
    command = [binary(), *_QUIET]
    for scene in timeline:
        command += ["-i", f"{scene['position']}-still.jpg"]
    command += ["-i", f"{preset}.mp4"]
    graph = f"{_one_pass_graph(timeline)};[film]format=yuv420p[source]"
    inner = _judging("[source]", log, video=f"[{len(timeline)}:v]")
    run_measured([*command, "-filter_complex", f"{graph};{inner[1]}", *inner[2:]], folder=folder)
    return _read_log(log)


def _judging(source: str, log: Path, *, video: str = "[0:v]") -> list[str]:
    # One time base for both: `N` counts ticks, and a file's are far shorter than those of raw frames. And one
    # set of colours: between a file that names its own and frames that name none, a conversion is put in.
    colours = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    count = f"{colours},format=yuv420p,settb=1/{FPS},setpts=N"
    graph = (
        f"{video}{count}[made];{source}{count}[drawn];"
        f"[made][drawn]libvmaf=n_threads=2:n_subsample=5:feature=name=float_ssim:log_fmt=json:log_path={log}"
    )
    return ["-filter_complex", graph, "-f", "null", "-"]


def _read_log(log: Path) -> dict[str, float]:
    pooled = json.loads(log.read_text())["pooled_metrics"]
    return {"vmaf": float(pooled["vmaf"]["mean"]), "ssim": float(pooled["float_ssim"]["mean"])}
