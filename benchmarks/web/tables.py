"""Ratios inside the database: prepared statements, and a year's partition against one plain table."""

from __future__ import annotations

import re
import statistics
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection

from benchmarks.feed.world import READERS, student_id
from config.backups import Place
from config.local.binaries import find_client
from feed.candidates import STATEMENTS
from students import calls
from students.models import Session

PGBENCH_SECONDS, PGBENCH_ROUNDS = 3, 3
FIRST_YEAR, YEARS, BATCHES = 2026, 3, 20
LEARNERS_SHARE = 200  # answers of one learner over all years
ASKED, LEARNER_ROUNDS = 50, 7
PLAIN, PARTS = "bench_plain", "bench_parts"
LIKE = "LIKE quiz_responses INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING INDEXES"
INSERT = """
INSERT INTO {table} (id, student_id, video_id, question_index, user_answer, correct_answer, response_time_ms,
    created_at, received_at, mode)
SELECT ('e0000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    ('d0000000-0000-7000-8000-' || lpad(to_hex(n * 7919 % {learners}), 12, '0'))::uuid,
    'c0000000-0000-7000-8000-000000000001', n % 3, n % 4 > 0, n % 3 <> 1, 2000 + n % 4000,
    timestamptz '{first}-01-01 00:00:00+00' + ({years} * interval '365 days') * (n::float8 / {answers}),
    now(), 'watch'
FROM generate_series({low}, {high} - 1) n
"""
LIFETIME = "SELECT count(*), avg(is_correct::int) FROM {table} WHERE student_id = %s"
ONE_YEAR = LIFETIME + " AND created_at >= %s AND created_at < %s"


def measure(folder: Path, *, answers: int) -> dict[str, Any]:
    return measure_prepared(folder) | measure_partitions(answers)


# --------------------------------------------------------------------------- prepared statements


def measure_prepared(folder: Path) -> dict[str, float]:
    """Of the statement of every request, and of the feed's."""
    now = datetime.now(UTC).isoformat()
    session = Session.objects.filter(student=student_id(READERS)).latest("created_at")
    asks = calls.session_statement()
    for name in (":session", ":student", ":now"):
        asks = asks.replace("%s", name, 1)
    feeds = STATEMENTS["8-10"].replace("%(student)s", ":student").replace("%(soon)s", ":now")
    values = {"session": str(session.pk), "student": str(session.student_id), "now": now}
    return {
        "prepared_to_simple": prepared_ratio(folder / "session.sql", asks, values),
        "prepared_to_simple_feed": prepared_ratio(folder / "candidates.sql", feeds, values),
    }


def prepared_ratio(script: Path, statement: str, values: dict[str, str]) -> float:
    """Rate of a statement, prepared against simple, by pgbench with one connection."""
    script.write_text(f"{statement.strip()};\n")
    ratios = []
    for _ in range(PGBENCH_ROUNDS):
        quoted = {name: f"'{value}'" for name, value in values.items()}
        ratios.append(run_pgbench(script, "prepared", values) / run_pgbench(script, "simple", quoted))
    return round(statistics.median(ratios), 2)


