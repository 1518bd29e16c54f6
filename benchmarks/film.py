"""What drawing costs beside encoding: our scenes against the bare encoder fed with the very same frames.

Both write the same three rungs with the same settings, in interleaved rounds of one run. The figure
is the median over rounds of (processor seconds of `pipeline.media.scene.render`) / (those of ffmpeg
reading the same NV12 frames from a file).
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.media import ladder, palettes
from pipeline.media.captions import TimedWord
from pipeline.media.ffmpeg import binary
from pipeline.media.scene import SceneDescription, SceneDrawing, render

ROUNDS = 5
GATE = 1.45  # video part, cold; 1.25 is what the next step of the film work must reach
LAYOUTS = ("hero", "list", "number")
TEXT = "Plants turn sunlight, water and carbon dioxide into sugar and oxygen."


def _scene(layout: str, position: int) -> SceneDescription:
    spec: dict[str, Any] = {
        "layout": layout,
        "role": "scene",
        "stage": "orbit",
        "kicker": "Key idea",
        "headline": "How a leaf eats light",
        "accent": "light",
        "icons": ["sun", "droplet"],
        "rows": [{"text": text, "icon": icon} for text, icon in (("sunlight", "sun"), ("water", "droplet"))],
        "figure": {"text": "100 kg", "caption": "of oxygen"},
        "seed": 5,
    }
    words = tuple(TimedWord(word, 0.4 * i, 0.4 * i + 0.35) for i, word in enumerate(TEXT.split()))
    return SceneDescription(
        spec=spec,
        palette=palettes.OCEAN,
        words=words,
        speech_seconds=words[-1].end,
        position=position,
        scenes_total=len(LAYOUTS),
        previous_palette=palettes.LEAF,
        next_palette=palettes.EMBER,
        brand="BrightByte",
    )


def _processor_seconds(work: Callable[[], None]) -> float:
    def used() -> float:
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    before = used()
    work()
    return used() - before


def _render(scene: SceneDescription, folder: Path) -> None:
    render(scene, folder, report=lambda _: None)


def _encode(frames: Path, folder: Path) -> None:
    paths = {rung.name: folder / f"bare-{rung.name}.mp4" for rung in ladder.RUNGS}
    with frames.open("rb") as source:
        subprocess.run(
            [binary(), "-hide_banner", "-y", *ladder.encoder_arguments(paths)], stdin=source, check=True
        )


def measure() -> dict[str, Any]:
    """{"ratio", "gate", "passed", "seconds_of_film", "rounds": [[ours, bare], …]}; processor seconds."""
    rounds: list[tuple[float, float]] = []
    scenes = [_scene(layout, position) for position, layout in enumerate(LAYOUTS)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, scene in enumerate(scenes):
            drawing = SceneDrawing(scene)
            with (folder / f"{number}.nv12").open("wb") as file:
                for frame in range(scene.frames):
                    file.write(memoryview(drawing.draw(frame).buffer).cast("B"))
        for _ in range(ROUNDS):
            ours = sum(_processor_seconds(partial(_render, scene, folder)) for scene in scenes)
            bare = sum(
                _processor_seconds(partial(_encode, folder / f"{number}.nv12", folder))
                for number in range(len(scenes))
            )
            rounds.append((round(ours, 2), round(bare, 2)))
    ratio = round(statistics.median(ours / bare for ours, bare in rounds), 3)
    return {
        "ratio": ratio,
        "gate": GATE,
        "passed": ratio <= GATE,
        "seconds_of_film": round(sum(scene.seconds for scene in scenes), 2),
        "rounds": rounds,
    }


def show(name: str, result: dict[str, Any]) -> None:
    verdict = "pass" if result["passed"] else "FAIL"
    sys.stdout.write(
        f"{name}: drawing and encoding three rungs / encoding alone: {result['ratio']:.2f}"
        f" (gate {result['gate']:.2f}) {verdict}; {result['seconds_of_film']:.1f} s of film,"
        f" {len(result['rounds'])} interleaved rounds\n"
    )
