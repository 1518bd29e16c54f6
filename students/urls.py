"""Addresses of the student's account, below /api/student/."""

from __future__ import annotations

from django.urls import path

from students import api, guardian_api, privacy_api, profile_api

urlpatterns = [
    path("username-suggestions", api.UsernameSuggestions.as_view(), name="student-username-suggestions"),
    path("register", api.Register.as_view(), name="student-register"),
    path("token", api.SignIn.as_view(), name="student-token"),
    path("token/refresh", api.Refresh.as_view(), name="student-token-refresh"),
    path("logout", api.SignOut.as_view(), name="student-logout"),
    path("logout/everywhere", api.SignOutEverywhere.as_view(), name="student-logout-everywhere"),
    path("recover", api.Recover.as_view(), name="student-recover"),
    path("me", profile_api.Me.as_view(), name="student-me"),
    path("me/password", profile_api.Password.as_view(), name="student-password"),
    path("me/consents", privacy_api.Consents.as_view(), name="student-consents"),
    path("me/consents/<str:purpose>", privacy_api.ConsentOf.as_view(), name="student-consent"),
    path("me/export", privacy_api.Export.as_view(), name="student-export"),
    path("erasures/<uuid:receipt>", privacy_api.ErasureReceipt.as_view(), name="student-erasure"),
    path("me/limits", guardian_api.Limits.as_view(), name="student-limits"),
]
