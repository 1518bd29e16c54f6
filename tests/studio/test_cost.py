"""What a film cost is the same in header, table and CSV; an unknown price is never 0."""

from __future__ import annotations

import csv
import gzip
import io
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline.models import Charge, ContentProject, StepRun
from studio.admin.cost import WAYS
from tests.studio.factories import make_film, make_person
from tests.studio.test_admin_site import client_of

pytestmark = pytest.mark.django_db

COST = "/admin/cost/"


def charge(project: ContentProject, step: str, cost: str | None, reserved: str = "0") -> None:
    run = StepRun.objects.filter(project=project, step=step).first()
    assert run is not None
    Charge.objects.create(
        run=run,
        project=project,
        creator=project.creator,
        token=uuid4(),
        attempt=run.attempt,
        provider="openai",
        reserved=Decimal(reserved),
        cost=None if cost is None else Decimal(cost),
    )


def read_csv(client: Any, query: str) -> list[list[str]]:
    text = client.get(f"{COST}?as=csv&{query}").content.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


@pytest.mark.parametrize("way", sorted(WAYS))
def test_header_table_and_csv_have_the_same_sum(way: str) -> None:
    project = make_film()
    for step, cost in (("script", "0.4800"), ("visuals", "0.0123"), ("voice", "1.1000"), ("voice", "0.3000")):
        charge(project, step, cost)
    charge(project, "visuals", None, reserved="0.2000")  # a worker that died: it may have been billed
    client = client_of(project.creator)
    page = client.get(f"{COST}?by={way}")
    assert page.context["total"] == "$2.09"
    assert sum(line.total for line in page.context["lines"]) == Decimal("2.0923")
    assert sum(Decimal(row[-1]) for row in read_csv(client, f"by={way}")) == Decimal("2.0923")
    bars = page.context["chart"].legend[0].values
    assert sum(Decimal(str(value)) for value in bars) == Decimal("2.0923")


def test_48_cents_read_as_48_cents_and_an_unknown_price_is_a_question() -> None:
    project = make_film()
    charge(project, "script", "0.48")
    client = client_of(project.creator)
    assert "$0.48 in 1 line" in client.get(COST).content.decode()
    charge(project, "voice", None)
    page = client.get(COST)
    assert page.context["total"] == "$0.48 + ?"
    assert {line.shown for line in page.context["lines"]} == {"$0.48", "$0.00 + ?"}


def test_creators_see_their_own_money_editors_and_operators_all() -> None:
    mine, theirs = make_film(), make_film()
    charge(mine, "script", "1")
    charge(theirs, "script", "2")
    for user, total in (
        (mine.creator, "$1.00"),
        (theirs.creator, "$2.00"),
        (make_person("editor_in_chief"), "$3.00"),
        (make_person("operator"), "$3.00"),
    ):
        assert client_of(user).get(COST).context["total"] == total
    for role in ("reviewer", "staff"):
        assert client_of(make_person(role)).get(COST).status_code == 403


def test_the_page_stays_within_its_budget() -> None:
    project = make_film()
    charge(project, "script", "1")
    client = client_of(project.creator)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(COST + "?by=nonsense&days=x")
    assert len(queries) <= 10
    assert len(gzip.compress(answer.content)) < 30_000
