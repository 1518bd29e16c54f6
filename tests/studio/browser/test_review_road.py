"""From an idea to the students and back in the browser; every failure on the way ends where one can go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from pipeline import orchestration
from pipeline.models import ContentProject, StepRun
from pipeline.planning import plan
from studio import publishing, reviewing
from studio.models import Creator
from tests.clients import make_student, student_client
from tests.studio import bending, factories
from tests.studio.browser.conftest import Complaints, enter
from tests.studio.browser.test_studio_pages import review, sign_out
from tests.studio.factories import NOTES, film_of, make_film, make_person
from videos.delivery import playback
from videos.models import LearningVideo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def work(project: ContentProject) -> None:
    """The machine's turn: everything that is missing is made, and the turn passes on."""
    factories.finish(project)
    orchestration.advance(project.pk)


def change_to(page: Page, live_server: Any, user: Creator) -> None:
    sign_out(page)
    enter(page.context, live_server, user)


def test_05_an_idea_becomes_exactly_the_approved_film_in_a_students_feed(
    page: Page, live_server: Any
) -> None:
    creator = make_person("creator")
    enter(page.context, live_server, creator)
    page.goto("/admin/pipeline/contentproject/add/")
    page.get_by_label("What is the film about?").fill("How bees make honey")
    page.get_by_label("8–10 years").check()
    page.get_by_label("Source notes").fill(NOTES)
    page.get_by_role("button", name="Script first").click()
    expect(page.locator("#st-chip")).to_contain_text("Generating")
    project = ContentProject.objects.get()
    factories._succeed(project, plan(project).missing[0], media=False)
    orchestration.advance(project.pk)
    wait_until(page, "needs_attention")
    expect(page.get_by_text("Script ready to read.", exact=True)).to_be_visible()
    assert not StepRun.objects.filter(project=project).exclude(step="script").exists()  # nothing else is paid
    page.locator("#scene-3 summary", has_text="Change").click()
    page.locator("#narration-3").fill("Worker bees visit flowers and drink sweet nectar.")
    page.get_by_role("button", name="Save scene 3").click()
    expect(page.locator("#scene-3")).to_contain_text("drink sweet nectar.")
    page.get_by_role("button", name="Go on: make the film").click()
    expect(page.locator("#st-chip")).to_contain_text("Generating")
    work(project)
    wait_until(page, "in_review")
    change_to(page, live_server, make_person("reviewer"))
    page.goto(review(project))
    page.get_by_label("Why you approve with less than 90 % played").fill("Seen at the creator's desk.")
    page.get_by_role("button", name="Approve…").click()
    page.get_by_role("button", name="Approve this film").click()
    expect(page.get_by_text("Approved. The editor-in-chief can publish it now.").first).to_be_visible()
    approved = film_of(project.pk)
    change_to(page, live_server, make_person("editor_in_chief"))
    page.goto(review(project))
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published: students can see it now.").first).to_be_visible()
    video = LearningVideo.objects.get()
    cards = student_client(make_student(age_group="8-10")).get("/api/student/feed/me").json()
    assert [card["id"] for card in cards] == [str(video.pk)]
    assert "drink sweet nectar." in video.script_content
    project.refresh_from_db()
    assert (project.approved_film, project.published_video_id) == (approved, video.pk)


def test_25_a_film_that_is_taken_offline_stops_playing_at_its_old_address(
    page: Page, live_server: Any
) -> None:
    project = make_film(media=True)
    reviewing.approve(project.pk, reviewer=make_person("reviewer"), film=film_of(project.pk))
    video = publishing.publish(project.pk, actor=make_person("editor_in_chief"))
    assert video is not None
    address = str(playback(video, now=timezone.now())["renditions"]["1080p"])
    playlist = str(playback(video, now=timezone.now())["hls_url"])
    enter(page.context, live_server, make_person("editor_in_chief"))
    assert page.request.get(playlist).status == 200
    page.goto(review(project))
    page.locator("summary", has_text="Take offline").click()
    page.locator("#unpublish-reason").fill("A wrong number in scene 3.")
    page.get_by_role("button", name="Take offline").click()
    expect(page.get_by_text("Taken offline. Its addresses are dead from now on.").first).to_be_visible()
    for dead in (playlist, address):
        assert page.request.get(dead).status in {403, 404, 410}
    expect(page.get_by_role("button", name="Publish", exact=True)).to_be_visible()  # it returns on a click


def wait_until(page: Page, status: str) -> None:
    """A page that watches the work loads itself again when it has ended; two loads at once are none."""
    expect(page.locator("[data-st-review]")).to_have_attribute("data-status", status, timeout=30_000)


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
        wait_until(page, "in_review")


def answer_with(status: int) -> Callable[[Route], None]:
    """What a studio that is busy, broken or away answers."""
    headers = {"X-Request-ID": "an-id-of-the-test", "Content-Type": "text/html"}
    return lambda route: route.fulfill(status=status, headers=headers, body="<h1>no</h1>")


def test_35_refusals_of_a_busy_or_failing_studio_are_said_with_what_is_kept(
    page: Page, live_server: Any, complaints: Complaints
) -> None:
    for status in (429, 500, 503):
        complaints.allow(status)
    project = make_film(status="needs_attention")
    enter(page.context, live_server, project.creator)
    page.goto(review(project))
    page.locator("#scene-3 summary", has_text="Change").click()
    page.locator("#narration-3").fill("Half a sentence")
    for status, words in (
        (429, "the studio waits for a moment"),
        (500, "tell operations: an-id-of-the-test"),
        (503, "The studio is away for a moment."),
    ):
        page.route("**/act/move-scene/", answer_with(status))
        page.get_by_role("button", name="Move scene 4 down").click()
        expect(page.locator("#st-toast")).to_contain_text(words)
        expect(page.locator("#st-toast")).to_contain_text("Nothing was changed, and what you typed is here.")
        page.unroute("**/act/move-scene/")
    expect(page.locator("#narration-3")).to_have_value("Half a sentence")
    page.context.set_offline(True)
    complaints.offline = True
    page.get_by_role("button", name="Move scene 4 down").click()
    expect(page.locator("#st-toast")).to_contain_text("You are offline.")
    page.get_by_role("button", name="Save scene 3").click()
    expect(page.locator("#st-toast")).to_contain_text("You are offline. Nothing was sent")
    expect(page.locator("#narration-3")).to_have_value("Half a sentence")
    page.context.set_offline(False)
    page.get_by_role("button", name="Save scene 3").click()
    expect(page.get_by_text("Scene 3 is saved.").first).to_be_visible()
    complaints.offline = False


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
