"""What people write beside an act is theirs: no word of it lies readable in the database (decision 0020)."""

from __future__ import annotations

import base64
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from psycopg import sql
from pytest_django import Settings

from pipeline.models import ProjectEvent
from students import encryption, rekeying
from studio import auditing, publishing
from studio.models import AuditEntry
from tests.studio.factories import make_film, make_person
from tests.studio.test_admin_site import client_of

pytestmark = pytest.mark.django_db

WHY = "Margarethe saw that the third sentence is wrong."
OTHER_KEY = base64.b64encode(b"another-field-key-for-these-test").decode()


def everything_of(table: str) -> str:
    """All of a table's rows, as the database has them."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT to_jsonb(t)::text FROM {} t").format(sql.Identifier(table)))
        return "\n".join(text for (text,) in cursor.fetchall())


def test_a_reason_is_sealed_in_event_and_trail_and_read_on_both_pages() -> None:
    project, editor = make_film(), make_person("editor_in_chief")
    publishing.archive(project.pk, actor=editor, reason=WHY)
    entry, event = AuditEntry.objects.get(), ProjectEvent.objects.order_by("-id")[0]
    assert (entry.reason, event.message) == (WHY, WHY)
    for table in ("audit_entries", "project_events", "reviews"):
        assert "Margarethe" not in everything_of(table), table
    client = client_of(editor)
    assert WHY in client.get("/admin/studio/auditentry/").content.decode()
    assert WHY in client.get("/admin/studio/auditentry/export.csv").content.decode()
    review = client.get(f"/admin/pipeline/contentproject/{project.pk}/review/")
    assert WHY in review.content.decode()


def test_keys_change_under_the_trail_and_nothing_else_of_it_can(settings: Settings) -> None:
    entry = auditing.record(actor=make_person("staff"), verb="show_name", target="student 1", reason=WHY)
    bare = auditing.record(actor=None, verb="publish")
    settings.FIELD_KEYS, settings.FIELD_KEY_ID = {2: OTHER_KEY, **settings.FIELD_KEYS}, 2
    call_command("reencrypt", stdout=StringIO())
    settings.FIELD_KEYS = {2: OTHER_KEY}
    entry.refresh_from_db()
    assert entry.reason == WHY
    sealed = encryption.encrypt("Forged.", column="studio.auditentry.reason")
    refused: tuple[tuple[bool, Any, dict[str, Any]], ...] = (
        (False, entry, {"reason": "Forged."}),  # nobody is changing keys
        (True, entry, {"verb": "see"}),
        (True, entry, {"reason": ""}),
        (True, bare, {"reason": "Forged."}),
    )
    for is_rekeying, row, change in refused:
        with pytest.raises(DatabaseError, match="append-only"):
            alter(row, change, is_rekeying=is_rekeying)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE audit_entries SET reason = %s", [sealed])


@transaction.atomic
def alter(row: AuditEntry, change: dict[str, Any], *, is_rekeying: bool) -> None:
    if is_rekeying:
        with connection.cursor() as cursor:
            cursor.execute(rekeying.REKEYING, ["on"])
    AuditEntry.objects.filter(pk=row.pk).update(**change)
