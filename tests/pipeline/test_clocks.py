"""Leases and delays go by the database's clock: a machine whose own clock jumps takes nothing from others."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from pipeline import bell, orchestration, sweeping
from pipeline.claiming import claim
from pipeline.execution import execute
from pipeline.models import ContentProject
from students.database import read_clock
from tests.pipeline.films import make_film, start

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick")]
HOUR = timedelta(hours=1)


@pytest.fixture(params=[HOUR, -HOUR], ids=["ahead", "behind"])
def wrong_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> timedelta:
    """From here on this process is an hour off."""
    real = timezone.now

    def wrong() -> datetime:
        return real() + request.param  # type: ignore[no-any-return] # as given above

    monkeypatch.setattr(timezone, "now", wrong)
    return request.param  # type: ignore[no-any-return] # as given above


def test_a_run_at_work_elsewhere_is_not_taken_by_a_machine_an_hour_off(wrong_clock: timedelta) -> None:
    film = start(make_film())
    orchestration.advance(film.pk)
    run = film.run("script")
    owner = claim(run.pk, now=read_clock())
    assert owner is not None
    assert not execute(run.pk)
    orchestration.advance(film.pk)
    run.refresh_from_db()
    assert (run.status, run.token, run.attempt) == ("running", owner.token, 1)


def test_a_lease_and_a_delay_end_when_the_database_says_so(wrong_clock: timedelta) -> None:
    film = start(make_film())
    film.direct({"script": ["down"]})
    orchestration.advance(film.pk)
    run = film.run("script")
    assert execute(run.pk)
    run.refresh_from_db()
    assert run.status == "waiting"
    assert run.not_before is not None
    assert timedelta(0) < run.not_before - read_clock() + timedelta(minutes=1) < timedelta(minutes=10)


def test_a_film_whose_last_step_was_written_by_a_clock_an_hour_ahead_is_still_swept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    film = start(make_film())
    ContentProject.objects.filter(pk=film.pk).update(updated_at=timezone.now() + HOUR)
    rung: list[object] = []
    monkeypatch.setattr(bell, "ring_advance", lambda project_id, **_: rung.append(project_id))
    sweeping.sweep(read_clock())
    assert rung == [film.pk]
