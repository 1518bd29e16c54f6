"""The only place that runs the program ffmpeg (`encoder` works in this process).

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
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

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


def too_slow() -> MediaFailed:
    return MediaFailed(
        "platform:render-failed",
        "The encoder took longer than its limit and was stopped. Retry when the machine is less busy.",
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
        return too_slow()
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
