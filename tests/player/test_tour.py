"""Pictures of the player, on request: PLAYER_PICTURES=folder pytest tests/player/test_tour.py

With PLAYER_FILM="title=folder:title=folder", folders with the files of published films, they show those.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize

from pipeline.media import assembly
from students.guardians import issue_code
from students.models import Student
from tests.clients import QUESTIONS
from tests.player.phones import (
    DESKTOP,
    FILM,
    PHONE,
    TABLET,
    Publish,
    answer,
    publish_film,
    sign_in,
    until,
    watch_to_end,
)
from tests.player.wire import Wire

pytestmark = [pytest.mark.browser, pytest.mark.film, pytest.mark.django_db(transaction=True)]
FOLDER = os.environ.get("PLAYER_PICTURES", "")
SIZES: dict[str, ViewportSize] = {
    "phone": PHONE,
    "tablet": TABLET,
    "desktop": DESKTOP,
    "narrow": {"width": 320, "height": 640},
}
OF_WATER = {
    "question": "Does the sun warm the water of the sea?",
    "answer": True,
    "explanation": "Its heat turns some of the water into vapour.",
}
LOOKS = [(size, scheme) for size in SIZES for scheme in ("light", "dark")]


def publish_shown(publish: Publish) -> None:
    """The films that were named, the first of them shown first; else four of coloured bars."""
    named = [one.partition("=") for one in os.environ.get("PLAYER_FILM", "").split(":") if one]
    if not named:
        for title in (
            "How bees make honey",
            "Why volcanoes erupt",
            "What the heart does all day",
            "Fractions",
        ):
            publish(title)
    for title, _, folder in named:
        files = {name: (Path(folder) / name).read_bytes() for name in assembly.FILES}
        seconds = sum(map(float, re.findall(r"#EXTINF:([\d.]+)", files["480.m3u8"].decode())))
        known = QUESTIONS if "bee" in title.lower() else [{**QUESTIONS[0], **OF_WATER}, QUESTIONS[1]]
        asked = [
            {**question, "taught_at_seconds": seconds * (0.4 + 0.3 * number)}
            for number, question in enumerate(known)
        ]
        topic = "Biology" if known is QUESTIONS else "Earth science"
        publish_film(files, title, topic=topic, duration_seconds=round(seconds), quiz_questions=asked)


@pytest.mark.skipif(not FOLDER, reason="pictures are made on request: PLAYER_PICTURES=folder")
@pytest.mark.parametrize("look", LOOKS, ids="-".join)
def test_every_screen_in_pictures(
    browser: Browser, wire: Wire, publish: Publish, child: Student, look: tuple[str, Any]
) -> None:
    size, scheme = look
    code = issue_code(child)
    publish_shown(publish)
    context = browser.new_context(base_url=wire.url, viewport=SIZES[size], color_scheme=scheme)
    context.set_default_timeout(15_000)
    page = context.new_page()

    def shoot(name: str) -> None:
        page.wait_for_timeout(450)
        page.screenshot(path=str(Path(FOLDER) / f"player-{name}-{size}-{scheme}.png"))

    page.goto("/")
    page.get_by_role("heading", level=1).wait_for()
    shoot("welcome")
    page.goto("/#/sign-up")
    page.locator(".names .chip").first.wait_for()
    page.locator(".names .chip").first.click()
    shoot("sign-up")
    sign_in(page)
    until(page, f"{FILM}.currentTime > 1")
    shoot("watch")
    page.locator('[data-place="0"]').get_by_role("button", name="What do you think?").click()
    shoot("opinions")
    page.get_by_role("button", name="Something is wrong").click()
    page.get_by_role("dialog").wait_for()
    shoot("report")
    page.keyboard.press("Escape")
    watch_to_end(page)
    page.locator(".ask").wait_for()
    shoot("question")
    answer(page, "Yes")
    shoot("feedback")
    page.get_by_role("button", name="Go on").click()
    answer(page, "Yes")
    shoot("feedback-second")
    page.get_by_role("button", name="Go on").click()
    page.locator(".lamps").wait_for()
    shoot("done")
    page.goto("/#/me")
    page.locator(".figures").wait_for()
    shoot("me")
    page.goto("/#/kept")
    page.get_by_role("button", name="Take films along").click()
    page.get_by_text("came along").wait_for()
    shoot("kept")
    page.goto("/#/settings")
    shoot("settings")
    page.goto("/#/guardian")
    page.get_by_label("Guardian’s code").wait_for()
    shoot("guardian-code")
    page.get_by_label("Guardian’s code").fill(code)
    page.get_by_role("button", name="Open").click()
    page.get_by_role("heading", name="Limits").wait_for()
    shoot("guardian")
    context.close()
