"""Queries and weight of every page of the studio, with years of work in the database (07, test 40)."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline.models import ContentProject, Scene
from tests.studio.crowds import CHECKS, fill_studio
from tests.studio.factories import make_person
from tests.studio.test_admin_site import client_of

pytestmark = pytest.mark.django_db

LIST = "/admin/pipeline/contentproject/"
SESSION = 3  # of every page: session, person, roles
# address → (queries, KB gzipped), as chapter 07 gives them; a part has its session on top
BUDGETS: dict[str, tuple[int, int]] = {
    "/admin/": (12, 25),
    "/admin/blocks/measures/": (12, 25),
    "/admin/blocks/charts/": (12, 25),
    "/admin/blocks/tracker/": (12, 25),
    "/admin/blocks/health/": (12, 25),
    LIST: (15, 60),
    LIST + "?view=needs-me": (15, 60),
    LIST + "?view=generating": (15, 60),
    LIST + "?findings=block&cost=near&updated=older": (15, 60),
    LIST + "?q=thing": (15, 60),
    LIST + "add/": (10, 30),
    LIST + "batch/": (10, 30),
}


def measure(client: Any, address: str, **headers: str) -> tuple[int, float]:
    with CaptureQueriesContext(connection) as queries:
        response = client.get(address, headers=headers)
    assert response.status_code == 200, address
    return len(queries), len(gzip.compress(response.content)) / 1000


def test_every_page_stays_within_its_queries_and_its_weight() -> None:
    people = [make_person("creator") for _ in range(10)]
    fill_studio(people)
    assert ContentProject.objects.count() == 5000
    assert Scene.objects.count() > 60_000
    assert CHECKS * ContentProject.objects.count() == 100_000
    editor = client_of(make_person("editor_in_chief"))
    for client in (editor, client_of(people[0])):
        for address, (queries, weight) in BUDGETS.items():
            found = measure(client, address)
            assert (found[0] <= queries, found[1] <= weight) == (True, True), (address, found)
    for block in ("measures", "charts", "tracker", "health"):
        found = measure(editor, f"/admin/blocks/{block}/", **{"HX-Request": "true"})
        assert found[1] <= 6, (block, found)
    some = ContentProject.objects.filter(status="generating")[:25]
    poll = LIST + "states/?" + "&".join(f"id={project.pk}" for project in some)
    found = measure(editor, poll)
    assert (found[0] <= 3 + SESSION, found[1] <= 6) == (True, True), found
    found = measure(editor, f"{LIST}{some[0].pk}/row/")
    assert (found[0] <= 4 + SESSION, found[1] <= 6) == (True, True), found
