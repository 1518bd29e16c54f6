from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from pipeline import editing
from pipeline.models import ContentProject
from studio import reviewing
from studio.models import Creator, Review
from tests.studio import factories
from tests.studio.factories import film_of, make_film, make_person

pytestmark = pytest.mark.django_db


def snapshot(project: ContentProject) -> tuple[Any, ...]:
    project.refresh_from_db()
    return (
        project.status,
        project.approved_at,
        project.approved_film,
        project.approval_notes,
        Review.objects.filter(project=project).count(),
        project.events.count(),
    )


def test_an_approval_writes_the_review_the_event_and_the_columns() -> None:
    project, reviewer = make_film(), make_person("reviewer")
    film = film_of(project.pk)
    review = reviewing.approve(project.pk, reviewer=reviewer, film=film, notes=" Good. ")
    project.refresh_from_db()
    assert (review.verdict, review.film, review.notes, review.reviewer) == (
        "approved",
        film,
        "Good.",
        reviewer,
    )
    assert set(review.findings) == {"block", "review", "not_run"}
    assert (project.status, project.approved_film, project.approval_notes) == ("approved", film, "Good.")
    assert project.approved_at == review.created_at
    event = project.last_event
    assert event is not None
    assert (event.from_status, event.to_status, event.reason, event.actor) == (
        "in_review",
        "approved",
        "reviewer:approved",
        reviewer,
    )
    assert event.details == {"film": film, "review": str(review.pk)}


def test_requested_changes_go_back_to_the_creator_with_the_notes() -> None:
    project, reviewer = make_film(), make_person("reviewer")
    review = reviewing.request_changes(
        project.pk, reviewer=reviewer, film=film_of(project.pk), notes="Scene 2 is too fast."
    )
    project.refresh_from_db()
    assert project.status == "needs_attention"
    assert project.last_event is not None
    assert (project.last_event.reason, project.last_event.message) == (
        "creator:changes-requested",
        "Scene 2 is too fast.",
    )
    assert (project.approved_film, project.approved_at, review.verdict) == ("", None, "changes_requested")


def test_a_rejection_archives_the_project() -> None:
    project = make_film()
    reviewing.reject(
        project.pk, reviewer=make_person("reviewer"), film=film_of(project.pk), notes="Not for us."
    )
    project.refresh_from_db()
    assert project.status == "archived"


@pytest.mark.parametrize("notes", ["", "  \n "])
@pytest.mark.parametrize("verdict", ["request_changes", "reject"])
def test_a_refusal_without_notes_is_not_taken(verdict: str, notes: str) -> None:
    project, reviewer = make_film(), make_person("reviewer")
    before = snapshot(project)
    with pytest.raises(reviewing.NotesMissing) as caught:
        getattr(reviewing, verdict)(project.pk, reviewer=reviewer, film=film_of(project.pk), notes=notes)
    assert caught.value.code == "notes-required"
    assert snapshot(project) == before


@pytest.mark.parametrize("film", ["", "a.b"])
def test_another_film_than_the_present_one_is_stale(film: str) -> None:
    project, reviewer = make_film(), make_person("reviewer")
    before = snapshot(project)
    with pytest.raises(reviewing.StaleFilm) as caught:
        reviewing.approve(project.pk, reviewer=reviewer, film=film)
    assert caught.value.code == "stale-film"
    assert snapshot(project) == before


def test_an_edit_after_the_page_was_opened_makes_the_film_stale() -> None:
    project, reviewer = make_film(), make_person("reviewer")
    seen = film_of(project.pk)
    editing.edit_scene(
        project.pk, 1, actor_id=project.creator_id, narration="Honey bees live in a colony. It is large."
    )
    with pytest.raises(reviewing.StaleFilm):
        reviewing.approve(project.pk, reviewer=reviewer, film=seen)
    factories.finish(project)
    with pytest.raises(reviewing.StaleFilm):
        reviewing.approve(project.pk, reviewer=reviewer, film=seen)
    assert reviewing.approve(project.pk, reviewer=reviewer, film=film_of(project.pk)).verdict == "approved"


