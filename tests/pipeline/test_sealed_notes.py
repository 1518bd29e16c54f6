"""What a creator wrote stands in the database as only this application can read it; films stay the same."""

from __future__ import annotations

import base64
import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from pytest_django import Settings

from pipeline.models import StepRun
from pipeline.planning import plan
from students import encryption, rekeying
from tests.dumps import dump_database
from tests.studio.factories import NOTES, make_film
from tests.studio.test_batches import open_batch

SECRET = "The marmalade protocol of Uzbekistan was signed in a lighthouse."
OTHER_KEY = base64.b64encode(b"another-field-key-for-these-test").decode()
pytestmark = pytest.mark.django_db


def stored(column: str, entry: str) -> list[str | None]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} -> %s FROM step_runs WHERE {column} ? %s", [entry, entry])  # noqa: S608 - names of this test
        return [json.loads(value) for (value,) in cursor.fetchall()]


def test_after_a_whole_film_no_table_holds_a_sentence_of_the_notes() -> None:
    """But those that are told in the film. The steps read them all the same."""
    project = make_film(source_notes=f"{NOTES} {SECRET}")
    assert "marmalade" not in str(project.ai_generated_script)
    found = {table for table, row in dump_database() if "marmalade" in row}
    assert found == set()
    runs = StepRun.objects.filter(project=project)
    assert {run.step for run in runs if SECRET in str(run.inputs)} == {"script", "quiz", "qa"}
    assert SECRET in str(runs.get(step="script").output)
    assert plan(project).is_complete, "every job is found under the fingerprint it always had"


def test_a_list_of_briefs_holds_no_notes_in_the_open_either() -> None:
    rows = [("How bees make honey", f"{NOTES} {SECRET}"), ("Too short", SECRET)]
    batch = open_batch(rows=rows)
    assert {table for table, row in dump_database() if "marmalade" in row} == set()
    assert [SECRET in row.cells["source_notes"] for row in batch.rows.all()] == [True, True]
    assert batch.rows.filter(cells__concept="Too short").count() == 1


def test_other_entries_are_stored_and_looked_up_as_ever() -> None:
    project = make_film()
    script = StepRun.objects.get(project=project, inputs__target_seconds=60, step="script")
    assert StepRun.objects.filter(pk=script.pk).values_list("inputs__concept", flat=True).get() == (
        project.concept_prompt
    )
    assert StepRun.objects.filter(pk=script.pk).values_list("inputs", flat=True).get()["notes"] == NOTES
    sealed = StepRun.objects.filter(pk=script.pk).values_list("inputs__notes", flat=True).get()
    assert encryption.key_id_of(sealed) == 1
    script.save()
    assert stored("inputs", "notes").count(sealed) == 0, "each save seals anew"
    StepRun.objects.filter(pk=script.pk).update(inputs={"notes": "", "key": "x"}, output=None)
    script.refresh_from_db()
    assert (script.inputs, script.output) == ({"notes": "", "key": "x"}, None)


def test_an_entry_moved_to_another_place_is_refused() -> None:
    project = make_film()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE step_runs SET output = jsonb_set(output, '{notes_sentences}', inputs -> 'notes')"
            " WHERE step = 'script' AND project_id = %s",
            [project.pk],
        )
    with pytest.raises(encryption.Unreadable, match=r"pipeline\.steprun\.output\.notes_sentences") as refused:
        StepRun.objects.get(project=project, step="script")
    assert "bees" not in str(refused.value)


def test_another_key_is_put_over_the_runs_as_over_every_column(settings: Settings) -> None:
    project = make_film()
    before = {run.pk: (run.inputs, run.output) for run in StepRun.objects.filter(project=project)}
    names = {column.name for column in rekeying.find_columns()}
    assert {"pipeline.steprun.inputs.notes", "pipeline.steprun.output.notes_sentences"} <= names
    settings.FIELD_KEYS, settings.FIELD_KEY_ID = {2: OTHER_KEY, **settings.FIELD_KEYS}, 2
    out = StringIO()
    call_command("reencrypt", stdout=out)
    assert "Left with an old key: 0." in out.getvalue()
    values = stored("inputs", "notes") + stored("output", "notes_sentences")
    assert len(values) >= 5
    assert {encryption.key_id_of(str(value)) for value in values} == {2}
    settings.FIELD_KEYS = {2: OTHER_KEY}
    assert {run.pk: (run.inputs, run.output) for run in StepRun.objects.filter(project=project)} == before


@pytest.mark.django_db(transaction=True)
def test_the_migration_seals_the_runs_that_are_there_and_can_be_taken_back() -> None:
    project = make_film()
    StepRun.objects.create(
        project=project, step="script", fingerprint="x", queue="text", inputs={"notes": ""}, output={}
    )
    before = {run.pk: (run.inputs, run.output) for run in StepRun.objects.filter(project=project)}
    state = MigrationExecutor(connection).loader.project_state(("pipeline", "0006_sealed_notes_of_runs")).apps

    def change(*, seal: bool) -> None:
        for field in ("inputs", "output"):
            with connection.schema_editor() as editor:
                rekeying.change_column("pipeline", "steprun", field, seal=seal)(state, editor)

    change(seal=False)
    assert set(stored("inputs", "notes")) == {NOTES, ""}
    (sentences,) = stored("output", "notes_sentences")
    assert isinstance(sentences, list)
    change(seal=True)
    assert NOTES not in str(stored("inputs", "notes"))
    assert {run.pk: (run.inputs, run.output) for run in StepRun.objects.filter(project=project)} == before
