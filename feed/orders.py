"""The order of a learner's cards: up to a hundred, computed from rows, kept for five minutes (06, 3.5)."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings

from feed.candidates import Choice, find_candidates, find_newest
from feed.cards import Place
from feed.ranking import Mode, Profile, Ranked, rank
from feed.reasons import say_why
from quizzes.answering import Upcoming
from quizzes.learners import NOT_INTERESTED, Standing
from quizzes.parameters import live_parameters
from students.caching import fast_cache
from students.models import Student
from students.preferences import INTERESTED, TOPICS
from students.streaks import DAY_STARTS, learning_day

ORDER_LENGTH = 100
STEP = 300  # seconds; an order computed again within this time comes out the same
SCHEMA = 3  # of kept values; raise it with their shape


@dataclass(frozen=True)
class Asker:
    """Whose order, of which age group, and at which versions of progress and catalogue."""

    student_id: UUID
    own_group: str
    group: str
    zone: ZoneInfo
    progress: int
    catalogue: bytes | None  # None while the cache is away: then nothing is kept
    is_plain: bool
    wishes: Mapping[str, str] = field(default_factory=dict)  # topic id → one of students.preferences.WISHES


def asker_of(student: Student, *, group: str, catalogue: bytes | None, now: datetime) -> Asker:
    return Asker(
        student_id=student.pk,
        own_group=student.age_group,
        group=group,
        zone=student.zone_at(now),
        progress=student.progress_version,
        catalogue=catalogue,
        is_plain=student.wants_plain_order,
        wishes=student.prefers(TOPICS) or {},
    )


class KeptOrder(msgspec.Struct, array_like=True):
    """An order and the version of the catalogue it was made of."""

    catalogue: bytes
    places: list[Place]


order_decoder = msgspec.msgpack.Decoder(KeptOrder)


def find_order(asker: Asker, *, now: datetime) -> list[Place]:
    """The order at these versions, computed where it is not kept."""
    kept = kept_order(asker)
    if kept is not None:
        return kept
    order = make_order(asker, now=now)
    keep_order(asker, order)
    return order


def kept_order(asker: Asker) -> list[Place] | None:
    if asker.catalogue is None:
        return None
    (found,) = fast_cache().read([_key(asker)])
    if found is None:
        return None
    order = order_decoder.decode(found)
    return order.places if order.catalogue == asker.catalogue else None


def keep_order(asker: Asker, order: Sequence[Place]) -> None:
    if asker.catalogue is not None:
        value = msgspec.msgpack.encode(KeptOrder(asker.catalogue, list(order)))
        fast_cache().keep(_key(asker), value, settings.FEED_CACHE_SECONDS)


def _key(asker: Asker) -> str:
    plain = "plain" if asker.is_plain else "own"
    return f"order:{SCHEMA}:{asker.student_id}:{asker.group}:{asker.progress}:{plain}"


def make_order(asker: Asker, *, now: datetime, upcoming: Upcoming | None = None) -> list[Place]:
    """The order computed from rows; `upcoming` stands in for those that an answer is about to change."""
    if asker.is_plain:
        newest = find_newest(asker.group, limit=ORDER_LENGTH)
        return [
            Place(video, concept, Mode.WATCH.value, ("newest",), say_why("newest"))
            for video, concept in newest
        ]
    cut = datetime.fromtimestamp(now.timestamp() // STEP * STEP, UTC).astimezone(asker.zone)
    choice = find_candidates(
        asker.student_id, age_group=asker.group, own_group=asker.own_group, soon=end_of_tomorrow(cut)
    )
    if upcoming is not None:
        choice = replace(choice, standing=upcoming.standing)
        if upcoming.concept_id and upcoming.state:
            choice.memories[upcoming.concept_id] = upcoming.state.memory
    return _rank(choice, asker, cut)


def _rank(choice: Choice, asker: Asker, now: datetime) -> list[Place]:
    """A concept once a learning day: what was shown today comes after everything else."""
    day = learning_day(now)
    shown = set(choice.standing.shown_on(day))
    profile = profile_of(choice.standing, asker, day)
    fresh = [item for item in choice.candidates if choice.concepts[item.video_id] not in shown]
    ranked = rank(fresh, choice.memories, profile, now, ORDER_LENGTH)
    if len(ranked) < ORDER_LENGTH and len(fresh) < len(choice.candidates):
        known = {item.video_id for item in fresh}
        again = [item for item in choice.candidates if item.video_id not in known]
        ranked = [*ranked, *rank(again, choice.memories, profile, now, ORDER_LENGTH - len(ranked))]
    return [_place(item, choice, now) for item in ranked]


def profile_of(standing: Standing, asker: Asker, day: date) -> Profile:
    """The learner as the ranking takes them. A wish counts as one film completed, or as three shown."""
    interest = dict[Hashable, tuple[float, float]](standing.interest.items())
    for topic, wish in asker.wishes.items():
        shown, completed = interest.get(topic, (0, 0))
        liked = wish == INTERESTED
        interest[topic] = (shown, completed + 1) if liked else (shown + NOT_INTERESTED, completed)
    return Profile(
        ability=standing.ability,
        interest=interest,
        recent_topics=standing.recent_topics,
        seed=_seed(asker.student_id, day.isoformat()),
        parameters=live_parameters(asker.own_group).parameters,
        today=standing.new_on(day),
        retention=standing.retention,
    )


def _place(item: Ranked, choice: Choice, now: datetime) -> Place:
    concept = choice.concepts[item.video_id]
    memory = choice.memories.get(concept)
    days = (learning_day(now) - learning_day(memory.reviewed_at.astimezone(now.tzinfo))).days if memory else 0
    why = say_why(item.reasons[0], days=days) if item.reasons else ""
    return Place(item.video_id, concept, item.mode.value, item.reasons, why)


def _seed(student_id: UUID, day: str) -> int:
    """The same all day, so that a page can be computed again."""
    return int.from_bytes(hashlib.sha256(student_id.bytes + day.encode()).digest()[:8])


def end_of_tomorrow(local: datetime) -> datetime:
    """When the next learning day ends; what is due by then is a candidate."""
    day = learning_day(local) + timedelta(days=2)
    return datetime.combine(day, time(), local.tzinfo) + DAY_STARTS
