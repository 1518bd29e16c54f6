"""The review page by touch."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from studio.models import Comment
from tests.studio.browser.conftest import Complaints, enter
from tests.studio.browser.test_studio_pages import review
from tests.studio.factories import make_film, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_38_a_film_is_watched_remarked_and_judged_by_touch(
    browser: Browser, live_server: Any, complaints: Complaints
) -> None:
    project = make_film(media=True)
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    enter(context, live_server, make_person("reviewer"))
    page = context.new_page()
    complaints.hear(page)
    page.goto(review(project))
    page.wait_for_function("document.getElementById('st-video').readyState >= 1")
    page.locator("#scene-3 .st-time").tap()
    page.wait_for_function("!document.getElementById('st-video').seeking")
    start = float(page.locator("#scene-3 .st-time").get_attribute("data-seek") or "nan")
    assert page.evaluate("document.getElementById('st-video').currentTime") >= start - 0.1
    page.evaluate("document.getElementById('st-video').pause()")
    page.get_by_role("button", name="Comment on scene 3").tap()
    page.get_by_label("A comment").fill("Too quick for me.")
    page.get_by_role("button", name="Add comment").tap()
    expect(page.locator(".st-thread")).to_contain_text("Too quick for me.")
    page.get_by_role("link", name="Decide").tap()
    for name in ("Approve…", "Request changes…", "Reject…"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["height"] >= 44, name
    page.get_by_label("Notes to the creator").fill("Scene 3: slower.")
    page.get_by_role("button", name="Request changes…").tap()
    page.get_by_role("button", name="Request changes", exact=True).tap()
    expect(page.get_by_text("The creator has your notes.").first).to_be_visible()
    context.close()
    project.refresh_from_db()
    assert (project.status, Comment.objects.get().scene) == ("needs_attention", 2)
