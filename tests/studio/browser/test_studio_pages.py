"""The road of a film through the studio, as people walk it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.models import ContentProject
from pipeline.planning import plan
from studio.models import Creator
from tests.studio import factories
from tests.studio.browser.conftest import Complaints
from tests.studio.factories import NOTES, PASSWORD, make_draft, make_film, make_person, set_status
from videos.models import LearningVideo

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/admin/pipeline/contentproject/"


def sign_in(page: Page, user: Creator) -> None:
    page.goto("/admin/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Hello")).to_be_visible()


def sign_out(page: Page) -> None:
    page.goto("about:blank")
    page.context.clear_cookies()


def review(project: ContentProject) -> str:
    return f"{LIST}{project.pk}/review/"


def test_a_film_is_watched_approved_and_published(page: Page) -> None:
    project = make_film(media=True)
    sign_in(page, make_person("reviewer"))
    page.get_by_role("link", name=f"{project.title} In review").click()
    expect(page.get_by_role("heading", name=project.title)).to_be_visible()
    video = page.locator("#st-video")
    page.wait_for_function("document.getElementById('st-video').readyState >= 1")
    start = float(page.locator("#scene-3 .st-time").get_attribute("data-seek") or "0")
    page.locator("#scene-3 .st-time").click()
    page.wait_for_function(f"Math.abs(document.getElementById('st-video').currentTime - {start}) < 1.5")
    expect(page.locator("#scene-3 .st-line.st-now")).to_have_count(1)
    assert video.evaluate("video => video.textTracks[0].mode") == "showing"
    assert video.evaluate("video => video.textTracks[0].cues.length") > 5
    page.get_by_label("Notes to the creator").fill("A fine film.")
    page.get_by_label("Why you approve").fill("Seen at the creator's desk.")
    page.get_by_role("button", name="Approve…").click()
    page.get_by_role("button", name="Approve this film").click()
    expect(page.get_by_text("Approved. The editor-in-chief can publish it now.")).to_be_visible()
    sign_out(page)
    sign_in(page, make_person("editor_in_chief"))
    page.goto(review(project))
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Published: students can see it now.")).to_be_visible()
    project.refresh_from_db()
    assert project.approval_notes == "A fine film."
    assert LearningVideo.objects.get().status == "published"
    page.goto("/admin/videos/learningvideo/")
    expect(page.locator(".st-film img")).to_be_visible()


def test_a_brief_is_written_corrected_and_set_to_work(page: Page, complaints: Complaints) -> None:
    complaints.allow(400)
    user = make_person("creator")
    sign_in(page, user)
    page.get_by_role("link", name="New project").first.click()
    page.get_by_label("What is the film about?").fill("How bees make honey")
    page.get_by_label("5–7 years").check()
    page.get_by_label("Source notes").fill("Bees are nice.")
    page.get_by_role("button", name="Generate the film").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("What is the film about?")).to_have_value("How bees make honey")
    expect(page.get_by_label("5–7 years")).to_be_checked()
    page.get_by_label("Source notes").fill(NOTES)
    page.get_by_role("button", name="Generate the film").click()
    expect(page.locator("#st-chip")).to_contain_text("Generating")
    expect(page.get_by_role("progressbar")).to_be_visible()


def test_the_page_follows_the_work_keeps_what_is_typed_and_ends_with_the_film(page: Page) -> None:
    project = make_draft()
    set_status(project, "generating")
    sign_in(page, project.creator)
    page.goto(review(project))
    expect(page.locator("#st-timeline")).to_contain_text("Script")
    page.locator("summary", has_text="Archive").click()
    reason = page.get_by_label("Reason")
    reason.fill("half a sent")
    factories._succeed(project, plan(project).missing[0], media=False)
    expect(page.locator("#st-timeline")).to_contain_text("Pictures")
    expect(reason).to_have_value("half a sent")
    expect(reason).to_be_focused()
    factories.finish(project)
    set_status(project, "in_review")
    expect(page.get_by_role("link", name="Load the page to see the result")).to_be_visible()
    expect(reason).to_have_value("half a sent")


def test_changes_are_requested_from_a_phone(
    browser: Browser, live_server: Any, complaints: Complaints
) -> None:
    project = make_film()
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    complaints.hear(page)
    sign_in(page, make_person("reviewer"))
    for address in ("/admin/", LIST, review(project)):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, address
    page.get_by_role("link", name="Decide").tap()
    page.get_by_label("Notes to the creator").fill("Scene 2 is too fast.")
    page.get_by_role("button", name="Request changes…").tap()
    page.get_by_role("button", name="Request changes", exact=True).tap()
    expect(page.get_by_text("The creator has your notes.")).to_be_visible()
    context.close()
    project.refresh_from_db()
    assert project.status == "needs_attention"


def test_the_keyboard_reaches_the_content_and_sees_where_it_is(page: Page) -> None:
    sign_in(page, make_person("creator"))
    page.goto("/admin/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("width", [320, 390, 900, 1280, 1440, 1920])
def test_the_review_page_fits_every_width_and_covers_nothing(page: Page, width: int) -> None:
    project = make_film(concept_prompt="The waggle dance")
    sign_in(page, make_person("reviewer"))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(review(project))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        "[...document.querySelectorAll('.st-side, .st-middle, .st-card')]"
        ".filter(part => part.scrollWidth > part.clientWidth + 1).map(part => part.className)"
    )
    assert wide == []
    page.get_by_label("Why you approve").fill("Seen at the creator's desk.")
    approve = page.get_by_role("button", name="Approve…")
    approve.scroll_into_view_if_needed()
    approve.click(trial=True)  # fails where something lies over the button


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_opens_without_a_complaint_of_the_browser(
    scheme: Any, browser: Browser, live_server: Any, complaints: Complaints
) -> None:
    project = make_film()
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": 1440, "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    complaints.hear(page)
    sign_in(page, make_person(is_superuser=True))
    for address in (
        "/admin/",
        LIST,
        f"{LIST}add/",
        review(project),
        "/admin/videos/learningvideo/",
        "/admin/videos/topic/",
        "/admin/students/student/",
        "/admin/studio/creator/",
        "/admin/password_change/",
    ):
        page.goto(address, wait_until="networkidle")
        expect(page.locator("main")).to_be_visible()
    context.close()
