"""What comes of a claimed run: every kind of end, and what each leaves behind."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import Settings

from pipeline import bell, execution, orchestration, settling, spool, storage
from pipeline.claiming import Claim, claim
from pipeline.execution import execute
from pipeline.models import Asset, Charge, ContentProject, Scene, StepRun
from pipeline.steps import BY_NAME
from pipeline.steps.base import Output, StepError
from tests.pipeline import quick_steps
from tests.pipeline.conftest import Bells
from tests.pipeline.films import Film, at_once, expire_leases, finish, make_film, skip_pauses, start, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


class Killed(BaseException):
    """The worker dies here, as if by SIGKILL: nothing after it is done."""


def die(*_: Any, **__: Any) -> None:
    raise Killed


@pytest.fixture
def film(quick: Bells) -> Film:
    """A film whose script is queued."""
    made = start(make_film())
    with bell.muted():
        orchestration.advance(made.pk)
    return made


def do(film: Film, key: str = "script", **options: Any) -> StepRun:
    skip_pauses(film)
    execute(film.run(key).pk, **options)
    return film.run(key)


# --------------------------------------------------------------------------- success


def test_success_stores_facts_files_and_rows_and_frees_the_run(film: Film, files: Path) -> None:
    run = do(film)
    assert (run.status, run.attempt, run.token, run.lease_until, run.progress) == (
        "succeeded",
        1,
        None,
        None,
        1,
    )
    assert run.output == {
        "title": f"About {film.concept}",
        "texts": ["Sentence 0 is true.", "Sentence 1 is true."],
    }
    assert (run.provider, run.model, run.usage["requests"]) == ("quick", "1", 1)
    assert film.project.title == f"About {film.concept}"
    assert film.project.ai_generated_script == "Sentence 0 is true. Sentence 1 is true."
    scenes = Scene.objects.filter(script_run=run)
    assert [(scene.position, scene.role, scene.narration) for scene in scenes] == [
        (0, "hook", "Sentence 0 is true."),
        (1, "recap", "Sentence 1 is true."),
    ]
    assert not spool.is_kept(run)
    assert list(django_settings.WORK_DIR.iterdir()) == []


def test_files_of_a_run_are_assets_and_reach_the_next_step(film: Film) -> None:
    finish(film)
    assert film.run("voice.0").made.keys() == {"speech.wav"}
    asset = Asset.objects.get(run=film.run("voice.0"))
    assert asset.checksum == film.run("voice.0").made["speech.wav"]
    assert film.run("compose.scene.0").files["speech.wav"] == asset.checksum
    with storage.open_asset(film.run("compose.film").made["film.mp4"]) as file:
        content = file.read().decode()
    assert "Sentence 0 is true." in content
    assert "a picture of Sentence 1 is true." in content


def test_a_message_that_comes_twice_or_late_finds_nothing_to_claim(film: Film) -> None:
    run = do(film)
    assert execute(run.pk) is False
    assert film.calls() == ["script"]


def test_success_rings_for_the_next_step_once_it_is_committed(
    film: Film, quick: Bells, django_capture_on_commit_callbacks: Any
) -> None:
    quick.forget()
    with django_capture_on_commit_callbacks(execute=True):
        do(film)
    assert quick.of("advance") == [str(film.pk)]


# --------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("down", "platform:provider-down"),
        ("full", "platform:no-space"),
        ("away", "platform:storage-away"),
        ("code:platform:render-failed", "platform:render-failed"),
    ],
)
def test_what_may_pass_is_tried_five_times_with_a_pause_and_then_fails(
    film: Film, word: str, code: str
) -> None:
    film.direct({"script": [f"{word}*"]})
    for attempt in range(1, 5):
        run = do(film)
        assert (run.status, run.attempt, run.error_id, run.token) == ("waiting", attempt, code, None)
    run = do(film)
    assert (run.status, run.attempt, run.error_id) == ("failed", 5, code)
    assert film.calls() == ["script"] * 5
    assert list(django_settings.WORK_DIR.iterdir()) == []


@pytest.mark.parametrize(
    ("word", "code"),
    [("truncated", "platform:output-truncated"), ("invalid", "platform:output-invalid")],
)
def test_a_useless_answer_was_billed_and_is_asked_for_anew_at_most_twice(
    film: Film, word: str, code: str
) -> None:
    film.direct({"script": [f"{word}*"]})
    assert [do(film).status for _ in range(3)] == ["waiting", "waiting", "failed"]
    assert film.run("script").error_id == code


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("refused", "creator:content-refused"),
        ("rejected", "platform:request-rejected"),
        ("unsupported", "platform:unsupported-option"),
        ("code:creator:script-too-long", "creator:script-too-long"),
    ],
)
def test_what_cannot_pass_fails_at_once_and_hands_the_project_over(film: Film, word: str, code: str) -> None:
    film.direct({"script": [word]})
    run = do(film)
    assert (run.status, run.attempt, run.error_id) == ("failed", 1, code)
    assert orchestration.advance(film.pk) == "needs_attention"
    event = film.event
    assert (event.reason, event.message) == (code, run.error_message)
    assert (event.details["step"], event.details["run"]) == ("script", str(run.pk))


def test_findings_of_a_step_reach_the_event(film: Film) -> None:
    film.direct({"script": ["code:creator:script-too-long"]})
    do(film)
    orchestration.advance(film.pk)
    assert film.event.details["evidence"] == {"why": "test"}
    assert "Do the next step." in film.event.message


@pytest.mark.parametrize(("word", "minutes"), [("busy", 30), ("quota", 24 * 60), ("auth", 24 * 60)])
def test_a_provider_that_is_not_ready_gives_the_attempt_back_until_patience_ends(
    film: Film, word: str, minutes: int
) -> None:
    film.direct({"script": [f"{word}*"]})
    for _ in range(7):
        run = do(film)
        assert (run.status, run.attempt) == ("waiting", 0)
    assert run.busy_since is not None
    nearly = timezone.now() - timedelta(minutes=minutes) + timedelta(minutes=1)
    StepRun.objects.filter(pk=run.pk).update(busy_since=nearly)
    assert do(film).status == "waiting"
    StepRun.objects.filter(pk=run.pk).update(busy_since=nearly - timedelta(minutes=2))
    run = do(film)
    assert run.status == "failed"
    assert run.error_id in {"platform:provider-busy", "platform:quota-spent", "platform:credentials-rejected"}
    assert film.calls().count("script") == (9 if word == "busy" else 1)


def test_a_busy_provider_is_left_alone_for_as_long_as_it_asks(film: Film) -> None:
    film.direct({"script": ["busy:45"]})
    before = timezone.now()
    run = do(film)
    assert run.not_before is not None
    assert timedelta(seconds=45) <= run.not_before - before < timedelta(seconds=60)


def test_a_spent_quota_is_asked_about_once_a_minute_and_rung_by_the_sweep(film: Film, quick: Bells) -> None:
    film.direct({"script": ["quota", "busy:61"]})
    quick.forget()
    before = timezone.now()
    run = do(film)
    assert run.not_before is not None
    assert run.not_before - before >= timedelta(seconds=60)
    run = do(film)
    assert quick.of("run_step") == []


def test_a_step_that_nobody_foresaw_to_fail_fails_once_and_is_raised(film: Film) -> None:
    film.direct({"script": ["bug"]})
    with pytest.raises(RuntimeError, match="nobody foresaw this"):
        do(film)
    run = film.run("script")
    assert (run.status, run.attempt, run.error_id) == ("failed", 1, "platform:unexpected")
    assert orchestration.advance(film.pk) == "needs_attention"
    assert film.event.message == (
        "The step ended with an error nobody foresaw (RuntimeError). Retry, and tell operations if it stays."
    )
    assert list(django_settings.WORK_DIR.iterdir()) == []


def test_a_step_that_takes_too_long_is_tried_again_and_then_named(
    film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SoftLimit(Exception):
        pass

    def last(*_: Any, **__: Any) -> Output:
        raise SoftLimit

    monkeypatch.setattr(BY_NAME["script"], "run", last)
    for _ in range(4):
        assert do(film, time_out=(SoftLimit,)).status == "waiting"
    run = do(film, time_out=(SoftLimit,))
    assert (run.status, run.error_id) == ("failed", "platform:step-too-slow")


def test_a_file_that_storage_lost_is_named(film: Film) -> None:
    work(film, until=lambda: film.calls("paid").count("voice.0") == 1)
    work(film, until=lambda: StepRun.objects.filter(inputs__key="compose.scene.0").exists())
    default_storage.delete(storage.path_of(film.run("voice.0").made["speech.wav"]))
    run = do(film, "compose.scene.0")
    assert (run.status, run.error_id) == ("failed", "platform:file-missing")
    assert "Rebuild the part that made it." in run.error_message


# --------------------------------------------------------------------------- polled vendors


def test_a_vendors_job_is_stored_before_it_is_asked_about_and_its_polls_cost_no_attempt(film: Film) -> None:
    film.direct({"script": ["wait:job-7"] * 8})
    run = do(film)
    assert (run.status, run.attempt, run.vendor_job_id) == ("waiting", 0, "job-7")
    for _ in range(7):
        run = do(film)
        assert (run.status, run.attempt) == ("waiting", 0)
    assert do(film).status == "succeeded"
    assert film.calls("resume") == ["script=job-7"] * 8


def test_a_vendor_that_never_ends_is_given_up_after_a_quarter_of_an_hour(film: Film) -> None:
    film.direct({"script": ["wait:job-7*"]})
    run = do(film)
    assert run.busy_since is not None
    StepRun.objects.filter(pk=run.pk).update(busy_since=run.busy_since - timedelta(minutes=14))
    assert do(film).status == "waiting"
    StepRun.objects.filter(pk=run.pk).update(busy_since=run.busy_since - timedelta(minutes=16))
    run = do(film)
    assert (run.status, run.error_id) == ("failed", "platform:provider-too-slow")
    assert orchestration.advance(film.pk) == "needs_attention"


def test_waiting_for_a_rate_limit_does_not_shorten_the_time_of_the_vendors_job(film: Film) -> None:
    film.direct({"script": ["busy", "wait:job-7*"]})
    run = do(film)
    StepRun.objects.filter(pk=run.pk).update(busy_since=timezone.now() - timedelta(minutes=29))
    assert do(film).status == "waiting"
    assert do(film).status == "waiting"


# --------------------------------------------------------------------------- deaths and zombies


def test_a_worker_killed_between_answer_and_settlement_is_not_paid_again(
    film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(settling, "settle", die)
        with pytest.raises(Killed):
            do(film)
    run = film.run("script")
    assert (run.status, spool.is_kept(run)) == ("running", True)
    expire_leases(film)
    run = do(film)
    assert (run.status, run.attempt) == ("succeeded", 2)
    assert film.calls("paid") == ["script"]
    assert not spool.is_kept(run)


def test_a_worker_killed_while_its_files_are_stored_is_asked_again(
    film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(spool, "put", die)
        with pytest.raises(Killed):
            do(film)
    expire_leases(film)
    assert do(film).status == "succeeded"
    assert film.calls("paid") == ["script", "script"]


def test_a_zombie_changes_nothing_but_the_money(film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lease ends while it works; another worker does the run; then it wakes with other words."""
    run, step = film.run("script"), BY_NAME["script"]
    own = step.run

    def sleep_past_the_lease(*arguments: Any, **options: Any) -> Any:
        answer = own(*arguments, **options)
        assert isinstance(answer, Output)
        monkeypatch.setattr(step, "run", own)
        expire_leases(film)
        assert execute(run.pk)
        return Output(facts={"title": "zombie", "texts": ["zombie"]}, provider="quick")

    monkeypatch.setattr(step, "run", sleep_past_the_lease)
    assert execute(run.pk)
    settled = film.run("script")
    assert settled.output is not None
    assert settled.output["title"] == f"About {film.concept}"
    assert settled.attempt == 2
    assert film.project.title == f"About {film.concept}"
    assert Scene.objects.filter(project=film.pk).count() == 2
    assert not spool.is_kept(settled)  # what it left there is nobody's


