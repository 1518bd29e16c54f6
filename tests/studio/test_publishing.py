from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from pipeline import editing, storage
from pipeline.models import ContentProject
from pipeline.planning import plan
from studio import publishing, releasing, reviewing
from tests.studio import factories
from tests.studio.factories import film_of, make_film, make_person
from videos.delivery import storage_name
from videos.models import LearningVideo, Rendition, Topic

pytestmark = pytest.mark.django_db


def approved(**columns: Any) -> ContentProject:
    project = make_film(**columns)
    reviewing.approve(project.pk, reviewer=make_person("reviewer"), film=film_of(project.pk))
    project.refresh_from_db()
    return project


def published() -> tuple[ContentProject, LearningVideo]:
    project = approved()
    video = publishing.publish(project.pk, actor=make_person("editor_in_chief"))
    assert video is not None
    project.refresh_from_db()
    return project, video


def test_a_published_film_is_the_approved_one_with_all_its_files() -> None:
    project, video = published()
    present = plan(project)
    film_run, qa_run = present.film_run, present.qa_run
    assert film_run is not None
    assert qa_run is not None
    assert (project.status, project.published_video) == ("published", video)
    assert (video.status, video.title, video.film_fingerprint) == (
        "published",
        project.title,
        film_run.fingerprint,
    )
    assert video.quiz_questions == (qa_run.output or {})["questions"]
    assert (video.age_groups, video.language) == ([8, 9, 10], "en")
    assert video.origin_label == "Made from notes, checked by a person"
    assert video.video_url == f"films/{video.film_key}/film.mp4"
    assert video.duration_seconds == round((film_run.output or {})["seconds"])
    renditions = {one.name: one for one in Rendition.objects.filter(video=video)}
    assets = {asset.name: asset for asset in film_run.assets.all()}
    only_filters_look = {asset.name for asset in assets.values() if asset.kind == "frame"}
    assert only_filters_look == {"frame-000.jpg"}
    assert set(renditions) == set(assets) - only_filters_look
    for name, rendition in renditions.items():
        asset = assets[name]
        assert (rendition.size, rendition.sha256) == (asset.size, asset.checksum)
        with storages["published"].open(storage_name(video.film_key, name)) as copy:
            assert copy.read() == storage.open_asset(asset.checksum).read()
    assert (renditions["720.mp4"].width, renditions["720.mp4"].bandwidth) == (720, 1_200_000)


def release(prompt: str) -> LearningVideo:
    video = publishing.publish(approved(concept_prompt=prompt).pk, actor=make_person("editor_in_chief"))
    assert video is not None
    return video


def test_a_brief_that_names_a_concept_of_the_catalogue_teaches_that_one() -> None:
    biology = Topic.objects.create(name="Biology", slug="biology")
    listed = Topic.objects.create(name="How bees make honey", slug="bees", parent=biology)
    films = [release("how bees  make HONEY "), release("How bees make honey")]
    assert [film.concept for film in films] == [listed, listed]
    assert [film.topic for film in films] == ["Biology", "Biology"]
    assert Topic.objects.count() == 2


def test_a_name_that_two_concepts_have_chooses_neither() -> None:
    for key in ("biology", "farming"):
        topic = Topic.objects.create(name=key, slug=key)
        Topic.objects.create(name="How bees make honey", slug=f"bees-in-{key}", parent=topic)
    film = release("How bees make honey")
    assert film.concept is not None
    assert film.concept.slug.startswith("how-bees-make-honey-")


def test_the_topic_comes_from_the_script_and_the_concept_is_the_projects_own() -> None:
    first, second = published()[1], published()[1]
    assert first.concept is not None
    assert second.concept is not None
    assert first.concept.parent == second.concept.parent
    assert first.concept.parent is not None
    assert (first.topic, first.concept.name) == (first.concept.parent.name, "How bees make honey")
    assert first.concept != second.concept
    assert first.concept.parent.age_groups == [8, 9, 10]


def test_publishing_again_gives_the_same_video() -> None:
    project, video = published()
    assert publishing.publish(project.pk, actor=make_person("editor_in_chief")) == video
    assert LearningVideo.objects.count() == 1


def test_a_publication_killed_between_copy_and_commit_makes_one_video(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = approved()
    editor = make_person("editor_in_chief")

    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "make_video", die)
        with pytest.raises(Killed):
            publishing.publish(project.pk, actor=editor)
    project.refresh_from_db()
    assert (project.status, LearningVideo.objects.count()) == ("approved", 0)
    folders = set(storages["published"].listdir("films")[0])
    video = publishing.publish(project.pk, actor=editor)
    assert video is not None
    assert video.film_key in folders
    assert set(storages["published"].listdir("films")[0]) == folders


