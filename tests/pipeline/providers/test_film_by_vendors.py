"""A whole film by both vendors' SDKs against the double, and what a change to it costs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

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
from studio.models import Creator
from tests.double import Double
from tests.pipeline.providers.vendors import PRICES, configure_vendors

NOTE = next(note for note in all_notes() if note.name == "water-cycle")
SPEECH = "/v1/text-to-speech/{voice}/with-timestamps"
IMAGES, TEXTS = "/v1/images/generations", "/v1/responses"


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


def work_on_all_but_the_film(project_id: UUID) -> None:
    """Everything that asks a vendor; what is encoded anew is another test's matter."""
    with bell.muted():
        for _ in range(20):
            orchestration.advance(project_id)
            runs = StepRun.objects.filter(claimable(timezone.now()), project_id=project_id)
            due = list(runs.exclude(step__in=["compose", "qa"]).values_list("pk", flat=True))
            if not due:
                return
            for run_id in due:
                execute(run_id)


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
def test_a_change_asks_the_vendors_for_no_more_than_it_needs(double: Double, files: Path) -> None:
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
    work_on_all_but_the_film(project.pk)
    pictured = [int(run.scene or 0) for run in StepRun.objects.filter(step="visuals") if run.made]
    assert (calls(double)[TEXTS], calls(double)[IMAGES]) == (2, len(pictured))
    orchestration.cancel(project.pk, actor_id=creator.pk)

    # Another take of one picture: one picture.
    double.forget()
    with bell.muted():
        orchestration.regenerate(project.pk, position=pictured[1], part="visual", actor_id=project.creator_id)
    work_on_all_but_the_film(project.pk)
    assert calls(double) == {IMAGES: 1}

    # Another sentence: one voice, and the questions, which are about the words.
    orchestration.cancel(project.pk, actor_id=project.creator_id)
    double.forget()
    position = pictured[1]
    before = Scene.objects.get(project=project, position=position)
    sentence = f"{before.narration} Look at it closely."
    editing.edit_scene(project.pk, position, actor_id=project.creator_id, narration=sentence)
    with bell.muted():
        orchestration.rebuild(project.pk, actor_id=project.creator_id)
    work_on_all_but_the_film(project.pk)
    assert calls(double) == {SPEECH: 1, TEXTS: 1}

    # The sentence as it was: nothing.
    orchestration.cancel(project.pk, actor_id=project.creator_id)
    double.forget()
    editing.edit_scene(project.pk, position, actor_id=project.creator_id, narration=before.narration)
    with bell.muted():
        orchestration.rebuild(project.pk, actor_id=project.creator_id)
    work_on_all_but_the_film(project.pk)
    assert calls(double) == {}
