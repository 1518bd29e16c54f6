"""Dump the database, bring it back beside itself, and find out whether it would serve (09, section 6).

A dump is taken from one snapshot, and the rows of every table are counted in the same snapshot, so that a
restored copy can be compared although children go on answering. Nothing here changes the database that is
dumped; the copy is dropped in the end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg import sql

from config.local.binaries import find_client

SUFFIX = ".dump"
PARALLEL = 2  # tables that pg_restore fills at once
TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1
"""
# A copy must not count against, or be seen in, the caches of the platform: nothing listens at port 1.
NOWHERE = {"REDIS_URL": "redis://127.0.0.1:1/0", "BROKER_URL": "redis://127.0.0.1:1/1"}


class BackupFailed(Exception):
    """What did not work, and what to do. A dump that was begun is not left behind."""


@dataclass(frozen=True)
class Dump:
    """A finished dump: its place and bytes, the seconds it took, and the rows by table in its snapshot."""

    path: Path
    size: int
    seconds: float
    rows: Mapping[str, int]


@dataclass(frozen=True)
class Place:
    """A database as libpq and psycopg are told of it."""

    host: str
    port: str
    user: str
    password: str
    name: str

    @classmethod
    def ours(cls) -> Place:
        values: Any = connection.settings_dict
        return cls(*(str(values[key] or "") for key in ("HOST", "PORT", "USER", "PASSWORD", "NAME")))

    def named(self, name: str) -> Place:
        return Place(self.host, self.port, self.user, self.password, name)

    @property
    def environment(self) -> dict[str, str]:
        names = {"PGHOST": self.host, "PGPORT": self.port, "PGUSER": self.user, "PGPASSWORD": self.password}
        given = {name: value for name, value in names.items() if value}
        return {**os.environ, **given, "PGDATABASE": self.name}

    @property
    def address(self) -> str:
        """As DATABASE_URL has it."""
        who = f"{quote(self.user)}:{quote(self.password)}@" if self.password else f"{quote(self.user)}@"
        who = who if self.user else ""
        if self.host.startswith("/"):
            return f"postgresql://{who}/{quote(self.name)}?host={quote(self.host)}"
        port = f":{self.port}" if self.port else ""
        return f"postgresql://{who}{self.host}{port}/{quote(self.name)}"

    @contextmanager
    def connect(self, *, autocommit: bool = False) -> Iterator[psycopg.Connection[Any]]:
        """A connection of its own, without the limits of web requests."""
        given = {"host": self.host, "port": self.port, "user": self.user, "password": self.password}
        options = {name: value for name, value in given.items() if value}
        with psycopg.connect(dbname=self.name, autocommit=autocommit, **options) as link:  # type: ignore[arg-type]
            yield link


def write_dump(target: Path) -> Dump:
    """Dump our database into `target`, whole or not at all. Raises BackupFailed, LocalServerError."""
    began = time.monotonic()
    half = target.with_name(f"{target.name}.part")
    place = Place.ours()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with place.connect() as link:
            # It waits for pg_dump, which may take long; the snapshot lives as long as this transaction.
            link.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            link.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            rows = count_rows(link)
            (snapshot,) = _one(link, "SELECT pg_export_snapshot()")
            program = find_client("pg_dump", major=link.info.server_version // 10_000)
            _run(
                [
                    *(str(program), "--format=custom", "--no-owner", "--no-privileges"),
                    *(f"--snapshot={snapshot}", f"--file={half}"),
                ],
                place,
            )
        half.replace(target)
    except OSError as error:
        raise BackupFailed(
            f"{target.parent} cannot be written: {error.strerror}. Name another place."
        ) from error
    finally:
        with suppress(OSError):
            half.unlink()
    return Dump(target, target.stat().st_size, time.monotonic() - began, rows)


@contextmanager
def restored(dump: Path) -> Iterator[tuple[Place, float]]:
    """A copy of a dump beside our database, and the seconds it took; dropped in the end.

    Raises BackupFailed.
    """
    ours = Place.ours()
    copy = ours.named(f"{ours.name[:40]}_drill_{timezone.now():%Y%m%d%H%M%S%f}")
    name = sql.Identifier(copy.name)
    with ours.connect(autocommit=True) as link:
        major = link.info.server_version // 10_000
        link.execute(sql.SQL("CREATE DATABASE {}").format(name))
        link.execute(sql.SQL("ALTER DATABASE {} SET timezone TO 'UTC'").format(name))
    try:
        began = time.monotonic()
        program = find_client("pg_restore", major=major)
        options = ["--no-owner", "--no-privileges", "--exit-on-error", f"--jobs={PARALLEL}"]
        _run([str(program), *options, f"--dbname={copy.name}", str(dump)], copy)
        with copy.connect(autocommit=True) as link:
            link.execute("ANALYZE")  # without statistics the first requests would be planned badly
        yield copy, time.monotonic() - began
    finally:
        with ours.connect(autocommit=True) as link:
            link.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def count_rows(link: psycopg.Connection[Any]) -> dict[str, int]:
    """Rows by table, of every partition too."""
    tables = [str(name) for (name,) in link.execute(TABLES)]
    return {
        table: int(_one(link, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))[0])
        for table in tables
    }


def compare_rows(place: Place, wanted: Mapping[str, int]) -> list[str]:
    """What differs, table by table."""
    with place.connect() as link:
        found = count_rows(link)
    return [
        f"{table}: {found.get(table, 'no table')} instead of {wanted.get(table, 'no table')}"
        for table in sorted({*found, *wanted})
        if found.get(table) != wanted.get(table)
    ]


def ask_copy(place: Place) -> tuple[bool, list[dict[str, str]], float]:
    """`manage.py check_restored` with the copy as its database: (is well, findings, seconds)."""
    began = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL_FILE"} | {
        "DATABASE_URL": place.address,
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings"),
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "STATEMENT_TIMEOUT_MS": "0",
        **NOWHERE,
    }
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "check_restored", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    if done.returncode not in {0, 1} or not lines:
        raise BackupFailed(f"The copy could not be examined: {done.stderr.strip()[-500:]}")
    report = json.loads(lines[-1])
    return bool(report["is_well"]), list(report["findings"]), time.monotonic() - began


def newest_dump(folder: Path) -> Path | None:
    """The youngest whole dump of a folder; None where there is none."""
    found = [path for path in folder.glob(f"*{SUFFIX}") if path.is_file()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _one(link: psycopg.Connection[Any], statement: Any) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = link.execute(statement).fetchone()
    if row is None:
        raise BackupFailed("The database gave no answer.")
    return row


def _run(command: list[str], place: Place) -> None:
    done = subprocess.run(command, env=place.environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        name = Path(command[0]).name
        raise BackupFailed(f"{name} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
