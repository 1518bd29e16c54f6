"""Tables that a person opens in a spreadsheet: CSV read forgivingly, CSV and XLSX written without formulas.

A cell that begins with = + - @, a tab or a line break would be run as a formula by the usual programs; it
is written with an apostrophe in front. A plain number stays a number.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import HttpResponse

MARK = "\ufeff"  # spreadsheets take a file for UTF-8 by it
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL = 32_767  # letters; a workbook takes no more
NUMBER = re.compile(r"-?\d+(\.\d+)?")
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def escape_cell(value: Any) -> str:
    """The cell as text; what a spreadsheet would run gets an apostrophe."""
    text = "" if value is None else str(value)
    if text.lstrip(" ").startswith(DANGEROUS) and not NUMBER.fullmatch(text):
        return "'" + text
    return text


def write_csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    out.write(MARK)
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([escape_cell(value) for value in row] for row in rows)
    return out.getvalue()


def answer_csv(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """A download, never kept by a cache between us and the person."""
    return _download(name, write_csv(head, rows).encode(), "text/csv; charset=utf-8")


def answer_table(kind: str, stem: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """The same table as `xlsx` or, for any other kind, as CSV."""
    if kind == "xlsx":
        return _download(f"{stem}.xlsx", write_xlsx(head, rows), XLSX)
    return answer_csv(f"{stem}.csv", head, rows)


def write_xlsx(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """One sheet with a fixed first line. Numbers stay numbers; text is text, whatever it begins with."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    widths = [len(name) for name in head]
    for column, name in enumerate(head):
        sheet.write_string(0, column, name, bold)
    number = 0
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
                sheet.write_number(number, column, value)
                continue
            text = "" if value is None else str(value)
            widths[column] = max(widths[column], len(text))
            sheet.write_string(number, column, text[:LONGEST_CELL])
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width + 2, 60))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, number, len(head) - 1)
    book.close()
    return out.getvalue()


def _download(name: str, content: bytes, content_type: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def read_rows(text: str) -> Iterator[list[str]]:
    """Rows of cells: comma, semicolon or tab, whichever the first line has most of; a BOM is no letter.

    Raises csv.Error for what is no CSV.
    """
    text = text.removeprefix(MARK)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
