"""The last step: four filters over the finished film, and the second at which each question may be asked.

A job a filter (rules, then judge), one for the moderation, and one that sums up: a judge that fails loses
its own filter only, and what the others have found stays. Every call of a judge is a job of its own, so that
an answer that has arrived is kept, whatever becomes of the others; a filter of several calls sums them up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from pipeline.author import shelf
from pipeline.providers import prompts
from pipeline.providers.base import JudgeAnswer, JudgeProvider, ModerationProvider, PictureToModerate
from pipeline.providers.errors import ProviderError, Usage, usage_as_json, usage_from_json
from pipeline.providers.results import Result
from pipeline.quality.asks import AGAIN, OWN, Ask, make_asks, prompt_of
from pipeline.quality.judging import judge_filter
from pipeline.quality.material import Material
from pipeline.quality.moderating import check_scores, find_frame, frames_to_moderate, texts_to_moderate
from pipeline.quality.verdicts import (
    MODERATED,
    Opinion,
    Record,
    examine_by_rules,
    record_opinion,
    summarise,
)
from pipeline.steps.asking_times import time_question
from pipeline.steps.base import (
    Brief,
    Changes,
    Facts,
    Finished,
    Job,
    Limits,
    Output,
    Report,
    SceneText,
    Step,
    ignore_progress,
)

NOT_RUN = "not_run"
MODERATION = "moderation"
PARTS = {  # a kind of job → its filter
    "content": "inappropriate_content",
    "accuracy": "factual_accuracy",
    "age": "age_appropriateness",
    "value": "educational_value",
}
HEARINGS = {  # a kind of job that only asks → the kind whose filter uses the answers, the name of its ask
    "value-blind": ("value", "blind"),
    "value-told": ("value", "told"),
    "accuracy-again": ("accuracy", AGAIN),
}
SEES_PICTURES = frozenset({"inappropriate_content", "educational_value"})  # filters with picture questions


class QaStep(Step):
    """When film and questions are there: a job a filter, one of the moderation, then the sum."""

    name: ClassVar[str] = "qa"
    version: ClassVar[int] = 2
    queue: ClassVar[str] = "text"
    limits: ClassVar[Limits] = Limits(soft=300, hard=330, lease=390)
    provider_kind: ClassVar[str] = ""
    weight: ClassVar[float] = 0.05
    parts: ClassVar[tuple[str, ...]] = (*PARTS, *HEARINGS, MODERATION, "")

    def provider_for(self, part: str) -> str:
        if part == "accuracy-again":
            return "second"
        return "judge" if part in PARTS or part in HEARINGS else MODERATION if part == MODERATION else ""

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        script, quiz, film = done.one("script"), done.one("quiz"), done.one("compose", part="film")
        if not scenes or script is None or quiz is None or film is None:
            return []
        notes, origin = shelf.find_material(brief.concept, brief.source_notes)
        inputs: Facts = {
            "script": script.facts["script"],
            "scenes": [scene_as_json(scene) for scene in scenes],
            "questions": quiz.facts["questions"],
            "notes": notes,
            "notes_origin": "model" if brief.notes_origin == "model" else origin,
            "age_group": brief.age_group,
            "target_seconds": brief.target_seconds,
            "film": film.facts,
            "film_fingerprint": film.fingerprint,
            "fallbacks": _all_fallbacks(scenes, done),
        }
        stills = _stills(scenes, done)
        # Only words are asked about: another picture pays for no second hearing.
        words = inputs | {"film": {}, "film_fingerprint": "", "fallbacks": []}
        hearings = [
            Job(
                step=self.name,
                part=part,
                inputs=words
                | {"filter": PARTS[of], "ask": ask, "prompt": prompts.load(prompt_of(PARTS[of])).label},
            )
            for part, (of, ask) in HEARINGS.items()
        ]
        heard = {job.part: done.one(self.name, part=job.part) for job in hearings}
        jobs = [
            Job(
                step=self.name,
                part=part,
                inputs=inputs
                | {"filter": name, "prompt": prompts.load(prompt_of(name)).label}
                | _heard_by(part, heard),
                files=stills if name in SEES_PICTURES else {},
            )
            for part, name in PARTS.items()
            if all(heard[hearing] is not None for hearing, (of, _) in HEARINGS.items() if of == part)
        ]
        names = film.facts.get("frame_files", ())
        shown = {name: film.files[name] for name in names if name in film.files}
        jobs.append(Job(step=self.name, part=MODERATION, inputs=inputs | {"filter": MODERATION}, files=shown))
        each = [done.one(self.name, part=job.part) for job in jobs]
        found = [one.facts for one in each if one is not None]
        if len(found) == len(PARTS) + 1:
            summed = {key: inputs[key] for key in ("scenes", "questions", "film", "film_fingerprint")}
            jobs.append(Job(step=self.name, inputs=summed | {"found": found}))
        return [*hearings, *jobs]

    def run(
        self,
        inputs: Mapping[str, Any],
        workdir: Path,
        *,
        provider: Any = None,
        report: Report = ignore_progress,
        resume: str = "",
    ) -> Output:
        """One job. Raises what the provider raises: a check that did not run is never taken as passed."""
        if "found" in inputs:
            return _sum_up(inputs)
        material = read_material(inputs)
        if inputs["filter"] == MODERATION:
            return _moderate(material, workdir, provider)
        if "ask" in inputs:
            return _hear(str(inputs["filter"]), str(inputs["ask"]), material, provider)
        return _examine(
            str(inputs["filter"]), material, workdir, provider, report, heard=inputs.get("heard", {})
        )

    def apply(self, facts: Facts) -> Changes | None:
        """The sum alone is stored with the project."""
        return Changes(qa_results=facts["results"]) if "results" in facts else None


def read_material(inputs: Mapping[str, Any]) -> Material:
    """The filters' view of a job's inputs."""
    return Material(
        script=inputs["script"],
        scenes=inputs["scenes"],
        questions=inputs["questions"],
        notes=inputs["notes"],
        age_group=inputs["age_group"],
        film=inputs["film"],
        notes_origin=inputs["notes_origin"],
        target_seconds=inputs["target_seconds"],
        fallbacks=inputs["fallbacks"],
        film_fingerprint=inputs.get("film_fingerprint", ""),
    )


# --------------------------------------------------------------------------- a filter


def _heard_by(part: str, heard: Mapping[str, Any]) -> Facts:
    """The answers that other jobs have brought for a filter; nothing for one that asks once."""
    own = {
        ask: heard[hearing].facts for hearing, (of, ask) in HEARINGS.items() if of == part and heard[hearing]
    }
    return {"heard": own} if own else {}


def _hear(name: str, ask_name: str, material: Material, judge: JudgeProvider | None) -> Output:
    """One call of a filter of several: the answers as they are, for the filter's own job."""
    ask = next(one for one in make_asks(name, material) if one.name == ask_name)
    result = _ask(judge, ask)
    answers = None if result is None else [asdict(one) for one in result.value]
    told = {} if result is None else {"usage": usage_as_json(result.usage), "seconds": result.seconds}
    output = _output([], [] if result is None else [result])
    return replace(output, facts={"answers": answers, **told, "fallbacks": []})


