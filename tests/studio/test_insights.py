"""What children missed, beside the sentence that should teach it; few children are hidden."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipeline.models import ContentProject
from quizzes.models import QuizResponse
from students.models import Student
from studio import insights, publishing, revising
from studio.insights import Choice
from studio.models import AuditEntry, ChangeItem
from tests.studio.factories import make_film, make_person
from tests.studio.test_admin_site import client_of
from videos.models import LearningVideo, Watch

pytestmark = pytest.mark.django_db


def publish(project: ContentProject) -> LearningVideo:
    video = publishing.publish(project.pk, actor=make_person("editor_in_chief"))
    assert video is not None
    project.refresh_from_db()
    return video


def make_children(count: int, age_group: str = "8-10") -> list[Student]:
    return [
        Student.objects.create(username=f"brave-otter-{uuid4().hex[:12]}", age_group=age_group)
        for _ in range(count)
    ]


def watch(video: LearningVideo, child: Student, furthest: float, *, times: int = 1) -> None:
    for _ in range(times):
        Watch.objects.create(
            student=child,
            watch_id=uuid4(),
            video=video,
            fingerprint="",
            seconds_watched=furthest,
            furthest_second=furthest,
            completed=furthest >= video.duration_seconds,
            started_at=timezone.now(),
        )


def answer(
    video: LearningVideo, child: Student, index: int, *, right: bool, ms: int = 2000, **columns: Any
) -> None:
    truth = bool(video.quiz_questions[index]["answer"])
    QuizResponse.objects.create(
        student=child,
        video=video,
        question_index=index,
        user_answer=truth if right else not truth,
        correct_answer=truth,
        response_time_ms=ms,
        **columns,
    )


@pytest.fixture
def film() -> tuple[ContentProject, LearningVideo]:
    project = make_film(status="approved")
    return project, publish(project)


def test_the_curve_falls_where_children_left_and_counts_each_child_once(
    film: tuple[ContentProject, LearningVideo],
) -> None:
    _, video = film
    length = float(video.duration_seconds)
    children = make_children(10)
    for child in children[:6]:
        watch(video, child, length)
    for child in children[6:]:
        watch(video, child, length * 0.32, times=2)
        watch(video, child, 0.0)  # a third look that was closed at once
    curve = insights.read_curve(video, Choice())
    assert (curve.viewers, curve.watches) == (10, 18)
    assert curve.shares[:7] == [1.0] * 7
    assert curve.shares[7:] == [0.6] * 14


def test_a_scene_is_told_what_share_of_the_viewers_it_lost(
    film: tuple[ContentProject, LearningVideo],
) -> None:
    project, video = film
    scene = insights.read_scenes(project, video, insights.Curve(None, None, ()))[2]
    children = make_children(10)
    for child in children[:5]:
        watch(video, child, float(video.duration_seconds))
    for child in children[5:]:
        watch(video, child, (scene.start + scene.end) / 2)
    scenes = insights.read_scenes(project, video, insights.read_curve(video, Choice()))
    lost = {one.position: one.lost or 0.0 for one in scenes}
    assert max(lost, key=lambda position: lost[position]) == 2
    assert sum(lost.values()) == pytest.approx(0.5)


def test_fewer_than_five_children_are_hidden_however_they_are_picked(
    film: tuple[ContentProject, LearningVideo],
) -> None:
    _, video = film
    young, old = make_children(4, "5-7"), make_children(6, "8-10")
    for child in (*young, *old):
        watch(video, child, 10.0)
        answer(video, child, 0, right=False)
    assert insights.read_curve(video, Choice("5-7")) == insights.Curve(None, None, ())
    hidden = insights.read_questions(video, Choice("5-7"))[0]
    assert (hidden.children, hidden.answers, hidden.right, hidden.known, hidden.seconds) == (None,) * 5
    groups = {one.name: one.right for one in insights.read_age_groups(video, Choice())}
    assert groups == {"5-7": None, "8-10": 0.0}
    assert insights.read_questions(video, Choice())[0].right == 0.0
    # many answers of few children are few children
    for _ in range(20):
        answer(video, young[0], 1, right=False)
    assert insights.read_questions(video, Choice())[1].right is None


def test_the_hardest_question_stands_beside_the_sentence_that_teaches_it(
    film: tuple[ContentProject, LearningVideo],
) -> None:
    _, video = film
    for number, child in enumerate(make_children(8)):
        answer(video, child, 0, right=True)
        answer(video, child, 1, right=number < 2, ms=5000)
        answer(video, child, 2, right=number < 6)
    questions = insights.read_questions(video, Choice())
    hardest = insights.find_hardest(questions)
    assert hardest is not None
    assert (hardest.index, hardest.right, hardest.known, hardest.seconds) == (1, 0.25, 0.0, 5.0)
    assert questions[2].known == pytest.approx(0.5)
    assert hardest.evidence == video.quiz_questions[1]["evidence"]
    [(text, scene), *_] = insights.suggest_changes(questions, [])
    assert text.startswith(f"75% of 8 answers to “{hardest.question}” were wrong.")
    assert scene == hardest.scene


def test_answers_to_another_wording_and_of_another_time_are_not_counted(
    film: tuple[ContentProject, LearningVideo],
) -> None:
    _, video = film
    former = LearningVideo.objects.create(
        title="The former film",
        topic=video.topic,
        script_content="Other words.",
        video_url="films/x/film.mp4",
        duration_seconds=60,
        age_groups=video.age_groups,
        quiz_questions=video.quiz_questions,
        status="superseded",
    )
    for child in make_children(6):
        answer(former, child, 0, right=False)
        answer(video, child, 0, right=True)
    assert insights.read_questions(video, Choice())[0].right == 1.0
    assert insights.find_hardest(insights.read_questions(video, Choice())) is None
    tomorrow = timezone.now() + timedelta(days=1)
    assert insights.read_questions(video, Choice(since=tomorrow))[0].right is None


def test_a_revision_arrives_with_the_evidence_and_changes_nothing_of_the_film(
    film: tuple[ContentProject, LearningVideo],
) -> None:
    project, video = film
    for child in make_children(6):
        answer(video, child, 1, right=False)
    client = client_of(project.creator)
    page = f"/admin/videos/learningvideo/{video.pk}/"
    assert b"Start the revision" in client.get(page + "insights/").content
    texts = [scene.lines for scene in project.scenes.all()]
    assert client.get(page + "revise/").status_code == 405
    for _ in range(2):
        assert client.post(page + "revise/").status_code == 302
    project.refresh_from_db()
    video.refresh_from_db()
    assert (project.status, video.status) == ("needs_attention", "published")
    assert [scene.lines for scene in project.scenes.all()] == texts
    [item] = ChangeItem.objects.filter(project=project)
    assert item.text.startswith("100% of 6 answers to")
    assert item.scene == video.quiz_questions[1].get("scene")
    verbs = AuditEntry.objects.filter(actor=project.creator).values_list("verb", flat=True)
    assert sorted(verbs) == ["reopen", "withdraw"]


def test_only_the_creator_editor_and_staff_read_insights_and_staff_begin_no_revision(
    film: tuple[ContentProject, LearningVideo],
) -> None:
    project, video = film
    page = f"/admin/videos/learningvideo/{video.pk}/"
    expected = {"creator": 404, "reviewer": 404, "operator": 404, "staff": 200, "editor_in_chief": 200}
    for role, status in expected.items():
        assert client_of(make_person(role)).get(page + "insights/").status_code == status, role
    assert client_of(project.creator).get(page + "insights/").status_code == 200
    client_of(make_person("staff")).post(page + "revise/")
    project.refresh_from_db()
    assert project.status == "published"
    with pytest.raises(revising.RevisionRefused):
        revising.start_revision(project.pk, video, actor=make_person("reviewer"))


def test_the_page_stays_within_its_budget_and_is_kind_when_empty(
    film: tuple[ContentProject, LearningVideo],
) -> None:
    project, video = film
    page = f"/admin/videos/learningvideo/{video.pk}/insights/"
    client = client_of(project.creator)
    assert b"Not enough answers yet" in client.get(page).content
    for child in make_children(8):
        watch(video, child, 20.0)
        for index in range(3):
            answer(video, child, index, right=index != 1)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(page)
    assert len(queries) <= 12
    assert len(gzip.compress(response.content)) < 40_000
    assert response.context["hardest"].index == 1
    assert client.get(page + "?group=nonsense&days=x").status_code == 200
