"""What a finished card earns: the day, and badges (06, 4.2 and 4.3)."""

from __future__ import annotations

import math
from datetime import datetime

from quizzes.cards import RECALL, WATCH, State
from quizzes.counting import Tally, count_card
from quizzes.learning import Learned
from quizzes.parameters import live_parameters
from quizzes.reading import Context
from quizzes.standing import is_mastered, read_topics
from quizzes.storing import Learner
from students.achievements import STEPS, Counters, unlocked
from students.models import ages_of
from students.streak_trail import Mark, Trail, add_mark
from students.streaks import Streak, learning_day

RECALL_CARDS_A_DAY = 3  # as good as a film and its quiz


def counts_as_day(learned: Learned, recall_cards: int) -> bool:
    """For a card whose questions are all answered; `recall_cards` of the day include this one."""
    if learned.is_rapid:
        return False
    if learned.card.mode == WATCH:
        return learned.is_finished
    return recall_cards >= RECALL_CARDS_A_DAY


def credit_day(learner: Learner, at: datetime, now: datetime, *, recall_cards: int = 0) -> Trail:
    """The streak's trail after the learning day of `at` has counted; both in the zone that held at `at`.

    Later than a week counts no more. Three recall cards also repair what broke within two days.
    """
    day, today = learning_day(at), learning_day(now)
    excused = learner.excused(today)
    trail = learner.trail
    if recall_cards >= RECALL_CARDS_A_DAY:
        trail = add_mark(trail, Mark.RECALLED, day, today=today, excused=excused)
    return add_mark(trail, Mark.COUNTED, day, today=today, excused=excused)


def tally_card(tally: Tally, context: Context, learned: Learned, at: datetime) -> Tally:
    """The learner's figures after this card, whose questions are all answered; `at` in the learner's zone."""
    before = learned.card.before
    return count_card(
        tally,
        day=learning_day(at),
        topic=context.film.topic_key,
        is_recall=learned.card.mode == RECALL,
        is_rapid=learned.is_rapid,
        is_perfect=learned.is_perfect,
        since_last=learned.card.opened_at - before.memory.reviewed_at if before else None,
        has_come_back=_has_come_back(learned.state) and not _has_come_back(before),
    )


def find_new_badges(
    learner: Learner, context: Context, learned: Learned, tally: Tally, *, streak: Streak, now: datetime
) -> list[str]:
    """The codes that this card unlocks, in the order of the list of badges."""
    concepts = topics = 0
    concept_id = context.film.concept_id
    parameters = live_parameters(learner.age_group).parameters
    before, after = (
        is_mastered(state, now, parameters=parameters) for state in (learned.kept.before, learned.state)
    )
    if concept_id and after and not before:
        changed = {concept_id: learned.state} if learned.state else {}
        found = read_topics(
            learner.id, ages=ages_of(learner.age_group), now=now, changed=changed, parameters=parameters
        )
        standings = [topic.standing for topic in found]
        concepts = sum(standing.concepts_mastered for standing in standings)
        topics = sum(standing.is_mastered for standing in standings)
    counters = Counters(
        films=learner.total_videos_watched,
        quizzes=tally.quizzes,
        perfect_quizzes=tally.perfect_quizzes,
        longest_streak=streak.longest,
        days_away=tally.days_away,
        concepts_mastered=concepts,
        topics_mastered=topics,
        recalled_after_30_days=tally.recalled_after_30_days,
        relearned=tally.relearned,
        topics_explored=len(tally.topics),
        steps_above=_steps_above(context, learned),
        careful_in_a_row=tally.careful_in_a_row,
    )
    new = unlocked(counters) - context.badges
    return [code for steps in STEPS.values() for code, _ in steps if code in new]


def _has_come_back(state: State | None) -> bool:
    """Forgotten once, and recalled since."""
    return state is not None and state.memory.lapses > 0 and state.record.passes > 0


def _steps_above(context: Context, learned: Learned) -> int:
    """Whole levels of the film above the learner's own, as it was before the card."""
    if learned.is_rapid or not learned.is_perfect or context.film.difficulty is None:
        return 0
    return max(0, math.floor(context.film.difficulty - context.standing.ability.value))
