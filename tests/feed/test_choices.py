"""Enough for today, plain order, and what a child thinks of a film: over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from quizzes.models import Feedback, LearnerState
from students.models import Student
from students.streaks import learning_day
from tests.clients import assert_problem, student_client
from tests.quizzes.learners import answer_all, make_concept, make_film, make_student
from videos.models import LearningVideo

pytestmark = pytest.mark.django_db
FEED, FEEDBACK = "/api/student/feed/me", "/api/student/feedback"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def student() -> Student:
    return make_student()


@pytest.fixture
def client(student: Student) -> APIClient:
    return student_client(student)


def make_films(count: int, now: datetime, **fields: Any) -> list[LearningVideo]:
    return [make_film(make_concept(topic=make_concept()), now=now, **fields) for _ in range(count)]


def ids(response: Any) -> list[str]:
    return [card["id"] for card in response.json()]


def use_up(student: Student, now: datetime, *, seconds: float) -> None:
    Student.objects.filter(pk=student.pk).update(studied_on=learning_day(now), studied_seconds=seconds)


# ------------------------------------------------------------------ enough for today


def test_when_the_minutes_are_used_up_the_first_page_is_the_last(
    client: APIClient, student: Student, now: datetime
) -> None:
    make_films(25, now)
    before = client.get(FEED)
    address = before.headers["Link"].removeprefix("<").partition(">")[0]
    use_up(student, now, seconds=15 * 60)
    enough = client.get(FEED)
    assert (enough.headers["Learning-Day"], "Link" in enough.headers) == ("enough", False)
    assert ids(enough) == ids(before)
    for following in (client.get(address), client.get(FEED, {"page": 1})):
        assert (following.json(), following.headers["Learning-Day"]) == ([], "enough")


def test_a_second_less_is_not_enough(client: APIClient, student: Student, now: datetime) -> None:
    make_films(12, now)
    use_up(student, now, seconds=15 * 60 - 1)
    response = client.get(FEED)
    assert ("Learning-Day" in response.headers, "Link" in response.headers) == (False, True)


def test_whoever_asks_for_more_goes_on(client: APIClient, student: Student, now: datetime) -> None:
    make_films(25, now)
    use_up(student, now, seconds=3600)
    seen: list[str] = []
    address: str | None = f"{FEED}?more=1"
    while address:
        response = client.get(address)
        assert "Learning-Day" not in response.headers
        seen += ids(response)
        address = response.headers.get("Link", "").removeprefix("<").partition(">")[0] or None
    assert len(seen) == len(set(seen)) == 25


def test_the_minutes_are_those_that_were_chosen(client: APIClient, student: Student, now: datetime) -> None:
    make_films(1, now)
    use_up(student, now, seconds=6 * 60)
    assert "Learning-Day" not in client.get(FEED).headers
    Student.objects.update(learning_minutes=5)
    assert client.get(FEED).headers["Learning-Day"] == "enough"


def test_yesterdays_minutes_are_over(client: APIClient, student: Student, now: datetime) -> None:
    make_films(1, now)
    use_up(student, now - timedelta(days=1), seconds=3600)
    assert "Learning-Day" not in client.get(FEED).headers


@pytest.mark.parametrize("more", ["yes", "0", ""])
def test_more_is_one_or_nothing(client: APIClient, more: str) -> None:
    response = client.get(FEED, {"more": more})
    if more:
        assert_problem(response, 400, "invalid", field="more", field_code="invalid-choice")
    else:
        assert response.status_code in {200, 400}


# ------------------------------------------------------------------ pages at the edges


@pytest.mark.parametrize("page", [10, 11, 10**9, 2**31 - 1])
def test_far_beyond_the_end_there_is_nothing(client: APIClient, now: datetime, page: int) -> None:
    make_films(3, now)
    response = client.get(FEED, {"page": page})
    assert (response.status_code, response.json(), "Link" in response.headers) == (200, [], False)


@pytest.mark.parametrize("page", ["-1", "2147483648", "1.5", "0x1", "1e3", "+", "None"])
def test_what_is_no_page_is_named(client: APIClient, page: str) -> None:
    document = assert_problem(client.get(FEED, {"page": page}), 400, "invalid")
    assert [error["field"] for error in document["errors"]] == ["page"]


def test_another_students_cursor_opens_nothing(client: APIClient, now: datetime) -> None:
    make_films(12, now)
    address = client.get(FEED).headers["Link"].removeprefix("<").partition(">")[0]
    assert_problem(student_client(make_student()).get(address), 400, "cursor-invalid")
    assert_problem(client.get(address[:-3] + "abc"), 400, "cursor-invalid")


def test_when_the_kept_order_is_gone_a_scroll_goes_on_without_repeating(
    client: APIClient, now: datetime
) -> None:
    from django.core.cache import cache  # noqa: PLC0415 - only this test loses it

    make_films(25, now)
    response, seen = client.get(FEED), []
    while True:
        seen += ids(response)
        address = response.headers.get("Link", "").removeprefix("<").partition(">")[0]
        if not address:
            break
        cache.clear()
        response = client.get(address)
    assert len(seen) == len(set(seen)) == 25


# ------------------------------------------------------------------ plain order, and reasons in words


def test_plain_order_is_newest_first_and_nothing_personal(
    client: APIClient, student: Student, now: datetime
) -> None:
    films = [
        make_film(make_concept(), now=now - timedelta(hours=number), popularity_score=number)
        for number in range(4)
    ]
    answer_all(student, films[2], now=now - timedelta(days=20))
    Student.objects.update(learning_preferences={"plain_order": True})
    cards = client.get(FEED).json()
    assert [card["id"] for card in cards] == [str(film.pk) for film in films]
    assert {(card["mode"], *card["reasons"], card["why"]) for card in cards} == {
        ("watch", "newest", "New here.")
    }
    make_film(None, now=now + timedelta(hours=1), age_groups=[8, 9])
    assert len(client.get(FEED, {"page": 0}).json()) == 4


def test_turning_plain_order_on_takes_effect_at_once(client: APIClient, now: datetime) -> None:
    make_films(3, now)
    assert client.get(FEED).json()[0]["reasons"] != ["newest"]
    Student.objects.update(learning_preferences={"plain_order": True})
    assert client.get(FEED).json()[0]["reasons"] == ["newest"]


def test_a_recall_card_says_how_long_ago_and_asks_without_telling(
    client: APIClient, student: Student, now: datetime
) -> None:
    film = make_film(make_concept(), now=now)
    answer_all(student, film, now=now - timedelta(days=9))
    (card,) = client.get(FEED).json()
    assert (card["mode"], card["reasons"], card["why"]) == (
        "recall",
        ["recall"],
        "You learned this nine days ago.",
    )
    assert [set(question) for question in card["quiz_questions"]] == [
        {"index", "question", "taught_at_seconds"}
    ] * 3


# ------------------------------------------------------------------ opinions


def opinion(film: LearningVideo, kind: str = "not_interested", **fields: Any) -> dict[str, Any]:
    return {"feedback_id": str(uuid4()), "video_id": str(film.pk), "kind": kind} | fields


def test_what_is_not_wanted_is_gone_from_the_next_page_and_its_topic_sinks(
    client: APIClient, student: Student, now: datetime
) -> None:
    space, sea = make_concept("Space"), make_concept("Sea")
    known = {"impressions": 4000, "completions": 2800}  # so that no draw decides
    films = [make_film(make_concept(topic=topic), now=now, **known) for topic in (space, space, sea)]
    unwanted = films[0]
    assert str(unwanted.pk) in ids(client.get(FEED))
    assert client.post(FEEDBACK, opinion(unwanted)).status_code == 201
    state = LearnerState.objects.get(student=student)
    assert state.interest == {str(space.pk): [3, 0]}
    after = ids(client.get(FEED))
    assert (after[0], after[-1]) == (str(films[2].pk), str(unwanted.pk))  # what was shown today comes last


def test_more_of_a_topic_counts_as_a_film_completed(
    client: APIClient, student: Student, now: datetime
) -> None:
    (film,) = make_films(1, now)
    version = student.progress_version
    assert client.post(FEEDBACK, opinion(film, "more")).status_code == 201
    assert LearnerState.objects.get(student=student).interest == {str(film.subject_id): [0, 1]}
    student.refresh_from_db()
    assert student.progress_version == version + 1


def test_an_opinion_sent_twice_is_one_and_another_body_is_a_conflict(
    client: APIClient, student: Student, now: datetime
) -> None:
    film, other = make_films(2, now)
    sent = opinion(film)
    replies = [client.post(FEEDBACK, sent) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [201, 200, 200]
    assert {reply.content for reply in replies} == {replies[0].content}
    assert replies[0].json() == sent
    for changed in (sent | {"kind": "more"}, sent | {"video_id": str(other.pk)}):
        assert_problem(client.post(FEEDBACK, changed), 409, "idempotency-conflict")
    assert Feedback.objects.count() == 1
    assert LearnerState.objects.get(student=student).interest == {str(film.subject_id): [3, 0]}


def test_an_opinion_of_what_is_not_open_is_not_kept(client: APIClient, now: datetime) -> None:
    (older,) = make_films(1, now, age_groups=[14, 15, 16, 17])
    assert_problem(client.post(FEEDBACK, opinion(older)), 404, "not-found")
    assert_problem(client.post(FEEDBACK, opinion(older, "boring")), 400, "invalid")
    assert not Feedback.objects.exists()
    assert not LearnerState.objects.exists()
