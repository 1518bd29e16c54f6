"""After certain failures nobody calls: projects wait and say why, a fallback stands in, a probe ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from pipeline import circuit, members, providers
from pipeline.execution import execute
from pipeline.models import StepRun
from tests.caches import GONE, caches_at
from tests.pipeline import quick_steps
from tests.pipeline.conftest import Bells
from tests.pipeline.films import due_runs, finish, make_film, skip_pauses, start, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]

FAILURE: dict[str, Any] = {"kind": "quota", "code": "platform:quota-spent", "message": "The credit is spent."}
TROUBLE: dict[str, Any] = {
    "kind": "transient",
    "code": "platform:provider-down",
    "message": "It has trouble.",
}


def note(alias: str, failure: dict[str, Any], *, times: int = 1) -> None:
    for _ in range(times):
        circuit.note_failure(alias, **failure, now=timezone.now())


def test_a_spent_quota_stops_every_project_and_fails_none() -> None:
    first, second = start(make_film()), start(make_film())
    first.direct({"voice.0": ["quota*"], "voice.1": ["quota*"]})
    work(first, until=lambda: bool(first.runs(step="voice", status="waiting")))
    work(second, until=lambda: len(second.runs(step="voice", status="waiting")) == 2)
    assert second.status == "generating"
    assert second.calls().count("voice.0") == second.calls().count("voice.1") == 0
    waiting = second.runs(step="voice")
    assert {(run.attempt, run.error_id, run.error_message) for run in waiting} == {
        (0, "platform:quota-spent", "The provider says quota.")
    }
    assert {run.status for run in second.runs(step="visuals")} == {"succeeded"}
    first.direct({})
    circuit.close("speech")
    finish(first)
    finish(second)
    assert second.run("voice.0").busy_since is None


def test_one_probe_an_hour_finds_out_that_the_circuit_may_close() -> None:
    film = start(make_film(scenes=3))
    work(film, until=lambda: "script" in film.calls("paid"))
    note("speech", FAILURE)
    work(film, until=lambda: len(film.runs(step="voice", status="waiting")) == 3)
    assert not [key for key in film.calls() if key.startswith("voice")]
    cache.delete("circuit:speech:probe")  # an hour has passed
    skip_pauses(film)
    voices = [run.pk for run in film.runs(step="voice")]
    assert [execute(run) for run in voices] == [True, True, True]  # the first closed it for the others
    assert circuit.find_opening("speech", now=timezone.now()) is None


def test_a_probe_that_fails_leaves_the_circuit_open_for_another_hour() -> None:
    film = start(make_film(scenes=3))
    film.direct({f"voice.{number}": ["auth*"] for number in range(3)})
    work(film, until=lambda: "script" in film.calls("paid"))
    note("speech", FAILURE)
    cache.delete("circuit:speech:probe")
    skip_pauses(film)
    assert sum(execute(run.pk) for run in film.runs(step="voice")) == 1
    opening = circuit.find_opening("speech", now=timezone.now())
    assert opening is not None
    assert opening.kind == "auth"


def test_a_day_of_waiting_needs_a_person() -> None:
    film = start(make_film())
    note("text", FAILURE)
    work(film, until=lambda: bool(film.runs(status="waiting")))
    StepRun.objects.filter(project=film.pk).update(busy_since=timezone.now() - timedelta(hours=25))
    assert work(film) == "needs_attention"
    assert (film.event.reason, film.event.message) == ("platform:quota-spent", "The credit is spent.")
    assert film.calls() == []


def test_five_transient_failures_in_a_minute_open_it_for_a_minute_then_for_two() -> None:
    now = timezone.now()
    note("image", TROUBLE, times=4)
    assert circuit.find_opening("image", now=now) is None
    for minutes in (1, 2, 4, 8, 15, 15):
        cache.delete("circuit:image:failures")
        cache.delete("circuit:image:open")
        note("image", TROUBLE, times=5)
        opening = circuit.find_opening("image", now=timezone.now())
        assert opening is not None
        assert opening.until is not None
        assert round((opening.until - timezone.now()).total_seconds() / 60) == minutes
        assert circuit.find_opening("image", now=opening.until) is None
    circuit.close("image")


def test_other_failures_open_nothing() -> None:
    for kind in ("rate_limited", "refused", "truncated", "bad_output", "bad_request", "unsupported"):
        note("image", {**TROUBLE, "kind": kind}, times=9)
    assert circuit.find_opening("image", now=timezone.now()) is None


def test_without_the_cache_the_circuit_is_closed(settings: Settings) -> None:
    settings.CACHES = caches_at(GONE, settings.CACHES)
    note("speech", FAILURE)
    assert circuit.find_opening("speech", now=timezone.now()) is None
    finish(make_film())


@pytest.fixture
def fallback(quick: Bells) -> None:
    backend = f"{quick_steps.QuickProvider.__module__}.{quick_steps.QuickProvider.__qualname__}"
    entry = {"BACKEND": backend, "OPTIONS": {}}
    providers.configure(
        {
            "text": entry,
            "image": entry,
            "speech": {**entry, "FALLBACK": "speech-fallback"},
            "speech-fallback": {"BACKEND": backend, "OPTIONS": {"name": "standby", "model": "2"}},
        }
    )


@pytest.mark.usefixtures("fallback")
def test_a_fallback_stands_in_for_a_spent_quota_and_is_named() -> None:
    film = make_film()
    film.direct({"voice.0": ["quota"]})
    finish(film)
    voices = film.runs(step="voice")
    assert {run.provider for run in voices} == {"standby"}
    assert {tuple((run.output or {})["fallbacks"]) for run in voices} == {
        ("speech: made by standby (2), because the usual provider is out of order",)
    }
    assert film.calls().count("voice.0") == 2
    circuit.close("speech")


@pytest.mark.usefixtures("fallback")
def test_trouble_that_passes_by_itself_is_waited_for_in_spite_of_a_fallback() -> None:
    film = start(make_film())
    work(film, until=lambda: "script" in film.calls("paid"))
    note("speech", TROUBLE, times=5)
    with pytest.raises(members.CircuitOpen):
        members.choose("speech", now=timezone.now())
    assert [execute(run) for run in due_runs(film) if StepRun.objects.get(pk=run).step == "voice"] == [
        False,
        False,
    ]


def test_an_operator_sees_and_closes_a_circuit(capsys: pytest.CaptureFixture[str]) -> None:
    note("speech", FAILURE)
    call_command("circuits")
    assert (
        "speech      open until closed: The credit is spent. (platform:quota-spent)"
        in capsys.readouterr().out
    )
    call_command("circuits", "--close", "speech")
    assert circuit.find_opening("speech", now=timezone.now()) is None
    call_command("circuits")
    assert "open" not in capsys.readouterr().out.replace("speech      closed", "")
