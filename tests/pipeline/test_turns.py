"""Fair by creator: a bell serves whoever has waited longest for a turn, and everybody's work is done once."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from pipeline import orchestration, tasks, turns
from pipeline.claiming import claim
from pipeline.models import ContentProject, StepRun
from pipeline.turn_models import Turn
from studio.models import Creator
from tests.pipeline.films import Film, at_once, expire_leases, make_film, start

pytestmark = pytest.mark.usefixtures("quick")
CREATORS, GREEDY, OTHERS = 20, 620, 20  # 620 + 19 × 20 projects = 1,000


def make_projects(creator: Creator, count: int) -> None:
    """Projects at work whose script waits: what `start` and `advance` leave behind."""
    projects = ContentProject.objects.bulk_create(
        ContentProject(creator=creator, concept_prompt="Bees", age_group="8-10", status="generating")
        for _ in range(count)
    )
    StepRun.objects.bulk_create(
        StepRun(
            project=project,
            step="script",
            queue="text",
            fingerprint=uuid4().hex,
            inputs={"concept": "Bees", "key": "script"},
        )
        for project in projects
    )


def make_crowd() -> list[UUID]:
    """1,000 projects, most of them of one creator who came first; the bells in the order they were rung."""
    creators = [Creator.objects.create_user(f"creator-{number}@example.org") for number in range(CREATORS)]
    for creator in creators:
        make_projects(creator, GREEDY if creator is creators[0] else OTHERS)
    return list(StepRun.objects.order_by("created_at", "pk").values_list("pk", flat=True))


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Whose runs were claimed, in turn; the work itself takes no time."""
    order: list[UUID] = []

    def execute(run_id: UUID, **_: Any) -> bool:
        claimed = claim(run_id, now=timezone.now())
        if claimed is None:
            return False
        order.append(claimed.run.project.creator_id)
        StepRun.objects.filter(pk=run_id).update(status="succeeded", token=None, lease_until=None)
        return True

    monkeypatch.setattr(turns, "execute", execute)
    return order


@pytest.mark.django_db(transaction=True)
def test_a_thousand_projects_of_twenty_creators_are_served_in_turn_whoever_came_first(
    served: list[UUID],
) -> None:
    bells = make_crowd()
    assert all(turns.execute_next(bell) for bell in bells)
    for low in range(0, CREATORS * OTHERS, CREATORS):  # while all wait, each gets one of every twenty turns
        assert sorted(Counter(served[low : low + CREATORS]).values()) == [1] * CREATORS
    rest = served[CREATORS * OTHERS :]
    assert set(rest) == {served[0]}  # then there is nobody else
    assert len(rest) == GREEDY - OTHERS
    assert StepRun.objects.filter(status="succeeded", attempt=1).count() == len(bells) == 1000


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_share_the_queue_as_fairly_and_do_nothing_twice(served: list[UUID]) -> None:
    creators = [Creator.objects.create_user(f"creator-{number}@example.org") for number in range(5)]
    for creator in creators:
        make_projects(creator, 60 if creator is creators[0] else 12)
    bells = SimpleQueue[UUID]()
    for bell in StepRun.objects.order_by("created_at").values_list("pk", flat=True):
        bells.put(bell)

    def work(_: int) -> list[bool]:
        done = []
        with suppress(Empty):
            while True:
                done.append(turns.execute_next(bells.get_nowait()))
        return done

    answered = at_once(work, threads=4)
    assert [is_done for done in answered for is_done in done] == [True] * 108
    counts = Counter(served)
    assert counts == {creator.pk: 60 if creator is creators[0] else 12 for creator in creators}
    early = Counter(served[:50])  # nobody is ahead by more than the workers that choose at the same time
    assert max(early.values()) - min(early.values()) <= 4 + 4
    assert set(StepRun.objects.values_list("status", "attempt")) == {("succeeded", 1)}


@pytest.mark.django_db
def test_a_bell_that_serves_another_run_leaves_one_for_its_own() -> None:
    first, second = start(make_film()), start(make_film())
    for film in (first, second):
        orchestration.advance(film.pk)
    Turn.note(queue="text", creator_id=first.creator.pk, at=timezone.now())
    tasks.run_step(str(first.run("script").pk))
    assert (first.calls(), second.calls()) == ([], ["script"])
    tasks.run_step(str(second.run("script").pk))
    assert (first.calls(), second.calls()) == (["script"], ["script"])


@pytest.mark.django_db
def test_a_turn_counts_at_its_own_queue_only() -> None:
    films = [queued("script"), queued("script")]
    Turn.note(queue="render", creator_id=films[0].creator.pk, at=timezone.now())
    assert turns.choose(films[1].run("script").pk, now=timezone.now()) == films[0].run("script").pk


@pytest.mark.django_db
def test_what_is_not_due_or_nobodys_turn_is_passed_over() -> None:
    now = timezone.now()
    later, cancelled, lost = queued("script"), queued("script"), queued("script")
    StepRun.objects.filter(project=later.pk).update(status="waiting", not_before=now + timedelta(hours=1))
    bell = later.run("script").pk
    orchestration.cancel(cancelled.pk, actor_id=cancelled.creator.pk)
    claim(lost.run("script").pk, now=now)
    assert turns.choose(bell, now=now) is None
    assert turns.execute_next(bell) is False
    expire_leases(lost)
    assert turns.choose(bell, now=now) == lost.run("script").pk
    assert turns.choose(uuid4(), now=now) is None


def queued(key: str) -> Film:
    film = start(make_film())
    orchestration.advance(film.pk)
    assert film.run(key).status == "queued"
    return film
