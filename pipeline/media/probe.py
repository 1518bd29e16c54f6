"""What a finished file is: read from the file, never assumed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from pipeline.media import boxes, ffmpeg


@dataclass(frozen=True)
class VideoFacts:
    seconds: float
    frames: int
    fps: float
    width: int
    height: int
    video_codec: str
    codec_tag: str  # as in an HLS master playlist, e.g. avc1.64002a
    profile: str  # of H.264, e.g. "High"
    level: float  # of H.264, e.g. 4.2
    pixels: str  # e.g. yuv420p
    starts_fast: bool  # the index stands before the media
    closed: bool  # every group of pictures starts with an IDR picture and refers to nothing before it
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
            sound_end, closed = 0.0, True
            for packet in container.demux():
                if packet.pts is None:
                    continue
                if packet.stream is video:
                    stamps.append(packet.pts)
                    if packet.is_keyframe:
                        keys.append(float(packet.pts * base))
                        closed = closed and _has_idr(bytes(packet))
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
                profile=str(video.codec_context.profile or ""),
                level=extra[3] / 10,
                pixels=str(video.codec_context.pix_fmt or ""),
                starts_fast=boxes.starts_fast(path),
                closed=closed,
                audio_codec=audio.codec_context.name if audio is not None else "",
                audio_seconds=round(sound_end, 4),
                keyframes=tuple(round(key, 4) for key in sorted(keys)),
                uneven_frames=int((gaps != step).sum()),
            )
    except (av.FFmpegError, IndexError) as error:
        raise ffmpeg.MediaFailed(
            "platform:render-failed", f"The film file {path.name} cannot be read. Retry the film."
        ) from error


def _has_idr(packet: bytes) -> bool:
    """Whether a keyframe's packet (four-byte lengths) holds a picture of type 5 (ISO/IEC 14496-10, 7.4.1)."""
    place = 0
    while place + 5 <= len(packet):
        if packet[place + 4] & 0x1F == 5:
            return True
        place += 4 + int.from_bytes(packet[place : place + 4])
    return False
