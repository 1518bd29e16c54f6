"""Takes of a scene's picture or voice side by side: ask for one, choose one, give one up.

The scene lists the takes that were asked for and names the chosen one. The plan makes all of them, the film
uses the chosen one; an earlier take is found by its fingerprint, so choosing it costs nothing.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from pipeline import bell
from pipeline.editing import EditRefused, open_scene
from pipeline.models import ContentProject, Scene, StepRun
from pipeline.orchestration import NotPossible, estimate_of, revive
from pipeline.planning import STEP_OF_PART, plan

Status = ContentProject.Status


def request_take(project_id: UUID, *, position: int, part: str, actor_id: Any) -> int:
    """Ask for another take beside the chosen one, which stays the film's; returns its number.

    Raises NotPossible. Nothing of the film changes until somebody chooses the take.
    """
    if part not in STEP_OF_PART:
        raise NotPossible("part-unknown", "Takes can be compared of two parts: visual and voice.")
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        if project.status not in {Status.NEEDS_ATTENTION, Status.IN_REVIEW}:
            raise NotPossible(
                "status-not-possible",
                f"A project that is {project.get_status_display().lower()} cannot be changed.",
            )
        script = plan(project).script_run
        scene = Scene.objects.select_for_update().filter(script_run=script, position=position).first()
        if scene is None:
            raise NotPossible("scene-unknown", f"There is no scene {position + 1} in this film.")
        known = [int(one["take"]) for one in scene.takes if one["part"] == part]
        number = max([scene.chosen(part), *known]) + 1
        scene.takes = [*scene.takes, {"part": part, "take": number, "about": scene.about(part)}]
        scene.save(update_fields=["takes"])
        project.move(
            Status.GENERATING,
            actor_id=actor_id,
            reason=f"creator:take-asked-{part}",
            details={"scene": position, "take": number, **estimate_of(project)},
        )
        revive(plan(project))
        bell.ring_advance(project.pk)
    return number


def choose_take(
    project_id: UUID, position: int, *, part: str, take: int, actor_id: Any, version: int | None = None
) -> Scene:
    """Let the film use another take that is made already: nothing is paid again.

    Raises NotEditable, EditRefused, SceneConflict, Scene.DoesNotExist.
    """
    opened = open_scene(project_id, position, version=version, what="Takes can be chosen")
    with opened as (project, present, scene):
        made = {
            one.number
            for one in present.takes
            if (one.part, one.scene) == (part, position)
            and one.run is not None
            and one.run.status == StepRun.Status.SUCCEEDED
        }
        if take not in made:
            raise EditRefused("take-unknown", "take", "This take is not made. Choose another one.")
        former = scene.chosen(part)
        if former == take:
            return scene
        kept = {"part": part, "take": former, "about": scene.about(part)}
        # A former take that was never made for these words is not asked for: it would be paid for unseen.
        takes = [*scene.takes, *([kept] if former in made and kept not in scene.takes else [])]
        column = "visual_take" if part == "visual" else "voice_take"
        Scene.objects.filter(pk=scene.pk).update(**{column: take}, takes=takes, version=F("version") + 1)
        project.note(
            "creator:take-chosen",
            actor_id=actor_id,
            details={
                "scene": position,
                "before": {column: former},
                "after": {column: take},
                "authored": True,
            },
        )
        scene.refresh_from_db()
    return scene


def drop_take(project_id: UUID, position: int, *, part: str, take: int, actor_id: Any) -> Scene:
    """Ask no more for a take that is not chosen, so that its failure holds nothing up. Raises NotEditable."""
    with open_scene(project_id, position, what="Takes can be dropped") as (project, _, scene):
        left = [one for one in scene.takes if (one["part"], int(one["take"])) != (part, take)]
        files = {name: dict(given) for name, given in scene.own.items()}
        if take != scene.chosen(part):
            files.get(part, {}).pop(str(take), None)
        if (left, files) != (scene.takes, scene.own):
            scene.takes, scene.own = left, files
            scene.save(update_fields=["takes", "own"])
            project.note(
                "creator:take-dropped",
                actor_id=actor_id,
                details={"scene": position, "part": part, "take": take},
            )
    return scene
