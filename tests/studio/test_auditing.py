"""Every verb leaves exactly one row in the audit trail, a repeat none, and the database keeps them all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone

from pipeline.models import ContentProject, ProjectEvent
from pipeline.planning import plan
from studio import auditing, policy, publishing
from studio.admin.acts import ACTS
from studio.models import AuditEntry, Creator
from tests.studio.factories import NOTES, make_draft, make_film, make_person, set_status

pytestmark = pytest.mark.django_db

# act → (role, status of the finished film, what is posted, status afterwards)
ROAD: dict[str, tuple[str, str, dict[str, str], str]] = {
    "approve": (
        *("reviewer", "in_review"),
        *({"notes": "Fine.", "unwatched_reason": "Seen in the cinema."}, "approved"),
    ),
    "request-changes": ("reviewer", "in_review", {"notes": "Slower."}, "needs_attention"),
    "reject": ("reviewer", "in_review", {"notes": "No."}, "archived"),
    "reopen": ("editor_in_chief", "approved", {"reason": "A typo."}, "in_review"),
    "generate": ("editor_in_chief", "draft", {}, "generating"),
    "retry": ("editor_in_chief", "needs_attention", {}, "generating"),
    "rebuild": ("editor_in_chief", "in_review", {}, "generating"),
    "cancel": ("editor_in_chief", "generating", {}, "needs_attention"),
    "withdraw": ("editor_in_chief", "in_review", {}, "needs_attention"),
    "publish": ("editor_in_chief", "approved", {}, "published"),
    "cancel-schedule": ("editor_in_chief", "scheduled", {}, "approved"),
    "unpublish": ("editor_in_chief", "published", {"reason": "A wrong date."}, "unpublished"),
    "archive": ("editor_in_chief", "in_review", {"reason": "Not needed."}, "archived"),
    "edit-scene": (
        *("editor_in_chief", "needs_attention"),
        *({"position": "1", "version": "0", "narration": "Bees fly far to find flowers."}, "needs_attention"),
    ),
    "regenerate": ("editor_in_chief", "in_review", {"position": "1", "part": "voice"}, "generating"),
}


def client_of(user: Creator) -> Client:
    client = Client(REMOTE_ADDR="192.0.2.77")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def post_act(client: Client, project: ContentProject, act: str, data: dict[str, str]) -> Any:
    return client.post(reverse("admin:pipeline_contentproject_act", args=[project.pk, act]), data)


def prepare(act: str) -> tuple[ContentProject, dict[str, str]]:
    _, status, data, _ = ROAD[act]
    project = make_film(status="approved" if act == "unpublish" else status)
    if act == "unpublish":
        publishing.publish(project.pk, actor=make_person("editor_in_chief"))
        project.refresh_from_db()
    if act in {"approve", "request-changes", "reject"}:
        data = data | {"film": plan(project).film}
    return project, data


@pytest.mark.parametrize("act", sorted(ROAD))
def test_each_act_leaves_exactly_one_row_that_says_who_what_and_from_where(act: str) -> None:
    role, status, _, after = ROAD[act]
    project, data = prepare(act)
    user = make_person(role)
    known = set(AuditEntry.objects.values_list("pk", flat=True))
    client = client_of(user)
    answer = post_act(client, project, act, data)
    assert answer.status_code == 302
    entry = AuditEntry.objects.exclude(pk__in=known).get()
    project.refresh_from_db()
    assert project.status == after
    event = project.last_event
    assert event is not None
    assert (entry.actor, entry.verb, entry.project_id) == (user, ACTS[act].verb, project.pk)
    assert (entry.event_id, entry.reason) == (event.pk, event.message)
    assert (entry.before, entry.after.get("status")) == (
        ({}, None) if status == after else ({"status": status}, after)
    )
    assert (entry.address, entry.request_id) == ("192.0.2.0/24", answer.headers["X-Request-Id"])
    assert entry.target == ("scene 2" if "position" in data else "")


def test_the_road_above_names_every_act_of_the_studio() -> None:
    """Acts of other kinds are proven where they are made; what moves a project is here."""
    assert set(ROAD) <= set(ACTS)
    assert {name for name, act in ACTS.items() if act.is_pipelines} <= set(ROAD)


@pytest.mark.parametrize("act", ["approve", "generate", "unpublish", "archive"])
def test_a_repeated_act_leaves_no_second_row(act: str) -> None:
    project, data = prepare(act)
    client = client_of(make_person(ROAD[act][0]))
    post_act(client, project, act, data)
    rows = AuditEntry.objects.count()
    post_act(client, project, act, data)
    assert AuditEntry.objects.count() == rows


# (an archived project whose film is live can still be taken offline)
@pytest.mark.parametrize("act", sorted(set(ROAD) - {"archive", "unpublish"}))
def test_a_refused_act_leaves_no_row(act: str) -> None:
    project, data = prepare(act)
    set_status(project, "archived")
    rows = AuditEntry.objects.count()
    assert post_act(client_of(make_person("editor_in_chief")), project, act, data).status_code in {403, 409}
    assert AuditEntry.objects.count() == rows


def test_a_new_brief_its_edit_and_its_start_are_three_rows() -> None:
    user = make_person("creator")
    client = client_of(user)
    brief = {
        "request_id": str(uuid4()),
        "concept": "How bees make honey",
        "age_group": "8-10",
        "source_notes": NOTES,
        "target_seconds": "60",
        "visual_style": "auto",
    }
    for _ in range(2):  # a repeat makes nothing new
        client.post(reverse("admin:pipeline_contentproject_add"), brief)
    project = ContentProject.objects.get()
    client.post(
        reverse("admin:pipeline_contentproject_brief", args=[project.pk]), brief | {"target_seconds": "70"}
    )
    post_act(client, project, "generate", {})
    entries = AuditEntry.objects.order_by("id")
    assert [(entry.verb, entry.actor) for entry in entries] == [
        ("create", user),
        ("edit_brief", user),
        ("generate", user),
    ]
    assert entries[1].after["fields"] == ["target_seconds"]


def test_the_clock_has_no_name_and_no_address() -> None:
    project = make_film(status="scheduled")
    ContentProject.objects.filter(pk=project.pk).update(publish_at=timezone.now() - timedelta(minutes=1))
    assert publishing.publish_due(timezone.now()) == 1
    entry = AuditEntry.objects.get(verb="publish")
    assert (entry.actor, entry.address) == (None, "")
    assert entry.before == {"status": "scheduled"}


def test_a_change_and_its_row_are_kept_or_lost_together() -> None:
    project = make_film()
    editor = make_person("editor_in_chief")

    @transaction.atomic
    def archive_and_fail() -> None:
        with auditing.audited(project.pk, "archive"):
            publishing.archive(project.pk, actor=editor, reason="No.")
        assert AuditEntry.objects.count() == 1
        raise RuntimeError

    with pytest.raises(RuntimeError):
        archive_and_fail()
    assert AuditEntry.objects.count() == 0
    project.refresh_from_db()
    assert project.status == "in_review"


def test_the_database_refuses_to_alter_or_remove_a_row() -> None:
    entry = auditing.record(actor=make_person("staff"), verb="show_name", target="student 12345678")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(reason="something else")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.all().delete()
    assert AuditEntry.objects.get().reason == ""


def test_an_address_is_cut_and_only_configured_proxies_are_believed() -> None:
    def cut(**headers: str) -> str:
        return auditing.cut_address(RequestFactory().get("/", **headers))  # type: ignore[arg-type]

    forged = {"REMOTE_ADDR": "192.0.2.9", "HTTP_X_FORWARDED_FOR": "198.51.100.1, 203.0.113.5"}
    assert cut(**forged) == "192.0.2.0/24"
    with override_settings(NUM_PROXIES=1):
        assert cut(**forged) == "203.0.113.0/24"
    assert cut(REMOTE_ADDR="2001:db8:1:2::3") == "2001:db8:1::/48"
    assert cut(REMOTE_ADDR="unknown") == ""


def test_the_trail_shows_each_role_what_its_scope_holds() -> None:
    owner, other = make_person("creator"), make_person("creator")
    mine = make_draft(owner)
    waiting = make_draft(other, status="in_review")
    staff = make_person("staff")
    one = auditing.record(actor=other, verb="generate", project=mine)
    two = auditing.record(actor=other, verb="rebuild", project=waiting)
    three = auditing.record(actor=staff, verb="show_name", target="student 12345678")
    expected = {
        owner: [one],
        other: [one, two],
        make_person("reviewer"): [two],
        staff: [three],
        make_person("operator"): [one, two, three],
        make_person("editor_in_chief"): [one, two, three],
        make_person(): [],
    }
    for user, entries in expected.items():
        assert list(policy.trail_scope(user).order_by("id")) == entries, user


def test_the_events_of_a_project_that_have_a_row_are_told_apart() -> None:
    project = make_film()
    auditing.record_event(project, "test")
    assert (
        ProjectEvent.objects.filter(pk__in=AuditEntry.objects.values("event_id")).get() == project.last_event
    )
