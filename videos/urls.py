"""Addresses of films, below /api/videos/."""

from __future__ import annotations

from django.urls import path

from videos.api import VideoDetail

urlpatterns = [path("<uuid:video_id>", VideoDetail.as_view(), name="video")]
