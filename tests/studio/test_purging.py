"""Drafts that were put away and films that were taken offline go when they have had their time, and all
that was made for them; what is shared, what is out and what was spent stays.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from pipeline import spool, storage
from pipeline.models import Asset, Charge, ContentProject, ProjectEvent, StepRun
from pipeline.steps.base import Output
from quizzes.models import QuizResponse
from students.erasing import enforce_retention
from studio import auditing, publishing, purging
from studio.models import AuditEntry, BriefBatch, Comment, Review
from tests.clients import make_student
from tests.studio.factories import make_film, make_person, set_status
from tests.studio.test_admin_site import client_of
from tests.studio.test_batches import open_batch
from videos.models import LearningVideo, Rendition

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
Status = ContentProject.Status
pytestmark = pytest.mark.django_db


def age(project: ContentProject, days: int) -> None:
    """As if its last move had been so many days ago."""
    at = NOW - days * DAY
    ContentProject.objects.filter(pk=project.pk).update(updated_at=at)
    ProjectEvent.objects.filter(project=project).update(created_at=at)
    project.refresh_from_db()


def put_away(days: int, **columns: object) -> ContentProject:
    project = make_film(status=Status.ARCHIVED, **columns)  # type: ignore[arg-type] # columns of the model
    Review.objects.create(
        project=project, reviewer=make_person("reviewer"), verdict="rejected", film="x", notes="Too long."
    )
    Comment.objects.create(project=project, author=project.creator, text="Why?")
    age(project, days)
    return project


def files_of(project: ContentProject) -> set[str]:
    sums = Asset.objects.filter(run__project=project).values_list("checksum", flat=True)
    return {storage.path_of(checksum) for checksum in sums}


def publish() -> ContentProject:
    project = make_film(status=Status.APPROVED)
    publishing.publish(project.pk, actor=make_person("editor_in_chief"))
    project.refresh_from_db()
    return project


def test_a_draft_that_was_put_away_goes_after_ninety_days_with_all_that_was_made_for_it() -> None:
    young, old = put_away(89), put_away(91, concept_prompt="How bees find flowers", title="Another film")
    others = make_film(concept_prompt="Something that is wanted")
    run = StepRun.objects.filter(project=old).earliest("created_at")
    run.token = uuid4()
    spool.put(run, Output(facts={"left": "behind"}), [])
    shared, own = files_of(old) & (files_of(others) | files_of(young)), files_of(old)
    assert shared, "the films have files in common"
    assert own - shared, "and files of their own"
    enforce_retention(NOW)
    assert set(ContentProject.objects.values_list("pk", flat=True)) == {young.pk, others.pk}
    for model in (StepRun, Review, Comment, ProjectEvent):
        assert set(model._default_manager.values_list("project", flat=True)) <= {young.pk, others.pk}
    assert [name for name in own - shared if default_storage.exists(name)] == []
    assert [
        name for name in shared | files_of(young) | files_of(others) if not default_storage.exists(name)
    ] == []
    assert not spool.list_answers(str(old.pk))
    trail = AuditEntry.objects.get(verb="purge")
    assert (trail.project_id, trail.actor) == (old.pk, None)
    page = client_of(make_person("operator")).get("/admin/studio/auditentry/")
    assert page.status_code == 200, "the trail is shown without its project"
    assert enforce_retention(NOW).get("content_projects", 0) == 0


@pytest.mark.parametrize("status", [Status.DRAFT, Status.NEEDS_ATTENTION, Status.IN_REVIEW, Status.APPROVED])
def test_what_is_anybody_s_turn_is_never_purged(status: str) -> None:
    project = make_film(status=status)
    age(project, 4000)
    enforce_retention(NOW)
    assert ContentProject.objects.filter(pk=project.pk).exists()


def test_a_film_that_is_out_stays_and_one_that_was_taken_offline_goes_after_a_year() -> None:
    out, young, old = (publish() for _ in range(3))
    for project in (young, old):
        publishing.unpublish(project.pk, actor=make_person("editor_in_chief"), reason="A wrong figure.")
    age(out, 4000)
    age(young, 364)
    age(old, 366)
    enforce_retention(NOW)
    assert set(ContentProject.objects.values_list("pk", flat=True)) == {out.pk, young.pk}
    videos = set(LearningVideo.objects.values_list("pk", flat=True))
    assert videos == {out.published_video_id, young.published_video_id}
    assert not Rendition.objects.filter(video=old.published_video_id).exists()
    assert list(
        AuditEntry.objects.filter(project_id=old.pk, actor=None).order_by("id").values_list("verb", flat=True)
    ) == ["archive", "purge"]


def test_a_film_brought_back_into_revision_counts_from_then() -> None:
    project = publish()
    publishing.unpublish(project.pk, actor=make_person("editor_in_chief"), reason="A wrong figure.")
    age(project, 400)
    set_status(project, Status.IN_REVIEW)
    enforce_retention(NOW)
    assert ContentProject.objects.filter(pk=project.pk).exists()
    set_status(project, Status.UNPUBLISHED)
    ContentProject.objects.filter(pk=project.pk).update(updated_at=NOW - 400 * DAY)
    enforce_retention(NOW)
    assert ContentProject.objects.filter(pk=project.pk).exists(), "its last move was yesterday"


def test_a_film_that_answers_refer_to_goes_when_they_have_gone() -> None:
    project = publish()
    publishing.unpublish(project.pk, actor=make_person("editor_in_chief"), reason="A wrong figure.")
    age(project, 366)
    answer = QuizResponse.objects.create(
        student=make_student(last_active=NOW),
        video=LearningVideo.objects.get(),
        question_index=0,
        user_answer=True,
        correct_answer=True,
        response_time_ms=1,
        created_at=NOW - 300 * DAY,
    )
    enforce_retention(NOW)
    assert not ContentProject.objects.filter(pk=project.pk).exists()
    assert LearningVideo.objects.get().status == "unpublished"
    assert QuizResponse.objects.filter(pk=answer.pk).exists()
    later = NOW + 66 * DAY
    make_student(last_active=later)
    enforce_retention(later)  # the answer
    enforce_retention(later + DAY)  # the film
    assert not LearningVideo.objects.exists()


def test_an_editor_who_brings_a_film_back_just_now_keeps_it() -> None:
    project = publish()
    publishing.unpublish(project.pk, actor=make_person("editor_in_chief"), reason="A wrong figure.")
    age(project, 366)
    stale = ContentProject.objects.get(pk=project.pk)
    publishing.publish(project.pk, actor=make_person("editor_in_chief"))
    assert not purging._put_away(stale)
    assert ContentProject.objects.get(pk=project.pk).status == Status.PUBLISHED


def test_a_purge_that_was_cut_off_goes_on_the_next_night(monkeypatch: pytest.MonkeyPatch) -> None:
    project = put_away(91)
    names = files_of(project)

    def fail(**_: object) -> None:
        raise RuntimeError("the machine goes down")

    with monkeypatch.context() as patch:
        patch.setattr(auditing, "record", fail)
        with pytest.raises(RuntimeError):
            enforce_retention(NOW)
    assert ContentProject.objects.filter(pk=project.pk).exists()
    assert StepRun.objects.filter(project=project).exists()
    enforce_retention(NOW)
    assert not ContentProject.objects.filter(pk=project.pk).exists()
    assert [name for name in names if default_storage.exists(name)] == []


def test_what_was_spent_on_a_deleted_film_is_counted_for_two_years() -> None:
    project = put_away(91)
    charge = Charge.objects.create(
        run=StepRun.objects.filter(project=project, step="script").get(),
        project=project,
        creator=project.creator,
        token=uuid4(),
        attempt=1,
        provider="openai",
        reserved=Decimal(1),
        cost=Decimal("0.4800"),
    )
    enforce_retention(NOW)
    charge.refresh_from_db()
    assert (charge.project, charge.run, charge.cost) == (None, None, Decimal("0.4800"))
    client = client_of(project.creator)
    for way, name in (("step", "deleted films"), ("project", "deleted films"), ("provider", "openai")):
        (line,) = client.get(f"/admin/cost/?by={way}&days=90").context["lines"]
        assert (line.name, line.calls, line.failed, line.total) == (name, 1, 0, Decimal("0.4800"))
    Charge.objects.filter(pk=charge.pk).update(created_at=NOW - 729 * DAY)
    enforce_retention(NOW)
    assert Charge.objects.filter(pk=charge.pk).exists()
    Charge.objects.filter(pk=charge.pk).update(created_at=NOW - 731 * DAY)
    enforce_retention(NOW)
    assert not Charge.objects.filter(pk=charge.pk).exists()


def test_what_was_wrong_with_a_vendor_s_answer_is_forgotten_after_thirty_days() -> None:
    project = make_film()
    young, old = StepRun.objects.filter(project=project).order_by("created_at")[:2]
    for run, days in ((young, 29), (old, 31)):
        run.error_evidence, run.error_id, run.finished_at = {"faults": ["a reply"]}, "x:y", NOW - days * DAY
        run.save()
        ProjectEvent.objects.create(
            project=project,
            from_status="a",
            to_status="b",
            details={"evidence": {"faults": ["a reply"]}, "run": str(run.pk)},
            created_at=NOW - days * DAY,
        )
        run.token = uuid4()
        spool.put(run, Output(facts={}), [])
    enforce_retention(NOW)
    young.refresh_from_db()
    old.refresh_from_db()
    assert (young.error_evidence, old.error_evidence, old.error_id) == ({"faults": ["a reply"]}, {}, "x:y")
    kept = {
        event.details["run"]: event.details.get("evidence")
        for event in ProjectEvent.objects.filter(project=project, details__has_key="run")
    }
    assert kept == {str(young.pk): {"faults": ["a reply"]}, str(old.pk): None}


def test_an_answer_that_no_run_has_taken_leaves_the_spool_after_thirty_days() -> None:
    name = f"results/{uuid4()}/some.json"
    default_storage.save(name, ContentFile(b"{}"))
    enforce_retention(datetime.now(UTC) + 29 * DAY)
    assert default_storage.exists(name)
    enforce_retention(datetime.now(UTC) + 31 * DAY)
    assert not default_storage.exists(name)


def test_a_list_of_briefs_goes_after_ninety_days_unless_it_is_at_work() -> None:
    kinds = {
        "young": (89, BriefBatch.Status.DONE),
        "old": (91, BriefBatch.Status.DONE),
        "never made": (91, BriefBatch.Status.CHECKING),
        "at work": (91, BriefBatch.Status.RUNNING),
    }
    batches = {}
    for name, (days, status) in kinds.items():
        batch = batches[name] = open_batch()
        BriefBatch.objects.filter(pk=batch.pk).update(status=status, created_at=NOW - days * DAY)
    enforce_retention(NOW)
    left = set(BriefBatch.objects.values_list("pk", flat=True))
    assert {name for name, batch in batches.items() if batch.pk in left} == {"young", "at work"}


def test_whoever_archives_or_rejects_is_told_how_long_it_is_kept() -> None:
    editor, draft, film = make_person("editor_in_chief"), make_film(), publish()
    client = client_of(editor)
    for project, said in ((draft, "In 90 days it is deleted"), (film, "In 12 months it is deleted")):
        page = f"/admin/pipeline/contentproject/{project.pk}/act/archive/"
        answer = client.post(page, {"reason": "Nobody wants it any more."}, follow=True)
        assert said in answer.content.decode()
