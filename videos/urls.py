"""Addresses of films, below /api/videos/."""

from __future__ import annotations

from django.urls import path

from videos.api import read_video
from videos.topic_api import list_topics

urlpatterns = [
    path("topics", list_topics, name="topics"),
    path("<uuid:video_id>", read_video, name="video"),
]
