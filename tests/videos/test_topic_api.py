"""The list of topics, and preferences that name them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from pytest_django import DjangoCaptureOnCommitCallbacks

from students.models import Student
from tests.caches import GONE, caches_at
from tests.clients import assert_problem, make_student, student_client
from tests.quizzes.learners import make_film
from videos.catalogue import bump_catalogue
from videos.models import Topic

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
TOPICS = "/api/videos/topics"
ME = "/api/student/me"


@pytest.fixture
def space() -> Topic:
    topic = Topic.objects.create(slug="space", name="Space")
    for key, ages in (("sun", [8, 9, 10]), ("black-holes", [14, 15, 16, 17])):
        Topic.objects.create(slug=key, name=key, parent=topic, age_groups=ages)
    return topic


def test_topics_are_those_of_the_childs_age_with_what_there_is(space: Topic) -> None:
    Topic.objects.create(slug="empty", name="Empty")
    sun = Topic.objects.get(slug="sun")
    make_film(sun, now=NOW)
    make_film(sun, now=NOW)
    make_film(sun, now=NOW, status="unpublished")
    assert student_client(make_student(age_group="8-10")).get(TOPICS).json() == [
        {"id": str(space.pk), "name": "Space", "concepts": 1, "films": 2}
    ]
    assert student_client(make_student(age_group="5-7")).get(TOPICS).json() == []


def test_the_list_is_tagged_kept_and_new_with_the_catalogue(
    space: Topic, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client = student_client(make_student())
    first = client.get(TOPICS)
    again = client.get(TOPICS, headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 304
    Topic.objects.filter(pk=space.pk).update(name="The sky")
    assert client.get(TOPICS).json()[0]["name"] == "Space"
    with django_capture_on_commit_callbacks(execute=True):
        bump_catalogue()
    assert client.get(TOPICS).json()[0]["name"] == "The sky"


def test_a_child_may_wish_for_topics_and_for_the_plain_order(space: Topic) -> None:
    student = make_student()
    client = student_client(student)
    wishes: dict[str, Any] = {"plain_order": True, "topics": {str(space.pk): "not_interested"}}
    answer = client.patch(ME, {"learning_preferences": wishes})
    assert (answer.status_code, answer.json()["learning_preferences"]) == (200, wishes)
    student.refresh_from_db()
    assert (student.progress_version, student.wants_plain_order) == (1, True)
    client.patch(ME, {"learning_preferences": wishes})
    client.patch(ME, {"learning_preferences": {"captions": True}})
    student.refresh_from_db()
    assert student.progress_version == 1  # cached pages stay: nothing of the order has changed
    cleared = client.patch(ME, {"learning_preferences": {"topics": {}}}).json()
    assert cleared["learning_preferences"] == {"plain_order": True, "topics": {}, "captions": True}


@pytest.mark.parametrize(
    ("topics", "field", "code"),
    [
        ({"my name is Emma": "interested"}, "topics.my name is Emma", "topic-unknown"),
        ({"space": "interested"}, "topics.space", "topic-unknown"),
        ({str(UUID(int=7)): "interested"}, f"topics.{UUID(int=7)}", "topic-unknown"),
        ({"space": "love it"}, "topics.space", "invalid-choice"),
        ({"space": None}, "topics.space", "null"),
        (["space"], "topics", "not-a-dict"),
        ({f"topic-{number}": "interested" for number in range(51)}, "topics", "too-many"),
    ],
)
def test_wishes_are_no_place_for_a_childs_own_words(space: Topic, topics: Any, field: str, code: str) -> None:
    student = make_student()
    before = Student.objects.values().get(pk=student.pk)
    answer = student_client(student).patch(ME, {"learning_preferences": {"topics": topics}})
    assert_problem(answer, 400, "invalid", field=f"learning_preferences.{field}", field_code=code)
    assert Student.objects.values().get(pk=student.pk) == before


def test_a_concept_is_no_topic_to_wish_for(space: Topic) -> None:
    sun = str(Topic.objects.get(slug="sun").pk)
    wishes = {"topics": {sun: "interested"}}
    answer = student_client(make_student()).patch(ME, {"learning_preferences": wishes})
    assert_problem(
        answer, 400, "invalid", field=f"learning_preferences.topics.{sun}", field_code="topic-unknown"
    )


def test_without_a_cache_the_list_is_the_same(space: Topic, settings: Any) -> None:
    client = student_client(make_student())
    body = client.get(TOPICS).content
    cache.clear()
    settings.CACHES = caches_at(GONE, settings.CACHES)
    assert client.get(TOPICS).content == body
