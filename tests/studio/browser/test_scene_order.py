"""Scenes by buttons, by keyboard and by dragging; a session that ends while somebody types."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from pipeline import editing
from pipeline.models import ContentProject
from pipeline.planning import plan
from tests.studio import factories
from tests.studio.browser.conftest import Complaints, enter
from tests.studio.browser.test_studio_pages import review
from tests.studio.factories import PASSWORD, make_film

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def order(project: ContentProject) -> list[int]:
    """The scenes' own numbers as they follow each other."""
    return [scene.number for scene in plan(project).scenes]


def open_as_owner(page: Page, live_server: Any, project: ContentProject) -> None:
    enter(page.context, live_server, project.creator)
    page.goto(review(project))


def test_18_buttons_keys_and_dragging_give_the_same_order_and_the_focus_stays(
    page: Page, live_server: Any
) -> None:
    project = make_film(status="needs_attention")
    count = len(order(project))
    open_as_owner(page, live_server, project)
    page.locator("#scene-5 summary", has_text="Change").click()
    page.locator("#narration-5").fill("Half a sentence that nobody has saved")
    down = page.get_by_role("button", name="Move scene 3 down")
    down.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#st-toast")).to_contain_text("Scene 3 is scene 4 now.")
    expect(page.locator("#down-2")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#st-toast")).to_contain_text("Scene 4 is scene 5 now.")
    expect(page.locator("#down-2")).to_be_focused()
    by_keys = [0, 1, 3, 4, 2, *range(5, count)]
    assert order(project) == by_keys
    expect(page.locator("#narration-5")).to_have_value("Half a sentence that nobody has saved")
    expect(page.locator("#edit-4")).to_have_attribute("open", "")
    expect(page.locator("#st-whole")).to_contain_text("This film is not whole.")
    expect(page.locator(".st-stale").filter(has_text="Voice")).to_have_count(0)
    page.get_by_role("button", name="Undo: scene moved").click()
    expect(page.locator("#st-toast")).to_contain_text("Undone: scene moved.")
    expect(page.locator("#undo")).to_be_focused()
    page.locator("#undo").click()
    expect(page.locator("#undo")).to_have_count(0)
    assert order(project) == list(range(count))
    expect(page.locator("#st-whole")).not_to_contain_text("not whole")
    page.set_viewport_size({"width": 1440, "height": 4000})  # nothing scrolls while the mouse is down
    target = page.locator("#scene-5")
    box = target.bounding_box()
    assert box is not None
    page.locator("#scene-3 .st-grip").drag_to(target, target_position={"x": 60, "y": box["height"] - 8})
    expect(page.locator("#st-toast")).to_contain_text("Scene 3 is scene 5 now.")
    assert order(project) == by_keys
    # The opening stays first: what is dropped before it stays where it was.
    page.locator("#scene-4 .st-grip").drag_to(page.locator("#scene-1"), target_position={"x": 60, "y": 6})
    expect(page.locator(".st-dragged")).to_have_count(0)
    assert order(project) == by_keys


def test_18_a_scene_is_split_merged_added_and_removed_and_a_film_made_of_the_rest(
    page: Page, live_server: Any, complaints: Complaints
) -> None:
    complaints.allow(400)
    project = make_film(status="needs_attention")
    place = next(scene.position for scene in plan(project).scenes if scene.role == "scene")
    text = f"{plan(project).scenes[place].narration} Bees fly far to find flowers."
    editing.edit_scene(project.pk, place, actor_id=project.creator_id, narration=text)
    factories.finish(project)
    count, number = len(order(project)), place + 1
    open_as_owner(page, live_server, project)
    page.locator(f"#scene-{number} summary", has_text="Change").click()
    page.locator(f"#words-{place} summary").click()
    page.get_by_role("button", name=f"Keep sentence 2 of scene {number}").click()
    expect(page.locator("#st-toast")).to_contain_text("This sentence stays as it is now.")
    page.get_by_role("button", name=f"Remove scene {number}").click()
    expect(page.locator("#st-toast")).to_contain_text(
        "This sentence is kept: “Bees fly far to find flowers.”"
    )
    page.get_by_role("button", name=f"Keep sentence 2 of scene {number}").click()
    expect(page.locator("#st-toast")).to_contain_text("can be changed again")
    page.get_by_role("button", name=f"Split here after sentence 1 of scene {number}").click()
    expect(page.locator(f"#scene-{number + 1}")).to_contain_text("Bees fly far to find flowers.")
    assert len(order(project)) == count + 1
    page.get_by_role("button", name=f"Merge with scene {number + 1}").click()
    expect(page.locator("#st-toast")).to_contain_text("are one now")
    assert [scene.narration for scene in plan(project).scenes][place] == text
    page.locator(f"#add-{place} summary").click()
    page.locator(f"#new-narration-{place}").fill("Bees need water too.")
    page.locator(f"#add-{place}").get_by_role("button", name="Add the scene").click()
    expect(page.locator(f"#scene-{number + 1}")).to_contain_text("Bees need water too.")
    expect(page.locator(f"#scene-{number + 1} .st-stale")).to_contain_text("Pictures, Voice")
    page.locator(f"#scene-{number + 1} summary", has_text="Change").click()
    page.get_by_role("button", name=f"Remove scene {number + 1}").click()
    expect(page.locator("#st-toast")).to_contain_text("is out of the film")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(f"#scene-{number + 1}")).to_contain_text("Bees need water too.")
    page.get_by_role("button", name="Rebuild what changed").click()
    expect(page.locator("#st-chip")).to_contain_text("Generating")
    factories.finish(project)
    assert plan(project).is_complete
    assert len(order(project)) == count + 1


def test_30_a_session_that_ends_while_somebody_types_loses_nothing_and_the_act_goes_on(
    page: Page, live_server: Any, complaints: Complaints
) -> None:
    project = make_film(status="needs_attention")
    open_as_owner(page, live_server, project)
    page.locator("#scene-3 summary", has_text="Change").click()
    page.locator("#narration-3").fill("Bees dance for each other.")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save scene 3").click()
    dialog = page.get_by_role("dialog", name="Your session has ended")
    expect(dialog).to_be_visible()
    expect(page.get_by_role("button", name="Not now")).to_be_focused()
    page.get_by_role("button", name="Not now").click()
    expect(page.locator("#narration-3")).to_have_value("Bees dance for each other.")
    page.get_by_role("button", name="Move scene 4 down").click()  # by script as by form
    expect(dialog).to_be_visible()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    beside = opened.value
    complaints.hear(beside)
    beside.get_by_label("E-mail address").fill(project.creator.email)
    beside.get_by_label("Password").fill(PASSWORD)
    beside.get_by_role("button", name="Sign in").click()
    expect(beside.get_by_role("heading", name="You are signed in again")).to_be_visible()
    beside.close()
    expect(page.locator("#st-toast")).to_contain_text("Scene 4 is scene 5 now.", timeout=30_000)
    expect(dialog).to_be_hidden()
    expect(page.locator("#narration-3")).to_have_value("Bees dance for each other.")
    page.get_by_role("button", name="Save scene 3").click()
    expect(page.get_by_text("Scene 3 is saved.").first).to_be_visible()
    assert plan(project).scenes[2].narration == "Bees dance for each other."
