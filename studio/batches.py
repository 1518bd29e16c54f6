"""Many briefs at once: read a list, check every row, make projects at the pace that was asked for.

A batch only ever makes new projects. Each row's project has an id of request that follows from batch and
row, so a worker that dies half-way, two workers at once or a repeated message make no project twice.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from pipeline import editing, orchestration
from pipeline.models import ContentProject
from pipeline.quality.notes import check_brief
from students.models import AGE_GROUPS
from studio import policy
from studio.auditing import audited, record, record_event
from studio.models import BatchRow, BriefBatch, Creator
from studio.spreadsheets import read_rows

Status, Outcome = BriefBatch.Status, BatchRow.Outcome
MOST_ROWS = 500
MOST_BYTES = 1_000_000
SLICE = 25  # rows made in one go of the clock
COLUMNS = ("concept", "age_group", "source_notes", "target_seconds", "visual_style")
SHORT = {"age group": "age_group", "ages": "age_group", "notes": "source_notes", "seconds": "target_seconds"}
STYLES = frozenset({"auto", "leaf", "ocean", "night", "ember", "sand"})
FIELDS = {"concept": "concept", "notes": "source_notes"}
FIELD_OF_CODE = {
    "creator:concept-missing": "concept",
    "creator:concept-too-long": "concept",
    "creator:age-group-unknown": "age_group",
    "creator:length-out-of-range": "target_seconds",
}


class BatchRefused(policy.Refused):
    """Nothing was read or changed. `code` is stable, `message` says what to do."""


@dataclass(frozen=True)
class ReadList:
    """The rows of a list as cells, and sentences about what was not read."""

    rows: list[dict[str, str]]
    notes: list[str]


# --------------------------------------------------------------------------- reading


def read_list(content: bytes | str) -> ReadList:
    """A list with a first line of column names (comma, semicolon or tab), or one idea a line.

    Raises BatchRefused: `batch:too-large`, `batch:not-text`, `batch:not-csv`, `batch:empty`,
    `batch:too-many`.
    """
    text = _decode(content)
    try:
        table = [
            [cell.strip() for cell in row] for row in read_rows(text) if any(cell.strip() for cell in row)
        ]
    except csv.Error as error:
        raise BatchRefused(
            "batch:not-csv", f"The list cannot be read as CSV: {error}. Save it as CSV again."
        ) from error
    head = (
        [SHORT.get(cell.casefold(), cell.casefold().replace(" ", "_")) for cell in table[0]] if table else []
    )
    if "concept" in head:
        rows = [_pick(head, row) for row in table[1:]]
        notes = [_describe_column(name) for name in head if name not in COLUMNS and name]
    else:
        rows = [
            {"concept": line.strip()} for line in text.removeprefix("\ufeff").splitlines() if line.strip()
        ]
        notes = []
    if not rows:
        raise BatchRefused(
            "batch:empty", "The list has no row. Give one idea a line, or a CSV with a column “concept”."
        )
    if len(rows) > MOST_ROWS:
        raise BatchRefused(
            "batch:too-many",
            f"The list has {len(rows)} rows; {MOST_ROWS} are the most. Nothing was read: cut it in two.",
        )
    return ReadList(rows, notes)


def _decode(content: bytes | str) -> str:
    if isinstance(content, str):
        content = content.encode()
    if len(content) > MOST_BYTES:
        raise BatchRefused("batch:too-large", "The list is larger than 1 MB. Cut it in two.")
    if content.startswith(b"PK"):
        raise BatchRefused(
            "batch:not-text", "This is a workbook, no CSV. Save it as “CSV UTF-8” and send that."
        )
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise BatchRefused("batch:not-text", "The list is not UTF-8. Save it as “CSV UTF-8”.") from error
    if "\0" in text:
        raise BatchRefused("batch:not-text", "The list is no text. Save it as “CSV UTF-8”.")
    return text


def _pick(head: list[str], row: list[str]) -> dict[str, str]:
    return {name: cell for name, cell in zip(head, row, strict=False) if name in COLUMNS and cell}


def _describe_column(name: str) -> str:
    if name == "id":
        return "The column “id” was not read: a batch makes new projects and never touches existing ones."
    return f"The column “{name[:40]}” was not read."


# --------------------------------------------------------------------------- checking


def open_batch(*, creator: Creator, content: bytes | str, defaults: Mapping[str, str]) -> BriefBatch:
    """A batch of checked rows, of which nothing is made yet. Raises BatchRefused."""
    _demand_right(creator)
    found = read_list(content)
    with transaction.atomic():
        batch = BriefBatch.objects.create(creator=creator, notes=found.notes)
        rows = _make_rows(batch, found, defaults)
        BatchRow.objects.bulk_create(rows)
        check_rows(batch)
        record(actor=creator, verb="open_batch", target=f"batch {batch.pk}", after={"rows": len(rows)})
    return batch


def check_list(*, creator: Creator, content: bytes | str, defaults: Mapping[str, str]) -> list[BatchRow]:
    """What `open_batch` would say of each row; nothing is kept. Raises BatchRefused."""
    _demand_right(creator)
    batch = BriefBatch(creator=creator)
    rows = _make_rows(batch, read_list(content), defaults)
    _judge_rows(batch, rows)
    return rows


def _make_rows(batch: BriefBatch, found: ReadList, defaults: Mapping[str, str]) -> list[BatchRow]:
    return [
        BatchRow(batch=batch, number=number, cells={**defaults, **row})
        for number, row in enumerate(found.rows, 1)
    ]


def _demand_right(person: Creator) -> None:
    if not policy.can(person, "create"):
        raise BatchRefused("forbidden", "Your role does not include new projects.")


def check_rows(batch: BriefBatch) -> None:
    """Write what is wrong with each row: its own fields, its content, and doubles. Three queries."""
    rows = list(batch.rows.filter(outcome=Outcome.WAITING))
    _judge_rows(batch, rows)
    BatchRow.objects.bulk_update(rows, ["findings"])


def _judge_rows(batch: BriefBatch, rows: Iterable[BatchRow]) -> None:
    """Each row's fields and content, and doubles in the list and among the creator's projects; one query."""
    known = {
        (concept.strip().casefold(), group)
        for concept, group in ContentProject.objects.filter(creator=batch.creator_id)
        .exclude(status=ContentProject.Status.ARCHIVED)
        .values_list("concept_prompt", "age_group")
    }
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        row.findings = list(_check_cells(row.cells))
        key = (row.cells.get("concept", "").strip().casefold(), row.cells.get("age_group", ""))
        if key in seen:
            row.findings.append(
                _finding("concept", "block", f"The same idea as row {seen[key]}. Change it or leave it out.")
            )
        elif key in known:
            row.findings.append(_finding("concept", "review", "You have a project about this already."))
        seen.setdefault(key, row.number)


def _check_cells(cells: Mapping[str, str]) -> Iterable[dict[str, str]]:
    seconds = cells.get("target_seconds", "70")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 5):
        yield _finding("target_seconds", "block", "The length is a whole number of seconds, 45 to 90.")
        seconds = "70"
    if cells.get("age_group") not in AGE_GROUPS:
        yield _finding("age_group", "block", f"The age group is one of {', '.join(AGE_GROUPS)}.")
    if cells.get("visual_style", "auto") not in STYLES:
        yield _finding("visual_style", "block", f"The style is one of {', '.join(sorted(STYLES))}.")
    group = cells["age_group"] if cells.get("age_group") in AGE_GROUPS else AGE_GROUPS[0]
    for finding in check_brief(
        cells.get("concept", ""), group, cells.get("source_notes", ""), int(seconds), "en"
    ):
        evidence = finding.evidence.field if finding.evidence is not None else ""
        field = FIELD_OF_CODE.get(finding.code) or FIELDS.get(evidence, "source_notes")
        yield _finding(field, finding.verdict, finding.message)


def _finding(field: str, verdict: str, message: str) -> dict[str, str]:
    return {"field": field, "verdict": verdict, "message": message}


def repair_rows(
    batch_id: UUID, *, actor: Creator, changes: Mapping[int, Mapping[str, str]], leave_out: set[int]
) -> None:
    """Write new cells by row number and leave rows out, then check again. Raises BatchRefused."""
    with transaction.atomic():
        batch = _lock(batch_id, actor)
        if batch.status != Status.CHECKING:
            raise BatchRefused("batch:begun", "This batch has begun; its rows can be changed no more.")
        rows = list(batch.rows.filter(number__in=set(changes) | leave_out))
        for row in rows:
            given = changes.get(row.number, {})
            row.cells = {**row.cells, **{name: given[name].strip() for name in COLUMNS if name in given}}
            row.outcome = Outcome.LEFT_OUT if row.number in leave_out else row.outcome
        BatchRow.objects.bulk_update(rows, ["cells", "outcome"])
        check_rows(batch)
        after = {"changed": sorted(changes), "left_out": sorted(leave_out)}
        record(actor=actor, verb="repair_batch", target=f"batch {batch.pk}", after=after)


def _lock(batch_id: UUID, actor: Creator) -> BriefBatch:
    """One's own batch under lock; another's is not there. Raises BriefBatch.DoesNotExist."""
    return BriefBatch.objects.select_for_update().get(pk=batch_id, creator=actor)


# --------------------------------------------------------------------------- running


def begin(batch_id: UUID, *, actor: Creator, per_hour: int) -> BriefBatch:
    """checking → running. Rows with an error are left out. Raises BatchRefused."""
    _demand_right(actor)
    if not 0 <= per_hour <= 60:
        raise BatchRefused("batch:pace", "Between 1 and 60 films an hour, or drafts only.")
    with transaction.atomic():
        batch = _lock(batch_id, actor)
        if batch.status == Status.RUNNING:
            return batch
        if batch.status != Status.CHECKING:
            raise BatchRefused("batch:begun", f"This batch is {batch.get_status_display().lower()} already.")
        broken = [row.pk for row in batch.rows.filter(outcome=Outcome.WAITING) if row.verdict == "block"]
        batch.rows.filter(pk__in=broken).update(
            outcome=Outcome.LEFT_OUT, message="Left out: it had an error."
        )
        if not batch.rows.filter(outcome=Outcome.WAITING).exists():
            raise BatchRefused("batch:nothing-good", "No row is without an error. Repair at least one.")
        batch.per_hour = per_hour
        _turn(batch, Status.RUNNING, actor, "begin_batch", {"per_hour": per_hour})
    return batch


def pause(batch_id: UUID, *, actor: Creator) -> BriefBatch:
    """running → paused; pausing twice is pausing once. Raises BatchRefused."""
    return _move(batch_id, actor, Status.RUNNING, Status.PAUSED, "pause_batch")


def resume(batch_id: UUID, *, actor: Creator) -> BriefBatch:
    """paused → running, at the same pace from now on. Raises BatchRefused."""
    return _move(batch_id, actor, Status.PAUSED, Status.RUNNING, "resume_batch")


def cancel_rest(batch_id: UUID, *, actor: Creator) -> BriefBatch:
    """The rows that are not made yet are left out; projects that were made stay. Raises BatchRefused."""
    with transaction.atomic():
        batch = _lock(batch_id, actor)
        if batch.status == Status.CANCELLED:
            return batch
        if batch.status == Status.DONE:
            raise BatchRefused("batch:done", "This batch is done; there is nothing to cancel.")
        batch.rows.filter(outcome=Outcome.WAITING).update(outcome=Outcome.LEFT_OUT, message="Cancelled.")
        _turn(batch, Status.CANCELLED, actor, "cancel_batch", {})
    return batch


def _move(batch_id: UUID, actor: Creator, source: str, target: str, verb: str) -> BriefBatch:
    with transaction.atomic():
        batch = _lock(batch_id, actor)
        if batch.status == target:
            return batch
        if batch.status != source:
            raise BatchRefused("batch:not-possible", f"This batch is {batch.get_status_display().lower()}.")
        _turn(batch, target, actor, verb, {})
    return batch


def _turn(batch: BriefBatch, to: str, actor: Creator | None, verb: str, more: Mapping[str, Any]) -> None:
    before = batch.status
    batch.status = to
    if to == Status.RUNNING:
        batch.begun_at = timezone.now()
        batch.begun_rows = batch.rows.filter(outcome__in=[Outcome.MADE, Outcome.FAILED]).count()
    batch.save(update_fields=["status", "per_hour", "begun_at", "begun_rows"])
    record(
        actor=actor,
        verb=verb,
        target=f"batch {batch.pk}",
        before={"status": before},
        after={"status": to, **more},
    )


def run_due(now: datetime) -> int:
    """What the clock does every minute: the rows of all running batches that are due. Returns how many."""
    running = BriefBatch.objects.filter(status=Status.RUNNING).order_by("begun_at")
    return sum(run_batch(key, now=now) for key in running.values_list("pk", flat=True))


def run_batch(batch_id: UUID, *, now: datetime) -> int:
    """Make the rows of one batch that are due, at most SLICE; 0 where another worker is at it."""
    with transaction.atomic():
        batch = (
            BriefBatch.objects.select_for_update(skip_locked=True)
            .select_related(None)
            .filter(pk=batch_id, status=Status.RUNNING)
            .first()
        )
        if batch is None or batch.begun_at is None:
            return 0
        due = count_due(batch, now)
        rows = list(batch.rows.filter(outcome=Outcome.WAITING).order_by("number")[: min(due, SLICE)])
        for row in rows:
            _make(batch, row)
        if not batch.rows.filter(outcome=Outcome.WAITING).exists():
            _turn(batch, Status.DONE, None, "finish_batch", {})
    return len(rows)


def count_due(batch: BriefBatch, now: datetime) -> int:
    """How many more rows may be made now: all of them as drafts, else the pace since the stretch began."""
    if not batch.per_hour or batch.begun_at is None:
        return SLICE
    hours = max((now - batch.begun_at).total_seconds(), 0) / 3600
    made = batch.rows.filter(outcome__in=[Outcome.MADE, Outcome.FAILED]).count() - batch.begun_rows
    return max(int(hours * batch.per_hour) + 1 - made, 0)


def _make(batch: BriefBatch, row: BatchRow) -> None:
    """One row's project, and its start where the batch has a pace. What fails is written down."""
    cells = row.cells
    try:
        with transaction.atomic():
            project, is_new = editing.create_project(
                creator_id=batch.creator_id,
                concept=cells["concept"],
                age_group=cells["age_group"],
                source_notes=cells.get("source_notes", ""),
                target_seconds=int(cells.get("target_seconds", "70")),
                visual_style=cells.get("visual_style", "auto"),
                request_id=uuid5(batch.pk, str(row.number)),
            )
            if is_new:
                record_event(project, "create")
            if batch.per_hour and project.status == ContentProject.Status.DRAFT:
                with audited(project.pk, "generate"):
                    orchestration.start(project.pk, actor_id=batch.creator_id)
    except editing.BriefRefused as error:
        row.outcome, row.message = Outcome.FAILED, error.findings[0].message
    except (editing.IdempotencyConflict, orchestration.NotPossible) as error:
        row.outcome, row.message = Outcome.FAILED, str(error)
    else:
        row.outcome, row.project, row.message = Outcome.MADE, project, ""
        row.cells = {
            name: cell for name, cell in cells.items() if name != "source_notes"
        }  # the project has it
    row.save(update_fields=["cells", "outcome", "project", "message"])
