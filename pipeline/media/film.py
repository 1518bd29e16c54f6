"""The film: scenes joined without encoding again, sound laid under, and its HLS ladder."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ffmpeg as graph
from PIL import Image

from pipeline.media import ffmpeg, ladder, probe
from pipeline.media.canvas import FPS
from pipeline.media.ffmpeg import PROTOCOLS

SEGMENT_SECONDS = 4
AUDIO_CODEC = "mp4a.40.2"


@dataclass(frozen=True)
class Playlist:
    """A media playlist's rates in bits a second."""

    peak: int
    average: int


def join(
    scenes: Mapping[str, Sequence[Path]],
    sound: Path,
    folder: Path,
    *,
    frames: int,
    tick: Callable[[], None] | None = None,
) -> None:
    """Writes `film.mp4`, `720.mp4`, `480.mp4` and, per rung and for the sound, `X.m3u8` with `X.hls.mp4`.

    `scenes`: rung name → the scenes' files in order, `frames` in all. One command, everything copied.
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
            lines = ["file '" + str(path.resolve()).replace("'", "'\\''") + "'" for path in paths]
            listing.write_text("ffconcat version 1.0\n" + "\n".join(lines) + "\n", encoding="utf-8")
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
        for name in inputs:
            _check(work / ("film.mp4" if name == "1080" else f"{name}.mp4"), frames)
        for made in work.iterdir():
            if made.suffix != ".txt":
                made.replace(folder / made.name)
    except OSError as error:
        raise ffmpeg.no_space() from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _check(path: Path, frames: int) -> None:
    """ffmpeg passes over a scene that it cannot read: count what has arrived."""
    facts = probe.probe(path)
    if facts.frames != frames or facts.uneven_frames:
        raise ffmpeg.MediaFailed(
            "platform:render-failed",
            f"The joined film has {facts.frames} frames instead of {frames}. Compose its scenes again.",
        )


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


def read_rates(playlist: Path) -> Playlist:
    """Peak and average rate of a single-file playlist, from its byte ranges."""
    seconds: list[float] = []
    sizes: list[int] = []
    duration = 0.0
    for line in playlist.read_text(encoding="utf-8").splitlines():
        if line.startswith("#EXTINF:"):
            duration = float(line[8:].rstrip(",").split(",")[0])
        elif line.startswith("#EXT-X-BYTERANGE:"):
            seconds.append(duration)
            sizes.append(int(line[17:].split("@")[0]))
    if not sizes:
        raise ffmpeg.MediaFailed("platform:render-failed", "The streaming playlist is empty. Retry the film.")
    rates = [size * 8 / length for size, length in zip(sizes, seconds, strict=True) if length > 0.5]
    average = sum(sizes) * 8 / max(0.1, sum(seconds))
    return Playlist(peak=int(max([*rates, average])), average=int(average))


@dataclass(frozen=True)
class Variant:
    name: str
    width: int
    height: int
    codec_tag: str
    rates: Playlist


def master_playlist(variants: Sequence[Variant], audio: Playlist, *, language: str, fps: float) -> str:
    """The master playlist: three rungs, the sound as its own rendition, the captions as subtitles."""
    tongue = re.sub(r"[^A-Za-z-]", "", language) or "en"
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        (
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Narration",LANGUAGE="{tongue}",DEFAULT=YES,'
            'AUTOSELECT=YES,CHANNELS="2",URI="audio.m3u8"'
        ),
        (
            f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="Captions",LANGUAGE="{tongue}",DEFAULT=NO,'
            'AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog",'
            'URI="captions.m3u8"'
        ),
    ]
    for variant in variants:
        lines.append(
            f"#EXT-X-STREAM-INF:BANDWIDTH={variant.rates.peak + audio.peak},"
            f"AVERAGE-BANDWIDTH={variant.rates.average + audio.average},"
            f'CODECS="{variant.codec_tag},{AUDIO_CODEC}",RESOLUTION={variant.width}x{variant.height},'
            f'FRAME-RATE={fps:.3f},AUDIO="sound",SUBTITLES="captions"'
        )
        lines.append(f"{variant.name}.m3u8")
    return "\n".join(lines) + "\n"


def captions_playlist(seconds: float) -> str:
    """The subtitle playlist: the whole track as one segment."""
    return (
        f"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{int(seconds) + 1}\n#EXT-X-MEDIA-SEQUENCE:0\n"
        f"#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:{seconds:.3f},\ncaptions.vtt\n#EXT-X-ENDLIST\n"
    )


def write_posters(still: Path, folder: Path) -> None:
    """`poster.jpg` (1080×1920) and `thumbnail.jpg` (360×640) from the opening scene's still."""
    with Image.open(still) as opened, ffmpeg.beside(folder / "poster.jpg", folder / "thumbnail.jpg") as parts:
        picture = opened.convert("RGB")
        picture.save(parts[0], "JPEG", quality=88, optimize=True)
        picture.resize((360, 640), Image.Resampling.LANCZOS).save(parts[1], "JPEG", quality=86, optimize=True)
