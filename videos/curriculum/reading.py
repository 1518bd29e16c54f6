"""A catalogue file as rows, with every mistake that one line can have. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from students.models import AGE_GROUPS, ages_of

COLUMNS = ("key", "parent", "name", "ages", "difficulty", "core", "requires", "objective")
YOUNGEST, OLDEST = 5, 17
LONGEST_KEY, LONGEST_NAME, LONGEST_OBJECTIVE = 100, 200, 300
MOST_ROWS = 20_000
KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
AGES = re.compile(r"([0-9]{1,2})-([0-9]{1,2})")
RISKY = ("=", "+", "-", "@", "'=", "'+", "'-", "'@")  # an export guards these from spreadsheets
CORE = {"": True, "yes": True, "no": False}


@dataclass(frozen=True, order=True)
class Mistake:
    """What is wrong where. `line` counts from 1, the heading being line 1; `code` is stable."""

    line: int
    code: str
    message: str


class CatalogueRefused(Exception):
    """Nothing was written; `mistakes` are all that were found, by line."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(f"{len(mistakes)} mistakes")
        self.mistakes = sorted(mistakes)


@dataclass(frozen=True)
class Entry:
    """One line. A topic has no parent, difficulty or requirements; its ages follow from its concepts."""

    line: int
    key: str
    parent: str
    name: str
    ages: tuple[int, ...]
    difficulty: int | None
    is_core: bool
    requires: tuple[str, ...]
    objective: str

    @property
    def is_concept(self) -> bool:
        return bool(self.parent)


@dataclass(frozen=True)
class Read:
    """The lines that are right by themselves; of the others the mistakes, and the keys as written."""

    entries: tuple[Entry, ...]
    mistakes: tuple[Mistake, ...]
    broken: frozenset[str]


def read_catalogue(content: bytes) -> Read:
    """A file as lines. Raises CatalogueRefused for one that is no catalogue at all: not UTF-8, not CSV, other
    columns, nothing in it, too much."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refuse(1, "not-utf8", "Save the file as UTF-8.") from error
    if "\0" in text:
        raise _refuse(1, "not-text", "The file holds null characters: it is not a text file.")
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    entries: list[Entry] = []
    mistakes: list[Mistake] = []
    broken: set[str] = set()
    line = 1
    try:
        if sorted(rows.fieldnames or []) != sorted(COLUMNS):
            raise _refuse(1, "columns", f"The first line must name these columns: {', '.join(COLUMNS)}.")
        line = rows.line_num + 1
        for row in rows:
            if len(entries) + len(mistakes) >= MOST_ROWS:
                raise _refuse(line, "too-long", f"A catalogue has at most {MOST_ROWS:,} lines.")
            entry, wrong = _read_row(row, line)
            mistakes += [Mistake(line, code, message) for code, message in wrong]
            if entry is not None:
                entries.append(entry)
            else:
                broken.add((row["key"] or "").strip())
            line = rows.line_num + 1
    except csv.Error as error:
        raise _refuse(rows.line_num, "not-csv", f"This is no CSV: {error}.") from error
    if not entries and not mistakes:
        raise _refuse(1, "empty", "The file has a heading and nothing below it.")
    return Read(tuple(entries), tuple(mistakes), frozenset(broken))


def _refuse(line: int, code: str, message: str) -> CatalogueRefused:
    return CatalogueRefused([Mistake(line, code, message)])


def _read_row(cells: Mapping[str | Any, Any], line: int) -> tuple[Entry | None, list[tuple[str, str]]]:
    """The entry, or what is wrong with the line as (code, message)."""
    if None in cells or None in cells.values():
        return None, [("columns", f"Give {len(COLUMNS)} values, quoted where they hold a comma.")]
    row = {name: _unguard(" ".join(str(value).split())) for name, value in cells.items()}
    ages = _read_ages(row["ages"]) if row["parent"] else ()
    difficulty = int(row["difficulty"]) if re.fullmatch(r"[0-9]{1,2}", row["difficulty"]) else None
    requires = tuple(dict.fromkeys(row["requires"].replace(";", " ").split()))
    wrong = list(_find_wrong(row))
    if wrong:
        return None, wrong
    return (
        Entry(
            line=line,
            key=row["key"],
            parent=row["parent"],
            name=row["name"],
            ages=ages or (),
            difficulty=difficulty,
            is_core=CORE[row["core"].lower()],
            requires=requires,
            objective=row["objective"],
        ),
        [],
    )


def _unguard(value: str) -> str:
    """Without the apostrophe by which an export keeps a spreadsheet from reading a formula."""
    return value[1:] if value.startswith("'") and value[1:].startswith(RISKY) else value


def _find_wrong(row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if not KEY.fullmatch(row["key"]) or len(row["key"]) > LONGEST_KEY:
        yield "key", f"A key is of a-z, 0-9 and single hyphens, at most {LONGEST_KEY}: {row['key'][:40]!r}."
    if not row["name"] or len(row["name"]) > LONGEST_NAME:
        yield "name", f"A name has 1 to {LONGEST_NAME} characters."
    if row["core"].lower() not in CORE:
        yield "core", f"core is yes or no, not {row['core'][:20]!r}."
    if len(row["objective"]) > LONGEST_OBJECTIVE:
        yield "objective", f"An objective has at most {LONGEST_OBJECTIVE} characters."
    if not row["parent"]:
        if row["ages"] or row["difficulty"] or row["requires"]:
            yield "topic", "A topic (no parent) has no ages, difficulty or requirements: its concepts do."
        return
    if not row["objective"]:
        yield "objective", "A concept has an objective: one sentence that says what is understood afterwards."
    if _read_ages(row["ages"]) is None:
        groups = ", ".join(AGE_GROUPS)
        yield "ages", f"Ages are written 8-13 and hold one of {groups} whole: {row['ages'][:20]!r}."
    if re.fullmatch(r"[1-9]|10", row["difficulty"]) is None:
        yield "difficulty", f"Difficulty is a whole number from 1 to 10, not {row['difficulty'][:20]!r}."


def _read_ages(written: str) -> tuple[int, ...] | None:
    """`8-13` → 8 to 13; None for what is no range, out of bounds, or too narrow for any age group."""
    found = AGES.fullmatch(written)
    if found is None:
        return None
    low, high = int(found[1]), int(found[2])
    if not YOUNGEST <= low <= high <= OLDEST:
        return None
    ages = tuple(range(low, high + 1))
    return ages if any(set(ages_of(group)) <= set(ages) for group in AGE_GROUPS) else None
