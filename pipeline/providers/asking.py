"""One question to a text model, its reply, and the one second try that an attempt may have.

The vendors' members implement `Model.send`; what is asked and how an answer is read is the same for all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from pipeline.providers import prompts
from pipeline.providers.errors import OutputInvalid, OutputTruncated, ProviderError, Usage
from pipeline.providers.results import Result

TURNS = 2  # the question, and one re-ask in all
MOST_FAULTS = 12  # told to the model and kept as evidence


@dataclass(frozen=True)
class Ask:
    """`instructions` are ours, `input` holds people's text as fenced material; they travel apart."""

    name: str  # of the answer's shape: script, quiz, facts, answers
    instructions: str
    input: str
    schema: Mapping[str, Any]
    prompt: str  # its checksum: what the vendor may cache by
    pictures: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Reply:
    text: str
    usage: Usage
    model: str = ""
    request_id: str = ""


@dataclass(frozen=True)
class Fault:
    """What is wrong with an answer, said to the model. A `fatal` one makes the answer useless."""

    text: str
    fatal: bool = True


class Model(Protocol):
    """What a vendor's member does: one call, no second one. Errors are of our family and carry a usage."""

    name: str
    model: str

    def send(self, ask: Ask, *, most_tokens: int) -> Reply: ...


@dataclass
class _Attempt:
    """What has been spent so far, and how much the model may write."""

    most_tokens: int
    spent: Usage = field(default_factory=Usage)


def ask_model[M: BaseModel, T](
    model: Model,
    ask: Ask,
    shape: type[M],
    *,
    most_tokens: int,
    take: Callable[[M], T],
    find_faults: Callable[[T], Sequence[Fault]],
) -> Result[T]:
    """The answer, checked. A truncated, unreadable or faulty one is asked for once more.

    After that, faults that are not fatal are left to the checks of the film. Raises ProviderError; its
    `usage` is that of both calls.
    """
    began = time.monotonic()
    attempt = _Attempt(most_tokens)
    question = ask
    for turn in range(1, TURNS + 1):
        is_last = turn == TURNS
        reply = _send(model, question, attempt, is_last=is_last)
        if reply is None:
            continue
        values, faults = _read(reply.text, shape, take, find_faults)
        if values and (not faults or (is_last and not any(one.fatal for one in faults))):
            return Result(
                values[0],
                attempt.spent,
                model.name,
                reply.model or model.model,
                reply.request_id,
                time.monotonic() - began,
            )
        if is_last:
            raise OutputInvalid(
                "The model's answer cannot be used, asked twice. Retry, or change the notes.",
                provider=model.name,
                status=200,
                request_id=reply.request_id,
                usage=attempt.spent,
                evidence={"faults": [one.text for one in faults[:MOST_FAULTS]]},
            )
        question = _repair(ask, reply.text, faults)
    raise AssertionError("the last turn returns or raises")


def _send(model: Model, ask: Ask, attempt: _Attempt, *, is_last: bool) -> Reply | None:
    """One call; None where it was cut short and may be asked again with room for twice as much."""
    try:
        reply = model.send(ask, most_tokens=attempt.most_tokens)
    except ProviderError as error:
        attempt.spent += error.usage or Usage()
        error.usage = attempt.spent
        if not isinstance(error, OutputTruncated) or is_last:
            raise
        attempt.most_tokens *= 2
        return None
    attempt.spent += reply.usage
    return reply


def _read[M: BaseModel, T](
    text: str,
    shape: type[M],
    take: Callable[[M], T],
    find_faults: Callable[[T], Sequence[Fault]],
) -> tuple[list[T], list[Fault]]:
    """The value, where the text has its shape, and what is wrong with it."""
    try:
        value = take(shape.model_validate_json(text))
    except ValidationError as error:
        return [], [
            Fault(f"{'.'.join(str(part) for part in one['loc']) or 'the answer'}: {one['type']}")
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    return [value], list(find_faults(value))


def _repair(ask: Ask, former: str, faults: Sequence[Fault]) -> Ask:
    told = "\n".join(f"- {one.text}" for one in faults[:MOST_FAULTS])
    parts = [ask.input, prompts.load("repair").text.strip(), told, prompts.fence(former)]
    return replace(ask, input="\n\n".join(parts))
