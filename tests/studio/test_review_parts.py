"""The small addresses of the review page: scoped, refused in words, harmless when repeated."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from pipeline.planning import plan
from studio import overriding
from studio.admin.film_view import asset_address
from studio.admin.findings_view import show_evidence
from studio.models import EditLock, Viewing
from studio.releasing import list_conditions
from tests.studio import bending
from tests.studio.factories import film_of, make_film, make_person
from tests.studio.test_admin_site import client_of, review_of

pytestmark = pytest.mark.django_db


def tell(client: Client, address: str, **body: Any) -> Any:
    return client.post(address, json.dumps(body), content_type="application/json")


def test_a_report_of_playing_counts_for_who_made_it_and_for_this_film_only() -> None:
    project = make_film()
    address = review_of(project).replace("review/", "watch/")
    reviewer = make_person("reviewer")
    report = {"film": film_of(project.pk), "ranges": [[0, 10]], "seconds": 12}
    answer = tell(client_of(reviewer), address, **report)
    assert answer.status_code == 200
    assert answer.json() == {"share": Viewing.objects.get(person=reviewer).share, "is_enough": False}
    for client, changes, status in (
        (client_of(reviewer), {"film": "a.b"}, 409),
        (client_of(reviewer), {"ranges": [["x", 1]]}, 409),
        (client_of(make_person("operator")), {}, 403),
        (client_of(make_person("creator")), {}, 404),
    ):
        assert tell(client, address, **report | changes).status_code == status
    assert Viewing.objects.count() == 1
    assert client_of(reviewer).get(address).status_code == 405


def test_a_lock_is_taken_by_who_may_edit_and_nobody_else() -> None:
    project = make_film()
    address = review_of(project).replace("review/", "lock/")
    owner = client_of(project.creator)
    assert tell(owner, address, do="take").json()["is_mine"] is True
    assert tell(owner, address, do="fly").status_code == 400
    editor = client_of(make_person("editor_in_chief"))
    assert tell(editor, address, do="take").json()["code"] == "locked"
    assert tell(editor, address, do="ask").json()["asked_by"] != ""
    assert tell(client_of(make_person("operator")), address, do="take").status_code == 403
    assert tell(client_of(make_person("creator")), address, do="take").status_code == 404
    assert tell(owner, address, do="release").json() == {
        "holder": "",
        "is_mine": False,
        "asked_by": "",
        "draft": {},
    }
    assert EditLock.objects.count() == 0


def test_evidence_comes_on_demand_within_its_queries(django_assert_max_num_queries: Any) -> None:
    project = make_film()
    bending.warn(project, field="scenes.3.narration", rule="accuracy.contradicts-notes", quote="<b>bees</b>")
    present = plan(project)
    assert present.qa_run is not None
    [one] = [
        found
        for found in overriding.find_checks(present, (present.qa_run.output or {})["results"])
        if found.rule == "accuracy.contradicts-notes"
    ]
    address = review_of(project).replace("review/", f"evidence/{one.key}/")
    client = client_of(make_person("reviewer"))
    client.get(address)
    with django_assert_max_num_queries(6):  # session, person, roles, and three of its own
        answer = client.get(address)
    assert b"&lt;b&gt;bees&lt;/b&gt;" in answer.content
    assert len(answer.content) < 6_000
    assert client.get(address.replace(one.key, "0" * 64)).status_code == 404
    assert client_of(make_person("creator")).get(address).status_code == 404


@pytest.mark.parametrize(
    ("facts", "at", "frame"),
    [
        # the middle of each second of a scene: a second one of 2.4 s begins its own row at 2.4
        ({"frame_seconds": [0.5, 1.5, 2.9, 3.9]}, 2.6, "frame-002.jpg"),
        ({"frame_seconds": [0.5, 1.5, 2.9, 3.9]}, 2.1, "frame-001.jpg"),
        ({"frame_seconds": [0.5, 1.5, 2.9, 3.9]}, 60.0, "frame-003.jpg"),
        ({}, 2.6, "frame-002.jpg"),  # a film made before they were told
        ({"frame_seconds": [0.5]}, 3.4, "frame-003.jpg"),  # not as many as frames: as if untold
        ({"frame_files": []}, 2.6, ""),
    ],
)
def test_the_frame_of_a_finding_is_the_one_nearest_to_its_second(
    facts: dict[str, Any], at: float, frame: str
) -> None:
    project = make_film()
    film = plan(project).film_run
    assert film is not None
    names = [f"frame-{number:03}.jpg" for number in range(4)]
    film.output = {**(film.output or {}), "frame_files": names, **facts}
    film.made = {**film.made, **dict.fromkeys(names, "0" * 64)}
    check = {"id": "content.frame", "evidence": {"at_s": at}}
    shown = show_evidence(project, check, {}, film)
    assert shown.frame == (asset_address(film, frame) if frame else "")
    assert show_evidence(project, {"id": "x", "evidence": None}, {}, film).frame == ""


def test_what_a_film_lacks_is_named_before_it_goes_out() -> None:
    present = plan(make_film())
    whole = list_conditions(film_run=present.film_run, qa_run=present.qa_run, is_approved_film=True)
    assert [one.is_met for one in whole] == [True] * 6
    bare = list_conditions(film_run=None, qa_run=None, is_approved_film=False)
    assert [one.text for one in bare if not one.is_met] == [
        "The present film is the one that was approved",
        "Captions",
        "Thumbnail",
        "Ladder for slow networks",
        "Three questions",
    ]
