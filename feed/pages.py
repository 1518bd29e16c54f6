"""A page of the feed, and the next film after an answer: cache, cursor, cards (06, 3.5).

A stale page cannot be found: every answer and finished film raises the student's `progress_version`,
every publication the catalogue's version, and both are part of the keys. Without a cache everything
is computed again and comes out the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings
from django.core.cache import cache

from feed.candidates import find_candidates
from feed.cursors import Cursor, read_cursor, write_cursor
from feed.ranking import Profile, rank
from quizzes.ability import starting_ability
from quizzes.answering import Submission
from students.models import AGE_GROUPS, Student
from videos.catalogue import catalogue_version
from videos.delivery import playback, thumbnail_url
from videos.models import LearningVideo

ORDER_LENGTH = 100
PRELOADED = 3
STEP = timedelta(minutes=5)  # an order computed again within this time comes out the same
SCHEMA = 1  # of cached values; raise it with their shape


class AgeGroupNotAllowed(Exception):
    """The age group asked for is older than the student's own."""

    code: ClassVar[str] = "age-group-not-allowed"


@dataclass(frozen=True)
class Versions:
    """What makes an order stale: the student's progress, and the catalogue (None while the cache is away)."""

    progress: int
    catalogue: str | None


@dataclass(frozen=True)
class Place:
    """One card of an order, before its film is read. `concept` is the film's own id where it has none."""

    video: UUID
    concept: UUID
    mode: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    """`body` is the JSON array as sent; `next_cursor` is None at the end."""

    body: bytes
    next_cursor: str | None


def next_page(
    student: Student,
    *,
    now: datetime,
    number: int = 0,
    cursor: str | None = None,
    age_group: str | None = None,
) -> Page:
    """Page `number` of the present order, or what follows `cursor`; past the end an empty array.

    Raises CursorInvalid, and AgeGroupNotAllowed for an older group. One statement for the cards, one
    more for the order, none when the page is cached.
    """
    place = read_cursor(cursor, student_id=student.id, now=now) if cursor else None
    group = _allow_group(student, place.age_group if place else age_group)
    versions = Versions(student.progress_version, catalogue_version())
    asked = hashlib.sha256(cursor.encode()).hexdigest()[:32] if cursor else str(number)
    key = _key("feed", student.id, group, versions, asked)
    cached = cache.get(key) if key else None
    if cached is not None:
        return Page(*cached)
    order = _order(student, group, versions, now)
    size = settings.FEED_PAGE_SIZE
    if place:
        remaining = [entry for entry in order if entry.concept.hex not in place.handed_out]
        handed_out = place.handed_out
    else:
        remaining = order[number * size :]
        handed_out = tuple(entry.concept.hex for entry in order[: number * size])
    shown = remaining[:size]
    following = None
    if len(remaining) > size:
        handed_out = (*handed_out, *(entry.concept.hex for entry in shown))[-ORDER_LENGTH:]
        following = write_cursor(Cursor(group, handed_out), student_id=student.id, now=now)
    page = Page(msgspec.json.encode(read_cards(shown, age_group=group, now=now)), following)
    if key:
        cache.set(key, (page.body, page.next_cursor), settings.FEED_CACHE_SECONDS)
    return page


def recommend(student: Student, submission: Submission, *, now: datetime) -> Place | None:
    """What should follow an answer: until the card's last question the order at hand, then a new one."""
    catalogue, group = catalogue_version(), student.age_group
    order = None
    if not submission.is_card_complete:
        order = _cached_order(student.id, group, Versions(submission.progress_version - 1, catalogue))
    if order is None:
        order = _order(student, group, Versions(submission.progress_version, catalogue), now)
    return next((entry for entry in order if entry.video != submission.video_id), None)


def read_cards(places: Sequence[Place], *, age_group: str, now: datetime) -> list[dict[str, Any]]:
    """The `VideoCard`s of 03, in order. The age gate stands here a second time: a film that was
    withdrawn since the order was made is left out."""
    if not places:
        return []
    videos = {
        video.pk: video
        for video in LearningVideo.objects.published()
        .for_age_group(age_group)
        .filter(pk__in=[place.video for place in places])
        .defer("script_content")
    }
    cards: list[dict[str, Any]] = []
    for place in places:
        video = videos.get(place.video)
        if video is not None:
            cards.append(_card(video, place, preload=len(cards) < PRELOADED, now=now))
    return cards


def place_to_json(place: Place) -> dict[str, Any]:
    return {**asdict(place), "video": str(place.video), "concept": str(place.concept)}


def place_from_json(data: dict[str, Any]) -> Place:
    return Place(UUID(data["video"]), UUID(data["concept"]), data["mode"], tuple(data["reasons"]))


def _card(video: LearningVideo, place: Place, *, preload: bool, now: datetime) -> dict[str, Any]:
    return {
        "id": str(video.pk),
        "title": video.title,
        "topic": video.topic,
        "mode": place.mode,
        "reasons": list(place.reasons),
        "duration_seconds": video.duration_seconds,
        "difficulty_level": video.difficulty_level,
        "age_groups": list(video.age_groups),
        "thumbnail_url": thumbnail_url(video, now),
        "playback": playback(video, now=now),
        "quiz_questions": [
            {
                "index": index,
                "question": question["question"],
                "taught_at_seconds": question["taught_at_seconds"],
            }
            for index, question in enumerate(video.quiz_questions)
        ],
        "preload": preload,
    }


def _allow_group(student: Student, asked: str | None) -> str:
    group = asked or student.age_group
    if AGE_GROUPS.index(group) > AGE_GROUPS.index(student.age_group):
        raise AgeGroupNotAllowed("Only your own age group and younger ones are open to you.")
    return group


def _order(student: Student, group: str, versions: Versions, now: datetime) -> list[Place]:
    """The order at these versions, computed where it is not kept."""
    kept = _cached_order(student.id, group, versions)
    if kept is not None:
        return kept
    cut = datetime.fromtimestamp(now.timestamp() // STEP.total_seconds() * STEP.total_seconds(), now.tzinfo)
    local = cut.astimezone(ZoneInfo(student.time_zone))
    choice = find_candidates(student.id, age_group=group, now=cut)
    ranked = rank(
        choice.candidates,
        choice.memories,
        Profile(ability=starting_ability(student.age_group)),
        local,
        ORDER_LENGTH,
    )
    order = [
        Place(item.video_id, choice.concepts[item.video_id], item.mode.value, item.reasons) for item in ranked
    ]
    key = _key("order", student.id, group, versions)
    if key:
        cache.set(key, [place_to_json(place) for place in order], settings.FEED_CACHE_SECONDS)
    return order


def _cached_order(student_id: UUID, group: str, versions: Versions) -> list[Place] | None:
    key = _key("order", student_id, group, versions)
    kept = cache.get(key) if key else None
    return None if kept is None else [place_from_json(place) for place in kept]


def _key(kind: str, student_id: UUID, group: str, versions: Versions, asked: str = "") -> str | None:
    """None without a catalogue version: then nothing may be kept."""
    if versions.catalogue is None:
        return None
    return f"{kind}:{SCHEMA}:{student_id}:{group}:{versions.progress}:{versions.catalogue}:{asked}"
