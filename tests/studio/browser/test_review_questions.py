"""Questions changed on the page, and two versions side by side."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pipeline import arranging, editing, own_questions
from pipeline.models import ContentProject
from pipeline.planning import plan
from studio import publishing, reviewing
from tests.studio import factories
from tests.studio.browser.conftest import Complaints, enter
from tests.studio.browser.test_studio_pages import review
from tests.studio.factories import film_of, make_film, make_person, set_status

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SENTENCE = "Worker bees visit flowers and drink a sweet juice called nectar."


def make_editable() -> ContentProject:
    project = make_film(status="needs_attention")
    editing.edit_scene(project.pk, 2, actor_id=project.creator_id, narration=SENTENCE)
    factories.finish(project)
    return project


def test_19_a_question_is_checked_at_once_goes_stale_with_its_sentence_and_stops_publishing(
    page: Page, live_server: Any, complaints: Complaints
) -> None:
    complaints.allow(400)
    project = make_editable()
    enter(page.context, live_server, project.creator)
    page.goto(review(project))
    page.locator("#ask-1 summary").click()
    page.locator("#question-text-1").fill("Do worker bees usually not drink nectar?")
    page.locator("#question-why-1").fill(SENTENCE)
    page.locator("#question-said-1").select_option(SENTENCE)
    page.locator("#yes-1").check()
    page.get_by_role("button", name="Save question 1").click()
    doubts = page.get_by_role("group", name="What the checks say of question 1")
    expect(doubts).to_contain_text("A hedged question has no clear answer")
    expect(doubts).to_contain_text("negation")
    expect(page.locator("#question-text-1")).to_have_value("Do worker bees usually not drink nectar?")
    expect(page.locator("#save-question-1")).to_be_focused()
    project.refresh_from_db()
    assert project.own_questions is None
    page.locator("#question-text-1").fill("Do worker bees drink nectar from flowers?")
    page.get_by_role("button", name="Save question 1").click()
    expect(page.locator("#st-toast")).to_contain_text("Question 1 is saved.")
    expect(page.locator("#question-1")).to_contain_text("Do worker bees drink nectar from flowers?")
    expect(page.locator("#st-whole")).to_contain_text("This film is not whole.")
    page.locator("#try-1 summary").click()
    page.locator("#try-1").get_by_role("button", name="No").click()
    expect(page.locator("#try-1 [role=status]")).to_contain_text("Not quite. Worker bees visit flowers")
    project.refresh_from_db()
    factories.finish(project)
    page.reload()
    page.locator("#scene-3 summary", has_text="Change").click()
    page.locator("#narration-3").fill("Worker bees fly to flowers for nectar.")
    page.get_by_role("button", name="Save scene 3").click()
    expect(page.locator("#question-1")).to_contain_text("The film does not say this sentence any more.")
    page.get_by_role("button", name="Undo: scene edited, scene 3").click()
    expect(page.locator("#question-1")).not_to_contain_text("any more")
    # A question that is changed after the approval is another film: it does not go out.
    set_status(project, "in_review")
    reviewing.approve(project.pk, reviewer=make_person("reviewer"), film=film_of(project.pk))
    ContentProject.objects.filter(pk=project.pk).update(status="needs_attention")
    asked = own_questions.find_questions(project, plan(project)).questions
    own_questions.edit_question(
        project.pk,
        1,
        question=str(asked[1]["question"]),
        answer=not asked[1]["answer"],
        explanation=str(asked[1]["explanation"]),
        evidence=str(asked[1]["evidence_sentence"]),
        actor_id=project.creator_id,
        all_the_same=True,
    )
    ContentProject.objects.filter(pk=project.pk).update(status="approved")
    with pytest.raises(publishing.PublicationRefused):
        publishing.publish(project.pk, actor=make_person("editor_in_chief"))


def test_22_two_versions_are_compared_safely_and_one_is_put_back(page: Page, live_server: Any) -> None:
    project = make_film(status="needs_attention", media=True)
    who: dict[str, Any] = {"actor_id": project.creator_id}
    first = film_of(project.pk)
    editing.edit_scene(project.pk, 1, **who, on_screen_text="<script>alert(1)</script>")
    arranging.move_scene(project.pk, 3, to=5, **who)
    factories.finish(project, media=True)
    second = film_of(project.pk)
    page.on("dialog", lambda dialog: pytest.fail(f"A script ran: {dialog.message}"))
    enter(page.context, live_server, project.creator)
    page.goto(review(project))
    page.get_by_role("link", name="Compare version 1").click()
    changed = page.locator(".st-changed")
    expect(changed).to_have_count(2)
    expect(changed.first.locator("ins")).to_contain_text("<script>alert(1)</script>")
    expect(changed.last).to_contain_text("Moved from 4 to 6")
    expect(page.locator("video[src]")).to_have_count(0)  # nothing is loaded before somebody plays
    page.get_by_role("button", name="Play both").click()
    page.wait_for_function(
        "[...document.querySelectorAll('[data-st-both] video')].every(video => video.currentTime > 0.3)"
    )
    assert page.evaluate(
        "[...document.querySelectorAll('[data-st-both] video')].map(video => video.muted)"
    ) == [
        True,
        False,
    ]
    page.get_by_role("button", name="Pause both").click()
    page.get_by_role("link", name="Show all").click()
    expect(changed).to_have_count(len(plan(project).scenes))
    page.get_by_role("button", name="Put version 1 back").click()
    expect(page.get_by_text("The version is put back.").first).to_be_visible()
    expect(page.get_by_text("This film is not whole.")).to_have_count(0)
    assert film_of(project.pk) == first
    page.get_by_role("button", name="Undo: version put back").click()
    expect(page.locator("#st-toast")).to_contain_text("Undone: version put back.")
    assert film_of(project.pk) == second
