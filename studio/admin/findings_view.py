"""Findings as the review page shows them: what a check found, where, the evidence, and what helps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.models import ContentProject, StepRun
from pipeline.quality.moderating import find_frame
from pipeline.quality.suggestions import SUGGESTIONS
from studio.admin.film_view import asset_address
from studio.admin.wording import FILTERS, FINDING, Chip, say_clock
from studio.models import FindingOverride
from studio.overriding import FoundCheck

FIELD = re.compile(r"^(scenes|questions)\.(\d+)")

# --------------------------------------------------------------------------- findings


@dataclass(frozen=True)
class FindingView:
    """One open finding. `can_override` is this person's right; `set_aside` is the override that holds."""

    key: str
    chip: Chip
    rule: str
    message: str
    place: str  # "Scene 3", "Question 1", ""
    anchor: str
    scene: int | None  # position, where a scene is meant
    quote: str
    source: str  # the passage of the notes
    at: float | None
    clock: str
    suggestion: str
    is_final: bool
    can_override: bool
    set_aside: FindingOverride | None

    @property
    def is_open(self) -> bool:
        return self.set_aside is None


@dataclass(frozen=True)
class FilterView:
    name: str
    chip: Chip
    open: list[FindingView]
    passed: list[str]
    not_run: list[str]  # in words


def show_findings(
    project: ContentProject,
    results: Mapping[str, Any] | None,
    found: Sequence[FoundCheck],
    *,
    overrides: Mapping[str, FindingOverride] | None = None,
    may: frozenset[str] = frozenset(),
    starts: Mapping[int, float] | None = None,
) -> list[FilterView]:
    """The four filters, each with its blockers, then warnings; what did not run is said in words.

    `found` are the open findings by name, `may` the severities that this person may override, `starts` the
    second at which each scene begins.
    """
    details: Mapping[str, Any] = (results or {}).get("details") or {}
    order = [name for name in FILTERS if name in details] + [name for name in details if name not in FILTERS]
    views = []
    for name in order:
        record = details[name]
        checks = list(record.get("checks") or ())
        own = [
            _finding(project, one, (overrides or {}).get(one.key), may, starts or {})
            for one in found
            if one.filter == name
        ]
        waiting = [one for one in own if one.is_open]
        worst = "block" if any(one.chip == FINDING["block"] for one in waiting) else "review"
        views.append(
            FilterView(
                name=FILTERS.get(name, name.replace("_", " ").capitalize()),
                chip=FINDING[worst] if waiting else Chip("check_circle", "Nothing open", "good"),
                open=own,
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


def _finding(
    project: ContentProject,
    one: FoundCheck,
    override: FindingOverride | None,
    may: frozenset[str],
    starts: Mapping[int, float],
) -> FindingView:
    evidence: Mapping[str, Any] = one.check.get("evidence") or {}
    found = FIELD.match(str(evidence.get("field") or ""))
    kind, number = (found[1], int(found[2]) + 1) if found else ("", 0)
    span = evidence.get("source_span")
    scene = number - 1 if kind == "scenes" else None
    at = evidence.get("at_s")
    if at is None and scene is not None:
        at = starts.get(scene)
    return FindingView(
        key=one.key,
        chip=FINDING[one.severity],
        rule=one.rule,
        message=str(one.check.get("message", "")),
        place={"scenes": f"Scene {number}", "questions": f"Question {number}"}.get(kind, ""),
        anchor={"scenes": f"scene-{number}", "questions": f"question-{number}"}.get(kind, ""),
        scene=scene,
        quote=str(evidence.get("quote") or ""),
        source=project.source_notes[int(span[0]) : int(span[1])] if span else "",
        at=float(at) if at is not None else None,
        clock=say_clock(float(at)) if at is not None else "",
        suggestion=SUGGESTIONS.get(one.rule, ""),
        is_final=one.is_final,
        can_override=override is None and not one.is_final and one.severity in may,
        set_aside=override,
    )


def _not_run(record: Mapping[str, Any], checks: Sequence[Mapping[str, Any]]) -> list[str]:
    words = {
        "judge": "No second reader (a language model) has read this; the rules and you decide.",
        "moderation": "No moderation service has looked at this; the rules and you decide.",
    }
    said = [text for key, text in words.items() if record.get(key) == "not_run"]
    return said + [str(one.get("message", "")) for one in checks if one.get("verdict") == "not_run"]


# --------------------------------------------------------------------------- evidence, on demand


@dataclass(frozen=True)
class EvidenceView:
    """What a finding rests on: who judged it by which rule, the measured words, the notes around, a frame."""

    rule: str
    made_by: str
    field: str
    quote: str
    before: str
    passage: str
    after: str
    frame: str
    at: str


def show_evidence(
    project: ContentProject, check: Mapping[str, Any], record: Mapping[str, Any], film: StepRun | None
) -> EvidenceView:
    """The evidence of one check of a filter's `record`; `film` is the run whose frames were looked at."""
    evidence: Mapping[str, Any] = check.get("evidence") or {}
    engine: Mapping[str, Any] = record.get("engine") or {}
    span = evidence.get("source_span")
    start, end = (int(span[0]), int(span[1])) if span else (0, 0)
    notes = project.source_notes
    at = evidence.get("at_s")
    name = find_frame(film.output or {}, float(at)) if film is not None and at is not None else ""
    made_by = f"{str(engine.get('kind') or 'rules').capitalize()}, version {engine.get('version') or '?'}"
    if engine.get("model"):
        made_by += f", {engine['model']}"
    return EvidenceView(
        rule=str(check.get("id", "")),
        made_by=made_by,
        field=str(evidence.get("field") or ""),
        quote=str(evidence.get("quote") or ""),
        before=notes[max(start - 160, 0) : start] if span else "",
        passage=notes[start:end] if span else "",
        after=notes[end : end + 160] if span else "",
        frame=asset_address(film, name) if film is not None and name and name in film.made else "",
        at=say_clock(float(at)) if at is not None else "",
    )
