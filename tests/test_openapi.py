"""Addresses, the OpenAPI document and docs/api.md say the same, and every address obeys the rules."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache as counters
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.test import APIClient
from rest_framework.views import APIView

from students.authentication import IsStudent
from students.throttles import LIMITS, Throttle
from studio.authentication import IsCreator
from tests.clients import (
    assert_problem,
    creator_client,
    documented_codes,
    make_student,
    student_client,
)
from tests.studio.factories import make_person

ROOT = Path(__file__).resolve().parent.parent
METHODS = ("get", "post", "put", "patch", "delete")
DOCUMENTS = (SpectacularAPIView, SpectacularSwaggerSplitView)
PLAIN = {
    "health/live",
    "health/ready",
    "sw.js",
    "manifest.webmanifest",
    "privacy",
    "privacy/children",
}  # views without DRF, and media and admin below their prefixes
OPEN = {  # everything that may be called without signing in
    "/api/student/username-suggestions",
    "/api/student/register",
    "/api/student/token",
    "/api/student/token/refresh",
    "/api/student/logout",
    "/api/student/recover",
    "/api/student/erasures/{receipt}",
    "/api/creator/token",
    "/api/creator/token/refresh",
    "/api/creator/logout",
}


def walk(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


def api_views() -> dict[str, type[APIView]]:
    """Address → view class of everything below /api/ but the two documents."""
    found = {}
    for route, entry in walk(get_resolver().url_patterns):
        view = getattr(entry.callback, "cls", None) or getattr(entry.callback, "view_class", None)
        if route.startswith("api/") and view not in DOCUMENTS:
            assert view is not None, f"{route} is not a class-based view"
            found["/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)] = view
    return found


def new_schema() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call] # it has no types


@cache
def schema() -> dict[str, Any]:
    document: dict[str, Any] = new_schema()
    return document


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for address, entry in schema()["paths"].items():
        for method in METHODS:
            if method in entry:
                yield address, method, entry[method]


# --------------------------------------------------------------------------- the documents


def test_the_page_of_the_api_runs_no_script_that_its_own_policy_forbids() -> None:
    page = APIClient().get("/api/docs/", headers={"accept": "text/html"})
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page.content.decode(), re.DOTALL)
    sources = [re.sub(r'^ src="(.*)"$', r"\1", attributes) for attributes, _ in scripts]
    policy = [part.strip() for part in page["Content-Security-Policy"].split(";")]  # in any order
    assert "script-src 'self'" in policy
    assert [body for _, body in scripts] == ["", "", ""]
    start = APIClient().get(html.unescape(sources[-1]))
    assert (start.status_code, start["Content-Type"]) == (200, "application/javascript")
    assert "SwaggerUIBundle" in start.content.decode()


# --------------------------------------------------------------------------- addresses


def test_every_address_of_the_api_is_known_to_the_document_with_all_its_methods() -> None:
    spoken = {
        address: {method for method in METHODS if hasattr(view, method)}
        for address, view in api_views().items()
    }
    written: dict[str, set[str]] = {}
    for address, method, _ in operations():
        written.setdefault(address, set()).add(method)
    assert len(spoken) >= 30
    assert written == spoken


def test_no_address_is_given_twice() -> None:
    routes = [route for route, _ in walk(get_resolver().url_patterns) if route.startswith("api/")]
    assert len(routes) == len(set(routes))


def test_every_address_names_its_permission_its_limit_and_who_is_asked() -> None:
    for address, view in api_views().items():
        (permission,) = view.permission_classes
        signed_in = IsCreator if address.startswith("/api/creator/") else IsStudent
        expected = AllowAny if address in OPEN else signed_in
        assert permission is expected, address
        assert bool(view.authentication_classes) is (address not in OPEN), address
        assert list(view.throttle_classes) == [Throttle], address
        assert view.throttle_scope in LIMITS, address  # type: ignore[attr-defined] # of Endpoint


def test_what_is_not_of_the_api_is_listed() -> None:
    others = {
        route
        for route, _ in walk(get_resolver().url_patterns)
        if not route.startswith(("api/", "admin/", "media/", "account/"))
    }
    assert others == PLAIN | {""}


# --------------------------------------------------------------------------- the document


def test_the_document_is_made_without_a_warning() -> None:
    GENERATOR_STATS.reset()
    new_schema()
    assert not GENERATOR_STATS


def test_every_operation_says_what_it_does_and_how_it_refuses() -> None:
    names = []
    for address, method, operation in operations():
        where = f"{method} {address}"
        names.append(operation["operationId"])
        assert operation.get("description"), where
        assert operation.get("tags"), where
        answers = operation["responses"]
        assert any(status.startswith("2") for status in answers), where
        demanded = {"429"}
        demanded |= set() if address in OPEN else {"401"}
        demanded |= {"400", "413", "415"} if "requestBody" in operation else set()
        demanded |= {"404"} if "{" in address else set()
        assert demanded <= set(answers), where
        for status, answer in answers.items():
            if status.startswith(("4", "5")):
                content = answer["content"]
                assert list(content) == ["application/problem+json"], where
                assert content["application/problem+json"]["schema"]["$ref"].endswith("/Problem"), where
    assert len(names) == len(set(names))


def test_the_document_names_who_may_call() -> None:
    for address, method, operation in operations():
        schemes = {name for one in operation.get("security", []) for name in one}
        if address in OPEN:
            assert schemes == set(), address
        elif address.startswith("/api/creator/"):
            assert schemes == {"creatorToken", "studioSession"}, f"{method} {address}"
        else:
            assert schemes == {"studentToken"}, f"{method} {address}"


def test_a_student_is_described_by_the_allowed_fields_only() -> None:
    found = schema()["components"]["schemas"]
    assert set(found["RegisterRequest"]["properties"]) == {
        "username",
        "password",
        "age_group",
        "timezone",
        "class_code",  # of a teacher; it is not kept
    }
    assert set(found["Student"]["properties"]) == {
        "id",
        "username",
        "age_group",
        "timezone",
        "learning_preferences",
        "total_videos_watched",
        "created_at",
        "kept_until",
    }


# --------------------------------------------------------------------------- every address, called


def fill(address: str) -> str:
    filled = address.replace("{user_id}", "me").replace("{position}", "0").replace("{purpose}", "service")
    return re.sub(r"\{\w+\}", str(uuid4()), filled)


@pytest.fixture
def clients(db: None) -> dict[str, APIClient]:
    counters.clear()
    return {
        "open": APIClient(),
        "student": student_client(make_student()),
        "creator": creator_client(make_person("editor_in_chief")),
    }


def client_of(clients: dict[str, APIClient], address: str) -> APIClient:
    side = "open" if address in OPEN else "creator" if address.startswith("/api/creator/") else "student"
    return clients[side]


def test_a_field_that_is_not_listed_is_refused_by_name_everywhere(clients: dict[str, APIClient]) -> None:
    checked = 0
    for address, method, operation in operations():
        if "requestBody" not in operation:
            continue
        counters.clear()
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        call = getattr(client_of(clients, address), method)
        if body.get("type") == "array":
            (outcome,) = call(fill(address), [{"surprise": 1}]).json()
            assert "surprise" in [error["field"] for error in outcome["problem"]["errors"]], address
        else:
            document = assert_problem(call(fill(address), {"surprise": 1}), 400, "invalid")
            assert ("surprise", "unknown-field") in [
                (error["field"], error["code"]) for error in document["errors"]
            ], address
        checked += 1
    assert checked >= 20


def test_without_signing_in_every_other_address_is_closed(clients: dict[str, APIClient]) -> None:
    for address, method, _ in operations():
        if address in OPEN:
            continue
        assert_problem(getattr(clients["open"], method)(fill(address)), 401, "not-authenticated")


def test_the_other_sides_token_opens_nothing(clients: dict[str, APIClient]) -> None:
    for address, method, _ in operations():
        if address in OPEN:
            continue
        other = clients["student" if address.startswith("/api/creator/") else "creator"]
        assert_problem(getattr(other, method)(fill(address)), 401, "token-invalid")


def test_somebody_elses_id_in_an_address_looks_like_no_id(clients: dict[str, APIClient]) -> None:
    other = make_student()
    seen = 0
    for address, method, _ in operations():
        if "{user_id}" in address:
            for who in (str(other.pk), str(uuid4()), "false", other.username):
                answer = getattr(clients["student"], method)(address.replace("{user_id}", who))
                assert_problem(answer, 404, "not-found")
            seen += 1
    assert seen >= 2


def test_a_method_that_an_address_does_not_have_is_told_as_a_problem(clients: dict[str, APIClient]) -> None:
    for address, view in api_views().items():
        missing = next(method for method in METHODS if not hasattr(view, method))
        answer = getattr(client_of(clients, address), missing)(fill(address))
        assert_problem(answer, 405, "method-not-allowed")


def test_answers_of_the_api_are_kept_by_nobody_unless_they_are_tagged(clients: dict[str, APIClient]) -> None:
    for address, method, _ in operations():
        answer = getattr(client_of(clients, address), method)(fill(address))
        kept = answer.headers["Cache-Control"]
        assert kept == ("private, no-cache" if "ETag" in answer.headers else "private, no-store"), address
        assert not answer.cookies, address


# --------------------------------------------------------------------------- codes

ELSEWHERE = {"questions.py", "delivery.py", "releasing.py", "demo.py"}  # their codes are nobody's answer
SOURCES = (
    *(
        path
        for app in ("students", "videos", "feed", "studio")
        for path in sorted((ROOT / app).glob("*.py"))
        if path.name not in ELSEWHERE
    ),
    ROOT / "config" / "api.py",
    ROOT / "pipeline" / "editing.py",
    ROOT / "pipeline" / "orchestration.py",
    ROOT / "pipeline" / "quality" / "notes.py",
)
CODE = re.compile(r"(?:creator:)?[a-z]+(?:-[a-z]+)*")
# Where a code stands among the arguments of what is raised or reported.
PLACES = {
    "BadRequest": 0,
    "Unauthorized": 0,
    "Forbidden": 0,
    "Conflict": 0,
    "PayloadTooLarge": 0,
    "Unprocessable": 0,
    "TooManyRequests": 0,
    "Unavailable": 0,
    "AuthenticationFailed": 1,
    "ValidationError": 1,
    "FieldError": 1,
    "AccountRefused": 1,
    "PreferenceRefused": 1,
    "UsernameRefused": 0,
    "EditRefused": 0,
    "Personal": 0,
    "Refusal": 0,
    "Finding": 0,
    "_block": 0,
    "_plain_problem": 1,
}
INNER = {  # codes of rules that no answer carries as they are
    "video-not-found",
    "question-not-found",
    "student-not-active",
    "verdict-refused",
    "publication-refused",
    "address-refused",
    "schedule-moved",  # the calendar's page says these in words; no address of the API moves a date
    "time-passed",
}


def codes_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        values: list[ast.expr | None] = []
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = PLACES.get(name)
            if place is not None and len(node.args) > place:
                values.append(node.args[place])
            values += [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        elif isinstance(node, ast.ClassDef):
            for line in node.body:
                targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
                if any(isinstance(target, ast.Name) and target.id == "code" for target in targets):
                    values.append(getattr(line, "value", None))
        for value in values:
            yield from (text for text in texts_of(value) if CODE.fullmatch(text))


def texts_of(value: ast.expr | None) -> Iterator[str]:
    """The text that stands there, or both of a choice."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from texts_of(value.body)
        yield from texts_of(value.orelse)


