"""What a film costs: the whole job against the bare encoder and against a plain one-pass film.

    python -m benchmarks.render            tables
    python -m benchmarks.render --json     and one JSON object as the last line
        --rounds N     interleaved rounds (5); the figures are their medians
        --quick        one round, quality not judged

Every round makes the fixed film of `render_film` from nothing (voices, pictures, questions, three
rungs, MP4, HLS, captions, stills, evidence, checks) through the real pipeline on a database of its own,
asks for it again, edits one sentence, takes another picture, and then has ffmpeg encode the very frames
of that film, and make a one-pass film of its stills. Each is a process of its own, started from
nothing; its figure is the user and system time of all of it. See docs/performance.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import render_film, render_rivals
from benchmarks.processes import Spent, run_measured
from config.local.servers import ensure_servers, release_servers
from pipeline.media.ladder import RUNGS

ROUNDS = 5
SCENES = len(render_film.drafts())
USUAL, QUICK_PRESET = "medium", "veryfast"  # x264's own default, and the one that people in a hurry name
# name → (largest that passes, what it is)
GATES = {
    "ratio_to_limit": (1.35, "whole job, cold / bare encoder, the same four files"),
    "ratio_to_one_pass": (0.5, f"whole job, cold / one-pass film, preset {USUAL}"),
    "ratio_one_sentence_edited": (0.28, "one of eight scenes edited / cold"),
    "ratio_one_picture_changed": (0.28, "another take of one picture / cold"),
    "ratio_nothing_changed": (0.08, "asked for again / cold"),
    "peak_rss_mb": (700.0, "peak memory of the process tree, MB"),
}


@dataclass
class Stage:
    """The benchmark's own servers, settings and folders; gone at its end."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def job(self, verb: str, *arguments: str) -> Spent:
        return run_measured(
            [sys.executable, "-m", "benchmarks.render_jobs", verb, *arguments], environment=self.environment
        )


@contextmanager
def stage() -> Iterator[Stage]:
    """Embedded servers with an empty database in a folder that is removed."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        servers = ensure_servers(folder)
        environment = {
            "DEVELOPMENT": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            "BROKER_URL": servers.broker_url,
            "LOCAL_DIR": str(folder),
            "PYTHONDONTWRITEBYTECODE": "",  # Python keeps what it has compiled, as on any machine
        }
        place = Stage(folder, environment)
        try:
            run_measured([sys.executable, "manage.py", "migrate", "-v0"], environment=environment)
            place.job("compile")
            yield place
        finally:
            release_servers(folder)


@dataclass
class Round:
    """Processor seconds by name; `facts` are the film's."""

    cpu: dict[str, float]
    cold: Spent
    facts: dict[str, Any]
    sizes: dict[str, int]
    quality: dict[str, float]
    steps: dict[str, float]


def play_round(place: Stage, *, judges: bool, presets: Sequence[str]) -> Round:
    local = place.folder / "round"
    shutil.rmtree(local, ignore_errors=True)
    local.mkdir()
    here = Stage(local, {**place.environment, "LOCAL_DIR": str(local)})
    project = here.job("create").output.strip().splitlines()[-1]
    cold = here.job("work", project)
    made = local / "made"
    made.mkdir()
    facts: dict[str, Any] = json.loads(here.job("files", project, str(made)).output.splitlines()[-1])
    cpu = {"cold": cold.cpu, "nothing": here.job("work", project).cpu}
    bare, quality = _encode_scenes(here, project, made, judges=judges)
    cpu |= bare
    render_rivals.write_subtitles(made / "film.ass", facts["cues"])
    shutil.copytree(Path("pipeline/media/assets/fonts"), made / "fonts")
    for preset in presets:
        cpu[preset] = render_rivals.make_one_pass(made, facts["timeline"], preset=preset).cpu
    if judges:
        for preset in presets:
            for name, value in render_rivals.judge_one_pass(made, facts["timeline"], preset=preset).items():
                quality[f"{preset}_{name}"] = value
    sizes = {path.name: path.stat().st_size for path in made.glob("*.mp4") if "-" not in path.name}
    sentence = here.job("sentence", project)
    cpu["sentence"] = sentence.cpu
    cpu["picture"] = here.job("picture", project).cpu
    shutil.rmtree(local)
    return Round(cpu, cold, facts, sizes, quality, json.loads(cold.output.splitlines()[-1]))


