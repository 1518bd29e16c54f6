"""A film in one process, without a broker: the same functions, a few threads, the same ends."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from pipeline import orchestration
from pipeline.inline import Tick, run_to_end
from pipeline.models import StepRun
from tests.pipeline.conftest import Bells
from tests.pipeline.films import Film, make_film, start
from tests.pipeline.quick_steps import jobs_of_film

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("quick")]


def test_a_film_is_made_without_a_single_message(quick: Bells) -> None:
    film = start(make_film(scenes=3))
    quick.forget()
    assert run_to_end(film.pk, workers=2).status == "in_review"
    assert film.calls() == jobs_of_film(3)
    assert quick.rung == []


def test_independent_jobs_are_done_at_the_same_time() -> None:
    film = make_film(scenes=3)
    film.direct({f"visuals.{number}": ["await:3"] for number in range(3)})
    start(film)
    assert run_to_end(film.pk, workers=3).status == "in_review"


def test_a_listener_hears_of_steps_scenes_and_growing_shares() -> None:
    film, ticks = start(make_film()), list[Tick]()
    run_to_end(film.pk, workers=1, listener=ticks.append)
    shares = [tick.share for tick in ticks]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert {tick.step for tick in ticks} >= {"visuals", "voice", "compose", "qa"}
    assert ticks[-1].step == ""


def test_a_film_in_trouble_comes_back_with_its_reason() -> None:
    film = make_film()
    film.direct({"voice.0": ["refused"]})
    start(film)
    assert run_to_end(film.pk, workers=2).status == "needs_attention"
    assert film.event.reason == "creator:content-refused"


def test_an_unforeseen_error_is_raised_when_the_project_says_so_and_the_others_are_done() -> None:
    film = make_film(scenes=3)
    film.direct({"visuals.0": ["bug"]})
    start(film)
    with pytest.raises(RuntimeError, match="nobody foresaw this"):
        run_to_end(film.pk, workers=2)
    assert (film.status, film.event.reason) == ("needs_attention", "platform:unexpected")
    assert {run.status for run in film.runs() if run.inputs["key"] != "visuals.0"} == {"succeeded"}
    orchestration.retry(film.pk, actor_id=film.creator.pk)
    assert run_to_end(film.pk, workers=2).status == "in_review"


def test_a_project_in_a_persons_hands_is_left_alone() -> None:
    film = make_film()
    assert run_to_end(film.pk, workers=2).status == "draft"
    assert film.calls() == []


def test_work_of_another_process_is_waited_for_and_taken_over_when_its_lease_ends() -> None:
    film = start(make_film())
    orchestration.advance(film.pk)
    StepRun.objects.filter(project=film.pk).update(
        status="running", attempt=1, token=film.pk, lease_until=timezone.now() + timedelta(seconds=1)
    )
    began = time.monotonic()
    assert run_to_end(film.pk, workers=2).status == "in_review"
    assert time.monotonic() - began >= 1
    assert film.run("script").attempt == 2
    assert film.calls().count("script") == 1


def test_two_processes_on_one_film_do_every_job_once() -> None:
    film = start(make_film(scenes=3))
    ends: list[str] = []

    def run_in_thread() -> None:
        try:
            ends.append(run_to_end(film.pk, workers=2).status)
        finally:
            connection.close()

    threads = [threading.Thread(target=run_in_thread) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == ["in_review", "in_review"]
    assert film.calls() == jobs_of_film(3)


def test_every_thread_gives_its_database_connection_back() -> None:
    film = start(make_film(scenes=3))
    before = sessions(film)
    run_to_end(film.pk, workers=4)
    assert sessions(film) <= before + 4  # the pool keeps some; none is left in a transaction


def sessions(film: Film) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE state LIKE 'idle in transaction%%')"
            " FROM pg_stat_activity WHERE datname = current_database()"
        )
        row = cursor.fetchone()
    assert row is not None
    assert row[1] == 0
    return int(row[0])
