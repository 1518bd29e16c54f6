"""The project's own Celery app with quick steps: `celery -A tests.faults.worker worker`.

Everything between message and database is the real thing. Added are the places at which a test
lets the process die, messages that are sent twice, and a storage that takes its time.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.faults import clock

clock.install()

import django  # noqa: E402 - the clock comes first

from config.celery import app  # noqa: E402

django.setup()

from django.core.files.storage import FileSystemStorage  # noqa: E402 - Django is set up by now

from pipeline import bell, settling  # noqa: E402 - models need Django set up
from pipeline.claiming import Claim  # noqa: E402
from tests.faults import quickly  # noqa: E402
from tests.pipeline import quick_steps  # noqa: E402

__all__ = ["app"]


def _die(marker: Path) -> None:
    """End this worker and all its children as a lost machine would, once for a marker."""
    if marker.exists():
        marker.unlink()
        os.killpg(os.getpgid(0), signal.SIGKILL)


def _die_before_settling(settle: Callable[..., bool]) -> Callable[..., bool]:
    def settle_or_die(claimed: Claim, *arguments: Any, **options: Any) -> bool:
        concept = claimed.run.project.concept_prompt
        _die(quick_steps.stage_of(concept) / "die-before-settling")
        settled = settle(claimed, *arguments, **options)
        _die(quick_steps.stage_of(concept) / "die-before-the-spool-is-cleared")
        return settled

    return settle_or_die


def _send_twice_or_never(send: Callable[..., None]) -> Callable[..., None]:
    def ring(name: str, argument: str, queue: str, **options: Any) -> None:
        stage = Path(os.environ[quick_steps.STAGE])
        if name == "pipeline.tasks.advance":
            for marker in stage.glob("*/die-before-the-bell"):
                _die(marker)
        send(name, argument, queue, **options)
        if (stage / "twice").exists():
            send(name, argument, queue, **options)

    return ring


def _slowly(act: Callable[..., Any]) -> Callable[..., Any]:
    """As long as the stage says so, each file takes so many seconds to open or to write."""

    def act_slowly(*arguments: Any, **options: Any) -> Any:
        with suppress(FileNotFoundError):
            time.sleep(float((Path(os.environ[quick_steps.STAGE]) / "slow-storage").read_text()))
        return act(*arguments, **options)

    return act_slowly


quickly.install()
for name in ("_open", "_save"):
    setattr(FileSystemStorage, name, _slowly(getattr(FileSystemStorage, name)))
settling.settle = _die_before_settling(settling.settle)
settling.retry_delay = lambda attempt: 0.1 * 2 ** (attempt - 1)  # grows, as the real one does
bell._send = _send_twice_or_never(bell._send)
