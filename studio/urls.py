"""Addresses of the creator API, below /api/creator/."""

from __future__ import annotations

from django.urls import path

from studio import account_api, api, review_api

PROJECT = "projects/<uuid:project_id>"
SCENE = f"{PROJECT}/scenes/<int:position>"
REVIEW = "review/<uuid:project_id>"

urlpatterns = [
    path("token", account_api.CreatorSignIn.as_view(), name="creator-token"),
    path("token/refresh", account_api.CreatorRefresh.as_view(), name="creator-token-refresh"),
    path("logout", account_api.CreatorSignOut.as_view(), name="creator-logout"),
    path("generate-content", api.GenerateContent.as_view(), name="creator-generate"),
    path("projects", api.Projects.as_view(), name="creator-projects"),
    path(PROJECT, api.ProjectDetail.as_view(), name="creator-project"),
    path(f"{PROJECT}/cancel", api.CancelProject.as_view(), name="creator-cancel"),
    path(f"{PROJECT}/retry", api.RetryProject.as_view(), name="creator-retry"),
    path(f"{PROJECT}/rebuild", api.RebuildProject.as_view(), name="creator-rebuild"),
    path(SCENE, api.SceneDetail.as_view(), name="creator-scene"),
    path(f"{SCENE}/regenerate", api.RegenerateScene.as_view(), name="creator-regenerate"),
    path(REVIEW, review_api.ReviewDetail.as_view(), name="creator-review"),
    path(f"{REVIEW}/approve", review_api.Approve.as_view(), name="creator-approve"),
    path(f"{REVIEW}/request-changes", review_api.RequestChanges.as_view(), name="creator-request-changes"),
    path(f"{REVIEW}/reject", review_api.Reject.as_view(), name="creator-reject"),
    path(f"{PROJECT}/publish", review_api.Publish.as_view(), name="creator-publish"),
    path(f"{PROJECT}/unpublish", review_api.Unpublish.as_view(), name="creator-unpublish"),
]
