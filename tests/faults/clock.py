"""The clock of a process that jumps: what `timezone.now` and `time.time` say is moved while it runs.

Installed before anything else is imported, in a web server (`tests.faults.jumping_wsgi`) or a worker; the
test writes by how many seconds into a file. The clocks of the database, of other machines and the one that
only counts seconds (`time.monotonic`) go on as they are, as they do where one machine's clock is set.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

FILE = "FAULTS_CLOCK"  # environment variable: where the seconds stand


def install() -> None:
    path = os.environ.get(FILE)
    if path is None:
        return
    real_now, real_time = timezone.now, time.time
    timezone.now = _moved_now(real_now, Path(path))
    time.time = _moved_time(real_time, Path(path))


def jump(path: Path, seconds: float) -> None:
    """Set the clocks of all processes that look into this file by so many seconds, at once."""
    half = path.with_suffix(".half")
    half.write_text(str(seconds))
    half.rename(path)


def _seconds(path: Path) -> float:
    try:
        return float(path.read_text())
    except FileNotFoundError:
        return 0.0


def _moved_now(now: Callable[[], datetime], path: Path) -> Callable[[], datetime]:
    return lambda: now() + timedelta(seconds=_seconds(path))


def _moved_time(now: Callable[[], float], path: Path) -> Callable[[], float]:
    return lambda: now() + _seconds(path)
