"""Test 27: a list of briefs from the file to the result, with everything that real lists hold."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from pipeline.models import ContentProject
from studio import batches
from studio.models import BriefBatch
from tests.studio.browser.conftest import Complaints, enter
from tests.studio.factories import NOTES, make_draft, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

START = "/admin/pipeline/contentproject/batch/"
LISTED = (  # a BOM, semicolons, an id, a formula, a double, an age that there is not
    "\ufeffid;concept;age_group;source_notes;target_seconds\r\n"
    f'1;How bees make honey;8-10;"{NOTES}";60\r\n'
    f'2;=How bees make honey in winter;8-10;"{NOTES}";60\r\n'
    f'3;How bees make honey;8-10;"{NOTES}";60\r\n'
    f'4;Why the moon glows;grown-ups;"{NOTES}";60\r\n'
)


def send(page: Page, content: str, *, name: str = "briefs.csv") -> None:
    page.goto(START)
    page.get_by_label("Or upload a CSV file").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.get_by_role("button", name="Check the list").click()


def test_a_list_is_read_repaired_run_paused_resumed_cancelled_and_taken_home(
    page: Page, live_server: Any, tmp_path: Path
) -> None:
    user = make_person("creator")
    other = make_draft(make_person("creator"), concept_prompt="Not yours")
    enter(page.context, live_server, user)
    send(page, LISTED)
    expect(page.get_by_role("heading", name="A list of 4 briefs")).to_be_visible()
    expect(page.get_by_text("The column “id” was not read")).to_be_visible()
    expect(page.get_by_role("heading", name="2 can be made, 2 want repair")).to_be_visible()
    expect(page.get_by_text("The same idea as row 1.")).to_be_visible()
    page.locator("#a4").select_option("11-13")
    page.get_by_role("listitem").filter(has_text="Row 3").get_by_label("Leave out").check()
    page.get_by_role("button", name="Save and check again").click()
    expect(page.get_by_role("heading", name="3 can be made")).to_be_visible()
    page.get_by_label("Make films,").check()
    page.get_by_label("an hour").fill("1")
    page.get_by_role("button", name="Begin with 3 rows").click()
    expect(page.get_by_role("link", name="Open the project")).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused")).to_be_visible()
    batch = BriefBatch.objects.get()
    assert batches.run_due(timezone.now()) == 0  # the clock passes a list that rests
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Running")).to_be_visible()
    page.get_by_role("button", name="Cancel the rest").click()
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Result as CSV").click()
    path = tmp_path / "result.csv"
    download.value.save_as(path)
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert [row["outcome"] for row in rows] == ["Made", "Left out", "Left out", "Left out"]
    assert rows[1]["concept"] == "'=How bees make honey in winter"  # opens as text
    made = ContentProject.objects.exclude(pk=other.pk).get()
    assert (made.concept_prompt, made.status, made.creator) == ("How bees make honey", "generating", user)
    other.refresh_from_db()
    assert other.concept_prompt == "Not yours"
    assert batch.rows.count() == 4


def test_what_cannot_be_read_is_said_and_nothing_is_kept(
    page: Page, live_server: Any, complaints: Complaints
) -> None:
    complaints.allow(400)
    enter(page.context, live_server, make_person("creator"))
    send(page, "concept\r\n" + "".join(f"Idea {number}\r\n" for number in range(501)))
    wrong = page.locator("#id_file_error")
    expect(wrong).to_contain_text("The list has 501 rows; 500 are the most.")
    send(page, "PK\x03\x04", name="briefs.xlsx")
    expect(wrong).to_contain_text("This is a workbook, no CSV.")
    expect(page.get_by_role("alert")).to_be_focused()
    assert not BriefBatch.objects.exists()
