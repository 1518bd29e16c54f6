"""A reasoned override of a finding: who may, why, and for how long.

A finding has no row: the checks write it into the output of their run. It is named here by a digest of its
rule, place and words, and an override also names the inputs it was given for. Both are compared each time,
so an override lapses by itself when its scene, its question or its film is another.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction

from pipeline.models import ContentProject
from pipeline.planning import Plan, plan
from pipeline.quality.verdicts import is_final
from pipeline.steps.base import canonical_json
from pipeline.steps.qa import scene_as_json
from students.security import record_security_event
from studio import auditing, policy
from studio.models import Creator, FindingOverride

SHORTEST_REASON = 20
PLACE = re.compile(r"^(scenes|questions)\.(\d+)")
Reason = FindingOverride.Reason


class OverrideRefused(Exception):
    """Nothing was overridden. `message` says why and what to do."""

    code: ClassVar[str] = "override-refused"

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code  # type: ignore[misc] # the instance's own, where it has one


@dataclass(frozen=True)
class FoundCheck:
    """An open finding: its filter, the check as the rules wrote it, its name and what it is about."""

    filter: str
    check: Mapping[str, Any]
    key: str
    inputs: str

    @property
    def severity(self) -> str:
        return str(self.check["verdict"])

    @property
    def rule(self) -> str:
        return str(self.check.get("id", ""))

    @property
    def is_final(self) -> bool:
        return self.severity == "block" and is_final(self.rule)


def find_checks(present: Plan, results: Mapping[str, Any] | None) -> list[FoundCheck]:
    """The open findings of a film's checks, blockers first."""
    found = [
        FoundCheck(name, check, key_of(name, check), inputs_of(present, check))
        for name, record in ((results or {}).get("details") or {}).items()
        for check in record.get("checks") or ()
        if check.get("verdict") in {"block", "review"}
    ]
    return sorted(found, key=lambda one: one.severity != "block")


def key_of(filter_name: str, check: Mapping[str, Any]) -> str:
    """The digest by which a finding is found again: rule, place, quote and words."""
    evidence: Mapping[str, Any] = check.get("evidence") or {}
    parts = [
        filter_name,
        str(check.get("id", "")),
        str(evidence.get("field") or ""),
        str(evidence.get("quote") or ""),
        str(check.get("message", "")),
    ]
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def inputs_of(present: Plan, check: Mapping[str, Any]) -> str:
    """The digest of what a finding is about: its scene with its takes, the questions, else the whole film."""
    place = PLACE.match(str((check.get("evidence") or {}).get("field") or ""))
    about: Any = {"film": present.film_run.fingerprint if present.film_run else ""}
    if place and place[1] == "scenes":
        scene = next((one for one in present.scenes if one.position == int(place[2])), None)
        if scene is not None:
            about = scene_as_json(scene.text) | {"takes": [scene.visual_take, scene.voice_take]}
    elif place:
        about = {"questions": present.quiz_run.fingerprint if present.quiz_run else ""}
    return hashlib.sha256(canonical_json(about).encode()).hexdigest()


def overrides_in_force(project: ContentProject, found: Sequence[FoundCheck]) -> dict[str, FindingOverride]:
    """The overrides that hold now, by finding; one query, none where nothing is open."""
    if not found:
        return {}
    rows = FindingOverride.objects.filter(project=project, finding__in=[one.key for one in found])
    wanted = {(one.key, one.inputs) for one in found if not one.is_final}
    return {row.finding: row for row in rows.select_related("person") if (row.finding, row.inputs) in wanted}


def override_finding(
    project_id: UUID, *, person: Creator, film: str, finding: str, reason: str, text: str
) -> FindingOverride:
    """Set a finding of the present film aside, with a reason. Raises OverrideRefused, and nothing is written.

    The same person's repeat is the same override.
    """
    text = " ".join(text.split())
    if reason not in Reason.values:
        raise OverrideRefused("Choose why this finding does not count.", "reason-required")
    if len(text) < SHORTEST_REASON:
        raise OverrideRefused(
            f"Say in {SHORTEST_REASON} characters or more why it does not count: others read it on approval.",
            "reason-required",
        )
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        present = plan(project)
        if not present.film or present.film != film:
            raise OverrideRefused(
                "The film has changed since you opened it. Look at the present one first.", "stale-film"
            )
        results = (present.qa_run.output or {}).get("results") if present.qa_run else None
        one = next((each for each in find_checks(present, results) if each.key == finding), None)
        if one is None:
            raise OverrideRefused("This finding is not open any more. Load the page again.", "stale-film")
        _check_right(person, project, one)
        row, is_new = FindingOverride.objects.get_or_create(
            project=project,
            finding=one.key,
            inputs=one.inputs,
            defaults={
                "person": person,
                "rule": one.rule,
                "severity": one.severity,
                "reason": reason,
                "text": text,
                "message": str(one.check.get("message", "")),
            },
        )
        if is_new:
            auditing.record(
                actor=person,
                verb="override",
                project=project,
                target=f"finding {one.rule}",
                after={"severity": one.severity, "reason": reason, "override": str(row.pk)},
                reason=text,
            )
            record_security_event("override", person.pk)
    return row


def _check_right(person: Creator, project: ContentProject, one: FoundCheck) -> None:
    if one.is_final:
        raise OverrideRefused("Nobody may override this rule. Change the film.", code="never-overridden")
    verb = "override_blocker" if one.severity == "block" else "override_warning"
    refusal = policy.refusal(person, verb, project)
    if refusal is not None:
        raise OverrideRefused(refusal.message, refusal.code)


def similar_overrides(rule: str, *, besides: UUID, limit: int = 3) -> list[FindingOverride]:
    """The last overrides of the same rule in other projects: their reasons, without the projects' words."""
    rows = FindingOverride.objects.filter(rule=rule).exclude(project_id=besides)
    return list(rows.order_by("-created_at")[:limit])
