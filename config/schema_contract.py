"""Compares the migrated database with the schema that the specification writes (docs/decisions/0002).

The contract is made for real in a scratch schema, inside a transaction that is rolled back, so that
PostgreSQL itself says what its words mean; then both sides are read from the same catalogues. More
columns, checks, indexes and tables are welcome; fewer are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

CONTRACT = Path(__file__).with_name("contract.sql")
SCRATCH = "schema_contract"
# The listed equivalence of types. The other one, the composite key, stands in contract.sql.
EQUIVALENT_TYPES: Mapping[str, str] = {"timestamp without time zone": "timestamp with time zone"}
OURS = "creators"  # in the contract only to be referred to

TABLES = """
SELECT c.relname, CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) ELSE '' END
FROM pg_class c WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated <> '',
       COALESCE(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum
"""
CONSTRAINTS = """
SELECT c.relname, o.contype::text,
       COALESCE((SELECT array_agg(a.attname::text ORDER BY k.place)
                 FROM unnest(o.conkey) WITH ORDINALITY k(number, place)
                 JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.number), '{}'),
       CASE WHEN o.contype = 'c' THEN pg_get_expr(o.conbin, o.conrelid)
            WHEN o.contype = 'f' THEN (SELECT r.relname FROM pg_class r WHERE r.oid = o.confrelid)
                || '(' || (SELECT string_agg(a.attname, ', ' ORDER BY k.place)
                 FROM unnest(o.confkey) WITH ORDINALITY k(number, place)
                 JOIN pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.number) || ')'
            ELSE '' END
FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
WHERE c.relnamespace = %s::regnamespace AND NOT c.relispartition AND o.contype IN ('p', 'u', 'c', 'f')
  AND o.convalidated
"""
INDEXES = """
SELECT c.relname, i.relname, pg_get_indexdef(x.indexrelid), x.indisvalid
FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
WHERE c.relnamespace = %s::regnamespace AND NOT c.relispartition
"""
PARTITIONS = """
SELECT p.relname, c.relname, pg_get_expr(c.relpartbound, c.oid)
FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent JOIN pg_class c ON c.oid = h.inhrelid
WHERE p.relnamespace = %s::regnamespace AND p.relkind = 'p' AND NOT h.inhdetachpending
"""


@dataclass(frozen=True)
class Column:
    type: str
    is_required: bool
    is_generated: bool
    default: str  # of a generated column its expression


@dataclass(frozen=True)
class Constraint:
    """`kind` is p, u, c or f; `text` is a check's expression or a foreign key's target."""

    table: str
    kind: str
    columns: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Schema:
    """What the catalogues say of one schema; indexes and partitions are (table, name) → definition."""

    tables: Mapping[str, str]  # table → partition key, "" for an ordinary table
    columns: Mapping[tuple[str, str], Column]
    constraints: frozenset[Constraint]
    indexes: Mapping[tuple[str, str], str]
    partitions: Mapping[tuple[str, str], str]


def find_differences() -> list[str]:
    """One sentence for each way in which the migrated tables are less than the contract; [] is well."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        (migrated,) = cursor.fetchone() or ("public",)
        cursor.execute(f"CREATE SCHEMA {SCRATCH}")
        cursor.execute(f"SET LOCAL search_path TO {SCRATCH}")
        for statement in read_statements(CONTRACT.read_text()):
            cursor.execute(statement)
        wanted = _read_schema(cursor, SCRATCH)
        cursor.execute("SELECT set_config('search_path', %s, true)", [migrated])
        found = _read_schema(cursor, migrated)
        transaction.set_rollback(True)
    return [*_compare_tables(wanted, found), *_compare_rest(wanted, found)]


def read_statements(text: str) -> list[str]:
    """The statements of a contract: no semicolon or dash pair stands inside its strings."""
    bare = re.sub(r"--.*", "", text)
    return [statement.strip() for statement in bare.split(";") if statement.strip()]


def _read_schema(cursor: Any, schema: str) -> Schema:
    def rows(sql: str) -> list[Any]:
        cursor.execute(sql, [schema])
        found: list[Any] = cursor.fetchall()
        return found

    return Schema(
        tables=dict(rows(TABLES)),
        columns={
            (table, name): Column(
                EQUIVALENT_TYPES.get(type_, type_), required, generated, _plain_default(default)
            )
            for table, name, type_, required, generated, default in rows(COLUMNS)
        },
        constraints=frozenset(
            Constraint(table, kind, tuple(columns), text) for table, kind, columns, text in rows(CONSTRAINTS)
        ),
        indexes={
            (table, name): _plain_index(definition)
            for table, name, definition, is_valid in rows(INDEXES)
            if is_valid
        },
        partitions={(table, name): _plain_bound(bound) for table, name, bound in rows(PARTITIONS)},
    )


def _plain_default(expression: str) -> str:
    """A constant without its cast, a number without its noughts: `'draft'::character varying`, `0.0`."""
    constant = re.fullmatch(r"\(?(?P<value>'(?:[^']|'')*'|-?[\d.]+)\)?(?:::[\w\s()\[\]]+)?", expression)
    if constant is None:
        return expression
    value = constant["value"]
    number = re.fullmatch(r"'?(-?\d+(?:\.\d+)?)'?", value)
    return f"{float(number[1]):g}" if number else value


def _plain_index(definition: str) -> str:
    """`btree (popularity_score DESC)`, with `unique` in front where it is; the rest is names."""
    unique = "unique " if definition.startswith("CREATE UNIQUE") else ""
    return unique + definition.partition(" USING ")[2]


def _plain_bound(bound: str) -> str:
    """Midnight UTC, written with its zone or without."""
    return bound.replace("+00'", "'").replace(" 00:00:00'", "'")


def _compare_tables(wanted: Schema, found: Schema) -> Iterator[str]:
    for table, key in wanted.tables.items():
        if table not in found.tables:
            yield f"{table}: the table is missing."
        elif key != found.tables[table]:
            yield f"{table}: partitioned by {found.tables[table] or 'nothing'}, not by {key or 'nothing'}."
    for (table, name), column in wanted.columns.items():
        if table in found.tables:
            yield from _compare_column(f"{table}.{name}", column, found.columns.get((table, name)))
    for (table, name), column in found.columns.items():
        is_ours = table in wanted.tables and table != OURS and (table, name) not in wanted.columns
        if is_ours and column.is_required and not column.default:
            yield f"{table}.{name}: not in the contract and required, so it must have a default."


def _compare_column(name: str, wanted: Column, found: Column | None) -> Iterator[str]:
    if found is None:
        yield f"{name}: the column is missing."
        return
    if found.type != wanted.type:
        yield f"{name}: the type is {found.type}, not {wanted.type}."
    if wanted.is_required and not found.is_required:
        yield f"{name}: NOT NULL is missing."
    if found.is_generated != wanted.is_generated:
        yield f"{name}: {'is' if found.is_generated else 'is not'} generated."
    elif found.default != wanted.default:
        what = "expression" if wanted.is_generated else "default"
        yield f"{name}: the {what} is {found.default or 'missing'}, not {wanted.default or 'none'}."


def _compare_rest(wanted: Schema, found: Schema) -> Iterator[str]:
    words = {"p": "primary key", "u": "unique constraint", "c": "check", "f": "foreign key"}
    for constraint in sorted(wanted.constraints, key=repr):
        if constraint.table in found.tables and constraint not in found.constraints:
            columns = ", ".join(constraint.columns)
            detail = constraint.text or columns
            if constraint.kind == "f":
                detail = f"{columns} → {constraint.text}"
            yield f"{constraint.table}: the {words[constraint.kind]} ({detail}) is missing."
    behind = {name for (_, name) in wanted.indexes if not name.startswith("idx_")}
    for (table, name), definition in wanted.indexes.items():
        if name in behind or table not in found.tables:
            continue
        present = found.indexes.get((table, name))
        if present is None:
            yield f"{table}: the index {name} on {definition} is missing."
        elif present != definition:
            yield f"{table}: the index {name} is on {present}, not on {definition}."
    for (table, name), bound in wanted.partitions.items():
        present = found.partitions.get((table, name))
        if table in found.tables and present is None:
            yield f"{table}: the partition {name} is missing."
        elif present is not None and present != bound:
            yield f"{table}: the partition {name} holds {present}, not {bound}."
