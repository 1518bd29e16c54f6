"""The four filters over one film: a record a filter and engine, and what a reviewer should know first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pipeline.quality.accuracy import check_accuracy
from pipeline.quality.age import check_age
from pipeline.quality.content import check_content
from pipeline.quality.findings import SEVERITY, Check, Verdict, worst
from pipeline.quality.material import Material
from pipeline.quality.suggestions import suggest
from pipeline.quality.value import check_value

VERSION = 3  # of the rules; raised with every change that may change a verdict
JUDGE_VERSION = 1  # of the way from answers and scores to verdicts

FILTERS: dict[str, Callable[[Material], list[Check]]] = {
    "inappropriate_content": check_content,
    "factual_accuracy": check_accuracy,
    "age_appropriateness": check_age,
    "educational_value": check_value,
}
MODERATED = "inappropriate_content"  # the one filter that moderation belongs to

# Blocks that nobody may override.
FINAL = frozenset({"content.blocked-word", "content.moderation-never", "age.flashes", "age.red-flashes"})

Record = dict[str, Any]
Engine = Literal["rules", "moderation", "judge"]


@dataclass(frozen=True)
class ModerationResult:
    """What the filters say of a film. `passed` is "no block"; `details` holds one record a filter."""

    passed: bool
    details: Mapping[str, Record]
    verdict: Verdict
    suggested_improvements: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "verdict": self.verdict,
            "details": dict(self.details),
            "suggested_improvements": list(self.suggested_improvements),
        }


@dataclass(frozen=True)
class Opinion:
    """Who gave a judge's or a moderation's opinion: model, prompt, SDK; what it consumed, and how long."""

    model: str = ""
    prompt: str = ""
    sdk: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


def examine(material: Material, *, now: datetime) -> ModerationResult:
    """All four filters by the rules alone. Judge and moderation did not run, so none is better than `review`.

    A rule that fails with an exception ends the examination: it never counts as passed.
    """
    return summarise([examine_by_rules(name, material, now=now) for name in FILTERS])


def examine_by_rules(name: str, material: Material, *, now: datetime) -> Record:
    """The record of one filter's rules."""
    began = time.perf_counter()
    checks = FILTERS[name](material)
    record = _record(name, "rules", checks, material, now)
    return record | {"seconds": round(time.perf_counter() - began, 3)}


def record_opinion(
    name: str,
    engine: Engine,
    checks: Sequence[Check] | None,
    material: Material,
    *,
    opinion: Opinion,
    now: datetime,
    score: float | None = None,
) -> Record:
    """The record of a filter's judge or moderation; `checks` are None where nobody looked."""
    record = _record(name, engine, checks or (), material, now)
    if checks is None:
        return record | {"verdict": "not_run"}
    record["engine"] |= {"model": opinion.model, "prompt": opinion.prompt or None, "sdk": opinion.sdk or None}
    return record | {
        "score": score,
        "usage": dict(opinion.usage),
        "seconds": round(opinion.seconds, 3),
    }


def _record(name: str, engine: Engine, checks: Sequence[Check], material: Material, now: datetime) -> Record:
    ordered = sorted(checks, key=lambda one: -SEVERITY[one.verdict])
    version = VERSION if engine == "rules" else JUDGE_VERSION
    return {
        "filter": name,
        "verdict": worst(one.verdict for one in ordered),
        "score": None,
        "checks": [one.as_json() for one in ordered],
        "engine": {"kind": engine, "version": version, "model": None, "prompt": None, "sdk": None},
        "film": f"sha256:{material.film_fingerprint}" if material.film_fingerprint else "",
        "usage": {},
        "seconds": 0.0,
        "created": now.isoformat(timespec="seconds"),
    }


def summarise(records: Sequence[Record]) -> ModerationResult:
    """One record a filter out of those of its engines, and the whole.

    A filter is its worst check; without a judge, or without the moderation where it belongs, it is `review`
    at best.
    """
    ran = {
        engine: [one["filter"] for one in records if _engine(one) == engine and one["verdict"] != "not_run"]
        for engine in ("rules", "judge", "moderation")
    }
    details: dict[str, Record] = {}
    for name in FILTERS:
        own = [one for one in records if one["filter"] == name]
        details[name] = _merge(name, own, judged=name in ran["judge"], moderated=bool(ran["moderation"]))
    overall = worst(record["verdict"] for record in details.values())
    return ModerationResult(
        passed=overall != "block",
        verdict=overall,
        details=details,
        suggested_improvements=_suggestions(details),
    )


def _engine(record: Record) -> str:
    return str(record["engine"]["kind"])


def _merge(name: str, own: Sequence[Record], *, judged: bool, moderated: bool) -> Record:
    rules = next(one for one in own if _engine(one) == "rules")
    checks = sorted(
        (check for one in own for check in one["checks"]), key=lambda one: -SEVERITY[one["verdict"]]
    )
    verdicts = [str(check["verdict"]) for check in checks]
    if not judged or (name == MODERATED and not moderated):
        verdicts.append("not_run")
    scores = [one["score"] for one in own if one["score"] is not None]
    return {
        "filter": name,
        "verdict": worst(verdicts),
        "score": scores[0] if scores else None,
        "judge": "run" if judged else "not_run",
        "moderation": "run" if moderated else "not_run",
        "checks": checks,
        "engine": rules["engine"],
        "engines": [
            {key: one[key] for key in ("engine", "verdict", "usage", "seconds", "created")} for one in own
        ],
        "film": rules["film"],
        "usage": next((one["usage"] for one in own if one["usage"]), {}),
        "seconds": round(sum(one["seconds"] for one in own), 3),
        "created": rules["created"],
    }


def _suggestions(details: Mapping[str, Record]) -> list[str]:
    """Each suggestion once, blocks first, with what was found."""
    found = [check for record in details.values() for check in record["checks"] if check["verdict"] != "pass"]
    lines: list[str] = []
    for check in sorted(found, key=lambda one: -SEVERITY[one["verdict"]]):
        said = str(check["message"]).rstrip(".")  # a judge's comment may be a sentence of its own
        line = f"{said}. {suggest(check['id'])}"
        if line not in lines:
            lines.append(line)
    return lines


def is_final(check_id: str) -> bool:
    """Whether a block of this rule can never be overridden."""
    return check_id in FINAL
