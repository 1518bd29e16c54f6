"""What a student's app asks every day, below /api/student/."""

from __future__ import annotations

from django.urls import path

from feed import api

urlpatterns = [
    path("feed/<str:user_id>", api.Feed.as_view(), name="student-feed"),
    path("quiz-response", api.QuizResponses.as_view(), name="student-quiz-response"),
    path("quiz-responses", api.QuizResponseQueue.as_view(), name="student-quiz-responses"),
    path("watches", api.Watches.as_view(), name="student-watches"),
    path("progress/<str:user_id>", api.Progress.as_view(), name="student-progress"),
]
