"""The project's own web application with quick steps, and the place at which a test lets it die.

A file `die-after-NAME` on the stage kills the web process that carried out the next POST to an address ending
in NAME: everything is committed, and nobody has heard of it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from config.wsgi import application as django_application
from tests.faults import quickly
from tests.pipeline import quick_steps

quickly.install()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    response: Iterable[bytes] = django_application(environ, start_response)
    if environ["REQUEST_METHOD"] == "POST":
        _die_after(environ["PATH_INFO"].rpartition("/")[2])
    return response


def _die_after(name: str) -> None:
    marker = Path(os.environ[quick_steps.STAGE]) / f"die-after-{name}"
    try:
        marker.unlink()
    except FileNotFoundError:
        return  # not asked for, or another process has died of it
    os.killpg(os.getpgid(0), signal.SIGKILL)
