"""The list, the dashboard, sign-in and palette, as people use them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import override_settings
from playwright.sync_api import Page, expect

from pipeline.planning import plan
from tests.studio import factories
from tests.studio.browser.conftest import enter
from tests.studio.factories import PASSWORD, make_draft, make_film, make_person, set_status

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/admin/pipeline/contentproject/"


def come_in(page: Page, live_server: Any, role: str = "", **fields: Any) -> Any:
    user = make_person(role, **fields)
    enter(page.context, live_server, user)
    return user


# --------------------------------------------------------------------------- test 28: the list


def test_views_and_filters_survive_reload_and_back(page: Page, live_server: Any) -> None:
    user = come_in(page, live_server, "creator")
    for number, status in enumerate(["draft", "in_review", "published"]):
        make_draft(user, concept_prompt=f"Film {number}", status=status)
    page.goto(LIST)
    tabs = page.get_by_role("navigation", name="Views of the list")
    expect(tabs.get_by_role("link", name="All")).to_have_attribute("aria-current", "page")
    tabs.get_by_role("link", name="Drafts").click()
    expect(page.locator(".st-row")).to_have_count(1)
    page.reload()
    expect(tabs.get_by_role("link", name="Drafts")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Film 0", exact=True).click()
    page.go_back()
    expect(page.locator(".st-row")).to_have_count(1)
    page.get_by_role("button", name="Keep this view").click()
    expect(page.get_by_role("dialog", name="Keep this view")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Keep this view")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill("My drafts")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(tabs.get_by_role("link", name="My drafts")).to_have_attribute("aria-current", "page")


def test_mixed_rows_are_explained_before_anything_is_done(page: Page, live_server: Any) -> None:
    user = come_in(page, live_server, "creator")
    stopped = make_draft(user, concept_prompt="Stopped film", status="needs_attention")
    make_draft(user, concept_prompt="A draft")
    page.goto(LIST)
    bar = page.get_by_role("region", name="With the selected projects")
    expect(bar).to_be_hidden()
    for title in ("Stopped film", "A draft"):
        page.get_by_label(f"Select {title}").check()
    expect(bar).to_be_visible()
    expect(bar.get_by_role("status")).to_have_text("2 selected")
    bar.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("2 selected · 1 can · 1 cannot")).to_be_visible()
    expect(page.get_by_text("This is not possible while a project is draft.")).to_be_visible()
    page.get_by_role("button", name="Retry 1").click()
    expect(page.get_by_text("Retry: 1 of 1 done.")).to_be_visible()
    stopped.refresh_from_db()
    assert stopped.status == "generating"


def test_progress_cells_change_alone_and_keep_selection_and_scroll(page: Page, live_server: Any) -> None:
    user = come_in(page, live_server, "creator")
    working = make_draft(user, concept_prompt="Working")
    set_status(working, "generating")
    for number in range(12):
        make_draft(user, concept_prompt=f"Other {number}")
    page.clock.install()
    page.goto(LIST)
    page.get_by_label("Select Other 3").check()
    page.evaluate("window.scrollTo(0, 300)")
    before = page.evaluate("window.scrollY")
    state = page.locator(f"#state-{working.pk}")
    expect(state).to_contain_text("Writing the script")
    factories._succeed(working, plan(working).missing[0], media=False)
    page.clock.run_for(5500)
    expect(state).not_to_contain_text("Writing the script")
    factories.finish(working)
    set_status(working, "in_review")
    page.clock.run_for(5500)
    expect(state).to_contain_text("In review")
    assert page.locator("[data-st-working]").count() == 0
    expect(page.get_by_label("Select Other 3")).to_be_checked()
    assert page.evaluate("window.scrollY") == before


def test_filters_open_close_and_are_chosen_without_a_mouse(page: Page, live_server: Any) -> None:
    user = come_in(page, live_server, "creator")
    make_draft(user, concept_prompt="A draft", age_group="5-7")
    make_draft(user, concept_prompt="Another", age_group="8-10")
    page.goto(LIST)
    button = page.get_by_role("button", name="Filters")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    sheet = page.locator("#changelist-filter")
    expect(sheet.locator(":focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(button).to_be_focused()
    button.press("Enter")
    sheet.get_by_role("link", name="5–7 years").press("Enter")
    expect(page.locator(".st-row")).to_have_count(1)
    assert "age_group=5-7" in page.url
    page.reload()
    expect(page.locator(".st-row")).to_have_count(1)


def test_a_row_opens_by_its_button_and_says_so(page: Page, live_server: Any) -> None:
    user = come_in(page, live_server, "creator")
    project = make_film(user)
    factories.block(project)
    page.goto(LIST)
    button = page.get_by_role("button", name="More about")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_text("A word that children must not hear")).to_be_visible()
    expect(button).to_be_focused()


# --------------------------------------------------------------------------- test 29: the dashboard


def test_both_series_are_seen_and_equal_their_table(page: Page, live_server: Any) -> None:
    user = come_in(page, live_server, "editor_in_chief")
    for status in ("in_review", "in_review", "published"):
        project = make_draft(user)
        set_status(project, status)
    page.goto("/admin/")
    chart = page.locator("figure", has_text="Films finished and published")
    expect(chart.locator("svg")).to_be_visible()  # the block comes after its page
    heights = chart.locator("svg rect").evaluate_all(
        "bars => bars.map(bar => [bar.classList[0], bar.getBoundingClientRect().height > 3])"
    )
    assert {tone for tone, is_tall in heights if is_tall} == {"st-tone-1", "st-tone-2"}
    chart.get_by_text("As a table").click()
    last = chart.locator("tbody tr").last.locator("td").all_text_contents()
    assert last == ["2", "1"]


def test_a_part_that_fails_stands_alone_and_can_be_tried_again(
    page: Page, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    come_in(page, live_server, "editor_in_chief")
    works: list[bool] = []

    def read_check_runs(*_: Any, **__: Any) -> list[Any]:
        if not works:
            raise RuntimeError("broken on purpose")
        return []

    monkeypatch.setattr("studio.figures.read_check_runs", read_check_runs)
    page.goto("/admin/")
    expect(page.get_by_text("“The last checks” could not be worked out just now.")).to_be_visible()
    expect(page.get_by_text("Films finished and published")).to_be_visible()
    works.append(True)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_text("No film has been checked yet.")).to_be_visible()


# ----------------------------------------------------------- tests 30 and 31: sign-in, palette


@override_settings(STUDIO_SECOND_FACTOR=True)
def test_a_reviewer_sets_up_an_app_and_comes_to_the_page_asked_for(page: Page) -> None:
    user = make_person("reviewer")
    page.goto(LIST)
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Set up your second factor")).to_be_visible()
    secret = page.locator("code.st-code").inner_text()
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    page.get_by_role("textbox").fill(str(code))
    page.get_by_role("button", name="Switch it on").click()
    page.goto(LIST)
    expect(page.get_by_role("navigation", name="Views of the list")).to_be_visible()


def test_the_palette_finds_at_once_what_is_new(page: Page, live_server: Any) -> None:
    user = come_in(page, live_server, "creator")
    page.goto("/admin/")
    make_draft(user, concept_prompt="Axolotls in Mexico")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("searchbox", name="Type to search")).to_be_focused()
    page.keyboard.type("axolotl")
    expect(page.get_by_role("link", name="Axolotls in Mexico")).to_be_visible()
