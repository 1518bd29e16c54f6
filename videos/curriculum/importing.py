"""A catalogue file into the database: all of it or nothing, and a repeat changes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from videos.catalogue import bump_catalogue
from videos.curriculum.checking import MADE, Known, check_catalogue
from videos.curriculum.reading import CatalogueRefused, Entry, read_catalogue
from videos.models import Topic

# Films carry their topic's key and name, which a child sees; what a film says does not change.
FOLLOW = """
UPDATE learning_videos v SET topic_id = p.id, topic = p.name
FROM topics c JOIN topics p ON p.id = c.parent_id
WHERE c.id = v.concept_id AND (c.id = ANY(%s::uuid[]) OR p.id = ANY(%s::uuid[]))
  AND (v.topic_id IS DISTINCT FROM p.id OR v.topic <> p.name)
"""


@dataclass(frozen=True)
class Imported:
    """Keys by what became of them; `renamed` are among `changed`."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    renamed: tuple[str, ...]
    unchanged: int
    is_dry: bool

    def to_json(self) -> str:
        return json.dumps(
            {
                "created": list(self.created),
                "changed": list(self.changed),
                "renamed": list(self.renamed),
                "unchanged": self.unchanged,
                "dry_run": self.is_dry,
            }
        )


def describe(imported: Imported) -> str:
    """`131 created, 2 changed (1 renamed), 4 as they were`."""
    renamed = f" ({len(imported.renamed)} renamed)" if imported.renamed else ""
    counts = f"{len(imported.created)} created, {len(imported.changed)} changed{renamed}"
    would = "would be: " if imported.is_dry else ""
    return f"{would}{counts}, {imported.unchanged} as they were"


def import_catalogue(content: bytes, *, is_dry: bool = False) -> Imported:
    """Store a catalogue file (docs/catalogue.md). What the file does not name stays as it is.

    Raises CatalogueRefused with every mistake; then nothing was written. `is_dry` only says what would
    happen.
    """
    read = read_catalogue(content)
    with transaction.atomic():
        with connection.cursor() as cursor:  # imports and publications one after the other
            cursor.execute("LOCK TABLE topics, topics_requires IN SHARE ROW EXCLUSIVE MODE")
        rows = {row.slug: row for row in Topic.objects.select_related("parent").prefetch_related("requires")}
        _adopt(read.entries, rows)
        known = {key: _known(key, row) for key, row in rows.items()}
        mistakes = [*read.mistakes, *check_catalogue(read.entries, known=known, broken=read.broken)]
        if mistakes:
            raise CatalogueRefused(mistakes)
        ages = _find_ages(read.entries, known)
        imported = _compare(read.entries, rows, ages, is_dry=is_dry)
        if not is_dry and (imported.created or imported.changed):
            _store(read.entries, rows, ages)
            bump_catalogue()
    return imported


def _adopt(entries: Sequence[Entry], rows: dict[str, Topic]) -> None:
    """A concept that a publication made takes the key of the line that has its topic and its name, so that
    what children remember of it is kept."""
    made: dict[tuple[str, str], str] = {}
    for key, row in sorted(rows.items()):
        if row.parent is not None and MADE.search(key):
            made.setdefault((row.parent.slug, row.name.casefold()), key)
    for entry in entries:
        place = (entry.parent, entry.name.casefold())
        if place in made and entry.key not in rows:
            rows[entry.key] = rows.pop(made.pop(place))


def _known(key: str, row: Topic) -> Known:
    return Known(
        key=key,
        parent=row.parent.slug if row.parent else "",
        name=row.name,
        ages=tuple(sorted(row.age_groups)),
        requires=tuple(sorted(required.slug for required in row.requires.all())),
    )


def _find_ages(entries: Sequence[Entry], known: Mapping[str, Known]) -> dict[str, list[int]]:
    """The ages of every row after the import: a topic's are those of its concepts, stored ones included."""
    named = {entry.key for entry in entries}
    ages = {key: set(row.ages) for key, row in known.items()} | {one.key: set(one.ages) for one in entries}
    parents = {key: row.parent for key, row in known.items() if key not in named}
    parents |= {entry.key: entry.parent for entry in entries}
    concepts: dict[str, set[int]] = {}
    for key, parent in parents.items():
        if parent:
            concepts.setdefault(parent, set()).update(ages[key])
    return {key: sorted(found) for key, found in (ages | concepts).items()}


def _compare(
    entries: Sequence[Entry], rows: Mapping[str, Topic], ages: Mapping[str, list[int]], *, is_dry: bool
) -> Imported:
    kept = [entry for entry in entries if entry.key in rows]
    return Imported(
        created=tuple(entry.key for entry in entries if entry.key not in rows),
        changed=(
            changed := tuple(
                entry.key for entry in kept if _state(rows[entry.key]) != _wanted(entry, ages[entry.key])
            )
        ),
        renamed=tuple(entry.key for entry in kept if rows[entry.key].name != entry.name),
        unchanged=len(kept) - len(changed),
        is_dry=is_dry,
    )


def _state(row: Topic) -> tuple[object, ...]:
    requires = sorted(required.slug for required in row.requires.all())
    parent = row.parent.slug if row.parent else ""
    return row.slug, row.name, parent, row.age_groups, row.difficulty, row.is_core, row.objective, requires


def _wanted(entry: Entry, ages: list[int]) -> tuple[object, ...]:
    requires = sorted(entry.requires)
    return (
        *(entry.key, entry.name, entry.parent, ages),
        *(entry.difficulty, entry.is_core, entry.objective, requires),
    )


def _store(entries: Sequence[Entry], rows: dict[str, Topic], ages: Mapping[str, list[int]]) -> None:
    new = [Topic(slug=entry.key) for entry in entries if entry.key not in rows]
    rows |= {row.slug: row for row in new}
    old = {key: row for key, row in rows.items() if row not in new}
    for entry in entries:
        row = rows[entry.key]
        row.slug, row.name, row.difficulty = entry.key, entry.name, entry.difficulty
        row.is_core, row.objective = entry.is_core, entry.objective
        row.parent = rows[entry.parent] if entry.is_concept else None
    for key, row in rows.items():
        row.age_groups = ages[key]
    new.sort(key=lambda row: row.parent_id is not None)  # topics first: they are parents
    Topic.objects.bulk_create(new)
    columns = ("slug", "name", "parent", "age_groups", "difficulty", "is_core", "objective")
    Topic.objects.bulk_update(list(old.values()), columns, batch_size=500)
    _store_requirements(entries, rows)
    with connection.cursor() as cursor:
        ids = [rows[entry.key].pk for entry in entries]
        cursor.execute(FOLLOW, [ids, ids])


def _store_requirements(entries: Sequence[Entry], rows: Mapping[str, Topic]) -> None:
    edges = Topic.requires.through.objects
    wanted = {(rows[entry.key].pk, rows[key].pk) for entry in entries for key in entry.requires}
    ids = [rows[entry.key].pk for entry in entries]
    stored = {
        (from_id, to_id): pk
        for pk, from_id, to_id in edges.filter(from_topic_id__in=ids).values_list(
            "pk", "from_topic_id", "to_topic_id"
        )
    }
    edges.filter(pk__in=[pk for edge, pk in stored.items() if edge not in wanted]).delete()
    edges.bulk_create(
        Topic.requires.through(from_topic_id=from_id, to_topic_id=to_id)
        for from_id, to_id in sorted(wanted - set(stored))
    )
