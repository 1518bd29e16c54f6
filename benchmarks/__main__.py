"""`make bench`: every benchmark that exists, each printing its table; with --json one object as last line.

A benchmark is a module or package of this folder that runs by `python -m benchmarks.NAME --json` and whose
last line is one JSON object; it exits with 1 where a figure is beyond its gate. `--quick` asks those that
know it for one round. The objects are kept in `.local/benchmarks/NAME.json`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

KEPT = Path(".local") / "benchmarks"
QUICK = {
    "render": ["--quick"],
    "feed": ["--scale", "0.01", "--rounds", "1"],
    "learning": ["--quick"],
    "player": ["--quick"],
    "studio": ["--quick"],
    "web": ["--quick"],
}
_MODULES = ("player", "render", "studio")  # those that are no packages


def find_benchmarks() -> list[str]:
    """Names, in the order of the alphabet."""
    here = Path(__file__).parent
    return sorted([*_MODULES, *(path.parent.name for path in here.glob("*/__main__.py"))])


def run(name: str, *, quick: bool) -> tuple[int, dict[str, Any]]:
    """Its exit code and its object ({} where it ended without one); its table goes to standard output."""
    arguments = QUICK.get(name, []) if quick else []
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        last = ""
        for line in process.stdout or ():
            if last:
                sys.stdout.write(last)
                sys.stdout.flush()
            last = line
    try:
        found: dict[str, Any] = json.loads(last)
    except ValueError:
        sys.stdout.write(last)
        found = {}
    return process.returncode, found


def main(arguments: Sequence[str]) -> int:
    results: dict[str, dict[str, Any]] = {}
    failed: list[str] = []
    for name, code, found in _run_all(quick="--quick" in arguments):
        results[name] = found
        if code:
            failed.append(name)
        if found:
            KEPT.mkdir(parents=True, exist_ok=True)
            (KEPT / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if failed:
        sys.stdout.write(f"\nbeyond a gate, or ended early: {', '.join(failed)}\n")
    if "--json" in arguments:
        print(json.dumps(results))
    return 1 if failed else 0


def _run_all(*, quick: bool) -> Iterator[tuple[str, int, dict[str, Any]]]:
    for name in find_benchmarks():
        sys.stdout.write(f"\n== {name}\n")
        sys.stdout.flush()
        yield (name, *run(name, quick=quick))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
