"""What a phone takes along: the next films with their files, within a number of bytes (09, section 5.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from feed.cards import Place
from feed.orders import asker_of, find_order
from feed.ranking import Mode
from students.models import Student, ages_of
from videos.catalogue import catalogue_version
from videos.delivery import download_folder
from videos.media import CONTENT_TYPES

MOST_FILMS = 20
KEPT_FOR = timedelta(days=30)  # without asking: then a device has to ask whether the film is still offered
USUAL_BYTES = 50_000_000
# What is taken along of a film, the first of each that there is: the film made for downloads before the
# smallest that is streamed, the small poster before the large one.
WANTED: Mapping[str, tuple[str, ...]] = {
    "film": ("360.mp4", "480.mp4"),
    "captions": ("captions.vtt",),
    "poster": ("poster-small.jpg", "poster.jpg"),
}
FILMS = """
SELECT v.id, v.title, v.topic, v.duration_seconds, v.difficulty_level, v.quiz_questions, v.film_key,
       v.burned_captions,
       (SELECT jsonb_agg(jsonb_build_array(r.name, r.size, r.sha256)) FROM video_renditions r
        WHERE r.video_id = v.id AND r.name = ANY(%(names)s::varchar[]))
FROM learning_videos v
WHERE v.id = ANY(%(ids)s::uuid[]) AND v.status = 'published' AND v.age_groups @> %(ages)s::int[]
"""


class OfflineFile(msgspec.Struct):
    kind: str
    name: str
    url: str
    content_type: str
    size: int
    sha256: str


class AnsweredQuestion(msgspec.Struct):
    """A question with its answer: without a network nobody else can tell."""

    index: int
    question: str
    answer: bool
    explanation: str
    taught_at_seconds: float


class OfflineFilm(msgspec.Struct):
    id: UUID
    title: str
    topic: str
    mode: str
    reasons: tuple[str, ...]
    why: str
    duration_seconds: int
    difficulty_level: int | None
    burned_captions: bool
    bytes: int
    files: list[OfflineFile]
    quiz_questions: list[AnsweredQuestion]
    kept_until: datetime


class OfflineManifest(msgspec.Struct):
    films: list[OfflineFilm]
    bytes: int
    max_bytes: int
    expires_at: datetime


class _Stored(msgspec.Struct):
    question: str
    answer: bool
    explanation: str
    taught_at_seconds: float


questions_decoder = msgspec.json.Decoder(list[_Stored])
files_decoder = msgspec.json.Decoder(list[tuple[str, int, str]])


def make_manifest(
    student: Student,
    *,
    now: datetime,
    limit: int = MOST_FILMS,
    max_bytes: int = USUAL_BYTES,
    films: Sequence[UUID] = (),
) -> OfflineManifest:
    """The next films of the student's own order that fit, in that order; two statements, one when kept.

    `films` asks for these instead, in their order: one the child has chosen, or new addresses.
    A film that is too large for what is left is passed over, and so is one without a file to play.
    """
    asker = asker_of(student, group=student.age_group, catalogue=catalogue_version(), now=now)
    order = find_order(asker, now=now)
    if films:
        order = _choose(films, order)
    rows = _read(order, student.age_group)
    taken: list[OfflineFilm] = []
    left, ends = max_bytes, []
    last_day = (now + KEPT_FOR).astimezone(UTC).date()
    kept_until = datetime.combine(last_day, time(23, 59, 59), UTC)
    for place in order:
        row = rows.get(place.video)
        if row is None or len(taken) == limit:
            continue
        folder, expiry = download_folder(row[6], now)
        film = _film(row, place, folder, kept_until)
        if film is not None and film.bytes <= left:
            taken.append(film)
            left -= film.bytes
            ends.append(expiry)
    end = min(ends, default=int(now.timestamp()))
    return OfflineManifest(taken, max_bytes - left, max_bytes, datetime.fromtimestamp(end, UTC))


def _choose(films: Sequence[UUID], order: Sequence[Place]) -> list[Place]:
    """A place for each film: the one it has in the order, else as a film to watch that somebody wanted."""
    known = {place.video: place for place in order}
    return [known.get(film) or Place(film, film, Mode.WATCH.value, (), "") for film in dict.fromkeys(films)]


def _read(order: Sequence[Place], age_group: str) -> dict[UUID, tuple[Any, ...]]:
    if not order:
        return {}
    names = [name for wanted in WANTED.values() for name in wanted]
    values: dict[str, Any] = {
        "ids": [place.video for place in order],
        "names": names,
        "ages": ages_of(age_group),
    }
    with connection.cursor() as cursor:
        cursor.execute(FILMS, values)
        return {row[0]: row for row in cursor.fetchall()}


def _film(row: tuple[Any, ...], place: Place, folder: str, kept_until: datetime) -> OfflineFilm | None:
    id_, title, topic, seconds, difficulty, questions, _, burned_captions, stored = row
    known = {name: (size, sha256) for name, size, sha256 in files_decoder.decode(stored or "[]")}
    files = []
    for kind, wanted in WANTED.items():
        name = next((name for name in wanted if name in known), None)
        if name is not None:
            size, sha256 = known[name]
            content_type = CONTENT_TYPES[name.rpartition(".")[2]].partition(";")[0]
            files.append(OfflineFile(kind, name, f"{folder}/{name}", content_type, size, sha256))
    if not files or files[0].kind != "film":
        return None
    return OfflineFilm(
        id=id_,
        title=title,
        topic=topic,
        mode=place.mode,
        reasons=place.reasons,
        why=place.why,
        duration_seconds=seconds,
        difficulty_level=difficulty,
        burned_captions=burned_captions,
        bytes=sum(file.size for file in files),
        files=files,
        quiz_questions=[
            AnsweredQuestion(index, asked.question, asked.answer, asked.explanation, asked.taught_at_seconds)
            for index, asked in enumerate(questions_decoder.decode(questions))
        ],
        kept_until=kept_until,
    )
