"""One measured command: processor seconds, wall seconds and peak memory of it and of all it starts."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

LOOK_EVERY = 0.05  # seconds between two looks at the memory


@dataclass(frozen=True)
class Spent:
    """`cpu`: user and system seconds, of every descendant that was waited for. `peak_mb`: the largest
    sum of resident memory over the tree; pages that processes share count for each of them."""

    cpu: float
    wall: float
    peak_mb: float
    output: str


class _Watcher(threading.Thread):
    """Adds up the resident memory of a process tree until told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._done, self.peak = pid, threading.Event(), 0

    def run(self) -> None:
        while not self._done.wait(LOOK_EVERY):
            try:
                root = psutil.Process(self._pid)
                tree = [root, *root.children(recursive=True)]
            except psutil.Error:
                return
            total = 0
            for process in tree:
                try:
                    total += process.memory_info().rss
                except psutil.Error:
                    continue
            self.peak = max(self.peak, total)

    def stop(self) -> None:
        self._done.set()
        self.join()


def run_measured(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    source: IO[bytes] | None = None,
) -> Spent:
    """Runs a command to its end. Raises RuntimeError with the end of its error output where it fails."""
    began = time.monotonic()
    process = subprocess.Popen(
        list(command),
        stdin=source or subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=None if environment is None else {**os.environ, **environment},
        cwd=folder,
    )
    watcher = _Watcher(process.pid)
    watcher.start()
    said: dict[str, bytes] = {}

    def read(name: str, pipe: IO[bytes] | None) -> None:
        said[name] = pipe.read() if pipe is not None else b""

    readers = [
        threading.Thread(target=read, args=(name, pipe))
        for name, pipe in (("out", process.stdout), ("err", process.stderr))
    ]
    for reader in readers:
        reader.start()
    _, status, usage = os.wait4(process.pid, 0)  # with its children's times
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    for reader in readers:
        reader.join()
    watcher.stop()
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {said['err'].decode()[-1500:]}")
    return Spent(
        cpu=usage.ru_utime + usage.ru_stime,
        wall=wall,
        peak_mb=watcher.peak / 2**20,
        output=said["out"].decode(),
    )
