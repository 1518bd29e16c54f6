"""The studio's pages, for players."""

from tests.studio.browser.conftest import complaints, page, traffic

__all__ = ["complaints", "page", "traffic"]
