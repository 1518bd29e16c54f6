"""Any server that speaks OpenAI's chat completions: scripts, quizzes and judgements.

Not every such server knows everything: `structured` says how an answer's shape is asked for, and
`max_tokens_name` what the limit of its length is called.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from openai.types.chat import ChatCompletion

from pipeline.providers import prompts
from pipeline.providers.asking import Ask, Reply
from pipeline.providers.errors import (
    ContentRefused,
    OutputInvalid,
    OutputTruncated,
    Unsupported,
    Usage,
)
from pipeline.providers.openai_client import Access, Clients, call_vendor, request_id_of
from pipeline.providers.openai_judge import ModelJudge
from pipeline.providers.openai_text import DECLINED, data_address
from pipeline.providers.results import JSON
from pipeline.providers.writing import MOST_TOKENS, Writer

STRUCTURED = ("json_schema", "json_object", "prompt")
LIMIT_NAMES = ("max_completion_tokens", "max_tokens")
FENCED = re.compile(r"^\s*```(?:json)?\s*\n(.*?)\n?```\s*$", re.DOTALL)


class Completions:
    """One call of chat completions. Raises Unsupported for an option's value that it does not know."""

    def __init__(
        self,
        access: Access,
        *,
        model: str,
        structured: str = "json_schema",
        max_tokens_name: str = "max_completion_tokens",
        temperature: float | None = None,
    ) -> None:
        for option, value, known in (
            ("structured", structured, STRUCTURED),
            ("max_tokens_name", max_tokens_name, LIMIT_NAMES),
        ):
            if value not in known:
                raise Unsupported(
                    f"The option {option} has no value {value!r}; it has {', '.join(known)}.",
                    provider=access.provider,
                )
        self._access, self._clients = access, Clients(access)
        self._model, self._structured, self._limit_name = model, structured, max_tokens_name
        self._temperature = temperature

    def identity(self) -> dict[str, JSON]:
        return {
            "provider": self._access.provider,
            "api": "chat-completions",
            "model": self._model,
            "structured": self._structured,
            "temperature": self._temperature,
            "host": self._access.host,
        }

    def send(self, ask: Ask, *, most_tokens: int, perhaps: Usage, price: Any) -> Reply:
        """The text of a whole answer; the parameters and errors of `Responses.send`."""
        client, request, name = self._clients.get(), self._request(ask, most_tokens), self._access.provider
        reply: Any = call_vendor(
            lambda: client.chat.completions.create(**request), provider=name, perhaps=perhaps
        )
        if not isinstance(reply, ChatCompletion) or not reply.choices:
            raise OutputInvalid(
                "The provider's answer is not what was agreed.", provider=name, status=200, usage=perhaps
            )
        used = _usage_of(reply)
        usage = perhaps if used is None else price(used)
        return call_vendor(lambda: self._read(reply, usage), provider=name, perhaps=usage)

    def _request(self, ask: Ask, most_tokens: int) -> dict[str, Any]:
        instructions = ask.instructions
        request: dict[str, Any] = {"model": self._model, self._limit_name: most_tokens}
        if self._structured == "json_schema":
            shape = {"name": ask.name, "strict": True, "schema": dict(ask.schema)}
            request["response_format"] = {"type": "json_schema", "json_schema": shape}
        else:
            described = json.dumps(ask.schema, ensure_ascii=False)
            instructions += f"\nAnswer with one JSON object and nothing else. Its JSON Schema:\n{described}\n"
        if self._structured == "json_object":
            request["response_format"] = {"type": "json_object"}
        if self._temperature is not None:
            request["temperature"] = self._temperature
        request["messages"] = [
            {"role": "system", "content": instructions},
            {"role": "user", "content": _content(ask)},
        ]
        return request

    def _read(self, reply: ChatCompletion, usage: Usage) -> Reply:
        known: dict[str, Any] = {
            "provider": self._access.provider,
            "request_id": request_id_of(reply),
            "usage": usage,
            "status": 200,
        }
        choice = reply.choices[0]
        if choice.finish_reason == "length":
            raise OutputTruncated("The model's answer was cut off. Retry, or shorten the notes.", **known)
        if choice.finish_reason == "content_filter" or getattr(choice.message, "refusal", None):
            raise ContentRefused(DECLINED, **known)
        text = choice.message.content
        if not isinstance(text, str):
            raise OutputInvalid("The model answered nothing.", **known)
        fenced = FENCED.match(text) if self._structured == "prompt" else None
        return Reply(fenced.group(1) if fenced else text, usage, str(reply.model or ""), known["request_id"])


