"""Judging and publishing by the API: exactly the film that was seen, other eyes, one video."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.urls import resolve
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from pipeline.editing import edit_scene
from pipeline.models import ContentProject
from pipeline.planning import plan
from studio import publishing
from studio.models import Creator, Review
from studio.releasing import CopyFailed
from tests.clients import assert_problem, creator_client
from tests.studio.factories import make_film, make_person
from videos.models import LearningVideo

pytestmark = pytest.mark.django_db
Status = ContentProject.Status


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    cache.clear()


@pytest.fixture
def creator() -> Creator:
    return make_person("creator")


@pytest.fixture
def project(creator: Creator) -> ContentProject:
    return make_film(creator)


@pytest.fixture
def reviewer() -> APIClient:
    return creator_client(make_person("reviewer"))


@pytest.fixture
def editor() -> APIClient:
    return creator_client(make_person("editor_in_chief"))


def review_at(project: ContentProject, action: str = "") -> str:
    return f"/api/creator/review/{project.pk}" + (f"/{action}" if action else "")


def publish_at(project: ContentProject) -> str:
    return f"/api/creator/projects/{project.pk}/publish"


def request_id() -> dict[str, str]:
    return {"request_id": str(uuid4())}


def approve(project: ContentProject) -> None:
    client = creator_client(make_person("reviewer"))
    answer = client.post(review_at(project, "approve"), {"film": plan(project).film})
    assert answer.status_code == 200, answer.content


def test_a_review_holds_everything_that_is_judged(
    project: ContentProject, reviewer: APIClient, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(6):
        answer = reviewer.get(review_at(project)).json()
    assert {
        "script",
        "scenes",
        "video_preview",
        "captions_url",
        "quiz_questions",
        "qa_results",
        "suggested_improvements",
        "film",
        "cost",
    } <= set(answer)
    present = plan(project)
    run = present.film_run
    assert run is not None
    assert answer["film"] == present.film
    assert answer["video_preview"] == f"/admin/media/{run.pk}/film.mp4"
    assert answer["captions_url"] == f"/admin/media/{run.pk}/captions.vtt"
    assert resolve(answer["video_preview"]).view_name == "admin:studio-asset"
    assert answer["script"] == " ".join(scene["narration"] for scene in answer["scenes"])
    assert any(line["sources"] for scene in answer["scenes"] for line in scene["lines"])
    assert len(answer["quiz_questions"]) == 3
    assert {"question", "answer", "explanation", "taught_at_seconds", "evidence"} <= set(
        answer["quiz_questions"][0]
    )
    assert set(answer["qa_results"]) == {"passed", "verdict", "details"}
    assert set(answer["qa_results"]["details"]) == {
        "inappropriate_content",
        "factual_accuracy",
        "age_appropriateness",
        "educational_value",
    }
    for record in answer["qa_results"]["details"].values():
        assert {"id", "verdict", "message", "evidence"} <= set(record["checks"][0])


def test_a_film_being_changed_has_nothing_to_judge(project: ContentProject, creator: Creator) -> None:
    edit_scene(project.pk, 1, actor_id=creator.pk, narration="Bees live in a big colony.")
    answer = creator_client(creator).get(review_at(project)).json()
    assert (answer["film"], answer["video_preview"], answer["captions_url"]) == ("", None, None)
    assert answer["qa_results"] == {"passed": False, "verdict": "not_run", "details": {}}


def test_other_eyes_approve_the_film_they_saw(project: ContentProject, reviewer: APIClient) -> None:
    body = {"film": plan(project).film, "notes": "Lovely."}
    answer = reviewer.post(review_at(project, "approve"), body)
    assert answer.status_code == 200
    assert answer.json()["verdict"] == "approved"
    assert (answer.json()["film"], answer.json()["notes"]) == (body["film"], "Lovely.")
    assert answer.json()["status"] == "approved"
    again = reviewer.post(review_at(project, "approve"), body)
    assert again.json() == answer.json()
    assert Review.objects.count() == 1


def test_an_approval_says_how_much_was_played_and_is_held_to_it(
    project: ContentProject, reviewer: APIClient
) -> None:
    run = plan(project).film_run
    assert run is not None
    seconds = float((run.output or {})["seconds"])
    body: dict[str, Any] = {"film": plan(project).film, "played": [[0, seconds / 2]]}
    assert_problem(reviewer.post(review_at(project, "approve"), body), 409, "not-watched")
    assert Review.objects.count() == 0
    body["played"] = [[seconds / 2 - 1, seconds]]  # with what was told before it is the whole film
    assert reviewer.post(review_at(project, "approve"), body).status_code == 200
    verdict = Review.objects.get()
    assert (verdict.share_played, verdict.unwatched_reason) == (1.0, "")


def test_an_approval_without_a_player_says_so(project: ContentProject, reviewer: APIClient) -> None:
    body = {"film": plan(project).film}
    assert reviewer.post(review_at(project, "approve"), body).status_code == 200
    verdict = Review.objects.get()
    assert (verdict.share_played, verdict.played) == (0.0, [])
    assert verdict.unwatched_reason == "Judged through the API, without a player that counts."


@pytest.mark.parametrize("played", ["all", [[0]], [[0, 1, 2]], [[-1, 2]], [["a", 2]], [[0, 90_000]]])
def test_played_stretches_of_another_shape_are_refused(
    project: ContentProject, reviewer: APIClient, played: Any
) -> None:
    answer = reviewer.post(review_at(project, "approve"), {"film": plan(project).film, "played": played})
    assert_problem(answer, 400, "invalid")
    assert Review.objects.count() == 0


@pytest.mark.parametrize("action", ["approve", "request-changes", "reject"])
def test_another_film_than_the_present_one_is_stale(
    project: ContentProject, reviewer: APIClient, action: str
) -> None:
    answer = reviewer.post(review_at(project, action), {"film": "a.b", "notes": "x"})
    assert_problem(answer, 409, "stale-film")
    project.refresh_from_db()
    assert (project.status, Review.objects.count()) == (Status.IN_REVIEW, 0)


@pytest.mark.parametrize("action", ["approve", "request-changes", "reject"])
def test_nobody_judges_their_own_work(action: str) -> None:
    both = make_person("creator")
    both.groups.add(make_person("editor_in_chief").groups.get())
    project = make_film(both)
    body = {"film": plan(project).film, "notes": "x"}
    assert_problem(creator_client(both).post(review_at(project, action), body), 403, "own-work")
    assert Review.objects.count() == 0


def test_a_creator_is_no_reviewer(project: ContentProject, creator: Creator) -> None:
    body = {"film": plan(project).film}
    assert_problem(creator_client(creator).post(review_at(project, "approve"), body), 403, "forbidden")


def test_the_second_of_two_reviewers_learns_that_it_is_decided(
    project: ContentProject, reviewer: APIClient
) -> None:
    film = plan(project).film
    late = make_person("reviewer")
    approve(project)
    late_client = creator_client(late)
    answer = late_client.post(review_at(project, "reject"), {"film": film, "notes": "x"})
    assert answer.status_code in {404, 409}  # a reviewer who has not judged it no longer sees it
    editor = creator_client(make_person("editor_in_chief"))
    decided = editor.post(review_at(project, "reject"), {"film": film, "notes": "x"})
    assert_problem(decided, 409, "already-decided")


def test_changes_and_rejections_need_notes(project: ContentProject, reviewer: APIClient) -> None:
    film = plan(project).film
    for action in ("request-changes", "reject"):
        assert_problem(reviewer.post(review_at(project, action), {"film": film}), 409, "notes-required")
    answer = reviewer.post(review_at(project, "request-changes"), {"film": film, "notes": "Too fast."})
    assert (answer.json()["verdict"], answer.json()["status"]) == ("changes_requested", "needs_attention")


def test_a_rejection_ends_the_project(project: ContentProject, reviewer: APIClient) -> None:
    body = {"film": plan(project).film, "notes": "Not for children."}
    assert reviewer.post(review_at(project, "reject"), body).json()["status"] == "archived"


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "film", "required"),
        ({"film": None}, "film", "null"),
        ({"film": 5}, "film", "invalid"),
        ({"film": "a.b", "verdict": "approved"}, "verdict", "unknown-field"),
    ],
)
def test_a_verdict_of_another_shape_names_the_field(
    project: ContentProject, reviewer: APIClient, body: dict[str, Any], field: str, code: str
) -> None:
    answer = reviewer.post(review_at(project, "approve"), body)
    assert_problem(answer, 400, "invalid", field=field, field_code=code)


def test_an_approved_film_is_published_once(project: ContentProject, editor: APIClient) -> None:
    approve(project)
    body = request_id()
    first, second = editor.post(publish_at(project), body), editor.post(publish_at(project), body)
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    video = LearningVideo.objects.get()
    assert first.json()["status"] == "published"
    assert first.json()["video"]["id"] == str(video.pk)
    assert editor.post(publish_at(project), request_id()).json()["video"]["id"] == str(video.pk)
    assert LearningVideo.objects.count() == 1


def test_a_publication_that_is_repeated_late_does_not_bring_a_withdrawn_film_back(
    project: ContentProject, editor: APIClient
) -> None:
    approve(project)
    body = request_id()
    editor.post(publish_at(project), body)
    withdrawn = editor.post(f"/api/creator/projects/{project.pk}/unpublish", {"reason": "A wrong number."})
    assert withdrawn.json()["status"] == "unpublished"
    assert withdrawn.json()["video"]["status"] == "unpublished"
    assert editor.post(publish_at(project), body).json()["status"] == "unpublished"
    assert LearningVideo.objects.published().count() == 0


def test_a_film_can_wait_for_its_time(project: ContentProject, editor: APIClient) -> None:
    approve(project)
    at = timezone.now() + timedelta(days=1)
    answer = editor.post(publish_at(project), request_id() | {"at": at.isoformat()}).json()
    assert (answer["status"], answer["video"]) == ("scheduled", None)
    assert answer["publish_at"] == at.isoformat().replace("+00:00", "Z")
    assert LearningVideo.objects.count() == 0


def test_only_the_editor_in_chief_publishes_and_only_what_is_approved(
    project: ContentProject, creator: Creator, editor: APIClient
) -> None:
    assert_problem(editor.post(publish_at(project), request_id()), 409, "status-not-possible")
    approve(project)
    assert_problem(creator_client(creator).post(publish_at(project), request_id()), 403, "forbidden")
    assert LearningVideo.objects.count() == 0


def test_unpublishing_needs_a_reason(project: ContentProject, editor: APIClient) -> None:
    approve(project)
    editor.post(publish_at(project), request_id())
    call = f"/api/creator/projects/{project.pk}/unpublish"
    assert_problem(editor.post(call, {"reason": " "}), 409, "reason-required")
    assert LearningVideo.objects.published().count() == 1


def test_a_copy_that_fails_is_told_as_passing_trouble_and_publishes_nothing(
    project: ContentProject, editor: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve(project)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise CopyFailed("The storage is full.")

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "copy_film", fail)
        body = request_id()
        answer = editor.post(publish_at(project), body)
    assert_problem(answer, 503, "copy-failed")
    assert answer.headers["Retry-After"] == "5"
    assert LearningVideo.objects.count() == 0
    assert editor.post(publish_at(project), body).json()["status"] == "published"