def _examine(
    name: str,
    material: Material,
    workdir: Path,
    judge: JudgeProvider | None,
    report: Report,
    *,
    heard: Mapping[str, Mapping[str, Any]],
) -> Output:
    now = datetime.now(UTC)
    rules = examine_by_rules(name, material, now=now)
    report(0.2)
    pictures = tuple(sorted(workdir.glob("still-*.jpg"))) if name in SEES_PICTURES else ()
    asks = make_asks(name, material, pictures=pictures)
    own = [_ask(judge, ask) for ask in asks if ask.name == OWN]
    report(0.9)
    results = [one for one in own if one is not None]
    answers: dict[str, tuple[JudgeAnswer, ...]] = {}
    if results:
        answers[OWN] = results[0].value
    others: list[Result[Any]] = []
    for ask_name, facts in heard.items():
        if facts["answers"] is not None:
            answers[ask_name] = tuple(_answer_from_json(one) for one in facts["answers"])
            others.append(
                Result(answers[ask_name], usage_from_json(facts["usage"]), seconds=facts["seconds"])
            )
    fallbacks = [text for facts in heard.values() for text in facts.get("fallbacks") or ()]
    # A second opinion may be missing: it is one more, nobody's own.
    if any(ask.name not in answers for ask in asks if ask.name != AGAIN):
        unread = record_opinion(name, "judge", None, material, opinion=Opinion(), now=now)
        return _output([rules, unread], results, fallbacks)
    judged = judge_filter(name, material, asks, answers)
    read = record_opinion(
        name,
        "judge",
        judged.checks,
        material,
        opinion=_opinion([*results, *others], prompt=prompts.load(prompt_of(name)).label),
        now=now,
        score=judged.score,
    )
    return _output([rules, read], results, fallbacks)


def _answer_from_json(value: Mapping[str, Any]) -> JudgeAnswer:
    return JudgeAnswer(**{**value, "quotes": tuple(value["quotes"])})


def _ask(judge: JudgeProvider | None, ask: Ask) -> Result[Any] | None:
    """The judge's answers; None where there is no judge."""
    if judge is None:
        return None
    result = judge.answer(ask.questions, ask.material)
    return None if result.value == NOT_RUN else result


