"""Frames into all rungs at once, in this process: no pipe, no conversion, no second copy of a frame.

x264 eats NV12 as it is drawn. 720 is scaled from 1080 and 480 from 720 by two thirds, where linear
weights (3:1) are close to those of areas (2:1), straight into the memory that x264 reads; the download
(360) by three quarters from 480.
"""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import cv2
import numpy as np

from pipeline.media import ladder
from pipeline.media.canvas import FPS, Frame, Pixels
from pipeline.media.ffmpeg import MediaFailed, no_space, too_slow
from pipeline.media.ladder import ENCODED, TIME_BASE, Rung

_BT709, _LIMITED = 1, 1  # ISO/IEC 23091-2: colour primaries, transfer and matrix; range


class _RungFile:
    """One rung: an encoder and its MP4 file. `y` and `uv` are the memory the encoder reads."""

    def __init__(self, rung: Rung, path: Path, source: Frame | None) -> None:
        options = {
            "movie_timescale": str(TIME_BASE),
            "video_track_timescale": str(TIME_BASE),
            "fflags": "+bitexact",
        }
        self._file = av.open(str(path), "w", format="mp4", options=options)
        self._stream = self._file.add_stream("libx264", rate=FPS)
        coder = self._stream.codec_context
        coder.width, coder.height, coder.pix_fmt = rung.width, rung.height, "nv12"
        coder.sample_aspect_ratio = Fraction(1, 1)
        coder.time_base = Fraction(1, FPS)
        coder.thread_count = 1
        coder.color_primaries = coder.color_trc = coder.colorspace = _BT709
        coder.color_range = _LIMITED
        coder.options = {**ladder.encoder_options(rung), "flags": "+bitexact"}
        if source is not None:
            self._picture = av.VideoFrame.from_numpy_buffer(source.buffer, "nv12")
            self.y, self.uv = source.y, source.uv
        else:
            self._picture = av.VideoFrame(rung.width, rung.height, "nv12")
            luma, chroma = self._picture.planes
            self.y = _rows(luma, rung.height)[:, : rung.width]
            colours = _rows(chroma, rung.height // 2)[:, : rung.width]
            self.uv = colours.reshape(rung.height // 2, rung.width // 2, 2, copy=False)
        self._picture.time_base = Fraction(1, FPS)

    def scale_from(self, larger: _RungFile) -> None:
        height, width = self.y.shape
        cv2.resize(larger.y, (width, height), dst=self.y, interpolation=cv2.INTER_LINEAR)
        cv2.resize(larger.uv, (width // 2, height // 2), dst=self.uv, interpolation=cv2.INTER_LINEAR)

    def encode(self, number: int) -> None:
        """Encodes what the memory holds; the encoder keeps its own copy."""
        self._picture.pts = number
        self._file.mux(self._stream.encode(self._picture))

    def finish(self) -> None:
        self._file.mux(self._stream.encode(None))
        self._file.close()
        del self._stream, self._file  # with them goes the encoder: up to a hundred megabytes

    def abandon(self) -> None:
        with contextlib.suppress(av.FFmpegError, OSError, AttributeError):  # or it is finished already
            self._file.close()


def _rows(plane: av.video.plane.VideoPlane, height: int) -> Pixels:
    """A plane's memory as (height, bytes a row)."""
    return np.frombuffer(plane, np.uint8)[: height * plane.line_size].reshape(height, plane.line_size)


class LadderEncoder:
    """Encodes `frame`, again and again, into one file a rung; use as a context manager.

    Draw into the frame, call `encode`, draw the next. Leaving the block normally finishes the files.
    Raises `MediaFailed`, also when the block has worked longer than `limit` seconds.
    """

    def __init__(self, frame: Frame, paths: Mapping[str, Path], *, limit: float) -> None:
        self._frame, self._paths, self._limit = frame, paths, limit
        self._rungs: list[_RungFile] = []
        self._number = 0

    def __enter__(self) -> Self:
        self._deadline = time.monotonic() + self._limit
        try:
            for rung in ENCODED:
                source = None if self._rungs else self._frame
                self._rungs.append(_RungFile(rung, self._paths[rung.name], source))
        except (av.FFmpegError, OSError) as error:
            self._abandon()
            raise _failure(error) from error
        return self

    def shown(self, name: str) -> tuple[Pixels, Pixels]:
        """Brightness and colours of a rung's picture as it was encoded last; changes with the next."""
        rung = next(made for rung, made in zip(ENCODED, self._rungs, strict=True) if rung.name == name)
        return rung.y, rung.uv

    def encode(self) -> None:
        if time.monotonic() > self._deadline:
            raise too_slow()
        try:
            for larger, rung in zip([None, *self._rungs], self._rungs, strict=False):
                if larger is not None:
                    rung.scale_from(larger)
                rung.encode(self._number)
        except (av.FFmpegError, OSError) as error:
            raise _failure(error) from error
        self._number += 1

    def _abandon(self) -> None:
        for rung in self._rungs:
            rung.abandon()

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if kind is not None:
            self._abandon()
            return
        try:
            for rung in self._rungs:
                rung.finish()
        except (av.FFmpegError, OSError) as error:
            self._abandon()
            raise _failure(error) from error


def _failure(error: av.FFmpegError | OSError) -> MediaFailed:
    if error.errno == errno.ENOSPC:
        return no_space()
    return MediaFailed(
        "platform:render-failed",
        f"The encoder stopped: {error.strerror}. Retry; if it happens again, look at the worker's log.",
        evidence={"stderr": str(error)[-800:]},
    )
