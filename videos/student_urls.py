"""What a student reports about films, below /api/student/."""

from __future__ import annotations

from django.urls import path

from videos.api import Watches

urlpatterns = [path("watches", Watches.as_view(), name="student-watches")]
