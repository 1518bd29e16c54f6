"""The stage of the machine's tests: quick steps, own files, bells that are heard and not sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from tests.pipeline import quick_steps


@dataclass
class Bells:
    """The messages that would have been sent: (task, argument, queue, options)."""

    rung: list[tuple[str, str, str, dict[str, Any]]] = field(default_factory=list)
    waiting: dict[str, int] = field(default_factory=dict)  # as if so many lay in these queues

    def of(self, task: str) -> list[str]:
        return [argument for name, argument, _, _ in self.rung if name == f"pipeline.tasks.{task}"]

    def forget(self) -> None:
        self.rung.clear()


@pytest.fixture
def files(tmp_path: Path, settings: Settings) -> Path:
    """A media storage and a working folder of this test's own."""
    folder = tmp_path / "files"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(folder)},
        },
    }
    settings.WORK_DIR = tmp_path / "work"
    return folder


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> Bells:
    from pipeline import bell  # noqa: PLC0415 - pytest reads this file before Django is set up

    heard = Bells()

    def listen(name: str, argument: str, queue: str, **options: Any) -> None:
        heard.rung.append((name, argument, queue, options))

    monkeypatch.setattr(bell, "_send", listen)
    monkeypatch.setattr(bell, "count_waiting", lambda queue: heard.waiting.get(queue, 0))
    return heard


@pytest.fixture
def quick(tmp_path: Path, files: Path, bells: Bells, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bells]:
    """The quick steps in place of the pipeline's own; retries come at once."""
    from pipeline import circuit, settling  # noqa: PLC0415 - pytest reads this file before Django is set up

    monkeypatch.setattr(settling, "retry_delay", lambda attempt: 0.0)
    for alias in ("text", "image", "speech"):
        circuit.close(alias)
    with quick_steps.installed(tmp_path / "stage"):
        yield bells
