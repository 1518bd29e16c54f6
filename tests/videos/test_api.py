"""A film's address: for the right ages only, tagged, without answers; and the report of a watch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from students.models import Student
from tests.clients import assert_problem, make_student, make_video, student_client
from videos.catalogue import bump_catalogue
from videos.models import LearningVideo, Watch

pytestmark = pytest.mark.django_db
WATCHES = "/api/student/watches"


@pytest.fixture
def student() -> Student:
    return make_student(age_group="8-10")


@pytest.fixture
def client(student: Student) -> APIClient:
    return student_client(student)


def test_a_film_has_its_metadata_and_addresses_and_no_answers(client: APIClient) -> None:
    video = make_video(origin_label="Made from notes", difficulty_level=3)
    response = client.get(f"/api/videos/{video.pk}")
    assert response.status_code == 200
    answer = response.json()
    assert {name: answer[name] for name in ("id", "title", "topic", "age_groups", "difficulty_level")} == {
        "id": str(video.pk),
        "title": "How bees make honey",
        "topic": "Nature",
        "age_groups": [8, 9, 10],
        "difficulty_level": 3,
    }
    assert set(answer["playback"]) == {
        "hls_url",
        "fallback_hls_url",
        "renditions",
        "captions_url",
        "poster_url",
        "cdn",
        "expires_at",
    }
    assert answer["quiz_questions"] == [
        {"index": 0, "question": "Do bees make honey from nectar?", "taught_at_seconds": 12.5},
        {"index": 1, "question": "Is a hive led by a king?", "taught_at_seconds": 20.0},
    ]
    assert "explanation" not in response.content.decode()


def test_the_tag_covers_the_addresses(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    monkeypatch.setattr("students.calls.timezone.now", lambda: now)
    address = f"/api/videos/{make_video().pk}"
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    later = now + timedelta(minutes=3)
    monkeypatch.setattr("students.calls.timezone.now", lambda: later)
    fresh = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert fresh.status_code == 200
    assert fresh.json()["playback"]["expires_at"] != first.json()["playback"]["expires_at"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"age_groups": [8, 9, 10]}, 200),
        ({"age_groups": [5, 6, 7]}, 200),
        ({"age_groups": [8, 9]}, 404),
        ({"age_groups": [11, 12, 13]}, 404),
        ({"age_groups": [10, 11, 12, 13]}, 404),
        ({"status": "draft"}, 404),
        ({"status": "unpublished"}, 404),
        ({"status": "superseded"}, 404),
    ],
)
def test_only_published_films_for_this_age_or_a_younger_one_are_there(
    client: APIClient, fields: dict[str, Any], status: int
) -> None:
    response = client.get(f"/api/videos/{make_video(**fields).pk}")
    assert response.status_code == status
    if status == 404:
        assert_problem(response, 404, "not-found")


def test_an_unknown_film_and_no_id_look_the_same(client: APIClient) -> None:
    unknown = client.get(f"/api/videos/{uuid4()}")
    nonsense = client.get("/api/videos/false")
    assert_problem(unknown, 404, "not-found")
    assert_problem(nonsense, 404, "not-found")


def test_a_replaced_film_answers_with_its_successor(client: APIClient) -> None:
    first = make_video(status=LearningVideo.Status.SUPERSEDED)
    second = make_video(status=LearningVideo.Status.SUPERSEDED, supersedes=first)
    third = make_video(supersedes=second)
    assert client.get(f"/api/videos/{first.pk}").json()["id"] == str(third.pk)


def test_a_successor_for_older_children_stays_closed(client: APIClient) -> None:
    first = make_video(status=LearningVideo.Status.SUPERSEDED)
    make_video(supersedes=first, age_groups=[14, 15, 16, 17])
    assert_problem(client.get(f"/api/videos/{first.pk}"), 404, "not-found")


def test_reading_a_film_takes_two_queries_and_once_more_only_that_of_the_session(
    client: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    video = make_video()
    with django_assert_num_queries(2):
        first = client.get(f"/api/videos/{video.pk}")
    with django_assert_num_queries(1):
        again = client.get(f"/api/videos/{video.pk}")
    assert set(again.json()) == set(first.json())
    assert again.json()["quiz_questions"] == first.json()["quiz_questions"]


def test_a_film_taken_back_is_gone_although_it_was_kept(
    client: APIClient, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    video = make_video()
    assert client.get(f"/api/videos/{video.pk}").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        LearningVideo.objects.filter(pk=video.pk).update(status=LearningVideo.Status.UNPUBLISHED)
        bump_catalogue()
    assert_problem(client.get(f"/api/videos/{video.pk}"), 404, "not-found")


def test_what_is_kept_for_older_children_is_not_shown_to_younger_ones(client: APIClient) -> None:
    video = make_video(age_groups=[11, 12, 13])
    older = student_client(make_student(age_group="11-13"))
    assert older.get(f"/api/videos/{video.pk}").status_code == 200
    assert_problem(client.get(f"/api/videos/{video.pk}"), 404, "not-found")


def test_without_a_cache_a_film_is_read_from_the_database(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = make_video()
    for name in ("get", "set", "add", "incr"):
        monkeypatch.setattr(cache, name, lambda *args, **kwargs: None)
    for _ in range(2):
        assert client.get(f"/api/videos/{video.pk}").json()["id"] == str(video.pk)


def test_without_signing_in_there_is_nothing() -> None:
    assert_problem(APIClient().get(f"/api/videos/{make_video().pk}"), 401, "not-authenticated")


def body_of(video: LearningVideo, **changes: Any) -> dict[str, Any]:
    return {
        "watch_id": str(uuid4()),
        "video_id": str(video.pk),
        "seconds_watched": 58.5,
        "completed": True,
        "furthest_second": 60,
        "started_at": "2026-03-01T10:00:00Z",
    } | changes


def test_a_watch_is_created_then_found_again_then_in_conflict(client: APIClient) -> None:
    body = body_of(make_video())
    first, second = client.post(WATCHES, body), client.post(WATCHES, body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json()["watch_id"] == body["watch_id"]
    conflict = client.post(WATCHES, body | {"seconds_watched": 3})
    assert_problem(conflict, 409, "idempotency-conflict")
    assert Watch.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"watch_id": False}, "watch_id", "invalid"),
        ({"video_id": "false"}, "video_id", "invalid"),
        ({"completed": "true"}, "completed", "invalid"),
        ({"seconds_watched": -1}, "seconds_watched", "min-value"),
        ({"seconds_watched": 1e9}, "seconds_watched", "max-value"),
        ({"furthest_second": "60"}, "furthest_second", "invalid"),
        ({"started_at": "2026-03-01T10:00:00"}, "started_at", "zone"),
        ({"student_id": str(uuid4())}, "student_id", "unknown-field"),
    ],
)
def test_a_report_that_is_wrong_names_the_field_and_stores_nothing(
    client: APIClient, change: dict[str, Any], field: str, code: str
) -> None:
    video = make_video()
    assert_problem(
        client.post(WATCHES, body_of(video, **change)), 400, "invalid", field=field, field_code=code
    )
    video.refresh_from_db()
    assert (Watch.objects.count(), video.view_count) == (0, 0)


def test_a_film_that_is_not_for_this_child_cannot_be_reported(client: APIClient) -> None:
    assert_problem(client.post(WATCHES, body_of(make_video(age_groups=[14, 15, 16, 17]))), 404, "not-found")
    assert Watch.objects.count() == 0
