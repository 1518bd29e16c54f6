"""What children report reaches the people who judge, and pauses a film of which enough say it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from pipeline.models import ContentProject, ProjectEvent
from studio import notifying, publishing, reports, reviewing
from studio.admin.project_views import views_of
from studio.models import AuditEntry, Creator
from tests.clients import make_student, student_client
from tests.studio.factories import author, film_of, make_film, make_person
from tests.studio.test_admin_site import client_of
from videos.delivery import storage_name
from videos.models import FilmReport, LearningVideo
from videos.reporting import record_report

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer() -> Creator:
    return make_person("reviewer")


@pytest.fixture
def editor() -> Creator:
    return make_person("editor_in_chief")


@pytest.fixture
def project(reviewer: Creator, editor: Creator) -> ContentProject:
    """With children since a moment ago."""
    made = make_film()
    reviewing.approve(made.pk, reviewer=reviewer, film=film_of(made.pk))
    publishing.publish(made.pk, actor=editor)
    made.refresh_from_db()
    return made


def film(project: ContentProject) -> LearningVideo:
    project.refresh_from_db()
    assert project.published_video is not None
    return project.published_video


def say(project: ContentProject, *kinds: str) -> None:
    """As many children, each with its kind."""
    for kind in kinds:
        record_report(
            make_student().pk,
            report_id=uuid4(),
            video_id=film(project).pk,
            kind=kind,
            now=timezone.now(),
        )


def follow() -> int:
    return reports.follow_reports(timezone.now())


def codes(project: ContentProject) -> list[str]:
    return list(ProjectEvent.objects.filter(project=project).order_by("id").values_list("reason", flat=True))


def reported_view(person: Creator) -> set[ContentProject]:
    view = next(one for one in views_of(person) if one.slug == "reported")
    return set(ContentProject.objects.filter(view.condition))


def test_a_report_is_told_once_to_creator_judge_and_editor_and_the_film_stays(
    project: ContentProject, reviewer: Creator, editor: Creator
) -> None:
    say(project, "frightening", "broken")
    assert follow() == 1
    assert follow() == 0
    assert film(project).status == "published"
    event = ProjectEvent.objects.get(project=project, reason="students:reported")
    assert event.message == "Picture or sound is broken (1), It is frightening (1)"
    assert event.details == {
        "video": str(film(project).pk),
        "children": 2,
        "kinds": {"broken": 1, "frightening": 1},
    }
    told = {
        person.pk: [one.kind for one in notifying.read_news(person)[1]]
        for person in (project.creator, reviewer, editor, make_person("reviewer"), make_person("staff"))
    }
    assert [kinds.count("reported") for kinds in told.values()] == [1, 1, 1, 0, 0]
    say(project, "wrong")
    assert follow() == 1


def test_the_third_child_pauses_the_film_until_a_person_publishes_it_again(
    project: ContentProject,
    editor: Creator,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    before = film(project)
    path = storage_name(before.film_key, "film.mp4")
    say(project, "frightening", "frightening")
    follow()
    assert film(project).status == "published"
    say(project, "unkind")
    with django_capture_on_commit_callbacks(execute=True):
        assert follow() == 1
    paused = film(project)
    assert (project.status, paused.status) == ("unpublished", "unpublished")
    assert not storages["published"].exists(path)
    event = ProjectEvent.objects.get(project=project, reason="clock:paused")
    assert event.actor is None
    assert (
        event.message == "3 children reported this film. It is frightening (2), It is unkind to somebody (1)."
    )
    entry = AuditEntry.objects.get(event_id=event.pk)
    assert (entry.verb, entry.actor) == ("unpublish", None)
    assert follow() == 0
    publishing.publish(project.pk, actor=editor)
    again = film(project)
    assert (again.pk, again.status) == (before.pk, "published")
    assert reports.read_reports(project).children == 0
    assert follow() == 0


def test_one_child_alone_pauses_nothing_however_much_it_says(project: ContentProject) -> None:
    client = student_client(make_student())
    for kind in FilmReport.Kind.values:
        sent = {"report_id": str(uuid4()), "video_id": str(film(project).pk), "kind": kind}
        assert client.post("/api/student/reports", sent).status_code == 201
    follow()
    assert film(project).status == "published"


def test_where_no_number_is_set_no_film_is_paused(project: ContentProject, settings: Any) -> None:
    settings.REPORTS_TO_PAUSE = 0
    say(project, *["unkind"] * 5)
    assert follow() == 1
    assert film(project).status == "published"


def test_a_film_in_revision_is_paused_for_children_and_keeps_its_place_in_the_work(
    project: ContentProject, editor: Creator
) -> None:
    reviewing.reopen(project.pk, actor=editor, reason="A newer figure.")
    say(project, "wrong", "wrong", "wrong")
    follow()
    assert film(project).status == "unpublished"
    assert project.status == "in_review"


def test_what_was_looked_at_leaves_the_list_with_a_reason_in_the_trail(
    project: ContentProject, reviewer: Creator
) -> None:
    say(project, "broken")
    follow()
    assert reported_view(reviewer) == {project}
    with pytest.raises(reports.SettlingRefused, match="Say what you found"):
        reports.settle(project.pk, actor=reviewer, reason=" ")
    assert reported_view(reviewer) == {project}
    assert reports.settle(project.pk, actor=reviewer, reason="Plays well on three phones.") == 1
    assert reports.settle(project.pk, actor=reviewer, reason="Plays well on three phones.") == 0
    assert reported_view(reviewer) == set()
    assert codes(project)[-1] == "studio:reports-settled"
    entry = AuditEntry.objects.get(verb="settle_reports")
    assert (entry.actor, entry.reason) == (reviewer, "Plays well on three phones.")
    assert film(project).status == "published"


def test_whoever_made_the_film_does_not_say_that_it_is_fine(project: ContentProject) -> None:
    maker = make_person("editor_in_chief")
    author(project, maker)
    say(project, "unkind")
    for person in (maker, project.creator):
        with pytest.raises(reports.SettlingRefused):
            reports.settle(project.pk, actor=person, reason="It is fine.")
    assert reports.read_reports(project).children == 1


def test_the_review_page_and_the_list_show_how_many_and_never_who(
    project: ContentProject, reviewer: Creator
) -> None:
    say(project, "unkind", "unkind")
    names = {one.student.username for one in FilmReport.objects.select_related("student")}
    client = client_of(reviewer)
    page = client.get(f"/admin/pipeline/contentproject/{project.pk}/review/").content.decode()
    assert "2 children" in page
    assert "It is unkind to somebody: 2" in page
    listed = client.get("/admin/pipeline/contentproject/?view=reported").content.decode()
    assert "reported by 2 children" in listed
    assert not any(name in page + listed for name in names)
    act = f"/admin/pipeline/contentproject/{project.pk}/act/settle-reports/"
    assert client.post(act, {"reason": ""}).status_code in {400, 409}
    assert reports.read_reports(project).children == 2
    assert client.post(act, {"reason": "A joke that nobody is hurt by."}).status_code == 302
    assert reports.read_reports(project).children == 0


def test_the_clock_asks_little_while_nobody_reports(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(2):
        assert follow() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_pause_a_film_once(project: ContentProject) -> None:
    say(project, "broken", "broken", "broken")
    barrier = Barrier(2)

    def work(_: int) -> None:
        try:
            barrier.wait(30)
            follow()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert codes(project).count("students:reported") == 1
    assert codes(project).count("clock:paused") == 1
