"""Notes that lie in files, as drafts of a creator: all of them or none, and each only once.

A file is Markdown or plain text with a head between two lines `---`, as the shelf's have it:

    ---
    concept: Fractions
    age_group: 8-10
    target_seconds: 60
    visual_style: leaf
    ---
    A fraction is a number that shows part of a whole. …

`concept` and `age_group` must be there, the rest may.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid5

from django.db import transaction

from pipeline import editing
from pipeline.quality.notes import check_brief
from studio import policy
from studio.auditing import record_event
from studio.models import Creator

SUFFIXES = (".md", ".txt")
LARGEST = 200_000  # bytes of a file; the brief's own limit on characters is far below
FIELDS = ("concept", "age_group", "target_seconds", "visual_style")
IGNORED = ("topic", "source", "demo")  # of the shelf's own files
NAMES = UUID("6f2f0a4e-5d0e-5f0b-9c51-2f8a4f3f4b7d")  # of the ids that follow from creator and file


@dataclass(frozen=True)
class NoteFile:
    """One file as a brief; `name` is its path below the folder that was given."""

    name: str
    concept: str
    age_group: str
    notes: str
    target_seconds: int = 70
    visual_style: str = "auto"


@dataclass(frozen=True)
class Refusal:
    """Why a file was not taken, and what to do."""

    name: str
    message: str


class FilesRefused(Exception):
    """Nothing was written."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(f"{len(refusals)} files were refused; nothing was imported.")
        self.refusals = tuple(refusals)


@dataclass(frozen=True)
class Imported:
    """What became of a file: its project, and whether this import made it."""

    name: str
    project_id: UUID
    is_new: bool


def read_files(path: Path) -> list[NoteFile]:
    """A file, or all below a folder, by name. Raises FilesRefused with every file that is no brief."""
    paths = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.suffix in SUFFIXES)
    found: list[NoteFile] = []
    refusals: list[Refusal] = []
    for one in paths:
        name = one.name if one == path else one.relative_to(path).as_posix()
        try:
            found.append(_parse(name, _read(one)))
        except ValueError as error:
            refusals.append(Refusal(name, str(error)))
    for brief in found:
        refusals += _check(brief)
    if not paths:
        refusals.append(Refusal(str(path), f"There are no files {' or '.join(SUFFIXES)} here."))
    if refusals:
        raise FilesRefused(sorted(refusals, key=lambda one: one.name))
    return found


def import_files(files: Sequence[NoteFile], creator: Creator) -> list[Imported]:
    """A draft for each; a file that was imported before finds its project.

    Raises FilesRefused, policy.Refused.
    """
    refusal = policy.refusal(creator, "create", None)
    if refusal is not None:
        raise policy.Refused(refusal.code, refusal.message)
    done: list[Imported] = []
    refusals: list[Refusal] = []
    with transaction.atomic():
        for brief in files:
            try:
                project, is_new = editing.create_project(
                    creator_id=creator.pk,
                    concept=brief.concept,
                    age_group=brief.age_group,
                    source_notes=brief.notes,
                    target_seconds=brief.target_seconds,
                    visual_style=brief.visual_style,
                    request_id=uuid5(NAMES, f"{creator.pk}\n{brief.name}"),
                )
            except editing.IdempotencyConflict:
                says = "It was imported before with another text. Edit that draft, or rename the file."
                refusals.append(Refusal(brief.name, says))
                continue
            if is_new:
                record_event(project, "create")
            done.append(Imported(brief.name, project.pk, is_new))
        if refusals:
            raise FilesRefused(refusals)  # and the transaction takes the others back
    return done


def _read(path: Path) -> str:
    """Raises ValueError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"It cannot be read: {error.strerror}.") from error
    if len(content) > LARGEST:
        raise ValueError(f"It has {len(content):,} bytes; at most {LARGEST:,} are read. Keep the best pages.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("It is not UTF-8 text. Save it as UTF-8.") from error


def _parse(name: str, text: str) -> NoteFile:
    """Raises ValueError."""
    lines = text.replace("\r\n", "\n").lstrip("\n").split("\n")
    if lines[0].strip() != "---" or "---" not in [line.strip() for line in lines[1:]]:
        raise ValueError("It has no head: lines such as “concept: …” between two lines “---”.")
    end = next(number for number, line in enumerate(lines[1:], 1) if line.strip() == "---")
    values = dict(_read_head(lines[1:end]))
    if missing := [field for field in FIELDS[:2] if not values.get(field)]:
        raise ValueError(f"Its head lacks {' and '.join(missing)}.")
    seconds = values.get("target_seconds", "70")
    if not (seconds.isascii() and seconds.isdigit()):
        raise ValueError(f"target_seconds is “{seconds[:20]}”; give a number from 45 to 90.")
    return NoteFile(
        name=name,
        concept=values["concept"],
        age_group=values["age_group"],
        notes="\n".join(lines[end + 1 :]).strip(),
        target_seconds=int(seconds),
        visual_style=values.get("visual_style", "auto"),
    )


def _read_head(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in filter(str.strip, lines):
        key, separator, value = line.partition(":")
        key = key.strip().lower().replace(" ", "_")
        if not separator or key not in {*FIELDS, *IGNORED}:
            raise ValueError(f"“{line.strip()[:40]}” is no line of a head; there are {', '.join(FIELDS)}.")
        yield key, value.strip()


def _check(brief: NoteFile) -> Iterator[Refusal]:
    for finding in check_brief(brief.concept, brief.age_group, brief.notes, brief.target_seconds):
        if finding.blocks:
            yield Refusal(brief.name, finding.message)
