"""Plain views of the API: what is called most often, without what Django REST framework costs.

`endpoint` wraps a function with the same authentication, permission, throttle, problem documents and OpenAPI
entry as a view class: the view carries such a class as `cls`, which the document and the tests read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Protocol, cast

import msgspec
from django.core.exceptions import PermissionDenied
from django.db import connection, models
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, serializers
from rest_framework.settings import api_settings

from students.authentication import IsStudent, refuse, token_in
from students.bodies import read_bounded
from students.endpoints import StudentEndpoint
from students.models import Student
from students.throttles import admit
from students.tokens import STUDENTS, TokenRefused, read_access

JSON = "application/json"
SECRET = {"password", "recovery_code", "guardian_code"}  # no request needs them to know who asks
SESSION = """
SELECT {columns} FROM student_sessions s JOIN students st ON st.id = s.student_id
WHERE s.id = %s::uuid AND s.student_id = %s::uuid AND s.revoked_at IS NULL
  AND s.expires_at > %s::timestamptz AND st.is_active
"""


@dataclass(frozen=True)
class Call:
    """A request of a signed-in student at a moment; `kept` is what the cache has under the keys it wanted."""

    request: HttpRequest
    student: Student
    now: datetime
    kept: Sequence[bytes | None] = ()


class Handler(Protocol):
    __name__: str
    __doc__: str | None

    def __call__(self, call: Call, **arguments: Any) -> HttpResponse: ...


type View = Callable[..., HttpResponse]


def endpoint(
    method: str,
    *,
    throttle: str,
    schema: Callable[[Any], Any],
    permission: type[IsStudent] = IsStudent,
    wanted: Callable[[HttpRequest, Student], Sequence[str]] | None = None,
) -> Callable[[Any], View]:
    """A view of one method for a signed-in student; `schema` is an `extend_schema(…)`.

    `wanted` names keys of the fast cache that are read in the round trip of the limit; it must not raise.
    """

    def wrap(handler: Handler) -> View:
        def described(self: Any, request: Any, **arguments: Any) -> Any:
            raise NotImplementedError("The plain view answers.")

        described.__name__ = method.lower()
        described.__doc__ = handler.__doc__
        description = type(
            handler.__name__.title().replace("_", ""),
            (StudentEndpoint,),
            {
                "throttle_scope": throttle,
                "permission_classes": [permission],
                "__doc__": handler.__doc__,
                method.lower(): schema(described),
            },
        )

        def view(request: HttpRequest, **arguments: Any) -> HttpResponse:
            try:
                now = timezone.now()
                student = find_student(request, now=now)
                keys = wanted(request, student) if wanted else ()
                wait, kept = admit(throttle, str(student.pk), keys)
                if wait > 0:
                    raise exceptions.Throttled(wait)
                if request.method != method:
                    raise exceptions.MethodNotAllowed(request.method or "")
                response = handler(Call(request, student, now, kept), **arguments)
            except (exceptions.APIException, Http404, PermissionDenied) as error:
                response = problem(error, method)
            response.headers.setdefault("Cache-Control", "private, no-store")
            return response

        view.__name__, view.__doc__ = handler.__name__, handler.__doc__
        found: Any = csrf_exempt(view)
        found.cls, found.initkwargs = description, {}
        return cast("View", found)

    return wrap


def problem(error: Exception, method: str) -> HttpResponse:
    """The problem document of an exception; what is unexpected is raised again and becomes a 500."""
    handle: Any = api_settings.EXCEPTION_HANDLER
    answer = handle(error, {})
    if answer is None:
        raise error
    headers = {name: value for name, value in answer.headers.items() if name != "Content-Type"}
    if isinstance(error, exceptions.MethodNotAllowed):
        headers["Allow"] = method
    return HttpResponse(
        msgspec.json.encode(answer.data),
        status=answer.status_code,
        content_type=answer.content_type,
        headers=headers,
    )


# --------------------------------------------------------------------------- who calls


def find_student(request: HttpRequest, *, now: datetime) -> Student:
    """The student of a live session, in one prepared statement (J3). Raises what becomes a 401."""
    access = token_in(request.META.get("HTTP_AUTHORIZATION", ""))
    if access is None:
        raise exceptions.NotAuthenticated
    try:
        token = read_access(STUDENTS, access)
    except TokenRefused as error:
        raise refuse(error) from error
    fields = _fields()
    with connection.cursor() as cursor:
        cursor.execute(session_statement(), [token["sid"], token["sub"], now])
        row = cursor.fetchone()
    if row is None:
        raise refuse(TokenRefused())
    values = [
        json.loads(value) if value is not None and isinstance(field, models.JSONField) else value
        for field, value in zip(fields, row, strict=True)
    ]
    return Student.from_db("default", [field.attname for field in fields], values)


@cache
def _fields() -> tuple[Any, ...]:
    return tuple(field for field in Student._meta.concrete_fields if field.name not in SECRET)  # noqa: SLF001 - Django's documented way to a model's fields


@cache
def session_statement() -> str:
    """What every signed-in request asks: session id, student id, now."""
    return SESSION.format(columns=", ".join(f"st.{field.column}" for field in _fields()))


# --------------------------------------------------------------------------- what is sent


def read_json[T](
    request: HttpRequest,
    decoder: msgspec.json.Decoder[T],
    explain: Callable[[Any], serializers.BaseSerializer[Any]],
    convert: Callable[[Any], T],
) -> T:
    """The body as `decoder` types it, strictly.

    Where that fails, the serializer of the document says what is wrong with which field, or takes what it
    takes and `convert` shapes it. Raises 400, 413 and 415 problems.
    """
    if (request.content_type or "").lower() != JSON:
        raise exceptions.UnsupportedMediaType(request.content_type or "")
    body = read_bounded(request, request.META.get("CONTENT_LENGTH"))
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        pass
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise exceptions.ParseError("The body is not JSON.") from error
    try:  # a wrong type may stand before what is no JSON at all
        whole = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise exceptions.ParseError("The body is not JSON.") from error
    serializer = explain(whole)
    serializer.is_valid(raise_exception=True)
    return convert(serializer.validated_data)
