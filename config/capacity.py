"""How much of what for so many children: from unit costs that were measured, and habits that are said. Pure.

Costs come from `python -m benchmarks.feed --json`: processor milliseconds of a kept page, of an uncached
one and of an answer. A playback's report is taken to cost as much as an answer: it writes fewer rows. Habits
are assumptions, each an option of `manage.py capacity`; nobody has measured them yet.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

API_CPU, API_POOL = 0.5, 4  # of a pod (deploy/kubernetes): processors it may use, connections
HEADROOM = 0.65  # the load at which autoscaling adds a pod
OTHER_CONNECTIONS = 60  # workers, beat, people
NEEDED = ("cached_cpu_ms", "cold_cpu_ms", "submit_cpu_ms")
ANSWER_BYTES = 400  # a row of quiz_responses with its indexes and its key in the ledger


class CostMissing(Exception):
    """The measurement does not hold what is needed."""


@dataclass(frozen=True)
class Habits:
    children: int
    active_share: float = 0.3  # of them, on a day
    cards: float = 12  # films a child sees a day
    answers: float = 24
    peak_share: float = 0.2  # of a day's work, in its busiest hour
    film_mb: float = 6.0  # streamed a film
    films: int = 1000
    film_stored_mb: float = 60.0  # all rungs of a film


@dataclass(frozen=True)
class Line:
    part: str
    amount: float
    unit: str
    comes_from: str


def one_of_each(costs: Mapping[str, float], habits: Habits) -> list[Line]:
    """What one processor does in an hour, and what one child takes. Raises CostMissing.

    `cpu_seconds`, where it is given, is a film's making as `benchmarks.render` measures it.
    """
    _demand(costs)
    film = view_ms(costs, habits)
    lines = [
        Line("web", 3_600_000 / film, "films an hour", "seen by children, of one processor at full load"),
        Line(
            "web",
            3_600_000 * HEADROOM / (film * habits.cards * habits.peak_share),
            "children a day",
            f"active, of one processor at {HEADROOM:.0%} in the busiest hour",
        ),
    ]
    if costs.get("cpu_seconds", 0) > 0:
        lines.append(
            Line("render", 3600 / costs["cpu_seconds"], "films an hour", "made offline, a processor")
        )
    return [
        *lines,
        Line("child", habits.answers * ANSWER_BYTES / 1000, "kB a day", "kept: answers with their keys"),
        Line("child", habits.cards * habits.film_mb, "MB a day", "streamed"),
    ]


def view_ms(costs: Mapping[str, float], habits: Habits) -> float:
    """Milliseconds of a web processor for one film seen: its pages, its report, its answers."""
    answers = habits.answers / habits.cards
    return costs["cached_cpu_ms"] + costs["cold_cpu_ms"] + (1 + answers) * costs["submit_cpu_ms"]


def _demand(costs: Mapping[str, float]) -> None:
    missing = [name for name in NEEDED if not costs.get(name, 0) > 0]
    if missing:
        raise CostMissing(", ".join(missing))


def plan(costs: Mapping[str, float], habits: Habits) -> list[Line]:
    """The sheet. Raises CostMissing."""
    _demand(costs)
    active = habits.children * habits.active_share
    hour = habits.peak_share / 3600  # of a day's amount, a second
    answers, playbacks = active * habits.answers * hour, active * habits.cards * hour
    # Every finished film or answer of a card makes the next page new; the pages between are kept.
    cold = active * habits.cards * hour
    kept = active * habits.cards * hour
    cpu = (
        kept * costs["cached_cpu_ms"]
        + cold * costs["cold_cpu_ms"]
        + (answers + playbacks) * costs["submit_cpu_ms"]
    ) / 1000
    pods = max(2, math.ceil(cpu / (API_CPU * HEADROOM)))
    year = active * habits.answers * 365
    egress = active * habits.cards * habits.film_mb * hour * 8 / 1000
    return [
        Line("requests", kept + cold + answers + playbacks, "a second", "habits, busiest hour"),
        Line("web", cpu, "processors", "measured milliseconds × requests"),
        Line("web", pods, "pods", f"of {API_CPU} processors at {HEADROOM:.0%}"),
        Line(
            "database", pods * API_POOL + OTHER_CONNECTIONS, "connections", f"{API_POOL} a pod, and the rest"
        ),
        Line("database", year * ANSWER_BYTES / 1e9, "GB a year", "answers, before backups"),
        Line("storage", habits.films * habits.film_stored_mb / 1000, "GB", "films × all rungs"),
        Line("CDN", egress, "Gbit a second", "films × bytes, busiest hour"),
        Line("CDN", active * habits.cards * habits.film_mb * 30 / 1e6, "TB a month", "films × bytes"),
    ]