def run_pgbench(script: Path, mode: str, values: dict[str, str]) -> float:
    """Transactions a second."""
    place = Place.ours()
    with place.connect() as link:
        major = link.info.server_version // 10_000
    command = [
        *(str(find_client("pgbench", major=major)), "--no-vacuum", "--client=1", f"--protocol={mode}"),
        *(f"--time={PGBENCH_SECONDS}", f"--file={script}"),
        *(f"--define={name}={value}" for name, value in values.items()),
    ]
    done = subprocess.run(command, env=place.environment, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if done.returncode != 0 or found is None:
        raise SystemExit(f"pgbench ended with {done.returncode}: {done.stderr[-500:]}")
    return float(found.group(1))


# --------------------------------------------------------------------------- partitions


def measure_partitions(answers: int) -> dict[str, Any]:
    """`answers` rows over three years in both, batch by batch in turn; then reads, and a year is let go."""
    with connection.cursor() as cursor:
        drop(cursor)
        try:
            make_tables(cursor)
            ratios = [fill(cursor, number, answers) for number in range(BATCHES)]
            cursor.execute(f"ANALYZE {PLAIN}, {PARTS}")
            learners = max(answers // LEARNERS_SHARE, ASKED)
            return {
                "answers": answers,
                "partition_insert_rate": round(statistics.median(ratios), 3),
                "partition_learner_time": learner_ratio(cursor, learners),
                "partitions_of_a_year": count_partitions(cursor, learners),
                "drop_year_seconds": drop_year(cursor),
            }
        finally:
            drop(cursor)


def drop(cursor: Any) -> None:
    for year in range(FIRST_YEAR, FIRST_YEAR + YEARS + 1):
        cursor.execute(f"DROP TABLE IF EXISTS {PARTS}_{year} CASCADE")
    cursor.execute(f"DROP TABLE IF EXISTS {PLAIN}, {PARTS} CASCADE")


def make_tables(cursor: Any) -> None:
    """As migration and `quizzes.partitions` make them."""
    cursor.execute(f"CREATE TABLE {PLAIN} ({LIKE})")
    cursor.execute(f"CREATE TABLE {PARTS} ({LIKE}) PARTITION BY RANGE (created_at)")
    for year in range(FIRST_YEAR, FIRST_YEAR + YEARS + 1):
        cursor.execute(f"CREATE TABLE {PARTS}_{year} ({LIKE})")
        cursor.execute(
            f"ALTER TABLE {PARTS} ATTACH PARTITION {PARTS}_{year}"
            f" FOR VALUES FROM ('{year}-01-01 00:00:00+00') TO ('{year + 1}-01-01 00:00:00+00')"
        )


def fill(cursor: Any, number: int, answers: int) -> float:
    """One batch into both tables, in alternating order; the partitioned one's rate / the plain one's."""
    low, high = number * answers // BATCHES, (number + 1) * answers // BATCHES
    values = {"low": low, "high": high, "answers": answers, "first": FIRST_YEAR, "years": YEARS}
    seconds = {}
    for table in (PLAIN, PARTS) if number % 2 else (PARTS, PLAIN):
        began = time.perf_counter()
        learners = max(answers // LEARNERS_SHARE, ASKED)
        cursor.execute(INSERT.format(table=table, learners=learners, **values))
        seconds[table] = time.perf_counter() - began
    return seconds[PLAIN] / seconds[PARTS]


def learner_ratio(cursor: Any, learners: int) -> float:
    """Time of one learner's aggregate over all years, partitioned / plain."""
    chance = Random(9)
    asked = [learner_id(chance.randrange(learners)) for _ in range(ASKED)]

    def read(table: str) -> float:
        began = time.perf_counter()
        for learner in asked:
            cursor.execute(LIFETIME.format(table=table), [learner])
            cursor.fetchone()
        return time.perf_counter() - began

    read(PLAIN), read(PARTS)
    return round(statistics.median(read(PARTS) / read(PLAIN) for _ in range(LEARNER_ROUNDS)), 3)


def count_partitions(cursor: Any, learners: int) -> int:
    """How many tables the plan of one learner's year reads."""
    year = datetime(FIRST_YEAR + 1, 1, 1, tzinfo=UTC)
    bounds = [learner_id(learners // 2), year, year.replace(year=year.year + 1) - timedelta(microseconds=1)]
    cursor.execute("EXPLAIN " + ONE_YEAR.format(table=PARTS), bounds)
    plan = "\n".join(line for (line,) in cursor.fetchall())
    return len(set(re.findall(rf"{PARTS}_\d{{4}}\b(?!_)", plan)))


def drop_year(cursor: Any) -> float:
    """A whole year leaves: seconds, with readers let by."""
    began = time.perf_counter()
    cursor.execute(f"ALTER TABLE {PARTS} DETACH PARTITION {PARTS}_{FIRST_YEAR} CONCURRENTLY")
    cursor.execute(f"DROP TABLE {PARTS}_{FIRST_YEAR}")
    return round(time.perf_counter() - began, 3)


def learner_id(number: int) -> UUID:
    return UUID(f"d0000000-0000-7000-8000-{number:012x}")
