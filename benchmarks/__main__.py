"""`make bench`: every benchmark that exists, each printing its table; with --json one object as last line."""

from __future__ import annotations

import json
import sys

from benchmarks import film


def main() -> int:
    results = {"film": film.measure()}
    for name, value in results.items():
        film.show(name, value)
    if "--json" in sys.argv:
        print(json.dumps(results))
    return 0 if all(result["passed"] for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
