"""The player for everyone: axe in every state, large text, narrow screens, a second language, flat memory."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from students.guardians import issue_code
from students.models import Student
from tests.player.phones import FILM, Publish, answer, open_as, run, until, watch_to_end
from tests.player.wire import Wire
from tests.studio.browser.conftest import find_barriers

pytestmark = [
    pytest.mark.browser,
    pytest.mark.film,
    pytest.mark.usefixtures("no_limits"),
    pytest.mark.django_db(transaction=True),
]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Everything that can be pressed and is seen, with its size.
SMALL = """
() => [...document.querySelectorAll('button, a, input, summary')].filter((one) =>
    one.checkVisibility({visibilityProperty: true}) && !one.closest('[inert], p, .skip, label'))
  .map((one) => [one.outerHTML.slice(0, 90), one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && (box.width < 24 || box.height < 24)).map(([html]) => html)
"""


def walk(page: Page, look: Callable[[str], None], child: Student) -> None:
    """Every state of the player, one after the other; `look` is called in each."""
    code = issue_code(child)
    for path in ("welcome", "sign-up", "sign-in", "recover", "about"):
        page.goto(f"/#/{path}")
        page.locator("h1").wait_for()
        if path == "sign-up":
            page.locator(".names .chip").first.wait_for()
        look(path)
    page.goto("/#/sign-in")
    page.get_by_role("button", name="Come in").click()
    look("sign-in with what is missing")
    open_as(page, child)
    until(page, f"{FILM}.currentTime > 0.2")
    look("watching")
    page.get_by_role("button", name="What do you think?").first.click()
    look("opinions")
    page.get_by_role("button", name="Something is wrong").first.click()
    page.get_by_role("dialog", name="What is wrong with this film?").wait_for()
    look("report")
    page.keyboard.press("Escape")
    until(page, f"!{FILM}.paused")
    watch_to_end(page)
    page.locator(".ask").wait_for()
    look("question")
    answer(page, "Yes")
    look("right")
    page.get_by_role("button", name="Go on").click()
    answer(page, "Yes")
    look("not yet")
    page.get_by_role("button", name="Go on").click()
    page.locator(".told .lamps").wait_for()
    look("done")
    page.keyboard.press("ArrowDown")
    page.locator(".closing").wait_for()
    look("the end")
    page.goto("/#/me")
    page.locator(".figures").wait_for()
    look("me")
    page.goto("/#/kept")
    page.get_by_role("button", name="Take films along").click()
    page.get_by_text("came along").wait_for()
    look("kept")
    page.goto("/#/settings")
    page.get_by_text("Erase my account").click()
    look("settings")
    page.goto("/#/guardian")
    page.get_by_label("Guardian’s code").fill(code)
    page.get_by_role("button", name="Open").click()
    page.get_by_role("heading", name="Limits").wait_for()
    look("guardian")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier_in_any_state(
    browser: Browser, wire: Wire, child: Student, publish: Publish, scheme: str
) -> None:
    publish()
    context = browser.new_context(
        base_url=wire.url,
        viewport={"width": 390, "height": 844},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        locale="en-GB",
    )
    page = context.new_page()
    found: list[str] = []
    walk(page, lambda state: found.extend(f"{state}: {one}" for one in find_barriers(page)), child)
    context.close()
    assert found == []


@pytest.mark.parametrize("sizes", [(320, 100), (320, 200), (390, 200), (1440, 100)], ids=str)
def test_nothing_is_cut_off_or_too_small_to_press(
    browser: Browser, wire: Wire, child: Student, publish: Publish, sizes: tuple[int, int]
) -> None:
    publish()
    width, text = sizes
    size: ViewportSize = {"width": width, "height": 800}
    context = browser.new_context(base_url=wire.url, viewport=size, reduced_motion="reduce", locale="en-GB")
    page = context.new_page()
    page.goto("/")
    page.locator("h1").wait_for()
    run(page, f"import('/static/player/settings.js').then((s) => s.choose({{text: {text}}}))")
    found: list[str] = []

    def look(state: str) -> None:
        if (over := page.evaluate(OVERFLOW)) > 0:
            found.append(f"{state}: {over} px too wide")
        found.extend(f"{state}: {one}" for one in page.evaluate(SMALL))

    walk(page, look, child)
    context.close()
    assert found == []


def test_nothing_moves_by_itself_while_pages_open(page: Page, child: Student, publish: Publish) -> None:
    page.add_init_script(
        """globalThis.shifts = [];
        new PerformanceObserver((list) => {
          for (const one of list.getEntries())
            if (!one.hadRecentInput) shifts.push([location.hash, one.value]);
        }).observe({type: 'layout-shift', buffered: true});"""
    )
    publish()
    found = []
    page.goto("/")
    page.locator("h1").wait_for()
    page.goto("/#/sign-up")
    page.locator(".names .chip").first.wait_for()
    found += page.evaluate("shifts")
    open_as(page, child)
    until(page, f"{FILM}.currentTime > 0.5")
    for path, seen in (
        ("kept", ".meter"),
        ("me", ".figures"),
        ("settings", ".grave-box"),
        ("guardian", "form"),
    ):
        page.goto(f"/#/{path}")
        page.locator(seen).wait_for()
    found += page.evaluate("shifts")
    assert sum(value for _, value in found) <= 0.01, found


def test_german_is_a_whole_language_of_the_player(page: Page, child: Student, publish: Publish) -> None:
    publish()
    open_as(page, child)
    page.goto("/#/settings")
    page.get_by_label("Deutsch").check()
    page.get_by_role("heading", name="Einstellungen").wait_for()
    assert page.evaluate("document.documentElement.lang") == "de"
    page.get_by_role("link", name="Schauen").click()
    watch_to_end(page)
    page.locator(".ask").wait_for()
    page.keyboard.press("j")
    page.get_by_role("heading", name="Ja, genau!").wait_for()


def test_two_hundred_swipes_leave_the_memory_flat(page: Page, child: Student, publish: Publish) -> None:
    for number in range(6):
        publish(f"Film {number}")
    open_as(page, child)
    until(page, f"{FILM}.currentTime > 0.2")
    tools = page.context.new_cdp_session(page)

    def swipe(times: int) -> None:
        for number in range(times):
            page.keyboard.press("ArrowDown" if (number // 5) % 2 == 0 else "ArrowUp")
            page.wait_for_timeout(25)

    def heap() -> int:
        until(page, f"{FILM}.currentTime > 0.2")  # the same moment of a film each time
        for _ in range(3):
            tools.send("HeapProfiler.collectGarbage")
        used: int = tools.send("Runtime.getHeapUsage")["usedSize"]
        return used

    swipe(20)
    early, early_nodes = heap(), page.evaluate("document.querySelectorAll('*').length")
    swipe(180)
    assert heap() <= 1.2 * early
    assert page.evaluate("document.querySelectorAll('*').length") <= 1.2 * early_nodes
    assert page.evaluate("document.querySelectorAll('video').length") <= 3
