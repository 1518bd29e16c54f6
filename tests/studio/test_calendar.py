"""The calendar's page: who sees what, placing and moving, and refusals that change nothing."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipeline.models import ContentProject
from studio import publishing
from studio.models import AuditEntry
from tests.studio.factories import make_draft, make_film, make_person
from tests.studio.test_admin_site import client_of

pytestmark = pytest.mark.django_db

PAGE = "/admin/calendar/"
CHANGE = "/admin/calendar/change/"
JULY = datetime(2031, 7, 7, 9, tzinfo=UTC)


def put(at: datetime, title: str = "", **fields: Any) -> ContentProject:
    """A scheduled project, without the film that only publishing needs."""
    return make_draft(status="scheduled", publish_at=at, concept_prompt=title or "A film", **fields)


def july(**more: str) -> dict[str, str]:
    return {"month": "2031-07", "zone": "UTC"} | more


def test_a_month_shows_what_is_planned_what_waits_gaps_and_conflicts() -> None:
    put(JULY, "Bees")
    put(JULY + timedelta(days=31), "In August")
    make_draft(status="approved", concept_prompt="Waiting film")
    client = client_of(make_person("editor_in_chief"))
    text = client.get(PAGE, july()).content.decode()
    assert "July 2031" in text
    assert "Bees" in text
    assert "In August" not in text
    assert "Waiting film" in text
    assert "Nothing goes out for 6 days" in text  # the 1st to the 6th
    listed = client.get(PAGE, july(**{"as": "list"})).content.decode()
    assert 'id="day-2031-07-07"' in listed
    assert 'id="day-2031-07-08"' not in listed


def test_days_are_those_of_the_chosen_zone() -> None:
    put(datetime(2031, 7, 7, 23, 30, tzinfo=UTC), "Late film")
    client = client_of(make_person("editor_in_chief"))
    text = client.get(PAGE, july(zone="Europe/Berlin", **{"as": "list"})).content.decode()
    assert 'id="day-2031-07-08"' in text
    assert ">01:30</time>" in text
    for nonsense in ({"zone": "../../etc/passwd"}, {"zone": "Europe"}, {"month": "2031-13"}, {"month": "x"}):
        assert client.get(PAGE, nonsense).status_code == 200


def test_everybody_sees_their_scope_and_only_the_editor_in_chief_plans() -> None:
    project = put(JULY, "Bees")
    own, other = client_of(project.creator), client_of(make_person("creator"))
    assert b"Bees" in own.get(PAGE, july()).content
    assert b"Bees" not in other.get(PAGE, july()).content
    assert b"st-drop" not in own.get(PAGE, july()).content
    move = july(project=str(project.pk), was=JULY.isoformat(), day="2031-07-09", act="plan")
    assert own.post(CHANGE, move).status_code == 403
    assert other.post(CHANGE, move).status_code == 404
    assert own.get(CHANGE).status_code == 405
    project.refresh_from_db()
    assert project.publish_at == JULY
    assert AuditEntry.objects.count() == 0


def test_a_drop_moves_to_the_day_and_a_second_one_of_the_old_page_is_refused() -> None:
    project = put(JULY, "Bees")
    client = client_of(make_person("editor_in_chief"))
    move = july(project=str(project.pk), was=JULY.isoformat(), day="2031-07-09", act="plan")
    answer = client.post(CHANGE, move)
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}?month=2031-07&zone=UTC#day-2031-07-09")
    project.refresh_from_db()
    assert project.publish_at == JULY + timedelta(days=2)
    stale = client.post(CHANGE, move | {"day": "2031-07-20"})
    assert stale.status_code == 409
    assert b"Somebody has moved this film" in stale.content
    project.refresh_from_db()
    assert project.publish_at == JULY + timedelta(days=2)
    assert AuditEntry.objects.filter(verb="move_schedule").count() == 1


def test_the_form_places_moves_and_takes_out() -> None:
    project = make_film(status="approved")
    client = client_of(make_person("editor_in_chief"))
    form = client.get(PAGE, july(place=str(project.pk), day="2031-07-09")).content.decode()
    assert 'value="2031-07-09T09:00"' in form
    base = july(project=str(project.pk), act="plan")
    assert client.post(CHANGE, base | {"at": "2031-07-09T09:00"}).status_code == 302
    project.refresh_from_db()
    assert (project.status, project.publish_at) == ("scheduled", datetime(2031, 7, 9, 9, tzinfo=UTC))
    was = project.publish_at
    assert was is not None
    moved = base | {"at": "2031-07-10T12:00", "was": was.isoformat()}
    assert client.post(CHANGE, moved).status_code == 302
    assert client.post(CHANGE, base | {"act": "unplan", "was": was.isoformat()}).status_code == 302
    project.refresh_from_db()
    assert (project.status, project.publish_at) == ("approved", None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"at": "next week"}, "The date cannot be read."),
        ({"at": "2020-01-01T09:00"}, "This time has passed."),
        ({"project": "nothing", "at": "2031-07-09T09:00"}, "Choose a film."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(change: dict[str, str], words: str) -> None:
    project = make_film(status="approved")
    client = client_of(make_person("editor_in_chief"))
    answer = client.post(CHANGE, july(project=str(project.pk), act="plan") | change)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    project.refresh_from_db()
    assert project.status == "approved"
    assert AuditEntry.objects.count() == 0


def test_films_that_went_out_stand_at_their_moment() -> None:
    project = make_film(status="approved")
    video = publishing.publish(project.pk, actor=make_person("editor_in_chief"))
    assert video is not None
    month = f"{timezone.now():%Y-%m}"
    text = client_of(make_person("reviewer", email="r@example.org")).get(PAGE, {"month": month})
    assert text.status_code == 200
    text = client_of(make_person("editor_in_chief")).get(PAGE, {"month": month})
    assert "Out since" in text.content.decode()


def test_the_page_stays_in_its_budget_with_a_full_month() -> None:
    for number in range(60):
        put(JULY + timedelta(hours=9 * number), f"Film {number}")
    for _ in range(20):
        make_draft(status="approved")
    client = client_of(make_person("editor_in_chief"))
    client.get(PAGE, july())
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(PAGE, july())
    assert len(queries) <= 6
    assert len(gzip.compress(answer.content)) <= 30_000