def test_a_blocker_stops_the_approval_and_names_itself_but_not_the_other_verdicts() -> None:
    project, reviewer = make_film(), make_person("reviewer")
    factories.block(project)
    before = snapshot(project)
    with pytest.raises(reviewing.BlockerOpen) as caught:
        reviewing.approve(project.pk, reviewer=reviewer, film=film_of(project.pk))
    assert caught.value.code == "blocker-open"
    assert caught.value.message == "1 blocker open: A word that children must not hear."
    assert snapshot(project) == before
    reviewing.request_changes(project.pk, reviewer=reviewer, film=film_of(project.pk), notes="Take it out.")


@pytest.mark.parametrize("who", ["creator", "editor", "superuser"])
def test_four_eyes_holds_for_everyone(who: str) -> None:
    owner = make_person("creator" if who == "creator" else "reviewer", is_superuser=who == "superuser")
    owner.groups.add(*make_person("reviewer").groups.all())
    project = make_film(owner) if who != "editor" else make_film()
    if who == "editor":
        factories.author(project, owner)
    before = snapshot(project)
    for verdict in ("approve", "request_changes", "reject"):
        with pytest.raises(reviewing.OwnWork) as caught:
            getattr(reviewing, verdict)(project.pk, reviewer=owner, film=film_of(project.pk), notes="Fine.")
        assert caught.value.code == "own-work"
    assert snapshot(project) == before


@pytest.mark.parametrize("role", ["creator", "staff", "operator", ""])
def test_other_roles_do_not_judge(role: str) -> None:
    project = make_film()
    before = snapshot(project)
    with pytest.raises(reviewing.NotAllowed) as caught:
        reviewing.approve(project.pk, reviewer=make_person(role), film=film_of(project.pk))
    assert caught.value.code == "forbidden"
    assert snapshot(project) == before


def test_repeating_ones_own_verdict_is_the_same_verdict() -> None:
    project, reviewer = make_film(), make_person("reviewer")
    film = film_of(project.pk)
    first = reviewing.approve(project.pk, reviewer=reviewer, film=film)
    before = snapshot(project)
    assert reviewing.approve(project.pk, reviewer=reviewer, film=film) == first
    assert snapshot(project) == before


def test_the_second_reviewer_learns_who_decided() -> None:
    project = make_film()
    film = film_of(project.pk)
    reviewing.approve(project.pk, reviewer=make_person("reviewer", display_name="Rafi"), film=film)
    before = snapshot(project)
    with pytest.raises(reviewing.AlreadyDecided) as caught:
        reviewing.request_changes(project.pk, reviewer=make_person("reviewer"), film=film, notes="No.")
    assert caught.value.code == "already-decided"
    assert caught.value.message.startswith("Rafi approved this film ")
    assert snapshot(project) == before


def test_a_reopened_film_is_judged_anew() -> None:
    project, reviewer = make_film(), make_person("reviewer")
    film = film_of(project.pk)
    first = reviewing.approve(project.pk, reviewer=reviewer, film=film)
    reviewing.reopen(project.pk, actor=reviewer, reason="I overlooked something.")
    project.refresh_from_db()
    assert (project.status, project.approved_film, project.approved_at) == ("in_review", "", None)
    assert reviewing.approve(project.pk, reviewer=reviewer, film=film) != first


@pytest.mark.parametrize("status", ["draft", "generating", "needs_attention", "archived"])
def test_only_what_is_in_review_is_judged(status: str) -> None:
    project = make_film(status=status)
    before = snapshot(project)
    with pytest.raises(reviewing.NotInReview) as caught:
        reviewing.approve(project.pk, reviewer=make_person("reviewer"), film=film_of(project.pk))
    assert caught.value.code == "status-not-possible"
    assert snapshot(project) == before


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_at_once_one_decides_and_the_other_is_told() -> None:
    project = make_film()
    film = film_of(project.pk)
    people = [make_person("reviewer"), make_person("editor_in_chief")]
    barrier = Barrier(2)

    def judge(reviewer: Creator) -> str:
        try:
            barrier.wait(10)
            reviewing.approve(project.pk, reviewer=reviewer, film=film)
        except reviewing.AlreadyDecided as error:
            return error.code
        finally:
            connection.close()
        return "approved"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(judge, people))
    assert outcomes == ["already-decided", "approved"]
    assert Review.objects.filter(project=project).count() == 1
    project.refresh_from_db()
    assert project.status == "approved"
    assert project.approved_at is not None
    assert project.approved_at <= timezone.now()
