"""The yearly partitions of `quiz_responses`: made before they are needed (09, section 2).

There is no default partition: a row for a missing year is an error, never a silent stray.
Bounds carry their zone, so no session setting can shift them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import connection, migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "quiz_responses"
FIRST_YEAR = 2025  # the specification names it
YEARS_AHEAD = 3
LOCK_KEY = 7_203_001  # pg_advisory_xact_lock: one maker at a time


class CreatePartitionedModel(migrations.CreateModel):
    """`CreateModel` whose table is partitioned by range; the state stays an ordinary model."""

    def __init__(self, *args: Any, partition_by: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.partition_by = partition_by

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        name, args, kwargs = super().deconstruct()
        return name, list(args), {**kwargs, "partition_by": self.partition_by}

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        plain = schema_editor.sql_create_table
        column = schema_editor.quote_name(self.partition_by)
        schema_editor.sql_create_table = f"{plain} PARTITION BY RANGE ({column})"
        try:
            super().database_forwards(app_label, schema_editor, from_state, to_state)
        finally:
            schema_editor.sql_create_table = plain


def wanted_years(now: datetime) -> list[int]:
    """From the year the specification names to three years ahead of `now` (UTC)."""
    return list(range(FIRST_YEAR, now.astimezone(UTC).year + YEARS_AHEAD + 1))


def existing_years() -> list[int]:
    """The years whose partitions are attached, ascending."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT child.relname FROM pg_inherits"
            " JOIN pg_class parent ON parent.oid = inhparent"
            " JOIN pg_class child ON child.oid = inhrelid"
            " WHERE parent.relname = %s AND pg_table_is_visible(parent.oid)",
            [TABLE],
        )
        suffixes = [str(name).rpartition("_")[2] for (name,) in cursor.fetchall()]
    return sorted(int(suffix) for suffix in suffixes if suffix.isdigit())


def years_ahead(now: datetime) -> int:
    """How many years after the present one have a partition; below 1 is an alarm."""
    years = existing_years()
    return max(years) - now.astimezone(UTC).year if years else -1


def ensure_partitions(now: datetime) -> list[int]:
    """Make the partitions that are missing; returns their years. Safe to call at any time.

    A new table is made beside the parent and then attached, so that readers are not held up.
    """
    made = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        for year in sorted(set(wanted_years(now)) - set(existing_years())):
            name = f"{TABLE}_{year:d}"
            cursor.execute(
                f"CREATE TABLE {name} (LIKE {TABLE}"
                " INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING GENERATED)"
            )
            cursor.execute(
                f"ALTER TABLE {TABLE} ATTACH PARTITION {name}"
                f" FOR VALUES FROM ('{year:d}-01-01 00:00:00+00') TO ('{year + 1:d}-01-01 00:00:00+00')"
            )
            made.append(year)
    return made
