"""What stands in logs while everything happens: no name, token, body, id or whole address of anybody (P9)."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from config.logs import JsonFormatter
from students import privacy
from tests.clients import PASSWORD, creator_client
from tests.edges.addresses import SECRET, body_for, fill, make_world
from tests.edges.test_isolation import api_calls, is_for_students, openly, send
from tests.students.journeys import live
from tests.test_openapi import schema

pytestmark = pytest.mark.django_db
ADDRESS, QUERY = "198.51.100.77", "secret-in-a-query"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Every record of every logger at every level that production writes, as production writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    access = logging.getLogger("access")
    before = access.level
    access.setLevel(logging.INFO)
    yield stream
    access.setLevel(before)
    root.removeHandler(handler)


def test_a_run_of_all_journeys_logs_no_person(lines: io.StringIO) -> None:
    child = live()
    world = make_world()
    clients = {True: child.client, False: creator_client(world.creator)}
    for client in clients.values():
        client.defaults["REMOTE_ADDR"] = ADDRESS
    for address, method, operation in api_calls(world):
        if "logout" in address or (method == "delete" and address.endswith("/me")):
            continue
        for kind in ("own", "other", "forged"):
            client = APIClient(REMOTE_ADDR=ADDRESS) if openly(address) else clients[is_for_students(address)]
            filled = f"{fill(address, world, kind)}?q={QUERY}"
            send(client, method, filled, body_for(operation, schema()))
    name = child.student.username
    for body in ({"username": name, "password": "no"}, {"username": name, "password": PASSWORD}):
        APIClient(REMOTE_ADDR=ADDRESS).post("/api/student/token", body)
    Client(REMOTE_ADDR=ADDRESS).post("/admin/login/", {"username": world.creator.email, "password": "no"})
    privacy.erase(child.student, by="student", now=timezone.now())

    text = lines.getvalue()
    written = [json.loads(line) for line in text.splitlines()]
    assert len(written) >= 20
    people = (
        *child.traces,
        PASSWORD,
        world.creator.email,
        str(world.creator.pk),
        str(world.other_student.pk),
        world.other_student.username,
        SECRET,
        ADDRESS,
        QUERY,
        "Bearer ",
    )
    found = [(one, line) for one in people for line in text.splitlines() if one in line]
    assert found == []
