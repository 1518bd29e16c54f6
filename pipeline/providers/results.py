"""What every call gives back."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.providers.errors import Usage

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]


@dataclass(frozen=True)
class Result[T]:
    """A provider's answer: the value and how it came about. `seconds` is wall-clock time."""

    value: T
    usage: Usage = field(default_factory=Usage)
    provider: str = ""
    model: str = ""
    request_id: str = ""
    seconds: float = 0.0