def test_a_copy_that_broke_off_is_made_again() -> None:
    project = approved()
    present = plan(project)
    assert present.film_run is not None
    key = releasing.make_film_key(project.pk, present.film, 0)
    from django.core.files.base import ContentFile  # noqa: PLC0415

    storages["published"].save(storage_name(key, "film.mp4"), ContentFile(b"half"))
    video = publishing.publish(project.pk, actor=make_person("editor_in_chief"))
    assert video is not None
    size = present.film_run.assets.get(name="film.mp4").size
    assert storages["published"].size(storage_name(video.film_key, "film.mp4")) == size


def test_a_film_that_is_not_the_approved_one_is_not_published() -> None:
    project = approved()
    ContentProject.objects.filter(pk=project.pk).update(approved_film="a.b")
    with pytest.raises(publishing.StaleFilm) as caught:
        publishing.publish(project.pk, actor=make_person("editor_in_chief"))
    project.refresh_from_db()
    assert (caught.value.code, project.status, LearningVideo.objects.count()) == ("stale-film", "approved", 0)


def test_a_missing_file_stops_the_publication_with_a_reason() -> None:
    project = approved()
    asset = factories.asset_of(project, "film.mp4")
    storages["default"].delete(storage.path_of(asset.checksum))
    with pytest.raises(publishing.CopyFailed) as caught:
        publishing.publish(project.pk, actor=make_person("editor_in_chief"))
    project.refresh_from_db()
    assert caught.value.code == "platform:copy-failed"
    assert (project.status, LearningVideo.objects.count()) == ("approved", 0)


@pytest.mark.parametrize("role", ["creator", "reviewer", "staff", "operator", ""])
def test_only_the_editor_in_chief_publishes(role: str) -> None:
    project = approved()
    with pytest.raises(publishing.NotAllowed):
        publishing.publish(project.pk, actor=make_person(role))
    project.refresh_from_db()
    assert (project.status, LearningVideo.objects.count()) == ("approved", 0)


@pytest.mark.parametrize("status", ["draft", "generating", "needs_attention", "in_review", "archived"])
def test_only_what_is_approved_is_published(status: str) -> None:
    project = make_film(status=status)
    with pytest.raises(publishing.NotPossible):
        publishing.publish(project.pk, actor=make_person("editor_in_chief"))
    assert LearningVideo.objects.count() == 0


def test_a_revision_supersedes_the_former_film_and_keeps_its_concept() -> None:
    project, first = published()
    editor, reviewer = make_person("editor_in_chief"), make_person("reviewer")
    reviewing.reopen(project.pk, actor=editor)
    first.refresh_from_db()
    assert first.status == "published"  # students keep the film they have
    editing.edit_scene(project.pk, 1, actor_id=project.creator_id, narration="Bees live in a large colony.")
    factories.finish(project)
    reviewing.approve(project.pk, reviewer=reviewer, film=film_of(project.pk))
    second = publishing.publish(project.pk, actor=editor)
    first.refresh_from_db()
    assert second is not None
    assert (first.status, second.status, second.supersedes) == ("superseded", "published", first)
    assert second.concept == first.concept
    assert Topic.objects.filter(parent__isnull=False).count() == 1


