"""One project's cost: expected beside paid, every attempt, reviewers' time; its cap is moved by one role."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipeline.models import Charge, ContentProject, ProjectEvent, StepRun
from studio import budgets
from studio.models import AuditEntry, Viewing
from tests.studio.factories import make_film, make_person
from tests.studio.test_admin_site import client_of
from tests.studio.test_cost import charge

pytestmark = pytest.mark.django_db

WHY = "Two more voices are worth it."


def page_of(project: ContentProject, what: str = "cost") -> str:
    return f"/admin/pipeline/contentproject/{project.pk}/{what}/"


def make_paid() -> ContentProject:
    """A film of 48 cents and of one attempt that failed for 12, expected to cost half a dollar."""
    project = make_film()
    StepRun.objects.filter(project=project, step="voice").update(attempt=2)
    charge(project, "script", "0.4800")
    charge(project, "voice", "0.1200")
    Charge.objects.filter(cost="0.1200").update(attempt=1)
    for estimate in ("0.30", "0.20"):
        ProjectEvent.objects.create(
            project=project, from_status="draft", to_status="generating", details={"estimate": estimate}
        )
    return project


def test_expected_stands_beside_paid_and_failed_attempts_count() -> None:
    project = make_paid()
    page = client_of(project.creator).get(page_of(project))
    shown = {name: page.context[name] for name in ("expected", "paid", "failed", "cap", "percent")}
    cap = budgets.cap_of(project)
    assert shown == {
        "expected": "$0.50",
        "paid": "$0.60",
        "failed": "$0.12",
        "cap": f"${cap:.2f}",
        "percent": int(100 * Decimal("0.60") / cap),
    }
    assert [(line.attempts, line.failed, line.cost) for line in page.context["lines"]] == [
        (1, 0, "$0.48"),
        (1, 1, "$0.12"),
    ]
    text = client_of(project.creator).get(page_of(project), {"as": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sum(Decimal(row["US dollars"]) for row in rows) == Decimal("0.60")
    listed = client_of(project.creator).get("/admin/cost/?by=project")
    assert [(line.expected_shown, line.link) for line in listed.context["lines"]] == [
        ("$0.50", page_of(project))
    ]


def test_reviewers_time_is_counted_and_the_creators_own_is_not() -> None:
    project, reviewer = make_film(), make_person("reviewer", display_name="Rosa")
    for person, seconds in ((reviewer, 300), (project.creator, 9000)):
        Viewing.objects.create(project=project, person=person, film="a:b", seconds_spent=seconds)
    Viewing.objects.create(project=project, person=reviewer, film="b:c", seconds_spent=120)
    assert budgets.read_reviewing(project) == [budgets.Reviewing("Rosa", 420)]
    assert client_of(project.creator).get(page_of(project)).context["minutes"] == "7 min"
    since = timezone.now() - timedelta(days=1)
    assert budgets.sum_reviewing(ContentProject.objects.all(), since=since) == 420


def test_the_editor_in_chief_moves_the_cap_once_and_the_trail_says_why() -> None:
    project, editor = make_film(), make_person("editor_in_chief")
    was = f"{budgets.cap_of(project):.4f}"
    client = client_of(editor)
    for _ in range(2):  # a double click
        answer = client.post(page_of(project, "cap"), {"cap": "$7,50", "was": was, "reason": WHY})
        assert answer.status_code == 302
    project.refresh_from_db()
    assert project.budget_cap == Decimal("7.5")
    entry = AuditEntry.objects.get(verb="set_budget")
    assert (entry.before, entry.after, entry.reason) == ({"cap": was}, {"cap": "7.5000"}, WHY)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"cap": "much"}, 400),
        ({"cap": "NaN"}, 400),
        ({"cap": "-1"}, 400),
        ({"cap": "100000"}, 400),
        ({"reason": "because"}, 400),
        ({"was": "0.0100"}, 409),
    ],
)
def test_what_is_wrong_with_a_cap_is_said_and_nothing_is_changed(change: dict[str, str], status: int) -> None:
    project = make_film()
    data = {"cap": "7.50", "was": f"{budgets.cap_of(project):.4f}", "reason": WHY}
    answer = client_of(make_person("editor_in_chief")).post(page_of(project, "cap"), data | change)
    assert answer.status_code == status
    assert "Nothing was changed." in answer.content.decode()
    project.refresh_from_db()
    assert (project.budget_cap, AuditEntry.objects.count()) == (None, 0)


@pytest.mark.parametrize("role", ["creator", "operator", "reviewer", "staff"])
def test_nobody_else_moves_a_cap(role: str) -> None:
    owner = make_person("creator")
    project = make_film(owner)
    user: Any = owner if role == "creator" else make_person(role)
    data = {"cap": "7.50", "was": f"{budgets.cap_of(project):.4f}", "reason": WHY}
    assert client_of(user).post(page_of(project, "cap"), data).status_code in {403, 404}
    assert client_of(make_person("creator")).get(page_of(project)).status_code == 404
    project.refresh_from_db()
    assert (project.budget_cap, AuditEntry.objects.count()) == (None, 0)


def test_the_page_stays_within_its_budget() -> None:
    project = make_paid()
    client = client_of(make_person("editor_in_chief"))
    client.get(page_of(project))
    with CaptureQueriesContext(connection) as queries:
        client.get(page_of(project))
    assert len(queries) <= 10
