"""`make bench`: every benchmark that exists, each printing its table; with --json one object as last line.

`--quick` takes one round of each. What was measured is kept in `.local/bench.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import render


def main() -> int:
    results: dict[str, Any] = {"render": render.measure(quick="--quick" in sys.argv)}
    render.show(results["render"])
    kept = Path(".local") / "bench.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if "--json" in sys.argv:
        print(json.dumps(results))
    return 0 if all(result["passed"] for result in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
