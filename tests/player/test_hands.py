"""Hands: a swipe, a wheel; and what the player fetches ahead of them, and does without."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from playwright.sync_api import Page, Request, expect

from students.models import Student
from tests.player.phones import FILM, Publish, open_as, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.film,
    pytest.mark.usefixtures("no_limits"),
    pytest.mark.django_db(transaction=True),
]
FILE = re.compile(r"/([0-9a-f-]{32,36})/([\w.-]+)$")
PLACES = "[...document.querySelectorAll('.card')].map((card) => card.dataset.place).sort().join()"


def title(page: Page) -> str:
    return page.locator('[data-place="0"] h2').inner_text()


def changes(page: Page, before: str) -> str:
    """The card on the screen, once it is another one."""
    until(page, f"document.querySelector('[data-place=\"0\"] h2').textContent !== '{before}'")
    return title(page)


def swipe(page: Page, tools: Any, *, down: float) -> None:
    """A finger that goes so many pixels down the film, in steps as a screen reports them."""
    box = page.locator('[data-place="0"] .frame').bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    points = [{"x": x, "y": y + down * step / 6} for step in range(7)]
    tools.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
    for point in points[1:]:
        tools.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    tools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_swipe_and_a_wheel_move_one_card_and_a_small_one_moves_none(
    page: Page, child: Student, publish: Publish
) -> None:
    for number in range(4):
        publish(f"Film {number}")
    open_as(page, child)
    until(page, f"{FILM}.currentTime > 0.2")
    tools = page.context.new_cdp_session(page)
    first = title(page)
    swipe(page, tools, down=-30)
    assert title(page) == first
    swipe(page, tools, down=-200)
    second = changes(page, first)
    page.mouse.move(195, 300)
    page.mouse.wheel(0, 120)
    third = changes(page, second)
    assert len({first, second, third}) == 3
    swipe(page, tools, down=200)
    assert changes(page, third) == second
    until(page, f"{FILM}.currentTime > 0.2")
    assert page.evaluate("[...document.querySelectorAll('video')].filter((one) => !one.paused).length") == 1


def test_three_films_are_fetched_ahead_their_beginnings_only_and_what_has_passed_is_let_go(
    page: Page, child: Student, publish: Publish
) -> None:
    films = {str(film.film_key): film.title for film in (publish(f"Film {number}") for number in range(7))}
    asked: Counter[tuple[str, str]] = Counter()

    def note(request: Request) -> None:
        found = FILE.search(request.url.partition("?")[0])
        if found and found[1] in films:
            asked[films[found[1]], found[2]] += 1

    page.on("request", note)
    open_as(page, child)
    order: list[str] = page.evaluate(
        "(async () => (await (await import('/static/player/api.js')).call('GET', 'student/feed/me'))"
        ".value.map((card) => card.title))()"
    )
    until(page, f"{FILM}.currentTime > 0.2")

    def begun() -> set[str]:
        page.wait_for_timeout(40)
        return {film for film, name in asked if name == "480.hls.mp4"}

    expected = set(order[:4])
    while begun() < expected:  # the test's own limit ends it
        pass
    for step in range(1, 3):
        page.keyboard.press("ArrowDown")
        until(page, f"{FILM}.currentTime > 0.05")
        expected = set(order[: 4 + step])
        while begun() < expected:
            pass
    assert begun() == expected
    waiting = order[4:6]  # fetched ahead, never shown
    assert {name for film, name in asked if film in waiting} <= {
        "master.m3u8",
        "480.m3u8",
        "audio.m3u8",
        "480.hls.mp4",
        "audio.hls.mp4",
        "poster-small.jpg",
        "thumbnail.jpg",
        "captions.vtt",
    }
    for film in waiting:  # the initialisation and two segments, of picture and of sound
        assert asked[film, "480.hls.mp4"] <= 3
        assert asked[film, "audio.hls.mp4"] <= 3
    lists = ("master.m3u8", "480.m3u8", "audio.m3u8")
    assert [asked[order[0], name] for name in lists] == [1, 1, 1]  # not by the library, too
    assert page.evaluate(PLACES) == "-1,0,1"
    assert page.evaluate("document.querySelector('[data-place=\"-1\"] video').getAttribute('src')") is None


def test_where_the_browser_needs_no_library_for_a_film_none_is_loaded(
    page: Page, child: Student, publish: Publish
) -> None:
    page.add_init_script("delete globalThis.MediaSource; delete globalThis.ManagedMediaSource;")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    publish()
    open_as(page, child)
    until(page, f"{FILM}.currentTime > 0.2")
    assert not any("hls.min.js" in url for url in asked)
    assert any(re.search(r"/(480\.mp4|master\.m3u8)$", url) for url in asked)


def test_sound_and_captions_are_on_at_first_and_stay_as_a_child_leaves_them(
    page: Page, child: Student, publish: Publish
) -> None:
    publish(burned_captions=False)
    open_as(page, child)
    until(page, f"{FILM}.currentTime > 0.2")
    card = page.locator('[data-place="0"]')
    sound, captions = (card.get_by_role("button", name=name, exact=True) for name in ("Sound", "Captions"))
    expect(sound).to_have_attribute("aria-pressed", "true")
    expect(captions).to_have_attribute("aria-pressed", "true")
    expect(card.locator(".captions")).to_be_visible(timeout=30_000)
    sound.click()
    captions.click()
    expect(card.locator(".captions")).to_be_hidden()
    page.reload()
    until(page, f"{FILM}.currentTime > 0.2")
    expect(sound).to_have_attribute("aria-pressed", "false")
    expect(captions).to_have_attribute("aria-pressed", "false")
    assert page.evaluate(f"{FILM}.muted")
    sound.click()
    until(page, f"!{FILM}.muted")
