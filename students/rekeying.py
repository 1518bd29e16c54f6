"""Encrypted columns as a whole: plain text sealed by a migration, and old keys replaced (08, section 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from students.encryption import (
    FORMAT,
    EncryptedTextField,
    SealedJSONField,
    column_within,
    decrypt,
    encrypt,
)

BATCH = 500  # rows rewritten in one transaction
# An append-only table lets its sealed words, and nothing else, be sealed anew while this is on.
REKEYING = "SELECT set_config('app.rekeying', %s, true)"


@dataclass(frozen=True)
class Column:
    """An encrypted column, or an encrypted entry of a JSON column; `name` is what it is sealed with."""

    table: str
    key: str
    column: str
    name: str
    entry: str = ""


def find_columns() -> list[Column]:
    """Every encrypted column of the project, whichever app it is in."""
    return [
        column
        for model in apps.get_models()
        for field in model._meta.concrete_fields  # noqa: SLF001 - Django's documented way to a model's fields
        for column in _columns_of(model, field)
    ]


def _columns_of(model: type[models.Model], field: object) -> list[Column]:
    """The column of an encrypted field, one for each sealed entry of a JSON field, [] for any other."""
    meta = model._meta  # noqa: SLF001
    if isinstance(field, EncryptedTextField):
        return [Column(meta.db_table, str(meta.pk.column), str(field.column), field.column_name)]
    if not isinstance(field, SealedJSONField):
        return []
    return [
        Column(
            meta.db_table,
            str(meta.pk.column),
            str(field.column),
            column_within(field.column_name, entry),
            entry,
        )
        for entry in field.sealed
    ]


def reencrypt() -> Iterator[tuple[Column, int]]:
    """Rewrite what an old key has sealed with the present one; yields each batch's column and number.

    Every batch is a transaction of its own: whatever ends the command, calling it again goes on. A row that
    somebody saves meanwhile is left alone, since saving has sealed it anew. Raises Unreadable where a key
    is missing; then nothing of that batch was changed.
    """
    for column in find_columns():
        while done := _reencrypt_batch(column):
            yield column, done


def _reencrypt_batch(column: Column) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        rows = _select(cursor, column, "NOT (left({stored}, 3) = ANY(%s))", [prefixes(settings.FIELD_KEY_ID)])
        return _rewrite(
            cursor, column, rows, lambda stored: _seal(decrypt(stored, column=column.name), column)
        )


def count_old(column: Column) -> int:
    """Values that the present key has not sealed: an old key may go when there are none."""
    with connection.cursor() as cursor:
        statement = _compose(
            "SELECT count(*) FROM {table} WHERE {stored} <> '' AND NOT (left({stored}, 3) = ANY(%s))", column
        )
        cursor.execute(statement, [prefixes(settings.FIELD_KEY_ID)])
        (count,) = cursor.fetchone()
    return int(count)


def open_some(column: Column, most: int) -> int:
    """Open the newest values with the keys we have, so many at most; how many. Raises Unreadable."""
    with connection.cursor() as cursor:
        statement = "SELECT {stored} FROM {table} WHERE {stored} <> '' ORDER BY {key} DESC LIMIT %s"
        cursor.execute(_compose(statement, column), [most])
        found = [stored for (stored,) in cursor.fetchall()]
    for stored in found:
        decrypt(stored, column=column.name)
    return len(found)


def prefixes(key_id: int) -> list[str]:
    """How stored values of a key begin: three letters of Base64 hold format, key id, two bits of nonce."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    bits = FORMAT << 8 | key_id
    first, second, rest = bits >> 10, bits >> 4 & 63, (bits & 15) << 2
    return [letters[first] + letters[second] + letters[rest | nonce] for nonce in range(4)]


# --------------------------------------------------------------------------- migrations


def change_column(app: str, model: str, field: str, *, seal: bool) -> Callable[[Any, Any], None]:
    """For `RunPython`: seal the plain text of a column, or (`seal=False`) open it again, all at once.

    Of a JSON column: the entries that its field seals, whatever they hold.
    """

    def change(registry: Any, schema_editor: Any) -> None:
        found = registry.get_model(app, model)
        for column in _columns_of(found, found._meta.get_field(field)):  # noqa: SLF001
            change_one = partial(_seal if seal else _open, column=column)
            with schema_editor.connection.cursor() as cursor:
                rows = _select(cursor, column, "true", [], limit=None, plain=seal)
                _rewrite(cursor, column, rows, change_one, was_plain=seal, becomes_plain=not seal)

    return change


def _seal(text: str, column: Column) -> str:
    return encrypt(text, column=column.name)


def _open(stored: str, column: Column) -> str:
    return decrypt(stored, column=column.name)


def _select(
    cursor: CursorWrapper,
    column: Column,
    condition: str,
    values: list[Any],
    *,
    limit: int | None = BATCH,
    plain: bool = False,
) -> list[tuple[Any, str]]:
    """(key, value) of the rows with one: as it is stored, or with `plain` as it is before it is sealed."""
    value = "{plain}" if plain else "{stored}"
    statement = (
        f"SELECT {{key}}, {value} FROM {{table}} WHERE {{stored}} <> '' AND {condition} ORDER BY {{key}}"  # noqa: S608 - our own texts
    )
    statement += " LIMIT %s FOR UPDATE SKIP LOCKED" if limit is not None else ""
    cursor.execute(_compose(statement, column), values + ([limit] if limit is not None else []))
    return list(cursor.fetchall())


def _rewrite(
    cursor: CursorWrapper,
    column: Column,
    rows: list[tuple[Any, str]],
    change: Callable[[str], str],
    *,
    was_plain: bool = False,
    becomes_plain: bool = False,
) -> int:
    """Change each row that still has the value it was read with; returns how many."""
    value = "{made_plain}" if becomes_plain else "{made}"
    condition = "{plain}" if was_plain else "{stored}"
    statement = _compose(
        f"UPDATE {{table}} SET {{column}} = {value} WHERE {{key}} = %s AND {condition} = %s",  # noqa: S608 - our own texts
        column,
    )
    done = 0
    cursor.execute(REKEYING, ["on"])
    for key, stored in rows:
        cursor.execute(statement, [change(stored), key, stored])
        done += cursor.rowcount
    cursor.execute(REKEYING, ["off"])
    return done


def _compose(statement: str, column: Column) -> Any:
    """The statement with the names of a column. `stored` and `made` read and write a sealed value, `plain`
    and `made_plain` one that is not sealed: of a JSON column, the JSON of its entry.
    """
    names = {"table": column.table, "key": column.key, "column": column.column}
    parts: dict[str, Any] = {name: sql.Identifier(value) for name, value in names.items()}
    if column.entry:
        entry = {"column": parts["column"], "entry": sql.Literal(column.entry)}
        forms = {
            "stored": "({column} ->> {entry})",
            "plain": "({column} -> {entry})::text",
            "made": "jsonb_set({column}, ARRAY[{entry}], to_jsonb(%s::text))",
            "made_plain": "jsonb_set({column}, ARRAY[{entry}], %s::jsonb)",
        }
        parts |= {name: sql.SQL(form).format(**entry) for name, form in forms.items()}
    else:
        parts |= dict.fromkeys(("stored", "plain"), parts["column"])
        parts |= {name: sql.SQL("%s") for name in ("made", "made_plain")}
    return sql.SQL(statement).format(**parts)
