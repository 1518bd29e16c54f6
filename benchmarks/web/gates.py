"""What must hold (chapter 09, section 1.6), and what would be better. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

# name → (gate, goal, whether more is better); None: no gate, it is shown beside its goal
GATES: dict[str, tuple[float | None, float, bool]] = {
    "floor_to_trivial": (0.50, 0.70, True),
    "plain_to_floor": (0.55, 0.70, True),
    "drf_to_floor": (0.40, 0.60, True),
    "topics_to_floor": (None, 0.90, True),
    "p99_to_p50": (4.0, 2.5, False),
    "drf_cpu_to_floor": (3.2, 2.0, False),
    "encode_to_serializer": (0.02, 0.004, False),
    "redis_read_to_django": (0.5, 0.25, False),
    "builds_an_expired_key": (1.1, 1.0, False),
    "prepared_to_simple": (1.8, 2.5, True),
    "prepared_to_simple_feed": (None, 2.5, True),
    "partition_insert_rate": (0.8, 1.0, True),
    "partition_learner_time": (2.0, 1.2, False),
    "partitions_of_a_year": (1, 1, False),
    "drop_year_seconds": (1.0, 0.2, False),
    "observing_us": (250, 150, False),
    "crowd_cpu": (1.2, 1.1, False),
    "crowd_p50": (None, 1.2, False),
    "memory_mb": (180, 140, False),
    "memory_growth": (0.05, 0.01, False),
}


class Writes(Protocol):
    def write(self, text: str, /) -> object: ...


def is_reached(value: float, bound: float, *, more: bool) -> bool:
    return value >= bound if more else value <= bound


def failures(result: Mapping[str, Any]) -> list[str]:
    """Names of figures beyond their gates; one that is missing is beyond it."""
    return [
        name
        for name, (gate, _, more) in GATES.items()
        if gate is not None and (name not in result or not is_reached(result[name], gate, more=more))
    ]


def show(result: Mapping[str, Any], out: Writes) -> None:
    wrong = failures(result)
    for name, (gate, goal, more) in GATES.items():
        sign = "≥" if more else "≤"
        verdict = "FAIL" if name in wrong else "goal" if is_reached(result[name], goal, more=more) else "pass"
        bound = "–" if gate is None else f"{sign} {gate:g}"
        out.write(f"  {name:<24} {result[name]:>9}   gate {bound:<8} goal {sign} {goal:<6g} {verdict}\n")
