"""One arrival, an answer or a finished film, and what it makes of the card it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from quizzes import reading
from quizzes.cards import OPEN_FOR, Card, Expected, Given, Played, decide_mode, reopen, replay_concept
from quizzes.learning import Learned, expect_encoding, find_card, is_late, learn
from quizzes.memory import DEFAULT, Parameters
from quizzes.parameters import concept_retention
from quizzes.reading import Context
from quizzes.storing import Learner
from students.models import AGE_GROUPS, ages_of


def read_for(learner: Learner, video_id: UUID, at: datetime) -> Context | None:
    """What the rules need of this film, if it is open to the learner: the age gate of 06, 3.4."""
    own = AGE_GROUPS.index(learner.age_group)
    return reading.read_context(
        learner.id,
        video_id,
        at=at,
        age_group=learner.age_group,
        gates=[ages_of(group) for group in AGE_GROUPS[: own + 1]],
        ages=ages_of(learner.age_group),
    )


def arrive(
    learner: Learner,
    context: Context,
    at: datetime,
    *,
    claimed: str,
    added: Given | None,
    now: datetime,
    parameters: Parameters = DEFAULT,
) -> Learned:
    """The card and the state after this arrival; `added` is the answer that is not stored yet.

    `at` is in the learner's zone. Only an answer older than the concept's last evidence, and of no open
    card, reads what is stored: the concept is replayed (06, 2.3).
    """
    film = context.film
    expected = Expected(
        expect_encoding(
            context.standing.ability, film.difficulty, context.prerequisites, at, parameters=parameters
        ),
        context.standing.pace,
        context.standing.retention + concept_retention(film.concept_id),
    )
    if film.concept_id is not None and is_late(context.card, context.state, video_id=film.id, at=at):
        return _arrive_late(
            learner,
            context,
            at,
            claimed=claimed,
            added=added,
            expected=expected,
            now=now,
            parameters=parameters,
        )
    current = context.card if film.concept_id is not None else context.standing.card
    card = find_card(
        current,
        context.state,
        video_id=film.id,
        at=at,
        claimed=claimed,
        played=context.played,
        expected=expected,
    )
    new = [replace(added, mode=card.mode)] if added else []
    return learn(
        card,
        [*card.given, *new],
        context.played,
        at=at,
        has_concept=film.concept_id is not None,
        parameters=parameters,
    )


def _arrive_late(
    learner: Learner,
    context: Context,
    at: datetime,
    *,
    claimed: str,
    added: Given | None,
    expected: Expected,
    now: datetime,
    parameters: Parameters,
) -> Learned:
    film = context.film
    concept: UUID = film.concept_id  # type: ignore[assignment] # the caller has looked
    given, played = reading.read_history(learner.id, concept, at.tzinfo or UTC, until=now)
    card = _find_past_card(
        [entry for entry, _ in given], played, context, at=at, claimed=claimed, expected=expected
    )
    new = [replace(added, mode=card.mode)] if added else []
    learned = learn(card, [*card.given, *new], played, at=at, has_concept=False)
    # The card's own state before is not known here, but that there was one is: it is no first film.
    learned = replace(learned, card=replace(learned.card, before=context.state))
    replayed = replay_concept(
        [*given, *((entry, expected) for entry in new)], played, expected=expected, parameters=parameters
    )
    return replace(learned, kept=replayed[0], state=replayed[1]) if replayed else learned


def _find_past_card(
    given: Sequence[Given],
    played: Sequence[Played],
    context: Context,
    *,
    at: datetime,
    claimed: str,
    expected: Expected,
) -> Card:
    """The closed card of this film around `at`, from its stored answers, or a new one."""
    own = tuple(
        entry for entry in given if entry.video_id == context.film.id and abs(entry.at - at) <= OPEN_FOR
    )
    mode = own[0].mode if own else decide_mode(claimed, at, state=context.state, played=played)
    opened_at = min((entry.at for entry in own), default=at)
    card = Card(
        context.film.id,
        mode,
        opened_at,
        expected.encoding,
        expected.pace,
        context.state,
        own,
        expected.retention,
    )
    return reopen(card, at)
