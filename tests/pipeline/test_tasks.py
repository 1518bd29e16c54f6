"""Celery's doors: primary keys in, safe to come twice, and the soft limit as the end of a step."""

from __future__ import annotations

from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from pipeline import tasks
from pipeline.steps import BY_NAME
from tests.pipeline.conftest import Bells
from tests.pipeline.films import make_film, start


@pytest.mark.django_db
def test_tasks_take_keys_as_text_and_may_run_twice(quick: Bells) -> None:
    film = start(make_film())
    for _ in range(2):
        tasks.advance(str(film.pk))
        tasks.run_step(str(film.run("script").pk))
    tasks.sweep()
    assert film.calls() == ["script"]


@pytest.mark.django_db
def test_the_soft_limit_ends_a_step_and_another_attempt_follows(
    quick: Bells, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_too_long(*_: Any, **__: Any) -> None:
        raise SoftTimeLimitExceeded

    film = start(make_film())
    tasks.advance(str(film.pk))
    monkeypatch.setattr(BY_NAME["script"], "run", take_too_long)
    tasks.run_step(str(film.run("script").pk))
    run = film.run("script")
    assert (run.status, run.attempt, run.error_id) == ("waiting", 1, "platform:step-too-slow")
