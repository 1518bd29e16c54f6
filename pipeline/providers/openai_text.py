"""OpenAI's Responses API: one structured answer a call, for authors and judges."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from openai.types.responses import Response

from pipeline.providers import caller, prompts
from pipeline.providers.asking import Ask, Reply
from pipeline.providers.errors import (
    ContentRefused,
    OutputInvalid,
    OutputTruncated,
    ProviderDown,
    ProviderError,
    Unsupported,
    Usage,
)
from pipeline.providers.openai_client import DEFAULT_URL, Access, Clients, by_code, call_vendor, request_id_of
from pipeline.providers.results import JSON
from pipeline.providers.writing import MOST_TOKENS, Writer

EFFORTS = frozenset({"", "none", "minimal", "low", "medium", "high", "xhigh"})
DECLINED = "The model declines this content. Change the text, then retry."


class Responses:
    """One call of the Responses API. `effort` and `temperature` are sent only when configured."""

    def __init__(
        self, access: Access, *, model: str, effort: str = "", temperature: float | None = None
    ) -> None:
        if effort not in EFFORTS:
            raise Unsupported(f"The option effort has no value {effort!r}.", provider=access.provider)
        self._access, self._clients = access, Clients(access)
        self._model, self._effort, self._temperature = model, effort, temperature

    def identity(self) -> dict[str, JSON]:
        return {
            "provider": self._access.provider,
            "api": "responses",
            "model": self._model,
            "effort": self._effort,
            "temperature": self._temperature,
            "host": self._access.host,
        }

    def send(self, ask: Ask, *, most_tokens: int, perhaps: Usage, price: Callable[[Usage], Usage]) -> Reply:
        """The text of a whole answer. `perhaps` is the usage where the answer tells none, `price` puts a
        cost to what it tells. Raises ProviderError with the usage of the call."""
        client, request = self._clients.get(), self._request(ask, most_tokens)
        name = self._access.provider
        reply: Any = call_vendor(lambda: client.responses.create(**request), provider=name, perhaps=perhaps)
        if not isinstance(reply, Response) or not isinstance(reply.status, str):
            raise OutputInvalid(
                "The provider's answer is not what was agreed.", provider=name, status=200, usage=perhaps
            )
        used = usage_of(reply)
        usage = perhaps if used is None else price(used)
        return call_vendor(lambda: self._read(reply, usage), provider=name, perhaps=usage)

    def _request(self, ask: Ask, most_tokens: int) -> dict[str, Any]:
        shape = {"type": "json_schema", "strict": True, "name": ask.name, "schema": dict(ask.schema)}
        request: dict[str, Any] = {
            "model": self._model,
            "instructions": ask.instructions,
            "input": _input(ask),
            "store": False,
            "max_output_tokens": most_tokens,
            "text": {"format": shape},
            "prompt_cache_key": ask.prompt,
        }
        if caller.pseudonym():
            request["safety_identifier"] = caller.pseudonym()
        if self._effort:
            request["reasoning"] = {"effort": self._effort}
        if self._temperature is not None:
            request["temperature"] = self._temperature
        return request

    def _read(self, reply: Response, usage: Usage) -> Reply:
        """In this order: failed, incomplete, refused, and only then the text."""
        known: dict[str, Any] = {
            "provider": self._access.provider,
            "request_id": request_id_of(reply),
            "usage": usage,
        }
        if reply.status == "failed":
            raise _failed(reply.error.code if reply.error else "", known)
        if reply.status == "incomplete":
            raise _incomplete(
                (reply.incomplete_details.reason if reply.incomplete_details else None) or "", known
            )
        if reply.status != "completed":
            raise OutputInvalid("The provider left its answer unfinished.", status=200, **known)
        parts = [part for item in reply.output if item.type == "message" for part in item.content]
        if any(part.type == "refusal" for part in parts):
            raise ContentRefused(DECLINED, status=200, **known)
        return Reply(reply.output_text, usage, str(reply.model), known["request_id"])


def _failed(code: str, known: Mapping[str, Any]) -> ProviderError:
    """`failed` comes as HTTP 200. What it has consumed is billed."""
    if code in {"server_error", "vector_store_timeout", ""}:
        return ProviderDown("The provider has trouble of its own.", status=200, **known)
    error = by_code(
        status=400, code=code, kind="", headers={}, provider=known["provider"], usage=known["usage"]
    )
    error.status, error.request_id = 200, known["request_id"]
    return error


def _incomplete(reason: str, known: Mapping[str, Any]) -> ProviderError:
    if reason == "max_output_tokens":
        return OutputTruncated(
            "The model's answer was cut off. Retry, or shorten the notes.", status=200, **known
        )
    if reason == "content_filter":
        return ContentRefused(DECLINED, status=200, **known)
    return OutputInvalid("The provider left its answer unfinished.", status=200, **known)


def usage_of(reply: Any) -> Usage | None:
    """What a reply says that it consumed; None where it says nothing."""
    told = getattr(reply, "usage", None)
    if told is None or not isinstance(getattr(told, "input_tokens", None), int):
        return None
    inputs, outputs = (getattr(told, f"{way}_tokens_details", None) for way in ("input", "output"))
    return Usage(
        requests=1,
        input_tokens=told.input_tokens,
        cached_tokens=_count(inputs, "cached_tokens"),
        output_tokens=_count(told, "output_tokens"),
        reasoning_tokens=_count(outputs, "reasoning_tokens"),
    )


def _count(value: Any, name: str) -> int:
    found = getattr(value, name, 0)
    return found if isinstance(found, int) else 0


def _input(ask: Ask) -> str | list[dict[str, Any]]:
    """Plain text; with pictures, one message of several parts."""
    if not ask.pictures:
        return ask.input
    shown = [
        {"type": "input_image", "image_url": data_address(path), "detail": "low"} for path in ask.pictures
    ]
    return [{"role": "user", "content": [{"type": "input_text", "text": ask.input}, *shown]}]


def data_address(path: Path) -> str:
    """A picture as a `data:` address: a vendor never fetches anything from us."""
    content = path.read_bytes()
    kind = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


class Text(Writer):
    """Scripts, quizzes and facts by a model of OpenAI's.

    `OPTIONS`: model, key; base_url, organization, project; effort ("low"), temperature (None: not sent),
    most_tokens (6000); seconds of a call: connect (5), read (60), wall (120).
    """

    def __init__(
        self,
        *,
        model: str,
        key: str,
        base_url: str = DEFAULT_URL,
        organization: str = "",
        project: str = "",
        effort: str = "low",
        temperature: float | None = None,
        most_tokens: int = MOST_TOKENS,
        connect: float = 5.0,
        read: float = 60.0,
        wall: float = 120.0,
    ) -> None:
        super().__init__(most_tokens=most_tokens)
        access = Access(key, base_url, organization, project, connect, read, wall)
        self.name, self.model, self.host = access.provider, model, access.host
        self._responses = Responses(access, model=model, effort=effort, temperature=temperature)

    def identity(self) -> Mapping[str, JSON]:
        named: dict[str, JSON] = {**prompts.identity("facts", "script", "quiz", "repair")}
        return {**self._responses.identity(), "most_tokens": self.most_tokens, "prompts": named}

    def send(self, ask: Ask, *, most_tokens: int) -> Reply:
        return self._responses.send(
            ask,
            most_tokens=most_tokens,
            perhaps=self.perhaps(ask, most_tokens=most_tokens),
            price=self.priced,
        )
