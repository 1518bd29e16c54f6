"""The first step: the creator's brief becomes a script, and the script becomes scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any, ClassVar

from pipeline.author import shelf
from pipeline.author.storyboard import lay_out
from pipeline.providers.base import FactsRequest, Result, Script, ScriptRequest, TextProvider
from pipeline.providers.offline import CannotWrite
from pipeline.quality.audience import AUDIENCES
from pipeline.quality.notes import check_brief, split
from pipeline.steps.base import (
    Brief,
    Changes,
    Facts,
    Finished,
    Job,
    Limits,
    Output,
    Report,
    SceneDraft,
    SceneText,
    Step,
    StepError,
    ignore_progress,
)

FACTS = "facts"  # the part that comes first where there are no notes


class ScriptStep(Step):
    """One job a project: notes in, script and scenes out. The scenes are written when it succeeds."""

    name: ClassVar[str] = "script"
    version: ClassVar[int] = 1
    queue: ClassVar[str] = "text"
    limits: ClassVar[Limits] = Limits(soft=270, hard=300, lease=360)
    provider_kind: ClassVar[str] = "text"
    weight: ClassVar[float] = 0.1

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        """Always one: it depends on nothing but the brief (and on the shelf, where the brief has no
        notes). Without any notes the facts come first, as notes that a person will read.
        """
        notes, _ = shelf.find_material(brief.concept, brief.source_notes)
        if not notes.strip():
            about = {"concept": brief.concept, "age_group": brief.age_group, "language": brief.language}
            return [Job(step=self.name, part=FACTS, inputs=about | {"part": FACTS})]
        known = AUDIENCES.get(brief.age_group)
        inputs = {
            "concept": brief.concept,
            "age_group": brief.age_group,
            "notes": notes,
            "target_seconds": brief.target_seconds,
            "words_per_minute": known.words_per_minute if known else 0,
            "language": brief.language,
            "must_say": list(brief.must_say),
            "must_not_say": list(brief.must_not_say),
            "topics": list(brief.topics),
        }
        return [Job(step=self.name, inputs=inputs)]

    def still_answers(self, job: Job, inputs: Mapping[str, Any]) -> bool:
        """Edited scenes stay while the brief says the same, whoever wrote them first.

        Notes of the shelf may have been improved since; notes of the creator must be the same.
        """
        wishes = ("concept", "age_group", "target_seconds", "language", "must_say", "must_not_say")
        if any(job.inputs.get(name) != inputs.get(name) for name in wishes):
            return False
        notes = job.inputs["notes"]
        return bool(
            notes == inputs.get("notes") or notes == shelf.find_material(job.inputs["concept"], "")[0]
        )

    def run(
        self,
        inputs: Mapping[str, Any],
        workdir: Path,
        *,
        provider: Any = None,
        report: Report = ignore_progress,
        resume: str = "",
    ) -> Output:
        """Checks the brief, has the script written, and lays it out as scenes.

        Raises StepError with the finding's code where the brief cannot be filmed.
        """
        if inputs.get("part") == FACTS:
            return _list_facts(inputs, provider)
        refuse_blocked(inputs)
        report(0.1)
        request = ScriptRequest(
            concept=inputs["concept"],
            age_group=inputs["age_group"],
            notes=inputs["notes"],
            target_seconds=inputs["target_seconds"],
            words_per_minute=inputs["words_per_minute"],
            language=inputs["language"],
            must_say=tuple(inputs["must_say"]),
            must_not_say=tuple(inputs["must_not_say"]),
            topics=tuple(inputs["topics"]),
        )
        writer: TextProvider = provider
        try:
            result = writer.write_script(request)
        except CannotWrite as error:
            raise StepError(error.reason, error.message) from error
        report(0.9)
        drafts = storyboard(result.value, request.age_group, words_per_minute=request.words_per_minute)
        return Output(
            facts={
                "script": result.value.model_dump(mode="json"),
                "scenes": [draft_as_json(draft) for draft in drafts],
                "notes_sentences": [
                    {"id": one.id, "text": one.text, "start": one.start, "end": one.end}
                    for one in split(request.notes)
                ],
                "fallbacks": _find_fallbacks(request, result),
            },
            usage=result.usage,
            provider=result.provider,
            model=result.model,
            request_id=result.request_id,
        )

    def apply(self, facts: Facts) -> Changes:
        """The title, the script as people read it, and the scenes; of the facts, the notes they become."""
        if FACTS in facts:
            return Changes(model_notes="\n".join(facts[FACTS]))
        drafts = tuple(draft_from_json(scene) for scene in facts["scenes"])
        return Changes(
            title=facts["script"]["title"], script=script_as_text(facts["script"], drafts), scenes=drafts
        )


def _list_facts(inputs: Mapping[str, Any], provider: TextProvider) -> Output:
    """Facts about a concept without notes. Raises StepError where the concept is refused, or nobody knows."""
    findings = check_brief(inputs["concept"], inputs["age_group"], "", language=inputs["language"])
    evidence = {"findings": [finding.as_json() for finding in findings]}
    blocking = [one for one in findings if one.blocks and one.code != "creator:too-few-facts"]
    if blocking:
        raise StepError(blocking[0].code, blocking[0].message, evidence=evidence)
    try:
        result = provider.write_facts(
            FactsRequest(inputs["concept"], inputs["age_group"], inputs["language"])
        )
    except CannotWrite as error:
        raise StepError(error.reason, error.message, evidence=evidence) from error
    return Output(
        facts={FACTS: list(result.value)},
        usage=result.usage,
        provider=result.provider,
        model=result.model,
        request_id=result.request_id,
    )


def storyboard(script: Script, age_group: str, *, words_per_minute: float = 0) -> list[SceneDraft]:
    """The scenes of a script by any author: hook, scenes with thinking moments between them, recap.

    A script that would come out under 45 s gets longer pauses; 0 words a minute means the target of the
    age group.
    """
    laid_out = lay_out(script, age_group, words_per_minute=words_per_minute)
    drafts = [
        SceneDraft(**{one.name: getattr(scene, one.name) for one in fields(scene)}) for scene in laid_out
    ]
    # A clip costs money, and only people ask for one.
    return [
        replace(draft, visual_kind="picture") if draft.visual_kind == "clip" else draft for draft in drafts
    ]


def refuse_blocked(inputs: Mapping[str, Any]) -> None:
    """Raises StepError with the first finding that blocks this brief; all findings go along as evidence."""
    findings = check_brief(
        inputs["concept"], inputs["age_group"], inputs["notes"], inputs["target_seconds"], inputs["language"]
    )
    blocking = [finding for finding in findings if finding.blocks]
    if blocking:
        evidence = {"findings": [finding.as_json() for finding in findings]}
        raise StepError(blocking[0].code, blocking[0].message, evidence=evidence)


def _find_fallbacks(request: ScriptRequest, result: Result[Script]) -> list[str]:
    """What the script does in another way than the brief wished."""
    told = " ".join(
        line.text
        for line in (
            result.value.hook,
            *(line for scene in result.value.scenes for line in scene.narration),
            result.value.recap,
        )
    ).lower()
    missing = [phrase for phrase in request.must_say if phrase.strip() and phrase.lower() not in told]
    said = [phrase for phrase in request.must_not_say if phrase.strip() and phrase.lower() in told]
    return [f"the film does not say “{phrase}”" for phrase in missing] + [
        f"the film says “{phrase}”, which it should not" for phrase in said
    ]


def draft_as_json(draft: SceneDraft) -> Facts:
    """A scene as JSON; `draft_from_json` is the way back."""
    return asdict(draft) | {"lines": [dict(line) for line in draft.lines], "items": list(draft.items)}


def draft_from_json(scene: Mapping[str, Any]) -> SceneDraft:
    return SceneDraft(**dict(scene) | {"lines": tuple(scene["lines"]), "items": tuple(scene["items"])})


def script_as_text(script: Mapping[str, Any], drafts: Sequence[SceneDraft]) -> str:
    """The script for people: a heading a scene, its sentences below."""
    parts = [script["title"], f"Objective: {script['learning_objective']}"]
    for draft in drafts:
        sentences = " ".join(str(line["text"]) for line in draft.lines)
        parts.append(f"[{draft.position + 1} · {draft.role}] {draft.on_screen_text}\n{sentences}")
    return "\n\n".join(parts)