@pytest.mark.parametrize("word", ["sleep:0", "down", "busy", "refused", "wait:job-1"])
def test_a_zombie_takes_nothing_from_the_worker_that_has_the_run_now(film: Film, word: str) -> None:
    step, run = BY_NAME["script"], film.run("script")
    film.direct({"script": [word]})
    second: list[Claim] = []
    own = step.run

    def wake_late(*arguments: Any, **options: Any) -> Any:
        expire_leases(film)
        claimed = claim(run.pk, now=timezone.now())
        assert claimed is not None
        second.append(claimed)
        return own(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "run", wake_late)
        assert execute(run.pk)
    after = film.run("script")
    assert (after.status, after.token, after.attempt) == ("running", second[0].token, 2)
    assert (after.output, after.error_id, after.vendor_job_id) == (None, "", "")
    assert not Scene.objects.filter(project=film.pk).exists()


@pytest.mark.parametrize("word", ["down", "busy", "refused", "wait:job-1"])
def test_a_zombies_error_ends_nothing(film: Film, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    run, step = film.run("script"), BY_NAME["script"]
    own = step.run
    film.direct({"script": ["sleep:0", word]})

    def wake_late(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(step, "run", own)
        expire_leases(film)
        assert execute(run.pk)
        return own(*arguments, **options)

    monkeypatch.setattr(step, "run", wake_late)
    assert execute(run.pk)
    after = film.run("script")
    assert (after.status, after.error_id, after.vendor_job_id) == ("succeeded", "", "")


def test_a_late_result_does_not_write_over_a_film_in_review(
    film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checks of a film that was cancelled and edited end when the new film is being judged."""
    step = BY_NAME["qa"]
    own = step.run
    work(film, until=lambda: film.calls("paid").count("compose.film") == 1)

    def end_late(*arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(step, "run", own)
        orchestration.cancel(film.pk, actor_id=film.creator.pk)
        Scene.objects.filter(project=film.pk, position=0).update(on_screen_text="new")
        orchestration.rebuild(film.pk, actor_id=film.creator.pk)
        assert work(film) == "in_review"
        return own(*arguments, **options)

    monkeypatch.setattr(step, "run", end_late)
    late = film.runs(step="qa")[0]
    assert execute(late.pk)
    late.refresh_from_db()
    newest = film.run("compose.film").made["film.mp4"]
    assert late.status == "succeeded"
    assert late.inputs["film"] != newest
    qa_results = film.project.qa_results
    assert qa_results is not None
    assert qa_results["film"] == newest


# --------------------------------------------------------------------------- the storage away


class StorageAway:
    """`what` fails with OSError so many times."""

    def __init__(self, what: Any, times: int) -> None:
        self.what, self.times = what, times

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        if self.times:
            self.times -= 1
            raise NotADirectoryError("the folder is away")
        return self.what(*arguments, **options)


def begin_voices(film: Film) -> None:
    """Everything before the voices is made; a voice costs 0.05 dollars."""
    quick_steps.configure_providers(speech={"price": "0.05", "worst": "0.10"})
    work(film, until=lambda: StepRun.objects.filter(project=film.pk, step="voice").exists())


@pytest.mark.parametrize("owner", ["storage.keep", "spool.put"])
def test_a_paid_answer_waits_for_a_storage_that_is_away_for_a_moment(
    film: Film, monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    begin_voices(film)
    module, name = {"storage": storage, "spool": spool}[owner.partition(".")[0]], owner.partition(".")[2]
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    monkeypatch.setattr(module, name, StorageAway(getattr(module, name), 9))
    assert do(film, "voice.0").status == "succeeded"
    assert film.calls("paid").count("voice.0") == 1
    assert len(pauses) == 9


def test_a_paid_answer_that_no_storage_took_is_counted_before_it_is_asked_for_anew(
    film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_voices(film)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with monkeypatch.context() as patch:
        patch.setattr(storage, "keep", StorageAway(storage.keep, 10))
        run = do(film, "voice.0")
    assert (run.status, run.error_id) == ("waiting", "platform:storage-away")
    assert do(film, "voice.0").status == "succeeded"
    charges = Charge.objects.filter(run=run).order_by("created_at")
    assert [(one.attempt, one.cost, one.usage["requests"]) for one in charges] == [
        (1, Decimal("0.05"), 1),
        (2, Decimal("0.05"), 1),
    ]


def test_an_answer_that_is_not_whole_is_worked_on_by_somebody_who_was_chosen_and_paid_for(
    film: Film,
) -> None:
    """The claim that found it had chosen nobody and reserved nothing."""
    begin_voices(film)
    name = f"{spool.ROOT}/{film.pk}/{film.run('voice.0').fingerprint}.json"
    default_storage.save(name, ContentFile(b'{"token": "cut o'))
    with bell.muted():
        found = do(film, "voice.0")
        assert (found.status, found.attempt, found.error_id) == ("waiting", 0, "")
        assert not default_storage.exists(name)
        made = do(film, "voice.0")
    assert (made.status, made.attempt, made.provider) == ("succeeded", 1, "quick")
    charge = Charge.objects.get(run=made)
    assert (charge.reserved, charge.cost) == (Decimal("0.10"), Decimal("0.05"))


# --------------------------------------------------------------------------- the database away


class Away:
    """`what` fails with OperationalError so many times."""

    def __init__(self, what: Any, times: int) -> None:
        self.what, self.times = what, times

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        if self.times:
            self.times -= 1
            raise OperationalError("the server closed the connection")
        return self.what(*arguments, **options)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("owner", ["settle", "_owned"])
@pytest.mark.parametrize("word", ["sleep:0", "refused", "down", "busy", "wait:job-7"])
def test_while_the_database_is_away_the_end_of_a_run_waits(
    film: Film, monkeypatch: pytest.MonkeyPatch, word: str, owner: str
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(settling, owner, Away(getattr(settling, owner), 3))
    film.direct({"script": [word]})
    expected = {"sleep:0": "succeeded", "refused": "failed"}.get(word, "waiting")
    with bell.muted():
        assert do(film).status == expected
    assert film.calls() == ["script"]


@pytest.mark.django_db(transaction=True)
def test_a_database_away_past_the_lease_leaves_the_answer_for_the_next_worker(
    film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BY_NAME["script"].__class__, "limits", BY_NAME["quiz"].limits.__class__(0, 0, 0))
    with monkeypatch.context() as patch, bell.muted():
        patch.setattr(settling, "settle", Away(None, 10**6))
        with pytest.raises(OperationalError):
            do(film)
    run = film.run("script")
    assert (run.status, run.error_id) == ("running", "")
    with bell.muted():
        assert do(film).status == "succeeded"
    assert film.calls("paid") == ["script"]


def test_progress_is_a_hint_that_never_stops_the_work(film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    own = BY_NAME["script"].run

    def report_often(inputs: Any, workdir: Path, **options: Any) -> Any:
        report = options["report"]
        report(0.25)  # too soon after the start
        clock[0] += 2.5
        report(0.5)
        seen.append(film.run("script").progress)
        clock[0] += 2.5
        with monkeypatch.context() as patch:
            patch.setattr(StepRun.objects, "filter", Away(None, 1))
            report(0.75)
        return own(inputs, workdir, **options)

    clock = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(BY_NAME["script"], "run", report_often)
    assert do(film).status == "succeeded"
    assert seen == [0.5]


@pytest.mark.django_db(transaction=True)
def test_no_database_connection_is_held_while_a_step_works(
    film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []
    own = BY_NAME["script"].run

    def look(*arguments: Any, **options: Any) -> Any:
        held.append(connection.connection is not None)
        return own(*arguments, **options)

    monkeypatch.setattr(BY_NAME["script"], "run", look)
    with bell.muted():
        do(film)
    assert held == [False]


def test_an_answer_that_cannot_be_stored_does_not_poison_the_run_for_ever(
    film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first failure keeps it, because a repaired release may store it; the second does not."""

    def refuse(*_: Any) -> None:
        raise ValueError("a bug of the step")

    with monkeypatch.context() as patch:
        patch.setattr(BY_NAME["script"], "apply", refuse)
        for _ in range(2):
            with pytest.raises(ValueError, match="a bug of the step"):
                do(film)
            assert film.run("script").error_id == "platform:unexpected"
            assert orchestration.advance(film.pk) == "needs_attention"
            orchestration.retry(film.pk, actor_id=film.creator.pk)
        assert film.calls("paid") == ["script"]
    assert do(film).status == "succeeded"
    assert film.calls("paid") == ["script", "script"]


@pytest.mark.django_db(transaction=True)
def test_six_workers_with_the_same_message_make_one_result(film: Film) -> None:
    film.direct({"script": ["sleep:0.3"]})
    run = film.run("script")
    assert sorted(at_once(lambda _: execute(run.pk), threads=6)) == [False] * 5 + [True]
    assert film.calls() == ["script"]


# --------------------------------------------------------------------------- leftovers


def test_working_folders_of_killed_workers_are_removed_and_those_at_work_stay(settings: Settings) -> None:
    settings.WORK_DIR.mkdir()
    old, fresh = settings.WORK_DIR / "voice-old", settings.WORK_DIR / "voice-new"
    for folder in (old, fresh):
        folder.mkdir()
        (folder / "half.wav").write_text("half")
    long_ago = time.time() - 2 * 30 - 5
    os.utime(old, (long_ago, long_ago))
    assert execution.clear_abandoned(timezone.now()) == 1
    assert [folder.name for folder in settings.WORK_DIR.iterdir()] == ["voice-new"]


def test_without_a_working_folder_there_is_nothing_to_remove(settings: Settings) -> None:
    assert not settings.WORK_DIR.exists()
    assert execution.clear_abandoned(timezone.now()) == 0


@pytest.mark.parametrize("attempt", [1, 3, 5, 9])
def test_a_retry_delay_is_spread_and_never_longer_than_five_minutes(
    attempt: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    delays = [settling.retry_delay(attempt) for _ in range(300)]
    limit = min(300.0, 5.0 * 2**attempt)
    assert all(0 <= delay <= limit for delay in delays)
    assert max(delays) > 0.8 * limit
    assert min(delays) < 0.2 * limit


def test_a_step_error_carries_code_message_and_evidence() -> None:
    error = StepError("creator:x", "Do this.", evidence={"a": 1})
    assert (error.code, error.message, error.evidence, str(error)) == (
        "creator:x",
        "Do this.",
        {"a": 1},
        "Do this.",
    )


def test_a_finished_film_leaves_no_spool_and_no_folder(film: Film, files: Path) -> None:
    finish(film)
    assert not any((files / "results").rglob("*.json"))
    assert list(django_settings.WORK_DIR.iterdir()) == []
    assert ContentProject.objects.get(pk=film.pk).status == "in_review"