def raised_codes() -> set[str]:
    from config.api import CODES  # noqa: PLC0415 - Django is set up by now

    found = set(CODES.values()) | {"not-found", "permission-denied", "invalid"}
    for path in SOURCES:
        found |= set(codes_in(ast.parse(path.read_text(encoding="utf-8"))))
    return found - INNER


BUILT_IN = {  # Django REST framework's own codes of fields
    "required",
    "null",
    "blank",
    "empty",
    "invalid-choice",
    "not-a-list",
    "not-a-dict",
    "max-length",
    "min-length",
    "max-value",
    "min-value",
    "max-string-length",
    "overflow",
    "make-aware",
    "null-characters-not-allowed",
    "surrogate-characters-not-allowed",
    "zone",
}


def test_every_code_of_the_source_is_documented_and_every_documented_code_exists() -> None:
    raised = raised_codes()
    assert {"stale-film", "personal-email", "creator:too-few-facts", "idempotency-conflict"} <= raised
    assert raised | BUILT_IN == documented_codes()


def test_every_status_in_the_list_of_problems_is_right() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", text, re.MULTILINE)
    assert len(rows) == len({code for code, _ in rows}) >= 30
    statuses = dict(rows)
    assert [statuses[code] for code in ("own-work", "stale-film", "content-refused")] == ["403", "409", "422"]
