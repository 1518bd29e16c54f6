"""How far a learner has come with a concept, and with a topic (06, 2.6). Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from quizzes.grading import Grade
from quizzes.memory import LAPSED, Memory

PASSED = 0.9  # a recall card with a posterior of at least this
PASSES_NEEDED = 3  # on as many learning days
PASSES_APART = timedelta(days=7)
NET_CORRECT_NEEDED = 8
# So much more right than wrong on one concept proves it, whatever the learner's record.
NET_CORRECT_ALONE = 20
STABLE_DAYS = 21
KNOWING, GUESSING = 0.7, 0.5  # share of right answers of somebody who knows some, and of a coin
LEAST_KNOWING = math.log(20)  # the odds between these two that a learner's whole record must show
TOPIC_SHARE = 0.8  # of the core concepts, and of mean recall


class Level(StrEnum):
    LEARNING = "learning"
    FAMILIAR = "familiar"
    PROFICIENT = "proficient"
    MASTERED = "mastered"


@dataclass(frozen=True)
class Record:
    """What recall cards have shown since the last lapse. Cards right after a film prove nothing here."""

    passes: int = 0  # learning days with a pass
    first_pass_on: date | None = None
    last_pass_on: date | None = None
    net_correct: int = 0


def record_recall(record: Record, grade: Grade, *, posterior: float, on: date) -> Record:
    """After a recall card on the learning day `on`; one tapped through leaves no trace."""
    if grade.rapid or not (grade.correct or grade.wrong):
        return record
    if posterior < LAPSED:
        return Record()
    record = replace(record, net_correct=record.net_correct + grade.correct - grade.wrong)
    if posterior < PASSED or record.last_pass_on == on:
        return record
    return replace(
        record, passes=record.passes + 1, first_pass_on=record.first_pass_on or on, last_pass_on=on
    )


def shows_knowing(answers: int, right: int) -> bool:
    """Whether a learner's answers to everything look like knowing rather than like a coin.

    Who guesses all along passes any rule for one concept once in a thousand concepts, and there are hundreds
    of them; but the more of them were asked, the surer it is that this record is a coin's. A coin reaches
    these odds once in twenty at any time (Ville 1939) and loses them with every dozen answers more.
    """
    wrong = answers - right
    odds = right * math.log(KNOWING / GUESSING) + wrong * math.log((1 - KNOWING) / (1 - GUESSING))
    return odds >= LEAST_KNOWING


def level_of(memory: Memory, record: Record, *, recall: float, is_knowing: bool = True) -> Level:
    """`recall` is the present retrievability; mastery fades back to proficient when it is below 0.7.

    `is_knowing` is `shows_knowing` of the learner; a guesser's mastery stays proficiency.
    """
    is_proven = (
        record.passes >= PASSES_NEEDED
        and record.first_pass_on is not None
        and record.last_pass_on is not None
        and record.last_pass_on - record.first_pass_on >= PASSES_APART
        and record.net_correct >= (NET_CORRECT_NEEDED if is_knowing else NET_CORRECT_ALONE)
    )
    if is_proven and memory.known >= 0.95 and memory.stability >= STABLE_DAYS:
        return Level.MASTERED if recall >= 0.7 else Level.PROFICIENT
    if memory.known >= 0.9 and recall >= 0.8:
        return Level.PROFICIENT
    return Level.FAMILIAR if memory.known >= 0.75 else Level.LEARNING


@dataclass(frozen=True)
class ConceptStanding:
    """One concept of a topic as the child stands to it; an unseen one has recall 0 and no level."""

    recall: float
    level: Level | None
    is_core: bool


@dataclass(frozen=True)
class TopicStanding:
    mastery: float  # mean recall over the topic's concepts for the child's age
    is_mastered: bool
    concepts_total: int
    concepts_mastered: int
    due_for_recall: int  # seen, and recall below 0.9


def stand_on_topic(concepts: Sequence[ConceptStanding]) -> TopicStanding:
    """A topic is mastered when 80 % of its core concepts are, and mean recall is 0.8 or more."""
    total = len(concepts)
    mastered = [concept for concept in concepts if concept.level is Level.MASTERED]
    core = [concept for concept in concepts if concept.is_core]
    core_mastered = sum(concept.is_core for concept in mastered)
    mastery = sum(concept.recall for concept in concepts) / total if total else 0.0
    return TopicStanding(
        mastery=mastery,
        is_mastered=bool(core) and core_mastered >= TOPIC_SHARE * len(core) and mastery >= TOPIC_SHARE,
        concepts_total=total,
        concepts_mastered=len(mastered),
        due_for_recall=sum(concept.level is not None and concept.recall < 0.9 for concept in concepts),
    )
