"""The student's daily addresses, over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from quizzes.models import QuizResponse, QuizResponseKey, TopicMemory
from students.models import Student
from tests.clients import assert_problem, creator_client, student_client
from tests.quizzes.learners import (
    answer_all,
    capture,
    make_concept,
    make_film,
    make_student,
    statements,
)
from videos.models import LearningVideo, Watch

pytestmark = pytest.mark.django_db
FEED = "/api/student/feed/me"
ANSWER = "/api/student/quiz-response"
QUEUE = "/api/student/quiz-responses"
PROGRESS = "/api/student/progress/me"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def student() -> Student:
    return make_student()


@pytest.fixture
def client(student: Student) -> APIClient:
    return student_client(student)


@pytest.fixture
def film(now: datetime) -> LearningVideo:
    return make_film(make_concept(topic=make_concept("Space")), now=now)


def body(film: LearningVideo, index: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "response_id": str(uuid4()),
        "video_id": str(film.pk),
        "question_index": index,
        "user_answer": True,
        "response_time_ms": 2600,
        "mode": "watch",
    } | fields


# ------------------------------------------------------------------ feed


def test_the_feed_is_an_array_of_cards_with_a_link_to_the_next(client: APIClient, now: datetime) -> None:
    for _ in range(12):
        make_film(make_concept(), now=now)
    response = client.get(FEED)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert len(response.json()) == 10
    address = response.headers["Link"].removeprefix("<").removesuffix('>; rel="next"')
    following = client.get(address)
    assert len(following.json()) == 2
    assert "Link" not in following.headers
    assert {card["id"] for card in response.json()}.isdisjoint(card["id"] for card in following.json())


def test_the_feed_is_unchanged_while_its_tag_is(client: APIClient, film: LearningVideo) -> None:
    first = client.get(FEED)
    again = client.get(FEED, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    client.post(ANSWER, body(film))
    changed = client.get(FEED, headers={"If-None-Match": 'W/"0"'})
    assert changed.status_code == 200


def test_pages_and_age_groups_are_asked_for_by_name(client: APIClient, film: LearningVideo) -> None:
    assert [card["id"] for card in client.get(FEED, {"page": 0}).json()] == [str(film.pk)]
    assert client.get(FEED, {"page": 7}).json() == []
    assert client.get(FEED, {"age_group": "5-7"}).json() == []
    document = assert_problem(client.get(FEED, {"age_group": "11-13"}), 400, "age-group-not-allowed")
    assert document["errors"][0]["field"] == "age_group"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"page": "-1"}, "page"),
        ({"page": "one"}, "page"),
        ({"page": "99999999999999999999"}, "page"),
        ({"age_group": "0-99"}, "age_group"),
        ({"limit": "50"}, "limit"),
    ],
)
def test_wrong_parameters_are_named(client: APIClient, query: dict[str, str], field: str) -> None:
    document = assert_problem(client.get(FEED, query), 400, "invalid")
    assert [error["field"] for error in document["errors"]] == [field]


def test_a_broken_cursor_is_a_problem_of_its_own(client: APIClient) -> None:
    assert_problem(client.get(FEED, {"cursor": "abc"}), 400, "cursor-invalid")


@pytest.mark.parametrize("path", ["/api/student/feed/{}", "/api/student/progress/{}"])
def test_me_and_the_own_id_are_the_same_and_everybody_else_is_not_there(
    client: APIClient, student: Student, path: str
) -> None:
    assert client.get(path.format("me")).status_code == 200
    assert client.get(path.format(student.pk)).status_code == 200
    for other in (make_student().pk, uuid4(), "1", "null"):
        assert_problem(client.get(path.format(other)), 404, "not-found")


# ------------------------------------------------------------------ answers


def test_the_first_answer_is_created_and_a_repeat_is_the_same(
    client: APIClient, film: LearningVideo, now: datetime
) -> None:
    other = make_film(make_concept(), now=now)
    sent = body(film)
    first = client.post(ANSWER, sent)
    assert first.status_code == 201
    result = first.json()
    assert set(result) == {
        *("is_correct", "correct_answer", "explanation", "replay_from_seconds", "next_video", "analytics")
    }
    assert (result["is_correct"], result["correct_answer"]) == (True, True)
    assert (result["explanation"], result["replay_from_seconds"]) == ("Because of 0.", 0.0)
    assert result["next_video"]["id"] == str(other.pk)
    assert set(result["analytics"]) == {
        *("topic", "recall_probability", "mastery", "streak", "videos_watched", "achievements_unlocked"),
        "enough_for_today",
    }
    LearningVideo.objects.filter(pk=film.pk).update(status="unpublished")
    again = client.post(ANSWER, sent)
    assert (again.status_code, again.json()) == (200, result)
    assert QuizResponse.objects.count() == QuizResponseKey.objects.count() == 1


def test_another_body_under_the_same_id_is_a_conflict(client: APIClient, film: LearningVideo) -> None:
    sent = body(film)
    client.post(ANSWER, sent)
    assert_problem(client.post(ANSWER, sent | {"user_answer": False}), 409, "idempotency-conflict")
    assert QuizResponse.objects.count() == 1


def test_what_is_not_open_is_not_there(client: APIClient, film: LearningVideo, now: datetime) -> None:
    older = make_film(None, now=now, age_groups=[14, 15, 16, 17])
    for sent in (body(older), body(film, video_id=str(uuid4())), body(film, 3)):
        assert_problem(client.post(ANSWER, sent), 404, "not-found")
    assert not QuizResponseKey.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"response_id": False}, "response_id"),
        ({"response_id": "x"}, "response_id"),
        ({"video_id": None}, "video_id"),
        ({"question_index": -1}, "question_index"),
        ({"question_index": 2**40}, "question_index"),
        ({"question_index": "0"}, "question_index"),
        ({"user_answer": "yes"}, "user_answer"),
        ({"user_answer": 1}, "user_answer"),
        ({"response_time_ms": -5}, "response_time_ms"),
        ({"response_time_ms": 1e99}, "response_time_ms"),
        ({"mode": "guess"}, "mode"),
        ({"answered_at": "yesterday"}, "answered_at"),
        ({"answered_at": "2026-03-02T15:00:00"}, "answered_at"),
        ({"is_correct": True}, "is_correct"),
    ],
)
def test_wrong_fields_are_named_and_nothing_is_stored(
    client: APIClient, film: LearningVideo, change: dict[str, Any], field: str
) -> None:
    document = assert_problem(client.post(ANSWER, body(film, **change)), 400, "invalid")
    assert [error["field"] for error in document["errors"]] == [field]
    assert not QuizResponseKey.objects.exists()


def test_nobody_but_a_student_is_let_in(film: LearningVideo) -> None:
    from studio.models import Creator  # noqa: PLC0415 - only this test needs one

    creator = Creator.objects.create(email="creator@example.org")
    for client in (APIClient(), creator_client(creator)):
        for response in (client.get(FEED), client.post(ANSWER, body(film)), client.get(PROGRESS)):
            assert response.status_code == 401
    assert not QuizResponse.objects.exists()


def test_a_queue_gets_one_outcome_each_in_its_order(
    client: APIClient, film: LearningVideo, now: datetime
) -> None:
    good, late = body(film), body(film, 1, answered_at=(now - timedelta(hours=3)).isoformat())
    sent = [good, {"nonsense": 1}, body(film, 9), late, good, good | {"user_answer": False}, 17]
    response = client.post(QUEUE, sent)
    assert response.status_code == 207
    outcomes = response.json()
    codes = [outcome["problem"] and outcome["problem"]["code"] for outcome in outcomes]
    assert codes == [None, "invalid", "not-found", None, None, "idempotency-conflict", "invalid"]
    assert sorted(outcomes[place]["status"] for place in (0, 4)) == [200, 201]
    assert [outcomes[place]["status"] for place in (1, 2, 3, 5, 6)] == [400, 404, 201, 409, 400]
    assert outcomes[0]["response_id"] == good["response_id"]
    assert (outcomes[1]["response_id"], outcomes[6]["response_id"]) == (None, None)
    assert outcomes[3]["result"]["correct_answer"] is False
    assert outcomes[3]["result"]["next_video"] is None
    assert QuizResponse.objects.count() == 2


@pytest.mark.parametrize("sent", [{}, {"responses": []}, "x", [{}] * 101])
def test_a_queue_is_a_list_of_at_most_a_hundred(client: APIClient, sent: Any) -> None:
    assert_problem(client.post(QUEUE, sent), 400, "invalid")


def test_an_empty_queue_has_no_outcomes(client: APIClient) -> None:
    response = client.post(QUEUE, [])
    assert (response.status_code, response.json()) == (207, [])


# ------------------------------------------------------------------ playbacks and progress


@pytest.mark.urls("feed.urls")
def test_a_finished_film_is_remembered_once(
    client: APIClient, student: Student, film: LearningVideo, now: datetime
) -> None:
    sent = {
        "watch_id": str(uuid4()),
        "video_id": str(film.pk),
        "seconds_watched": 60.0,
        "furthest_second": 60.0,
        "completed": True,
        "started_at": (now - timedelta(minutes=1)).isoformat(),
    }
    assert [client.post("/watches", sent).status_code for _ in range(2)] == [201, 200]
    assert TopicMemory.objects.get().reps == 1
    assert Watch.objects.count() == 1
    assert_problem(client.post("/watches", sent | {"completed": False}), 409, "idempotency-conflict")
    assert_problem(
        client.post("/watches", sent | {"watch_id": str(uuid4()), "video_id": str(uuid4())}), 404, "not-found"
    )


@pytest.mark.urls("feed.urls")
def test_a_film_left_early_is_no_memory(client: APIClient, film: LearningVideo, now: datetime) -> None:
    sent = {
        "watch_id": str(uuid4()),
        "video_id": str(film.pk),
        "seconds_watched": 9.0,
        "furthest_second": 9.0,
        "completed": False,
        "started_at": now.isoformat(),
    }
    assert client.post("/watches", sent).status_code == 201
    assert not TopicMemory.objects.exists()


def test_progress_is_tagged(client: APIClient, film: LearningVideo) -> None:
    first = client.get(PROGRESS)
    assert first.status_code == 200
    assert first.json()["topics"][0]["topic"] == "Space"
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get(PROGRESS, headers=tag).status_code == 304
    client.post(ANSWER, body(film))
    assert client.get(PROGRESS, headers=tag).status_code == 200


# ------------------------------------------------------------------ cost, and a dead cache


def cost(client: APIClient, method: str, path: str, *sent: Any) -> int:
    with capture() as captured:
        response = getattr(client, method)(path, *sent)
    assert response.status_code < 300, response.content
    return len(statements(captured))


def test_every_request_costs_few_statements(client: APIClient, student: Student, now: datetime) -> None:
    films = [make_film(make_concept(topic=make_concept()), now=now) for _ in range(12)]
    for film in films[:4]:
        answer_all(student, film, now=now - timedelta(days=12))
    assert cost(client, "get", FEED) == 3  # session, candidates, cards
    assert cost(client, "get", FEED) == 1  # session
    spent = [cost(client, "post", ANSWER, body(films[0], index, mode="recall")) for index in range(3)]
    # Session, ledger, context, what comes next, everything written, its card.
    assert spent[1:] == [6, 6]
    assert max(spent) <= 6
    assert cost(client, "get", PROGRESS) == 4  # session, topics, badges and counters, candidates
    assert cost(client, "get", PROGRESS) == 1  # session


@pytest.mark.usefixtures("dead_cache")
def test_without_redis_everything_answers(client: APIClient, film: LearningVideo) -> None:
    assert [card["id"] for card in client.get(FEED).json()] == [str(film.pk)]
    assert [client.post(ANSWER, body(film, index)).status_code for index in range(3)] == [201] * 3
    assert client.post(QUEUE, [body(film)]).status_code == 207
    assert client.get(PROGRESS).status_code == 200
