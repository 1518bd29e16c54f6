"""What `benchmarks.render` measures, each in a process of its own: the pipeline as a creator drives it.

    python -m benchmarks.render_jobs compile          loads every module once, so that Python has compiled it
    python -m benchmarks.render_jobs create           a project with the given script; prints its id
    python -m benchmarks.render_jobs work ID          until it is a person's turn; prints what was made
    python -m benchmarks.render_jobs sentence ID      one sentence edited, then `work`
    python -m benchmarks.render_jobs picture ID       another take of one picture, then `work`
    python -m benchmarks.render_jobs files ID FOLDER  copies the film's files out
    python -m benchmarks.render_jobs frames ID FILE   for each scene number read from standard input, writes
                                                      the scene's NV12 frames to FILE and prints their number

The database's own work is not in these processes. Settings come from the environment.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import shutil
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import django

from manage import YOUNG

gc.set_threshold(YOUNG, *gc.get_threshold()[1:])  # as `manage.py` starts
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 - settings exist only now
from django.contrib.auth import get_user_model  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks import render_film  # noqa: E402
from pipeline import bell, editing, orchestration, storage  # noqa: E402
from pipeline.inline import run_to_end  # noqa: E402
from pipeline.media.ladder import RUNGS  # noqa: E402
from pipeline.models import ContentProject, Scene, StepRun  # noqa: E402
from pipeline.planning import plan  # noqa: E402

Status = ContentProject.Status
OWNER = "benchmark@localhost"


def _owner() -> Any:
    return get_user_model().objects.get_or_create(
        email=OWNER, defaults={"is_active": False, "is_staff": False, "display_name": "benchmark"}
    )[0]


def compile_modules() -> None:
    """Python compiles a module once a machine and keeps it: no case shall pay for being the first."""
    import pipeline  # noqa: PLC0415

    for module in pkgutil.walk_packages(pipeline.__path__, "pipeline."):
        if ".migrations" not in module.name and ".assets" not in module.name:
            importlib.import_module(module.name)


def create() -> None:
    """The script step's result is put in its place; every other step is still to be done."""
    owner = _owner()
    project, _ = editing.create_project(
        creator_id=owner.pk,
        concept=render_film.CONCEPT,
        age_group=render_film.AGE_GROUP,
        source_notes=render_film.notes(),
        target_seconds=60,
    )
    with transaction.atomic():
        planned = next(one for one in plan(project).jobs if one.job.step == "script")
        run = StepRun.objects.create(
            project=project,
            step="script",
            fingerprint=planned.fingerprint,
            queue="text",
            inputs=dict(planned.job.inputs),
            output=render_film.script_facts(),
            status=StepRun.Status.SUCCEEDED,
            attempt=1,
            started_at=timezone.now(),
            finished_at=timezone.now(),
        )
        Scene.objects.bulk_create(
            Scene(
                project=project,
                script_run=run,
                position=draft.position,
                role=draft.role,
                lines=[dict(line) for line in draft.lines],
                on_screen_text=draft.on_screen_text,
                visual_description=draft.visual_description,
                visual_kind=draft.visual_kind,
                items=list(draft.items),
                pause_seconds=draft.pause_seconds,
            )
            for draft in render_film.drafts()
        )
    print(project.pk)


def work(project_id: UUID) -> None:
    """As `make_video` does: start a draft, make what edits have made stale, or find that all is there."""
    owner = _owner()
    project = ContentProject.objects.get(pk=project_id)
    before = set(StepRun.objects.filter(project=project, status="succeeded").values_list("pk", flat=True))
    with bell.muted():
        if project.status == Status.DRAFT:
            orchestration.start(project.pk, actor_id=owner.pk)
        elif project.status == Status.IN_REVIEW and not plan(project).is_complete:
            orchestration.rebuild(project.pk, actor_id=owner.pk)
        project = run_to_end(project_id, workers=settings.PIPELINE_PARALLEL)
    if project.status != Status.IN_REVIEW or not plan(project).is_complete:
        event = project.last_event
        sys.exit(f"the film was not made: {event.reason if event else project.status}")
    made = StepRun.objects.filter(project=project, status="succeeded").exclude(pk__in=before)
    print(json.dumps({str(run): run.seconds for run in made}))


def sentence(project_id: UUID) -> None:
    """Edits the last sentence of one scene, as the studio's page does."""
    script = plan(ContentProject.objects.get(pk=project_id)).script_run
    scene = Scene.objects.get(script_run=script, position=render_film.EDITED)
    lines = [str(line["text"]) for line in scene.lines]
    editing.edit_scene(
        project_id,
        render_film.EDITED,
        actor_id=_owner().pk,
        narration=" ".join([*lines[:-1], render_film.EDIT]),
    )
    work(project_id)


def picture(project_id: UUID) -> None:
    with bell.muted():
        orchestration.regenerate(project_id, position=render_film.EDITED, part="visual", actor_id=_owner().pk)
    work(project_id)


def files(project_id: UUID, folder: Path) -> None:
    """The film's files under their names, each scene's as `N-1080.mp4`, `N-still.jpg`; prints its facts."""
    present = plan(ContentProject.objects.get(pk=project_id))
    film = present.film_run
    if film is None or film.output is None:
        sys.exit("there is no film yet")
    wanted = dict(film.made)
    for planned in present.jobs:
        if planned.job.part == "scene" and planned.run is not None:
            for name in (*(f"{rung.name}.mp4" for rung in RUNGS), "still.jpg"):
                wanted[f"{planned.job.scene}-{name}"] = planned.run.made[name]
    for name, checksum in wanted.items():
        with storage.open_asset(checksum) as source, (folder / name).open("wb") as target:
            shutil.copyfileobj(source, target)
    print(json.dumps({key: film.output[key] for key in ("seconds", "frames", "timeline", "cues", "sizes")}))


def frames(project_id: UUID, target: Path) -> None:
    from pipeline.media.scene import SceneDrawing  # noqa: PLC0415 - no other verb draws by itself
    from pipeline.steps.compose_work import describe_scene  # noqa: PLC0415

    present = plan(ContentProject.objects.get(pk=project_id))
    inputs = {one.job.scene: one.job.inputs for one in present.jobs if one.job.part == "scene"}
    for line in sys.stdin:
        drawing = SceneDrawing(describe_scene(inputs[int(line)]))
        with target.open("wb") as file:
            for number in range(drawing.scene.frames):
                file.write(memoryview(drawing.draw(number).buffer).cast("B"))
        print(drawing.scene.frames, flush=True)


def main() -> None:
    verb, *rest = sys.argv[1:]
    match verb:
        case "compile":
            compile_modules()
        case "create":
            create()
        case "work":
            work(UUID(rest[0]))
        case "sentence":
            sentence(UUID(rest[0]))
        case "picture":
            picture(UUID(rest[0]))
        case "files":
            files(UUID(rest[0]), Path(rest[1]))
        case "frames":
            frames(UUID(rest[0]), Path(rest[1]))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