def test_an_unpublished_film_returns_as_the_same_video_under_a_new_address(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    project, video = published()
    editor, old_key = make_person("editor_in_chief"), video.film_key
    with django_capture_on_commit_callbacks(execute=True):
        publishing.unpublish(project.pk, actor=editor, reason="A wrong number.")
    project.refresh_from_db()
    video.refresh_from_db()
    assert (project.status, video.status) == ("unpublished", "unpublished")
    assert storages["published"].listdir(f"films/{old_key}")[1] == []
    again = publishing.publish(project.pk, actor=editor)
    assert again == video
    assert again is not None
    assert (again.status, again.film_key != old_key) == ("published", True)
    assert again.video_url == f"films/{again.film_key}/film.mp4"
    assert storages["published"].exists(again.video_url)
    assert LearningVideo.objects.count() == 1


def test_unpublishing_needs_a_reason_and_the_right_role() -> None:
    project, video = published()
    with pytest.raises(publishing.ReasonMissing):
        publishing.unpublish(project.pk, actor=make_person("staff"), reason=" ")
    with pytest.raises(publishing.NotAllowed):
        publishing.unpublish(project.pk, actor=make_person("creator"), reason="Mine.")
    video.refresh_from_db()
    assert video.status == "published"


def test_unpublishing_in_a_revision_leaves_the_projects_status() -> None:
    project, video = published()
    reviewing.reopen(project.pk, actor=make_person("editor_in_chief"))
    publishing.unpublish(project.pk, actor=make_person("staff"), reason="Emergency.")
    project.refresh_from_db()
    video.refresh_from_db()
    assert (project.status, video.status) == ("in_review", "unpublished")


def test_archiving_and_rejecting_take_a_live_film_offline() -> None:
    for end in ("archive", "reject"):
        project, video = published()
        editor = make_person("editor_in_chief")
        if end == "archive":
            publishing.archive(project.pk, actor=editor)
        else:
            reviewing.reopen(project.pk, actor=editor)
            reviewing.reject(project.pk, reviewer=editor, film=film_of(project.pk), notes="Wrong.")
        project.refresh_from_db()
        video.refresh_from_db()
        assert (project.status, video.status) == ("archived", "unpublished")


def test_a_scheduled_film_goes_out_at_its_time_once() -> None:
    project, now = approved(), timezone.now()
    at = now + timedelta(hours=2)
    assert publishing.publish(project.pk, actor=make_person("editor_in_chief"), at=at) is None
    project.refresh_from_db()
    assert (project.status, project.publish_at) == ("scheduled", at)
    assert publishing.publish_due(now + timedelta(hours=1)) == 0
    assert publishing.publish_due(now + timedelta(hours=3)) == 1
    assert publishing.publish_due(now + timedelta(hours=3)) == 0
    project.refresh_from_db()
    assert (project.status, project.publish_at, LearningVideo.objects.count()) == ("published", None, 1)
    assert project.last_event is not None
    assert (project.last_event.reason, project.last_event.actor) == ("clock:published", None)


def test_a_scheduled_film_that_is_no_longer_the_approved_one_goes_back_with_a_reason() -> None:
    project, now = approved(), timezone.now()
    publishing.publish(project.pk, actor=make_person("editor_in_chief"), at=now + timedelta(hours=1))
    ContentProject.objects.filter(pk=project.pk).update(approved_film="a.b")
    assert publishing.publish_due(now + timedelta(hours=2)) == 0
    project.refresh_from_db()
    assert project.status == "approved"
    assert project.last_event is not None
    assert project.last_event.reason == "stale-film"


def test_a_scheduled_film_whose_copy_fails_goes_out_a_minute_later(monkeypatch: pytest.MonkeyPatch) -> None:
    project, now = approved(), timezone.now()
    publishing.publish(project.pk, actor=make_person("editor_in_chief"), at=now + timedelta(hours=1))

    def fail(*_: Any) -> None:
        raise releasing.CopyFailed("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "copy_film", fail)
        assert publishing.publish_due(now + timedelta(hours=2)) == 0
    assert publishing.publish_due(now + timedelta(hours=2)) == 1


def test_a_cancelled_schedule_does_not_go_out() -> None:
    project, now = approved(), timezone.now()
    editor = make_person("editor_in_chief")
    publishing.publish(project.pk, actor=editor, at=now + timedelta(hours=1))
    publishing.cancel_schedule(project.pk, actor=editor)
    assert publishing.publish_due(now + timedelta(hours=2)) == 0
    project.refresh_from_db()
    assert project.status == "approved"


def test_publishing_takes_a_bounded_number_of_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    project, editor = approved(), make_person("editor_in_chief")
    with django_assert_max_num_queries(30):
        publishing.publish(project.pk, actor=editor)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["person", "clock"])
def test_publishing_twice_at_once_makes_one_video(way: str) -> None:
    project, now = approved(), timezone.now()
    editor = make_person("editor_in_chief")
    if way == "clock":
        publishing.publish(project.pk, actor=editor, at=now + timedelta(hours=1))
    barrier = Barrier(4)

    def release(_: int) -> str:
        try:
            barrier.wait(10)
            if way == "clock":
                return str(publishing.publish_due(now + timedelta(hours=2)))
            video = publishing.publish(project.pk, actor=editor)
            return str(video and video.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(release, range(4)))
    video = LearningVideo.objects.get()
    if way == "clock":
        assert sorted(outcomes) == ["0", "0", "0", "1"]
    else:
        assert outcomes == [str(video.pk)] * 4
    for rendition in video.renditions.all():
        assert storages["published"].size(storage_name(video.film_key, rendition.name)) == rendition.size
    assert project.events.filter(to_status="published").count() == 1
