"""Nothing below /api/student/: playbacks are reported to feed.api, because they are remembered too."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
