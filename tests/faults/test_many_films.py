"""Many films by vendors, under random faults and kills: each ends with a person, each call in the ledger."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from pipeline import bell, budget, orchestration
from pipeline.models import Charge, ContentProject, StepRun
from studio.models import Creator
from tests.double import Call, Double
from tests.faults import vendor_steps, vendor_worker
from tests.faults.site import Site
from tests.pipeline import quick_steps
from tests.pipeline.films import make_film
from tests.pipeline.providers.vendors import PRICES

FILMS, WORKERS = 100, 3
LONGER, MOVING = 5, 10  # every fifth film has two scenes, every tenth a clip
PATIENCE = 340.0  # seconds until the test gives up
CLIPS, MODERATIONS = "/v1/clips", "/v1/moderations"
ROUTES = (  # and how many of their calls, at least, a film makes
    ("/v1/responses", 3), ("/v1/images/generations", 1), ("/v1/text-to-speech/{voice}/with-timestamps", 1),
    (MODERATIONS, vendor_steps.MODERATED), (CLIPS, 1),
)  # fmt: skip
MARKER = re.compile(r"film-[0-9a-f]{10} [a-z]+(?:\.[0-9])?")
# (share of calls, the fault); what is left goes well
FAULTS: tuple[tuple[float, dict[str, Any]], ...] = (
    (0.04, {"status": 500}),
    (0.04, {"status": 429, "headers": {"retry-after": "0"}}),
    (0.03, {"drop": "before"}),
    (0.02, {"drop": "body"}),
    (0.02, {"raw": b"{}"}),
    (0.01, {"delay": 6.0}),
    (0.01, {"status": 400, "body": {"error": {"code": "content_policy_violation"}}}),
)
REASONS = {
    "creator:content-refused", "platform:request-rejected", "platform:output-invalid",
    "platform:provider-down", "platform:worker-lost", budget.BudgetSpent.code,
}  # fmt: skip


class Crew:
    """Worker processes; one that was killed is started again."""

    def __init__(self, double: Double, prices: Path, environment: dict[str, str], log: Path) -> None:
        self._arguments = [sys.executable, "-m", "tests.faults.vendor_worker", double.url, str(prices)]
        self._environment, self._log = environment, log
        self.processes = [self._start() for _ in range(WORKERS)]

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._arguments, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill_one(self) -> None:
        victim = self.processes.pop(0)
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()
        self.processes.append(self._start())

    def stop(self) -> None:
        while self.processes:
            process = self.processes.pop()
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def double(site: Site, tmp_path: Path) -> Iterator[tuple[Double, Crew]]:
    site.workers.kill()  # the usual worker knows nothing of vendors
    random.seed(20261124)
    prices = tmp_path / "prices.toml"
    prices.write_text(PRICES)
    with Double() as running:
        for route, calls in ROUTES:
            for _ in range(FILMS * calls * 2):
                running.fail(route, **_draw())
        environment = site.workers.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
        crew = Crew(running, prices, environment, tmp_path / "workers.log")
        try:
            vendor_steps.install(limits=vendor_worker.LIMITS)
            vendor_worker.configure(running.url, str(prices))
            yield running, crew
        finally:
            crew.stop()
            if quick_steps.STAGE in os.environ:  # the site is still there, and other tests of it come
                quick_steps.install(limits=quick_steps.QUICK)


def _draw() -> dict[str, Any]:
    chance = random.random()
    for share, fault in FAULTS:
        if chance < share:
            return fault
        chance -= share
    return {}


def job_of(charge: Charge) -> str:
    assert charge.run is not None, "no film was deleted"
    return vendor_steps.marker(charge.run.inputs)


def asked_by(call: Call) -> str:
    """The marker of the job that made a call."""
    found = MARKER.search(call.body.decode())
    assert found is not None, call.route
    return found.group()


@pytest.mark.faults
@pytest.mark.timeout(460)
def test_every_film_ends_with_a_person_and_every_call_stands_in_the_ledger(
    double: tuple[Double, Crew],
) -> None:
    vendor, crew = double
    owner = Creator.objects.create_user("many@example.org")
    films = [
        make_film(
            scenes=1 if number % LONGER else 2,
            creator=owner,
            budget_cap=Decimal(1000),
            visual_config={"style": "auto" if number % MOVING else "clips"},
        )
        for number in range(FILMS)
    ]
    with bell.muted():
        for film in films:
            orchestration.start(film.pk, actor_id=owner.pk)
    deadline, next_kill = time.monotonic() + PATIENCE, time.monotonic() + 12
    mine = ContentProject.objects.filter(pk__in=[film.pk for film in films])
    while mine.filter(status="generating").exists():
        assert time.monotonic() < deadline, Counter(mine.values_list("status", flat=True))
        if time.monotonic() > next_kill:
            crew.kill_one()
            next_kill = time.monotonic() + 8
        connection.close()
        time.sleep(0.5)
    crew.stop()

    # Each film is whole, or names a reason that these faults can have.
    ends = Counter(mine.values_list("status", flat=True))
    assert set(ends) <= {"in_review", "needs_attention"}
    assert ends["in_review"] > FILMS / 2
    events = [film.event for film in films if film.status == "needs_attention"]
    assert {event.reason for event in events} <= REASONS
    # No cap was reached: a film is repaired three times by itself, then a person decides.
    stopped = [event.message for event in events if event.reason == budget.BudgetSpent.code]
    assert all(f"repaired {budget.MOST_REPAIRS} times" in message for message in stopped)
    assert not StepRun.objects.filter(project__in=mine, status="running", lease_until__lt=timezone.now())

    # What was billed stands in the ledger, job by job. A killed worker leaves its reservation, since nobody
    # knows whether its call had begun; every other call is there exactly once.
    billed = Counter(asked_by(call) for call in vendor.billed)
    settled: Counter[str] = Counter()
    unsettled: Counter[str] = Counter()
    attempts: Counter[str] = Counter()
    for charge in Charge.objects.filter(project__in=mine).select_related("run"):
        assert charge.run is not None
        job = vendor_steps.marker(charge.run.inputs)
        settled[job] += charge.usage.get("requests", 0)
        unsettled[job] += charge.cost is None and not charge.usage
        attempts[job] += 1
    assert set(billed) <= set(attempts)
    exact = [job for job in billed if not unsettled[job]]
    assert len(exact) > 0.9 * len(billed)
    assert {job: billed[job] for job in exact} == {job: settled[job] for job in exact}
    for job in set(billed) - set(exact):
        most = vendor_steps.MODERATED if is_moderation(job) else 1
        assert settled[job] <= billed[job] <= settled[job] + most * unsettled[job]

    # A job that had one attempt asked once, and once more only where a text could not be read.
    single = [job for job in billed if attempts[job] == 1 and not is_moderation(job)]
    assert [job for job in single if billed[job] > 2] == []
    # Of a moderation's calls an attempt that failed repeats one: the others' answers were kept.
    bodies: dict[str, set[bytes]] = {}
    for call in vendor.billed:
        if call.route == MODERATIONS:
            bodies.setdefault(asked_by(call), set()).add(call.body)
    assert len(bodies) > FILMS / 2
    assert [job for job in bodies if billed[job] - len(bodies[job]) > attempts[job] - 1] == []
    # A clip is one job of the vendor's, whatever became of the calls that asked for it.
    moving = [job for job in billed if job.endswith("clip.0")]
    assert len(moving) >= FILMS / MOVING / 2
    assert {billed[job] for job in moving} == {1}
    assert all(settled[job] == 1 for job in moving if not unsettled[job])


def is_moderation(job: str) -> bool:
    return job.endswith(" moderation")
