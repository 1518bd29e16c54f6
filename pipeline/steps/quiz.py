"""The quiz step: three yes/no questions from what the film says now, edits included."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pipeline.author import shelf
from pipeline.providers.base import NarratedSentence, QuizRequest, TextProvider
from pipeline.providers.offline import CannotWrite
from pipeline.steps.base import (
    OWN,
    Brief,
    Finished,
    Job,
    Limits,
    Output,
    Report,
    SceneText,
    Step,
    StepError,
    ignore_progress,
)


class QuizStep(Step):
    """One job a project, beside the pictures and voices: it needs the words only."""

    name: ClassVar[str] = "quiz"
    version: ClassVar[int] = 1
    queue: ClassVar[str] = "text"
    limits: ClassVar[Limits] = Limits(soft=270, hard=300, lease=360)
    provider_kind: ClassVar[str] = "text"
    weight: ClassVar[float] = 0.05

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        """One as soon as there are scenes. A person's own questions are taken as they are, whatever the film
        says by now: the checks find the one that has lost its sentence.
        """
        if not scenes or done.one("script") is None:
            return []
        if brief.questions:
            return [Job(step=self.name, part=OWN, inputs={"own": [dict(one) for one in brief.questions]})]
        notes, _ = shelf.find_material(brief.concept, brief.source_notes)
        narration = [
            {"scene": scene.position, "text": str(line["text"]), "sources": list(line.get("sources") or ())}
            for scene in scenes
            for line in scene.lines
        ]
        inputs = {
            "narration": narration,
            "notes": notes,
            "age_group": brief.age_group,
            "concept": brief.concept,
            "language": brief.language,
        }
        return [Job(step=self.name, inputs=inputs)]

    def provider_for(self, part: str) -> str:
        return "" if part == OWN else self.provider_kind

    def run(
        self,
        inputs: Mapping[str, Any],
        workdir: Path,
        *,
        provider: Any = None,
        report: Report = ignore_progress,
        resume: str = "",
    ) -> Output:
        """Has the questions written. Raises StepError where the narration holds too little to ask about."""
        if OWN in inputs:
            return Output(facts={"questions": list(inputs[OWN]), "fallbacks": []})
        request = QuizRequest(
            narration=tuple(
                NarratedSentence(line["scene"], line["text"], tuple(line["sources"]))
                for line in inputs["narration"]
            ),
            notes=inputs["notes"],
            age_group=inputs["age_group"],
            concept=inputs["concept"],
            language=inputs["language"],
        )
        writer: TextProvider = provider
        try:
            result = writer.write_quiz(request)
        except CannotWrite as error:
            raise StepError(error.reason, error.message) from error
        return Output(
            facts={
                "questions": [question.model_dump(mode="json") for question in result.value],
                "fallbacks": [],
            },
            usage=result.usage,
            provider=result.provider,
            model=result.model,
            request_id=result.request_id,
        )
