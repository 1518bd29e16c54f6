"""Requests made from the OpenAPI document, right and wrong ones, by everybody: no 5xx, nothing undocumented.

`make test` sends few for each operation; `make fuzz` sends 200 (EXAMPLES=200), with a seed that is printed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from students import tokens
from studio.authentication import CREATORS
from tests.clients import make_student, make_video
from tests.studio.factories import make_draft, make_person
from tests.test_openapi import schema as document

EXAMPLES = int(os.environ.get("EXAMPLES", "2"))
SEED = int(os.environ.get("SEED", "20261124"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ROLES = ("nobody", "student", "creator", "reviewer")
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_limits")]


def rejects_wrong_data(context: Any, response: Any, case: Any) -> bool | None:
    """Wrong data are refused: a list item by item (207), what is too large before it is read (413)."""
    if response.status_code in {207, 413}:
        return None
    return negative_data_rejection(context, response, case)


def sign_in(role: str) -> Mapping[str, str]:
    """The header of a fresh session; each request has one, since some end it."""
    now = timezone.now()
    if role == "nobody":
        return {}
    if role == "student":
        pair = tokens.open_session(tokens.STUDENTS, make_student(password="three green apples"), now=now)
    else:
        pair = tokens.open_session(CREATORS, make_person(role), now=now)
    return {"Authorization": f"Bearer {pair.access}"}


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """As Django's own test client does: the end of a request must not end the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "wrong"])
def test_generated_requests_get_documented_answers(role: str, mode: GenerationMode) -> None:
    make_video()
    make_draft(make_person("creator"))
    api = schemathesis.openapi.from_dict(dict(document()))
    application = WSGIHandler()
    sent = 0
    failures: list[str] = []
    for result in api.get_all_operations():
        found: Any = result
        operation = found.ok()
        try:
            strategy = operation.as_strategy(generation_mode=mode)
            count = _send_all(operation, strategy, application, role)
        except hypothesis.errors.Unsatisfiable:
            continue  # nothing can be wrong about a request without a body or parameter
        except (Exception, FailureGroup) as error:  # noqa: BLE001 - the report lists every operation that failed
            failures.append(f"{operation.label} as {role}: {error}")
            continue
        sent += count
    print(f"{role}, {mode.value}: {sent} requests, seed {SEED}")  # noqa: T201 - what make fuzz reports
    assert not failures, "\n\n".join(failures)
    assert sent >= 10 * EXAMPLES


def _send_all(operation: Any, strategy: Any, application: WSGIHandler, role: str) -> int:
    sent = 0

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=strategy)
    def send(case: Any) -> None:
        nonlocal sent
        headers = sign_in(role)
        response = case.call(base_url="http://testserver", headers=headers, app=application)
        case.validate_response(response, checks=[*CHECKS, rejects_wrong_data], headers=headers)
        sent += 1

    run: Callable[[], None] = send
    run()
    return sent
