"""Refusals are pages of the shell, with an id; parts of pages get a fragment."""

from __future__ import annotations

import pytest
from django.core.exceptions import RequestDataTooBig

from tests.studio.factories import make_draft, make_person
from tests.studio.test_admin_site import client_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("status", "words"), [(403, "This is not yours to do"), (404, "There is nothing here for you")]
)
def test_a_refusal_keeps_the_shell_and_says_what_to_do(status: int, words: str) -> None:
    client = client_of(make_person("creator"))
    address = (
        "/admin/students/student/"
        if status == 403
        else f"/admin/pipeline/contentproject/{make_draft().pk}/review/"
    )
    answer = client.get(address)
    text = answer.content.decode()
    assert answer.status_code == status
    assert words in text
    assert answer.headers["X-Request-Id"] in text
    assert 'id="content"' in text  # the shell around it
    part = client.get(address, headers={"HX-Request": "true"})
    assert part.status_code == status
    assert words in part.content.decode()
    assert "<html" not in part.content.decode()


def test_what_is_too_large_is_told_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RequestDataTooBig

    client = client_of(make_person("creator"))
    monkeypatch.setattr("studio.admin.batch.show_start", refuse)
    answer = client.post("/admin/pipeline/contentproject/batch/", {"lines": "x"})
    assert answer.status_code == 413
    assert "1 MB for a list" in answer.content.decode()


def test_strangers_get_no_shell() -> None:
    assert client_of(make_person()).get("/admin/students/student/").status_code == 302
