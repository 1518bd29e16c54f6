"""The quick steps with real providers: every picture, clip, voice, text, judgement and moderated frame is a
call by an SDK to the double."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.providers.base import (
    DrawRequest,
    FactsRequest,
    JudgeMaterial,
    JudgeQuestion,
    PictureToModerate,
    Result,
    SpeechRequest,
)
from pipeline.providers.errors import ProviderError, Usage
from pipeline.steps import BY_NAME, clip_work
from pipeline.steps.base import (
    Brief,
    Facts,
    Finished,
    Job,
    Limits,
    MadeFile,
    Output,
    Report,
    SceneText,
    Waiting,
    ignore_progress,
)
from tests.pipeline import quick_steps
from tests.pipeline.quick_steps import (
    QuickQa,
    QuickQuiz,
    QuickScript,
    QuickStep,
    QuickVisuals,
    QuickVoice,
)

MODERATED = 3  # calls of a film's moderation: its text, two frames


def marker(inputs: Mapping[str, Any]) -> str:
    """What is found again in the body of every call: which job of which film asked."""
    return f"{inputs['concept']} {inputs['key']}"


class _Asking(QuickStep):
    """A quick step that asks its provider before it makes its quick answer."""

    def run(
        self,
        inputs: Mapping[str, Any],
        workdir: Path,
        *,
        provider: Any = None,
        report: Report = ignore_progress,
        resume: str = "",
    ) -> Output | Waiting:
        result = self.ask(inputs, workdir, provider)
        facts, files = self.make(inputs, workdir)
        return Output(facts, files, result.usage, result.provider, result.model, result.request_id)

    def ask(self, inputs: Mapping[str, Any], workdir: Path, provider: Any) -> Result[Any]:
        return provider.write_facts(FactsRequest(marker(inputs), "8-10"))  # type: ignore[no-any-return]


class VendorScript(_Asking, QuickScript):
    """Facts about the film's marker."""


class VendorQuiz(_Asking, QuickQuiz):
    """The same."""


class VendorVisuals(_Asking, QuickVisuals):
    """Pictures; and a clip of the first scene, where the brief wishes for clips."""

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        found = super().jobs(brief, scenes, done)
        drawn = done.one(self.name, scene=0)
        if clip_work.WISH in brief.visual_style and drawn is not None:
            about = {"concept": brief.concept, "key": "clip.0", "description": f"{brief.concept} clip.0"}
            size = {"width": 216, "height": 384, "seconds": 1.0, "seed": 0}
            style = {"style": "auto", "age_group": brief.age_group}
            found.append(
                Job(self.name, about | size | style, scene=0, files=drawn.files, part=clip_work.PART)
            )
        return found

    def provider_for(self, part: str) -> str:
        return "clip" if part == clip_work.PART else "image"

    def run(
        self,
        inputs: Mapping[str, Any],
        workdir: Path,
        *,
        provider: Any = None,
        report: Report = ignore_progress,
        resume: str = "",
    ) -> Output | Waiting:
        if "seconds" in inputs:
            (workdir / "picture.png").unlink()  # a quick picture is none
            return clip_work.make_clip(inputs, workdir, provider, resume)
        return super().run(inputs, workdir, provider=provider, report=report, resume=resume)

    def ask(self, inputs: Mapping[str, Any], workdir: Path, provider: Any) -> Result[Any]:
        request = DrawRequest(marker(inputs), "picture", "Any", width=54, height=96)
        return provider.draw(request, workdir)  # type: ignore[no-any-return]


class VendorVoice(_Asking, QuickVoice):
    def ask(self, inputs: Mapping[str, Any], workdir: Path, provider: Any) -> Result[Any]:
        return provider.speak(SpeechRequest(marker(inputs)), workdir / "spoken.wav")  # type: ignore[no-any-return]

    def make(self, inputs: Mapping[str, Any], workdir: Path) -> tuple[Facts, tuple[MadeFile, ...]]:
        return super().make(inputs, workdir)


class VendorQa(_Asking, QuickQa):
    """A judge's call, a moderation of a text and two frames, and then the sum, which asks nobody."""

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        found = []
        for job in super().jobs(brief, scenes, done):  # none, or the sum
            asked = [
                Job(self.name, {"concept": brief.concept, "key": part}, part=part)
                for part in ("judge", "moderation")
            ]
            there = all(done.one(self.name, part=one.part) is not None for one in asked)
            found += [*asked, job] if there else asked
        return found

    def provider_for(self, part: str) -> str:
        return part

    def run(
        self,
        inputs: Mapping[str, Any],
        workdir: Path,
        *,
        provider: Any = None,
        report: Report = ignore_progress,
        resume: str = "",
    ) -> Output | Waiting:
        if provider is None:
            return QuickQa.run(self, inputs, workdir, provider=provider, report=report, resume=resume)
        return super().run(inputs, workdir, provider=provider, report=report, resume=resume)

    def ask(self, inputs: Mapping[str, Any], workdir: Path, provider: Any) -> Result[Any]:
        if inputs["key"] == "judge":
            material = JudgeMaterial("factual_accuracy", (("notes", marker(inputs)),))
            return provider.answer([JudgeQuestion("claim", "Is it so?")], material)  # type: ignore[no-any-return]
        told = provider.moderate([marker(inputs)])
        frames = []
        for number in range(MODERATED - 1):
            path = workdir / f"frame-{number}.png"
            Image.new("RGB", (9, 16), (90 * number, 30, 60)).save(path)
            frames.append(PictureToModerate(path, marker(inputs)))
        try:
            seen = provider.moderate([], frames)
        except ProviderError as error:  # as the step itself does
            error.usage = told.usage + (error.usage or Usage())
            raise
        return Result((*told.value, *seen.value), told.usage + seen.usage, told.provider, told.model)

    def make(self, inputs: Mapping[str, Any], workdir: Path) -> tuple[Facts, tuple[MadeFile, ...]]:
        return super().make(inputs, workdir) if inputs["key"] == "qa" else ({"asked": inputs["key"]}, ())

    def apply(self, facts: Facts) -> Any:
        return super().apply(facts) if "results" in facts else None


def install(*, limits: Limits) -> None:
    """Put them into the place of the pipeline's own, in this process, for good."""
    quick_steps.install(limits=limits)
    for kind in (VendorScript, VendorVisuals, VendorVoice, VendorQuiz, VendorQa):
        kind.limits = limits
        BY_NAME[kind.name] = kind()
