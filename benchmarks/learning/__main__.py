"""`python -m benchmarks.learning`: what is remembered per hour, under our feed and under others.

    python -m benchmarks.learning [--json] [--worlds A,B,C] [--seeds 21,22,23,24] [--learners 64]
                                  [--policies NAME,…|all] [--plot FILE] [--quick]
    python -m benchmarks.learning score_memory PATH     predictions on a real review log
    python -m benchmarks.learning score_ability TRAIN [TEST]

Seeds 21-24 are reported, 1-3 are for development: nothing is ever tuned on the former. The whole run and
`--quick` (one development seed, sixteen learners, four policies) are judged by `gates` and end with 1 where a
figure is beyond its gate; of any other choice only the age gate and the price of ranking are judged.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Before numpy: its threads cost more than they bring on arrays of this size.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

from benchmarks.learning import gates, running  # noqa: E402
from benchmarks.learning.people import LEARNERS  # noqa: E402
from benchmarks.learning.worlds import WORLDS  # noqa: E402

REPORTED = (21, 22, 23, 24)
QUICK_SEED, QUICK_LEARNERS = 1, 16
QUICK_POLICIES = (running.POPULARITY, "recall card: Leitner", running.OURS, running.ORACLE)
PLOT = Path(".local/benchmarks/learning.png")


def main(arguments: list[str]) -> int:
    if arguments[:1] in (["score_memory"], ["score_ability"]):
        from benchmarks.learning.real import main as score  # noqa: PLC0415 - the simulation does not need it

        return score(arguments)
    options = _read(arguments)
    policies = tuple(running.ALL) if options.policies == ["all"] else tuple(options.policies)
    jobs = [
        running.Job(world, seed, options.learners, policies)
        for world in options.worlds
        for seed in options.seeds
    ]
    lives = running.run_jobs(jobs, processes=min(options.processes, len(jobs)))
    summary = running.summarise(lives)
    if running.OURS in policies:
        from benchmarks.learning.ranking_cost import measure_ranking  # noqa: PLC0415 - others need no feed

        summary = {**measure_ranking(), **summary}
    show(summary)
    beyond = gates.find_beyond(summary, _floors_of(options))
    print("".join(f"beyond its gate: {sentence}\n" for sentence in beyond), end="")
    if options.plot:
        from benchmarks.learning import plots  # noqa: PLC0415 - matplotlib takes a second to come

        options.plot.parent.mkdir(parents=True, exist_ok=True)
        plots.plot_summary(summary, options.plot)
        print(f"\nPlot: {options.plot}")
    if options.json:
        print(json.dumps(summary))
    return 1 if beyond else 0


def _floors_of(options: argparse.Namespace) -> Mapping[str, float]:
    """None for a choice that the floors were not set for: fewer learners are a matter of chance."""
    if options.quick:
        return gates.QUICK_FLOORS
    seen = set(options.worlds), set(options.seeds), options.learners
    whole = seen == (set(WORLDS), set(REPORTED), LEARNERS)
    return gates.FLOORS if whole else {}


def _read(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--json", action="store_true", help="one object as the last line")
    parser.add_argument("--worlds", type=_names(tuple(WORLDS)), default=list(WORLDS))
    parser.add_argument("--seeds", type=_numbers, default=list(REPORTED))
    parser.add_argument("--learners", type=int, default=LEARNERS)
    parser.add_argument(
        "--policies", type=_names((*running.ALL, "all")), default=list(running.USUAL), metavar="NAME,…"
    )
    parser.add_argument("--plot", type=Path, default=PLOT, help="a PNG file; empty for none")
    parser.add_argument("--quick", action="store_true", help="small, in place of worlds, seeds, … above")
    parser.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args(arguments)
    if options.quick:
        options.worlds, options.seeds, options.learners = list(WORLDS), [QUICK_SEED], QUICK_LEARNERS
        options.policies, options.plot = list(QUICK_POLICIES), None
    elif str(options.plot) == ".":
        options.plot = None
    if options.learners < 1 or not options.seeds:
        parser.error("at least one learner and one seed")
    return options


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


def _names(known: tuple[str, ...]) -> Any:
    def read(text: str) -> list[str]:
        # A name may contain a comma: the longest known ones are taken out first.
        names: list[str] = []
        rest = text
        while rest:
            found = max((name for name in known if rest.startswith(name)), key=len, default=None)
            if found is None:
                raise argparse.ArgumentTypeError(f"{rest!r} is none of: {'; '.join(known)}")
            names.append(found)
            rest = rest[len(found) :].lstrip(",")
        return names

    return read


def show(summary: dict[str, Any]) -> None:
    """The table of docs/learning.md."""
    worlds = summary["worlds"]
    policies = list(dict.fromkeys(name for world in worlds.values() for name in world))
    width = max(len(name) for name in policies)
    print(f"{'concepts remembered per hour (% of oracle)':{width}}  " + "".join(f"{w:^20}" for w in worlds))
    for policy in policies:
        cells = [_cell(world[policy]) for world in worlds.values() if policy in world]
        print(f"{policy:{width}}  " + "".join(f"{cell:^20}" for cell in cells))
    for goal, value in summary.items():
        if goal != "worlds":
            print(f"{goal:24} {value:.3f}")
    violations = sum(policy["age_violations"] for world in worlds.values() for policy in world.values())
    seconds = sum(policy["cpu_seconds"] for world in worlds.values() for policy in world.values())
    print(f"age violations {violations}, CPU {seconds:.0f} s")


def _cell(figures: dict[str, Any]) -> str:
    error = f" ± {figures['error']:.2f}" if figures["error"] is not None else ""
    share = f" ({100 * figures['of_oracle']:.0f})" if "of_oracle" in figures else ""
    return f"{figures['per_hour']:.2f}{error}{share}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
