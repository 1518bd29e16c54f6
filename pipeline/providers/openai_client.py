"""OpenAI's SDK as we use it: one client a process, our own transport, nothing from the environment."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from json import JSONDecodeError
from typing import Any

import httpx2
import openai
from pydantic import ValidationError

from pipeline.providers import addresses
from pipeline.providers.deadline import Deadline2
from pipeline.providers.errors import (
    ContentRefused,
    CredentialsRejected,
    OutputInvalid,
    ProviderBusy,
    ProviderDown,
    ProviderError,
    QuotaSpent,
    RequestRejected,
    Usage,
)

DEFAULT_URL = "https://api.openai.com/v1"
LONGEST_RETRY_AFTER = 3600.0  # seconds; a vendor that says more is asked again all the same

REFUSED = frozenset({"content_filter", "moderation_blocked", "invalid_prompt", "bio_policy"})
QUOTA = frozenset({"insufficient_quota", "credit_balance_exhausted", "billing_hard_limit_reached"})
BUSY = frozenset({"rate_limit_exceeded", "slow_down"})
TOO_LONG = frozenset({"context_length_exceeded", "string_above_max_length"})
UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
# What the SDK lets through when a reply is not what it expects.
SURPRISES = (JSONDecodeError, ValidationError, AttributeError, TypeError, KeyError, IndexError, ValueError)


@dataclass(frozen=True)
class Access:
    """How a server is reached. Seconds: `connect` and `read` of the socket, `wall` for all of a call."""

    key: str
    base_url: str = DEFAULT_URL
    organization: str = ""
    project: str = ""
    connect: float = 5.0
    read: float = 60.0
    wall: float = 120.0
    provider: str = "openai"

    def __repr__(self) -> str:
        return f"Access(base_url={self.base_url!r})"  # never the key

    @property
    def host(self) -> str:
        return addresses.host_of(self.base_url)

    def open(self) -> openai.OpenAI:
        """A client that retries nothing, follows no redirect and ends by the clock.

        Raises Unsupported for an address that is not allowed, CredentialsRejected without a key.
        """
        if not self.key:
            raise CredentialsRejected(
                "No key is configured for this provider.", provider=self.provider, usage=Usage()
            )
        url = addresses.check(self.base_url, provider=self.provider)
        client = openai.OpenAI(
            api_key=self.key,
            admin_api_key="",  # "" and not None: the SDK fills None from the environment
            webhook_secret="",
            base_url=url,
            organization=self.organization,
            project=self.project,
            timeout=httpx2.Timeout(self.read, connect=self.connect),
            max_retries=0,
            http_client=httpx2.Client(transport=Deadline2(self.wall), follow_redirects=False),
        )
        # An empty header would be sent for "".
        client.organization = self.organization or None
        client.project = self.project or None
        return client


class Clients:
    """The client of one access, opened at the first call: construction must not fail a plan."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._client: openai.OpenAI | None = None

    def get(self) -> openai.OpenAI:
        if self._client is None:
            self._client = self._access.open()
        return self._client


def call_vendor[T](call: Callable[[], T], *, provider: str, perhaps: Usage) -> T:
    """What `call` gives, or the error of our family. `perhaps` is the usage of a call that left and whose
    answer never came: it may have been billed. The SDK's exception is not chained: it holds bodies."""
    try:
        return call()
    except ProviderError:
        raise
    except (openai.OpenAIError, httpx2.HTTPError, *SURPRISES) as error:
        failure = translate(error, provider=provider, perhaps=perhaps)
    raise failure


def translate(error: BaseException, *, provider: str, perhaps: Usage) -> ProviderError:
    """The error of our family for an exception of the SDK; its text holds nothing of the vendor's."""
    if isinstance(error, openai.APIStatusError):
        return by_code(
            status=error.status_code,
            code=error.code or "",
            kind=error.type or "",
            headers=error.response.headers,
            provider=provider,
        )
    if isinstance(error, openai.APIConnectionError | httpx2.TransportError):
        cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
        is_unsent = isinstance(cause, UNSENT)
        return ProviderDown(
            "The provider cannot be reached." if is_unsent else "The provider did not answer in time.",
            provider=provider,
            usage=Usage() if is_unsent else perhaps,
        )
    return OutputInvalid(
        "The provider's answer is not what was agreed.", provider=provider, usage=perhaps, status=200
    )


def request_id_of(reply: Any) -> str:
    """The vendor's id of a call, for questions to its support. The SDK's one public underscore name."""
    return str(getattr(reply, "_request_id", "") or getattr(reply, "id", "") or "")


def is_refusal(code: str) -> bool:
    return code in REFUSED or code.endswith("_policy_violation")


def is_quota(code: str) -> bool:
    return code in QUOTA or code.endswith(("_spend_limit_exceeded", "_usage_limit_exceeded"))


_MEANINGS: dict[str, tuple[type[ProviderError], str]] = {
    "refused": (ContentRefused, "The provider declines this content. Change the text, then retry."),
    "quota": (QuotaSpent, "The provider's credit or spending limit is used up."),
    "busy": (ProviderBusy, "The provider is busy and asks us to wait."),
    "auth": (CredentialsRejected, "The provider rejects our key."),
    "down": (ProviderDown, "The provider has trouble of its own."),
    "too_long": (
        RequestRejected,
        "The notes are too long for the provider's model. Keep the best page or two, then retry.",
    ),
    "elsewhere": (RequestRejected, "The provider sends us to another address, which we do not follow."),
    "rejected": (RequestRejected, "The provider calls our request wrong. Operations must look at it."),
}


def by_code(
    *,
    status: int,
    code: str,
    kind: str,
    headers: Mapping[str, str],
    provider: str,
    usage: Usage | None = None,
) -> ProviderError:
    """An error reply. It is not billed, unless `usage` says otherwise."""
    meaning = _meaning_of_code({code, kind}) or _meaning_of_status(status)
    made, message = _MEANINGS[meaning]
    return made(
        message,
        provider=provider,
        status=status,
        retry_after=retry_after(headers),
        request_id=headers.get("x-request-id", ""),
        usage=usage or Usage(),
        code="creator:notes-too-long" if meaning == "too_long" else "",
    )


def _meaning_of_code(codes: set[str]) -> str:
    """The code goes before the status: a spent quota comes as 429, and a refusal as 400."""
    if any(is_refusal(one) for one in codes):
        return "refused"
    if any(is_quota(one) for one in codes):
        return "quota"
    if codes & BUSY:
        return "busy"
    return "too_long" if codes & TOO_LONG else ""


def _meaning_of_status(status: int) -> str:
    if status == 429:
        return "busy"
    if status in {401, 403}:
        return "auth"
    if status in {408, 409} or status >= 500:
        return "down"
    return "elsewhere" if 300 <= status < 400 else "rejected"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a reply asks us to wait, by any of the spellings in use; None where it says nothing."""
    milliseconds = _number(headers.get("retry-after-ms", ""))
    seconds = milliseconds / 1000 if milliseconds is not None else _number(headers.get("retry-after", ""))
    if seconds is None and headers.get("retry-after"):
        try:
            seconds = parsedate_to_datetime(headers["retry-after"]).timestamp() - time.time()
        except ValueError:
            return None
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
