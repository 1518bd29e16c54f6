"""The studio's pages. Importing the package registers every screen on `studio.admin.site.site`."""

from __future__ import annotations

from studio.admin import people, projects, students, topics, trail, videos  # noqa: F401 - registration
