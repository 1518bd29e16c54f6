"""Which figures of the benchmark must not fall below what (06, 5.5), and what is beyond its gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Of the whole run: reported seeds, all learners, all worlds.
FLOORS = {
    "mean_of_oracle": 0.70,
    "worst_of_oracle": 0.62,
    "times_popularity": 1.9,
    "day30_times_popularity": 1.5,
    "times_best_due": 1.05,
    "times_leitner": 1.15,
}
# Of the quick one: one development seed and sixteen learners, so each leaves room for chance. It notices
# a feed that has lost a part, not a tenth of one.
QUICK_FLOORS = {
    "mean_of_oracle": 0.62,
    "worst_of_oracle": 0.50,
    "times_popularity": 1.65,
    "day30_times_popularity": 1.3,
    "times_leitner": 1.0,
}
MOST_RANK_CPU_MS = 8.0


def find_beyond(summary: Mapping[str, Any], floors: Mapping[str, float]) -> list[str]:
    """A sentence for every figure beyond its gate; a floor whose figure was not measured is not judged.

    A film shown to an age that it does not suit is beyond every gate, whatever else was measured.
    """
    beyond = [
        f"{name} is {summary[name]:.3f}; at least {floor:g}"
        for name, floor in floors.items()
        if name in summary and summary[name] < floor
    ]
    violations = sum(
        policy["age_violations"] for world in summary["worlds"].values() for policy in world.values()
    )
    if violations:
        beyond.append(f"{violations} cards were shown to an age that they do not suit; none may be")
    if summary.get("rank_cpu_ms", 0.0) > MOST_RANK_CPU_MS:
        beyond.append(f"rank_cpu_ms is {summary['rank_cpu_ms']:.1f}; at most {MOST_RANK_CPU_MS:g}")
    return beyond
