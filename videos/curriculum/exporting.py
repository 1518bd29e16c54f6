"""The stored catalogue as a file that can be edited and imported again."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from videos.curriculum.reading import COLUMNS, RISKY
from videos.models import MADE_KEY, Topic


def export_catalogue() -> str:
    """CSV of every topic and concept but those that publications made; each topic before its concepts.

    Two statements. A value that a spreadsheet would take for a formula gets an apostrophe in front, which the
    import takes off again.
    """
    listed = Topic.objects.exclude(slug__regex=MADE_KEY).select_related("parent").prefetch_related("requires")
    rows = sorted(listed, key=_place)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_guard(value) for value in _cells(row)] for row in rows)
    return out.getvalue()


def _place(row: Topic) -> tuple[str, bool, str]:
    topic = row.parent or row
    return topic.slug, row.parent_id is not None, row.slug


def _cells(row: Topic) -> Sequence[str]:
    """The values in the order of COLUMNS."""
    if row.parent is None:
        return row.slug, "", row.name, "", "", "" if row.is_core else "no", "", row.objective
    return (
        row.slug,
        row.parent.slug,
        row.name,
        f"{min(row.age_groups)}-{max(row.age_groups)}" if row.age_groups else "",
        str(row.difficulty or ""),
        "yes" if row.is_core else "no",
        " ".join(sorted(required.slug for required in row.requires.all())),
        row.objective,
    )


def _guard(value: str) -> str:
    return f"'{value}" if value.startswith(RISKY) else value
