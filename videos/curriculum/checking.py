"""What a catalogue must be as a whole: one key a row, parents and requirements that exist, no circle.

Pure: the stored rows come in as `Known`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from videos.curriculum.reading import Entry, Mistake
from videos.models import MADE_KEY

MADE = re.compile(MADE_KEY)


@dataclass(frozen=True)
class Known:
    """A row that the database has already; `parent` is a key, "" for a topic."""

    key: str
    parent: str
    name: str
    ages: tuple[int, ...]
    requires: tuple[str, ...]


def check_catalogue(
    entries: Sequence[Entry], *, known: Mapping[str, Known], broken: Collection[str] = ()
) -> list[Mistake]:
    """Every mistake between the lines, and between them and what is stored.

    `broken` are keys of lines that are wrong by themselves: nothing more is said about those who name them.
    """
    after = {key: _as_entry(row) for key, row in known.items()}
    mistakes = []
    for entry in entries:
        former = after.get(entry.key)
        if former is not None and former.line:
            text = f"{entry.key!r} stands on line {former.line} too."
            mistakes.append(Mistake(entry.line, "duplicate-key", text))
            continue
        if former is not None and former.is_concept != entry.is_concept:
            kind = "concept" if former.is_concept else "topic"
            text = f"{entry.key!r} is stored as a {kind}; choose another key."
            mistakes.append(Mistake(entry.line, "kind-changed", text))
        after[entry.key] = entry
    mistakes += _check_names(after)
    for entry in entries:
        found = [*_check_parent(entry, after, broken), *_check_requires(entry, after, broken)]
        mistakes += [Mistake(entry.line, code, text) for code, text in found]
    return mistakes or list(_find_circles(after))


def _as_entry(row: Known) -> Entry:
    return Entry(0, row.key, row.parent, row.name, row.ages, None, True, row.requires, "")


def _check_names(after: Mapping[str, Entry]) -> list[Mistake]:
    """Within a topic, and among topics, a name stands once: films find their concept by it."""
    first: dict[tuple[str, str], Entry] = {}
    mistakes = []
    for entry in after.values():
        if MADE.search(entry.key) and not entry.line:
            continue  # two films may have been published under one name
        other = first.setdefault((entry.parent, entry.name.casefold()), entry)
        if other is not entry and (entry.line or other.line):
            later, earlier = (entry, other) if entry.line else (other, entry)
            text = f"{later.name!r} is the name of {earlier.key!r} too."
            mistakes.append(Mistake(later.line, "duplicate-name", text))
    return mistakes


def _check_parent(
    entry: Entry, after: Mapping[str, Entry], broken: Collection[str]
) -> Iterator[tuple[str, str]]:
    if not entry.is_concept or entry.parent in broken:
        return
    parent = after.get(entry.parent)
    if parent is None:
        yield "parent-unknown", f"There is no topic {entry.parent!r}."
    elif parent.is_concept:
        yield "parent-is-concept", f"{entry.parent!r} is a concept; concepts stand below topics."


def _check_requires(
    entry: Entry, after: Mapping[str, Entry], broken: Collection[str]
) -> Iterator[tuple[str, str]]:
    for key in entry.requires:
        required = after.get(key)
        if required is None:
            if key not in broken:
                yield "requires-unknown", f"There is no concept {key!r} to require."
        elif key == entry.key:
            yield "requires-itself", f"{key!r} requires itself."
        elif not required.is_concept:
            yield "requires-topic", f"{key!r} is a topic; only concepts are required."
        elif required.ages and min(required.ages) > min(entry.ages):
            ages = f"{key!r} begins at {min(required.ages)}, this one at {min(entry.ages)}"
            yield "requires-older", f"{ages}: the youngest could never be ready."


def _find_circles(after: Mapping[str, Entry]) -> Iterator[Mistake]:
    """Every circle that a walk along the requirements meets, on its first line in the file."""
    done: set[str] = set()
    for start in after:
        path: dict[str, None] = {}  # ordered: the way from `start` to here
        stack = [(start, False)]
        while stack:
            key, is_left = stack.pop()
            if is_left:
                del path[key]
                done.add(key)
            elif key in path:
                way = list(path)
                circle = way[way.index(key) :]
                line = min((after[one].line for one in circle if after[one].line), default=0)
                yield Mistake(line, "circle", f"These require each other: {' → '.join([*circle, key])}.")
            elif key not in done and key in after:
                path[key] = None
                stack.append((key, True))
                stack += [(required, False) for required in reversed(after[key].requires)]
