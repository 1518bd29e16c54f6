"""CSV that a person opens in a spreadsheet: read forgivingly, written without formulas.

A cell that begins with = + - @, a tab or a line break would be run as a formula by the usual programs; it
is written with an apostrophe in front. A plain number stays a number.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.http import HttpResponse

MARK = "\ufeff"  # spreadsheets take a file for UTF-8 by it
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
    response = HttpResponse(write_csv(head, rows), content_type="text/csv; charset=utf-8")
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
