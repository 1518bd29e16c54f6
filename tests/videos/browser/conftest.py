"""The studio's browser, for players."""

from tests.studio.browser.conftest import browser, complaints, page

__all__ = ["browser", "complaints", "page"]
