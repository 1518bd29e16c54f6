"""Failures on the way of a film end where somebody can go on; a lock whose holder is gone lapses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from pipeline import orchestration
from pipeline.models import ContentProject, StepRun
from pipeline.planning import plan
from tests.studio import bending, factories
from tests.studio.browser.conftest import enter
from tests.studio.browser.test_studio_pages import review
from tests.studio.factories import make_film, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def work(project: ContentProject) -> None:
    """The machine's turn: everything that is missing is made, and the turn passes on."""
    factories.finish(project)
    orchestration.advance(project.pk)


FAILURES: dict[str, tuple[str, str]] = {  # error → (step that failed, what the page says)
    "platform:provider-down": ("voice", "The voice provider is down."),
    "platform:worker-lost": ("compose", "This step ended its worker 5 times without an answer."),
    "platform:file-missing": ("compose", "is not in storage. Rebuild the part that made it."),
    "platform:unexpected": ("qa", "The step ended with an error nobody foresaw (KeyError)."),
    "platform:no-space": ("compose", "The disk of the worker is full."),
}


def test_35_each_failure_says_what_happened_and_its_next_step_works(page: Page, live_server: Any) -> None:
    owner = make_person("creator")
    enter(page.context, live_server, owner)
    for code, (step, words) in FAILURES.items():
        project = make_film(owner, status="generating")
        failed = next(
            one.run.pk for one in reversed(plan(project).jobs) if one.run is not None and one.job.step == step
        )
        StepRun.objects.filter(pk=failed).update(
            status="failed", error_id=code, error_message=words, attempt=5, finished_at=timezone.now()
        )
        orchestration.advance(project.pk)
        page.goto(review(project))
        expect(page.locator("#st-chip")).to_contain_text("Needs attention")
        expect(page.locator(".st-alert.st-warn").filter(has_text=code)).to_contain_text(words)
        expect(page.locator("#st-timeline .st-error")).to_contain_text(words)
        page.get_by_role("button", name="Retry").click()
        expect(page.locator("#st-chip")).to_contain_text("Generating")
        again = StepRun.objects.get(pk=failed)
        assert (again.status, again.attempt, again.error_id) == ("queued", 0, ""), code
        work(project)
        project.refresh_from_db()
        assert project.status == "in_review", code


def test_32_a_lock_whose_holder_has_crashed_lapses_and_the_next_edits(page: Page, live_server: Any) -> None:
    project = make_film(status="needs_attention")
    lock = bending.lock(project, make_person("editor_in_chief", display_name="Ada"))
    enter(page.context, live_server, project.creator)
    page.goto(review(project))
    expect(page.locator("#st-lock")).to_contain_text("Ada is editing this project")
    type(lock).objects.update(seen_at=timezone.now() - timedelta(minutes=4))
    page.reload()
    expect(page.locator("#st-lock")).to_be_hidden()
    page.locator("#scene-2 summary", has_text="Change").click()
    with page.expect_response("**/lock/"):
        page.locator("#narration-2").press_sequentially("X")
    lock.refresh_from_db()
    assert lock.holder_id == project.creator_id
