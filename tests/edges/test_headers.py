"""Every route answers with the headers that keep a page to itself (08, section 9: S5)."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from tests.clients import student_client
from tests.edges.addresses import all_addresses, fill, make_world
from tests.studio.factories import make_person

pytestmark = pytest.mark.django_db


def directives(policy: str) -> dict[str, str]:
    return {part.split()[0]: " ".join(part.split()[1:]) for part in policy.split(";") if part.strip()}


def test_every_route_has_strict_headers() -> None:
    world = make_world()
    studio, student = Client(), student_client(world.student)
    studio.force_login(make_person("editor_in_chief"), backend="django.contrib.auth.backends.ModelBackend")
    seen = 0
    for address in all_addresses():
        if "logout" in address:
            continue
        client = student if address.startswith("/api/") else studio
        answer = client.get(fill(address, world, "own"))
        policy = directives(answer.headers["Content-Security-Policy"])
        assert answer.headers["X-Content-Type-Options"] == "nosniff", address
        # The admin says SAMEORIGIN of its lists; the policy's frame-ancestors, which counts, says nobody.
        framing = {"DENY", "SAMEORIGIN"} if address.startswith("/admin/") else {"DENY"}
        assert answer.headers["X-Frame-Options"] in framing, address
        assert answer.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}, address
        assert policy["default-src"] in {"'self'", "'none'"}, address
        scripts = policy.get("script-src", policy["default-src"])
        assert "'unsafe-inline'" not in scripts, address
        assert "'unsafe-eval'" not in scripts or address.startswith("/admin/"), address
        if "sandbox" not in policy:
            assert policy["frame-ancestors"] == "'none'", address
            assert policy["object-src"] == "'none'", address
        for cookie in filter(lambda one: one.value, answer.cookies.values()):  # not those that are removed
            assert cookie["samesite"] in {"Lax", "Strict"}, (address, cookie.key)
            assert cookie["httponly"] or cookie.key == "csrftoken", (address, cookie.key)
        seen += 1
    assert seen >= 90


def test_outside_development_only_tls_is_spoken(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    answer = Client().get("/privacy")
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/privacy")
    secure = Client().get("/privacy", secure=True)
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=31536000")
