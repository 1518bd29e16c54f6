"""The film: scenes joined without encoding again, sound laid under, and its HLS ladder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import ffmpeg as graph

from pipeline.media import ffmpeg, ladder, probe
from pipeline.media.canvas import FPS
from pipeline.media.ffmpeg import PROTOCOLS

SEGMENT_SECONDS = 2  # one group of pictures: what a phone has to wait for before the first of them


def write_listing(listing: Path, paths: Sequence[Path]) -> None:
    """The files, in order, as ffmpeg's concat demuxer reads them."""
    lines = ["file '" + str(path.resolve()).replace("'", "'\\''") + "'" for path in paths]
    listing.write_text("ffconcat version 1.0\n" + "\n".join(lines) + "\n", encoding="utf-8")


def join(
    scenes: Mapping[str, Sequence[Path]],
    sound: Path,
    folder: Path,
    *,
    frames: int,
    tick: Callable[[], None] | None = None,
) -> dict[str, probe.VideoFacts]:
    """Writes `film.mp4`, `720.mp4`, `480.mp4` and, per rung and for the sound, `X.m3u8` with `X.hls.mp4`.

    `scenes`: rung name → the scenes' files in order, `frames` in all. One command, everything copied.
    Returns what each rung's progressive file is.
    Raises `MediaFailed`, also when a frame is missing; then nothing is written.
    """
    seconds = frames / FPS
    work = folder / ".join"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        inputs = {}
        for name, paths in scenes.items():
            listing = work / f"{name}.txt"
            write_listing(listing, paths)
            inputs[name] = graph.input(str(listing), f="concat", safe=0, protocol_whitelist=PROTOCOLS)
        audio = graph.input(str(sound.resolve()), protocol_whitelist=PROTOCOLS)
        outputs = []
        for name, source in inputs.items():
            target = "film.mp4" if name == "1080" else f"{name}.mp4"
            outputs.append(
                graph.output(
                    source.video,
                    audio.audio,
                    target,
                    c="copy",
                    f="mp4",
                    movflags="+faststart",
                    map_metadata=-1,
                    video_track_timescale=ladder.TIME_BASE,
                    movie_timescale=ladder.TIME_BASE,
                    t=f"{seconds:.6f}",
                    fflags="+bitexact",
                )
            )
            outputs.append(_hls(source.video, name))
        outputs.append(_hls(audio.audio, "audio"))
        arguments = ["-nostats", "-loglevel", "error", *graph.get_args(graph.merge_outputs(*outputs))]
        ffmpeg.run(arguments, folder=work, tick=tick, limit=120)
        facts = {
            name: _check(work / ("film.mp4" if name == "1080" else f"{name}.mp4"), frames) for name in inputs
        }
        for made in work.iterdir():
            if made.suffix != ".txt":
                made.replace(folder / made.name)
        return facts
    except OSError as error:
        raise ffmpeg.no_space() from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _check(path: Path, frames: int) -> probe.VideoFacts:
    """ffmpeg passes over a scene that it cannot read: count what has arrived."""
    facts = probe.probe(path)
    if facts.frames != frames or facts.uneven_frames:
        raise ffmpeg.MediaFailed(
            "platform:render-failed",
            f"The joined film has {facts.frames} frames instead of {frames}. Compose its scenes again.",
        )
    return facts


def _hls(stream: object, name: str) -> object:
    return graph.output(
        stream,
        f"{name}.m3u8",
        c="copy",
        f="hls",
        hls_time=SEGMENT_SECONDS,
        hls_playlist_type="vod",
        hls_segment_type="fmp4",
        hls_flags="single_file+independent_segments",
        map_metadata=-1,
        hls_segment_filename=f"{name}.hls.mp4",
        fflags="+bitexact",
    )
