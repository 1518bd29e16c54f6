"""Would this database serve? What is asked of a copy that a backup has brought back, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files.storage import storages
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from config import health
from config.doctor import Finding
from config.schema_contract import find_differences
from quizzes.partitions import years_ahead
from students.encryption import Unreadable
from students.rekeying import find_columns, open_some
from students.tombstones import find_risen
from videos.delivery import storage_name
from videos.models import LearningVideo, Rendition

STRANGER = "192.0.2.1"  # an address that nobody has, so that nobody's limits are touched
FILMS = 200  # the newest, whose files are looked up; `push_renditions --dry-run` looks at all
SAMPLES = 20  # sealed values a column
PASSWORD = "drill three green apples"  # noqa: S105 - of an account that is never committed


def examine() -> list[Finding]:
    found: list[Finding] = []
    for look in LOOKS:
        try:
            found += look()
        except (DatabaseError, OSError, health.NotReady) as error:
            part = look.__name__.removeprefix("look_at_")
            found.append(
                Finding(part, "wrong", f"{type(error).__name__}: {error}", "Restore an older backup.")
            )
    return found


def look_at_schema() -> Iterator[Finding]:
    health.check_database()  # raises NotReady where migrations are missing
    differences = find_differences()
    for difference in differences:
        yield Finding("schema", "wrong", difference, "manage.py migrate_safely, then look again.")
    if not differences:
        yield Finding("schema", "ok", "every table, key, check, index and partition; all migrations applied")
    ahead = years_ahead(timezone.now())
    state, step = ("ok", "") if ahead >= 1 else ("wrong", "manage.py ensure_partitions")
    yield Finding("partitions", state, f"{ahead} years ahead", step)


def look_at_sealed_values() -> Iterator[Finding]:
    """A few of every encrypted column are opened: the keys of this environment belong to this backup."""
    opened = 0
    for column in find_columns():
        try:
            opened += open_some(column, SAMPLES)
        except Unreadable as error:
            yield Finding("keys", "wrong", str(error), "Give FIELD_KEYS the key of the time of the backup.")
    yield Finding("keys", "ok", f"{opened} sealed values opened")


def look_at_sign_in() -> Iterator[Finding]:
    """A new child registers, signs in and gets a page, all of it in a transaction that is taken back."""
    host = next((name for name in settings.ALLOWED_HOSTS if name != "*"), "localhost").lstrip(".")
    client = Client(SERVER_NAME=host, REMOTE_ADDR=STRANGER)
    name = f"drill-{uuid4().hex[:12]}"
    answers: list[Any] = []
    with transaction.atomic():
        body = {"username": name, "password": PASSWORD, "age_group": "8-10"}
        answers.append(client.post("/api/student/register", body, "application/json", secure=True))
        signed_in = client.post(
            "/api/student/token", {"username": name, "password": PASSWORD}, "application/json", secure=True
        )
        answers.append(signed_in)
        if signed_in.status_code == 200:
            headers = {"authorization": f"Bearer {signed_in.json()['access']}"}
            answers.append(client.get("/api/student/feed/me", headers=headers, secure=True))
        transaction.set_rollback(True)
    statuses = [answer.status_code for answer in answers]
    if statuses != [201, 200, 200]:
        says = f"register, sign in, feed: {', '.join(map(str, statuses))}"
        yield Finding("sign-in", "wrong", says, "The log of this command has the cause.")
    else:
        yield Finding("sign-in", "ok", f"a new child signs in and gets {len(answers[2].json())} cards")


def look_at_films() -> Iterator[Finding]:
    """Every file of the newest films lies in its storage, with its size."""
    films = list(LearningVideo.objects.published().order_by("-published_at")[:FILMS])
    files = list(Rendition.objects.filter(video__in=films).select_related("video"))
    storage = storages["published"]
    lost = []
    for file in files:
        name = storage_name(file.video.film_key, file.name)
        if not storage.exists(name) or storage.size(name) != file.size:
            lost.append(name)
    for name in lost[:10]:
        yield Finding("films", "wrong", f"{name} is missing or of another size.", "manage.py push_renditions")
    if not lost:
        yield Finding("films", "ok", f"{len(files)} files of {len(films)} films are in their storage")


def look_at_tombstones() -> Iterator[Finding]:
    risen = sum(1 for _ in find_risen())
    if risen:
        says = f"{risen} erased children are back."
        yield Finding("tombstones", "note", says, "manage.py replay_tombstones, before anybody signs in.")
    else:
        yield Finding("tombstones", "ok", "nobody who was erased is back")


LOOKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    look_at_schema,
    look_at_sealed_values,
    look_at_sign_in,
    look_at_films,
    look_at_tombstones,
)