def _encode_scenes(
    here: Stage, project: str, made: Path, *, judges: bool
) -> tuple[dict[str, float], dict[str, float]]:
    """The bare encoder over the film's own frames, scene by scene: a whole film of them is 5.6 GB."""
    frames = here.folder / "frames.nv12"
    painter = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.render_jobs", "frames", project, str(frames)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **here.environment},
    )
    if painter.stdin is None or painter.stdout is None:
        raise RuntimeError("the painter of frames has no pipes")
    spent = {"limit": 0.0, "three_rungs": 0.0}
    judged, counted = {"vmaf": 0.0, "ssim": 0.0}, 0
    bare = here.folder / "bare"
    bare.mkdir()
    for scene in range(SCENES):
        painter.stdin.write(f"{scene}\n")
        painter.stdin.flush()
        number = int(painter.stdout.readline())
        spent["limit"] += render_rivals.encode_bare(frames, bare).cpu
        spent["three_rungs"] += render_rivals.encode_bare(frames, bare, rungs=RUNGS).cpu
        if judges:
            found = render_rivals.judge_bare(frames, made / f"{scene}-1080.mp4", here.folder / "quality.json")
            judged = {name: value + number * found[name] for name, value in judged.items()}
        counted += number
    painter.stdin.close()
    painter.wait()
    frames.unlink()
    return spent, {name: value / counted for name, value in judged.items()} if judges else {}


def _presets(number: int, *, quick: bool) -> list[str]:
    """One-pass films take longer than all else: every second round makes one, the first a hurried one too."""
    if quick or number:
        return [] if number % 2 else [USUAL]
    return [USUAL, QUICK_PRESET]


def measure(
    *, rounds: int = ROUNDS, quick: bool = False, say: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """The JSON object; `passed` tells whether every figure is within its gate."""
    played = []
    with stage() as place:
        for number in range(1 if quick else rounds):
            presets = _presets(number, quick=quick)
            one = play_round(place, judges=number == 0 and not quick, presets=presets)
            played.append(one)
            say(f"round {number + 1}: " + ", ".join(f"{name} {value:.1f}" for name, value in one.cpu.items()))
    return summarise(played)


def summarise(played: Sequence[Round]) -> dict[str, Any]:
    """Medians over rounds of the ratios within each round."""

    def ratio(over: str, under: str) -> float:
        both = [one.cpu for one in played if {over, under} <= one.cpu.keys()]
        return round(statistics.median(cpu[over] / cpu[under] for cpu in both), 3)

    first = played[0]
    cases = {name for one in played for name in one.cpu}
    result: dict[str, Any] = {
        "ratio_to_limit": ratio("cold", "limit"),
        "ratio_to_three_rungs": ratio("cold", "three_rungs"),
        "ratio_to_one_pass": ratio("cold", USUAL),
        "ratio_one_sentence_edited": ratio("sentence", "cold"),
        "ratio_one_picture_changed": ratio("picture", "cold"),
        "ratio_nothing_changed": ratio("nothing", "cold"),
        "cpu_seconds": round(statistics.median(one.cpu["cold"] for one in played), 2),
        "wall_seconds": round(statistics.median(one.cold.wall for one in played), 2),
        "peak_rss_mb": round(max(one.cold.peak_mb for one in played), 1),
        "bytes": first.sizes["film.mp4"],
        "film_seconds": first.facts["seconds"],
        "sizes": {"ours": first.facts["sizes"], "rivals": first.sizes},
        "cpu_by_case": {
            name: round(statistics.median(one.cpu[name] for one in played if name in one.cpu), 2)
            for name in sorted(cases)
        },
        "seconds_by_step": first.steps,
        "rounds": [{name: round(value, 2) for name, value in one.cpu.items()} for one in played],
        "quality": {name: round(value, 4) for name, value in first.quality.items()},
    }
    if QUICK_PRESET in first.cpu:
        result[f"ratio_to_one_pass_{QUICK_PRESET}"] = round(first.cpu["cold"] / first.cpu[QUICK_PRESET], 3)
    result["gates"] = {name: largest for name, (largest, _) in GATES.items()}
    result["passed"] = all(result[name] <= largest for name, (largest, _) in GATES.items())
    return result


def show(result: dict[str, Any]) -> None:
    write = sys.stdout.write
    write(
        f"A film of {result['film_seconds']:.1f} s, {SCENES} scenes, {len(result['rounds'])} rounds:"
        f" {result['cpu_seconds']:.1f} CPU-s, {result['wall_seconds']:.1f} s,"
        f" {result['bytes'] / 1e6:.1f} MB\n\n"
    )
    write(f"{'figure':<28} {'seen':>8} {'gate':>8}\n")
    for name, (largest, meaning) in GATES.items():
        verdict = "pass" if result[name] <= largest else "FAIL"
        write(f"{name:<28} {result[name]:>8.3f} {largest:>8.2f}  {verdict}  {meaning}\n")
    three = result["ratio_to_three_rungs"]
    write(f"{'ratio_to_three_rungs':<28} {three:>8.3f}                 as the first, without the download\n")
    write("\nCPU-seconds: " + ", ".join(f"{k} {v:.1f}" for k, v in result["cpu_by_case"].items()) + "\n")
    if result["quality"]:
        write("quality: " + ", ".join(f"{k} {v:.4g}" for k, v in result["quality"].items()) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.render", description="What a film costs.")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="interleaved rounds")
    parser.add_argument("--quick", action="store_true", help="one round, quality not judged")
    options = parser.parse_args()
    result = measure(
        rounds=max(1, options.rounds), quick=options.quick, say=lambda text: print(text, file=sys.stderr)
    )
    show(result)
    if options.json:
        print(json.dumps(result))
    return 0 if result["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
