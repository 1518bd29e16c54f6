"""The download rendition: one small MP4 a film that is kept on a phone without a network.

It is joined from the scenes' own 360s, which were encoded with the other rungs, so that an edit encodes
one scene of it. 360 × 640, mono sound, at most `MOST_BYTES` whatever the film's length, so that twenty
films with their posters, captions and questions stay below 50 MB. It is never streamed and stands in no
playlist.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import ffmpeg as graph

from pipeline.media import ffmpeg, film, ladder
from pipeline.media.ffmpeg import PROTOCOLS, beside, no_space
from pipeline.media.sound import SMALL_KBITS

NAME = "360.mp4"
WIDTH, HEIGHT = ladder.DOWNLOAD.width, ladder.DOWNLOAD.height
MOST_BYTES = 2_400_000
CRF, PEAK_KBITS, SOUND_KBITS = ladder.DOWNLOAD.crf, ladder.DOWNLOAD.peak_kbits, SMALL_KBITS
MARGIN = 0.96  # of the room left for the picture: container and rate control take the rest


def write_download(
    video: Path,
    sound: Path,
    target: Path,
    *,
    seconds: float,
    scenes: Sequence[Path] = (),
    tick: Callable[[], None] | None = None,
) -> bool:
    """Writes `target` from the scenes' downloads, or without those from the smallest streamed rung, and
    the sound that `sound.mix` makes for it; returns whether it fits into `MOST_BYTES` at full quality.

    Where constant quality needs more, the film is encoded again in two passes at the rate that fits.
    Raises `MediaFailed`.
    """
    try:
        with beside(target) as parts:
            if scenes:
                _join(scenes, sound, parts[0], seconds, tick)
            else:
                quality = {"crf": CRF, "maxrate": f"{PEAK_KBITS}k", "bufsize": f"{2 * PEAK_KBITS}k"}
                ffmpeg.run(_arguments(video, sound, parts[0], seconds, quality), tick=tick, limit=120)
            fits = parts[0].stat().st_size <= MOST_BYTES
            if not fits:
                _encode_twice(video, sound, parts[0], seconds, tick)
    except OSError as error:
        raise no_space() from error
    return fits


def _join(
    scenes: Sequence[Path], sound: Path, target: Path, seconds: float, tick: Callable[[], None] | None
) -> None:
    """The scenes' streams and the sound as they are."""
    listing = target.with_name(".download.txt")
    try:
        film.write_listing(listing, scenes)
        picture = graph.input(str(listing), f="concat", safe=0, protocol_whitelist=PROTOCOLS).video
        heard = graph.input(str(sound), protocol_whitelist=PROTOCOLS).audio
        out = graph.output(picture, heard, str(target), vcodec="copy", **_container(seconds))
        arguments = ["-nostats", "-loglevel", "error", *graph.get_args(out)]
        ffmpeg.run(arguments, tick=tick, limit=120)
    finally:
        listing.unlink(missing_ok=True)


def _container(seconds: float) -> dict[str, Any]:
    return {
        "f": "mp4",
        "acodec": "copy",
        "movflags": "+faststart",
        "map_metadata": -1,
        "t": f"{seconds:.6f}",
        "video_track_timescale": ladder.TIME_BASE,
        "movie_timescale": ladder.TIME_BASE,
        "fflags": "+bitexact",
    }


def _encode_twice(
    video: Path, sound: Path, target: Path, seconds: float, tick: Callable[[], None] | None
) -> None:
    bits = MOST_BYTES * 8 * MARGIN / seconds - SOUND_KBITS * 1000
    log = target.with_name(".download-pass")
    try:
        for number in (1, 2, 2, 2):  # the last ones only where rate control has missed
            rate = {"video_bitrate": f"{bits:.0f}", "pass": number, "passlogfile": str(log)}
            ffmpeg.run(_arguments(video, sound, target, seconds, rate), tick=tick, limit=120)
            size = target.stat().st_size
            if number == 2 and size <= MOST_BYTES:
                break
            if number == 2:
                bits *= 0.98 * MOST_BYTES / size
    finally:
        for left in target.parent.glob(f"{log.name}*"):
            left.unlink(missing_ok=True)


def _arguments(video: Path, sound: Path, target: Path, seconds: float, rate: dict[str, Any]) -> list[str]:
    picture = (
        graph.input(str(video), protocol_whitelist=PROTOCOLS, threads=1)
        .video.filter("scale", WIDTH, HEIGHT, flags="bilinear")
        .filter("setsar", "1")
    )
    out = graph.output(
        picture,
        graph.input(str(sound), protocol_whitelist=PROTOCOLS).audio,
        str(target),
        vcodec="libx264",
        preset="superfast",
        profile="high",
        level=ladder.DOWNLOAD.level,
        pix_fmt="yuv420p",
        threads=1,
        **{
            **_container(seconds),
            "x264-params": ladder.encoder_options(ladder.DOWNLOAD)["x264-params"],
            "flags:v": "+bitexact",
            **rate,
        },
    )
    return ["-nostats", "-loglevel", "error", *graph.get_args(out)]
