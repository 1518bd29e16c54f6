"""Which member of the family works for a step now: the configured one, or its fallback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipeline import circuit, providers


@dataclass(frozen=True)
class Member:
    """A provider under its alias ("" and None where a step needs none); `instead_of` is the alias that it
    stands in for."""

    alias: str
    provider: Any
    instead_of: str = ""

    @property
    def name(self) -> str:
        """What runs and charges call it."""
        return str(self.provider.identity().get("provider", self.alias)) if self.alias else ""

    def explain(self) -> str:
        """For the reviewer: who has made this in whose place."""
        model = getattr(self.provider, "model", "") or self.provider.identity().get("model", "")
        return f"{self.instead_of}: made by {self.name} ({model}), because the usual provider is out of order"


class CircuitOpen(Exception):
    """Nobody may call now; `opening` says why and until when."""

    def __init__(self, opening: circuit.Opening) -> None:
        super().__init__(opening.message)
        self.opening = opening


def choose(alias: str, *, now: datetime) -> Member:
    """The member that may be called. Raises CircuitOpen where neither it nor its fallback may."""
    if not alias:
        return Member("", None)
    opening = circuit.find_opening(alias, now=now)
    if opening is None or (opening.wants_fallback and circuit.may_probe(alias)):
        return Member(alias, providers.get(alias))
    fallback = providers.fallback_of(alias) if opening.wants_fallback else ""
    if fallback and circuit.find_opening(fallback, now=now) is None:
        return Member(fallback, providers.get(fallback), instead_of=alias)
    raise CircuitOpen(opening)
