"""The price stands beside the brief before anything is paid, and asking for it changes nothing."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from pipeline.models import Charge, ContentProject, StepRun
from tests.studio.factories import NOTES, make_draft, make_film, make_person
from tests.studio.test_admin_site import client_of

pytestmark = pytest.mark.django_db

PANEL = "/admin/pipeline/contentproject/panel/"
BRIEF = {"concept": "How bees make honey", "age_group": "8-10", "source_notes": NOTES, "target_seconds": "60"}


def test_price_time_and_what_is_similar_stand_beside_the_brief_within_the_budget() -> None:
    user = make_person("creator")
    make_draft(user, concept_prompt="Why honey is sweet")
    make_draft(concept_prompt="Honey of somebody else")
    client = client_of(user)
    before = ContentProject.objects.count()
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(PANEL, BRIEF)
    text = answer.content.decode()
    assert "$0.00" in text
    assert "Why honey is sweet" in text
    assert "somebody else" not in text
    assert len(queries) <= 4 + 3  # session, person, roles
    assert len(gzip.compress(answer.content)) < 3000
    assert ContentProject.objects.count() == before


def test_what_would_be_refused_is_said_while_typing() -> None:
    text = client_of(make_person("creator")).post(PANEL, BRIEF | {"source_notes": "Bees."}).content.decode()
    assert "To mind" in text


@pytest.mark.parametrize(("spent", "words"), [("1.00", ""), ("9.95", "would pass your cap")])
def test_a_film_over_the_days_cap_says_so(spent: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from decimal import Decimal  # noqa: PLC0415

    from studio.admin import brief_panel  # noqa: PLC0415

    project = make_film()
    run = StepRun.objects.filter(project=project).first()
    assert run is not None
    values: dict[str, Any] = {"attempt": 1, "provider": "x", "reserved": spent, "cost": spent}
    Charge.objects.create(run=run, project=project, creator=project.creator, token=run.pk, **values)
    monkeypatch.setattr(brief_panel, "estimate_new", lambda _: (Decimal("0.10"), 40.0))
    with override_settings(PIPELINE_BUDGETS={"creator_day": Decimal(10), "project": Decimal(5)}):
        text = client_of(project.creator).post(PANEL, BRIEF).content.decode()
    assert "$0.10" in text
    assert words in text
    assert ("would pass" in text) == bool(words)


def test_it_is_for_people_who_make_films() -> None:
    assert client_of(make_person("staff")).post(PANEL, BRIEF).status_code == 403
    assert client_of(make_person("creator")).get(PANEL).status_code == 405
    assert client_of(make_person("creator")).post(PANEL, {"target_seconds": "x"}).status_code == 200
