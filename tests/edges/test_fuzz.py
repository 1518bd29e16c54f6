"""Cursors, tokens, ids and bodies that nobody made on purpose: refused by a problem document, never a 5xx.

`make fuzz` tries as many as EXAMPLES says for each.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import unquote

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from students import tokens
from tests.clients import bearer, creator_client, make_student, make_video, student_client
from tests.edges.addresses import fill, make_world
from tests.edges.test_isolation import api_calls, is_for_students
from videos import tokens as addresses

EXAMPLES = 10 * int(os.environ.get("EXAMPLES", "3"))
FEED = "/api/student/feed/me"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_limits")]
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TEXT = st.text(max_size=200)
# As a header can hold it.
HEADER = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=300)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    "response_id",
    "video_id",
    "question_index",
    "user_answer",
    "response_time_ms",
    "mode",
    "answered_at",
    "watch_id",
    "seconds_watched",
    "completed",
    "furthest_second",
    "started_at",
    "feedback_id",
    "kind",
    "username",
    "password",
    "new_password",
    "recovery_code",
    "refresh",
    "granted",
    "version",
    "guardian_code",
    "timezone",
    "age_group",
    "learning_preferences",
    "class_code",
    "request_id",
    "concept",
    "source_notes",
    "target_seconds",
    "language",
    "visual_style",
    "voice",
    "narration",
    "on_screen_text",
    "visual_description",
    "part",
    "film",
    "notes",
    "at",
    "reason",
    "email",
    "code",
)
BODY = st.dictionaries(st.sampled_from(FIELDS) | TEXT, JSON, max_size=8)
ADDRESSES = (
    ("post", "/api/student/quiz-response"),
    ("post", "/api/student/quiz-responses"),
    ("post", "/api/student/watches"),
    ("post", "/api/student/feedback"),
    ("patch", "/api/student/me"),
    ("delete", "/api/student/me"),
    ("put", "/api/student/me/password"),
    ("put", "/api/student/me/limits"),
    ("put", "/api/student/me/consents/service"),
    ("post", "/api/student/me/export"),
    ("post", "/api/student/register"),
    ("post", "/api/student/token"),
    ("post", "/api/student/token/refresh"),
    ("post", "/api/student/recover"),
    ("post", "/api/student/logout"),
)


def assert_refused(answer: Any, *statuses: int) -> None:
    assert answer.status_code in statuses, (answer.status_code, answer.content[:300])
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_no_body_breaks_an_address(method: str, address: str) -> None:
    send_nonsense(student_client(make_student()), method, address)


def send_nonsense(client: APIClient, method: str, address: str) -> None:
    @fuzzed
    @given(body=BODY | JSON)
    def send(body: Any) -> None:
        answer = client.generic(method.upper(), address, json.dumps(body), content_type="application/json")
        assert answer.status_code < 500, (method, address, body, answer.content[:300])
        if answer.status_code >= 400:
            assert answer["Content-Type"] == "application/problem+json"

    send()


@pytest.mark.parametrize("role", ["creator", "reviewer", "editor_in_chief"])
def test_no_body_breaks_any_writing_address_of_the_creators(role: str) -> None:
    """Every one that the document lists, with a project of one's own in its address where it has one."""
    world = make_world()
    person = world.creator
    person.groups.set([Group.objects.get_or_create(name=role)[0]])
    client = creator_client(person)
    asked = 0
    for address, method, _ in api_calls(world):
        if method not in {"post", "put", "patch", "delete"} or is_for_students(address):
            continue
        send_nonsense(client, method, fill(address, world, "own"))
        asked += 1
    assert asked >= 14


@pytest.mark.parametrize(("method", "address"), ADDRESSES[:3])
def test_no_bytes_break_an_address(method: str, address: str) -> None:
    client = student_client(make_student())

    @fuzzed
    @given(body=st.binary(max_size=300))
    def send(body: bytes) -> None:
        answer = client.generic(method.upper(), address, body, content_type="application/json")  # type: ignore[arg-type] # bytes are sent as they are
        if address.endswith("quiz-responses") and body.strip() == b"[]":  # an empty queue, by chance
            assert (answer.status_code, answer.json()) == (207, [])
        else:
            assert_refused(answer, 400)

    send()


def test_no_cursor_that_is_not_ours_opens_a_page() -> None:
    student = make_student()
    client = student_client(student)
    for _ in range(12):
        make_video()
    link = client.get(FEED)["Link"]
    ours = unquote(link.partition("cursor=")[2].partition(">")[0].partition("&")[0])
    assert client.get(FEED, {"cursor": ours}).status_code == 200
    assert_refused(student_client(make_student()).get(FEED, {"cursor": ours}), 400)

    @fuzzed
    @given(place=st.integers(0, len(ours) - 1), letter=st.sampled_from("Aa0_-.=%"), made_up=TEXT)
    def ask(place: int, letter: str, made_up: str) -> None:
        altered = ours[:place] + letter + ours[place + 1 :]
        for cursor in (made_up, altered):
            if cursor in {ours, ""}:
                continue
            assert_refused(client.get(FEED, {"cursor": cursor}), 400)

    ask()


@fuzzed
@given(page=TEXT | st.integers().map(str), age_group=TEXT, limit=TEXT | st.integers().map(str))
def test_no_parameter_breaks_a_page(page: str, age_group: str, limit: str) -> None:
    client = student_client(make_student())
    for address, query in (
        (FEED, {"page": page, "age_group": age_group}),
        ("/api/student/offline/me", {"limit": limit, "max_bytes": page}),
    ):
        answer = client.get(address, query)
        assert answer.status_code in {200, 400}, (query, answer.content[:300])


@fuzzed
@given(token=HEADER, scheme=st.sampled_from(["Bearer", "bearer", "Basic", "", "Bearer Bearer"]))
def test_no_made_up_token_signs_anybody_in(token: str, scheme: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"{scheme} {token}")
    for address in ("/api/student/me", FEED, "/api/creator/projects"):
        assert_refused(client.get(address), 401)


def test_no_altered_token_signs_anybody_in() -> None:
    access = tokens.open_session(tokens.STUDENTS, make_student(), now=timezone.now()).access
    assert bearer(access).get("/api/student/me").status_code == 200

    @fuzzed
    @given(place=st.integers(0, len(access) - 2), letter=st.sampled_from("AZaz09_-."))
    def ask(place: int, letter: str) -> None:
        altered = access[:place] + letter + access[place + 1 :]
        if altered != access:
            assert_refused(bearer(altered).get("/api/student/me"), 401)

    ask()


@fuzzed
@given(
    user_id=st.text(
        st.characters(exclude_characters="/?#%\\", exclude_categories=["C"]), min_size=1, max_size=80
    )
)
def test_no_made_up_id_is_anybody_s(user_id: str) -> None:
    client = student_client(make_student())
    if user_id in {"me", ".", ".."}:
        return
    for part in ("feed", "progress", "offline"):
        assert_refused(client.get(f"/api/student/{part}/{user_id}"), 404)


def test_no_altered_address_opens_a_film() -> None:
    film = make_video()
    token = addresses.sign_folder(film.film_key, addresses.expiry_of(film.film_key, timezone.now()))

    @fuzzed
    @given(place=st.integers(0, len(token) - 1), letter=st.sampled_from("0123456789abcdef.AZ_-"))
    def ask(place: int, letter: str) -> None:
        altered = token[:place] + letter + token[place + 1 :]
        if altered != token:
            with pytest.raises(addresses.AddressRefused):
                addresses.check_token(altered, film.film_key, now=timezone.now())

    addresses.check_token(token, film.film_key, now=timezone.now())
    ask()
