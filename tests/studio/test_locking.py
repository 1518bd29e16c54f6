"""Edit locks lapse, are taken over, and are handed over with what was typed."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from pipeline.planning import plan
from studio import locking, reviewing
from studio.models import EditLock
from tests.clients import assert_problem, creator_client
from tests.studio.factories import film_of, make_film, make_person
from tests.studio.test_admin_projects import act
from tests.studio.test_admin_site import client_of

pytestmark = pytest.mark.django_db


def test_one_person_edits_and_a_crashed_one_holds_nobody_up_for_long() -> None:
    project, now = make_film(), timezone.now()
    first, second = make_person("editor_in_chief", display_name="Ada"), make_person("editor_in_chief")
    locking.take_lock(project.pk, person=first, now=now)
    with pytest.raises(locking.Locked, match="Ada is editing this project"):
        locking.take_lock(project.pk, person=second, now=now + timedelta(minutes=2, seconds=59))
    locking.take_lock(project.pk, person=first, now=now + timedelta(minutes=2))  # a heartbeat
    with pytest.raises(locking.Locked):
        locking.take_lock(project.pk, person=second, now=now + timedelta(minutes=4))
    taken = locking.take_lock(project.pk, person=second, now=now + timedelta(minutes=5, seconds=1))
    assert (taken.holder, EditLock.objects.count()) == (second, 1)
    locking.release_lock(project.pk, person=first)
    assert EditLock.objects.count() == 1


def test_a_hand_over_gives_the_lock_and_the_unsaved_text_to_who_asked() -> None:
    project, now = make_film(), timezone.now()
    first, second, third = (make_person("editor_in_chief") for _ in range(3))
    locking.take_lock(project.pk, person=first, now=now)
    assert locking.hand_over(project.pk, person=first, draft={}, now=now) is None  # nobody has asked
    locking.ask_for_lock(project.pk, person=second, now=now)
    locking.ask_for_lock(project.pk, person=third, now=now)
    assert locking.hand_over(project.pk, person=second, draft={}, now=now) is None  # it is not theirs to give
    lock = locking.hand_over(project.pk, person=first, draft={"narration-2": "Half a sent"}, now=now)
    assert lock is not None
    assert (lock.holder, lock.draft, lock.asked_by) == (second, {"narration-2": "Half a sent"}, None)


def test_a_lock_stops_others_edits_and_verdicts_and_not_the_holders() -> None:
    project, holder = make_film(), make_person("editor_in_chief", display_name="Ada")
    locking.take_lock(project.pk, person=holder, now=timezone.now())
    data = {"position": "1", "version": "0", "narration": "Bees live in a big colony."}
    refused = act(client_of(project.creator), project, "edit-scene", **data)
    assert refused.status_code == 409
    assert b"Ada is editing this project" in refused.content
    with pytest.raises(reviewing.BeingEdited):
        reviewing.approve(project.pk, reviewer=make_person("reviewer"), film=film_of(project.pk))
    assert act(client_of(holder), project, "edit-scene", **data).status_code == 302


def test_the_api_is_held_to_the_lock_as_the_page_is() -> None:
    project = make_film()
    locking.take_lock(project.pk, person=make_person("editor_in_chief"), now=timezone.now())
    client = creator_client(project.creator)
    at = f"/api/creator/projects/{project.pk}"
    before = plan(project).scenes[1].narration
    call = {"request_id": str(uuid4())}
    for answer in (
        client.patch(f"{at}/scenes/1", {"narration": "Bees sing."}),
        client.post(f"{at}/scenes/1/regenerate", {**call, "part": "voice"}),
        client.post(f"{at}/rebuild", call),
    ):
        assert_problem(answer, 409, "locked")
    project.refresh_from_db()
    assert (plan(project).scenes[1].narration, project.status) == (before, "in_review")
    locking.release_lock(project.pk, person=project.edit_lock.holder)
    assert client.post(f"{at}/scenes/1/regenerate", {**call, "part": "voice"}).status_code == 202
