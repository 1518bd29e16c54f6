"""A film as the review page shows it: player, scenes with their sources, questions, findings.

Everything is read from one plan and a few bounded queries, and turned into plain values for templates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.urls import reverse

from pipeline.models import ContentProject, Scene, StepRun
from pipeline.planning import Plan
from studio.admin.wording import (
    FILTERS,
    FINDING,
    ROLE,
    Chip,
    name_step,
    say_clock,
)

FIELD = re.compile(r"^(scenes|questions)\.(\d+)\.")


# --------------------------------------------------------------------------- player


@dataclass(frozen=True)
class Mark:
    """A scene on the strip below the player: where it starts, its share of the film in percent."""

    position: int
    label: str
    start: float
    share: float


@dataclass(frozen=True)
class Player:
    """Addresses of the film's files, and whether it is the film of the present texts."""

    film: str
    captions: str
    poster: str
    seconds: float
    clock: str
    is_present: bool
    burned_captions: bool
    marks: list[Mark]


def asset_address(run: StepRun, name: str) -> str:
    return reverse("admin:studio-asset", args=[run.pk, name])


def show_player(project: ContentProject, run: StepRun | None, *, is_present: bool) -> Player | None:
    """The player of a finished film; None where there is none yet."""
    if run is None or "film.mp4" not in run.made:
        return None
    facts = run.output or {}
    seconds = float(facts.get("seconds") or 0.0)
    marks = [
        Mark(
            int(part["position"]),
            f"{ROLE.get(part['role'], 'Scene')} {int(part['position']) + 1}",
            float(part["start"]),
            round(100 * (float(part["end"]) - float(part["start"])) / seconds, 2) if seconds else 0.0,
        )
        for part in facts.get("timeline", [])
    ]
    return Player(
        film=asset_address(run, "film.mp4"),
        captions=asset_address(run, "captions.vtt") if "captions.vtt" in run.made else "",
        poster=asset_address(run, "poster.jpg") if "poster.jpg" in run.made else "",
        seconds=seconds,
        clock=say_clock(seconds),
        is_present=is_present,
        burned_captions=project.burned_captions,
        marks=marks,
    )


# --------------------------------------------------------------------------- scenes


@dataclass(frozen=True)
class Line:
    """A narrated sentence, the second at which it is spoken, and the note sentences behind it."""

    text: str
    start: float | None
    end: float | None
    clock: str
    sources: list[str]


@dataclass(frozen=True)
class SceneView:
    scene: Scene
    number: int
    role: str
    lines: list[Line]
    start: float | None
    clock: str
    stale: list[str]  # names of the parts that have to be made anew
    still: str


def show_scenes(present: Plan, film: StepRun | None) -> list[SceneView]:
    script = present.script_run
    notes = {
        int(one["id"]): str(one["text"])
        for one in ((script.output or {}) if script is not None else {}).get("notes_sentences", [])
    }
    facts: Mapping[str, Any] = (film.output or {}) if film is not None else {}
    starts = {int(part["position"]): float(part["start"]) for part in facts.get("timeline", [])}
    words: dict[int, list[Sequence[Any]]] = {}
    for word in facts.get("words", []):
        words.setdefault(int(word[3]), []).append(word)
    stills = {
        planned.job.scene: asset_address(planned.run, "still.jpg")
        for planned in present.jobs
        if planned.job.part == "scene" and planned.run is not None and "still.jpg" in planned.run.made
    }
    return [
        SceneView(
            scene=scene,
            number=scene.position + 1,
            role=ROLE.get(scene.role, "Scene"),
            lines=_lines(scene, words.get(scene.position, []), notes),
            start=starts.get(scene.position),
            clock=say_clock(starts[scene.position]) if scene.position in starts else "",
            stale=_stale(present, scene.position),
            still=stills.get(scene.position, ""),
        )
        for scene in present.scenes
    ]


def _lines(scene: Scene, spoken: list[Sequence[Any]], notes: Mapping[int, str]) -> list[Line]:
    """Each sentence takes as many spoken words as it has; where they differ, it has no time."""
    lines, place = [], 0
    for line in scene.lines:
        wanted = str(line["text"]).split()
        found = spoken[place : place + len(wanted)]
        place += len(wanted)
        fits = bool(wanted) and [str(word[0]) for word in found] == wanted
        lines.append(
            Line(
                text=str(line["text"]),
                start=float(found[0][1]) if fits else None,
                end=float(found[-1][2]) if fits else None,
                clock=say_clock(float(found[0][1])) if fits else "",
                sources=[notes[number] for number in line.get("sources", []) if number in notes],
            )
        )
    return lines


