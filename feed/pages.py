"""A page of the feed, and the next film after an answer: cache, cursor, cards (06, 3.5).

A stale page cannot be found: every answer and finished film raises the student's `progress_version`, which
is part of the key, as is which CDN is ill; the version of the catalogue lies in the kept value and is
compared in the same round trip. Without a cache everything is computed again and comes out the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import transaction

from analytics import metrics
from feed.cards import Place, read_cards
from feed.cursors import Cursor, read_cursor, write_cursor
from feed.orders import ORDER_LENGTH, SCHEMA, Asker, asker_of, find_order, keep_order, kept_order, make_order
from quizzes.answering import Upcoming
from students.caching import fast_cache
from students.models import AGE_GROUPS, Student
from videos.catalogue import KEY as CATALOGUE
from videos.catalogue import catalogue_version
from videos.cdn_health import choice

NOTHING = b"[]"


class AgeGroupNotAllowed(Exception):
    """The age group asked for is older than the student's own."""

    code: ClassVar[str] = "age-group-not-allowed"


@dataclass(frozen=True)
class Page:
    """`body` is the JSON array as sent, `etag` its hash; `next_cursor` is None at the end.

    `is_enough`: the day's learning minutes are used up, and nothing follows unless it is asked for.
    """

    body: bytes
    next_cursor: str | None
    etag: str
    is_enough: bool = False


class KeptPage(msgspec.Struct, array_like=True):
    catalogue: bytes
    etag: str
    next_cursor: str | None
    body: bytes


page_decoder = msgspec.msgpack.Decoder(KeptPage)


def next_page(
    student: Student,
    *,
    now: datetime,
    number: int = 0,
    cursor: str | None = None,
    age_group: str | None = None,
    more: bool = False,
    kept: Sequence[bytes | None] = (),
) -> Page:
    """Page `number` of the present order, or what follows `cursor`; past the end an empty array.

    `kept` is what the cache has under `keys_of` this student and number, where the caller has read it.
    When the day's minutes are used up the first page is the last, unless `more` is asked for. Raises
    CursorInvalid, and AgeGroupNotAllowed for an older group. One statement for the cards, one more for the
    order, none when the page is kept.
    """
    is_enough = student.has_enough(now) and not more
    if number * settings.FEED_PAGE_SIZE >= ORDER_LENGTH or (is_enough and (number or cursor)):
        return _page(NOTHING, None, is_enough=is_enough)
    page = _find_page(student, now=now, number=number, cursor=cursor, age_group=age_group, kept=kept)
    return replace(page, next_cursor=None, is_enough=True) if is_enough else page


def keys_of(student: Student, number: int) -> list[str]:
    """What `next_page` takes as `kept` for a page of the student's own group, by number."""
    return [CATALOGUE, _key(student, group=student.age_group, asked=str(number))]


def _key(student: Student, *, group: str, asked: str) -> str:
    plain = "plain" if student.wants_plain_order else "own"
    return f"feed:{SCHEMA}:{student.id}:{group}:{student.progress_version}:{plain}:{choice()}:{asked}"


def _find_page(
    student: Student,
    *,
    now: datetime,
    number: int,
    cursor: str | None,
    age_group: str | None,
    kept: Sequence[bytes | None],
) -> Page:
    place = read_cursor(cursor, student_id=student.id, now=now) if cursor else None
    group = _allow_group(student, place.age_group if place else age_group)
    asked = hashlib.sha256(cursor.encode()).hexdigest()[:32] if cursor else str(number)
    key = _key(student, group=group, asked=asked)
    cache = fast_cache()
    catalogue, found = kept or cache.read([CATALOGUE, key])
    if found is not None:
        page = page_decoder.decode(found)
        if page.catalogue == catalogue:
            metrics.feed_cache_total.labels("hit").inc()
            return Page(page.body, page.next_cursor, page.etag)
    version = catalogue or catalogue_version()
    asker = asker_of(student, group=group, catalogue=version, now=now)
    metrics.feed_cache_total.labels("bypass" if version is None else "miss").inc()
    if version is None:
        return _build_page(asker, number=number, place=place, now=now)

    def build() -> bytes:
        made = _build_page(asker, number=number, place=place, now=now)
        return msgspec.msgpack.encode(KeptPage(version, made.etag, made.next_cursor, made.body))

    def is_fresh(value: bytes) -> bool:
        return page_decoder.decode(value).catalogue == version

    page = page_decoder.decode(cache.build_once(key, build, settings.FEED_CACHE_SECONDS, is_fresh=is_fresh))
    return Page(page.body, page.next_cursor, page.etag)


@metrics.feed_build_seconds.time()
def _build_page(asker: Asker, *, number: int, place: Cursor | None, now: datetime) -> Page:
    order = find_order(asker, now=now)
    size = settings.FEED_PAGE_SIZE
    if place:
        gone = set(place.handed_out)
        remaining = [entry for entry in order if entry.concept.hex not in gone]
        handed_out = place.handed_out
    else:
        remaining = order[number * size :]
        handed_out = tuple(entry.concept.hex for entry in order[: number * size])
    shown = remaining[:size]
    following = None
    if len(remaining) > size:
        handed_out = (*handed_out, *(entry.concept.hex for entry in shown))[-ORDER_LENGTH:]
        following = write_cursor(Cursor(asker.group, handed_out), student_id=asker.student_id, now=now)
    cards = read_cards(shown, age_group=asker.group, now=now)
    return _page(msgspec.json.encode(cards), following)


def _page(body: bytes, next_cursor: str | None, *, is_enough: bool = False) -> Page:
    return Page(body, next_cursor, f'"{hashlib.sha256(body).hexdigest()[:32]}"', is_enough)


def follow(student: Student, upcoming: Upcoming, *, now: datetime) -> dict[str, Any] | None:
    """What comes after an answer, for `submit_answer` to store with it; None at the end."""
    place = recommend(student, upcoming, now=now)
    return place_to_json(place) if place else None


def recommend(student: Student, upcoming: Upcoming, *, now: datetime) -> Place | None:
    """What should follow an answer: until the card's last question the order at hand, then a new one.

    Called inside the answer's transaction: the new order is kept when that commits, under the version that
    it will have, so the page request that follows finds it.
    """
    present = replace(
        asker_of(student, group=student.age_group, catalogue=catalogue_version(), now=now),
        progress=upcoming.progress_version,
    )
    order = None
    if not upcoming.is_card_complete:
        order = kept_order(replace(present, progress=upcoming.progress_version - 1))
    if order is None:
        order = make_order(present, now=now, upcoming=upcoming)
        made = order
        transaction.on_commit(lambda: keep_order(present, made))
    return next((entry for entry in order if entry.video != upcoming.video_id), None)


def place_to_json(place: Place) -> dict[str, Any]:
    return {
        "video": str(place.video),
        "concept": str(place.concept),
        "mode": place.mode,
        "reasons": list(place.reasons),
        "why": place.why,
    }


def place_from_json(data: dict[str, Any]) -> Place:
    return Place(
        UUID(data["video"]), UUID(data["concept"]), data["mode"], tuple(data["reasons"]), data["why"]
    )


def _allow_group(student: Student, asked: str | None) -> str:
    group = asked or student.age_group
    if AGE_GROUPS.index(group) > AGE_GROUPS.index(student.age_group):
        raise AgeGroupNotAllowed("Only your own age group and younger ones are open to you.")
    return group
