"""Who keeps what about a child: every app registers its part of export, erasure, retention (08, section 5).

Apps above `students` cannot be imported by it, so each that keeps rows about a student registers a section
in `AppConfig.ready`. A test walks all models: a foreign key to `Student` without a section fails it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from students.models import Student

type Rows = list[dict[str, Any]]


def keep_everything(now: datetime) -> Mapping[str, int]:
    """For a section whose rows end with their student only."""
    return {}


@dataclass(frozen=True)
class Section:
    """What an app keeps about students.

    `models`: those with rows about one. `export`: table → rows. `erase`: table → rows removed; it runs in
    a transaction and may run again. `expire`: what has had its time, table → rows removed.
    """

    name: str
    models: tuple[type[models.Model], ...]
    export: Callable[[Student], Mapping[str, Rows]]
    erase: Callable[[Student], Mapping[str, int]]
    expire: Callable[[datetime], Mapping[str, int]] = keep_everything


_sections: dict[str, Section] = {}


def register_section(section: Section) -> None:
    _sections[section.name] = section


def all_sections() -> list[Section]:
    """Those of the highest apps first: they point down at what the later ones remove."""
    return list(reversed(_sections.values()))


def rows_of(queryset: models.QuerySet[Any], *, omit: Collection[str] = ()) -> Rows:
    """Every column but those that are omitted, by name, in the order of the primary key."""
    fields = [
        field.attname
        for field in queryset.model._meta.concrete_fields  # noqa: SLF001 - Django's documented way
        if field.name not in omit
    ]
    key = [field.attname for field in queryset.model._meta.pk_fields]  # noqa: SLF001
    return list(queryset.order_by(*key).values(*fields))


def delete_rows(*querysets: models.QuerySet[Any]) -> dict[str, int]:
    """Table → rows removed, in this order."""
    removed: dict[str, int] = {}
    for queryset in querysets:
        _, by_model = queryset.delete()
        table = queryset.model._meta.db_table  # noqa: SLF001
        removed[table] = removed.get(table, 0)
        for label, count in by_model.items():
            model = queryset.model._meta.apps.get_model(label)  # noqa: SLF001
            name = model._meta.db_table  # noqa: SLF001
            removed[name] = removed.get(name, 0) + count
    return removed
