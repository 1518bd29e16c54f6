"""What holds for every address: bounded bodies, problem documents, a default that refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from config import api
from students import bodies
from students.problems import PayloadTooLarge
from tests.clients import assert_problem

LOGOUT = "/api/student/logout"  # takes JSON, needs nobody signed in
JSON = "application/json"


class Forgotten(APIView):
    """A view whose author forgot to say who may call it."""

    def get(self, request: Request) -> Response:
        return Response({"secret": 1})


class Broken(APIView):
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        raise RuntimeError("the cause, with a secret")


urlpatterns = [path("api/forgotten", Forgotten.as_view()), path("api/broken", Broken.as_view())]
handler404 = api.page_not_found
handler500 = api.server_error


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    from django.core.cache import cache  # noqa: PLC0415 - Django is set up only after this file is read

    cache.clear()


def post(body: bytes, content_type: str = JSON, **extra: Any) -> Any:
    return Client().post(LOGOUT, body, content_type=content_type, **extra)


def test_a_body_over_the_limit_is_refused_by_its_announced_length() -> None:
    body = b'{"refresh": "' + b"x" * settings.REQUEST_BODY_LIMIT + b'"}'
    assert_problem(post(body), 413, "body-too-large")


def test_no_more_is_read_than_the_limit_and_one_byte() -> None:
    class Stream:
        taken = 0

        def read(self, size: int) -> bytes:
            self.taken += size
            return b"1" * size

    stream = Stream()
    with pytest.raises(PayloadTooLarge):
        api.BoundedJSONParser().parse(stream)  # type: ignore[arg-type] # reads are all it needs
    assert stream.taken == settings.REQUEST_BODY_LIMIT + 1


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'\\"' * 400_000 + b"[" * 30,  # strings without an end, each of which might be read to the end
        b'{"refresh": NaN}',
        b'{"refresh": 1e400}',
        b"{'refresh': 1}",
        b'{"refresh": "\xff"}',
        b'{"refresh": "\\ud800"}',
        b'{"refresh": "x"',
        b"\x00",
    ],
)
def test_what_is_no_json_is_malformed_and_never_our_fault(body: bytes) -> None:
    assert_problem(post(body), 400, "malformed")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 9_000 + b"]" * 9_000,
        b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
        b'["\\\\",' * 9_000 + b"1" + b"]" * 9_000,  # a string that ends in a backslash
        b'["\\""' + b",[" * 9_000 + b"]" * 9_001,  # a string that holds a quotation mark
    ],
)
def test_deep_nesting_is_refused_before_the_decoder_fills_the_stack_of_a_server_thread(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: bytes) -> None:
        raise AssertionError("The decoder has got the body.")

    monkeypatch.setattr("msgspec.json.decode", crash)
    document = assert_problem(post(body), 400, "malformed")
    assert document["detail"] == "The JSON is nested too deeply."


@pytest.mark.parametrize(
    "body",
    [
        b'{"refresh": "' + b"[" * 100_000 + b'"}',
        b'{"refresh": "\\"' + b"{" * 100_000 + b'"}',
        b"[" + b"[]," * 10_000 + b"[]]",
        b"[" * bodies.MOST_NESTED + b"]" * bodies.MOST_NESTED,
    ],
)
def test_brackets_that_do_not_nest_are_not_too_deep(body: bytes) -> None:
    assert_problem(post(body), 400, "invalid")


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"5", b"null", b"true"])
def test_json_that_is_no_object_is_invalid(body: bytes) -> None:
    assert_problem(post(body), 400, "invalid")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"]
)
def test_another_type_of_body_is_refused(content_type: str) -> None:
    assert_problem(post(b"refresh=x", content_type), 415, "unsupported-media-type")


def test_a_wrong_method_is_told_with_the_right_ones() -> None:
    response = Client().get(LOGOUT)
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["Allow"] == "POST, OPTIONS"


def test_an_unknown_address_of_the_api_is_a_problem_document_and_of_the_site_a_page() -> None:
    assert_problem(Client().get("/api/nothing-here"), 404, "not-found")
    page = Client().get("/nothing-here")
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_host_that_is_not_ours_is_refused_as_a_problem() -> None:
    assert_problem(Client().get("/api/student/me", HTTP_HOST="evil.example.org"), 400, "malformed")


@pytest.mark.urls(__name__)
def test_a_view_without_a_permission_serves_nobody() -> None:
    assert_problem(APIClient().get("/api/forgotten"), 403, "permission-denied")


@pytest.mark.urls(__name__)
def test_an_unexpected_error_is_a_problem_that_does_not_tell_the_cause() -> None:
    response = Client(raise_request_exception=False).get("/api/broken")
    assert_problem(response, 500, "server-error")
    assert b"secret" not in response.content


def test_nested_errors_become_paths() -> None:
    detail = {
        "scenes": [{}, {"narration": ["Too long."]}],
        "non_field_errors": ["Odd."],
        "tags": {"a": {"b": ["No."]}},
    }
    found = [(error.field, error.detail) for error in api.flatten_errors(detail)]
    assert found == [("scenes.1.narration", "Too long."), ("", "Odd."), ("tags.a.b", "No.")]


def test_a_problem_document_is_compact_json_in_utf8() -> None:
    response = post("{“}".encode())
    assert json.loads(response.content)["title"] == "Bad Request"
