"""The order of scenes by the page's addresses: rights, locks, one row each, and what points at a scene."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.urls import reverse

from pipeline.models import ContentProject
from pipeline.planning import plan
from studio import commenting, locking
from studio.models import AuditEntry, ChangeItem, Comment
from tests.pipeline.test_arranging import two_told
from tests.studio import bending
from tests.studio.factories import make_film, make_person
from tests.studio.test_admin_site import client_of, review_of

pytestmark = pytest.mark.django_db
PARTS = {"X-Studio-Parts": "1"}


def send(client: Any, project: ContentProject, act: str, **data: object) -> Any:
    address = reverse("admin:pipeline_contentproject_act", args=[project.pk, act])
    return client.post(address, {key: str(value) for key, value in data.items()}, headers=PARTS)


def narrations(project: ContentProject) -> list[str]:
    return [scene.narration for scene in plan(project).scenes]


def test_each_edit_of_the_order_is_one_row_and_is_undone_on_a_click() -> None:
    project = make_film(status="needs_attention")
    client = client_of(project.creator)
    before = narrations(project)
    for act, data in (
        ("merge-scenes", {"position": two_told(project)}),
        ("move-scene", {"position": 2, "to": 3}),
        ("remove-scene", {"position": 2}),
        ("add-scene", {"position": 1, "new_narration": "Bees need water too."}),
    ):
        rows = AuditEntry.objects.count()
        scene = plan(project).scenes[int(str(data["position"]))]
        answer = send(client, project, act, version=scene.version, **data)
        assert answer.status_code == 200, answer.json()["said"]
        assert "To be made anew" in answer.json()["parts"]["st-script"] or act == "remove-scene"
        entry = AuditEntry.objects.order_by("id").last()
        assert entry is not None
        assert (AuditEntry.objects.count(), entry.verb) == (rows + 1, act.replace("-", "_"))
        assert "rows" not in entry.after
    for _ in range(4):
        undoable = client.get(review_of(project)).context["undoable"]
        assert send(client, project, "undo-edit", event=undoable.event).status_code == 200
    assert narrations(project) == before
    assert client.get(review_of(project)).context["undoable"] is None


def test_comments_and_requested_changes_go_with_their_scene() -> None:
    project = make_film(status="needs_attention")
    person = project.creator
    commenting.add_comment(project.pk, person=person, text="Here.", scene=2)
    commenting.add_comment(project.pk, person=person, text="There.", scene=3)
    ChangeItem.objects.create(project=project, text="Slower", scene=2)
    client = client_of(person)
    assert send(client, project, "move-scene", position=2, version=0, to=4).status_code == 200
    assert list(Comment.objects.order_by("created_at").values_list("scene", flat=True)) == [4, 2]
    assert ChangeItem.objects.get().scene == 4
    version = plan(project).scenes[2].version
    assert send(client, project, "remove-scene", position=2, version=version).status_code == 200
    assert list(Comment.objects.order_by("created_at").values_list("scene", flat=True)) == [3, None]


def test_who_may_not_arrange_is_refused_and_nothing_moves() -> None:
    project = make_film()
    before = narrations(project)
    for person, status in (
        (make_person("reviewer"), 403),
        (make_person("creator"), 404),
        (make_person("operator"), 403),
    ):
        answer = send(client_of(person), project, "move-scene", position=2, version=0, to=3)
        assert answer.status_code == status
    bending.lock(project, make_person("editor_in_chief", display_name="Ada"))
    answer = send(client_of(project.creator), project, "move-scene", position=2, version=0, to=3)
    assert (answer.status_code, "Ada is editing" in answer.json()["said"]) == (409, True)
    locking.release_lock(project.pk, person=project.edit_lock.holder)
    answer = send(client_of(project.creator), project, "move-scene", position=2, version=7, to=3)
    assert (answer.status_code, "Somebody else" in answer.json()["said"]) == (409, True)
    assert narrations(project) == before


def test_the_page_with_everything_that_can_be_edited_stays_within_its_budget(
    django_assert_max_num_queries: Any,
) -> None:
    project = make_film(status="needs_attention")
    client = client_of(project.creator)
    client.get(review_of(project))
    with django_assert_max_num_queries(20):
        answer = client.get(review_of(project))
    assert len(gzip.compress(answer.content)) < 40_000
    assert answer.context["can_arrange"]