def _moderate(material: Material, workdir: Path, moderation: ModerationProvider | None) -> Output:
    """Texts first: where nobody moderates, no frame is taken."""
    now = datetime.now(UTC)
    texts = texts_to_moderate(material)
    result = moderation.moderate([one.text for one in texts]) if moderation is not None else None
    if moderation is None or result is None or result.value == NOT_RUN:
        unread = record_opinion(MODERATED, "moderation", None, material, opinion=Opinion(), now=now)
        return _output([unread], [])
    names = [name for name in material.film.get("frame_files", ()) if (workdir / name).exists()]
    frames = frames_to_moderate(material) if names else []
    there = {"frame_files": names, "frame_seconds": material.film.get("frame_seconds")}
    shown = [PictureToModerate(workdir / find_frame(there, frame.at_s), frame.text) for frame in frames]
    try:
        seen = moderation.moderate([], shown) if shown else Result((), provider=result.provider)
    except ProviderError as error:
        error.usage = result.usage + (error.usage or Usage())  # the texts were moderated, and stay counted
        raise
    scores = [*_scores(result), *_scores(seen)]
    checks = check_scores(material, texts, frames, scores)
    opinion = _opinion([result, seen], prompt="")
    record = record_opinion(MODERATED, "moderation", checks, material, opinion=opinion, now=now)
    return _output([record], [result, seen])


def _scores(result: Result[Any]) -> list[Any]:
    return [] if result.value == NOT_RUN else list(result.value)


def _opinion(results: Sequence[Result[Any]], *, prompt: str) -> Opinion:
    usage = sum((one.usage for one in results), Usage())
    told = {key: value for key, value in asdict(usage).items() if value}
    if usage.cost is not None:
        told["cost"] = str(usage.cost)
    return Opinion(
        model=results[0].model if results else "",
        prompt=prompt,
        sdk=results[0].provider if results else "",
        usage=told,
        seconds=sum(one.seconds for one in results),
    )


def _output(
    records: Sequence[Record], results: Sequence[Result[Any]], fallbacks: Sequence[str] = ()
) -> Output:
    first = results[0] if results else None
    return Output(
        facts={"records": list(records), "fallbacks": list(fallbacks)},
        usage=sum((one.usage for one in results), Usage()),
        provider=first.provider if first else "offline",
        model=first.model if first else "rules",
        request_id=first.request_id if first else "",
    )


def _sum_up(inputs: Mapping[str, Any]) -> Output:
    records = [record for one in inputs["found"] for record in _with_fallbacks(one)]
    results = summarise(records).as_json()
    timed = [time_question(question, inputs["scenes"], inputs["film"]) for question in inputs["questions"]]
    return Output(facts={"results": results, "questions": timed}, provider="offline", model="rules")


def _with_fallbacks(facts: Mapping[str, Any]) -> list[Record]:
    """The records of a job; a judge that stood in for another is named like every fallback."""
    *others, last = [dict(record) for record in facts["records"]]
    named = [
        {
            "id": "value.fallback",
            "verdict": "review",
            "message": f"Done in another way than wished: {fallback}",
            "evidence": None,
        }
        for fallback in facts.get("fallbacks") or ()
    ]
    return [*others, last | {"checks": [*last["checks"], *named]}]


def scene_as_json(scene: SceneText) -> Facts:
    """The current text of a scene; takes are left out, since they change no word."""
    return {
        "position": scene.position,
        "role": scene.role,
        "lines": [dict(line) for line in scene.lines],
        "on_screen_text": scene.on_screen_text,
        "visual_description": scene.visual_description,
        "visual_kind": scene.visual_kind,
        "items": list(scene.items),
        "pause_seconds": scene.pause_seconds,
    }


def _stills(scenes: Sequence[SceneText], done: Finished) -> dict[str, str]:
    """The still of every scene by the name under which a job finds it."""
    found: dict[str, str] = {}
    for scene in scenes:
        one = done.one("compose", part="scene", scene=scene.position)
        if one is not None and "still.jpg" in one.files:
            found[f"still-{scene.position:02d}.jpg"] = one.files["still.jpg"]
    return found


def _all_fallbacks(scenes: Sequence[SceneText], done: Finished) -> list[str]:
    """Every fallback of the steps before, each once, in their order."""
    found: list[str] = []
    single = [done.one("script"), done.one("quiz"), done.one("compose", part="film")]
    each = [
        done.one(step, part=part, scene=scene.position)
        for step, part in (("visuals", ""), ("visuals", "clip"), ("voice", ""), ("compose", "scene"))
        for scene in scenes
    ]
    for one in (*single, *each):
        for fallback in one.facts.get("fallbacks", ()) if one else ():
            if fallback not in found:
                found.append(fallback)
    return found
