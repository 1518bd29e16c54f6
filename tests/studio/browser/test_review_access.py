"""The review page and the comparison for everybody: axe, narrow, large, forced colours, touch."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline import editing
from studio.models import Comment
from tests.studio import bending, factories
from tests.studio.browser.conftest import Complaints, enter, find_barriers
from tests.studio.browser.test_studio_pages import review
from tests.studio.factories import make_draft, make_film, make_person, set_status

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_36_axe_finds_nothing_serious_in_any_state(
    *, width: int, scheme: Any, browser: Browser, live_server: Any, complaints: Complaints
) -> None:
    complaints.allow(400)
    owner = make_person("creator")
    project, empty, judged = make_film(owner, status="needs_attention"), make_draft(owner), make_film()
    editing.edit_scene(project.pk, 2, actor_id=owner.pk, narration="Bees dance for each other.")
    factories.finish(project)
    set_status(project, "needs_attention", reason="creator:changes-requested")
    bending.warn(judged, at=7.5)
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",  # axe must not meet a colour that is still changing
    )
    enter(context, live_server, owner)
    page = context.new_page()
    complaints.hear(page)
    page.goto(review(empty))
    assert find_barriers(page) == []
    page.goto(review(project))
    page.locator("#scene-3 summary", has_text="Change").click()
    for part in ("words-2", "files-2", "add-2", "ask-1", "try-1"):
        page.locator(f"#{part} > summary").click()
    page.locator("#question-text-1").fill("Why do bees not dance?")
    page.get_by_role("button", name="Save question 1").click()
    expect(page.get_by_role("group", name="What the checks say of question 1")).to_be_visible()
    assert find_barriers(page, within="main") == []
    page.goto(review(project).replace("/review/", "/compare/?old=1&all=1"))
    assert find_barriers(page) == []
    context.clear_cookies()
    enter(context, live_server, make_person("reviewer"))
    page.goto(review(judged))
    page.locator(".st-finding summary", has_text="Evidence").click()
    expect(page.locator(".st-finding")).to_contain_text("Never in another film.")
    assert find_barriers(page) == []
    page.get_by_role("button", name="Request changes…").click()
    assert find_barriers(page, within="#st-dialog-changes") == []
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Keys of this page").click()
    assert find_barriers(page, within="#st-keys") == []
    context.close()


def test_37_large_text_and_forced_colours_lose_nothing(page: Page, live_server: Any) -> None:
    project = make_film(status="needs_attention")
    enter(page.context, live_server, project.creator)
    for width, size in ((320, "100%"), (640, "200%"), (1440, "200%")):
        page.set_viewport_size({"width": width, "height": 800})
        for address in (review(project), review(project).replace("/review/", "/compare/?all=1")):
            page.goto(address)
            page.evaluate(f"document.documentElement.style.fontSize = '{size}'")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, size, address)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(forced_colors="active")
    page.goto(review(project))
    down = page.get_by_role("button", name="Move scene 3 down")
    down.focus()
    assert down.evaluate("button => getComputedStyle(button).outlineStyle") != "none"
    down.click()
    toast = page.locator("#st-toast")
    expect(toast).to_contain_text("Scene 3 is scene 4 now.")
    # What was said lies over nothing that has the focus.
    covered = page.evaluate(
        "() => { const a = document.activeElement.getBoundingClientRect(),"
        " b = document.getElementById('st-toast').getBoundingClientRect();"
        " return a.bottom > b.top && a.right > b.left && a.left < b.right && a.top < b.bottom }"
    )
    assert not covered


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
