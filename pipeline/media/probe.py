"""What a finished file is: read from the file, never assumed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from pipeline.media import ffmpeg

_CELLS = (27, 48)  # columns and rows in which flashes are looked for
_DETECT = "blackdetect=d=0.5:pic_th=0.98:pix_th=0.06,freezedetect=n=-62dB:d=0.5"


@dataclass(frozen=True)
class VideoFacts:
    seconds: float
    frames: int
    fps: float
    width: int
    height: int
    video_codec: str
    codec_tag: str  # as in an HLS master playlist, e.g. avc1.64002a
    audio_codec: str  # "" without sound
    audio_seconds: float
    keyframes: tuple[float, ...]
    uneven_frames: int  # gaps between frames other than one frame


def probe(path: Path) -> VideoFacts:
    """Reads a video file packet by packet without decoding it. Raises `MediaFailed`."""
    try:
        with av.open(str(path)) as container:
            video = container.streams.video[0]
            base = video.time_base or Fraction(1, 15360)
            fps = video.average_rate or Fraction(30)
            audio = container.streams.audio[0] if container.streams.audio else None
            stamps: list[int] = []
            keys: list[float] = []
            sound_end = 0.0
            for packet in container.demux():
                if packet.pts is None:
                    continue
                if packet.stream is video:
                    stamps.append(packet.pts)
                    if packet.is_keyframe:
                        keys.append(float(packet.pts * base))
                elif audio is not None and packet.stream is audio and packet.time_base is not None:
                    sound_end = max(
                        sound_end, float((packet.pts + (packet.duration or 0)) * packet.time_base)
                    )
            stamps.sort()
            step = round(1 / (fps * base))
            gaps = np.diff(np.array(stamps, np.int64))
            extra = video.codec_context.extradata or b"\0\0\0\0"
            return VideoFacts(
                seconds=round(float(len(stamps) / fps), 4),
                frames=len(stamps),
                fps=float(fps),
                width=video.codec_context.width,
                height=video.codec_context.height,
                video_codec=video.codec_context.name,
                codec_tag=f"avc1.{extra[1]:02x}{extra[2]:02x}{extra[3]:02x}",
                audio_codec=audio.codec_context.name if audio is not None else "",
                audio_seconds=round(sound_end, 4),
                keyframes=tuple(round(key, 4) for key in sorted(keys)),
                uneven_frames=int((gaps != step).sum()),
            )
    except (av.FFmpegError, IndexError) as error:
        raise ffmpeg.MediaFailed(
            "platform:render-failed", f"The film file {path.name} cannot be read. Retry the film."
        ) from error


@dataclass(frozen=True)
class PictureFacts:
    black: tuple[tuple[float, float], ...]
    frozen: tuple[tuple[float, float], ...]
    flashes_per_second: float


def watch(
    path: Path, *, seconds: float, fps: float = 30.0, tick: Callable[[], None] | None = None
) -> PictureFacts:
    """Decodes a film once: black and frozen spans of half a second and more, flashes."""
    columns, rows = _CELLS
    pixels, log = ffmpeg.run(
        [
            "-nostats",
            "-threads",
            "1",
            "-protocol_whitelist",
            ffmpeg.PROTOCOLS,
            "-i",
            str(path),
            "-an",
            "-vf",
            f"{_DETECT},scale={columns}:{rows}:flags=area,format=gray",
            "-f",
            "rawvideo",
            "pipe:1",
        ],
        tick=tick,
        limit=180,
    )
    frames = np.frombuffer(pixels, np.uint8).reshape(-1, rows * columns)
    black = re.findall(r"black_start:([\d.]+) black_end:([\d.]+)", log)
    starts = re.findall(r"freeze_start: ([\d.]+)", log)
    ends = re.findall(r"freeze_end: ([\d.]+)", log)
    frozen = [(float(a), float(b)) for a, b in zip(starts, [*ends, f"{seconds}"], strict=False)]
    return PictureFacts(
        black=tuple((round(float(a), 3), round(float(b), 3)) for a, b in black),
        frozen=tuple((round(a, 3), round(b, 3)) for a, b in frozen),
        flashes_per_second=count_flashes(frames, fps),
    )


def count_flashes(frames: NDArray[np.uint8], fps: float) -> float:
    """The most general flashes in any second (WCAG 2.3.1): pairs of opposing changes of relative
    luminance by 0.1 and more, the darker below 0.8, on at least a quarter of the picture.

    `frames`: (frames, cells), brightness 0-255 without gamma correction.
    """
    if len(frames) < 2:
        return 0.0
    light = np.power(frames.astype(np.float32) / 255, 2.2)
    extreme = light[0].copy()
    direction = np.zeros(light.shape[1], np.int8)
    changes = np.zeros(len(light), np.float32)
    for number in range(1, len(light)):
        now = light[number]
        difference = now - extreme
        turned = (np.abs(difference) >= 0.1) & (np.minimum(now, extreme) < 0.8)
        way = np.sign(difference).astype(np.int8)
        changed = turned & (way != direction)
        changes[number] = changed.mean()
        same = way == direction
        extreme = np.where(changed | (same & (direction != 0)), now, extreme)
        direction = np.where(changed, way, direction)
    counted = (changes >= 0.25).astype(np.float32)
    window = min(len(counted), max(1, round(fps)))
    sums = np.convolve(counted, np.ones(window, np.float32), "valid")
    return float(sums.max() / 2)
