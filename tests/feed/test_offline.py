"""What a phone takes along: exactly the bytes that are served, never more than asked for."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from students.models import Student
from tests.clients import assert_problem, store_file, student_client
from tests.quizzes.learners import capture, make_concept, make_film, make_student, statements
from videos.models import LearningVideo, Rendition

pytestmark = pytest.mark.django_db
OFFLINE = "/api/student/offline/me"


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def student() -> Student:
    return make_student()


@pytest.fixture
def client(student: Student) -> APIClient:
    return student_client(student)


def add_file(film: LearningVideo, name: str, size: int, kind: str = "rendition") -> None:
    Rendition.objects.create(video=film, name=name, kind=kind, size=size, sha256="0" * 64)


def make_films(count: int, now: datetime, *, size: int = 1_000_000) -> list[LearningVideo]:
    films = [make_film(make_concept(topic=make_concept()), now=now) for _ in range(count)]
    for film in films:
        add_file(film, "480.mp4", size)
    return films


def ids(manifest: dict[str, Any]) -> set[str]:
    return {film["id"] for film in manifest["films"]}


def test_a_film_comes_with_files_questions_and_answers(client: APIClient, now: datetime) -> None:
    film = make_film(make_concept(), now=now)
    for name, content in (("480.mp4", b"film" * 40), ("captions.vtt", b"WEBVTT\n"), ("poster.jpg", b"jpg")):
        store_file(film, name, content)
    manifest = client.get(OFFLINE).json()
    (taken,) = manifest["films"]
    assert [(file["kind"], file["name"], file["content_type"]) for file in taken["files"]] == [
        ("film", "480.mp4", "video/mp4"),
        ("captions", "captions.vtt", "text/vtt"),
        ("poster", "poster.jpg", "image/jpeg"),
    ]
    assert taken["bytes"] == manifest["bytes"] == 160 + 7 + 3
    assert manifest["max_bytes"] == 50_000_000
    assert taken["quiz_questions"][1] == {
        "index": 1,
        "question": "Question 1?",
        "answer": False,
        "explanation": "Because of 1.",
        "taught_at_seconds": 10.0,
    }
    # The film itself stays a month before the device has to ask again; the end of a day, so that tags hold.
    until = datetime.fromisoformat(taken["kept_until"])
    assert timedelta(days=30) <= until - now < timedelta(days=31)
    assert (until.hour, until.minute, until.second) == (23, 59, 59)
    left = datetime.fromisoformat(manifest["expires_at"]) - now
    assert timedelta(hours=23, minutes=57) < left <= timedelta(hours=24, seconds=1)


def test_what_is_served_has_the_size_and_the_checksum_of_the_manifest(
    client: APIClient, now: datetime
) -> None:
    store_file(make_film(make_concept(), now=now), "480.mp4", bytes(range(256)) * 30)
    (film,) = client.get(OFFLINE).json()["films"]
    (file,) = film["files"]
    reply: Any = Client().get(file["url"])
    served = b"".join(reply.streaming_content)
    assert (reply.status_code, len(served)) == (200, file["size"])
    assert hashlib.sha256(served).hexdigest() == file["sha256"]
    rest: Any = Client().get(file["url"], headers={"range": "bytes=7000-"})
    assert (rest.status_code, b"".join(rest.streaming_content)) == (206, served[7000:])


def test_the_film_made_for_downloads_is_taken_where_there_is_one(client: APIClient, now: datetime) -> None:
    (film,) = make_films(1, now)
    add_file(film, "360.mp4", 400_000)
    add_file(film, "720.mp4", 9_000_000)
    add_file(film, "poster.jpg", 200_000, "poster")
    add_file(film, "poster-small.jpg", 30_000, "poster")
    (taken,) = client.get(OFFLINE).json()["films"]
    assert [file["name"] for file in taken["files"]] == ["360.mp4", "poster-small.jpg"]
    assert taken["bytes"] == 430_000


def test_twenty_films_at_most_and_fewer_when_asked(client: APIClient, now: datetime) -> None:
    make_films(23, now)
    assert len(client.get(OFFLINE).json()["films"]) == 20
    assert len(client.get(OFFLINE, {"limit": 3}).json()["films"]) == 3


def test_one_byte_less_leaves_a_film_out(client: APIClient, now: datetime) -> None:
    make_films(3, now, size=2_400_000)
    assert len(client.get(OFFLINE, {"max_bytes": 7_200_000}).json()["films"]) == 3
    manifest = client.get(OFFLINE, {"max_bytes": 7_199_999}).json()
    assert (len(manifest["films"]), manifest["bytes"]) == (2, 4_800_000)
    assert client.get(OFFLINE, {"max_bytes": 2_399_999}).json()["films"] == []


def test_twenty_of_the_longest_films_for_downloads_fit_into_the_usual_bytes(
    client: APIClient, now: datetime
) -> None:
    for film in make_films(25, now, size=11_000_000):
        add_file(film, "360.mp4", 2_400_000)
        add_file(film, "poster-small.jpg", 40_000, "poster")
        add_file(film, "captions.vtt", 4_000, "captions")
    manifest = client.get(OFFLINE).json()
    assert len(manifest["films"]) == 20
    assert manifest["bytes"] <= 50_000_000


def test_a_film_that_is_too_large_makes_room_for_the_next(client: APIClient, now: datetime) -> None:
    large, small = make_films(2, now)
    Rendition.objects.filter(video=large).update(size=60_000_000)
    assert ids(client.get(OFFLINE).json()) == {str(small.pk)}


def test_films_for_others_withdrawn_or_without_a_file_are_not_taken(client: APIClient, now: datetime) -> None:
    fits, older, withdrawn = make_films(3, now)
    make_film(make_concept(), now=now)  # no file
    LearningVideo.objects.filter(pk=older.pk).update(age_groups=[8, 9])
    LearningVideo.objects.filter(pk=withdrawn.pk).update(status="unpublished")
    assert ids(client.get(OFFLINE).json()) == {str(fits.pk)}


def test_an_empty_catalogue_is_an_empty_manifest(client: APIClient) -> None:
    manifest = client.get(OFFLINE).json()
    assert (manifest["films"], manifest["bytes"]) == ([], 0)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "21"}, "limit"),
        ({"max_bytes": "-1"}, "max_bytes"),
        ({"max_bytes": "1e9"}, "max_bytes"),
        ({"page": "1"}, "page"),
    ],
)
def test_wrong_parameters_are_named(client: APIClient, query: dict[str, str], field: str) -> None:
    document = assert_problem(client.get(OFFLINE, query), 400, "invalid")
    assert [error["field"] for error in document["errors"]] == [field]


def test_it_is_tagged_and_somebody_elses_is_not_there(client: APIClient, now: datetime) -> None:
    make_films(2, now)
    first = client.get(OFFLINE)
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert client.get(OFFLINE, headers={"If-None-Match": first.headers["ETag"]}).status_code in {200, 304}
    assert_problem(client.get(f"/api/student/offline/{make_student().pk}"), 404, "not-found")


def test_it_costs_three_statements(client: APIClient, now: datetime) -> None:
    make_films(5, now)
    with capture() as captured:
        client.get(OFFLINE)
    assert len(statements(captured)) == 3  # session, candidates, films with their files


def test_films_that_the_child_names_come_and_no_others(client: APIClient, now: datetime) -> None:
    wanted, _, other = make_films(3, now)
    asked = f"{OFFLINE}?films={other.pk},{wanted.pk},{other.pk}"
    assert [film["id"] for film in client.get(asked).json()["films"]] == [str(other.pk), str(wanted.pk)]
    assert client.get(f"{asked}&max_bytes=1000000").json()["bytes"] == 1_000_000


def test_a_film_that_is_named_must_suit_the_age_and_be_published(client: APIClient, now: datetime) -> None:
    old, gone = make_films(2, now)
    LearningVideo.objects.filter(pk=old.pk).update(age_groups=[14, 15, 16, 17])
    LearningVideo.objects.filter(pk=gone.pk).update(status=LearningVideo.Status.UNPUBLISHED)
    assert client.get(f"{OFFLINE}?films={old.pk},{gone.pk}").json()["films"] == []


@pytest.mark.parametrize("films", ["", "one", f"{'0' * 32},", ",".join(["0" * 32] * 21)])
def test_a_list_of_films_is_one_to_twenty_ids(client: APIClient, films: str) -> None:
    response = client.get(OFFLINE, {"films": films})
    assert_problem(response, 400, "invalid", field="films", field_code="invalid")
