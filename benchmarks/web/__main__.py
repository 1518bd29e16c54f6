"""`python -m benchmarks.web [--json] [--quick] [--rounds 5] [--seconds 2] [--requests N] [--answers N]`.

Every figure is a ratio of one run, a count, or processor time a request; the two that are not (megabytes, and
seconds to drop a year) say so. With `--json` the last line is one JSON object; exit 1: beyond a gate.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.feed import site
from benchmarks.feed.__main__ import GIGABYTES_AT_FULL_SCALE, prepare_world
from benchmarks.web.gates import failures, show

ROOT = Path(__file__).resolve().parent.parent.parent
SCALE = 0.01  # of the feed's world: 4,000 films, 10,000 students


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.web", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--quick", action="store_true", help="one round, 5,000 requests, 200,000 answers")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one measurement (2)")
    parser.add_argument("--requests", type=int, default=100_000, help="before the memory is judged")
    parser.add_argument("--answers", type=int, default=1_000_000, help="in each table of answers")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.requests, options.answers = 1, 1.0, 5_000, 200_000
    folder = ROOT / ".local" / "benchmarks" / f"feed-{SCALE:g}"
    site.prepare_environment(folder, 1 + GIGABYTES_AT_FULL_SCALE * SCALE)
    prepare_world(folder, SCALE)
    result = measure(folder, options)
    result["passed"] = not failures(result)
    show(result, sys.stdout)
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["passed"] else 1


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    from django.utils import timezone  # noqa: PLC0415 - Django is set up only now

    from benchmarks.feed.measures import Readers  # noqa: PLC0415
    from benchmarks.web import inside, serving, tables  # noqa: PLC0415

    readers = Readers(timezone.now())
    result: dict[str, Any] = serving.measure(
        folder, readers, rounds=options.rounds, seconds=options.seconds, requests=options.requests
    )
    result |= inside.measure(serving.page_of(readers))
    return result | tables.measure(folder, answers=options.answers)


if __name__ == "__main__":
    sys.exit(main())
