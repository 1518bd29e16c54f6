"""Real worker processes, real servers, and the faults of both: nothing lost, doubled or paid twice."""

from __future__ import annotations

import os
import signal
import time
from decimal import Decimal

import pytest
from django.utils import timezone

from pipeline import budget, orchestration, spool, sweeping
from pipeline.models import Asset, Charge, StepRun
from tests.faults.site import Site
from tests.pipeline.films import Film, make_film, start
from tests.pipeline.quick_steps import jobs_of_film

pytestmark = [pytest.mark.faults, pytest.mark.timeout(180)]

STEPS = ("script", "visuals.0", "voice.0", "quiz", "compose.scene.0", "compose.film", "qa")


def assert_whole(film: Film, scenes: int = 2) -> None:
    """Every job has one run with one result and its files."""
    runs = film.runs()
    assert sorted(run.inputs["key"] for run in runs) == jobs_of_film(scenes)
    assert {run.status for run in runs} == {"succeeded"}
    for run in runs:
        assert dict(Asset.objects.filter(run=run).values_list("name", "checksum")) == run.made
    assert [event.to_status for event in film.project.events.order_by("id")] == ["generating", "in_review"]


def spent(film: Film) -> Decimal:
    return budget.spent(Charge.objects.filter(project=film.pk))


def test_a_film_is_made_by_messages_alone(site: Site) -> None:
    film = start(make_film())
    deadline = time.monotonic() + 60
    while film.status == "generating" and time.monotonic() < deadline:
        time.sleep(0.1)  # no sweep
    assert film.status == "in_review"
    assert_whole(film)
    assert not any(spool.is_kept(run) for run in film.runs())
    assert film.calls() == film.calls("paid") == jobs_of_film(2)
    assert spent(film) == Decimal("0.10")


def test_every_message_that_comes_twice_has_one_effect(site: Site) -> None:
    (site.stage / "twice").touch()
    film = start(make_film(scenes=3))
    site.wait_for_review(film)
    assert_whole(film, 3)
    assert film.calls() == jobs_of_film(3)
    assert {run.attempt for run in film.runs()} == {1}


def test_six_workers_at_the_join_make_one_film(site: Site) -> None:
    film = make_film(scenes=6)
    film.direct({f"compose.scene.{number}": ["await:6"] for number in range(6)})
    start(film)
    site.wait_for_review(film)
    assert_whole(film, 6)
    assert film.calls().count("compose.film") == film.calls().count("qa") == 1


def test_when_the_broker_loses_all_messages_the_sweep_heals_it(site: Site) -> None:
    film = make_film(scenes=3)
    film.direct({"script": ["sleep:0.5"], "voice.1": ["sleep:0.5"], "compose.scene.2": ["sleep:0.5"]})
    start(film)
    for key in ("script", "voice.1", "compose.scene.2"):
        site.wait(lambda key=key: key in film.calls(), what=key)  # type: ignore[misc]
        site.broker.flushall()
    site.wait_for_review(film)
    assert_whole(film, 3)
    assert film.calls("paid") == jobs_of_film(3)


def test_sweeps_heap_no_messages_up_while_no_worker_listens(site: Site) -> None:
    site.workers.kill()
    with site.messages as queues:
        queues.flushdb()
        films = [start(make_film()) for _ in range(5)]
        for film in films:
            orchestration.advance(film.pk)
        for _ in range(40):
            StepRun.objects.filter(status="queued").update(rung_at=None)
            sweeping.sweep(timezone.now() + sweeping.QUIET)
        assert (queues.llen("text"), queues.llen("default")) == (5, 5)
        queues.ltrim("text", 0, 1)  # three are lost
        StepRun.objects.filter(status="queued").update(rung_at=None)
        sweeping.sweep(timezone.now() + sweeping.QUIET)
        assert (queues.llen("text"), queues.llen("default")) == (5, 5)
    site.workers.start()
    for film in films:
        site.wait_for_review(film)
        assert_whole(film)
        assert film.calls() == jobs_of_film(2)


def test_a_worker_killed_in_every_step_costs_time_and_nothing_else(site: Site) -> None:
    film = make_film()
    film.direct({key: ["killonce*"] for key in STEPS})
    deaths = site.workers.deaths
    start(film)
    site.wait_for_review(film)
    assert_whole(film)
    assert film.calls("killed") == sorted(STEPS)
    assert site.workers.deaths - deaths == len(STEPS)
    assert film.calls("paid") == jobs_of_film(2)  # all died before they had an answer
    assert len(film.calls()) > len(jobs_of_film(2))


