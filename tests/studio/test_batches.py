"""Many briefs at once: read forgivingly, repaired row by row, made once each, at the pace asked for."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipeline.models import ContentProject
from studio import batches
from studio.models import AuditEntry, BatchRow, BriefBatch
from tests.studio.factories import NOTES, make_draft, make_person
from tests.studio.test_admin_site import client_of

pytestmark = pytest.mark.django_db

START = "/admin/pipeline/contentproject/batch/"
DEFAULTS = {"age_group": "8-10", "target_seconds": "70", "visual_style": "auto"}


def table(*rows: tuple[str, ...], delimiter: str = ",", head: tuple[str, ...] = ("concept", "notes")) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([head, *rows])
    return out.getvalue()


def good(number: int) -> tuple[str, str]:
    return f"How bees make honey, part {number}", NOTES


def open_batch(count: int = 3, **fields: Any) -> BriefBatch:
    creator = fields.pop("creator", None) or make_person("creator")
    rows = fields.pop("rows", None) or [good(number) for number in range(count)]
    return batches.open_batch(creator=creator, content=table(*rows), defaults=DEFAULTS)


# --------------------------------------------------------------------------- reading


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_comma_semicolon_tab_and_a_byte_order_mark_are_understood(delimiter: str, mark: str) -> None:
    found = batches.read_list((mark + table(good(1), good(2), delimiter=delimiter)).encode())
    assert found.rows == [
        {"concept": concept, "source_notes": notes} for concept, notes in (good(1), good(2))
    ]
    assert found.notes == []


def test_plain_lines_are_one_idea_each_commas_and_all() -> None:
    assert batches.read_list("How bees, ants and wasps live\n\n  Volcanoes \n").rows == [
        {"concept": "How bees, ants and wasps live"},
        {"concept": "Volcanoes"},
    ]


def test_an_id_column_is_not_read_and_unknown_columns_are_named() -> None:
    found = batches.read_list(
        table(("7", "Bees", "x", NOTES), head=("id", "Concept", "colour", "Source notes"))
    )
    assert found.rows == [{"concept": "Bees", "source_notes": NOTES}]
    assert found.notes == [
        "The column “id” was not read: a batch makes new projects and never touches existing ones.",
        "The column “colour” was not read.",
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("\n".join(f"Idea {number}" for number in range(501)), "batch:too-many"),
        (b"PK\x03\x04 a workbook", "batch:not-text"),
        ("Bienenk\xf6nigin".encode("latin-1"), "batch:not-text"),
        ("a\0b", "batch:not-text"),
        ("concept,notes\n", "batch:empty"),
        (" \n", "batch:empty"),
        ('concept\n"never closed', "batch:not-csv"),
        ("x" * 1_000_001, "batch:too-large"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_whole(content: str | bytes, code: str) -> None:
    with pytest.raises(batches.BatchRefused) as refused:
        batches.open_batch(creator=make_person("creator"), content=content, defaults=DEFAULTS)
    assert refused.value.code == code
    assert (BriefBatch.objects.count(), BatchRow.objects.count()) == (0, 0)


def test_five_hundred_rows_are_read() -> None:
    assert len(batches.read_list("\n".join(f"Idea {number}" for number in range(500))).rows) == 500


# --------------------------------------------------------------------------- checking


def test_every_row_says_what_is_wrong_with_which_field() -> None:
    creator = make_person("creator")
    make_draft(creator, concept_prompt="How bees make honey, part 9")
    batch = batches.open_batch(
        creator=creator,
        content=table(
            ("How bees make honey, part 1", "8-10", NOTES, "60"),
            ("How bees make honey, part 1", "8-10", NOTES, "60"),
            ("How bees make honey, part 2", "99", NOTES, "60"),
            ("How bees make honey, part 3", "8-10", NOTES, "soon"),
            ("How bees make honey, part 4", "8-10", "Too little.", "60"),
            ("How bees make honey, part 9", "8-10", NOTES, "60"),
            head=("concept", "age_group", "notes", "seconds"),
        ),
        defaults=DEFAULTS,
    )
    found = {row.number: (row.verdict, {one["field"] for one in row.findings}) for row in batch.rows.all()}
    assert found == {
        1: ("pass", set()),
        2: ("block", {"concept"}),
        3: ("block", {"age_group"}),
        4: ("block", {"target_seconds"}),
        5: ("block", {"source_notes"}),
        6: ("review", {"concept"}),
    }
    assert batch.rows.get(number=2).findings[0]["message"].startswith("The same idea as row 1.")


def test_repaired_rows_are_checked_again_and_left_out_ones_are_no_doubles() -> None:
    batch = batches.open_batch(
        creator=make_person("creator"),
        content=table(good(1), good(1), ("Bees", "Too little.")),
        defaults=DEFAULTS,
    )
    batches.repair_rows(
        batch.pk,
        actor=batch.creator,
        changes={3: {"source_notes": NOTES, "concept": "How bees dance"}},
        leave_out={1},
    )
    rows = {row.number: (row.outcome, row.verdict) for row in batch.rows.all()}
    assert rows[2] == ("waiting", "pass")
    assert rows[3] == ("waiting", "pass")
    assert rows[1][0] == "left_out"


# --------------------------------------------------------------------------- running


def test_drafts_are_made_once_each_and_existing_projects_are_not_touched() -> None:
    creator = make_person("creator")
    old = make_draft(creator, concept_prompt="An old one")
    batch = open_batch(3, creator=creator)
    batches.begin(batch.pk, actor=creator, per_hour=0)
    now = timezone.now()
    assert batches.run_batch(batch.pk, now=now) == 3
    assert (batches.run_batch(batch.pk, now=now), batches.run_due(now)) == (0, 0)
    made = ContentProject.objects.exclude(pk=old.pk)
    assert sorted(made.values_list("concept_prompt", "status")) == [
        (f"How bees make honey, part {number}", "draft") for number in range(3)
    ]
    batch.refresh_from_db()
    assert batch.status == "done"
    assert AuditEntry.objects.filter(verb="create").count() == 3


def test_films_are_set_to_work_at_the_pace_asked_for() -> None:
    batch = open_batch(8)
    batches.begin(batch.pk, actor=batch.creator, per_hour=4)
    batch.refresh_from_db()
    assert batch.begun_at is not None
    steps = [
        batches.run_batch(batch.pk, now=batch.begun_at + timedelta(minutes=minutes))
        for minutes in (0, 1, 14, 16, 16, 61)
    ]
    assert steps == [1, 0, 0, 1, 0, 3]
    assert set(ContentProject.objects.values_list("status", flat=True)) == {"generating"}


def test_a_pause_stops_the_clock_and_resuming_keeps_the_pace() -> None:
    batch = open_batch(8)
    actor = batch.creator
    batches.begin(batch.pk, actor=actor, per_hour=6)
    assert batches.run_batch(batch.pk, now=timezone.now()) == 1
    batches.pause(batch.pk, actor=actor)
    assert batches.run_due(timezone.now() + timedelta(hours=5)) == 0
    batches.resume(batch.pk, actor=actor)
    batch.refresh_from_db()
    assert batch.begun_at is not None
    assert batches.run_batch(batch.pk, now=batch.begun_at) == 1
    assert batches.run_batch(batch.pk, now=batch.begun_at + timedelta(minutes=9)) == 0
    assert batches.run_batch(batch.pk, now=batch.begun_at + timedelta(minutes=11)) == 1


def test_cancelling_leaves_the_rest_out_and_keeps_what_is_made() -> None:
    batch = open_batch(3)
    batches.begin(batch.pk, actor=batch.creator, per_hour=1)
    batches.run_batch(batch.pk, now=timezone.now())
    batches.cancel_rest(batch.pk, actor=batch.creator)
    assert batches.run_due(timezone.now() + timedelta(days=1)) == 0
    assert list(batch.rows.values_list("outcome", flat=True)) == ["made", "left_out", "left_out"]
    assert ContentProject.objects.count() == 1
    with pytest.raises(batches.BatchRefused):
        batches.resume(batch.pk, actor=batch.creator)


def test_a_row_whose_project_was_made_by_a_worker_that_died_is_not_made_again() -> None:
    batch = open_batch(1)
    batches.begin(batch.pk, actor=batch.creator, per_hour=0)
    batches.run_batch(batch.pk, now=timezone.now())
    row = BatchRow.objects.get()
    assert "source_notes" not in row.cells  # the project has them, encrypted
    row.cells["source_notes"], row.outcome, row.project = NOTES, "waiting", None
    row.save()
    BriefBatch.objects.update(status="running")
    batches.run_batch(batch.pk, now=timezone.now())
    assert ContentProject.objects.count() == 1
    assert BatchRow.objects.get().project == ContentProject.objects.get()


def test_rows_with_errors_are_left_out_and_a_list_of_nothing_else_is_refused() -> None:
    creator = make_person("creator")
    batch = batches.open_batch(
        creator=creator, content=table(good(1), ("Bees", "Too little.")), defaults=DEFAULTS
    )
    batches.begin(batch.pk, actor=creator, per_hour=0)
    assert list(batch.rows.values_list("outcome", flat=True)) == ["waiting", "left_out"]
    bad = batches.open_batch(creator=creator, content=table(("Bees", "Too little.")), defaults=DEFAULTS)
    with pytest.raises(batches.BatchRefused) as refused:
        batches.begin(bad.pk, actor=creator, per_hour=0)
    assert refused.value.code == "batch:nothing-good"
    bad.refresh_from_db()
    assert bad.status == "checking"


# --------------------------------------------------------------------------- pages


def test_the_pages_lead_from_the_list_to_its_result() -> None:
    creator = make_person("creator")
    client = client_of(creator)
    file = SimpleUploadedFile("briefs.csv", table(good(1), ("=1+1", "Too little."), delimiter=";").encode())
    sent = client.post(START, DEFAULTS | {"file": file})
    assert sent.status_code == 302
    page = sent.headers["Location"]
    shown = client.get(page)
    assert "1 can be made, 1 wants repair" in shown.content.decode()
    assert "studio/studio.css" in shown.content.decode()  # the shell's own context is left alone
    assert shown.context["price"] == "$0.00"
    fixed = {"2-concept": "=1+1 and more", "2-source_notes": NOTES, "2-age_group": "8-10"}
    assert client.post(page + "repair/", fixed | {"2-target_seconds": "60"}).status_code == 302
    assert client.get(page).context["good"] == 2
    assert client.post(page + "begin/", {"how": "drafts"}).status_code == 302
    assert ContentProject.objects.filter(creator=creator).count() == 2
    result = client.get(page + "result.csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(result)))
    assert [row[3] for row in rows] == ["outcome", "Made", "Made"]
    assert rows[2][1] == "'=1+1 and more"
    assert client.post(page + "begin/", {"how": "start", "per_hour": "5"}).status_code == 409


def test_a_refused_list_says_why_and_keeps_what_was_pasted() -> None:
    client = client_of(make_person("creator"))
    lines = "\n".join(f"Idea {number}" for number in range(501))
    response = client.post(START, DEFAULTS | {"lines": lines})
    assert response.status_code == 400
    assert "The list has 501 rows; 500 are the most." in response.content.decode()
    assert "Idea 500</textarea>" in response.content.decode()
    assert client.post(START, DEFAULTS).status_code == 400


def test_a_batch_is_its_owners_alone() -> None:
    batch = open_batch(1)
    page = f"{START}{batch.pk}/"
    for role in ("creator", "editor_in_chief"):
        client = client_of(make_person(role))
        assert client.get(page).status_code == 404
        assert client.get(page + "result.csv").status_code == 404
        assert client.post(page + "cancel/").status_code == 404
    for role in ("reviewer", "staff", "operator"):
        assert client_of(make_person(role)).get(START).status_code == 403
    batch.refresh_from_db()
    assert batch.status == "checking"


def test_a_page_of_fifty_rows_stays_within_its_budget() -> None:
    import gzip  # noqa: PLC0415

    batch = open_batch(120)
    client = client_of(batch.creator)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(f"{START}{batch.pk}/")
    assert len(response.context["rows"]) == 50
    assert len(queries) <= 10
    assert len(gzip.compress(response.content)) < 60_000


def test_the_template_can_be_sent_back_as_it_is() -> None:
    client = client_of(make_person("creator"))
    found = batches.read_list(client.get(START + "template.csv").content)
    assert (found.rows[0]["concept"], found.notes) == ("How bees make honey", [])