def _stale(present: Plan, position: int) -> list[str]:
    names = [
        name_step(planned.job.step, planned.job.part)
        for planned in present.missing
        if planned.job.scene == position
    ]
    return list(dict.fromkeys(names))


# --------------------------------------------------------------------------- questions


@dataclass(frozen=True)
class QuestionView:
    number: int
    text: str
    answer: str
    explanation: str
    evidence: str
    taught: float
    clock: str
    scene: int


def show_questions(checks: StepRun | None) -> list[QuestionView]:
    """The timed questions of the checks, as they would be published."""
    asked = ((checks.output or {}) if checks is not None else {}).get("questions", [])
    return [
        QuestionView(
            number=number + 1,
            text=str(one["question"]),
            answer="Yes" if one["answer"] else "No",
            explanation=str(one["explanation"]),
            evidence=str(one["evidence"]),
            taught=float(one["taught_at_seconds"]),
            clock=say_clock(float(one["taught_at_seconds"])),
            scene=int(one["scene"]) + 1,
        )
        for number, one in enumerate(asked)
    ]


# --------------------------------------------------------------------------- findings


@dataclass(frozen=True)
class FindingView:
    chip: Chip
    rule: str
    message: str
    place: str  # "Scene 3", "Question 1", ""
    anchor: str
    quote: str
    source: str  # the passage of the notes
    at: float | None
    clock: str


@dataclass(frozen=True)
class FilterView:
    name: str
    chip: Chip
    open: list[FindingView]
    passed: list[str]
    not_run: list[str]  # in words


def show_findings(project: ContentProject, results: Mapping[str, Any] | None) -> list[FilterView]:
    """The four filters, each with its blockers, then warnings; what did not run is said in words."""
    details: Mapping[str, Any] = (results or {}).get("details") or {}
    order = [name for name in FILTERS if name in details] + [name for name in details if name not in FILTERS]
    views = []
    for name in order:
        record = details[name]
        checks = list(record.get("checks") or ())
        found = [one for one in checks if one.get("verdict") in {"block", "review"}]
        found.sort(key=lambda one: one["verdict"] != "block")
        worst = "block" if any(one["verdict"] == "block" for one in found) else "review" if found else "pass"
        views.append(
            FilterView(
                name=FILTERS.get(name, name.replace("_", " ").capitalize()),
                chip=FINDING[worst] if found else Chip("check_circle", "Nothing found", "good"),
                open=[_finding(project, one) for one in found],
                passed=[str(one.get("message", "")) for one in checks if one.get("verdict") == "pass"],
                not_run=_not_run(record, checks),
            )
        )
    return views


def take_common(filters: list[FilterView]) -> tuple[list[str], list[FilterView]]:
    """What ran in no filter, said once; and the filters without it."""
    common = (
        [text for text in filters[0].not_run if all(text in one.not_run for one in filters)]
        if filters
        else []
    )
    rest = [replace(one, not_run=[text for text in one.not_run if text not in common]) for one in filters]
    return common, rest


def _finding(project: ContentProject, check: Mapping[str, Any]) -> FindingView:
    evidence: Mapping[str, Any] = check.get("evidence") or {}
    found = FIELD.match(str(evidence.get("field") or ""))
    kind, number = (found[1], int(found[2]) + 1) if found else ("", 0)
    span = evidence.get("source_span")
    at = evidence.get("at_s")
    return FindingView(
        chip=FINDING[str(check["verdict"])],
        rule=str(check.get("id", "")),
        message=str(check.get("message", "")),
        place={"scenes": f"Scene {number}", "questions": f"Question {number}"}.get(kind, ""),
        anchor={"scenes": f"scene-{number}", "questions": f"question-{number}"}.get(kind, ""),
        quote=str(evidence.get("quote") or ""),
        source=project.source_notes[int(span[0]) : int(span[1])] if span else "",
        at=float(at) if at is not None else None,
        clock=say_clock(float(at)) if at is not None else "",
    )


def _not_run(record: Mapping[str, Any], checks: Sequence[Mapping[str, Any]]) -> list[str]:
    words = {
        "judge": "No second reader (a language model) has read this; the rules and you decide.",
        "moderation": "No moderation service has looked at this; the rules and you decide.",
    }
    said = [text for key, text in words.items() if record.get(key) == "not_run"]
    return said + [str(one.get("message", "")) for one in checks if one.get("verdict") == "not_run"]
