"""The addresses of the feed's benchmark, and the kept page behind a DRF view."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpResponse
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request

from benchmarks.feed.urls import urlpatterns as feed
from config.urls import handler400, handler403, handler404, handler500  # noqa: F401 - Django looks for them
from feed import pages
from students.authentication import student_of
from students.endpoints import StudentEndpoint


class KeptPage(StudentEndpoint):
    """What `/api/student/feed/me` answers, by a view of Django REST framework."""

    throttle_scope: ClassVar[str] = "feed"

    def get(self, request: Request) -> HttpResponse:
        page = pages.next_page(student_of(request), now=timezone.now())
        return HttpResponse(page.body, content_type="application/json", headers={"ETag": page.etag or ""})


urlpatterns = [path("bench/drf", KeptPage.as_view()), *feed]
