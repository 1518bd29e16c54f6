"""What a check reports: an id, a verdict, a sentence for people, and where to look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["pass", "review", "block", "not_run"]

SEVERITY: dict[str, int] = {"pass": 0, "not_run": 1, "review": 1, "block": 2}


@dataclass(frozen=True)
class Evidence:
    """`span` and `source_span` are [start, end) in characters: of the named field, of the notes."""

    field: str
    span: tuple[int, int] | None = None
    quote: str = ""
    source_span: tuple[int, int] | None = None
    at_s: float | None = None
    frame: int | None = None


@dataclass(frozen=True)
class Check:
    """The outcome of one rule; a rule that found several places reports once for each."""

    id: str
    verdict: Verdict
    message: str
    evidence: Evidence | None = None

    def as_json(self) -> dict[str, Any]:
        evidence: dict[str, Any] | None = None
        if self.evidence is not None:
            evidence = asdict(self.evidence)
            for key in ("span", "source_span"):
                if evidence[key] is not None:
                    evidence[key] = list(evidence[key])
        return {"id": self.id, "verdict": self.verdict, "message": self.message, "evidence": evidence}


@dataclass(frozen=True)
class Finding:
    """Something wrong with a brief. `block` stops the work before it starts, `review` is shown to people.

    `code` is stable (`creator:…`); `message` says the cause and the next step.
    """

    code: str
    verdict: Literal["review", "block"]
    message: str
    evidence: Evidence | None = None

    @property
    def blocks(self) -> bool:
        return self.verdict == "block"

    def as_json(self) -> dict[str, Any]:
        found = Check(self.code, self.verdict, self.message, self.evidence).as_json()
        found["code"] = found.pop("id")
        return found


def worst(verdicts: Iterable[str]) -> Verdict:
    """The gravest verdict; `pass` of none. `not_run` counts as `review`: it never lets a film through."""
    gravest = max((SEVERITY[verdict] for verdict in verdicts), default=0)
    names: tuple[Verdict, ...] = ("pass", "review", "block")
    return names[gravest]
