"""The catalogue in the studio: its file out, a file in that is checked first, and mended on the page."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from studio.admin import topics
from studio.models import AuditEntry
from tests.studio.factories import make_person
from tests.studio.test_admin_site import client_of
from videos.models import Topic

pytestmark = pytest.mark.django_db

PAGE = "/admin/videos/topic/import/"
LISTED = (
    "key,parent,name,ages,difficulty,core,requires,objective\r\n"
    "space,,Space,,,,,\r\n"
    "sun,space,The Sun is a star,5-13,2,yes,,Know that the Sun is a star.\r\n"
)
BROKEN = LISTED.replace("5-13", "grown-ups")


def client(role: str = "editor_in_chief") -> Any:
    return client_of(make_person(role))


def test_a_file_is_checked_shown_and_then_imported_once_with_a_row_in_the_trail() -> None:
    own = client()
    file = SimpleUploadedFile("topics.csv", LISTED.encode(), "text/csv")
    checked = own.post(PAGE, {"file": file, "do": "check"})
    assert checked.status_code == 200
    assert "Would be: 2 created, 0 changed, 0 as they were." in checked.content.decode()
    assert not Topic.objects.exists()
    for _ in range(2):  # the second time nothing is new
        assert own.post(PAGE, {"text": LISTED, "do": "import"}).status_code == 302
    assert set(Topic.objects.values_list("slug", flat=True)) == {"space", "sun"}
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.after) == ("import_topics", {"created": 2, "changed": 0})


def test_mistakes_are_told_by_line_and_the_lines_stand_there_to_be_mended() -> None:
    file = SimpleUploadedFile("topics.csv", BROKEN.encode(), "text/csv")
    answer = client().post(PAGE, {"file": file, "do": "import"})
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "Nothing was written." in text
    assert "Line 3:" in text
    assert "grown-ups" in answer.context["form"]["text"].value()
    assert (Topic.objects.count(), AuditEntry.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose a file, or paste its lines."),
        ({"file": SimpleUploadedFile("x.csv", b"x" * (topics.LARGEST + 1))}, "larger than 1 MB"),
        ({"file": SimpleUploadedFile("x.csv", b"\xff\xfe\x00k")}, "Nothing was written."),
    ],
)
def test_what_is_no_file_of_ours_is_said_and_nothing_is_written(data: dict[str, Any], words: str) -> None:
    answer = client().post(PAGE, data | {"do": "import"})
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert Topic.objects.count() == 0


def test_what_is_stored_comes_out_and_goes_in_again_unchanged() -> None:
    staff = client("staff")
    staff.post(PAGE, {"text": LISTED, "do": "import"})
    out = staff.get("/admin/videos/topic/export.csv")
    assert out.headers["Content-Disposition"] == 'attachment; filename="topics.csv"'
    again = staff.post(PAGE, {"text": out.content.decode(), "do": "check"})
    assert "0 created, 0 changed, 2 as they were" in again.content.decode()


@pytest.mark.parametrize("role", ["creator", "reviewer", "operator"])
def test_others_read_the_catalogue_and_cannot_change_it(role: str) -> None:
    own = client(role)
    assert own.get("/admin/videos/topic/").status_code == 200
    assert PAGE not in own.get("/admin/videos/topic/").content.decode()
    assert own.get(PAGE).status_code == 403
    assert own.post(PAGE, {"text": LISTED, "do": "import"}).status_code == 403
    assert Topic.objects.count() == 0
