"""Nothing leaves: every address that is connected to is recorded while all journeys run (S7, section 8)."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics import delivery
from students import erasing, privacy
from tests.clients import creator_client, student_client
from tests.edges.addresses import World, body_for, fill, make_world
from tests.edges.test_isolation import api_calls, is_for_students, openly, send, studio_addresses
from tests.students.journeys import live
from tests.test_openapi import schema

pytestmark = pytest.mark.django_db
EVENTS = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}
_seen: list[tuple[str, Any]] | None = None


def _record(event: str, arguments: tuple[Any, ...]) -> None:
    """Python's own audit: every connection of this process, whichever library makes it."""
    if _seen is not None and event in EVENTS:
        _seen.append((event, arguments[1] if event in {"socket.connect", "socket.sendto"} else arguments[0]))


sys.addaudithook(_record)


@pytest.fixture
def connections() -> Iterator[list[tuple[str, Any]]]:
    global _seen  # noqa: PLW0603 - an audit hook can never be taken off again
    _seen = []
    yield _seen
    _seen = None


def is_near(address: Any) -> bool:
    """A Unix socket, or this machine."""
    if isinstance(address, str | bytes):
        text = address.decode() if isinstance(address, bytes) else address
        if text.startswith(("/", "\0")) or text == "localhost":
            return True
        address = (text,)
    try:
        return ipaddress.ip_address(str(address[0])).is_loopback
    except ValueError:
        return str(address[0]) == "localhost"


def test_a_connection_to_elsewhere_would_be_seen(connections: list[tuple[str, Any]]) -> None:
    socket.getaddrinfo("192.0.2.1", 443)
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    assert ("socket.getaddrinfo", "192.0.2.1") in connections
    assert [entry[1] for entry in connections if not is_near(entry[1])] == ["192.0.2.1"]
    assert not is_near("api.openai.com")


def test_no_journey_of_a_child_or_creator_connects_to_anything_outside(
    connections: list[tuple[str, Any]],
) -> None:
    """Every address of the API and the studio, a child's whole life, analytics, export and erasure."""
    child = live()
    privacy.write_export(child.student)
    world: World = make_world()
    clients = {True: student_client(world.student), False: creator_client(world.creator)}
    called = 0
    for address, method, operation in api_calls(world):
        client = Client() if openly(address) else clients[is_for_students(address)]
        if openly(address):
            getattr(client, method)(fill(address, world, "own"))
        else:
            send(client, method, fill(address, world, "own"), body_for(operation, schema()))
        called += 1
    studio = Client()
    studio.force_login(world.creator, backend="django.contrib.auth.backends.ModelBackend")
    for address in studio_addresses():
        studio.get(fill(address, world, "own"))
        called += 1
    delivery.deliver(timezone.now())
    privacy.erase(child.student, by="student", now=timezone.now())
    erasing.enforce_retention(timezone.now())
    assert called >= 80
    assert connections, "the hook has seen the servers on this machine"
    assert [entry for entry in connections if not is_near(entry[1])] == []
