"""The cards of a page: ten films in one statement, with signed addresses and questions without answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from students.models import ages_of
from videos.delivery import playback, thumbnail_url

PRELOADED = 3
CARDS = """
SELECT id, title, topic, duration_seconds, difficulty_level, age_groups, quiz_questions, film_key, stream_uid,
       burned_captions
FROM learning_videos
WHERE id = ANY(%(ids)s::uuid[]) AND status = 'published' AND age_groups @> %(ages)s::int[]
"""


@dataclass(frozen=True)
class Place:
    """One card of an order, before its film is read. `concept` is the film's own id where it has none."""

    video: UUID
    concept: UUID
    mode: str
    reasons: tuple[str, ...]
    why: str = ""  # the first reason in words


class Asked(msgspec.Struct):
    """What a child sees of a question; its answer stays here."""

    question: str
    taught_at_seconds: float


class Question(msgspec.Struct):
    index: int
    question: str
    taught_at_seconds: float


class VideoCard(msgspec.Struct):
    """One card as 03 shapes it: `watch` plays the film and then asks, `recall` asks first."""

    id: UUID
    title: str
    topic: str
    mode: str
    reasons: tuple[str, ...]
    why: str
    duration_seconds: int
    difficulty_level: int | None
    age_groups: list[int]
    burned_captions: bool
    thumbnail_url: str
    playback: dict[str, Any]
    quiz_questions: list[Question]
    preload: bool


@dataclass(frozen=True)
class _Film:
    film_key: str
    stream_uid: str


questions_decoder = msgspec.json.Decoder(list[Asked])


def read_cards(places: Sequence[Place], *, age_group: str, now: datetime) -> list[VideoCard]:
    """The cards in the order of `places`. The age gate stands here a second time: a film that was
    withdrawn since the order was made is left out."""
    if not places:
        return []
    with connection.cursor() as cursor:
        cursor.execute(CARDS, {"ids": [place.video for place in places], "ages": ages_of(age_group)})
        rows = {row[0]: row for row in cursor.fetchall()}
    cards: list[VideoCard] = []
    for place in places:
        row = rows.get(place.video)
        if row is not None:
            cards.append(_card(row, place, preload=len(cards) < PRELOADED, now=now))
    return cards


def _card(row: tuple[Any, ...], place: Place, *, preload: bool, now: datetime) -> VideoCard:
    id_, title, topic, seconds, difficulty, ages, questions, film_key, stream_uid, burned_captions = row
    film = _Film(film_key, stream_uid)
    return VideoCard(
        id=id_,
        title=title,
        topic=topic,
        mode=place.mode,
        reasons=place.reasons,
        why=place.why,
        duration_seconds=seconds,
        difficulty_level=difficulty,
        age_groups=ages,
        burned_captions=burned_captions,
        thumbnail_url=thumbnail_url(film, now),
        playback=playback(film, now=now),
        quiz_questions=[
            Question(index, asked.question, asked.taught_at_seconds)
            for index, asked in enumerate(questions_decoder.decode(questions))
        ],
        preload=preload,
    )
