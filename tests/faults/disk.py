"""A disk of a few megabytes, so that it can be full: a file system of its own, where we may mount one."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MEGABYTES = 24


@dataclass(frozen=True)
class SmallDisk:
    folder: Path

    @contextlib.contextmanager
    def filled(self) -> Iterator[None]:
        """Not a byte is free, as long as this lasts. Files that are there stay, and can be read."""
        filler = self.folder / "filler"
        try:
            with filler.open("wb", buffering=0) as file:
                while _has_room(file.fileno()):
                    pass
            yield
        finally:
            filler.unlink()


def _has_room(descriptor: int) -> bool:
    """Write some more; False: nothing is left."""
    try:
        os.write(descriptor, bytes(1 << 16))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


@contextlib.contextmanager
def mount_small(folder: Path) -> Iterator[SmallDisk | None]:
    """Put a small disk over a folder, for this thread and the processes that it starts; None: we may not.

    It is seen by nobody else, and goes with the last of them, however they end.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        os.unshare(os.CLONE_NEWNS)
    except (OSError, AttributeError):  # not root, or not Linux
        yield None
        return
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    options = f"size={MEGABYTES}m,mode=700"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "small-disk", str(folder)], check=True)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
