"""The review page and the comparison for everybody: without barriers, in narrow windows, large, by touch."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline import editing
from studio.models import Comment
from tests.studio import factories
from tests.studio.browser.conftest import Complaints, enter, find_barriers_in_every_look
from tests.studio.browser.test_studio_pages import review, sign_out
from tests.studio.factories import make_film, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


OPEN_ALL = "document.querySelectorAll('.st-review details').forEach(one => { one.open = true; })"


def test_review_editing_and_comparison_have_no_barriers_in_any_look(page: Page, live_server: Any) -> None:
    judged = make_film(media=True)
    factories.block(judged)
    enter(page.context, live_server, make_person("reviewer"))
    page.goto(review(judged), wait_until="networkidle")
    expect(page.locator("media-captions-button")).to_have_attribute("role", "switch")
    found = find_barriers_in_every_look(page)
    page.get_by_role("button", name="Reject…").click()
    expect(page.get_by_role("dialog", name="Reject and archive?")).to_be_visible()
    found += find_barriers_in_every_look(page)
    sign_out(page)
    edited = make_film(media=True, status="needs_attention")
    narration = "Worker bees visit flowers and drink a sweet juice called nectar."
    editing.edit_scene(edited.pk, 2, actor_id=edited.creator_id, narration=narration)
    factories.finish(edited)
    enter(page.context, live_server, edited.creator)
    page.goto(review(edited), wait_until="networkidle")
    page.evaluate(OPEN_ALL)
    expect(page.locator("#send-picture-2")).to_be_visible()
    expect(page.get_by_text("Never in another film.").first).to_be_visible()  # evidence has come
    found += find_barriers_in_every_look(page)
    page.goto(review(edited).replace("/review/", "/compare/?all=1"), wait_until="networkidle")
    found += find_barriers_in_every_look(page)
    assert not found, "\n".join(sorted(set(found)))


def test_37_narrow_windows_and_large_text_need_no_sideways_scrolling(page: Page, live_server: Any) -> None:
    project = make_film(status="needs_attention")
    enter(page.context, live_server, project.creator)
    for width, size in ((320, "100%"), (640, "200%"), (1440, "200%")):
        page.set_viewport_size({"width": width, "height": 800})
        for address in (review(project), review(project).replace("/review/", "/compare/?all=1")):
            page.goto(address)
            page.evaluate(f"document.documentElement.style.fontSize = '{size}'")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, size, address)


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
