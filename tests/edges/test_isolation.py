"""Every address × every role × own, other, absent and forged ids (08, section 10: P2, S1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from tests.clients import creator_client, student_client
from tests.dumps import dump_database
from tests.edges.addresses import (
    HIDDEN,
    KINDS,
    SECRET,
    World,
    all_addresses,
    body_for,
    fill,
    make_world,
    parts_of,
)
from tests.studio.factories import make_person
from tests.test_openapi import OPEN, operations, schema

pytestmark = pytest.mark.django_db
SECRETS = re.compile(f"{SECRET}|{HIDDEN}")
ROLES = ("reviewer", "editor_in_chief", "staff", "operator")
# Tables that a refused request may write into: events about the refusal.
NOTED = {"security_events", "django_session"}


@pytest.fixture
def world() -> World:
    return make_world()


def api_calls(world: World) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for address, method, operation in operations():
        yield address.replace("{", "<").replace("}", ">"), method, operation


def send(client: Any, method: str, address: str, body: Any) -> Any:
    cache.clear()
    return client.generic(method.upper(), address) if body is None else getattr(client, method)(address, body)


def others_rows() -> set[tuple[str, str]]:
    """Every row that holds something of the other side, as it stands."""
    return {(table, row) for table, row in dump_database() if SECRET in row and table not in NOTED}


def is_for_students(address: str) -> bool:
    return address.startswith(("/api/student/", "/api/videos/"))


def openly(address: str) -> bool:
    return address.replace("<", "{").replace(">", "}") in OPEN


# --------------------------------------------------------------------------- nothing is forgotten


def test_every_variable_part_of_every_address_has_values_for_the_matrix(world: World) -> None:
    addresses = list(all_addresses())
    assert len(addresses) >= 90
    for address in addresses:
        for kind in KINDS:
            assert "<" not in fill(address, world, kind), address


# --------------------------------------------------------------------------- the API


def test_nobody_and_the_other_side_get_401_from_every_address_of_the_api(world: World) -> None:
    student, creator = student_client(world.student), creator_client(world.creator)
    seen = 0
    for address, method, operation in api_calls(world):
        if openly(address):
            continue
        for client in (APIClient(), creator if is_for_students(address) else student):
            for kind in KINDS:
                answer = send(client, method, fill(address, world, kind), body_for(operation, schema()))
                assert answer.status_code == 401, (method, address, kind)
                assert SECRET not in answer.content.decode()
                seen += 1
    assert seen >= 200


def test_what_is_somebody_elses_looks_as_if_it_were_not_there(world: World) -> None:
    """The same answer for an id of somebody else and for one that nobody has; nothing of theirs changes."""
    clients = {True: student_client(world.student), False: creator_client(world.creator)}
    before = others_rows()
    assert before
    seen = 0
    for address, method, operation in api_calls(world):
        owned = set(parts_of(address)) & {"user_id", "project_id", "video_id", "receipt"}
        if not owned:
            continue
        body = body_for(operation, schema())
        answers = {
            kind: send(clients[is_for_students(address)], method, fill(address, world, kind), body)
            for kind in ("other", "absent", "forged")
        }
        for kind, answer in answers.items():
            assert answer.status_code == 404, (method, address, kind, answer.content)
            assert answer.json() == answers["absent"].json(), (method, address, kind)
        seen += 1
    assert seen >= 17
    assert others_rows() == before


def test_no_answer_to_a_student_or_creator_holds_a_word_of_the_others(world: World) -> None:
    clients = {True: student_client(world.student), False: creator_client(world.creator)}
    before = others_rows()
    for address, method, operation in api_calls(world):
        if "logout" in address or (method == "delete" and address.endswith("/me")):
            continue
        client = APIClient() if openly(address) else clients[is_for_students(address)]
        for kind in KINDS:
            answer = send(client, method, fill(address, world, kind), body_for(operation, schema()))
            assert answer.status_code < 500, (method, address, kind)
            assert not {SECRET, HIDDEN} & set(SECRETS.findall(answer.content.decode())), (
                method,
                address,
                kind,
            )
    assert others_rows() == before


# --------------------------------------------------------------------------- media


@pytest.mark.parametrize("kind", ["other", "absent", "forged"])
def test_a_film_s_address_opens_no_other_film(world: World, kind: str) -> None:
    (address,) = [one for one in all_addresses() if one.startswith("/media/")]
    assert Client().get(fill(address, world, "own")).status_code == 200
    answer = Client().get(fill(address, world, kind))
    assert answer.status_code in {403, 404}
    assert HIDDEN not in answer.getvalue().decode()


# --------------------------------------------------------------------------- the studio


def studio_addresses() -> list[str]:
    return [address for address in all_addresses() if address.startswith("/admin/")]


def test_nobody_and_no_student_sees_a_page_of_the_studio(world: World) -> None:
    outside = (Client(), student_client(world.student))
    for address in studio_addresses():
        if address in {"/admin/login/", "/admin/logout/"}:
            continue
        for client in outside:
            answer = client.get(fill(address, world, "other"))
            assert answer.status_code in {302, 401, 403, 404}, (address, answer.status_code)
            if answer.status_code == 302:
                assert answer["Location"].startswith("/admin/login/"), (address, answer["Location"])
            assert SECRET not in answer.content.decode()


def test_a_creator_sees_nothing_of_somebody_elses_project_on_any_page(world: World) -> None:
    client = Client()
    client.force_login(world.creator, backend="django.contrib.auth.backends.ModelBackend")
    before = others_rows()
    for address in studio_addresses():
        if "logout" in address:
            continue
        for kind in ("other", "absent", "forged"):
            for method in ("get", "post"):
                filled = fill(address, world, kind)
                answer = getattr(client, method)(filled)
                assert answer.status_code < 500, (method, address, kind)
                text = answer.getvalue().decode("utf-8", "replace")
                assert SECRET not in text, (method, address, kind)
                if {"project_id", "student_id"} & set(parts_of(address)):
                    assert answer.status_code in {302, 403, 404, 405}, (method, address, kind)
    assert others_rows() == before


@pytest.mark.parametrize("role", ROLES)
def test_no_page_of_the_studio_breaks_for_any_role_and_id_and_no_get_changes_a_row(
    world: World, role: str
) -> None:
    client = Client()
    client.force_login(make_person(role), backend="django.contrib.auth.backends.ModelBackend")
    client.get("/admin/")
    before = {row for row in dump_database() if row[0] not in NOTED}
    for address in studio_addresses():
        if "logout" in address:
            continue
        for kind in KINDS:
            answer = client.get(fill(address, world, kind))
            assert answer.status_code < 500, (address, kind)
    assert {row for row in dump_database() if row[0] not in NOTED} == before
