"""`python -m benchmarks.feed [--json] [--scale 0.1] [--rounds 5] [--seconds 2.5] [--cards 20000]`.

The feed under load.

The world is made once for a scale and kept below .local/benchmarks. `--scale 1` is 100,000 films,
1,000,000 students and 20,000,000 answers: about 15 GB and half an hour the first time. With `--json` the
last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from benchmarks.feed import site

ROOT = Path(__file__).resolve().parent.parent.parent
GIGABYTES_AT_FULL_SCALE = 20.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.feed", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--scale", type=float, default=0.1, help="share of the full world (0.1)")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (5)")
    parser.add_argument("--seconds", type=float, default=2.5, help="length of one measurement (2.5)")
    parser.add_argument("--cards", type=int, default=20_000, help="cards whose age is checked (20000)")
    options = parser.parse_args()
    folder = ROOT / ".local" / "benchmarks" / f"feed-{options.scale:g}"
    site.prepare_environment(folder, 1 + GIGABYTES_AT_FULL_SCALE * options.scale)
    prepare_world(folder, options.scale)

    from benchmarks.feed import measures  # noqa: PLC0415 - Django is set up only now

    result = measures.measure(folder, rounds=options.rounds, seconds=options.seconds, cards=options.cards)
    result["scale"] = options.scale
    measures.show(result)
    if options.json:
        sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["passed"] else 1


def prepare_world(folder: Path, scale: float) -> None:
    """Migrate, and fill the database where it was not filled at this scale before."""
    import django  # noqa: PLC0415 - settings are ready only now

    os.environ["STATEMENT_TIMEOUT_MS"] = "0"  # for this process; the server gets the usual limit
    django.setup()
    del os.environ["STATEMENT_TIMEOUT_MS"]

    from django.core.management import call_command  # noqa: PLC0415

    from benchmarks.feed import world  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    marker = folder / "ready.json"
    if marker.exists():
        return
    size = world.size_of(scale)
    began = time.monotonic()
    sys.stdout.write(f"making {size.films:,} films and {size.students:,} students below {folder.name}\n")
    world.make(size)
    marker.write_text(json.dumps({"films": size.films, "students": size.students}))
    sys.stdout.write(f"made in {time.monotonic() - began:.0f} s\n")


if __name__ == "__main__":
    sys.exit(main())
