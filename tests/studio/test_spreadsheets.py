"""Tables for spreadsheets: no text is ever run, and what is a number stays one."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from studio import spreadsheets
from tests.studio.factories import make_draft, make_person
from tests.studio.test_admin_site import client_of

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read_sheet(content: bytes) -> tuple[list[list[str]], int]:
    """The cells of the one sheet as text, and how many formulas it has."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        words = [
            "".join(part.itertext())
            for part in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314 - we wrote it
        ]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314
    rows = []
    for row in sheet.iter(f"{SHEET}row"):
        cells = []
        for cell in row.iter(f"{SHEET}c"):
            value = cell.findtext(f"{SHEET}v", "")
            cells.append(words[int(value)] if cell.get("t") == "s" else value)
        rows.append(cells)
    return rows, len(list(sheet.iter(f"{SHEET}f")))


def test_a_workbook_holds_texts_as_texts_and_numbers_as_numbers() -> None:
    hostile = ["=1+1", "+1", "-1", "@x", "https://example.org", "007", "\x07bell", "Grüße 🐝"]
    content = spreadsheets.write_xlsx(
        ["text", "count", "dollars"], [[text, 3, Decimal("0.4800")] for text in hostile]
    )
    rows, formulas = read_sheet(content)
    assert formulas == 0
    assert rows[0] == ["text", "count", "dollars"]
    assert [row[0] for row in rows[1:] if "bell" not in row[0]] == [t for t in hostile if "bell" not in t]
    assert {tuple(row[1:]) for row in rows[1:]} == {("3", "0.4800")}


def test_an_empty_table_is_a_workbook_with_its_first_line() -> None:
    assert read_sheet(spreadsheets.write_xlsx(["a", "b"], []))[0] == [["a", "b"]]


def test_a_cell_too_long_for_a_workbook_is_cut_and_not_lost() -> None:
    rows, _ = read_sheet(spreadsheets.write_xlsx(["a"], [["x" * 40_000]]))
    assert rows[1] == ["x" * spreadsheets.LONGEST_CELL]


@pytest.mark.django_db
def test_every_export_of_the_studio_is_offered_both_ways() -> None:
    user = make_person("editor_in_chief")
    project = make_draft(user, concept_prompt="=HYPERLINK(1)")
    client = client_of(user)
    bulk = "/admin/pipeline/contentproject/bulk/"
    answers = [
        client.get("/admin/cost/?by=month&days=30&as=xlsx"),
        client.get("/admin/studio/auditentry/export.csv?as=xlsx"),
        client.post(bulk, {"act": "export-xlsx", "project": [str(project.pk)]}),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == spreadsheets.XLSX
        assert answer.headers["Content-Disposition"].endswith('.xlsx"')
        assert "no-store" in answer.headers["Cache-Control"]
        assert read_sheet(answer.content)[1] == 0
    assert "=HYPERLINK(1)" in read_sheet(answers[2].content)[0][1]
