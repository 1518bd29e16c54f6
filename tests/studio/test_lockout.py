"""Wrong passwords of the studio are counted even while the cache is away."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import override_settings
from rest_framework.test import APIClient

from students import counters
from tests.caches import caches_at
from tests.clients import assert_problem
from tests.studio.factories import PASSWORD, make_person

TOKEN = "/api/creator/token"
NOWHERE = "unix:///nowhere/redis.sock?db=0"


@pytest.mark.django_db
def test_without_the_cache_a_wrong_password_is_refused_and_five_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("students.throttles.Throttle.allow_request", lambda *_: True)
    person = make_person("creator")
    client = APIClient()
    body = {"email": person.email, "password": PASSWORD}
    counters.local.clear()
    with override_settings(CACHES=caches_at(NOWHERE, settings.CACHES)):
        caches["default"].clear()
        for _ in range(4):
            assert_problem(client.post(TOKEN, body | {"password": "wrong"}), 401, "sign-in-failed")
        assert_problem(client.post(TOKEN, body | {"password": "wrong"}), 429, "locked-out")
        assert_problem(client.post(TOKEN, body), 429, "locked-out")
        counters.local.clear()
        assert client.post(TOKEN, body).status_code == 200
    counters.local.clear()
