"""Why a provider could not answer, one class per reason to act, and what a call consumed.

The text of an error never holds a body, a prompt or a key; `usage` is what was consumed all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any, ClassVar


@dataclass(frozen=True)
class Usage:
    """What a call consumed. `cost` is US dollars, None where no price is known (shown as "?")."""

    requests: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    characters: int = 0
    pictures: int = 0
    seconds: float = 0.0
    cost: Decimal | None = Decimal(0)
    estimated: bool = False

    def __add__(self, other: Usage) -> Usage:
        """Two calls together; one unknown price makes the sum unknown, one estimate makes it an estimate."""
        sums = {
            one.name: getattr(self, one.name) + getattr(other, one.name)
            for one in fields(self)
            if one.name not in {"cost", "estimated"}
        }
        cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        return Usage(**sums, cost=cost, estimated=self.estimated or other.estimated)


def usage_as_json(usage: Usage) -> dict[str, Any]:
    """A usage as JSON; the cost as text, because it is exact."""
    return asdict(usage) | {"cost": None if usage.cost is None else str(usage.cost)}


def usage_from_json(value: Mapping[str, Any]) -> Usage:
    """The way back from `usage_as_json`."""
    cost = value.get("cost")
    return Usage(**dict(value) | {"cost": None if cost is None else Decimal(cost)})


class ProviderError(Exception):
    """A provider could not answer. The text never holds a body, a prompt or a key.

    `code` is the stable id shown to people; `kind` decides what the pipeline does; `evidence` (JSON) says
    what was wrong in our own words.
    """

    kind: ClassVar[str] = "transient"
    code: str = "platform:provider-down"

    def __init__(
        self,
        message: str,
        *,
        provider: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        request_id: str = "",
        usage: Usage | None = None,
        code: str = "",
        evidence: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.provider = provider
        self.evidence = evidence or {}
        if code:
            self.code = code
        self.status = status
        self.retry_after = retry_after
        self.request_id = request_id
        self.usage = usage


class ProviderDown(ProviderError):
    """Transient: time-out, lost connection, vendor trouble. Tried again after a delay."""


class ProviderBusy(ProviderError):
    """Rate limited. Released until `retry_after`; the attempt is given back."""

    kind = "rate_limited"
    code = "platform:provider-busy"


class QuotaSpent(ProviderError):
    kind = "quota"
    code = "platform:quota-spent"


class CredentialsRejected(ProviderError):
    kind = "auth"
    code = "platform:credentials-rejected"


class ContentRefused(ProviderError):
    """Final for this input; the creator must change it."""

    kind = "refused"
    code = "creator:content-refused"


class OutputTruncated(ProviderError):
    kind = "truncated"
    code = "platform:output-truncated"


class OutputInvalid(ProviderError):
    kind = "bad_output"
    code = "platform:output-invalid"


class RequestRejected(ProviderError):
    """The vendor calls our request wrong. Final for this input."""

    kind = "bad_request"
    code = "platform:request-rejected"


class Unsupported(ProviderError):
    """An option that this member of the family does not have, refused by name."""

    kind = "unsupported"
    code = "platform:unsupported-option"
