"""The list: views with counts, filters, one poll, opened rows, and several rows at once."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from pipeline.models import Charge, ContentProject, StepRun
from studio import assigning, policy
from studio.models import AuditEntry, SavedView
from tests.studio import factories
from tests.studio.factories import make_draft, make_film, make_person, set_status
from tests.studio.test_admin_site import client_of

pytestmark = pytest.mark.django_db

LIST = "/admin/pipeline/contentproject/"
BULK = LIST + "bulk/"


def titles(client: Client, query: str) -> list[str]:
    return sorted(row.title for row in client.get(LIST + query).context["cl"].rows)


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


# --------------------------------------------------------------------------- views


def test_each_view_counts_what_it_lists_for_every_role() -> None:
    owner, other = make_person("creator"), make_person("creator")
    for status in ContentProject.Status:
        make_draft(owner, concept_prompt=f"Mine {status}", status=status)
        make_draft(other, concept_prompt=f"Theirs {status}", status=status)
    people = [owner, *(make_person(role) for role in policy.ROLES), make_person(is_superuser=True)]
    for user in people:
        client = client_of(user)
        for tab in client.get(LIST).context["tabs"]:
            response = client.get(tab.link)
            assert response.context["cl"].result_count == tab.count, (user, tab)
            assert [one.title for one in response.context["tabs"] if one.active] == [tab.title]


def test_what_needs_me_depends_on_the_role_and_never_holds_my_own_work_to_judge() -> None:
    owner, reviewer = make_person("creator"), make_person("reviewer")
    make_draft(owner, concept_prompt="A draft")
    make_draft(owner, concept_prompt="Waiting", status="in_review")
    edited = make_draft(owner, concept_prompt="Edited by the reviewer", status="in_review")
    factories.author(edited, reviewer)
    handed = make_draft(owner, concept_prompt="Handed over", status="in_review")
    both = make_person("creator")
    both.groups.add(reviewer.groups.get())
    assigning.reassign(handed.pk, actor=make_person("editor_in_chief"), to=make_person("creator"))
    assert titles(client_of(owner), "?view=needs-me") == ["A draft"]
    assert titles(client_of(reviewer), "?view=needs-me") == ["Handed over", "Waiting"]
    owner.groups.add(reviewer.groups.get())
    assert titles(client_of(owner), "?view=needs-me") == ["A draft"]


def test_each_view_has_its_own_words_where_it_is_empty() -> None:
    client = client_of(make_person("creator"))
    assert b"Nothing waits for you." in client.get(LIST + "?view=needs-me").content
    assert b"No film has a date." in client.get(LIST + "?view=scheduled").content
    assert b"Clear the search and filters" in client.get(LIST + "?q=nothing").content


def test_a_person_keeps_views_of_their_own_and_forgets_them() -> None:
    user = make_person("creator")
    client = client_of(user)
    kept = client.post(LIST + "views/", {"name": "Young ones", "query": "age_group=5-7&p=2"})
    assert kept.headers["Location"] == LIST + "?age_group=5-7"
    [tab] = [tab for tab in client.get(kept.headers["Location"]).context["tabs"] if tab.own]
    assert (tab.title, tab.link, tab.active) == ("Young ones", LIST + "?age_group=5-7", True)
    stranger = client_of(make_person("creator"))
    assert not [tab for tab in stranger.get(LIST).context["tabs"] if tab.own]
    assert stranger.post(LIST + "views/", {"forget": tab.own}).status_code == 404
    assert client.post(LIST + "views/", {"name": "Young ones", "query": "q=bees"}).status_code == 302
    assert client.post(LIST + "views/", {"name": "", "query": "q=bees"}).status_code == 302
    assert SavedView.objects.count() == 1
    client.post(LIST + "views/", {"forget": tab.own})
    assert SavedView.objects.count() == 0
    assert list(AuditEntry.objects.order_by("id").values_list("verb", flat=True)) == [
        "keep_view",
        "forget_view",
    ]


# --------------------------------------------------------------------------- filters and rows


def test_filters_find_by_finding_money_reviewer_and_time() -> None:
    owner = make_person("creator")
    dear = make_film(owner, concept_prompt="Dear")
    # An id begins with the millisecond it was made in; the others of this test may share theirs.
    old = make_draft(
        owner,
        id="01890000-0000-7000-8000-000000000001",
        concept_prompt="Old",
        updated_at=timezone.now() - timedelta(days=60),
    )
    blocked = make_film(owner, concept_prompt="Blocked")
    factories.block(blocked)
    run = StepRun.objects.filter(project=dear).first()
    assert run is not None
    Charge.objects.create(
        run=run,
        project=dear,
        creator=owner,
        token=run.pk,
        attempt=1,
        provider="x",
        reserved="1.50",
        cost="1.20",
    )
    ContentProject.objects.filter(pk=dear.pk).update(budget_cap="1.25", title="Dear")
    ContentProject.objects.filter(pk=blocked.pk).update(title="Blocked")
    client = client_of(owner)
    for query, expected in (
        ("?cost=paid", ["Dear"]),
        ("?cost=near", ["Dear"]),
        ("?cost=free", ["Blocked", "Old"]),
        ("?findings=block", ["Blocked"]),
        ("?findings=none", ["Old"]),
        ("?updated=older", ["Old"]),
        ("?updated=day", ["Blocked", "Dear"]),
        (f"?q={str(old.pk)[:13]}", ["Old"]),
        ("?q=x", ["Blocked", "Dear", "Old"]),  # one letter is no search
        ("?view=mine&cost=nonsense", ["Blocked", "Dear", "Old"]),
    ):
        assert titles(client, query) == expected, query
    [row] = [row for row in client.get(LIST).context["cl"].rows if row.title == "Dear"]
    assert (row.cost, row.cap) == ("$1.20", "$1.25")


def test_48_cents_read_as_48_cents() -> None:
    project = make_film()
    run = StepRun.objects.filter(project=project).first()
    assert run is not None
    Charge.objects.create(
        run=run,
        project=project,
        creator=project.creator,
        token=run.pk,
        attempt=1,
        provider="x",
        reserved="0.50",
        cost="0.48",
    )
    [row] = client_of(project.creator).get(LIST).context["cl"].rows
    assert row.cost == "$0.48"


def test_one_poll_brings_the_cells_of_visible_rows_and_says_which_still_work() -> None:
    owner = make_person("creator")
    working, done = make_draft(owner), make_draft(owner, status="in_review")
    foreign = make_draft(status="generating")
    set_status(working, "generating")
    query = "".join(f"&id={project.pk}" for project in (working, done, foreign)) + "&id=nonsense"
    answer = client_of(owner).get(LIST + "states/?" + query).json()
    assert set(answer["cells"]) == {str(working.pk), str(done.pk)}
    assert answer["working"] == [str(working.pk)]
    assert "Writing the script" in answer["cells"][str(working.pk)]
    assert client_of(owner).post(LIST + "states/").status_code == 405


def test_an_opened_row_shows_findings_verdict_and_events_to_who_may_see_them() -> None:
    project = make_film()
    factories.block(project)
    text = client_of(project.creator).get(f"{LIST}{project.pk}/row/").content.decode()
    assert "A word that children must not hear" in text
    assert "the machine" in text
    assert client_of(make_person("creator")).get(f"{LIST}{project.pk}/row/").status_code == 404


# --------------------------------------------------------------------------- several at once


def test_mixed_rows_are_sorted_into_can_and_cannot_before_anything_changes() -> None:
    owner = make_person("creator")
    stopped = [make_draft(owner, status="needs_attention") for _ in range(2)]
    others = [make_draft(owner), make_draft(owner, status="published")]
    foreign = make_draft(status="needs_attention")
    rows = AuditEntry.objects.count()
    chosen = {"act": "retry", "project": [str(project.pk) for project in (*stopped, *others, foreign)]}
    client = client_of(owner)
    asked = client.post(BULK, chosen)
    assert "4 selected · 2 can · 2 cannot" in asked.content.decode()
    assert "costs about $0.00 in all" in asked.content.decode()
    assert {one.why_not for one in asked.context["cannot"]} == {
        "This is not possible while a project is draft.",
        "This is not possible while a project is published.",
    }
    assert AuditEntry.objects.count() == rows
    done = client.post(BULK, chosen | {"confirmed": "1"}, follow=True)
    assert "Retry: 2 of 4 done." in messages_of(done)
    for project in stopped:
        project.refresh_from_db()
        assert project.status == "generating"
    foreign.refresh_from_db()
    assert foreign.status == "needs_attention"
    assert AuditEntry.objects.filter(verb="retry").count() == 2
    again = client.post(BULK, chosen | {"confirmed": "1"}, follow=True)
    assert len(messages_of(again)) == 4  # every row says why not
    assert AuditEntry.objects.filter(verb="retry").count() == 2


def test_assigning_gives_projects_to_a_creator_and_the_former_one_never_judges_them() -> None:
    former = make_person("creator")
    project = make_film(former)
    to = make_person("creator")
    editor = client_of(make_person("editor_in_chief"))
    chosen = {"act": "assign", "project": [str(project.pk)], "confirmed": "1"}
    assert editor.post(BULK, chosen).status_code == 400
    project.refresh_from_db()
    assert project.creator == former
    editor.post(BULK, chosen | {"person": str(to.pk)})
    project.refresh_from_db()
    assert project.creator == to
    former.groups.add(make_person("reviewer").groups.get())
    refusal = policy.refusal(former, "approve", project)
    assert refusal is not None
    assert refusal.code == "own-work"
    with pytest.raises(assigning.AssignmentRefused):
        assigning.reassign(project.pk, actor=make_person("editor_in_chief"), to=make_person("staff"))
    assert client_of(to).post(BULK, chosen | {"person": str(former.pk)}).status_code == 302
    project.refresh_from_db()
    assert project.creator == to


def test_films_are_scheduled_one_after_the_other() -> None:
    projects = [make_film(status="approved") for _ in range(3)]
    editor = client_of(make_person("editor_in_chief"))
    begin = (datetime.now(UTC) + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    chosen = {"act": "schedule", "project": [str(one.pk) for one in projects], "confirmed": "1"}
    for wrong in (
        {"begin": "soon", "hours": "24"},
        {"begin": "2020-01-01T09:00", "hours": "24"},
        {"begin": f"{begin:%Y-%m-%dT%H:%M}", "hours": "0"},
    ):
        assert editor.post(BULK, chosen | wrong).status_code == 400
    editor.post(BULK, chosen | {"begin": f"{begin:%Y-%m-%dT%H:%M}", "hours": "36"})
    times = ContentProject.objects.order_by("publish_at").values_list("publish_at", flat=True)
    assert list(times) == [begin + timedelta(hours=36 * number) for number in range(3)]


def test_the_export_holds_the_chosen_rows_of_the_scope_and_no_formula() -> None:
    owner = make_person("creator")
    mine = make_draft(owner, concept_prompt='=HYPERLINK("http://example.org")')
    foreign = make_draft()
    response = client_of(owner).post(BULK, {"act": "export", "project": [str(mine.pk), str(foreign.pk)]})
    [head, row] = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert head[1] == "title"
    assert row[1] == '\'=HYPERLINK("http://example.org")'
    assert response.headers["Content-Disposition"] == 'attachment; filename="projects.csv"'


def test_there_is_no_bulk_verdict_and_nothing_without_rows() -> None:
    project = make_film()
    reviewer = client_of(make_person("reviewer"))
    for act in ("approve", "reject", "archive", ""):
        assert reviewer.post(BULK, {"act": act, "project": [str(project.pk)]}).status_code == 404
    assert reviewer.post(BULK, {"act": "retry"}).status_code == 302
    assert reviewer.get(BULK).status_code == 405
