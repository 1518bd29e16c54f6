"""The calendar as an editor-in-chief works with it: dragging, the keyboard, two time zones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from pipeline.models import ContentProject
from tests.studio.browser.conftest import Complaints, enter, find_barriers_in_every_look
from tests.studio.factories import make_draft, make_film, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

JULY = "/admin/calendar/?month=2031-07&zone=UTC"
AT = datetime(2031, 7, 7, 9, tzinfo=UTC)


def plan_month() -> ContentProject:
    """Two films of July 2031, and one that waits for its date."""
    film = make_draft(status="scheduled", publish_at=AT, concept_prompt="How bees make honey")
    make_draft(
        status="scheduled", publish_at=AT.replace(day=18, hour=16), concept_prompt="Why the moon glows"
    )
    make_draft(status="approved", concept_prompt="Waiting film")
    return film


def publish_at(project: ContentProject) -> datetime | None:
    project.refresh_from_db()
    return project.publish_at


def test_a_film_is_dragged_to_another_day_and_keeps_its_time(page: Page, live_server: Any) -> None:
    film = plan_month()
    enter(page.context, live_server, make_person("editor_in_chief"))
    page.goto(JULY)
    slot = page.locator("#day-2031-07-07 .st-slot")
    slot.drag_to(page.locator("#day-2031-07-09"))
    expect(page.locator("#day-2031-07-09 .st-slot-title")).to_have_text("How bees make honey")
    expect(page.get_by_text("Moved to Wednesday, 9 July 2031, 09:00 UTC.")).to_be_visible()
    assert publish_at(film) == AT.replace(day=9)
    page.locator(".st-waiting-films .st-slot").drag_to(page.locator("#day-2031-07-10"))
    expect(page.get_by_role("heading", name="Give “Waiting film” a date")).to_be_visible()
    expect(page.get_by_label("Date and time, in UTC")).to_have_value("2031-07-10T09:00")


def test_everything_that_a_drag_does_goes_without_a_mouse(page: Page, live_server: Any) -> None:
    plan_month()
    film = make_film(status="approved", concept_prompt="The waggle dance")
    enter(page.context, live_server, make_person("editor_in_chief"))
    page.goto(JULY)
    page.get_by_role("link", name=f"Give a date to {film.title or 'The waggle dance'}").press("Enter")
    expect(page.locator("#st-place")).to_be_focused()
    field = page.get_by_label("Date and time, in UTC")
    field.fill("2031-07-21T07:30")
    page.get_by_role("button", name="Schedule").press("Enter")
    expect(page.locator("#day-2031-07-21 .st-slot")).to_have_count(1)
    page.locator("#day-2031-07-21").get_by_role("link", name="Move").press("Enter")
    field.fill("2031-07-22T07:30")
    page.get_by_role("button", name="Move it").press("Enter")
    expect(page.locator("#day-2031-07-22 .st-slot")).to_have_count(1)
    page.locator("#day-2031-07-22").get_by_role("link", name="Move").press("Enter")
    page.get_by_role("button", name="Take it out of the plan").press("Enter")
    expect(page.get_by_text("Taken out of the plan.")).to_be_visible()
    film.refresh_from_db()
    assert film.status == "approved"


def test_a_person_elsewhere_reads_both_zones_and_may_turn_the_days(
    browser: Browser, live_server: Any, complaints: Complaints
) -> None:
    plan_month()
    context = browser.new_context(
        base_url=live_server.url, timezone_id="Pacific/Auckland", viewport={"width": 1440, "height": 900}
    )
    enter(context, live_server, make_person("editor_in_chief"))
    page = context.new_page()
    complaints.hear(page)
    page.goto(JULY)
    late = page.locator("#day-2031-07-18 .st-slot")  # 16:00 UTC is 04:00 of the next day there
    expect(late.locator("time")).to_have_text("16:00")
    expect(late.locator("[data-st-short]")).to_contain_text("Sat")
    late.get_by_role("link", name="Move").click()
    expect(page.locator("#place-zone")).to_contain_text("Pacific/Auckland")
    page.get_by_label("Time zone").select_option("Pacific/Auckland")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#day-2031-07-19 .st-slot time")).to_have_text("04:00")
    context.close()


def test_the_calendar_has_no_barriers_as_month_as_list_and_with_its_form(
    page: Page, live_server: Any
) -> None:
    film = plan_month()
    enter(page.context, live_server, make_person("editor_in_chief"))
    found: list[str] = []
    for more in ("", "&as=list", f"&place={film.pk}"):
        page.goto(JULY + more)
        found += find_barriers_in_every_look(page)
        page.set_viewport_size({"width": 320, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert found == []
