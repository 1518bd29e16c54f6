"""Which policies there are, one month of each in one world, and what several months come to."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from benchmarks.learning.oracle import Oracle
from benchmarks.learning.people import Cohort, draw_cohort
from benchmarks.learning.policies import Chance, Engagement, Fsrs, Leitner, Newest, Popularity, SuperMemo2
from benchmarks.learning.project import DEFAULTS, Fitted, Parts, Project
from benchmarks.learning.session import Month, Policy, live_month
from benchmarks.learning.worlds import Memories, make_world

type Maker = Callable[[Cohort, Memories], Policy]

BURN_IN_SEED = 9001
OURS, ORACLE, POPULARITY = "ours", "oracle", "popularity"


def _due(kind: Callable[..., Policy], *, recall: bool, **options: float) -> Maker:
    return lambda cohort, _world: kind(cohort, with_recall_cards=recall, **options)


BASELINES: dict[str, Maker] = {
    "random": lambda cohort, _: Chance(cohort),
    POPULARITY: lambda cohort, _: Popularity(cohort),
    "newest": lambda cohort, _: Newest(cohort),
    "engagement": lambda cohort, _: Engagement(cohort),
    "film again: Leitner": _due(Leitner, recall=False),
    "film again: SM-2": _due(SuperMemo2, recall=False),
    "film again: FSRS .9": _due(Fsrs, recall=False, target=0.9),
    "recall card: Leitner": _due(Leitner, recall=True),
    "recall card: SM-2": _due(SuperMemo2, recall=True),
    "recall card: FSRS .9": _due(Fsrs, recall=True, target=0.9),
    "recall card: FSRS .8": _due(Fsrs, recall=True, target=0.8),
    "recall card: FSRS .7": _due(Fsrs, recall=True, target=0.7),
}
ORACLES: dict[str, Maker] = {
    ORACLE: Oracle,
    "oracle without recall cards": lambda cohort, world: Oracle(cohort, world, with_recall_cards=False),
}
# What ours is made of, one part left out at a time; see `project.Parts`.
VARIANTS: dict[str, Parts] = {
    OURS: Parts(),
    "ours, default parameters": Parts(is_fitted=False),
    "ours, pass or fail": Parts(has_likelihood=False),
    "ours, no response times": Parts(has_times=False),
    "ours, no recall cards": Parts(has_recall_cards=False),
}
USUAL = (*BASELINES, OURS, "ours, default parameters", *ORACLES)
ALL = (*BASELINES, *VARIANTS, *ORACLES)
BEST_DUE = tuple(name for name in BASELINES if name.startswith("recall card"))


@dataclass(frozen=True)
class Job:
    """One world and seed for all policies."""

    world: str
    seed: int
    learners: int
    policies: tuple[str, ...]


@dataclass(frozen=True)
class Lived:
    """What one policy did in one job."""

    job: Job
    policy: str
    month: Month
    cpu_seconds: float


def run_job(job: Job) -> list[Lived]:
    return [_live(job, policy) for policy in job.policies]


def run_jobs(jobs: Sequence[Job], *, processes: int) -> list[Lived]:
    """Jobs of one world stay together as far as possible: each process fits a world once."""
    if processes <= 1:
        return [lived for job in jobs for lived in run_job(job)]
    with ProcessPoolExecutor(processes) as pool:
        return [lived for found in pool.map(run_job, jobs) for lived in found]


def _live(job: Job, policy: str) -> Lived:
    cohort = draw_cohort(job.seed, learners=job.learners)
    world = make_world(job.world, cohort)
    if policy in VARIANTS:
        parts = VARIANTS[policy]
        fitted = _burn_in(job.world, job.learners, parts) if parts.is_fitted else DEFAULTS
        started = time.process_time()
        player: Policy = Project(cohort, fitted, parts=parts)
    else:
        started = time.process_time()
        player = {**BASELINES, **ORACLES}[policy](cohort, world)
    month = live_month(cohort, world, player)
    return Lived(job, policy, month, time.process_time() - started)


@cache
def _burn_in(world: str, learners: int, parts: Parts) -> Fitted:
    """What fitting makes of another cohort's answers under default parameters."""
    cohort = draw_cohort(BURN_IN_SEED, learners=learners)
    project = Project(cohort, DEFAULTS, parts=parts)
    live_month(cohort, make_world(world, cohort), project)
    return project.fit()


def summarise(lives: Sequence[Lived]) -> dict[str, Any]:
    """The object of `--json`: goals at the top, then every policy in every world.

    A goal is missing where a policy it needs was not run.
    """
    worlds = sorted({lived.job.world for lived in lives})
    table = {world: _summarise_world([x for x in lives if x.job.world == world]) for world in worlds}
    return {**_goals(table), "worlds": table}


def _summarise_world(lives: Sequence[Lived]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for policy in dict.fromkeys(lived.policy for lived in lives):
        own = [lived for lived in lives if lived.policy == policy]
        months = [lived.month for lived in own]
        cards = sum(month.cards for month in months)
        rates = [month.per_hour() for month in months]
        found[policy] = {
            "per_hour": _mean(rates),
            "error": float(np.std(rates, ddof=1) / np.sqrt(len(rates))) if len(rates) > 1 else None,
            "day30_per_hour": _mean([month.per_hour(30.0) for month in months]),
            "daily_per_hour": _mean([month.daily_per_hour() for month in months]),
            "curve": {
                f"{day:.0f}": _mean([month.per_hour(day) for month in months]) for day in months[0].recall
            },
            "cards": cards,
            "recall_share": sum(month.recall_cards for month in months) / cards,
            "age_violations": sum(month.age_violations for month in months),
            "cpu_seconds": sum(lived.cpu_seconds for lived in own),
        }
    for policy in found.values():
        for name, other in (("of_oracle", ORACLE), ("times_popularity", POPULARITY)):
            if other in found:
                policy[name] = policy["per_hour"] / found[other]["per_hour"]
        if POPULARITY in found:
            policy["day30_times_popularity"] = policy["day30_per_hour"] / found[POPULARITY]["day30_per_hour"]
    return found


def _goals(table: dict[str, dict[str, Any]]) -> dict[str, float]:
    worlds = list(table.values())
    if not all(OURS in world for world in worlds):
        return {}
    goals: dict[str, float] = {}
    if all(ORACLE in world for world in worlds):
        shares = [world[OURS]["of_oracle"] for world in worlds]
        goals |= {"mean_of_oracle": _mean(shares), "worst_of_oracle": min(shares)}
    if all(POPULARITY in world for world in worlds):
        goals["times_popularity"] = _geometric([world[OURS]["times_popularity"] for world in worlds])
    best = [[world[name]["per_hour"] for name in BEST_DUE if name in world] for world in worlds]
    if all(best):
        goals["times_best_due"] = min(
            world[OURS]["per_hour"] / max(rates) for world, rates in zip(worlds, best, strict=True)
        )
    leitner = "recall card: Leitner"
    if all(leitner in world for world in worlds):
        goals["times_leitner"] = _geometric(
            [world[OURS]["per_hour"] / world[leitner]["per_hour"] for world in worlds]
        )
    if all(POPULARITY in world for world in worlds):
        goals["day30_times_popularity"] = _geometric(
            [world[OURS]["day30_times_popularity"] for world in worlds]
        )
    return goals


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _geometric(values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(values))))
