"""Which jobs a project needs, and which are done: everything that follows from fingerprints."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pipeline import bell, editing, orchestration, providers
from pipeline.execution import execute
from pipeline.models import ContentProject, Scene, StepRun
from pipeline.planning import compute_plan, plan, progress_of
from pipeline.steps import BY_NAME
from tests.pipeline.films import Film, due_runs, finish, make_film, start, work
from tests.pipeline.quick_steps import configure_providers, jobs_of_film

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


def keys(film: Film) -> list[str]:
    return sorted(planned.job.inputs["key"] for planned in plan(film.project).jobs)


def missing(film: Film) -> list[str]:
    return sorted(planned.job.inputs["key"] for planned in plan(film.project).missing)


def do(film: Film, *wanted: str) -> None:
    """Queue what is missing and do exactly these jobs."""
    with bell.muted():
        orchestration.advance(film.pk)
        for key in wanted:
            assert execute(film.run(key).pk)


def test_only_the_script_is_known_at_first() -> None:
    assert keys(make_film()) == ["script"]


def test_the_number_of_scenes_is_known_after_the_script() -> None:
    film = start(make_film(scenes=3))
    do(film, "script")
    assert missing(film) == [
        "quiz", "visuals.0", "visuals.1", "visuals.2", "voice.0", "voice.1", "voice.2",
    ]  # fmt: skip


def test_a_scene_is_composed_as_soon_as_its_own_picture_and_voice_are_there() -> None:
    film = start(make_film())
    do(film, "script")
    do(film, "visuals.1", "voice.1", "visuals.0")
    assert missing(film) == ["compose.scene.1", "quiz", "voice.0"]


def test_the_film_waits_for_every_scene_and_the_checks_for_film_and_questions() -> None:
    film = start(make_film())
    do(film, "script")
    do(film, "visuals.0", "voice.0", "visuals.1", "voice.1")
    do(film, "compose.scene.0")
    assert missing(film) == ["compose.scene.1", "quiz"]
    do(film, "compose.scene.1")
    assert missing(film) == ["compose.film", "quiz"]
    do(film, "compose.film")
    assert missing(film) == ["quiz"]
    do(film, "quiz")
    assert missing(film) == ["qa"]
    assert not plan(film.project).is_complete
    do(film, "qa")
    assert plan(film.project).is_complete
    assert keys(film) == jobs_of_film(2)


def test_the_order_in_which_the_steps_are_listed_does_not_matter() -> None:
    film = finish(make_film())
    runs = {run.fingerprint: run for run in film.runs()}
    scenes = {film.run("script").pk: list(Scene.objects.filter(project=film.pk))}
    backwards = compute_plan(film.project.brief, runs, scenes, steps=tuple(reversed(BY_NAME.values())))
    assert {p.fingerprint for p in backwards.jobs} == {p.fingerprint for p in plan(film.project).jobs}
    assert backwards.is_complete


@pytest.mark.parametrize(
    ("column", "value", "stale"),
    [
        ("lines", [{"text": "Another sentence.", "sources": []}], ["quiz", "voice.1"]),
        ("visual_description", "another picture", ["visuals.1"]),
        ("visual_take", 1, ["visuals.1"]),
        ("voice_take", 1, ["voice.1"]),
        ("on_screen_text", "another title", ["compose.scene.1"]),
        ("version", 9, []),
    ],
)
def test_a_changed_scene_makes_exactly_its_own_jobs_stale(
    column: str, value: object, stale: list[str]
) -> None:
    film = finish(make_film())
    Scene.objects.filter(project=film.pk, position=1).update(**{column: value})
    assert missing(film) == stale


def test_an_undone_change_leaves_nothing_to_make() -> None:
    film = finish(make_film())
    scene = Scene.objects.get(project=film.pk, position=1)
    Scene.objects.filter(pk=scene.pk).update(lines=[{"text": "Another.", "sources": []}])
    assert missing(film) != []
    Scene.objects.filter(pk=scene.pk).update(lines=scene.lines)
    assert missing(film) == []


def test_another_model_of_one_provider_makes_its_own_step_stale_and_no_other() -> None:
    film = finish(make_film())
    configure_providers(speech={"model": "2"})
    assert missing(film) == ["voice.0", "voice.1"]


def test_the_next_version_of_a_step_makes_its_jobs_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    film = finish(make_film())
    monkeypatch.setattr(type(BY_NAME["quiz"]), "version", 2)
    assert missing(film) == ["quiz"]


def edit_scene(film: Film) -> None:
    with bell.muted():
        editing.edit_scene(
            film.pk, position=1, version=0, narration="A better sentence.", actor_id=film.creator.pk
        )


@pytest.mark.parametrize("change", ["version", "model"])
def test_a_release_or_another_model_does_not_discard_the_scenes_that_people_have_edited(
    change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = finish(make_film())
    edit_scene(film)
    script = film.run("script")
    if change == "version":
        monkeypatch.setattr(type(BY_NAME["script"]), "version", 2)
    else:
        configure_providers(text={"model": "2"})
    present = plan(film.project)
    assert present.script_run == script
    assert [scene.narration for scene in present.scenes][1] == "A better sentence."
    assert "script" not in missing(film)


def test_edited_scenes_do_not_stand_for_another_brief() -> None:
    film = finish(make_film())
    edit_scene(film)
    ContentProject.objects.filter(pk=film.pk).update(source_notes="Other notes.\nOf two lines.")
    assert keys(film) == ["script"]


def test_a_script_that_nobody_has_edited_is_written_anew_by_the_next_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    film = finish(make_film())
    monkeypatch.setattr(type(BY_NAME["script"]), "version", 2)
    assert missing(film) == ["script"]


def test_the_film_of_a_plan_names_film_and_questions_and_is_empty_while_incomplete() -> None:
    film = finish(make_film())
    present = plan(film.project)
    assert present.film == f"{film.run('compose.film').fingerprint}.{film.run('quiz').fingerprint}"
    assert len(present.film) <= ContentProject._meta.get_field("approved_film").max_length  # type: ignore[operator]
    assert (present.script_run, present.quiz_run, present.film_run, present.qa_run) == tuple(
        film.run(key) for key in ("script", "quiz", "compose.film", "qa")
    )
    StepRun.objects.filter(pk=film.run("qa").pk).update(status="queued")
    assert plan(film.project).film == ""


def test_progress_never_falls_and_ends_at_one() -> None:
    film = start(make_film())
    shares = [plan(film.project).progress]
    with bell.muted():
        while orchestration.advance(film.pk) == "generating":
            execute(due_runs(film)[0])
            shares.append(plan(film.project).progress)
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert max(shares[:-1]) < 1
    assert shares[-1] == 1


def test_one_project_costs_two_queries_and_many_cost_the_same() -> None:
    films = [start(make_film()) for _ in range(4)]
    work(films[0], until=lambda: len(films[0].calls()) >= 4)
    projects = [film.project for film in films]
    with CaptureQueriesContext(
        connection,
    ) as one:
        plan(projects[0])
    with CaptureQueriesContext(connection) as many:
        shown = progress_of(projects)
    assert len(one) == 2
    assert len(many) == 2
    assert set(shown) == {film.pk for film in films}
    assert (shown[films[1].pk].share, shown[films[1].pk].step, shown[films[1].pk].scene) == (
        0,
        "script",
        None,
    )


def test_a_list_shows_the_step_and_scene_at_work() -> None:
    film = start(make_film())
    do(film, "script")
    with bell.muted():
        orchestration.advance(film.pk)
    run = film.run("voice.1")
    run.status, run.token, run.lease_until = "running", run.pk, run.created_at
    run.progress = 0.5
    run.save()
    shown = progress_of([film.project])[film.pk]
    assert (shown.step, shown.scene) == ("voice", 1)
    assert shown.share > 1 / 9  # the script, and a part of the voice


def test_a_provider_that_is_not_configured_is_named() -> None:
    film = make_film()
    providers.configure({})
    with pytest.raises(KeyError, match="'text'"):
        plan(film.project)
