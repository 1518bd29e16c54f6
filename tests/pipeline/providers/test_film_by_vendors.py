"""A whole film by both vendors' SDKs against the double, and what a change to it costs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import av
import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from pipeline import bell, editing, orchestration, providers
from pipeline.author.shelf import all_notes
from pipeline.claiming import claimable
from pipeline.execution import execute
from pipeline.models import Charge, ContentProject, Scene, StepRun
from pipeline.planning import plan
from pipeline.steps import BY_NAME
from studio.models import Creator
from tests.double import Double
from tests.pipeline.providers.paper import PaperCompose
from tests.pipeline.providers.vendors import PRICES, configure_vendors

NOTE = next(note for note in all_notes() if note.name == "water-cycle")
SPEECH = "/v1/text-to-speech/{voice}/with-timestamps"
IMAGES, TEXTS, MODERATIONS = "/v1/images/generations", "/v1/responses", "/v1/moderations"


@pytest.fixture
def compose() -> Iterator[PaperCompose]:
    before, paper = BY_NAME["compose"], PaperCompose()
    BY_NAME["compose"] = paper
    yield paper
    BY_NAME["compose"] = before


@pytest.fixture
def double(tmp_path: Path) -> Iterator[Double]:
    prices = tmp_path / "prices.toml"
    prices.write_text(PRICES)
    with Double() as running:
        configure_vendors(running, prices=str(prices))
        yield running
    providers.configure(settings.PIPELINE_PROVIDERS)


def make_film(capsys: pytest.CaptureFixture[str], folder: Path) -> dict[str, Any]:
    path = folder / "notes.txt"
    path.write_text(NOTE.notes)
    capsys.readouterr()
    call_command(
        "make_video", "--json", f"--concept={NOTE.concept}", f"--notes={path}",
        f"--age-group={NOTE.age_group}", f"--out={folder / 'out'}", "--seconds=50",
    )  # fmt: skip
    result: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return result


def calls(double: Double) -> Counter[str]:
    return Counter(call.route for call in double.paid)


def made_by_makers(double: Double) -> Counter[str]:
    """The paid calls of those who write, draw and speak; judges and moderation are left out."""
    checks = {"/v1/decisions", MODERATIONS}
    return Counter(
        call.route
        for call in double.paid
        if call.route not in checks and call.json.get("model") != "judge-model"
    )


def forget(double: Double, compose: PaperCompose) -> None:
    double.forget()
    compose.made.clear()


def film_of(project: ContentProject) -> StepRun:
    run = plan(ContentProject.objects.get(pk=project.pk)).film_run
    assert run is not None
    assert run.output is not None
    return run


def work_to_review(project: ContentProject) -> None:
    """Everything, checks too."""
    with bell.muted():
        for _ in range(20):
            if orchestration.advance(project.pk) == ContentProject.Status.IN_REVIEW:
                return
            runs = StepRun.objects.filter(claimable(timezone.now()), project=project.pk)
            for run_id in list(runs.order_by("created_at").values_list("pk", flat=True)):
                execute(run_id)
    raise AssertionError("The film is not made.")


@pytest.mark.film
@pytest.mark.django_db(transaction=True)
def test_a_film_is_made_by_the_vendors_and_every_call_stands_in_the_ledger(
    double: Double, tmp_path: Path, capsys: pytest.CaptureFixture[str], files: Path, settings: Settings
) -> None:
    result = make_film(capsys, tmp_path)
    with av.open(result["film"]) as film:
        assert 45 <= float(film.duration or 0) / av.time_base <= 90
    project = ContentProject.objects.get(status="in_review")
    assert project.title.startswith("Double: ")
    assert {(run.step, run.provider) for run in StepRun.objects.exclude(step__in=["compose", "qa"])} == {
        ("script", "openai"),
        ("visuals", "openai"),
        ("voice", "elevenlabs"),
        ("quiz", "openai"),
    }

    # What was asked and paid is what stands in the ledger, call by call and cent by cent.
    made = calls(double)
    scenes = list(Scene.objects.filter(project=project))
    pictured = [int(run.scene or 0) for run in StepRun.objects.filter(step="visuals") if run.made]
    written = [call for call in double.paid if call.route == TEXTS and call.json["model"] == "text-model"]
    assert len(written) == 2
    assert (made[IMAGES], made[SPEECH]) == (len(pictured), len(scenes))
    assert min(made[TEXTS] - 2, made["/v1/moderations"]) > 0  # the judge and the moderation have looked
    assert len(pictured) >= 2
    assert double.find_repeats() == []
    charges = list(Charge.objects.filter(project=project))
    assert sum(charge.usage["requests"] for charge in charges) == sum(made.values())
    spoken = sum(len(scene.narration) for scene in scenes)
    voices = StepRun.objects.filter(step="voice")
    assert sum(run.usage["characters"] for run in voices) == spoken
    pictures = StepRun.objects.filter(step="visuals", scene__in=pictured)
    assert {run.cost for run in pictures} == {Decimal("0.04")}
    priced = [charge for charge in charges if charge.run is not None and charge.run.step != "qa"]
    assert all(charge.cost is not None and charge.cost <= charge.reserved for charge in priced)


@pytest.mark.django_db(transaction=True)
def test_one_picture_one_sentence_and_undoing_them_cost_one_call_one_call_and_none(
    double: Double, files: Path, compose: PaperCompose
) -> None:
    creator = Creator.objects.create_user("maker@example.org")
    project, _ = editing.create_project(
        creator_id=creator.pk,
        concept=NOTE.concept,
        age_group=NOTE.age_group,
        source_notes=NOTE.notes,
        target_seconds=50,
    )
    with bell.muted():
        orchestration.start(project.pk, actor_id=creator.pk)
    work_to_review(project)
    scenes = list(Scene.objects.filter(project=project))
    assert [kind for kind, _ in compose.made] == ["scene"] * len(scenes) + ["film"]
    position = next(int(run.scene or 0) for run in StepRun.objects.filter(step="visuals") if run.made)
    before = film_of(project)

    # Another picture of one scene: one image call, one scene encoded; its frames alone are moderated.
    forget(double, compose)
    with bell.muted():
        orchestration.regenerate(project.pk, position=position, part="visual", actor_id=creator.pk)
    work_to_review(project)
    assert made_by_makers(double) == {IMAGES: 1}
    assert compose.made == [("scene", position), ("film", None)]
    place = (film_of(project).output or {})["timeline"][position]
    of_scene = int(place["end"] + 0.5) - int(place["start"] + 0.5)
    assert abs(calls(double)[MODERATIONS] - of_scene) <= 1

    # As it was: no call of any kind, nothing encoded, the very film.
    forget(double, compose)
    with bell.muted():
        orchestration.withdraw(project.pk, actor_id=creator.pk)
        Scene.objects.filter(project=project, position=position).update(visual_take=0)
        orchestration.rebuild(project.pk, actor_id=creator.pk)
    work_to_review(project)
    assert (calls(double), compose.made) == ({}, [])
    assert film_of(project) == before

    # Another sentence: one voice, the questions about the words, one scene encoded.
    forget(double, compose)
    narration = scenes[position].narration
    with bell.muted():
        orchestration.withdraw(project.pk, actor_id=creator.pk)
        editing.edit_scene(
            project.pk, position, actor_id=creator.pk, narration=f"{narration} Look at it closely."
        )
        orchestration.rebuild(project.pk, actor_id=creator.pk)
    work_to_review(project)
    assert made_by_makers(double) == {SPEECH: 1, TEXTS: 1}
    assert compose.made == [("scene", position), ("film", None)]

    # The sentence as it was: nothing.
    forget(double, compose)
    with bell.muted():
        orchestration.withdraw(project.pk, actor_id=creator.pk)
        editing.edit_scene(project.pk, position, actor_id=creator.pk, narration=narration)
        orchestration.rebuild(project.pk, actor_id=creator.pk)
    work_to_review(project)
    assert (calls(double), compose.made) == ({}, [])
    assert film_of(project) == before
