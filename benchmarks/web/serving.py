"""Ratios between answers of one server, the cost of observing, memory after many requests, a crowd beside."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.feed import measures, site
from benchmarks.feed.measures import Readers, answers, rate, timed

READERS = 1000  # whose pages are kept
BLOCKS = 10  # looks at the memory
OBSERVED = {"DJANGO_SETTINGS_MODULE": "benchmarks.web.settings", "LOG_LEVEL": "INFO", "METRICS_PORT": "18399"}
BARE = {"DJANGO_SETTINGS_MODULE": "benchmarks.web.bare", "LOG_LEVEL": "WARNING"}
TRIVIAL = ["GET /bench/trivial HTTP/1.1\r\nHost: localhost\r\n\r\n"]


def measure(folder: Path, readers: Readers, *, rounds: int, seconds: float, requests: int) -> dict[str, Any]:
    with ExitStack() as stack:
        observed = stack.enter_context(site.serve(folder, OBSERVED))
        bare = stack.enter_context(site.serve(folder, BARE, place=1))
        generators = []
        for server in (observed, bare):
            generators.append(site.Generator(server.port))
            stack.callback(generators[-1].close)
        result = race(observed, generators[0], readers, rounds=rounds, seconds=seconds)
        result |= observing((observed, bare), generators, rounds=rounds, seconds=seconds)
        result |= beside_a_crowd(observed, generators[0], readers, seconds=seconds)
        result |= memory(observed, generators[0], readers, requests=requests)
    return result


def race(
    server: site.Server, generator: site.Generator, readers: Readers, *, rounds: int, seconds: float
) -> dict[str, Any]:
    """Interleaved rounds of the same server; medians of ratios within one round."""
    paths = {"floor": "/bench/floor", "plain": "/api/student/feed/me", "drf": "/bench/drf"}
    asked = {name: [readers.request(n, "GET", path) for n in range(READERS)] for name, path in paths.items()}
    asked["topics"] = [readers.request(n, "GET", "/api/videos/topics") for n in range(READERS)]
    asked["trivial"] = TRIVIAL
    generator.run(asked["plain"])  # every page is made once
    for requests in asked.values():
        generator.run(requests, seconds=0.5)
    figures: dict[str, list[float]] = {}
    for _ in range(rounds):
        generator.run(asked["plain"])
        runs = {name: timed(server, generator, requests, seconds) for name, requests in asked.items()}
        demand_success(run for run, _ in runs.values())
        rates = {name: rate(run) for name, (run, _) in runs.items()}
        cpu = {name: milliseconds for name, (_, milliseconds) in runs.items()}
        found = {
            "floor_to_trivial": rates["floor"] / rates["trivial"],
            "plain_to_floor": rates["plain"] / rates["floor"],
            "drf_to_floor": rates["drf"] / rates["floor"],
            "topics_to_floor": rates["topics"] / rates["floor"],
            "drf_cpu_to_trivial": cpu["drf"] / cpu["trivial"],
            "drf_cpu_to_floor": cpu["drf"] / cpu["floor"],
            "p99_to_p50": runs["plain"][0]["p99_ms"] / runs["plain"][0]["p50_ms"],
        } | {f"{name}_cpu_ms": milliseconds for name, milliseconds in cpu.items()}
        for name, value in found.items():
            figures.setdefault(name, []).append(value)
    return {name: round(statistics.median(values), 3) for name, values in figures.items()}


def demand_success(runs: Iterator[dict[str, Any]]) -> None:
    statuses = {status for run in runs for status in run["statuses"]}
    if statuses - {"200", "201"}:
        raise SystemExit(f"Some answers were {sorted(statuses)}; nothing was measured.")


def observing(
    servers: tuple[site.Server, site.Server], generators: list[site.Generator], *, rounds: int, seconds: float
) -> dict[str, float]:
    """Processor microseconds that id, line, metrics and counting add to an answer that does nothing."""
    added = []
    for _ in range(rounds):
        spent = [
            timed(server, generator, TRIVIAL, seconds)[1]
            for server, generator in zip(servers, generators, strict=True)
        ]
        added.append(1000 * (spent[0] - spent[1]))
    return {"observing_us": round(statistics.median(added))}


@contextmanager
def crowd() -> Iterator[None]:
    """A worker that claims, one after the other, the jobs of 1,000 projects of 20 creators."""
    command = [sys.executable, "-m", "benchmarks.web.crowd"]
    process = subprocess.Popen(
        command, cwd=site.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        if process.stdout is None or process.stdout.readline().strip() != "ready":
            raise SystemExit("The crowd could not be made.")
        yield
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.wait(60)


def beside_a_crowd(
    server: site.Server, generator: site.Generator, readers: Readers, *, seconds: float
) -> dict[str, float]:
    """A kept page beside the crowd / alone: its processor time, which others cannot take, and the median."""
    requests = [readers.request(number, "GET", "/api/student/feed/me") for number in range(READERS)]
    ratios: dict[str, list[float]] = {"crowd_cpu": [], "crowd_p50": []}
    for _ in range(3):
        generator.run(requests)
        alone, alone_cpu = timed(server, generator, requests, seconds)
        with crowd():
            beside, beside_cpu = timed(server, generator, requests, seconds)
        demand_success(iter([alone, beside]))
        ratios["crowd_cpu"].append(beside_cpu / alone_cpu)
        ratios["crowd_p50"].append(beside["p50_ms"] / alone["p50_ms"])
    return {name: round(statistics.median(values), 3) for name, values in ratios.items()}


def memory(
    server: site.Server, generator: site.Generator, readers: Readers, *, requests: int
) -> dict[str, Any]:
    """After so many requests, nine kept pages in ten, the rest answers and the pages they make new."""
    kept = [readers.request(number, "GET", "/api/student/feed/me") for number in range(READERS)]
    looks = []
    for _ in range(BLOCKS):
        left = requests // BLOCKS
        while left > 0:
            runs = [generator.run(kept[: min(left, READERS)]), generator.run(answers(readers, 60))]
            demand_success(iter(runs))
            left -= sum(run["count"] for run in runs)
        looks.append(round(server.memory_mb(), 1))
    return {
        "requests": requests,
        "memory_mb": looks[-1],
        "memory_growth": round(looks[-1] / looks[1] - 1, 4),
        "memory_looks": looks,
    }


def page_of(readers: Readers) -> bytes:
    """The body of a page with ten cards."""
    return bytes(readers.client(measures.CACHED_READERS).get("/api/student/feed/me").content)
