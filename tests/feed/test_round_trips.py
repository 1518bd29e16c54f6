"""A kept page costs one statement, for who asks (J3), and one question to the cache, limit included."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import caches
from django.utils import timezone
from redis import Redis

from students.throttles import LIMITS
from tests.clients import assert_problem, make_student, student_client
from tests.quizzes.learners import capture, make_concept, make_film

FEED = "/api/student/feed/me"
pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the commands that Redis is sent."""
    seen: list[str] = []
    send = Redis.execute_command

    def note(self: Redis, *args: Any, **options: Any) -> Any:
        seen.append(args[0])
        return send(self, *args, **options)  # type: ignore[no-untyped-call] # as redis has it

    monkeypatch.setattr(Redis, "execute_command", note)
    return seen


@pytest.mark.parametrize("query", ["", "?page=0", "?page=1"])
def test_a_kept_page_is_one_statement_and_one_question_to_the_cache(asked: list[str], query: str) -> None:
    for _ in range(12):
        make_film(make_concept(), now=timezone.now())
    client = student_client(make_student())
    made = client.get(FEED + query)
    asked.clear()
    with capture() as statements:
        kept = client.get(FEED + query)
    assert (kept.content, kept.headers["ETag"], kept.headers.get("Link")) == (
        made.content,
        made.headers["ETag"],
        made.headers.get("Link"),
    )
    assert (asked, len(statements)) == (["EVAL"], 1)
    assert "student_sessions" in statements[0]["sql"]


def test_a_page_of_another_group_or_after_a_cursor_is_not_taken_for_the_first(asked: list[str]) -> None:
    for _ in range(25):
        make_film(make_concept(), now=timezone.now())
    client = student_client(make_student())
    first = client.get(FEED)
    following = first.headers["Link"].removeprefix("<").partition(">")[0]
    second = client.get(following)
    assert {card["id"] for card in first.json()} & {card["id"] for card in second.json()} == set()
    asked.clear()
    assert client.get(following).content == second.content
    assert asked == ["EVAL", "MGET"]


def test_a_refused_request_is_refused_though_its_page_is_kept(asked: list[str]) -> None:
    make_film(make_concept(), now=timezone.now())
    client = student_client(make_student())
    answers = [client.get(FEED) for _ in range(2 * LIMITS["feed"][0].count)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    assert_problem(refused[0], 429, "throttled")


def test_counters_and_values_are_read_in_one_round_trip() -> None:
    fast: Any = caches["fast"]
    fast.keep("page", b"\x00bytes", 60)
    fast.set("number", 7)
    assert fast.count_and_read(["now", "before"], ["page", "nothing", "number"], 60) == (
        [1, 0],
        [b"\x00bytes", None, None],
    )
    assert fast.count_and_read(["now", "before"], [], 60) == ([2, 0], [])
