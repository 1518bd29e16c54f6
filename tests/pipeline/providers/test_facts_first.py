"""A concept without notes: a model lists facts, which become the notes that a person reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from pipeline import bell, editing, orchestration, providers
from pipeline.execution import execute, pseudonym_of
from pipeline.models import StepRun
from pipeline.steps.base import Brief, Finished, Output, StepError
from pipeline.steps.script import ScriptStep
from studio.models import Creator
from tests.double import Double
from tests.pipeline.providers import conftest as members
from tests.pipeline.providers.vendors import configure_vendors


def test_without_notes_the_facts_come_first_and_become_the_notes(double: Double) -> None:
    step, brief = (
        ScriptStep(),
        Brief(concept="Magnets that nobody wrote about", age_group="8-10", source_notes=""),
    )
    (job,) = step.jobs(brief, [], Finished())
    assert (job.part, job.inputs["concept"]) == ("facts", brief.concept)
    output = step.run(job.inputs, Path(), provider=members.text(double))
    assert isinstance(output, Output)
    changes = step.apply(output.facts)
    assert changes.model_notes is not None
    assert len(changes.model_notes.splitlines()) == 9
    assert (output.provider, output.usage.requests) == ("openai", 1)
    (next_job,) = step.jobs(replace(brief, source_notes=changes.model_notes), [], Finished())
    assert next_job.part == ""


def test_a_refused_concept_reaches_no_vendor(double: Double) -> None:
    inputs = {
        "part": "facts",
        "concept": "Call me at anna.smith@example.org",
        "age_group": "8-10",
        "language": "en",
    }
    with pytest.raises(StepError) as caught:
        ScriptStep().run(inputs, Path(), provider=members.text(double))
    assert caught.value.code == "creator:personal-data"
    assert double.calls == []


def test_notes_with_personal_data_reach_no_vendor(double: Double) -> None:
    """However they came into the brief: the step looks again before it asks anybody."""
    notes = "Bees make honey from nectar. They live in a hive. " * 12
    brief = Brief(concept="Bees", age_group="8-10", source_notes=f"{notes} Ask anna.smith@example.org.")
    (job,) = ScriptStep().jobs(brief, [], Finished())
    with pytest.raises(StepError) as caught:
        ScriptStep().run(job.inputs, Path(), provider=members.text(double))
    assert caught.value.code == "creator:personal-data"
    assert double.calls == []


@pytest.mark.django_db
def test_a_concept_alone_is_a_brief_where_somebody_can_list_facts(
    double: Double, settings: Settings, files: Path
) -> None:
    creator = Creator.objects.create_user("maker@example.org")
    brief: dict[str, Any] = {
        "creator_id": creator.pk,
        "concept": "Magnets nobody wrote of",
        "age_group": "8-10",
    }
    with pytest.raises(editing.BriefRefused):
        editing.create_project(**brief)
    configure_vendors(double)
    try:
        project, _ = editing.create_project(**brief)
        assert editing.estimate(project).cost is None
        with bell.muted():
            orchestration.start(project.pk, actor_id=creator.pk)
            orchestration.advance(project.pk)
            run = StepRun.objects.get(project=project)
            assert execute(run.pk)
            orchestration.advance(project.pk)
        project.refresh_from_db()
        assert project.notes_origin == "model"
        assert len(project.source_notes.splitlines()) == 9
        assert StepRun.objects.get(project=project, part="").status == "queued"
        sent = [call.json["safety_identifier"] for call in double.calls]
        assert sent == [pseudonym_of(creator.pk)]
        assert str(creator.pk) not in sent[0]
    finally:
        providers.configure(settings.PIPELINE_PROVIDERS)
