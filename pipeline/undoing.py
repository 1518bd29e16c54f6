"""Undo the last edit of scenes or questions, and the one before, while nobody has changed the same since.

An edit's event holds what was there before. Undoing is an edit of its own: nothing is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from pipeline.editing import EditRefused, open_project
from pipeline.models import ContentProject, ProjectEvent, Scene, StepRun
from pipeline.planning import plan
from pipeline.scene_rows import Row, map_places, put_rows, row_of

ARRANGED = frozenset(
    {
        "creator:scene-moved",
        "creator:scene-split",
        "creator:scenes-merged",
        "creator:scene-added",
        "creator:scene-removed",
        "creator:version-restored",
    }
)
WORDED = frozenset({"creator:scene-edited", "creator:word-said", "creator:own-media"})
QUESTIONS = "creator:questions-edited"
UNDONE = "creator:undone"
LOOKED_AT = 60  # events of edits, newest first


@dataclass(frozen=True)
class Undone:
    """What was undone: its event, and where scenes stand now by where they stood."""

    event: ProjectEvent
    moved: Mapping[int, int | None]


def find_undoable(project: ContentProject) -> ProjectEvent | None:
    """The newest edit that is not undone yet; one query."""
    edits = project.events.filter(reason__in=[*ARRANGED, *WORDED, QUESTIONS, UNDONE]).order_by("-id")
    undone: set[int] = set()
    for event in edits[:LOOKED_AT]:
        if event.reason == UNDONE:
            undone.add(int(event.details["undoes"]))
        elif event.pk not in undone:
            is_known = "rows" in event.details or "key" in event.details or event.reason == QUESTIONS
            return event if is_known else None
    return None


def undo_edit(project_id: UUID, *, event_id: int, actor_id: Any) -> Undone:
    """Put back what the edit found. `event_id` is the edit that the person saw: another one is a conflict.

    Raises NotEditable, EditRefused ("undo-too-late").
    """
    with transaction.atomic():
        project = open_project(project_id, "Edits can be undone")
        event = find_undoable(project)
        if event is None or event.pk != event_id:
            raise _too_late()
        script = plan(project).script_run
        details: dict[str, Any] = {"undoes": event.pk, "authored": True}
        moved: Mapping[int, int | None] = {}
        if event.reason == QUESTIONS or "questions" in event.details:
            details["questions"] = _put_questions_back(project, event)
        if "rows" in event.details and script is not None:
            details["rows"], moved = _put_scenes_back(project, script, event)
        elif event.reason in WORDED:
            details |= _put_words_back(script, event)
        project.note(UNDONE, actor_id=actor_id, details=details)
    return Undone(event, moved)


def _put_questions_back(project: ContentProject, event: ProjectEvent) -> dict[str, Any]:
    said = event.details["questions"]
    if project.own_questions != said["after"]:
        raise _too_late()
    project.own_questions = said["before"]
    project.save(update_fields=["own_questions"])
    return {"before": said["after"], "after": said["before"]}


def _put_words_back(script: StepRun | None, event: ProjectEvent) -> dict[str, Any]:
    before, after, key = (event.details[name] for name in ("before", "after", "key"))
    scenes = Scene.objects.select_for_update().filter(script_run=script)
    scene = next((one for one in scenes if one.number == key), None)
    if scene is None or any(getattr(scene, name) != value for name, value in after.items()):
        raise _too_late()
    for name, value in before.items():
        setattr(scene, name, value)
    scene.version += 1
    scene.save(update_fields=[*before, "version"])
    return {"scene": scene.position, "key": key, "before": after, "after": before}


def _put_scenes_back(
    project: ContentProject, script: StepRun, event: ProjectEvent
) -> tuple[dict[str, list[Row]], Mapping[int, int | None]]:
    """The former order; a scene that the edit did not touch keeps what was written into it since."""
    scenes = list(Scene.objects.select_for_update().filter(script_run=script))
    present = [row_of(scene) for scene in scenes]
    before, after = ({row["key"]: row for row in event.details["rows"][side]} for side in ("before", "after"))
    if [row["key"] for row in present] != list(after):
        raise _too_late()
    now = {row["key"]: row for row in present}
    for key, row in after.items():
        if before.get(key) != row and now[key] != row:
            raise _too_late()
    rows = [now[key] if after.get(key) == row else row for key, row in before.items()]
    put_rows(project, script, rows)
    return {"before": present, "after": rows}, map_places(present, rows)


def _too_late() -> EditRefused:
    return EditRefused(
        "undo-too-late",
        "event",
        "This was changed again since, and is not undone, so that nothing newer is lost. Change it by hand,"
        " or go back to a whole version.",
    )
