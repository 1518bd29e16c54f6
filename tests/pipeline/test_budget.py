"""Money: reserved before it is spent, three caps, and the ledger that remains."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from pipeline import bell, budget, circuit, orchestration, settling
from pipeline.claiming import claim
from pipeline.execution import execute
from pipeline.models import Charge, ContentProject, StepRun
from pipeline.providers.base import Usage
from tests.pipeline import quick_steps
from tests.pipeline.films import (
    Film,
    at_once,
    due_runs,
    expire_leases,
    finish,
    make_film,
    skip_pauses,
    start,
    work,
)
from tests.pipeline.quick_steps import configure_providers

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]
Ledger = list[tuple[Decimal, Decimal | None]]


@pytest.fixture(autouse=True)
def caps(settings: Settings) -> Settings:
    settings.PIPELINE_BUDGETS = {
        "project": Decimal(100),
        "creator_day": Decimal(100),
        "provider_day": Decimal(100),
    }
    return settings


def charges(film: Film, key: str) -> Ledger:
    """(reserved, cost) of every attempt of a job."""
    return list(Charge.objects.filter(run=film.run(key)).order_by("id").values_list("reserved", "cost"))


def begun(film: Film) -> Film:
    """A film whose script is written and whose other jobs are queued."""
    work(start(film), until=lambda: film.calls() == ["script"])
    return film


def test_the_worst_case_is_reserved_at_the_claim_and_replaced_by_the_cost() -> None:
    configure_providers(speech={"price": "0.25", "worst": "2"})
    film = begun(make_film())
    run = film.run("voice.0")
    assert claim(run.pk, now=timezone.now() - timedelta(minutes=5)) is not None
    assert charges(film, "voice.0") == [(Decimal(2), None)]
    work(film)
    charge = Charge.objects.get(run=film.run("voice.1"))
    assert (charge.reserved, charge.cost, charge.provider, charge.attempt) == (
        Decimal(2), Decimal("0.25"), "quick", 1,
    )  # fmt: skip
    assert charge.usage["requests"] == 1
    assert film.run("voice.1").cost == Decimal("0.25")


def test_a_killed_attempt_keeps_its_reservation() -> None:
    configure_providers(speech={"price": "0.25", "worst": "2"})
    film = begun(make_film())
    assert claim(film.run("voice.0").pk, now=timezone.now()) is not None
    expire_leases(film)
    finish(film)
    assert charges(film, "voice.0") == [(Decimal(2), None), (Decimal(2), Decimal("0.25"))]
    assert budget.spent(Charge.objects.filter(project=film.pk)) == Decimal("2.5")


def test_what_is_free_is_never_charged_and_never_stopped(caps: Settings) -> None:
    caps.PIPELINE_BUDGETS = dict.fromkeys(caps.PIPELINE_BUDGETS, Decimal(0))
    film = finish(make_film())
    assert not Charge.objects.filter(project=film.pk).exists()


@pytest.mark.parametrize(
    ("cap", "named"),
    [
        ("project", "this project"),
        ("creator_day", "this creator today"),
        ("provider_day", "the provider quick today"),
    ],
)
def test_each_cap_stops_what_would_pass_it_and_says_what_to_do(caps: Settings, cap: str, named: str) -> None:
    caps.PIPELINE_BUDGETS |= {cap: Decimal("3.50")}
    configure_providers(speech={"price": "1", "worst": "2"})
    film = start(make_film(scenes=4))
    assert work(film) == "needs_attention"
    voices = film.runs(step="voice")
    assert sorted(run.status for run in voices) == ["failed", "failed", "succeeded", "succeeded"]
    event = film.event
    assert event.reason == "budget:spent"
    assert event.message == (
        f"The cap for {named} is $3.50; $2.00 is spent or reserved and this step may cost $2.00."
        " Raise the cap, or wait until tomorrow (UTC) for a daily one, then retry."
    )
    assert {run.status for run in film.runs(step="visuals")} == {"succeeded"}  # free steps went on
    assert [run.attempt for run in voices if run.status == "failed"] == [0, 0]


def test_a_projects_own_cap_goes_before_the_general_one() -> None:
    configure_providers(speech={"price": "1", "worst": "2"})
    film = start(make_film(budget_cap=Decimal("1.99")))
    assert work(film) == "needs_attention"
    assert film.event.reason == "budget:spent"
    assert film.calls("paid") == ["quiz", "script", "visuals.0", "visuals.1"]


def test_a_raised_cap_and_a_retry_finish_the_film() -> None:
    configure_providers(speech={"price": "1", "worst": "2"})
    film = start(make_film(budget_cap=Decimal("2.50")))
    assert work(film) == "needs_attention"
    ContentProject.objects.filter(pk=film.pk).update(budget_cap=Decimal(10))
    with bell.muted():
        orchestration.retry(film.pk, actor_id=film.creator.pk)
    finish(film)
    assert film.calls("paid").count("voice.0") == film.calls("paid").count("voice.1") == 1


def test_daily_caps_forget_yesterday_and_do_not_mix_creators(caps: Settings) -> None:
    caps.PIPELINE_BUDGETS |= {"creator_day": Decimal(4)}
    configure_providers(speech={"price": "2", "worst": "2"})
    first = finish(make_film())
    other = finish(make_film())  # another creator
    assert other.status == "in_review"
    again = start(make_film(creator=first.creator))
    assert work(again) == "needs_attention"
    Charge.objects.filter(creator=first.creator).update(created_at=timezone.now() - timedelta(days=1))
    with bell.muted():
        orchestration.retry(again.pk, actor_id=first.creator.pk)
    finish(again)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("cap", ["project", "creator_day", "provider_day"])
def test_of_eight_claims_at_once_only_as_many_as_the_cap_allows_succeed(caps: Settings, cap: str) -> None:
    caps.PIPELINE_BUDGETS |= {cap: Decimal(5)}
    configure_providers(speech={"price": "1", "worst": "1"})
    first = begun(make_film(scenes=8))
    films = [first] * 8
    if (
        cap != "project"
    ):  # films of one creator share their day; claims of one film wait for each other anyway
        films = [first, *(begun(make_film(creator=first.creator)) for _ in range(7))]
    voices = [film.run(f"voice.{number if film is first else 0}").pk for number, film in enumerate(films)]
    barrier = threading.Barrier(8)

    def claim_together(number: int) -> bool:
        barrier.wait()
        return claim(voices[number], now=timezone.now()) is not None

    assert at_once(claim_together, threads=8).count(True) == 5
    assert budget.spent(Charge.objects.filter(creator=first.creator)) == Decimal(5)
    statuses = StepRun.objects.filter(pk__in=voices).values_list("status", flat=True)
    assert sorted(statuses) == ["failed"] * 3 + ["running"] * 5


def test_an_unknown_price_leaves_the_reservation_standing() -> None:
    configure_providers(speech={"worst": "2"})
    film = begun(make_film())
    claimed = claim(film.run("voice.0").pk, now=timezone.now())
    assert claimed is not None
    budget.settle(claimed.run, token=claimed.token, provider="quick", cost=None, usage={})
    assert charges(film, "voice.0") == [(Decimal(2), None)]
    assert budget.spent(Charge.objects.filter(project=film.pk)) == Decimal(2)


def test_a_cost_that_nobody_reserved_is_kept_all_the_same_and_once() -> None:
    configure_providers(speech={"price": "0.75"})
    film = finish(make_film())
    assert charges(film, "voice.0") == [(Decimal("0.75"), Decimal("0.75"))]
    run = film.run("voice.0")
    token = Charge.objects.get(run=run).token
    budget.settle(run, token=token, provider="quick", cost=Decimal("0.75"), usage={})
    assert charges(film, "voice.0") == [(Decimal("0.75"), Decimal("0.75"))]


def test_who_is_turned_away_at_the_door_pays_nothing() -> None:
    configure_providers(speech={"price": "0.25", "worst": "2"})
    film = make_film()
    film.direct({"voice.0": ["busy"] * 60})
    finish(film)
    assert charges(film, "voice.0") == [(Decimal(2), Decimal(0))] * 60 + [(Decimal(2), Decimal("0.25"))]
    assert budget.spent(Charge.objects.filter(project=film.pk)) == Decimal("0.5")


@pytest.mark.parametrize("word", ["quota", "auth"])
def test_a_spent_quota_costs_one_call_for_nothing_and_no_more(word: str) -> None:
    configure_providers(speech={"price": "0.25", "worst": "2"})
    film = start(make_film())
    film.direct({"voice.0": [word] * 60})
    work(film, until=lambda: len(film.runs(status="waiting")) == 2)
    for _ in range(5):
        skip_pauses(film)
        assert not any(execute(run) for run in due_runs(film) if StepRun.objects.get(pk=run).step == "voice")
    assert film.calls().count("voice.0") + film.calls().count("voice.1") == 1
    film.direct({})
    circuit.close("speech")
    finish(film)
    paid = charges(film, "voice.0") + charges(film, "voice.1")
    assert paid.count((Decimal(2), Decimal(0))) == 1
    assert paid.count((Decimal(2), Decimal("0.25"))) == 2


def test_an_unknown_price_is_a_line_in_the_ledger_that_no_cap_holds_back(
    monkeypatch: pytest.MonkeyPatch, caps: Settings
) -> None:
    caps.PIPELINE_BUDGETS = dict.fromkeys(caps.PIPELINE_BUDGETS, Decimal(0))
    monkeypatch.setattr(quick_steps.QuickProvider, "worst_case", lambda self, inputs: None)
    film = begun(make_film())
    run = film.run("voice.0")
    claimed = claim(run.pk, now=timezone.now())
    assert claimed is not None
    assert charges(film, "voice.0") == [(Decimal(0), None)]
    budget.settle(claimed.run, token=claimed.token, provider="quick", cost=None, usage={"requests": 1})
    assert Charge.objects.get(run=run).usage == {"requests": 1}
    assert budget.spent(Charge.objects.filter(run=run)) == Decimal(0)


def test_a_call_that_failed_without_a_word_about_its_price_may_have_been_billed() -> None:
    configure_providers(speech={"price": "0.25", "worst": "2"})
    film = make_film()
    film.direct({"voice.0": ["down"]})
    finish(film)
    assert charges(film, "voice.0") == [(Decimal(2), None), (Decimal(2), Decimal("0.25"))]


def test_a_vendors_job_that_is_polled_is_reserved_once_and_replaced_by_its_cost() -> None:
    configure_providers(speech={"price": "0.25", "worst": "2"})
    film = make_film()
    film.direct({"voice.0": ["wait:job-7"] * 60})
    finish(film)
    assert charges(film, "voice.0") == [(Decimal(2), Decimal("0.25"))]


def test_a_rate_limit_while_polling_does_not_give_the_reservation_back() -> None:
    configure_providers(speech={"price": "0.25", "worst": "2"})
    film = begun(make_film())
    film.direct({"voice.0": ["wait:job-7", "busy"]})
    run = film.run("voice.0")
    for _ in range(2):
        skip_pauses(film)
        assert execute(run.pk)
    assert charges(film, "voice.0") == [(Decimal(2), None)]
    finish(film)
    assert charges(film, "voice.0") == [(Decimal(2), Decimal("0.25"))]


def test_an_answer_found_in_the_spool_is_charged_once_to_the_attempt_that_got_it(
    monkeypatch: pytest.MonkeyPatch, caps: Settings
) -> None:
    configure_providers(speech={"price": "0.25", "worst": "2"})
    film = begun(make_film())
    run = film.run("voice.0")

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(settling, "settle", die)
        with pytest.raises(Killed):
            execute(run.pk)
    caps.PIPELINE_BUDGETS |= {"project": Decimal(2)}  # spent, but the answer is there
    expire_leases(film)
    assert run.pk in due_runs(film)
    assert execute(run.pk)
    assert StepRun.objects.get(pk=run.pk).status == "succeeded"
    assert charges(film, "voice.0") == [(Decimal(2), Decimal("0.25"))]
    assert film.calls("paid").count("voice.0") == 1


def test_a_film_repairs_itself_three_times_and_then_asks_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    configure_providers(speech={"price": "0", "worst": "2"})
    paid = Usage(requests=1, cost=Decimal("0.01"))
    monkeypatch.setattr(quick_steps, "USAGE_OF_ERRORS", paid)
    monkeypatch.setattr(quick_steps.QuickProvider, "typical_cost", lambda self: Decimal(1))
    film = start(make_film(scenes=4))
    film.direct({f"voice.{number}": ["invalid"] for number in range(4)})
    assert work(film) == "needs_attention"
    assert film.event.reason == "budget:spent"
    assert film.event.message == (
        "The provider says invalid. This film has been repaired 3 times by itself. Look at it, then retry."
    )
    with bell.muted():
        orchestration.retry(film.pk, actor_id=film.creator.pk)
    finish(film)


def test_a_film_repairs_itself_up_to_twice_its_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    configure_providers(speech={"price": "0.10", "worst": "2"})
    monkeypatch.setattr(quick_steps, "USAGE_OF_ERRORS", Usage(requests=1, cost=Decimal(9)))
    film = start(make_film())
    estimate = Decimal(film.event.details["estimate"])
    film.direct({"voice.0": ["invalid"]})
    assert work(film) == "needs_attention"
    assert film.event.reason == "budget:spent"
    assert f"estimated at ${estimate:.2f}" in film.event.message
