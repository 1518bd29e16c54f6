"""From start to review and back: whose turn it is, what is rung for, and what is made again."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from pipeline import bell, editing, orchestration, storage, sweeping
from pipeline.execution import execute
from pipeline.models import ContentProject, ProjectEvent, Scene, StepRun
from pipeline.orchestration import NotPossible
from pipeline.planning import plan
from pipeline.steps import BY_NAME
from tests.pipeline.conftest import Bells
from tests.pipeline.films import (
    Film,
    at_once,
    due_runs,
    expire_leases,
    finish,
    make_film,
    skip_pauses,
    start,
    work,
)
from tests.pipeline.quick_steps import jobs_of_film

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]
Commits = Any  # the fixture django_capture_on_commit_callbacks


def moves(film: Film) -> list[tuple[str, str, str]]:
    events = ProjectEvent.objects.filter(project=film.pk).order_by("id")
    return [(event.from_status, event.to_status, event.reason) for event in events]


def advance(film: Film) -> str:
    return orchestration.advance(film.pk)


def actor(film: Film) -> dict[str, Any]:
    return {"actor_id": film.creator.pk}


# --------------------------------------------------------------------------- the whole way


def test_a_film_goes_from_draft_to_review_with_every_job_done_once() -> None:
    film = finish(make_film(scenes=3))
    assert film.calls() == film.calls("paid") == jobs_of_film(3)
    assert moves(film) == [
        ("draft", "generating", "creator:started"),
        ("generating", "in_review", "pipeline:complete"),
    ]
    project = film.project
    assert film.event.details == {"film": plan(project).film}
    assert project.ai_generated_script == "Sentence 0 is true. Sentence 1 is true. Sentence 2 is true."
    assert project.qa_results is not None
    assert project.qa_results["verdict"] == "passed"


def test_starting_twice_starts_once(quick: Bells) -> None:
    film = start(start(make_film()))
    assert moves(film) == [("draft", "generating", "creator:started")]


def test_start_rings_for_the_project_when_it_is_committed(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    film = make_film()
    with django_capture_on_commit_callbacks(execute=True):
        start(film)
        assert quick.rung == []
    assert quick.rung == [("pipeline.tasks.advance", str(film.pk), "default", {})]


def test_every_job_is_rung_for_once_however_often_the_project_is_advanced(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    film = start(make_film())
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            assert advance(film) == "generating"
    run = film.run("script")
    assert quick.rung == [
        ("pipeline.tasks.run_step", str(run.pk), "text", {"soft_time_limit": 20, "time_limit": 25})
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", ["visuals", "compose"])
def test_six_workers_at_the_join_begin_the_next_step_exactly_once(part: str) -> None:
    film = start(make_film(scenes=6))
    ready = {
        "visuals": lambda: film.calls("paid").count("script") == 1,
        "compose": lambda: len(film.runs(part="scene")) == 6,
    }[part]
    assert work(film, until=ready) == "generating"
    if part == "visuals":
        for run in film.runs(step="voice"):
            execute(run.pk)
    key = {"visuals": "visuals", "compose": "compose.scene"}[part]
    film.direct({f"{key}.{number}": ["await:6"] for number in range(6)})
    wanted = [run.pk for run in (film.runs(step="visuals") if part == "visuals" else film.runs(part="scene"))]

    def finish_and_advance(number: int) -> str:
        assert execute(wanted[number])
        return advance(film)

    assert at_once(finish_and_advance, threads=6) == ["generating"] * 6
    if part == "visuals":
        assert len(film.runs(step="compose")) == 6
    else:
        assert len(film.runs(part="film")) == 1
    finish(film)
    assert film.calls() == jobs_of_film(6)


@pytest.mark.django_db(transaction=True)
def test_six_workers_that_find_nothing_missing_pass_the_film_to_review_once() -> None:
    film = start(make_film())
    work(film, until=lambda: bool(film.runs(step="qa")))
    with bell.muted():
        execute(film.run("qa").pk)
    at_once(lambda _: advance(film), threads=6)
    assert [to for _, to, _ in moves(film)] == ["generating", "in_review"]


# --------------------------------------------------------------------------- edits


def test_one_edited_sentence_makes_exactly_what_depends_on_it() -> None:
    film = finish(make_film(scenes=3))
    before = film.calls()
    editing.edit_scene(film.pk, 1, narration="Another sentence is true.", **actor(film))
    orchestration.rebuild(film.pk, **actor(film))
    finish(film)
    assert film.calls_since(before) == sorted(["voice.1", "quiz", "compose.scene.1", "compose.film", "qa"])
    assert "Another sentence is true." in (film.project.ai_generated_script or "")


def test_an_edit_that_is_undone_makes_nothing_and_brings_the_first_film_back() -> None:
    film = finish(make_film())
    first = plan(film.project).film
    editing.edit_scene(film.pk, 1, narration="Another sentence.", **actor(film))
    orchestration.rebuild(film.pk, **actor(film))
    finish(film)
    other, before = plan(film.project).film, film.calls()
    editing.edit_scene(film.pk, 1, narration="Sentence 1 is true.", **actor(film))
    orchestration.rebuild(film.pk, **actor(film))
    finish(film)
    assert film.calls_since(before) == []
    assert plan(film.project).film == first != other
    qa_results = film.project.qa_results
    assert qa_results is not None
    assert qa_results["film"] == film.runs(part="film")[0].made["film.mp4"]
    assert film.project.ai_generated_script == "Sentence 0 is true. Sentence 1 is true."


@pytest.mark.parametrize("part", ["visual", "voice"])
def test_another_take_of_one_part_is_one_call_one_scene_and_the_film(part: str) -> None:
    film = finish(make_film(scenes=3))
    before = film.calls()
    orchestration.regenerate(film.pk, position=2, part=part, **actor(film))
    finish(film)
    key = {"visual": "visuals.2", "voice": "voice.2"}[part]
    assert film.calls_since(before) == sorted([key, "compose.scene.2", "compose.film", "qa"])
    assert (film.event.reason, moves(film)[-2][2]) == ("pipeline:complete", f"creator:regenerated-{part}")


def test_a_take_of_a_stopped_film_goes_on_with_all_of_it() -> None:
    film = start(make_film())
    work(film, until=lambda: "voice.0" in film.calls())
    orchestration.cancel(film.pk, **actor(film))
    orchestration.regenerate(film.pk, position=1, part="visual", **actor(film))
    finish(film)
    assert sorted(set(film.calls())) == jobs_of_film(2)


def test_a_take_of_what_does_not_exist_is_refused_and_changes_nothing() -> None:
    film = finish(make_film())
    for position, part, code in ((7, "visual", "scene-unknown"), (0, "smell", "part-unknown")):
        with pytest.raises(NotPossible) as refusal:
            orchestration.regenerate(film.pk, position=position, part=part, **actor(film))
        assert refusal.value.code == code
    assert film.status == "in_review"
    assert not Scene.objects.filter(project=film.pk, version__gt=0).exists()


# --------------------------------------------------------------------------- trouble, and retry


def test_a_film_in_trouble_does_what_it_can_and_names_the_first_failure() -> None:
    film = make_film(scenes=3)
    film.direct({"visuals.1": ["refused"]})
    start(film)
    assert work(film) == "needs_attention"
    assert "compose.scene.0" in film.calls()
    assert "compose.scene.1" not in film.calls()
    event = film.event
    assert (event.from_status, event.reason, event.message) == (
        "generating", "creator:content-refused", "The provider says refused.",
    )  # fmt: skip
    assert (event.details["step"], event.details["scene"]) == ("visuals", 1)


def test_a_retry_gives_a_fresh_budget_and_does_again_only_what_failed() -> None:
    film = make_film()
    film.direct({"voice.1": ["down"] * 9})
    start(film)
    assert work(film) == "needs_attention"
    assert film.run("voice.1").attempt == 5
    before = film.calls()
    orchestration.retry(film.pk, **actor(film))
    run = film.run("voice.1")
    assert (run.status, run.attempt, run.error_id, run.error_message) == ("queued", 0, "", "")
    finish(film)
    assert film.run("voice.1").attempt == 5
    assert film.calls_since(before) == sorted(["voice.1"] * 5 + ["compose.scene.1", "compose.film", "qa"])


def test_a_film_in_trouble_can_be_helped_by_an_edit() -> None:
    film = make_film()
    film.direct({"voice.1": ["refused"]})
    start(film)
    assert work(film) == "needs_attention"
    editing.edit_scene(film.pk, 1, narration="A harmless sentence.", **actor(film))
    orchestration.rebuild(film.pk, **actor(film))
    finish(film)
    assert film.runs(step="voice", scene=1)[0].status == "failed"  # the refused sentence stays refused


def test_a_step_that_kills_its_worker_every_time_ends_with_a_person(settings: Settings) -> None:
    film = make_film()
    start(film)
    work(film, until=lambda: "quiz" in film.calls())
    StepRun.objects.filter(project=film.pk, inputs__key="voice.0").update(
        status="running", attempt=5, token=film.pk, lease_until=timezone.now() - timedelta(seconds=1),
        output=None,
    )  # fmt: skip
    assert work(film) == "needs_attention"
    assert film.event.reason == "platform:worker-lost"
    assert "Check memory and disk" in film.event.message


def test_a_run_that_fails_while_the_project_is_advanced_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    film = start(make_film())
    advance(film)
    own = orchestration._queue_missing

    def fail_meanwhile(*arguments: Any) -> None:
        own(*arguments)
        film.direct({"script": ["refused"]})
        execute(film.run("script").pk)

    monkeypatch.setattr(orchestration, "_queue_missing", fail_meanwhile)
    assert advance(film) == "needs_attention"
    assert film.event.reason == "creator:content-refused"


def test_a_plan_that_cannot_be_made_is_raised_and_hands_the_project_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    film = start(make_film())

    def fail(*_: Any) -> None:
        raise KeyError("a bug of the step")

    with monkeypatch.context() as patch:
        patch.setattr(BY_NAME["script"], "jobs", fail)
        with pytest.raises(KeyError):
            advance(film)
    assert (film.status, film.event.reason) == ("needs_attention", "platform:unexpected")
    orchestration.retry(film.pk, **actor(film))
    finish(film)


def test_a_pipeline_without_a_last_step_does_not_work_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    film = start(make_film())
    monkeypatch.setattr(BY_NAME["qa"], "jobs", lambda *_: [])
    assert work(film) == "needs_attention"
    assert film.event.reason == "platform:unexpected"


# --------------------------------------------------------------------------- files that storage lost


def lose(film: Film, key: str, name: str) -> None:
    default_storage.delete(storage.path_of(film.run(key).made[name]))


def test_a_lost_file_is_made_again_by_a_retry_and_by_nobody_else() -> None:
    film = make_film()
    film.direct({"compose.scene.1": ["code:creator:stop"]})
    start(film)
    assert work(film) == "needs_attention"
    lose(film, "voice.1", "speech.wav")
    orchestration.retry(film.pk, **actor(film))
    assert work(film) == "needs_attention"
    assert film.event.reason == "platform:file-missing"
    before = film.calls()
    orchestration.retry(film.pk, **actor(film))
    finish(film)
    assert film.calls_since(before) == sorted(["voice.1", "compose.scene.1", "compose.film", "qa"])


def test_a_lost_file_is_made_before_it_is_asked_for_again() -> None:
    """The run that needs it is not due while the one that makes it is at work."""
    film = make_film()
    film.direct({"compose.scene.1": ["code:creator:stop"]})
    start(film)
    work(film)
    lose(film, "voice.1", "speech.wav")
    orchestration.retry(film.pk, **actor(film))
    work(film)
    orchestration.retry(film.pk, **actor(film))
    assert advance(film) == "generating"
    assert due_runs(film) == [film.run("voice.1").pk]
    assert film.run("compose.scene.1").status == "cancelled"
    execute(film.run("voice.1").pk)
    assert advance(film) == "generating"
    assert due_runs(film) == [film.run("compose.scene.1").pk]
    finish(film)


def test_a_lost_file_that_is_made_differently_replaces_the_old_one(monkeypatch: pytest.MonkeyPatch) -> None:
    film = make_film()
    film.direct({"compose.scene.1": ["code:creator:stop"]})
    start(film)
    work(film)
    old = film.run("voice.1").made["speech.wav"]
    lose(film, "voice.1", "speech.wav")
    orchestration.retry(film.pk, **actor(film))
    work(film)
    own = type(BY_NAME["voice"]).make  # type: ignore[attr-defined]
    changed = lambda self, inputs, workdir: own(self, {**inputs, "text": "another breath"}, workdir)  # noqa: E731
    monkeypatch.setattr(type(BY_NAME["voice"]), "make", changed)
    orchestration.retry(film.pk, **actor(film))
    finish(film)
    run = film.run("voice.1")
    assert run.made["speech.wav"] != old
    assert run.assets.get().checksum == run.made["speech.wav"]
    assert film.run("compose.scene.1").files["speech.wav"] == run.made["speech.wav"]


# --------------------------------------------------------------------------- cancel, withdraw


def test_cancelling_begins_nothing_more_and_a_retry_goes_on_where_it_stopped() -> None:
    film = start(make_film())
    work(film, until=lambda: len(film.calls()) >= 4)
    before = film.calls()
    orchestration.cancel(film.pk, **actor(film))
    assert (film.status, film.event.reason) == ("needs_attention", "creator:cancelled")
    assert {run.status for run in film.runs()} == {"succeeded", "cancelled"}
    assert due_runs(film) == []
    assert work(film) == "needs_attention"
    orchestration.cancel(film.pk, **actor(film))  # twice is once
    assert len(moves(film)) == 2
    orchestration.retry(film.pk, **actor(film))
    finish(film)
    assert film.calls() == film.calls("paid") == jobs_of_film(2)
    assert set(before) <= set(film.calls())


def test_work_that_ends_after_the_cancellation_is_kept_and_moves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    film = start(make_film())
    advance(film)
    own = BY_NAME["script"].run

    def cancel_meanwhile(*arguments: Any, **options: Any) -> Any:
        orchestration.cancel(film.pk, **actor(film))
        return own(*arguments, **options)

    monkeypatch.setattr(BY_NAME["script"], "run", cancel_meanwhile)
    assert execute(film.run("script").pk)
    assert film.run("script").status == "succeeded"
    assert advance(film) == "needs_attention"
    monkeypatch.setattr(BY_NAME["script"], "run", own)
    orchestration.retry(film.pk, **actor(film))
    finish(film)
    assert film.calls().count("script") == 1


def test_a_vendors_job_survives_cancel_and_retry_and_is_not_ordered_twice() -> None:
    film = make_film()
    film.direct({"voice.0": ["wait:job-7", "wait:job-7"]})
    start(film)
    work(film, until=lambda: "voice.0" in film.calls())
    assert film.run("voice.0").vendor_job_id == "job-7"
    orchestration.cancel(film.pk, **actor(film))
    orchestration.retry(film.pk, **actor(film))
    finish(film)
    assert film.calls("resume") == ["voice.0=job-7", "voice.0=job-7"]


def test_a_run_that_had_to_wait_when_the_film_was_cancelled_goes_on_with_a_fresh_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    film = start(make_film())
    film.direct({"script": ["down"]})
    advance(film)
    own = BY_NAME["script"].run

    def cancel_meanwhile(*arguments: Any, **options: Any) -> Any:
        orchestration.cancel(film.pk, **actor(film))
        return own(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(BY_NAME["script"], "run", cancel_meanwhile)
        execute(film.run("script").pk)
    assert (film.run("script").status, film.run("script").attempt) == ("waiting", 1)
    orchestration.retry(film.pk, **actor(film))
    assert (film.run("script").status, film.run("script").attempt) == ("queued", 0)
    finish(film)


def test_what_an_edit_put_out_of_the_plan_is_not_paid_for_when_its_worker_is_lost() -> None:
    film = start(make_film())
    work(film, until=lambda: bool(film.runs(step="voice", status="queued")))
    lost = film.run("voice.1")
    StepRun.objects.filter(pk=lost.pk).update(
        status="running", attempt=1, token=film.pk, lease_until=timezone.now() + timedelta(minutes=1)
    )
    orchestration.cancel(film.pk, **actor(film))
    editing.edit_scene(film.pk, 1, narration="Another sentence.", **actor(film))
    orchestration.rebuild(film.pk, **actor(film))
    expire_leases(film)
    finish(film)
    assert film.calls().count("voice.1") == 1  # the new sentence
    lost.refresh_from_db()
    assert (lost.status, lost.output) == ("cancelled", None)
    before = film.calls()
    editing.edit_scene(film.pk, 1, narration="Sentence 1 is true.", **actor(film))
    orchestration.rebuild(film.pk, **actor(film))
    finish(film)  # undone: now it is wanted
    assert "voice.1" in film.calls_since(before)


def test_a_withdrawn_film_is_with_its_creator_and_comes_back_as_it_was() -> None:
    film = finish(make_film())
    before, seen = film.calls(), plan(film.project).film
    orchestration.withdraw(film.pk, **actor(film))
    orchestration.withdraw(film.pk, **actor(film))
    assert (film.status, film.event.reason) == ("needs_attention", "creator:withdrawn")
    assert advance(film) == "needs_attention"
    orchestration.rebuild(film.pk, **actor(film))
    finish(film)
    assert film.calls_since(before) == []
    assert plan(film.project).film == seen


@pytest.mark.parametrize(
    ("status", "verb"),
    [
        ("generating", "withdraw"),
        ("in_review", "start"),
        ("in_review", "retry"),
        ("in_review", "cancel"),
        ("approved", "rebuild"),
        ("published", "retry"),
        ("archived", "start"),
        ("draft", "cancel"),
        ("draft", "retry"),
    ],
)
def test_what_the_status_does_not_allow_is_refused_and_changes_nothing(status: str, verb: str) -> None:
    film = make_film()
    ContentProject.objects.filter(pk=film.pk).update(status=status)
    with pytest.raises(NotPossible) as refusal:
        getattr(orchestration, verb)(film.pk, **actor(film))
    assert refusal.value.code == "status-not-possible"
    assert film.status == status
    assert moves(film) == []


def test_a_move_that_somebody_else_has_made_is_not_made_again() -> None:
    film = make_film()
    mine, theirs = film.project, film.project
    assert theirs.move("generating") is True
    assert mine.move("generating") is False
    assert len(moves(film)) == 1
    with pytest.raises(ValueError, match="cannot go from generating to published"):
        theirs.move("published")


@pytest.mark.django_db(transaction=True)
def test_cancel_and_advance_at_once_leave_no_run_open_and_no_deadlock() -> None:
    for _ in range(3):
        film = start(make_film(scenes=4))
        work(film, until=lambda: film.calls() == ["script"])  # noqa: B023 - done before the next film
        barrier = threading.Barrier(4)

        def disturb(number: int) -> None:
            barrier.wait()  # noqa: B023
            if number == 0:
                orchestration.cancel(film.pk, **actor(film))  # noqa: B023
            elif number == 1:
                advance(film)  # noqa: B023
            else:
                for run_id in due_runs(film)[number::2]:  # noqa: B023
                    execute(run_id)

        at_once(disturb, threads=4)
        assert film.status == "needs_attention"
        assert {run.status for run in film.runs()} <= {"succeeded", "cancelled"}
        orchestration.retry(film.pk, **actor(film))
        finish(film)
        assert film.calls("paid") == jobs_of_film(4)


# --------------------------------------------------------------------------- sweep

LATER = timedelta(seconds=61)


def sweep(quick: Bells, commits: Commits, later: timedelta = LATER) -> tuple[list[str], list[str]]:
    """(runs, projects) that a sweep so much later rings for."""
    quick.forget()
    with commits(execute=True):
        rung = sweeping.sweep(timezone.now() + later)
    assert rung == len(quick.rung)
    return quick.of("run_step"), quick.of("advance")


def test_a_lost_message_is_rung_again_after_a_minute_and_once_a_minute(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    film = start(make_film())
    advance(film)
    script = str(film.run("script").pk)
    assert sweep(quick, django_capture_on_commit_callbacks, timedelta(seconds=30)) == ([], [])
    assert sweep(quick, django_capture_on_commit_callbacks)[0] == [script]
    assert sweep(quick, django_capture_on_commit_callbacks, timedelta(seconds=90))[0] == []
    assert sweep(quick, django_capture_on_commit_callbacks, timedelta(seconds=125))[0] == [script]


def test_a_sweep_adds_nothing_where_as_many_messages_wait_as_there_is_work(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    films = [start(make_film()) for _ in range(3)]
    for film in films:
        advance(film)
    quick.waiting = {"text": 3, "default": 3}  # all workers are busy: nothing is lost
    assert sweep(quick, django_capture_on_commit_callbacks) == ([], [])
    quick.waiting = {"text": 300, "default": 300}
    assert sweep(quick, django_capture_on_commit_callbacks) == ([], [])


def test_a_sweep_rings_for_as_many_as_are_missing_and_each_has_its_turn(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    films = [start(make_film()) for _ in range(3)]
    for film in films:
        advance(film)
    quick.waiting = {"text": 2, "default": 1}
    heard: list[str] = []
    for number in (1, 2, 3):
        runs, projects = sweep(quick, django_capture_on_commit_callbacks, number * LATER)
        assert (len(runs), len(projects)) == (1, 2)
        heard += runs
    assert heard == [str(film.run("script").pk) for film in films]  # the longest unheard first


def test_an_expired_lease_is_rung_and_a_living_one_is_not(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    film = start(make_film())
    advance(film)
    run = film.run("script")
    StepRun.objects.filter(pk=run.pk).update(
        status="running", token=film.pk, lease_until=timezone.now() + timedelta(seconds=100)
    )
    assert sweep(quick, django_capture_on_commit_callbacks)[0] == []
    assert sweep(quick, django_capture_on_commit_callbacks, timedelta(seconds=101))[0] == [str(run.pk)]


def test_a_long_pause_is_rung_when_it_is_over(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    film = make_film()
    film.direct({"script": ["busy:90"]})
    start(film)
    advance(film)
    execute(film.run("script").pk)
    assert sweep(quick, django_capture_on_commit_callbacks)[0] == []
    assert sweep(quick, django_capture_on_commit_callbacks, timedelta(seconds=100))[0] == [
        str(film.run("script").pk)
    ]


def test_a_lost_advance_is_rung_even_while_other_runs_are_at_work(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    film = start(make_film())
    work(film, until=lambda: film.calls() == ["script"])
    execute(film.run("voice.0").pk)
    execute(film.run("visuals.0").pk)  # and the message to advance is lost
    StepRun.objects.filter(project=film.pk, status="queued").update(
        status="running", token=film.pk, lease_until=timezone.now() + timedelta(minutes=9)
    )
    runs, projects = sweep(quick, django_capture_on_commit_callbacks)
    assert (runs, projects) == ([], [str(film.pk)])
    advance(film)
    assert film.run("compose.scene.0").status == "queued"


@pytest.mark.parametrize("status", ["draft", "needs_attention", "in_review", "approved", "archived"])
def test_nothing_is_rung_while_it_is_a_persons_turn(
    quick: Bells, django_capture_on_commit_callbacks: Commits, status: str
) -> None:
    film = start(make_film())
    advance(film)
    ContentProject.objects.filter(pk=film.pk).update(status=status)
    assert sweep(quick, django_capture_on_commit_callbacks) == ([], [])


def test_a_run_of_a_step_that_is_no_more_does_not_stop_the_sweep(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    old, film = start(make_film()), start(make_film())
    advance(old)
    advance(film)
    StepRun.objects.filter(project=old.pk).update(step="narrate", fingerprint="0" * 64)
    runs, projects = sweeping.sweep(timezone.now() + LATER), film.run("script").pk
    with django_capture_on_commit_callbacks(execute=True):
        sweeping.sweep(timezone.now() + 3 * LATER)
    assert runs == 4
    assert str(projects) in quick.of("run_step")
    advance(old)
    assert sorted((run.step, run.status) for run in old.runs()) == [
        ("narrate", "cancelled"),
        ("script", "queued"),
    ]


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_ring_once(quick: Bells) -> None:
    films = [start(make_film()) for _ in range(6)]
    for film in films:
        advance(film)
    quick.forget()
    now, barrier = timezone.now() + LATER, threading.Barrier(2)

    def sweep_once(_: int) -> None:
        barrier.wait()
        from django.db import connection  # noqa: PLC0415

        try:
            sweeping.sweep(now)
        finally:
            connection.close()

    threads = [threading.Thread(target=sweep_once, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(quick.of("run_step")) == sorted(str(film.run("script").pk) for film in films)


def test_with_all_messages_lost_the_sweep_alone_finishes_the_film(
    quick: Bells, django_capture_on_commit_callbacks: Commits
) -> None:
    film = start(make_film())
    later = timezone.now()
    for _ in range(40):
        later += LATER
        quick.forget()
        with django_capture_on_commit_callbacks(execute=True):
            sweeping.sweep(later)
        heard = list(quick.rung)
        for task, argument, _, _ in heard:
            if task == "pipeline.tasks.run_step":
                execute(StepRun.objects.get(pk=argument).pk)
            else:
                orchestration.advance(ContentProject.objects.get(pk=argument).pk)
        skip_pauses(film)
        if film.status != "generating":
            break
    assert film.status == "in_review"
    assert film.calls("paid") == jobs_of_film(2)


# --------------------------------------------------------------------------- script first


def test_a_first_go_may_stop_after_the_script_and_pay_for_nothing_else() -> None:
    film = make_film(scenes=3)
    orchestration.start(film.pk, **actor(film), until="script")
    assert work(film) == "needs_attention"
    assert moves(film) == [
        ("draft", "generating", "creator:started"),
        ("generating", "needs_attention", "creator:script-ready"),
    ]
    assert set(StepRun.objects.filter(project=film.pk).values_list("step", "status")) == {
        ("script", "succeeded")
    }
    assert advance(film) == "needs_attention"  # a late bell changes nothing
    assert orchestration.rebuild(film.pk, **actor(film)).status == "generating"
    assert work(film) == "in_review"
    assert film.calls("paid") == jobs_of_film(3)  # the script was not paid for again


def test_a_first_go_stops_after_the_script_or_makes_everything() -> None:
    film = make_film()
    with pytest.raises(ValueError, match="dessert"):
        orchestration.start(film.pk, **actor(film), until="dessert")
    assert moves(film) == []
