"""The only place that runs ffmpeg.

Every run has a wall-clock limit, a memory limit and reads only `file` and `pipe`. Callers write
beside (`beside`) and the result is renamed when it is whole, so a killed run leaves no half file
under a final name. A failure is one `MediaFailed` with a stable code.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import resource
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import imageio_ffmpeg

logger = logging.getLogger(__name__)

PROTOCOLS = "file,pipe"
MEMORY_BYTES = 3 * 1024**3  # address space, not resident memory: thread stacks count whole
TICK_SECONDS = 0.25


class MediaFailed(Exception):
    """Drawing, sound or encoding went wrong. `code` is stable, `evidence` is JSON."""

    def __init__(self, code: str, message: str, *, evidence: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.evidence = evidence or {}


class MediaRefused(MediaFailed):
    """A file from outside is not taken (`creator:picture-…`, `creator:sound-…`); its sender can mend that."""


def no_space() -> MediaFailed:
    return MediaFailed(
        "platform:no-space", "The disk is full. Free some space on the rendering machine, then retry."
    )


def binary() -> str:
    """The ffmpeg to run: `FFMPEG_BINARY`, else the wheel's, else the one on the path."""
    chosen = os.environ.get("FFMPEG_BINARY", "")
    if chosen:
        return chosen
    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        found = shutil.which("ffmpeg")
        if found is None:
            raise MediaFailed(
                "platform:render-failed", "No ffmpeg was found. Run `make setup`, or set FFMPEG_BINARY."
            ) from error
        return found


def failure(status: int | None, stderr: str) -> MediaFailed:
    """ffmpeg's exit as our error. `status` None: it was stopped at its time limit."""
    lines = [line for line in stderr.splitlines() if line.strip()]
    tail = "\n".join(lines[-6:])[-800:]
    logger.warning("ffmpeg failed (status %s): %s", status, tail)
    if os.strerror(errno.ENOSPC) in stderr:
        return no_space()
    if status is None:
        return MediaFailed(
            "platform:render-failed",
            "The encoder took longer than its limit and was stopped. Retry when the machine is less busy.",
        )
    return MediaFailed(
        "platform:render-failed",
        f"The encoder stopped with status {status}. Retry; if it happens again, look at the worker's log.",
        evidence={"stderr": tail},
    )


@contextlib.contextmanager
def beside(*targets: Path) -> Iterator[list[Path]]:
    """Hands out names beside the targets; renames all of them at a clean end, removes them otherwise."""
    parts = [target.with_name(f".part-{target.name}") for target in targets]
    try:
        yield parts
        for part, target in zip(parts, targets, strict=True):
            part.replace(target)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def _limit_memory(process: subprocess.Popen[bytes]) -> None:
    if hasattr(resource, "prlimit"):  # Linux; elsewhere the time limit alone holds
        with contextlib.suppress(ProcessLookupError, PermissionError):
            resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def command(arguments: Sequence[str]) -> list[str]:
    return [binary(), "-hide_banner", "-nostdin", "-y", *arguments]


def run(
    arguments: Sequence[str],
    *,
    limit: float = 240.0,
    tick: Callable[[], None] | None = None,
    folder: Path | None = None,
) -> tuple[bytes, str]:
    """Runs ffmpeg with these arguments in `folder`; returns (stdout, stderr).

    `tick` is called about four times a second while it works. Raises `MediaFailed`.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            process = subprocess.Popen(
                command(arguments), stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder
            )
        except OSError as error:
            raise MediaFailed("platform:render-failed", f"ffmpeg could not be started: {error}") from error
        deadline = time.monotonic() + limit
        status: int | None = None
        try:
            _limit_memory(process)
            while status is None and time.monotonic() < deadline:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    status = process.wait(TICK_SECONDS)
                if tick is not None:
                    tick()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        err.seek(0)
        stderr = err.read().decode("utf-8", "replace")
        if status != 0:
            raise failure(status, stderr)
        out.seek(0)
        return out.read(), stderr


class FramePipe:
    """An ffmpeg that is fed raw frames on its standard input; use as a context manager.

    Leaving the block normally closes the pipe and waits; leaving it by an exception kills ffmpeg.
    """

    def __init__(self, arguments: Sequence[str], *, limit: float) -> None:
        self._arguments = list(arguments)
        self._limit = limit
        self._expired = False

    def __enter__(self) -> Self:
        self._err = tempfile.TemporaryFile()
        try:
            self._process = subprocess.Popen(
                [binary(), "-hide_banner", "-y", *self._arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=self._err,
            )
        except OSError as error:
            self._err.close()
            raise MediaFailed("platform:render-failed", f"ffmpeg could not be started: {error}") from error
        _limit_memory(self._process)
        self._timer = threading.Timer(self._limit, self._expire)
        self._timer.daemon = True
        self._timer.start()
        return self

    def _expire(self) -> None:
        self._expired = True
        self._process.kill()

    def write(self, frame: memoryview) -> None:
        assert self._process.stdin is not None  # noqa: S101 - opened with PIPE above
        try:
            self._process.stdin.write(frame)
        except BrokenPipeError as error:
            raise self._failure() from error

    def _failure(self) -> MediaFailed:
        status = self._process.wait()
        self._err.seek(0)
        return failure(None if self._expired else status, self._err.read().decode("utf-8", "replace"))

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is not None:
                self._process.kill()
            if self._process.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    self._process.stdin.close()
            status = self._process.wait()
            if kind is None and (status != 0 or self._expired):
                raise self._failure()
        finally:
            self._timer.cancel()
            self._err.close()
