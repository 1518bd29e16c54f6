"""The last step: four filters over the finished film, and the second at which each question may be asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from pipeline.author import shelf
from pipeline.quality.material import Material
from pipeline.quality.verdicts import examine
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


class QaStep(Step):
    """One job a project, when film and questions are there."""

    name: ClassVar[str] = "qa"
    version: ClassVar[int] = 1
    queue: ClassVar[str] = "text"
    limits: ClassVar[Limits] = Limits(soft=300, hard=330, lease=390)
    provider_kind: ClassVar[str] = ""
    weight: ClassVar[float] = 0.05

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        script, quiz, film = done.one("script"), done.one("quiz"), done.one("compose", part="film")
        if not scenes or script is None or quiz is None or film is None:
            return []
        notes, origin = shelf.find_material(brief.concept, brief.source_notes)
        inputs = {
            "script": script.facts["script"],
            "scenes": [scene_as_json(scene) for scene in scenes],
            "questions": quiz.facts["questions"],
            "notes": notes,
            "notes_origin": origin,
            "age_group": brief.age_group,
            "target_seconds": brief.target_seconds,
            "film": film.facts,
            "film_fingerprint": film.fingerprint,
            "fallbacks": _all_fallbacks(scenes, done),
        }
        return [Job(step=self.name, inputs=inputs)]

    def run(
        self,
        inputs: Mapping[str, Any],
        workdir: Path,
        *,
        provider: Any = None,
        report: Report = ignore_progress,
        resume: str = "",
    ) -> Output:
        material = Material(
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
        results = examine(material, now=datetime.now(UTC))
        timed = [
            time_question(question, inputs["scenes"], inputs["film"]) for question in inputs["questions"]
        ]
        return Output(facts={"results": results, "questions": timed}, provider="offline", model="rules")

    def apply(self, facts: Facts) -> Changes:
        return Changes(qa_results=facts["results"])


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


def _all_fallbacks(scenes: Sequence[SceneText], done: Finished) -> list[str]:
    """Every fallback of the steps before, each once, in their order."""
    found: list[str] = []
    single = [done.one("script"), done.one("quiz"), done.one("compose", part="film")]
    each = [
        done.one(step, part=part, scene=scene.position)
        for step, part in (("visuals", ""), ("voice", ""), ("compose", "scene"))
        for scene in scenes
    ]
    for one in (*single, *each):
        for fallback in one.facts.get("fallbacks", ()) if one else ():
            if fallback not in found:
                found.append(fallback)
    return found


# --------------------------------------------------------------------------- when a question may be asked


def time_question(
    question: Mapping[str, Any], scenes: Sequence[Mapping[str, Any]], film: Mapping[str, Any]
) -> Facts:
    """The question as a published video keeps it, in the shape of `LearningVideo.quiz_questions`.

    `taught_at_seconds` is the end of the last word of its evidence in the finished film, to 0.1 s;
    `asked_at_seconds` the start of the first moment at or after it, else the film's end.
    Where the film does not say the evidence any more, both are the film's end.
    """
    evidence = str(question["evidence_sentence"])
    found = find_spoken(evidence, scenes, film)
    end = round(float(film["seconds"]), 1)
    scene, taught = found or (int(scenes[-1]["position"]), end)
    moments = sorted(
        float(one["start"])
        for one in film["timeline"]
        if one["role"] == "moment" and float(one["start"]) >= taught - 0.05
    )
    return {
        "question": question["question"],
        "answer": question["answer"],
        "explanation": question["explanation"],
        "scene": scene,
        "taught_at_seconds": taught,
        "asked_at_seconds": round(moments[0], 1) if moments else end,
        "evidence": evidence,
    }


def find_spoken(
    sentence: str, scenes: Sequence[Mapping[str, Any]], film: Mapping[str, Any]
) -> tuple[int, float] | None:
    """(scene, second at which its last word ends) of the first place where the film says a sentence."""
    wanted = _plain_words(sentence)
    for scene in sorted(scenes, key=lambda one: int(one["position"])):
        if scene["role"] == "moment":
            continue
        position = int(scene["position"])
        words = [word for word in film["words"] if int(word[3]) == position]
        said = [_plain_word(str(word[0])) for word in words]
        for first in range(len(said) - len(wanted) + 1):
            if wanted and said[first : first + len(wanted)] == wanted:
                return position, round(float(words[first + len(wanted) - 1][2]), 1)
    return None


def _plain_words(text: str) -> list[str]:
    return [_plain_word(word) for word in text.split()]


def _plain_word(word: str) -> str:
    return re.sub(r"\W+", "", word.lower())
