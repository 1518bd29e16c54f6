"""The audit trail's page: everybody's own scope, filters, CSV, nothing to change."""

from __future__ import annotations

import csv
import gzip
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline.models import ContentProject
from studio import auditing
from studio.models import AuditEntry
from tests.studio.factories import make_draft, make_person
from tests.studio.test_admin_site import client_of

pytestmark = pytest.mark.django_db

TRAIL = "/admin/studio/auditentry/"


def export(client: object, query: str = "") -> list[list[str]]:
    response = client.get(f"{TRAIL}export.csv{query}")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))[1:]


def test_list_and_csv_hold_what_the_persons_scope_holds() -> None:
    owner, staff = make_person("creator"), make_person("staff")
    project = make_draft(owner, concept_prompt="Secretive axolotls")
    auditing.record(actor=owner, verb="generate", project=project)
    auditing.record(actor=staff, verb="show_name", target="student 12345678", reason="=1+1")
    for user, verbs in (
        (owner, ["generate"]),
        (make_person("creator"), []),
        (staff, ["show_name"]),
        (make_person("operator"), ["show_name", "generate"]),
    ):
        client = client_of(user)
        assert [row[2] for row in export(client)] == verbs
        page = client.get(TRAIL)
        assert page.status_code == 200
        assert (b"axolotls" in page.content) == ("generate" in verbs)
    assert export(client_of(staff))[0][7] == "'=1+1"


def test_filters_narrow_list_and_csv_alike() -> None:
    one, two = make_person("creator"), make_person("creator")
    for verb, actor in (("generate", one), ("retry", two), ("publish", None)):
        auditing.record(actor=actor, verb=verb, project=make_draft())
    client = client_of(make_person("operator"))
    for query, verbs in (
        ("?verb=retry", ["retry"]),
        (f"?who={one.pk}", ["generate"]),
        ("?who=clock", ["publish"]),
        ("?when=older", []),
        ("?when=day", ["publish", "retry", "generate"]),
    ):
        assert [row[2] for row in export(client, query)] == verbs, query
        assert client.get(TRAIL + query).context["cl"].result_count == len(verbs)


def test_a_row_has_an_address_of_its_own_and_nothing_can_be_changed() -> None:
    entry = auditing.record(
        actor=make_person("creator"), verb="generate", project=make_draft(), after={"x": 1}
    )
    client = client_of(make_person("operator"))
    page = f"{TRAIL}{entry.pk}/change/"
    assert client.get(page).status_code == 200
    for address in (page, f"{TRAIL}add/", f"{TRAIL}{entry.pk}/delete/"):
        assert client.post(address, {"verb": "other"}).status_code == 403
    assert client_of(make_person("creator")).get(page).status_code in {302, 404}
    assert AuditEntry.objects.get().verb == "generate"


def test_the_trail_of_a_purged_project_stays_readable() -> None:
    project = make_draft()
    auditing.record(actor=make_person("operator"), verb="archive", project=project)
    ContentProject.objects.filter(pk=project.pk).delete()
    page = client_of(make_person("operator")).get(TRAIL)
    assert b"A project that was purged" in page.content


def test_fifty_rows_stay_within_their_budget() -> None:
    for number in range(60):
        auditing.record(
            actor=make_person("creator"), verb="generate", project=make_draft(), target=f"{number}"
        )
    client = client_of(make_person("operator"))
    with CaptureQueriesContext(connection) as queries:
        response = client.get(TRAIL)
    assert len(response.context["cl"].result_list) == 50
    assert len(queries) <= 8
    assert len(gzip.compress(response.content)) < 40_000
