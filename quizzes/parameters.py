"""Which fitted set of memory parameters is in use (06, 2.7): stored with versions, one live a group.

`live_parameters` is the one door to it for answering and ranking. A memory is not recomputed because
parameters changed: what it means is kept in its own numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from quizzes.memory import DEFAULT, Parameters
from quizzes.models import ConceptRetention, MemoryParameters

ALL = ""  # the age group of the set for everybody
KEPT_SECONDS = 60.0  # so long a process may go on with a former set


@dataclass(frozen=True)
class Live:
    """`id` is None for the defaults of FSRS-6; `since` is when the set was made."""

    id: int | None
    parameters: Parameters
    since: datetime | None = None
    concept_spread: float = 0.0
    learner_spread: float = 0.0


DEFAULTS = Live(None, DEFAULT)
_kept: tuple[float, dict[str, Live]] | None = None
_retentions: tuple[float, dict[UUID, float]] | None = None


def live_parameters(age_group: str) -> Live:
    """The set in use for a learner of this group: the group's own, else that of all, else the defaults.

    Costs one statement a minute and process, and none otherwise.
    """
    sets = _live_sets()
    return sets.get(age_group) or sets.get(ALL) or DEFAULTS


def concept_retention(concept_id: UUID | None) -> float:
    """How well a concept sticks, natural logarithm; 0 where nothing is known.

    Costs one statement a minute and process, and none otherwise.
    """
    return _kept_retentions().get(concept_id, 0.0) if concept_id else 0.0


def store_retentions(found: Mapping[UUID, tuple[float, int]], *, now: datetime) -> None:
    """Concept → (scale, recall cards it rests on), in place of what was kept of these concepts."""
    rows = [
        ConceptRetention(concept_id=concept, scale=scale, cards=cards, updated_at=now)
        for concept, (scale, cards) in found.items()
    ]
    ConceptRetention.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["concept"],
        update_fields=["scale", "cards", "updated_at"],
        batch_size=1000,
    )
    forget_live()


def parameters_of(set_id: int | None) -> Parameters:
    """The parameters of one stored set, live or not; those of a deleted one are the defaults."""
    if set_id is None:
        return DEFAULT
    for live in _live_sets().values():
        if live.id == set_id:
            return live.parameters
    row = MemoryParameters.objects.filter(pk=set_id).only("values").first()
    return tuple(row.values) if row else DEFAULT


def store_set(
    parameters: Parameters,
    *,
    age_group: str,
    cards: int,
    held_out_cards: int,
    log_likelihood: float,
    rival_log_likelihood: float,
    is_live: bool,
    concept_spread: float = 0.0,
    learner_spread: float = 0.0,
) -> MemoryParameters:
    """The next version of a group; a live one takes the place of the former in the same transaction."""
    with transaction.atomic():
        sets = MemoryParameters.objects.select_for_update().filter(age_group=age_group)
        if is_live:
            sets.filter(is_live=True).update(is_live=False)
        last = sets.aggregate(last=Max("version"))["last"] if sets else None
        stored = MemoryParameters.objects.create(
            age_group=age_group,
            version=(last or 0) + 1,
            values=list(parameters),
            cards=cards,
            held_out_cards=held_out_cards,
            log_likelihood=log_likelihood,
            rival_log_likelihood=rival_log_likelihood,
            is_live=is_live,
            concept_spread=concept_spread,
            learner_spread=learner_spread,
        )
    forget_live()
    return stored


def forget_live(*, known: dict[str, Live] | None = None) -> None:
    """Read the live sets anew with the next question, in this process; `known` stands in for a minute."""
    global _kept, _retentions  # noqa: PLW0603 - one value each a process, replaced whole
    _retentions = None if known is None else (monotonic() + KEPT_SECONDS, {})
    _kept = None if known is None else (monotonic() + KEPT_SECONDS, known)


def _live_sets() -> dict[str, Live]:
    global _kept  # noqa: PLW0603 - one value a process, replaced whole
    kept = _kept
    if kept is not None and monotonic() < kept[0]:
        return kept[1]
    rows = MemoryParameters.objects.filter(is_live=True)
    sets = {
        row.age_group: Live(row.pk, tuple(row.values), row.created_at, row.concept_spread, row.learner_spread)
        for row in rows
    }
    _kept = (monotonic() + KEPT_SECONDS, sets)
    return sets


def _kept_retentions() -> dict[UUID, float]:
    """Those of all concepts: some thousands of pairs, read once a minute and process."""
    global _retentions  # noqa: PLW0603 - one value a process, replaced whole
    kept = _retentions
    if kept is not None and monotonic() < kept[0]:
        return kept[1]
    found = dict(ConceptRetention.objects.values_list("concept_id", "scale"))
    _retentions = (monotonic() + KEPT_SECONDS, found)
    return found
