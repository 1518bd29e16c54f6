"""The claim: one worker, one lease, one attempt counted, before anything is done."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from pipeline import bell, orchestration, providers
from pipeline.claiming import WORKER_LOST, claim
from pipeline.models import Charge, ContentProject, StepRun
from pipeline.planning import plan
from tests.pipeline.conftest import Bells
from tests.pipeline.films import Film, at_once, expire_leases, make_film, start, work
from tests.pipeline.quick_steps import configure_providers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


@pytest.fixture
def script(quick: Bells) -> StepRun:
    """A queued run of a film at work."""
    film = start(make_film())
    orchestration.advance(film.pk)
    return film.run("script")


def test_a_claim_gives_a_token_and_a_lease_and_counts_the_attempt(script: StepRun) -> None:
    now = timezone.now()
    claimed = claim(script.pk, now=now)
    assert claimed is not None
    run = StepRun.objects.get(pk=script.pk)
    assert (run.status, run.attempt, run.token, run.started_at) == ("running", 1, claimed.token, now)
    assert run.lease_until == now + timedelta(seconds=30)


def test_a_run_under_a_lease_cannot_be_claimed_and_one_whose_lease_ended_can(script: StepRun) -> None:
    now = timezone.now()
    first = claim(script.pk, now=now)
    assert claim(script.pk, now=now + timedelta(seconds=30)) is None
    second = claim(script.pk, now=now + timedelta(seconds=31))
    assert first is not None
    assert second is not None
    assert second.token != first.token
    assert second.run.attempt == 2


def test_a_waiting_run_can_be_claimed_when_it_is_due(script: StepRun) -> None:
    now = timezone.now()
    StepRun.objects.filter(pk=script.pk).update(status="waiting", not_before=now + timedelta(seconds=5))
    assert claim(script.pk, now=now) is None
    assert claim(script.pk, now=now + timedelta(seconds=5)) is not None


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
def test_a_run_that_has_ended_cannot_be_claimed(script: StepRun, status: str) -> None:
    StepRun.objects.filter(pk=script.pk).update(status=status)
    assert claim(script.pk, now=timezone.now()) is None
    assert StepRun.objects.get(pk=script.pk).attempt == 0


def test_nothing_is_begun_while_it_is_a_persons_turn(script: StepRun) -> None:
    ContentProject.objects.filter(pk=script.project_id).update(status="needs_attention")
    assert claim(script.pk, now=timezone.now()) is None
    assert StepRun.objects.get(pk=script.pk).status == "queued"


def test_a_run_whose_workers_never_came_back_fails_after_five_attempts(script: StepRun, quick: Bells) -> None:
    now = timezone.now()
    for _ in range(5):
        assert claim(script.pk, now=now) is not None
        now += timedelta(seconds=31)
    quick.forget()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "on_commit", lambda function: function())
        assert claim(script.pk, now=now) is None
    run = StepRun.objects.get(pk=script.pk)
    assert (run.status, run.error_id, run.token, run.lease_until) == ("failed", WORKER_LOST, None, None)
    assert "then retry" in run.error_message
    assert quick.of("advance") == [str(script.project_id)]


def test_a_provider_that_is_not_configured_fails_the_run_and_is_raised(script: StepRun) -> None:
    providers.configure({})
    with pytest.raises(KeyError, match="'text'"):
        claim(script.pk, now=timezone.now())
    run = StepRun.objects.get(pk=script.pk)
    assert (run.status, run.error_id) == ("failed", "platform:unexpected")


@pytest.mark.django_db(transaction=True)
def test_of_eight_workers_one_gets_the_run(script: StepRun) -> None:
    now = timezone.now()
    claims = at_once(lambda _: claim(script.pk, now=now), threads=8)
    assert len([claimed for claimed in claims if claimed is not None]) == 1
    assert StepRun.objects.get(pk=script.pk).attempt == 1


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_reserves_money_never_waits_in_a_circle_with_advance(quick: Bells) -> None:
    """Both lock the project first. The other way round PostgreSQL ends one of them with a deadlock."""
    configure_providers(text={"worst": "0.01"})
    film = start(make_film())
    with bell.muted():
        orchestration.advance(film.pk)
    run, is_locked, errors = film.run("script"), threading.Event(), []

    def hold_project_then_want_run() -> None:
        try:
            with transaction.atomic():
                ContentProject.objects.select_for_update().get(pk=film.pk)
                is_locked.set()
                wait_until_blocked()
                StepRun.objects.filter(pk=run.pk).update(rung_at=timezone.now())
        except Exception as error:
            errors.append(error)
            raise
        finally:
            connection.close()

    other = threading.Thread(target=hold_project_then_want_run)
    other.start()
    assert is_locked.wait(5)
    claimed = claim(run.pk, now=timezone.now())
    other.join()
    assert errors == []
    assert claimed is not None
    assert Charge.objects.filter(run=run).count() == 1


def wait_until_blocked() -> None:
    """Until another session of this database waits for a lock."""
    query = """SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database()"""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(query)
            row: Any = cursor.fetchone()
            if row[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("Nobody waits.")


def test_an_answer_that_was_kept_is_settled_even_when_the_attempts_are_spent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline import settling  # noqa: PLC0415

    film = start(make_film())
    film_script = kill_before_settlement(film, monkeypatch, settling)
    StepRun.objects.filter(pk=film_script.pk).update(attempt=settings.PIPELINE_ATTEMPTS)
    expire_leases(film)
    work(film, until=lambda: plan(film.project).script_run is not None)
    assert film.calls() == ["script"]
    assert film.run("script").status == "succeeded"


def kill_before_settlement(film: Film, monkeypatch: pytest.MonkeyPatch, settling: Any) -> StepRun:
    """The worker of the script dies when its answer is kept and not yet settled."""

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    from pipeline.execution import execute  # noqa: PLC0415

    with bell.muted():
        orchestration.advance(film.pk)
    run = film.run("script")
    with monkeypatch.context() as patch:
        patch.setattr(settling, "settle", die)
        with pytest.raises(Killed):
            execute(run.pk)
    return run
