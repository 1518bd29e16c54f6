"""Each answer of a job that asks many small things is kept before the next is asked for.

A job's result goes to the spool as a whole (`spool`). A moderation asks for every frame of a film: were it
kept only at its end, one lost call would pay for all of them again. So each answer is written to storage by
what was asked and of whom, as soon as it is there: an attempt that failed, or whose worker died, leaves what
it has got, and a frame that an edit has not changed is not shown to a vendor twice.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage

from pipeline import spool, storage
from pipeline.providers.base import ModerationProvider, ModerationScores, PictureToModerate
from pipeline.providers.errors import ProviderError, Usage
from pipeline.providers.results import Result
from pipeline.steps.base import canonical_json

logger = logging.getLogger(__name__)

Asked = str | PictureToModerate
TEXTS_A_CALL = 32  # what is lost at most when a call of texts fails


@dataclass(frozen=True)
class _Kept:
    scores: ModerationScores
    provider: str
    model: str
    request_id: str


class KeepingModeration:
    """A moderation that knows what it has answered about a project before."""

    def __init__(self, inner: ModerationProvider, project_id: UUID) -> None:
        self._inner, self._project = inner, project_id
        self._asked = canonical_json(dict(inner.identity()))

    def moderate(self, texts: Sequence[str], images: Sequence[PictureToModerate] = ()) -> Result[Any]:
        """As the moderation itself, with the usage of now alone. Raises ProviderError with that usage."""
        began, spent = time.monotonic(), Usage()
        last: Result[Any] | None = None
        known: dict[str, _Kept] = {}
        missing: dict[str, Asked] = {}
        wanted: list[Asked] = [*texts, *images]
        keys = [self._key(one) for one in wanted]
        for key, one in zip(keys, wanted, strict=True):
            kept = self._find(key)
            if kept is None:
                missing[key] = one
            else:
                known[key] = kept
        for batch in _batches(missing):
            told = [one for one in batch.values() if isinstance(one, str)]
            shown = [one for one in batch.values() if not isinstance(one, str)]
            try:
                last = self._inner.moderate(told, shown)
            except ProviderError as error:
                if error.usage is not None or spent.requests:
                    error.usage = spent + (error.usage or Usage())
                raise
            if last.value == "not_run":
                return last
            spent += last.usage
            for key, scores in zip(batch, last.value, strict=True):
                known[key] = _Kept(scores, last.provider, last.model, last.request_id)
                self._keep(key, known[key])
        answers = [known[key] for key in keys]
        origin = last or (answers[-1] if answers else Result(()))
        return Result(
            tuple(one.scores for one in answers),
            spent,
            origin.provider,
            origin.model,
            origin.request_id,
            time.monotonic() - began,
        )

    def _key(self, one: Asked) -> str:
        """By what is asked, and of whom: another model's answer is another."""
        text = one if isinstance(one, str) else one.text
        picture = "" if isinstance(one, str) else storage.checksum_of(one.path)
        asked = canonical_json({"asked": self._asked, "text": text, "picture": picture})
        return hashlib.sha256(asked.encode()).hexdigest()

    def _name(self, key: str) -> str:
        return f"{spool.ROOT}/{self._project}/answer-{key}.json"  # kept and deleted with the project's others

    def _find(self, key: str) -> _Kept | None:
        try:
            with default_storage.open(self._name(key)) as file:
                value = json.loads(file.read())
            told = value.pop("scores")
            looked = {name: tuple(kinds) for name, kinds in told.pop("looked_at").items()}
            return _Kept(ModerationScores(**told, looked_at=looked), **value)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError):  # cut off, or of another time: asked for again
            logger.warning("A kept answer of project %s cannot be read.", self._project)
            return None

    def _keep(self, key: str, kept: _Kept) -> None:
        """The answer is good without its copy: a storage that is away must not cost what was paid."""
        try:
            storage.write_whole(default_storage, self._name(key), BytesIO(json.dumps(asdict(kept)).encode()))
        except OSError as error:
            logger.warning("An answer of project %s could not be kept.", self._project, exc_info=error)


def _batches(missing: dict[str, Asked]) -> list[dict[str, Asked]]:
    """Texts so many at a time, each picture alone: what one call of a vendor takes."""
    texts: list[tuple[str, Asked]] = [(key, one) for key, one in missing.items() if isinstance(one, str)]
    parts = [texts[at : at + TEXTS_A_CALL] for at in range(0, len(texts), TEXTS_A_CALL)]
    parts += [[(key, one)] for key, one in missing.items() if not isinstance(one, str)]
    return [dict(part) for part in parts]


def keep_each(provider: Any, *, project_id: UUID) -> Any:
    """The provider itself, or, where a job asks it for many things, one that keeps every answer."""
    return KeepingModeration(provider, project_id) if isinstance(provider, ModerationProvider) else provider
