"""What a student's app asks every day, below /api/student/."""

from __future__ import annotations

from django.urls import path

from feed import api, guardian_api, report_api

urlpatterns = [
    path("feed/<str:user_id>", api.read_feed, name="student-feed"),
    path("quiz-response", api.post_answer, name="student-quiz-response"),
    path("quiz-responses", api.post_answers, name="student-quiz-responses"),
    path("watches", api.post_watch, name="student-watches"),
    path("feedback", api.post_feedback, name="student-feedback"),
    path("reports", report_api.post_report, name="student-reports"),
    path("offline/<str:user_id>", api.read_offline, name="student-offline"),
    path("progress/<str:user_id>", api.show_progress, name="student-progress"),
    path("me/summary", guardian_api.Summary.as_view(), name="student-summary"),
]
