"""Films of quick steps: made, driven and looked at the way the tests of the machine need it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from pipeline import bell, circuit, orchestration
from pipeline.execution import execute
from pipeline.models import ContentProject, ProjectEvent, StepRun
from studio.models import Creator
from tests.pipeline import quick_steps


@dataclass(frozen=True)
class Film:
    """A project whose jobs are quick steps; `concept` names its folder on the stage."""

    pk: UUID
    concept: str
    creator: Creator

    @property
    def project(self) -> ContentProject:
        return ContentProject.objects.get(pk=self.pk)

    @property
    def status(self) -> str:
        return self.project.status

    @property
    def event(self) -> ProjectEvent:
        event = self.project.last_event
        assert event is not None
        return event

    def run(self, key: str) -> StepRun:
        """The newest run of a job: "script", "voice.1", "compose.scene.0"."""
        return StepRun.objects.filter(project=self.pk, inputs__key=key).latest("created_at")

    def runs(self, **filters: Any) -> list[StepRun]:
        return list(StepRun.objects.filter(project=self.pk, **filters).order_by("created_at"))

    def direct(self, plan: Mapping[str, Sequence[str]]) -> None:
        quick_steps.direct(self.concept, plan)

    def calls(self, word: str = "call") -> list[str]:
        return sorted(quick_steps.ledger(self.concept, word))

    def calls_since(self, before: Sequence[str]) -> list[str]:
        """The calls that were made since `calls()` gave `before`."""
        return sorted((Counter(self.calls()) - Counter(before)).elements())


def make_film(*, scenes: int = 2, creator: Creator | None = None, **columns: Any) -> Film:
    """A draft of so many scenes."""
    owner = creator or Creator.objects.create_user(f"{uuid4().hex}@example.org")
    concept = f"film-{uuid4().hex[:10]}"
    project = ContentProject.objects.create(
        creator=owner,
        concept_prompt=concept,
        age_group="8-10",
        source_notes="\n".join(f"Sentence {number} is true." for number in range(scenes)),
        updated_at=timezone.now(),
        **columns,
    )
    return Film(project.pk, concept, owner)


def start(film: Film) -> Film:
    orchestration.start(film.pk, actor_id=film.creator.pk)
    return film


def due_runs(film: Film) -> list[UUID]:
    """What a worker could take now."""
    now = timezone.now()
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    free = Q(status__in=["queued", "waiting"]) & due
    runs = StepRun.objects.filter(free | Q(status="running", lease_until__lt=now), project=film.pk)
    return list(runs.order_by("created_at").values_list("pk", flat=True))


def skip_pauses(film: Film) -> None:
    """Time passes: whatever waits is due now, and a circuit that opened for a while is closed again."""
    for alias in ("text", "image", "speech"):
        opening = circuit.find_opening(alias, now=timezone.now())
        if opening is not None and opening.until is not None:
            circuit.close(alias)
    StepRun.objects.filter(project=film.pk, status="waiting").update(not_before=None)


def expire_leases(film: Film) -> None:
    """Time passes: whoever works has lost its lease."""
    long_ago = timezone.now() - timedelta(hours=1)
    StepRun.objects.filter(project=film.pk, status="running").update(lease_until=long_ago)


def work(film: Film, *, until: Callable[[], bool] = lambda: False, rounds: int = 100) -> str:
    """One patient worker in this thread, for whom pauses are over at once; returns the status."""
    with bell.muted():
        for _ in range(rounds):
            status = orchestration.advance(film.pk)
            if status != ContentProject.Status.GENERATING or until():
                return status
            skip_pauses(film)
            due = due_runs(film)
            if not due:
                return status
            for run_id in due:
                execute(run_id)
    raise AssertionError("The film is not done after many rounds.")


def finish(film: Film) -> Film:
    """A film of which everything is made and that waits for review."""
    if film.status == ContentProject.Status.DRAFT:
        start(film)
    assert work(film) == ContentProject.Status.IN_REVIEW
    return film


def at_once[T](work_of_one: Callable[[int], T], *, threads: int) -> list[T]:
    """The same work in several threads at once, each with its own database connection."""

    def in_thread(number: int) -> T:
        try:
            with bell.muted():
                return work_of_one(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(in_thread, range(threads)))