def _content(ask: Ask) -> str | list[dict[str, Any]]:
    if not ask.pictures:
        return ask.input
    shown = [{"type": "image_url", "image_url": {"url": data_address(path)}} for path in ask.pictures]
    return [{"type": "text", "text": ask.input}, *shown]


def _usage_of(reply: ChatCompletion) -> Usage | None:
    told = reply.usage
    if told is None or not isinstance(told.prompt_tokens, int):
        return None
    inputs, outputs = told.prompt_tokens_details, told.completion_tokens_details
    return Usage(
        requests=1,
        input_tokens=told.prompt_tokens,
        cached_tokens=(inputs.cached_tokens or 0) if inputs else 0,
        output_tokens=told.completion_tokens or 0,
        reasoning_tokens=(outputs.reasoning_tokens or 0) if outputs else 0,
    )


class Text(Writer):
    """Scripts, quizzes and facts by a model of any compatible server.

    `OPTIONS`: model, base_url, key (some servers want none: write "none"), name ("openai-compatible": what
    runs and prices call it); structured ("json_schema"), max_tokens_name ("max_completion_tokens"),
    temperature (None: not sent), most_tokens (6000); seconds: connect (5), read (60), wall (120).
    """

    def __init__(
        self,
        *,
        model: str,
        base_url: str,
        key: str,
        name: str = "openai-compatible",
        structured: str = "json_schema",
        max_tokens_name: str = "max_completion_tokens",
        temperature: float | None = None,
        most_tokens: int = MOST_TOKENS,
        connect: float = 5.0,
        read: float = 60.0,
        wall: float = 120.0,
    ) -> None:
        super().__init__(most_tokens=most_tokens)
        access = Access(key, base_url, connect=connect, read=read, wall=wall, provider=name)
        self.name, self.model, self.host = name, model, access.host
        self._completions = Completions(
            access,
            model=model,
            structured=structured,
            max_tokens_name=max_tokens_name,
            temperature=temperature,
        )

    def identity(self) -> Mapping[str, JSON]:
        named: dict[str, JSON] = {**prompts.identity("facts", "script", "quiz", "repair")}
        return {**self._completions.identity(), "most_tokens": self.most_tokens, "prompts": named}

    def send(self, ask: Ask, *, most_tokens: int) -> Reply:
        return self._completions.send(
            ask,
            most_tokens=most_tokens,
            perhaps=self.perhaps(ask, most_tokens=most_tokens),
            price=self.priced,
        )


class Judge(ModelJudge):
    """Judgements by a model of any compatible server; the options of `Text`."""

    def __init__(
        self,
        *,
        model: str,
        base_url: str,
        key: str,
        name: str = "openai-compatible",
        structured: str = "json_schema",
        max_tokens_name: str = "max_completion_tokens",
        temperature: float | None = None,
        most_tokens: int = MOST_TOKENS,
        connect: float = 5.0,
        read: float = 60.0,
        wall: float = 120.0,
    ) -> None:
        access = Access(key, base_url, connect=connect, read=read, wall=wall, provider=name)
        asked = Completions(
            access,
            model=model,
            structured=structured,
            max_tokens_name=max_tokens_name,
            temperature=temperature,
        )
        super().__init__(asked, name=name, model=model, host=access.host, most_tokens=most_tokens)
