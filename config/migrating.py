"""Migrations while the platform runs: under a lock of their own, patient with open transactions, and checked.

Expand, deploy, contract: each release runs on the schema before it and after it. What would break the release
that is still running is refused by `check_migrations`, unless the migration says in `contract_of` which
release no longer uses what it removes.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import OperationalError, connection
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

# `app.name` a line: what runs somewhere. Empty until the first release: then nothing runs that could break.
RELEASED = Path(__file__).parent / "released-migrations.txt"
TRIES = 6
PAUSE = 5.0  # seconds
OURS = ("analytics", "students", "videos", "quizzes", "feed", "pipeline", "studio")


CONCURRENT = (AddIndexConcurrently, RemoveIndexConcurrently)
FILLED = "The release before this one writes rows without it. Give it null=True or a db_default."
LOCKS = "It locks the table against writing. Use the concurrent operation, in a migration of its own."
REASONS: tuple[tuple[tuple[type[operations.base.Operation], ...], str], ...] = (
    (
        (operations.RemoveField, operations.DeleteModel),
        "The release before this one still uses it. Remove it one release later, with `contract_of`.",
    ),
    (
        (operations.RenameField, operations.RenameModel),
        "Neither release finds the other's name. Add the new one, copy, remove the old one later.",
    ),
    (
        (operations.AlterField,),
        "A changed column is rewritten under a lock, and its type may be unknown to the other release.",
    ),
)


@dataclass(frozen=True)
class Danger:
    migration: str
    operation: str
    reason: str


def released() -> frozenset[str]:
    return frozenset(line for line in RELEASED.read_text().split() if line)


def note_release() -> int:
    """Every migration of ours that there is counts as released from now on; returns how many."""
    names = sorted(f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations if app in OURS)
    RELEASED.write_text("\n".join(names) + "\n")
    return len(names)


def find_dangers(done: frozenset[str]) -> list[Danger]:
    """What in migrations that are not released yet would break a release that still runs."""
    loader = MigrationLoader(None)
    found: list[Danger] = []
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app in OURS and f"{app}.{name}" not in done:
            found += examine(f"{app}.{name}", migration)
    return found


def examine(name: str, migration: Migration) -> list[Danger]:
    if getattr(migration, "contract_of", ""):
        return []
    made = {one.name_lower for one in migration.operations if isinstance(one, operations.CreateModel)}
    found = []
    for operation in migration.operations:
        reason = _danger_of(operation, made)
        if reason:
            found.append(Danger(name, operation.describe(), reason))
    return found


def _danger_of(operation: operations.base.Operation, made: set[str]) -> str:
    if getattr(operation, "model_name_lower", "") in made:
        return ""  # nobody uses a table that is made here
    for kinds, reason in REASONS:
        if isinstance(operation, kinds):
            return reason
    if isinstance(operation, operations.AddField):
        field = operation.field
        needs = not field.null and not field.many_to_many and field.db_default is NOT_PROVIDED
        return FILLED if needs and not getattr(field, "db_persist", None) else ""
    is_plain_index = isinstance(operation, operations.AddIndex | operations.RemoveIndex)
    return LOCKS if is_plain_index and not isinstance(operation, CONCURRENT) else ""


@contextmanager
def alone() -> Iterator[None]:
    """One migrator at a time, over all machines; the others wait for it."""
    key = int.from_bytes(hashlib.sha256(b"config.migrating").digest()[:7])
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s::bigint)", [key])
        try:
            cursor.execute("RESET lock_timeout")
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s::bigint)", [key])


def patiently(migrate: Callable[[], object], *, sleep: Callable[[float], None] = time.sleep) -> int:
    """Try until no other transaction stands in the way; how many tries it took. Raises the last refusal.

    `lock_timeout` ends each try after seconds, so that no writer waits behind a migration for long.
    """
    for attempt in range(1, TRIES + 1):
        try:
            migrate()
        except OperationalError as error:
            if "lock timeout" not in str(error) or attempt == TRIES:
                raise
            sleep(PAUSE)
        else:
            return attempt
    raise AssertionError("unreachable")
