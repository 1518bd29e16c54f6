"""What ordering a feed costs: processor time of `rank` for 500 candidates, beside fixed work of numpy's.

Milliseconds differ from machine to machine and with what runs beside; the ratio to a million
powers, taken in turn, differs little.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np

from feed.ranking import Candidate, Profile, rank
from quizzes.ability import Ability
from quizzes.memory import Memory

CANDIDATES, PAGE = 500, 100  # every second concept was met before; a stored order holds a hundred cards
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ROUNDS = 41


def measure_ranking(*, rounds: int = ROUNDS) -> dict[str, float]:
    """`rank_cpu_ms` and `rank_times_reference`: medians over rounds, after one that warms up."""
    random = np.random.default_rng(500)
    films = [_candidate(number, random) for number in range(CANDIDATES)]
    memories = {film.concept_id: _memory(random) for film in films[::2] if film.concept_id}
    profile = Profile(Ability(5.0))
    numbers = random.uniform(0.5, 1.5, 20_000)

    def order() -> None:
        if len(rank(films, memories, profile, NOW, PAGE)) != PAGE:
            raise AssertionError("the order has too few cards to stand for a real one")

    def reference() -> None:
        for _ in range(50):
            np.power(numbers, -0.15)

    taken = [(_cpu_ms(order), _cpu_ms(reference)) for _ in range(rounds + 1)][1:]
    return {
        "rank_cpu_ms": statistics.median(ranking for ranking, _ in taken),
        "rank_times_reference": statistics.median(ranking / other for ranking, other in taken),
    }


def _cpu_ms(work: Callable[[], None]) -> float:
    started = time.process_time_ns()
    work()
    return (time.process_time_ns() - started) / 1e6


def _candidate(number: int, random: np.random.Generator) -> Candidate:
    impressions = int(random.integers(0, 5000))
    return Candidate(
        video_id=UUID(int=number + 1),
        concept_id=UUID(int=10_000 + number),
        topic_id=number % 16,
        duration_seconds=int(random.integers(45, 91)),
        difficulty=float(random.integers(1, 11)),
        impressions=impressions,
        completions=int(random.binomial(impressions, 0.7)),
        requires=(UUID(int=10_000 + number - 1),) if number % 16 else (),
    )


def _memory(random: np.random.Generator) -> Memory:
    return Memory(
        known=float(random.uniform(0.3, 1)),
        stability=float(random.uniform(1, 60)),
        difficulty=float(random.uniform(1, 10)),
        reviewed_at=NOW - timedelta(days=float(random.uniform(1, 40))),
    )
