"""OpenAI's moderation: scores of texts and pictures by category."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pipeline.providers import pricing
from pipeline.providers.errors import OutputInvalid, ProviderError, Usage
from pipeline.providers.openai_client import DEFAULT_URL, Access, Clients, call_vendor, request_id_of
from pipeline.providers.openai_text import data_address
from pipeline.providers.opinions import ModerationScores, PictureToModerate
from pipeline.providers.results import JSON, Result

TEXTS_A_CALL = 32  # a list of plain texts gets a result each


class Moderation:
    """`OPTIONS`: model ("omni-moderation-latest"), key; base_url, organization, project; seconds of a call:
    connect (5), read (20), wall (20)."""

    def __init__(
        self,
        *,
        key: str,
        model: str = "omni-moderation-latest",
        base_url: str = DEFAULT_URL,
        organization: str = "",
        project: str = "",
        connect: float = 5.0,
        read: float = 20.0,
        wall: float = 20.0,
    ) -> None:
        access = Access(key, base_url, organization, project, connect, read, wall)
        self._clients = Clients(access)
        self.name, self.model, self.host = access.provider, model, access.host

    def identity(self) -> Mapping[str, JSON]:
        return {"provider": self.name, "api": "moderations", "model": self.model, "host": self.host}

    def moderate(
        self, texts: Sequence[str], images: Sequence[PictureToModerate] = ()
    ) -> Result[tuple[ModerationScores, ...]]:
        """Texts in batches, each picture in a call of its own with its words: a mixed list would give one
        result for all. Raises ProviderError with the usage of the calls before as well."""
        began = time.monotonic()
        spent, found, request_id = Usage(), [], ""
        batches: list[tuple[list[Any], int]] = []
        for start in range(0, len(texts), TEXTS_A_CALL):
            batch = [text if text.strip() else "-" for text in texts[start : start + TEXTS_A_CALL]]
            batches.append((batch, len(batch)))
        batches += [(_shown(picture), 1) for picture in images]
        for asked, wanted in batches:
            try:
                scores, request_id = self._call(asked, wanted)
            except ProviderError as error:
                error.usage = spent + (error.usage or Usage())
                raise
            spent += self._priced(Usage(requests=1))
            found += scores
        return Result(tuple(found), spent, self.name, self.model, request_id, time.monotonic() - began)

    def _call(self, asked: list[Any], wanted: int) -> tuple[list[ModerationScores], str]:
        client = self._clients.get()
        perhaps = self._priced(Usage(requests=1, estimated=True))
        reply: Any = call_vendor(
            lambda: client.moderations.create(model=self.model, input=asked),
            provider=self.name,
            perhaps=perhaps,
        )
        usage = self._priced(Usage(requests=1))
        scores = call_vendor(
            lambda: [_scores(one) for one in reply.results], provider=self.name, perhaps=usage
        )
        if len(scores) != wanted:
            raise OutputInvalid(
                "The provider's answer is not what was agreed.", provider=self.name, status=200, usage=usage
            )
        return scores, request_id_of(reply)

    def _priced(self, usage: Usage) -> Usage:
        return pricing.priced(usage, provider=self.name, model=self.model, host=self.host)

    def worst_case(self, inputs: Mapping[str, Any]) -> Decimal | None:
        return self._priced(Usage(requests=100)).cost

    def typical_cost(self) -> Decimal | None:
        return self._priced(Usage(requests=20)).cost


def _shown(picture: PictureToModerate) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": data_address(picture.path)}}]
    return [{"type": "text", "text": picture.text}, *shown] if picture.text.strip() else shown


def _scores(one: Any) -> ModerationScores:
    """By the wire's names ("sexual/minors"), which the SDK's attributes spell otherwise."""
    scores = one.category_scores.model_dump(by_alias=True)
    looked = one.category_applied_input_types
    return ModerationScores(
        flagged=bool(one.flagged),
        scores={name: float(value) for name, value in scores.items() if value is not None},
        looked_at={
            name: tuple(kinds)
            for name, kinds in (looked.model_dump(by_alias=True) if looked else {}).items()
            if kinds
        },
    )
