"""Screenshots for the documentation, of a real film, only on request: SCREENSHOTS=1 pytest <this file>."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import Browser

from studio import demo, policy
from tests.studio.browser.conftest import Complaints, enter
from tests.studio.browser.test_studio_pages import review

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
    pytest.mark.skipif("SCREENSHOTS" not in os.environ, reason="SCREENSHOTS=1 renders a film and takes them"),
]
IMAGES = Path(__file__).resolve().parents[3] / "docs" / "images"
LOOKS: tuple[tuple[str, int, int, Any], ...] = (
    ("review.png", 1440, 900, "light"),
    ("review-dark.png", 1440, 900, "dark"),
    ("review-mobile.png", 390, 844, "light"),
)


def test_the_review_page_is_photographed(browser: Browser, live_server: Any, complaints: Complaints) -> None:
    for role in policy.ROLES:
        Group.objects.get_or_create(name=role)
    people = demo.make_people()
    film = next(one for one in demo.FILMS if one.outcome == "waiting")
    project, _ = demo.find_or_make_film(film, people, listen=lambda _: lambda _: None)
    reviewer = people["reviewer"]
    for name, width, height, scheme in LOOKS:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            is_mobile=width < 500,
            has_touch=width < 500,
        )
        enter(context, live_server, reviewer)
        page = context.new_page()
        complaints.hear(page)
        page.goto(review(project), wait_until="networkidle")
        page.evaluate("document.getElementById('st-video').currentTime = 9")
        page.wait_for_function("!document.getElementById('st-video').seeking")
        page.wait_for_timeout(500)  # the picture of the second is drawn
        page.screenshot(path=IMAGES / name, scale="css")
        context.close()
