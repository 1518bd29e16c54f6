"""What a film will take, before anything is paid."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from pipeline import editing, orchestration
from pipeline.estimates import OTHER_SECONDS, SCENES, SECONDS, estimate_missing
from pipeline.models import Scene, StepRun
from tests.pipeline.films import finish, make_film, start, work
from tests.pipeline.quick_steps import configure_providers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


def test_a_first_film_is_estimated_by_known_times_and_a_usual_number_of_scenes() -> None:
    cost, seconds = estimate_missing(make_film().project)
    each = SECONDS["visuals"] + SECONDS["voice"] + SECONDS["compose"]
    assert cost == Decimal(0)
    assert seconds == SECONDS["script"] + SECONDS["quiz"] + SECONDS["qa"] + SCENES * each


def test_a_step_whose_time_nobody_wrote_down_is_estimated_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(SECONDS, "qa")  # as for a step that was added
    _, seconds = estimate_missing(make_film().project)
    each = SECONDS["visuals"] + SECONDS["voice"] + SECONDS["compose"]
    assert seconds == SECONDS["script"] + SECONDS["quiz"] + OTHER_SECONDS + SCENES * each


def test_the_price_is_that_of_every_missing_call() -> None:
    configure_providers(speech={"price": "0.25"}, image={"price": "0.10"}, text={"price": "0.01"})
    cost, _ = estimate_missing(make_film().project)
    assert cost == SCENES * Decimal("0.35") + 2 * Decimal("0.01")  # script and quiz
    film = start(make_film(scenes=3))
    work(film, until=lambda: film.calls() == ["script"])
    cost, _ = estimate_missing(film.project)
    assert cost == 3 * Decimal("0.35") + Decimal("0.01")


def test_a_finished_film_costs_nothing_more_and_an_edited_one_only_what_is_stale() -> None:
    configure_providers(speech={"price": "0.25"}, image={"price": "0.10"})
    film = finish(make_film())
    estimate = editing.estimate(film.project)
    assert (estimate.cost, estimate.seconds) == (Decimal(0), 0.0)
    Scene.objects.filter(project=film.pk, position=1).update(visual_take=1)
    assert editing.estimate(film.project).cost == Decimal("0.10")


def test_times_come_from_the_median_of_past_runs() -> None:
    film = start(make_film())
    orchestration.advance(film.pk)
    now = timezone.now()
    for number, taken in enumerate((10, 30, 500)):
        StepRun.objects.create(
            project=film.project, step="script", fingerprint=f"{number}", queue="text", inputs={},
            status="succeeded", started_at=now - timedelta(seconds=taken), finished_at=now,
        )  # fmt: skip
    _, seconds = estimate_missing(make_film().project)
    rest = SECONDS["quiz"] + SECONDS["qa"] + SCENES * (
        SECONDS["visuals"] + SECONDS["voice"] + SECONDS["compose"]
    )  # fmt: skip
    assert seconds == 30 + rest
