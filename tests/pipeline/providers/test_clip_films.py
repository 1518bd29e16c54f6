"""Clips in films: asked for once, polled, fallen back from; what one costs to change; and that it is seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from django.conf import settings
from django.utils import timezone

from pipeline import bell, budget, editing, orchestration, providers
from pipeline.author.shelf import all_notes
from pipeline.claiming import claimable
from pipeline.execution import execute
from pipeline.models import Charge, ContentProject, Scene, StepRun
from pipeline.planning import plan
from pipeline.providers import motion
from pipeline.steps.clip_work import NO_VENDOR
from pipeline.storage import open_asset
from studio.models import Creator
from tests.double import Double
from tests.pipeline.providers.vendors import PRICES, configure_vendors

NOTE = next(note for note in all_notes() if note.name == "the-heart")
CLIPS, IMAGES, SPEECH = (
    "/v1/clips", "/v1/images/generations", "/v1/text-to-speech/{voice}/with-timestamps",
)  # fmt: skip
CLIP_PRICE = """
[[price]]
provider = "clips"
model = "clip-model"
second = 0.1
read = 2026-11-24
"""
MOTION: dict[str, Any] = {"BACKEND": "pipeline.providers.motion.Renderer", "OPTIONS": {}}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def double(tmp_path: Path, files: Path) -> Iterator[Double]:
    prices = tmp_path / "prices.toml"
    prices.write_text(PRICES + CLIP_PRICE)
    with Double() as running:
        configure_vendors(running, prices=str(prices))
        yield running
    providers.configure(settings.PIPELINE_PROVIDERS)


def begin(*, style: str = "clips", **columns: Any) -> ContentProject:
    creator = Creator.objects.create_user("maker@example.org")
    project, _ = editing.create_project(
        creator_id=creator.pk,
        concept=NOTE.concept,
        age_group=NOTE.age_group,
        source_notes=NOTE.notes,
        target_seconds=50,
        visual_style=style,
    )
    ContentProject.objects.filter(pk=project.pk).update(**columns)
    with bell.muted():
        orchestration.start(project.pk, actor_id=creator.pk)
    return project


def work(project: ContentProject, *, rounds: int = 30) -> None:
    """Everything but encoding, checks and questions; whoever waits is called again at once."""
    with bell.muted():
        for _ in range(rounds):
            orchestration.advance(project.pk)
            StepRun.objects.filter(project=project.pk, status="waiting").update(not_before=None)
            runs = StepRun.objects.filter(claimable(timezone.now()), project=project.pk)
            due = list(runs.exclude(step__in=["compose", "qa", "quiz"]).values_list("pk", flat=True))
            if not due:
                return
            for run_id in due:
                execute(run_id)
    raise AssertionError("The clips are not done after many rounds.")


def clip_runs(project: ContentProject) -> list[StepRun]:
    return list(StepRun.objects.filter(project=project, part="clip").order_by("scene"))


def compose_job(project: ContentProject, position: int) -> Any:
    jobs = [one.job for one in plan(ContentProject.objects.get(pk=project.pk)).jobs]
    return next(
        (job for job in jobs if (job.step, job.part, job.scene) == ("compose", "scene", position)), None
    )


def calls(double: Double) -> Counter[str]:
    return Counter(call.route for call in double.billed)


def test_a_film_that_wants_clips_asks_for_one_a_pictured_scene_and_pays_each_once(double: Double) -> None:
    project = begin()
    work(project)
    wanted = Scene.objects.filter(project=project, role="scene", visual_kind__in=["picture", "statement"])
    runs = clip_runs(project)
    assert [run.scene for run in runs] == list(wanted.values_list("position", flat=True))
    assert len(runs) >= 2
    assert {(run.status, run.provider, run.model, run.cost) for run in runs} == {
        ("succeeded", "clips", "clip-model", Decimal("0.6"))
    }
    asked = double.of(CLIPS)
    assert len(asked) == len(runs)
    assert {call.headers["idempotency-key"] for call in asked} == {run.pk.hex for run in runs}
    assert all(call.json["first_picture"] for call in asked)  # each sets out from its scene's picture
    assert [call.json["seconds"] for call in asked] == [6.0] * len(runs)
    charges = list(Charge.objects.filter(run__part="clip"))
    assert [(one.cost, one.usage["requests"]) for one in charges] == [(Decimal("0.6"), 1)] * len(runs)
    for run in runs:
        job = compose_job(project, int(run.scene or 0))
        assert job.inputs["spec"]["clip"] == {"file": "clip.mp4"}
        assert {"clip.mp4", "picture.png"} <= set(job.files)


def test_a_film_that_did_not_ask_gets_no_clip_even_if_a_model_writes_one(double: Double) -> None:
    project = begin(style="auto")
    work(project)
    assert clip_runs(project) == []
    assert calls(double)[CLIPS] == 0


def test_a_wish_for_clips_draws_no_picture_anew(double: Double) -> None:
    project = begin(style="ocean")
    work(project)
    with bell.muted():
        orchestration.cancel(project.pk, actor_id=project.creator_id)
    double.forget()
    editing.edit_brief(project.pk, actor_id=project.creator_id, visual_style="ocean clips")
    with bell.muted():
        orchestration.retry(project.pk, actor_id=project.creator_id)
    work(project)
    assert calls(double) == {CLIPS: len(clip_runs(project))}


def test_one_clip_redone_is_one_clip_and_one_scene_and_undone_it_is_nothing(double: Double) -> None:
    project = begin()
    work(project)
    position = int(clip_runs(project)[0].scene or 0)
    before = {
        scene.position: compose_job(project, scene.position)
        for scene in Scene.objects.filter(project=project)
    }
    orchestration.cancel(project.pk, actor_id=project.creator_id)
    double.forget()
    with bell.muted():
        orchestration.regenerate(project.pk, position=position, part="clip", actor_id=project.creator_id)
    work(project)
    assert calls(double) == {CLIPS: 1}
    after = {place: compose_job(project, place) for place in before}
    assert [place for place in before if before[place] != after[place]] == [position]

    # Another sentence in the same scene: one voice, and no clip.
    orchestration.cancel(project.pk, actor_id=project.creator_id)
    double.forget()
    scene = Scene.objects.get(project=project, position=position)
    editing.edit_scene(
        project.pk, position, actor_id=project.creator_id, narration=f"{scene.narration} Look at it closely."
    )
    with bell.muted():
        orchestration.rebuild(project.pk, actor_id=project.creator_id)
    work(project)
    assert calls(double) == {SPEECH: 1}

    # Another picture: the clip that set out from it is another as well.
    orchestration.cancel(project.pk, actor_id=project.creator_id)
    double.forget()
    with bell.muted():
        orchestration.regenerate(project.pk, position=position, part="visual", actor_id=project.creator_id)
    work(project)
    assert calls(double) == {IMAGES: 1, CLIPS: 1}

    # The takes as they were: nothing is asked for.
    orchestration.cancel(project.pk, actor_id=project.creator_id)
    double.forget()
    Scene.objects.filter(pk=scene.pk).update(visual_take=0, clip_take=0)
    editing.edit_scene(project.pk, position, actor_id=project.creator_id, narration=scene.narration)
    with bell.muted():
        orchestration.rebuild(project.pk, actor_id=project.creator_id)
    work(project)
    assert calls(double) == {}
    assert compose_job(project, position) == before[position]


def test_another_take_of_a_clip_where_there_is_none_is_refused_and_changes_nothing(double: Double) -> None:
    project = begin(style="auto")
    work(project)
    orchestration.cancel(project.pk, actor_id=project.creator_id)
    with pytest.raises(orchestration.NotPossible, match="shows no clip") as refused:
        orchestration.regenerate(project.pk, position=1, part="clip", actor_id=project.creator_id)
    assert refused.value.code == "no-clip-here"
    assert set(Scene.objects.filter(project=project).values_list("clip_take", "version")) == {(0, 0)}


@pytest.mark.parametrize(
    ("route", "fault", "said", "seconds"),
    [
        ("/v1/clips/{id}", {"values": {"state": "failed", "usage": {"seconds": 0}}}, "could not make", 0),
        ("/v1/clips/{id}", {"values": {"state": "refused", "usage": {"seconds": 0}}}, "declined", 0),
        (CLIPS, {"status": 400, "body": {"error": {"code": "content_policy_violation"}}}, "declined", 0),
    ],
)
def test_a_clip_that_is_not_made_leaves_a_moving_picture_and_is_named(
    double: Double, route: str, fault: dict[str, Any], said: str, seconds: float
) -> None:
    double.fail(route, **fault)
    project = begin()
    work(project)
    told = [run for run in clip_runs(project) if (run.output or {})["fallbacks"]]
    assert len(told) == 1
    assert told[0].status == "succeeded"
    assert (told[0].output or {})["fallbacks"] == [
        f"clip: the provider {said} it, the picture moves by our own means"
    ]
    job = compose_job(project, int(told[0].scene or 0))
    assert "clip" not in job.inputs["spec"]
    assert job.inputs["spec"]["motion"]["path"] in motion.PATHS
    assert "picture.png" in job.files
    assert Charge.objects.get(run=told[0]).cost == 0


@pytest.mark.parametrize(
    ("route", "fault", "submits"),
    [
        (CLIPS, {"status": 500}, 2),
        (CLIPS, {"drop": "before"}, 2),
        (CLIPS, {"raw": b"{}"}, 2),
        (CLIPS, {"status": 429, "headers": {"retry-after": "0"}}, 2),
        ("/v1/clips/{id}", {"status": 503}, 1),
        ("/v1/clips/{id}", {"drop": "body"}, 1),
        ("/v1/clips/{id}", {"values": {"state": "dancing"}}, 1),
        ("/v1/clips/{id}/content", {"drop": "body"}, 1),
        ("/v1/clips/{id}/content", {"raw": b"no film", "content_type": "video/mp4"}, 1),
    ],
)
def test_after_trouble_the_same_clip_is_asked_for_again_and_never_paid_twice(
    double: Double, route: str, fault: dict[str, Any], submits: int
) -> None:
    double.fail(route, **fault)
    project = begin()
    work(project)
    runs = clip_runs(project)
    assert {run.status for run in runs} == {"succeeded"}
    assert all("clip.mp4" in run.made for run in runs)
    keys = Counter(call.headers["idempotency-key"] for call in double.of(CLIPS))
    assert max(keys.values()) == submits
    assert len(double.clips) == len(runs)  # the vendor made each once
    assert sum(one.cost or 0 for one in Charge.objects.filter(run__part="clip")) == len(runs) * Decimal("0.6")


def test_a_worker_that_is_lost_between_answer_and_row_finds_the_same_clip(double: Double) -> None:
    project = begin()
    lost: list[StepRun] = []

    def lose(run: StepRun) -> None:
        """As a worker that was killed after the vendor's answer and before the job's id was stored."""
        long_ago = run.created_at
        StepRun.objects.filter(pk=run.pk).update(
            status="running", token=run.pk, lease_until=long_ago, vendor_job_id=""
        )
        lost.append(run)

    with bell.muted():
        for _ in range(40):
            orchestration.advance(project.pk)
            StepRun.objects.filter(project=project.pk, status="waiting").update(not_before=None)
            claims = StepRun.objects.filter(claimable(timezone.now()), project=project.pk)
            due = list(claims.exclude(step__in=["compose", "qa", "quiz"]).values_list("pk", flat=True))
            if not due:
                break
            for run_id in due:
                execute(run_id)
                run = StepRun.objects.get(pk=run_id)
                if not lost and run.vendor_job_id:
                    lose(run)
    assert len(lost) == 1
    runs = clip_runs(project)
    assert {run.status for run in runs} == {"succeeded"}
    assert len(double.clips) == len(runs)
    assert len(double.of(CLIPS)) == len(runs) + 1  # one was asked for again, under the same key
    assert Counter(call.headers["idempotency-key"] for call in double.of(CLIPS))[lost[0].pk.hex] == 2
    # The lost attempt had reserved for the same job: it costs nothing of its own.
    charges = list(Charge.objects.filter(run=lost[0]).order_by("created_at"))
    assert [one.cost for one in charges] == [Decimal(0), Decimal("0.6")]
    assert charges[0].usage == {"requests": 0, "same_job": StepRun.objects.get(pk=lost[0].pk).vendor_job_id}


def test_without_a_vendor_the_pictures_move_by_our_own_means_and_say_so(double: Double) -> None:
    configure_vendors(double, clip=MOTION)
    project = begin()
    work(project)
    runs = clip_runs(project)
    assert {(run.status, run.provider, run.cost) for run in runs} == {("succeeded", "offline", Decimal(0))}
    assert [(run.output or {})["fallbacks"] for run in runs] == [[NO_VENDOR]] * len(runs)
    assert calls(double)[CLIPS] == 0


def test_a_spent_credit_for_clips_lets_the_motion_stand_in_and_names_it(double: Double) -> None:
    entry = {
        "BACKEND": "pipeline.providers.clips.Http",
        "OPTIONS": {"key": "sk-double-0123456789", "base_url": double.url, "model": "clip-model"},
        "FALLBACK": "clip-fallback",
    }
    more: dict[str, Any] = {"clip": entry, "clip-fallback": MOTION}
    configure_vendors(double, **more)
    double.fail(CLIPS, times=9, status=429, body={"error": {"code": "insufficient_quota"}})
    project = begin()
    work(project)
    runs = clip_runs(project)
    assert {(run.status, run.provider) for run in runs} == {("succeeded", "offline")}
    assert "clip: made by offline" in (runs[0].output or {})["fallbacks"][-1]
    assert double.clips == {}


def test_a_clip_over_the_cap_is_not_asked_for_and_the_rest_goes_on(double: Double) -> None:
    project = begin(budget_cap=Decimal("0.5"))
    work(project)
    runs = clip_runs(project)
    assert {(run.status, run.error_id) for run in runs} == {("failed", budget.BudgetSpent.code)}
    assert calls(double)[CLIPS] == 0
    assert {run.status for run in StepRun.objects.filter(project=project, step="voice")} == {"succeeded"}


def test_one_scene_becomes_a_clip_and_a_picture_again_for_one_call(double: Double) -> None:
    project = begin(style="auto")
    work(project)
    scene = Scene.objects.filter(project=project, role="scene", visual_kind="picture")[0]
    before = compose_job(project, scene.position)
    orchestration.cancel(project.pk, actor_id=project.creator_id)
    double.forget()
    editing.edit_scene(project.pk, scene.position, actor_id=project.creator_id, visual_kind="clip")
    with bell.muted():
        orchestration.rebuild(project.pk, actor_id=project.creator_id)
    work(project)
    assert [run.scene for run in clip_runs(project)] == [scene.position]
    assert calls(double)[CLIPS] == 1
    orchestration.cancel(project.pk, actor_id=project.creator_id)
    double.forget()
    editing.edit_scene(project.pk, scene.position, actor_id=project.creator_id, visual_kind="picture")
    with bell.muted():
        orchestration.rebuild(project.pk, actor_id=project.creator_id)
    work(project)
    assert calls(double) == {}
    assert compose_job(project, scene.position) == before


def test_a_kind_that_the_scene_cannot_show_is_refused_and_nothing_changes(double: Double) -> None:
    project = begin(style="auto")
    work(project)
    orchestration.cancel(project.pk, actor_id=project.creator_id)
    scene = Scene.objects.filter(project=project, role="scene", visual_kind="picture")[0]
    for kind in ("bars", "opera"):
        with pytest.raises(editing.EditRefused) as refused:
            editing.edit_scene(project.pk, scene.position, actor_id=project.creator_id, visual_kind=kind)
        assert (refused.value.code, refused.value.field) == ("kind-does-not-fit", "visual_kind")
    scene.refresh_from_db()
    assert (scene.visual_kind, scene.version) == ("picture", 0)


@pytest.mark.film
def test_the_clip_is_what_the_scene_shows(double: Double, tmp_path: Path) -> None:
    project = begin()
    work(project)
    position = int(clip_runs(project)[0].scene or 0)
    with bell.muted():
        orchestration.advance(project.pk)
        run = StepRun.objects.get(project=project, step="compose", part="scene", scene=position)
        assert execute(run.pk)
    run.refresh_from_db()
    assert (run.status, (run.output or {})["fallbacks"]) == ("succeeded", [])
    bars = []
    with open_asset(run.made["480.mp4"]) as file, av.open(file, "r") as film:
        for number, frame in enumerate(film.decode(video=0)):
            if number % 45 == 20:
                row = frame.to_ndarray(format="rgb24")[200:240].mean(axis=0)
                bars.append(int(np.abs(row - np.median(row, axis=0)).sum(axis=1).argmax()))
    assert len(bars) >= 3
    assert bars == sorted(bars)  # the double's clip is a bar that goes from left to right
    assert bars[-1] - bars[0] > 100
