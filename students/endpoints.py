"""What every view of the API has in common: who may call it, how fast, and that answers are not kept."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from students.authentication import IsStudent, StudentAuthentication
from students.throttles import REST, Throttle


class Endpoint(APIView):
    """A view with a permission and a throttle scope; answers are stored nowhere on their way."""

    throttle_classes: ClassVar[list[type[BaseThrottle]]] = [Throttle]  # type: ignore[misc]
    throttle_scope: ClassVar[str] = REST

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        final.headers.setdefault("Cache-Control", "private, no-store")
        return final


class OpenEndpoint(Endpoint):
    """For everyone, signed in or not."""

    authentication_classes: ClassVar[list[type[BaseAuthentication]]] = []  # type: ignore[misc]
    permission_classes: ClassVar[list[type[BasePermission]]] = [AllowAny]  # type: ignore[misc]


class StudentEndpoint(Endpoint):
    """For a signed-in student."""

    authentication_classes: ClassVar[list[type[BaseAuthentication]]] = [StudentAuthentication]  # type: ignore[misc]
    permission_classes: ClassVar[list[type[BasePermission]]] = [IsStudent]  # type: ignore[misc]
