"""A free port and enough space, found out before any work is begun."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
from pathlib import Path

TRIES = 50
USAGE = 2  # exit code: the command was asked for something that cannot be


def free_port(preferred: int) -> int:
    """A port of this machine's own address on which nothing listens.

    `PORT` in the environment is a wish that is kept or refused, with one sentence and exit code 2.
    Without it `preferred` is taken, else the next free one above, which is then said on stderr.
    """
    wished = os.environ.get("PORT", "").strip()
    if wished:
        return _wished_port(wished)
    for port in range(preferred, preferred + TRIES):
        if _refusal(port) is None:
            if port != preferred:
                print(f"Port {preferred} is taken; using {port}.", file=sys.stderr)
            return port
    raise _refused(f"Ports {preferred} to {preferred + TRIES - 1} are all taken; choose one with PORT=.")


def free_space(path: Path) -> int:
    """Bytes that this user may still write where `path` is, or will be made."""
    existing = path.absolute()
    while not existing.exists():
        existing = existing.parent
    return shutil.disk_usage(existing).free


def require_space(path: Path, *, gigabytes: float = 3.0) -> None:
    """One sentence and exit code 2 when less than `gigabytes` (10^9 bytes) are free at `path`."""
    free = free_space(path) / 1e9
    if free < gigabytes:
        raise _refused(
            f"Only {free:.1f} GB are free at {path}, and {gigabytes:g} GB are needed; "
            "free some space, or name a folder on another disk as LOCAL_DIR."
        )


def _wished_port(wished: str) -> int:
    port = int(wished) if wished.isascii() and wished.isdigit() else 0
    if not 1 <= port <= 65535:
        raise _refused(f"PORT={wished} is no port; give a number from 1024 to 65535.")
    refusal = _refusal(port)
    if refusal == errno.EACCES:
        raise _refused(f"This user may not use port {port}; give a PORT from 1024 up.")
    if refusal is not None:
        raise _refused(f"Port {port} is taken; give another PORT, or none to have a free one chosen.")
    return port


def _refusal(port: int) -> int | None:
    """The system's error number when `port` is not to be had."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port just left is free
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError as error:
            return error.errno
    return None


def _refused(sentence: str) -> SystemExit:
    print(sentence, file=sys.stderr)
    return SystemExit(USAGE)
