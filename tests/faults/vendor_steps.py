"""The quick steps with real providers: every picture, voice and text is a call by an SDK to the double."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.providers.base import DrawRequest, FactsRequest, Result, SpeechRequest
from pipeline.steps import BY_NAME
from pipeline.steps.base import Facts, Limits, MadeFile, Output, Report, ignore_progress
from tests.pipeline import quick_steps
from tests.pipeline.quick_steps import QuickQuiz, QuickScript, QuickStep, QuickVisuals, QuickVoice


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
    ) -> Output:
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
    def ask(self, inputs: Mapping[str, Any], workdir: Path, provider: Any) -> Result[Any]:
        request = DrawRequest(marker(inputs), "picture", "Any", width=54, height=96)
        return provider.draw(request, workdir)  # type: ignore[no-any-return]


class VendorVoice(_Asking, QuickVoice):
    def ask(self, inputs: Mapping[str, Any], workdir: Path, provider: Any) -> Result[Any]:
        return provider.speak(SpeechRequest(marker(inputs)), workdir / "spoken.wav")  # type: ignore[no-any-return]

    def make(self, inputs: Mapping[str, Any], workdir: Path) -> tuple[Facts, tuple[MadeFile, ...]]:
        return super().make(inputs, workdir)


def install(*, limits: Limits) -> None:
    """Put them into the place of the pipeline's own, in this process, for good."""
    quick_steps.install(limits=limits)
    for kind in (VendorScript, VendorVisuals, VendorVoice, VendorQuiz):
        kind.limits = limits
        BY_NAME[kind.name] = kind()
