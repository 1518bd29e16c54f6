"""HLS playlists (RFC 8216bis): what ffmpeg's muxer leaves out or gets wrong is written here.

Master, captions and the playlist of keyframes for scrubbing; rates come from the files' own byte ranges.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.media import boxes
from pipeline.media.ffmpeg import MediaFailed, beside
from pipeline.media.ladder import RUNGS
from pipeline.media.probe import VideoFacts

AUDIO_CODEC = "mp4a.40.2"
KEYFRAMES_OF = "480"  # the rung whose keyframes are shown while scrubbing


@dataclass(frozen=True)
class Playlist:
    """A media playlist's segments (seconds, bytes) and its rates in bits a second."""

    segments: tuple[tuple[float, int], ...]
    peak: int
    average: int

    @property
    def seconds(self) -> float:
        return sum(seconds for seconds, _ in self.segments)


@dataclass(frozen=True)
class Variant:
    name: str
    file: str  # the progressive file of the same rung
    width: int
    height: int
    bandwidth: int  # bits a second with sound, peak
    average: int
    codecs: str
    bytes: int


@dataclass(frozen=True)
class Streaming:
    """What the master playlist offers, and whether its parts fit together."""

    variants: tuple[Variant, ...]
    segments_aligned: bool
    end_difference: float  # seconds of sound more than of picture


def write_playlists(folder: Path, videos: Mapping[str, VideoFacts], *, language: str) -> Streaming:
    """`captions.m3u8`, `iframes.m3u8` and `master.m3u8` beside the media playlists that are there.

    `videos`: rung → what its progressive file is, of which the streamed one is a copy. Raises `MediaFailed`.
    """
    seconds, fps = videos["1080"].seconds, videos["1080"].fps
    audio = read_playlist(folder / "audio.m3u8")
    media = {rung.name: read_playlist(folder / f"{rung.name}.m3u8") for rung in RUNGS}
    variants = []
    for rung in RUNGS:
        facts, rates = videos[rung.name], media[rung.name]
        file = "film.mp4" if rung.name == "1080" else f"{rung.name}.mp4"
        variants.append(
            Variant(
                name=rung.name,
                file=file,
                width=facts.width,
                height=facts.height,
                bandwidth=rates.peak + audio.peak,
                average=rates.average + audio.average,
                codecs=f"{facts.codec_tag},{AUDIO_CODEC}",
                bytes=(folder / file).stat().st_size,
            )
        )
    keyframes = list_keyframes(folder / f"{KEYFRAMES_OF}.hls.mp4", media[KEYFRAMES_OF])
    low = next(variant for variant in variants if variant.name == KEYFRAMES_OF)
    with beside(folder / "captions.m3u8", folder / "iframes.m3u8", folder / "master.m3u8") as targets:
        targets[0].write_text(captions_playlist(seconds), encoding="utf-8")
        targets[1].write_text(keyframes.text, encoding="utf-8")
        targets[2].write_text(
            master_playlist(variants, keyframes, low, language=language, fps=fps), encoding="utf-8"
        )
    lengths = {tuple(length for length, _ in playlist.segments) for playlist in media.values()}
    return Streaming(
        variants=tuple(variants),
        segments_aligned=len(lengths) == 1,
        end_difference=round(audio.seconds - media["1080"].seconds, 4),
    )


def read_playlist(path: Path) -> Playlist:
    """Segments and rates of a single-file playlist, from its byte ranges. Raises `MediaFailed`."""
    segments: list[tuple[float, int]] = []
    duration = 0.0
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#EXTINF:"):
            duration = float(line[8:].rstrip(",").split(",")[0])
        elif line.startswith("#EXT-X-BYTERANGE:"):
            segments.append((duration, int(line[17:].split("@")[0])))
    if not segments:
        raise MediaFailed("platform:render-failed", "The streaming playlist is empty. Retry the film.")
    total = sum(size for _, size in segments) * 8
    average = total / max(0.1, sum(seconds for seconds, _ in segments))
    rates = [size * 8 / seconds for seconds, size in segments if seconds > 0.5]
    return Playlist(tuple(segments), peak=int(max([*rates, average])), average=int(average))


@dataclass(frozen=True)
class KeyframePlaylist:
    text: str
    peak: int  # bits a second
    average: int


def list_keyframes(file: Path, media: Playlist) -> KeyframePlaylist:
    """One keyframe a segment: from its fragment's start to the frame's end, which is all a player needs to
    show it. Raises `MediaFailed`."""
    header, fragments = boxes.read_fragments(file)
    if len(fragments) != len(media.segments):
        raise MediaFailed(
            "platform:render-failed", "The streaming file has no keyframe a segment. Retry the film."
        )
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{max(round(seconds) for seconds, _ in media.segments)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-I-FRAMES-ONLY",
        f'#EXT-X-MAP:URI="{file.name}",BYTERANGE="{header}@0"',
    ]
    rates = []
    for (seconds, _), fragment in zip(media.segments, fragments, strict=True):
        size = fragment.first_frame_end - fragment.start
        rates.append(size * 8 / max(0.5, seconds))
        lines += [f"#EXTINF:{seconds:.6f},", f"#EXT-X-BYTERANGE:{size}@{fragment.start}", file.name]
    lines.append("#EXT-X-ENDLIST")
    return KeyframePlaylist("\n".join(lines) + "\n", int(max(rates)), int(sum(rates) / len(rates)))


def master_playlist(
    variants: Sequence[Variant], keyframes: KeyframePlaylist, low: Variant, *, language: str, fps: float
) -> str:
    """The master playlist: the rungs, the sound as its own rendition, captions, keyframes for scrubbing."""
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
            f"#EXT-X-STREAM-INF:BANDWIDTH={variant.bandwidth},AVERAGE-BANDWIDTH={variant.average},"
            f'CODECS="{variant.codecs}",RESOLUTION={variant.width}x{variant.height},'
            f'FRAME-RATE={fps:.3f},AUDIO="sound",SUBTITLES="captions"'
        )
        lines.append(f"{variant.name}.m3u8")
    lines.append(
        f"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH={keyframes.peak},AVERAGE-BANDWIDTH={keyframes.average},"
        f'CODECS="{low.codecs.split(",")[0]}",RESOLUTION={low.width}x{low.height},URI="iframes.m3u8"'
    )
    return "\n".join(lines) + "\n"


def captions_playlist(seconds: float) -> str:
    """The subtitle playlist: the whole track as one segment."""
    return (
        f"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:{int(seconds) + 1}\n#EXT-X-MEDIA-SEQUENCE:0\n"
        f"#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:{seconds:.3f},\ncaptions.vtt\n#EXT-X-ENDLIST\n"
    )