def test_a_worker_killed_between_answer_and_settlement_is_not_paid_again(site: Site) -> None:
    film = make_film()
    film.direct({"voice.0": ["die:before-settling"], "compose.film": ["die:before-the-spool-is-cleared"]})
    deaths = site.workers.deaths
    start(film)
    site.wait_for_review(film)
    assert site.workers.deaths - deaths == 2
    assert film.calls("paid").count("compose.film") == film.calls("paid").count("voice.0") == 1
    assert {run.status for run in film.runs()} == {"succeeded"}
    assert film.run("voice.0").attempt in {1, 2}  # another run may have been the one that died there


def test_a_worker_killed_between_commit_and_bell_is_healed_by_the_sweep(site: Site) -> None:
    film = make_film()
    film.direct({"script": ["die:before-the-bell"]})
    deaths = site.workers.deaths
    start(film)
    site.wait_for_review(film)
    assert site.workers.deaths - deaths == 1
    assert_whole(film)
    assert film.calls() == jobs_of_film(2)


def test_a_zombie_that_wakes_after_its_lease_changes_nothing_but_its_charge(site: Site) -> None:
    film = make_film()
    film.direct({"voice.1": ["stop"]})
    start(film)
    site.wait(lambda: film.calls("stopped") != [], what="a worker that sleeps")
    site.end_lease(film, "voice.1")
    site.wait_for_review(film)
    settled, spent_before = film.run("voice.1"), spent(film)
    assert settled.attempt == 2
    assert spent_before == Decimal("0.20")  # two answers, and a reservation that may have been billed
    stopped = film.calls("stopped")
    assert len(stopped) == 1
    os.kill(int(stopped[0].partition("=")[2]), signal.SIGCONT)
    site.wait(lambda: film.calls("paid").count("voice.1") == 2, what="the zombie's answer")
    site.wait(lambda: spent(film) == Decimal("0.15"), what="the zombie's charge")
    assert StepRun.objects.filter(pk=settled.pk).values().get() == StepRun.objects.filter(
        pk=settled.pk, token__isnull=True, attempt=2, finished_at=settled.finished_at
    ).values().get()  # fmt: skip
    site.wait(lambda: not spool.is_kept(settled), what="a clean spool")
    assert film.status == "in_review"
    assert_whole(film)


def test_a_step_that_kills_its_worker_every_time_ends_with_a_person(site: Site) -> None:
    film = make_film()
    film.direct({"voice.1": ["kill*"]})
    start(film)
    for death in range(1, 6):
        site.wait(lambda death=death: film.calls().count("voice.1") == death, what=f"death {death}")  # type: ignore[misc]
        site.end_lease(film, "voice.1")
    site.wait_for_person(film)
    event = film.event
    assert (film.status, event.reason) == ("needs_attention", "platform:worker-lost"), event.details
    assert "then retry" in event.message
    run = film.run("voice.1")
    assert (run.status, run.attempt) == ("failed", 5)
    assert film.calls().count("voice.1") == 5
    film.direct({})
    orchestration.retry(film.pk, actor_id=film.creator.pk)
    site.wait_for_review(film)
    assert film.calls("paid") == jobs_of_film(2)


def test_an_orderly_stop_finishes_the_step_and_loses_nothing(site: Site) -> None:
    film = make_film()
    film.direct({"script": ["sleep:1.5"]})
    start(film)
    site.wait_for_line(film, "script")
    site.workers.terminate()
    assert film.run("script").status == "succeeded"
    assert film.calls() == ["script"]
    site.workers.start()
    site.wait_for_review(film)
    assert {run.attempt for run in film.runs()} == {1}
    assert film.calls() == jobs_of_film(2)


def test_advancing_while_redis_is_gone_keeps_the_work_for_later(site: Site) -> None:
    film = make_film()
    film.direct({"script": ["sleep:1"]})
    start(film)
    site.wait_for_line(film, "script")
    redis_pid = site.servers.redis_pid
    site.kill_server(redis_pid)
    began = time.monotonic()
    other = start(make_film())
    assert orchestration.advance(other.pk) == "generating"
    assert time.monotonic() - began < 10  # one attempt to reach it, not one for every bell
    assert other.run("script").status == "queued"
    site.revive_servers(redis_pid)
    site.wait_for_review(film)
    site.wait_for_review(other)
    assert_whole(film)
    assert film.calls("paid") == other.calls("paid") == jobs_of_film(2)


def test_a_database_that_is_killed_in_the_middle_of_a_step_costs_no_answer(site: Site) -> None:
    film = make_film()
    film.direct({"script": ["sleep:1"], "voice.0": ["sleep:1"]})
    start(film)
    for key in ("script", "voice.0"):
        site.wait_for_line(film, key)
        site.kill_server(postgres_pid := site.servers.postgres_pid)
        site.revive_servers(postgres_pid)
        if key == "script":
            site.wait(lambda: "voice.0" in film.calls(), what="voice.0")
    site.wait_for_review(film)
    assert_whole(film)
    assert film.calls("paid") == jobs_of_film(2)
