"""Every fault of the chapter's table, at every step that asks a vendor, through both SDKs: how it ends."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pipeline import bell, budget, circuit, editing, orchestration, providers, settling
from pipeline.author.shelf import all_notes
from pipeline.claiming import claimable
from pipeline.execution import execute
from pipeline.models import Charge, ContentProject, StepRun
from pipeline.steps import BY_NAME
from studio.models import Creator
from tests.clients import make_student
from tests.double import ELEVENLABS_KEY, OPENAI_KEY, Double
from tests.pipeline.providers.paper import PaperCompose
from tests.pipeline.providers.test_taxonomy import elevenlabs_error, openai_error
from tests.pipeline.providers.vendors import ALIASES, PRICES, configure_vendors

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

NOTE = next(note for note in all_notes() if note.name == "the-heart")
TEXTS, AGAIN, MODERATIONS = "/v1/responses", "/v1/decisions", "/v1/moderations"
IMAGES, SPEECH, CLIPS = "/v1/images/generations", "/v1/text-to-speech/{voice}/with-timestamps", "/v1/clips"
ROUTES = (TEXTS, AGAIN, MODERATIONS, IMAGES, SPEECH, CLIPS)
# Which steps ask where, in the words of a run: (step, part).
STEPS_OF = {
    TEXTS: {("script", ""), ("quiz", ""), *(("qa", part) for part in ("content", "accuracy", "age", "value",
            "value-blind", "value-told"))},
    AGAIN: {("qa", "accuracy-again")},
    MODERATIONS: {("qa", "moderation")},
    IMAGES: {("visuals", "")},
    SPEECH: {("voice", "")},
    CLIPS: {("visuals", "clip")},
}  # fmt: skip
EVERY_STEP = set().union(*STEPS_OF.values())
WALL = 2.0  # seconds of a call
OPERATORS = ("platform:quota-spent", "platform:credentials-rejected")  # wait until somebody acts


@pytest.fixture
def compose(files: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PaperCompose]:
    monkeypatch.setattr(settling, "retry_delay", lambda attempt: 0.0)
    before, paper = BY_NAME["compose"], PaperCompose()
    BY_NAME["compose"] = paper
    yield paper
    BY_NAME["compose"] = before


@pytest.fixture
def double(tmp_path: Path) -> Iterator[Double]:
    prices = tmp_path / "prices.toml"
    prices.write_text(PRICES)
    with Double() as running:
        quick = {"wall": WALL, "read": WALL}
        key = {"key": OPENAI_KEY, "base_url": f"{running.url}/v1", **quick}
        family = "pipeline.providers"
        entries: dict[str, dict[str, Any]] = {
            "text": {"BACKEND": f"{family}.openai.Text", "OPTIONS": {"model": "text-model", **key}},
            "judge": {"BACKEND": f"{family}.openai.Judge", "OPTIONS": {"model": "judge-model", **key}},
            "second": {"BACKEND": f"{family}.openai.Decisions", "OPTIONS": {"model": "judge-model", **key}},
            "moderation": {"BACKEND": f"{family}.openai.Moderation", "OPTIONS": key},
            "image": {
                "BACKEND": f"{family}.openai.Image",
                "OPTIONS": {"model": "image-model", "size": "272x480", **key},
            },
            "speech": {
                "BACKEND": f"{family}.elevenlabs.Speech",
                "OPTIONS": {
                    "key": ELEVENLABS_KEY, "base_url": running.url, "voices": {"": "voice-1"}, **quick,
                    "output_format": "wav_44100",
                },
            },
            "clip": {
                "BACKEND": f"{family}.clips.Http",
                "OPTIONS": {"key": OPENAI_KEY, "base_url": running.url, "model": "clip-model", **quick},
            },
        }  # fmt: skip
        configure_vendors(running, prices=str(prices), **entries)
        yield running
    for alias in ALIASES:
        circuit.close(alias)
    providers.configure(settings.PIPELINE_PROVIDERS)


@dataclass(frozen=True)
class Row:
    """A row of the table: the fault as each vendor words it, and the code by which it is known."""

    name: str
    openai: dict[str, Any]
    elevenlabs: dict[str, Any] | None = None  # None: the same
    code: str = ""

    def strike(self, double: Double) -> None:
        """Every call of every step meets the fault once; of the many of a moderation, the first."""
        for route in ROUTES:
            fault = self.elevenlabs if self.elevenlabs is not None and route == SPEECH else self.openai
            if route == MODERATIONS:
                double.fail(route, **fault)
            else:
                double.fail_first(route, **fault)


def by_row(rows: Sequence[Row]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


def begin(email: str = "maker@example.org") -> ContentProject:
    creator = Creator.objects.create_user(email)
    project, _ = editing.create_project(
        creator_id=creator.pk, concept=NOTE.concept, age_group=NOTE.age_group, source_notes=NOTE.notes,
        target_seconds=50, visual_style="clips",
    )  # fmt: skip
    ContentProject.objects.filter(pk=project.pk).update(budget_cap=Decimal(1000))
    with bell.muted():
        orchestration.start(project.pk, actor_id=creator.pk)
    return project


def work(project: ContentProject) -> str:
    """Until nobody can do anything: every run once a round, pauses are over at once."""
    with bell.muted():
        for _ in range(60):
            status = orchestration.advance(project.pk)
            StepRun.objects.filter(project=project, status="waiting").exclude(error_id__in=OPERATORS).update(
                not_before=None
            )
            for alias in ALIASES:  # time passes
                opening = circuit.find_opening(alias, now=timezone.now())
                if opening is not None and opening.until is not None:
                    circuit.close(alias)
            due = list(
                StepRun.objects.filter(claimable(timezone.now()), project=project.pk)
                .order_by("created_at")
                .values_list("pk", flat=True)
            )
            if status != ContentProject.Status.GENERATING or not due:
                return status
            for run_id in due:
                execute(run_id)
    raise AssertionError("The film does not come to an end.")


def check_ledger(double: Double, project: ContentProject) -> None:
    """Every call that was answered and billed stands in the ledger once; nothing else does."""
    billed = len(double.billed)
    charges = list(Charge.objects.filter(project=project))
    assert sum(charge.usage.get("requests", 0) for charge in charges) == billed
    assert double.find_repeats() == []


BUSY = "too_many_concurrent_requests"
RECOVERS = (
    Row("500", openai_error(500, "server_error"), elevenlabs_error(500, "internal")),
    Row("dropped before", {"drop": "before"}),
    Row("dropped in the body", {"drop": "body"}),
    Row("busy", openai_error(429, "rate_limit_exceeded", retry_after="0"), elevenlabs_error(429, BUSY)),
)
UNUSABLE = (
    Row("no json", {"raw": b"<html>", "content_type": "text/html"}),
    Row("empty object", {"raw": b"{}"}),
)


@by_row(RECOVERS)
def test_what_passes_by_itself_ends_in_a_film(double: Double, compose: PaperCompose, row: Row) -> None:
    row.strike(double)
    project = begin()
    assert work(project) == ContentProject.Status.IN_REVIEW
    assert met_by(project) >= EVERY_STEP
    check_ledger(double, project)
    if row.name == "busy":
        assert set(StepRun.objects.filter(project=project).values_list("attempt", flat=True)) == {1}


def test_a_call_that_takes_too_long_ends_at_the_limit_and_is_made_again(
    double: Double, compose: PaperCompose
) -> None:
    for route in ROUTES:
        fault: dict[str, Any] = {"trickle": 0.05} if route in {TEXTS, SPEECH} else {"delay": 3 * WALL}
        double.fail(route, **fault)
    project = begin()
    assert work(project) == ContentProject.Status.IN_REVIEW
    assert [route for route in ROUTES if double.faults[route]] == []
    estimated = Charge.objects.filter(project=project, usage__estimated=True)
    met = {(step, part) for step, part in estimated.values_list("run__step", "run__part")}
    assert met == {
        ("script", ""),
        ("visuals", ""),
        ("voice", ""),
        ("qa", "accuracy-again"),
        ("qa", "moderation"),
    }
    check_ledger(double, project)  # each of them may have been billed, and is counted


@by_row(UNUSABLE)
def test_answers_of_no_use_are_asked_for_anew_three_times_then_a_person_decides(
    double: Double, compose: PaperCompose, row: Row
) -> None:
    row.strike(double)
    project, goes = begin(), 1
    while work(project) == ContentProject.Status.NEEDS_ATTENTION:
        project.refresh_from_db()
        event = project.last_event
        assert event is not None
        assert event.reason == "budget:spent"
        assert f"repaired {budget.MOST_REPAIRS} times" in event.message
        goes += 1
        with bell.muted():
            orchestration.retry(project.pk, actor_id=project.creator_id)
    project.refresh_from_db()
    assert project.status == ContentProject.Status.IN_REVIEW
    assert goes > 2
    assert met_by(project) >= EVERY_STEP


def met_by(project: ContentProject) -> set[tuple[str, str]]:
    """The steps and parts that stand in the ledger."""
    charges = Charge.objects.filter(project=project)
    return {(step, part) for step, part in charges.values_list("run__step", "run__part")}


SPENT, KEY = "platform:quota-spent", "platform:credentials-rejected"
WAITS = (
    Row("quota", openai_error(429, "insufficient_quota"), elevenlabs_error(401, "quota_exceeded"), SPENT),
    Row("key", openai_error(401, "invalid_api_key"), elevenlabs_error(401, "invalid_api_key"), KEY),
)


@by_row(WAITS)
def test_what_needs_an_operator_waits_says_so_and_goes_on_afterwards(
    double: Double, compose: PaperCompose, row: Row
) -> None:
    row.strike(double)
    project, waited = begin(), set()
    for _ in range(30):
        if work(project) != ContentProject.Status.GENERATING:
            break
        waiting = StepRun.objects.filter(project=project, status="waiting")
        assert set(waiting.values_list("error_id", flat=True)) == {row.code}
        assert not StepRun.objects.filter(project=project, status="failed").exists()
        waited |= set(waiting.values_list("step", "part"))
        for alias in ALIASES:
            circuit.close(alias)
        waiting.update(not_before=None)
    assert ContentProject.objects.get(pk=project.pk).status == ContentProject.Status.IN_REVIEW
    assert waited >= {("script", ""), ("quiz", ""), ("visuals", ""), ("visuals", "clip"), ("voice", ""),
                      ("qa", "moderation"), ("qa", "accuracy-again")}  # fmt: skip
    assert set(StepRun.objects.filter(project=project).values_list("attempt", flat=True)) == {1}
    check_ledger(double, project)


FINAL = (
    Row(
        "refused",
        openai_error(400, "content_policy_violation"),
        elevenlabs_error(400, "content_against_policy"),
        "creator:content-refused",
    ),
    Row(
        "bad request",
        openai_error(400, "invalid_value"),
        elevenlabs_error(422, "invalid_value"),
        "platform:request-rejected",
    ),
    Row(
        "too long",
        openai_error(400, "context_length_exceeded"),
        elevenlabs_error(400, "max_character_limit_exceeded"),
        "creator:notes-too-long",
    ),
)


@by_row(FINAL)
def test_what_is_final_for_its_input_goes_to_a_person_after_one_call(
    double: Double, compose: PaperCompose, row: Row
) -> None:
    row.strike(double)
    project, ended = begin(), set()
    for _ in range(30):
        status = work(project)
        if status == ContentProject.Status.IN_REVIEW:
            break
        assert status == ContentProject.Status.NEEDS_ATTENTION
        project.refresh_from_db()
        event = project.last_event
        assert event is not None
        assert event.reason == row.code
        assert event.message  # in words
        failed = StepRun.objects.filter(project=project, status="failed")
        assert set(failed.values_list("attempt", flat=True)) == {1}
        ended |= set(failed.values_list("step", "part"))
        with bell.muted():
            orchestration.retry(project.pk, actor_id=project.creator_id)
    assert ContentProject.objects.get(pk=project.pk).status == ContentProject.Status.IN_REVIEW
    wanted = set(EVERY_STEP)
    if row.name == "refused":  # a clip that is declined leaves a moving picture, and the reviewer is told
        wanted -= STEPS_OF[CLIPS]
        clips = StepRun.objects.filter(project=project, part="clip")
        assert all("declined" in str((run.output or {})["fallbacks"]) for run in clips)
    assert ended == wanted
    check_ledger(double, project)


def test_a_cut_text_is_asked_for_once_more_with_room_for_twice_as_much(
    double: Double, compose: PaperCompose
) -> None:
    cut: dict[str, Any] = {
        "values": {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    }
    for _ in STEPS_OF[TEXTS]:
        double.fail(TEXTS, **cut)
        double.fail(TEXTS)
    project = begin()
    assert work(project) == ContentProject.Status.IN_REVIEW
    asked: dict[str, list[int]] = {}
    for call in double.of(TEXTS):
        asked.setdefault(str(call.json["input"]), []).append(call.json["max_output_tokens"])
    assert {tuple(one) for one in asked.values()} == {(6000, 12000)}
    assert set(StepRun.objects.filter(project=project).values_list("attempt", flat=True)) == {1}
    assert sum(charge.usage.get("requests", 0) for charge in Charge.objects.filter(project=project)) == len(
        double.billed
    )


def test_a_fault_that_stays_ends_with_a_person_within_the_attempts_and_loses_nothing_that_was_made(
    double: Double, compose: PaperCompose
) -> None:
    double.fail(SPEECH, times=400, **elevenlabs_error(503, "system_down"))
    project = begin()
    circuits_closed = 0
    while work(project) == ContentProject.Status.GENERATING:
        circuit.close("speech")
        StepRun.objects.filter(project=project, status="waiting").update(not_before=None)
        circuits_closed += 1
        assert circuits_closed < 60
    project.refresh_from_db()
    event = project.last_event
    assert event is not None
    assert (project.status, event.reason) == ("needs_attention", "platform:provider-down")
    voices = StepRun.objects.filter(project=project, step="voice")
    assert max(voices.values_list("attempt", flat=True)) == settings.PIPELINE_ATTEMPTS
    before = Counter(call.route for call in double.billed)
    assert before[SPEECH] == 0
    double.faults[SPEECH].clear()
    circuit.close("speech")
    with bell.muted():
        orchestration.retry(project.pk, actor_id=project.creator_id)
    assert work(project) == ContentProject.Status.IN_REVIEW
    after = Counter(call.route for call in double.billed)
    assert (after[IMAGES], after[CLIPS]) == (before[IMAGES], before[CLIPS])
    check_ledger(double, project)


def test_of_a_judges_calls_only_the_one_that_failed_is_made_again(
    double: Double, compose: PaperCompose
) -> None:
    project = begin()
    with bell.muted():
        for _ in range(40):  # everything before the checks
            orchestration.advance(project.pk)
            StepRun.objects.filter(project=project, status="waiting").update(not_before=None)
            runs = StepRun.objects.filter(claimable(timezone.now()), project=project.pk).exclude(step="qa")
            for run_id in list(runs.values_list("pk", flat=True)):
                execute(run_id)
    double.forget()
    told = StepRun.objects.get(project=project, part="value-told")
    with bell.muted():
        for part in ("value-blind", "value-told"):
            if part == "value-told":
                double.fail(TEXTS, drop="body")
            execute(StepRun.objects.get(project=project, part=part).pk)
    told.refresh_from_db()
    assert (told.status, told.error_id) == ("waiting", "platform:provider-down")
    assert StepRun.objects.get(project=project, part="value-blind").status == "succeeded"
    assert work(project) == ContentProject.Status.IN_REVIEW
    asked = Counter(call.json["input"] for call in double.of(TEXTS) if isinstance(call.json["input"], str))
    assert sorted(asked.values())[-2:] == [1, 2]  # one call came twice: the one whose answer was lost
    check_qa_money(project)


def test_of_a_moderations_frames_only_the_one_that_failed_is_shown_again(
    double: Double, compose: PaperCompose
) -> None:
    for _ in range(20):
        double.fail(MODERATIONS)
    double.fail(MODERATIONS, drop="body")
    project = begin()
    assert work(project) == ContentProject.Status.IN_REVIEW
    run = StepRun.objects.get(project=project, part="moderation")
    assert run.attempt == 2
    asked = Counter(call.body for call in double.of(MODERATIONS))
    assert len(asked) > 40  # a call a frame, and the texts'
    assert sorted(asked.values())[-2:] == [1, 2]
    check_ledger(double, project)


def check_qa_money(project: ContentProject) -> None:
    """A judge without a price: its calls are counted, their cost is unknown, never 0."""
    charges = Charge.objects.filter(project=project, run__step="qa", usage__requests__gt=0)
    assert charges.count() >= 8
    judged = charges.exclude(run__part="moderation")
    assert set(judged.values_list("cost", flat=True)) == {None}


# --------------------------------------------------------------------------- what leaves, and what is kept


def rows_of_everything() -> str:
    """Every row of every table, as text."""
    told = []
    for model in apps.get_models():
        told += [str(row) for row in model._base_manager.values()]
    return "\n".join(told)


def test_no_key_is_kept_or_shown_and_nothing_of_a_child_or_a_creator_leaves(
    double: Double, compose: PaperCompose, caplog: pytest.LogCaptureFixture, client: Client
) -> None:
    make_student(username="ottilie-brambeck", password="a long secret phrase", time_zone="Pacific/Chatham")
    caplog.set_level(logging.DEBUG)
    RECOVERS[0].strike(double)
    project = begin("wilhelmina.quist@example.org")
    Creator.objects.update(display_name="Wilhelmina Quist")
    assert work(project) == ContentProject.Status.IN_REVIEW

    # What is kept, logged and shown has no key in it.
    chief = Creator.objects.create_superuser("chief@example.org", password="any long phrase")
    client.force_login(chief)
    pages = [
        client.get(reverse(f"admin:pipeline_contentproject_{name}", args=[project.pk])).content.decode()
        for name in ("review", "live")
    ]
    assert "Double: How the heart works" in pages[0]
    told = "\n".join([rows_of_everything(), caplog.text, *pages])
    told += "".join(repr(providers.get(alias)) for alias in ALIASES)
    assert "Double: How the heart works" in told
    assert [key for key in (OPENAI_KEY, ELEVENLABS_KEY) if key in told] == []

    # Every byte that has left, keys aside, is about the film and nobody.
    assert len(double.calls) > 50
    for call in double.calls:
        left = f"{call.path} {call.query} {call.summary()['headers']}".encode() + call.body
        for private in (
            b"ottilie", b"brambeck", b"Chatham", b"wilhelmina", b"Wilhelmina", b"Quist", b"quist",
            str(project.creator_id).encode(), str(project.pk).encode(), b"example.org",
        ):  # fmt: skip
            assert private not in left, (call.route, private)
    assert {call.headers["host"] for call in double.calls} == {f"{double.host}:{double.port}"}
