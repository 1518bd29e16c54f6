"""A real Chromium on a live server: a console error, a failed address or a CSP violation fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Condition
from typing import TYPE_CHECKING, Any, Literal

import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

if TYPE_CHECKING:
    from studio.models import Creator

AXE = Path(__file__).parent / "axe" / "axe.min.js"
LOOKS: tuple[tuple[Literal["light", "dark"], int, int], ...] = (
    ("light", 1440, 900),
    ("light", 390, 844),
    ("dark", 390, 844),
    ("dark", 1440, 900),
)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Complaints:
    """What the browser complained about; `allow` names statuses that a test provokes."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.allowed: set[int] = set()
        self.offline = False  # while a test has cut the line

    def hear(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"page error: {error}"))
        page.on("response", self._response)

    def allow(self, status: int) -> None:
        self.allowed.add(status)

    def _console(self, message: ConsoleMessage) -> None:
        text = message.text
        if self.offline and "ERR_INTERNET_DISCONNECTED" in text:
            return
        if message.type != "error" or any(f"status of {status}" in text for status in self.allowed):
            return
        self.found.append(f"console: {text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.found.append(f"{response.status} {response.url}")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    heard = Complaints()
    yield heard
    assert heard.found == []


class Traffic:
    """Requests that the live server is at work on: the database is emptied only when there are none."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._count = 0

    def begin(self, **_: Any) -> None:
        with self._changed:
            self._count += 1

    def end(self, **_: Any) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def wait_for_none(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._count <= 0, timeout=10)


@pytest.fixture(autouse=True)
def traffic(live_server: Any) -> Iterator[None]:
    """A page that closes still reports what was played; its request ends before its rows go."""
    counted = Traffic()
    request_started.connect(counted.begin)
    request_finished.connect(counted.end)
    yield
    counted.wait_for_none()
    request_started.disconnect(counted.begin)
    request_finished.disconnect(counted.end)


@pytest.fixture
def page(browser: Browser, complaints: Complaints, live_server: Any, traffic: None) -> Iterator[Page]:
    """A window of its own on the live server, at 1440 × 900."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    opened = context.new_page()
    complaints.hear(opened)
    yield opened
    context.close()


def enter(context: BrowserContext, live_server: Any, user: Creator) -> None:
    """Sign a person in without the form: the session's cookie, as a sign-in just now would leave it."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


def find_barriers(page: Page, *, within: str = "") -> list[str]:
    """What axe calls serious or critical by WCAG 2.2 A and AA, in words; empty is what is wanted.

    `within` is a CSS selector; else the whole page is looked at.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate(
        "([within, tags]) => axe.run(within || document, {runOnly: {type: 'tag', values: tags},"
        " resultTypes: ['violations']})",
        [within, WCAG],
    )
    return [
        f"{page.url} {rule['id']}: {node['target']} {node['failureSummary']} {node['html'][:200]}"
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


def find_barriers_in_every_look(page: Page, *, plain: bool = False) -> list[str]:
    """`find_barriers` of the page as it stands, by day and night, 1440 and 390 pixels wide.

    The page is not loaded again, so an open dialog stays open. `plain`: a page outside the shell, whose
    colours follow the system without a class.
    """
    found: list[str] = []
    for scheme, width, height in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": height})
        if not plain:  # the shell asks the system once, when the page opens; then its switch says
            page.evaluate("theme => { Alpine.$data(document.documentElement).adminTheme = theme; }", scheme)
            page.wait_for_function(
                "isDark => document.documentElement.classList.contains('dark') === isDark",
                arg=scheme == "dark",
            )
        # A colour half-way between two is nobody's to read: what moves is moved to its end.
        page.evaluate(
            "() => document.getAnimations().forEach(one => { try { one.finish(); } catch { one.cancel(); } })"
        )
        found += [f"{scheme}, {width} px: {one}" for one in find_barriers(page)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
    if not plain:
        page.evaluate("() => { Alpine.$data(document.documentElement).adminTheme = 'light'; }")
    return found
