"""A compose step that encodes nothing: real jobs, real inputs, numbers in the place of films.

So that a test can take a film from the brief to the review by the vendors in a few seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.media import glances
from pipeline.media.ladder import ENCODED
from pipeline.steps.base import MadeFile, Output, Report, canonical_json, ignore_progress
from pipeline.steps.compose import ComposeStep
from tests.pipeline.quality.films import film_facts
from tests.pipeline.quick_steps import checksum_of


class PaperCompose(ComposeStep):
    """Counts what it was asked to encode in `made`: (part, scene's position). The frames of a scene are of
    another colour when the scene is another."""

    def __init__(self) -> None:
        self.made: list[tuple[str, int | None]] = []

    def run(
        self,
        inputs: Mapping[str, Any],
        workdir: Path,
        *,
        provider: Any = None,
        report: Report = ignore_progress,
        resume: str = "",
    ) -> Output:
        if "spec" in inputs:
            self.made.append(("scene", int(inputs["position"])))
            return self._scene(inputs, workdir)
        self.made.append(("film", None))
        return self._film(inputs, workdir)

    def _scene(self, inputs: Mapping[str, Any], workdir: Path) -> Output:
        content = sorted((path.name, checksum_of(path.read_text("latin-1"))) for path in workdir.iterdir())
        seconds = float(inputs["seconds"]) + float(inputs["pause_seconds"]) + 0.35
        files = []
        for rung in ENCODED:
            path = workdir / f"{rung.name}.mp4"
            path.write_text(rung.name + canonical_json(dict(inputs)) + str(content))
            files.append(MadeFile(path.name, path, "scene", seconds=seconds))
        _picture(workdir / "still.jpg", int(inputs["position"]))
        facts = {
            "frames": int(seconds * 30), "seconds": seconds, "seconds_lead": 0.2, "palette": {},
            "text_contrast": 7.2, "fallbacks": [], "licences": [], "reveals": [],
            "glance": {"frames": int(seconds * 30), "black": [], "frozen": [], "sizes": []},
            "ssim": {rung.name: 0.99 for rung in ENCODED},
        }  # fmt: skip
        for name in glances.FILES:
            (workdir / name).write_text(f"{name} of scene {inputs['position']}")
        seen = tuple(MadeFile(name, workdir / name, "evidence") for name in glances.FILES)
        return Output(facts, (*files, MadeFile("still.jpg", workdir / "still.jpg", "frame"), *seen))

    def _film(self, inputs: Mapping[str, Any], workdir: Path) -> Output:
        facts: dict[str, Any] = film_facts([], words_per_minute=130)
        at = 0.0
        for part in inputs["scenes"]:
            lead = at + float(part["seconds_lead"])
            facts["words"] += [
                [word, lead + start, lead + end, part["position"]] for word, start, end in part["words"]
            ]
            spoken = lead + float(part["speech_seconds"])
            facts["timeline"].append(
                {
                    "position": part["position"], "role": part["role"], "start": at,
                    "end": at + float(part["seconds"]), "speech_start": lead, "speech_end": spoken,
                }
            )  # fmt: skip
            at += float(part["seconds"])
        names = [f"frame-{number:03}.jpg" for number in range(int(at))]
        for number, name in enumerate(names):
            place = next(one for one in facts["timeline"] if number + 0.5 < one["end"])
            scene = (workdir / f"{place['position']:02}-480.mp4").read_text()
            _picture(workdir / name, number, tint=int(checksum_of(scene)[:6], 16))
        film = workdir / "film.mp4"
        film.write_text(canonical_json(dict(inputs)))
        facts |= {"seconds": at, "frames": int(at * 30), "frame_files": names}
        frames = tuple(MadeFile(name, workdir / name, "frame") for name in names)
        return Output(facts, (MadeFile("film.mp4", film, "film", seconds=at), *frames))


def _picture(path: Path, number: int, *, tint: int = 0) -> None:
    """One colour, another one for every number and tint."""
    picture = Image.new("RGB", (54, 96), (4 * number % 256, 40 + 7 * number % 200, 11 * number % 256))
    picture.paste((tint % 256, tint // 256 % 256, tint // 65536), (0, 48, 54, 96))
    picture.save(path, quality=95)
