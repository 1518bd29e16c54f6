"""The step `visuals`: one job a scene, and what a provider drew."""

from pathlib import Path

from pipeline.providers.base import Drawing, DrawRequest, Result, Usage
from pipeline.providers.cards import Cards
from pipeline.steps.base import Brief, Done, Finished, Job, Output, SceneText, canonical_json, fingerprint
from pipeline.steps.visuals import VisualsStep

BRIEF = Brief(concept="Bees", age_group="8-10", source_notes="")
SCENES = [
    SceneText(0, "hook", ({"text": "Bees dance.", "sources": [1]},), "Bees dance", "a bee", "statement"),
    SceneText(
        1,
        "scene",
        ({"text": "They carry pollen.", "sources": [2]},),
        "Pollen",
        "pollen",
        "definition",
        ("pollen",),
    ),
]


def jobs(scenes: list[SceneText], done: Finished | None = None) -> list[Job]:
    return VisualsStep().jobs(BRIEF, scenes, done or Finished())


def test_there_is_one_job_a_scene_and_none_before_the_script() -> None:
    assert jobs([]) == []
    made = jobs(SCENES)
    assert [job.scene for job in made] == [0, 1]
    assert made[1].inputs["items"] == ["pollen"]
    assert made[0].inputs["narration"] == "Bees dance."
    assert all(canonical_json(job.inputs) for job in made)


def test_the_subject_comes_from_the_script_and_the_concept() -> None:
    done = Finished()
    done.add(Job("script", {}), Done({"script": {"topic": "Biology"}}, {}, "f"))
    assert jobs(SCENES, done)[0].inputs["subject"] == "Biology: Bees"
    assert jobs(SCENES)[0].inputs["subject"] == "Bees"


def test_an_edit_of_one_scene_changes_only_its_job() -> None:
    step = VisualsStep()
    edited = [SCENES[0], SceneText(1, "scene", SCENES[1].lines, "Dust", "pollen", "definition", ("pollen",))]
    before = [fingerprint(step, job, {}) for job in jobs(SCENES)]
    after = [fingerprint(step, job, {}) for job in jobs(edited)]
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_a_run_gives_the_description_and_names_fallbacks_apart(tmp_path: Path) -> None:
    reports: list[float] = []
    output = VisualsStep().run(jobs(SCENES)[0].inputs, tmp_path, provider=Cards(), report=reports.append)
    assert isinstance(output, Output)
    assert output.facts["spec"]["icons"][0] == "honeybee"
    assert "palette" in output.facts["spec"]
    assert "fallbacks" not in output.facts["spec"]
    assert output.facts["fallbacks"] == []
    assert reports == [0.0, 1.0]


def test_picture_files_are_handed_on(tmp_path: Path) -> None:
    class Painter:
        def draw(self, request: DrawRequest, workdir: Path) -> Result[Drawing]:
            path = workdir / "picture.png"
            path.write_bytes(b"png")
            return Result(Drawing({"palette": {}}, (path,)), usage=Usage(pictures=1), provider="vendor")

    output = VisualsStep().run(jobs(SCENES)[0].inputs, tmp_path, provider=Painter())
    assert isinstance(output, Output)
    assert [(file.name, file.kind) for file in output.files] == [("picture.png", "picture")]
    assert (output.usage.pictures, output.provider) == (1, "vendor")
