"""The shelf: checked notes that come with the project, for a concept that arrives without notes of its
own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.quality.words import content_stems

SHELF = Path(__file__).parent / "shelf"


@dataclass(frozen=True)
class ShelfNote:
    """One text of the shelf. `demo` is "" for checked notes.

    "blocked" marks a text far too hard for its age group, whose film the age filter stops; "refused" one with
    personal data (of made-up people), whose brief is refused. Both show what the filters do; `find`
    passes them over.
    """

    name: str
    concept: str
    topic: str
    age_group: str
    attribution: str
    notes: str
    demo: str = ""


@cache
def all_notes() -> tuple[ShelfNote, ...]:
    """Every text of the shelf by file name, those for the demonstration included."""
    return tuple(_read(path) for path in sorted(SHELF.glob("*.md")))


def find(concept: str) -> ShelfNote | None:
    """The checked notes on a concept: those that share all its telling words, or most of them; else None."""
    wanted = set(content_stems(concept)) - set(
        content_stems("explain video film lesson about kids children work works")
    )
    best: ShelfNote | None = None
    best_score = 0.0
    for note in all_notes():
        if note.demo or not wanted:
            continue
        own = set(content_stems(note.concept))
        shared = len(wanted & own)
        score = shared / len(wanted) + 0.1 * shared / max(1, len(own))
        if shared and 2 * shared > len(wanted) and score > best_score:
            best, best_score = note, score
    return best


def find_material(concept: str, notes: str) -> tuple[str, str]:
    """The notes to work from and their origin: the creator's own ("creator"), else the shelf's ("shelf"),
    else none.
    """
    if notes.strip():
        return notes, "creator"
    shelved = find(concept)
    return (shelved.notes, "shelf") if shelved else ("", "none")


def _read(path: Path) -> ShelfNote:
    """A Markdown file with front matter: lines "key: value" between two lines "---"."""
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    values = dict(line.split(": ", 1) for line in head.strip().splitlines())
    return ShelfNote(
        name=path.stem,
        concept=values["concept"],
        topic=values["topic"],
        age_group=values["age_group"],
        attribution=values["source"],
        notes=body.strip(),
        demo=values.get("demo", ""),
    )
