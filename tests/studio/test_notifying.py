"""News reaches the person it is about, every time, in the bell and gathered by mail."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline.models import ContentProject, ProjectEvent
from pipeline.planning import plan
from studio import notifying, publishing, reviewing
from studio.models import AuditEntry, Creator, Profile
from tests.studio.factories import make_draft, make_film, make_person, set_status
from tests.studio.test_admin_site import client_of

pytestmark = pytest.mark.django_db


def happen(
    project: ContentProject, reason: str, to: str, *, by: Creator | None = None, message: str = ""
) -> int:
    event = ProjectEvent.objects.create(
        project=project,
        from_status=project.status,
        to_status=to,
        reason=reason,
        actor=by,
        message=message,
    )
    return event.pk


def kinds_of(person: Creator) -> list[str]:
    return [one.kind for one in notifying.read_news(person)[1]]


def test_every_request_for_changes_is_news_the_third_like_the_first() -> None:
    project, reviewer = make_film(), make_person("reviewer")
    for number in range(3):
        happen(
            project, "creator:changes-requested", "needs_attention", by=reviewer, message=f"Slower {number}"
        )
    _, news, count = notifying.read_news(project.creator)
    assert [(one.kind, one.message, one.is_new) for one in news] == [
        ("changes", "Slower 2", True),
        ("changes", "Slower 1", True),
        ("changes", "Slower 0", True),
    ]
    assert count == 3


def test_what_people_and_the_machine_do_to_a_film_is_told_to_its_creator_alone() -> None:
    project = make_film()
    reviewer, editor = make_person("reviewer"), make_person("editor_in_chief")
    reviewing.approve(project.pk, reviewer=reviewer, film=plan(project).film)
    publishing.publish(project.pk, actor=editor)
    publishing.unpublish(project.pk, actor=editor, reason="A wrong date.")
    other = make_draft(project.creator)
    happen(other, "platform:provider-down", "needs_attention", message="The voice is away.")
    assert kinds_of(project.creator) == ["stopped", "offline", "published", "approved"]
    for stranger in (reviewer, editor, make_person("creator")):
        assert kinds_of(stranger) == []


def test_ones_own_acts_are_no_news() -> None:
    project = make_draft()
    happen(project, "creator:withdrawn", "needs_attention", by=project.creator)
    happen(project, "creator:cancelled", "needs_attention", by=project.creator)
    assert kinds_of(project.creator) == []


def test_the_bell_counts_what_is_new_until_it_is_read_and_costs_pages_nothing() -> None:
    project = make_film()
    happen(project, "creator:changes-requested", "needs_attention", by=make_person("reviewer"))
    client = client_of(project.creator)
    page = client.get("/admin/").content.decode()
    assert 'hx-get="/admin/bell/"' in page
    with CaptureQueriesContext(connection) as queries:
        bell = client.get("/admin/bell/")
    assert len(queries) <= 6
    assert "News, 1 new" in bell.content.decode()
    newest = bell.context["newest"]
    assert client.get("/admin/bell/seen/").status_code == 405
    client.post("/admin/bell/seen/", {"up_to": newest})
    assert "new</span>" not in client.get("/admin/bell/").content.decode()
    client.post("/admin/bell/seen/", {"up_to": "1"})  # never back
    assert notifying.read_news(project.creator)[2] == 0
    client.post("/admin/bell/seen/", {"up_to": str(2**62)})  # nor beyond what there is
    happen(project, "creator:changes-requested", "needs_attention", by=make_person("reviewer"))
    assert notifying.read_news(project.creator)[2] == 1


def test_one_mail_gathers_what_was_not_read_and_nothing_is_told_twice() -> None:
    project, reviewer = make_film(), make_person("reviewer")
    happen(project, "creator:changes-requested", "needs_attention", by=reviewer, message="Old.")
    assert notifying.send_digests() == 0  # the first run tells nothing old
    happen(project, "creator:changes-requested", "needs_attention", by=reviewer, message="Slower, please.")
    happen(project, "reviewer:approved", "approved", by=reviewer)
    assert (notifying.send_digests(), notifying.send_digests()) == (1, 0)
    [letter] = mail.outbox
    assert letter.to == [project.creator.email]
    assert letter.subject == "2 news from the studio"
    assert "Slower, please." in letter.body
    assert f"/admin/pipeline/contentproject/{project.pk}/review/" in letter.body
    assert "Old." not in letter.body


def test_a_mail_that_fails_is_sent_with_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    project, reviewer = make_film(), make_person("reviewer")
    notifying.send_digests()
    happen(project, "reviewer:approved", "approved", by=reviewer)

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("no relay")

    with monkeypatch.context() as patched:
        patched.setattr(notifying, "send_mail", fail)
        assert notifying.send_digests() == 0
    assert notifying.send_digests() == 1
    assert len(mail.outbox) == 1


def test_muted_kinds_and_read_news_come_by_no_mail() -> None:
    project, reviewer = make_film(), make_person("reviewer")
    person = project.creator
    notifying.send_digests()
    client = client_of(person)
    everything = [kind for kind in notifying.KINDS if kind != "approved"]
    client.post("/admin/profile/", {"single_keys": "1", "mail": everything})
    happen(project, "reviewer:approved", "approved", by=reviewer)
    read = happen(project, "creator:changes-requested", "needs_attention", by=reviewer)
    notifying.mark_seen(person, up_to=read)
    assert notifying.send_digests() == 0
    assert mail.outbox == []
    assert AuditEntry.objects.filter(verb="set_profile").count() == 1


def test_single_keys_can_be_switched_off() -> None:
    user = make_person("reviewer")
    client = client_of(user)
    assert "data-st-keys" not in client.get("/admin/bell/").content.decode()
    client.post("/admin/profile/", {"mail": list(notifying.KINDS)})
    assert Profile.objects.get(creator=user).single_keys is False
    assert 'data-st-keys="off"' in client.get("/admin/bell/").content.decode()


def test_a_reassigned_project_is_news_to_its_new_creator() -> None:
    project, to = make_draft(), make_person("creator")
    from studio.assigning import reassign  # noqa: PLC0415

    reassign(project.pk, actor=make_person("editor_in_chief"), to=to)
    assert kinds_of(to) == ["assigned"]
    set_status(project, "draft")
