"""A real Chromium on a live server: a console error, a failed address or a CSP violation fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response


class Complaints:
    """What the browser complained about; `allow` names statuses that a test provokes."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.allowed: set[int] = set()

    def hear(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.found.append(f"page error: {error}"))
        page.on("response", self._response)

    def allow(self, status: int) -> None:
        self.allowed.add(status)

    def _console(self, message: ConsoleMessage) -> None:
        text = message.text
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


@pytest.fixture
def page(browser: Browser, complaints: Complaints, live_server: Any) -> Iterator[Page]:
    """A window of its own on the live server, at 1440 × 900."""
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(10_000)
    opened = context.new_page()
    complaints.hear(opened)
    yield opened
    context.close()
