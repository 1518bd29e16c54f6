"""Scenes as plain values, so that an edit can be undone and a version put back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F

from pipeline.models import ContentProject, Scene, StepRun

Row = dict[str, Any]
COLUMNS = (
    "role",
    "lines",
    "on_screen_text",
    "visual_description",
    "visual_kind",
    "items",
    "pause_seconds",
    "visual_take",
    "voice_take",
    "clip_take",
    "takes",
    "say_as",
    "kept",
    "own",
)


def row_of(scene: Scene) -> Row:
    """Everything a person or the script step has decided about a scene, with its own number, as JSON."""
    return {"key": scene.number} | {name: getattr(scene, name) for name in COLUMNS}


def next_key(project: ContentProject, script: StepRun) -> int:
    """A number that no scene of this script ever had: what was made for a removed one stays its own."""
    kept = Scene.objects.filter(script_run=script)
    known = [scene.number for scene in kept]
    seen = StepRun.objects.filter(project=project).exclude(scene=None)
    known += [
        int(key if key is not None else scene or 0) for key, scene in seen.values_list("scene_key", "scene")
    ]
    for rows in project.events.filter(details__has_key="rows").values_list("details__rows", flat=True):
        known += [int(row["key"]) for side in ("before", "after") for row in rows.get(side) or ()]
    return max(known, default=-1) + 1


def put_rows(project: ContentProject, script: StepRun, rows: Sequence[Mapping[str, Any]]) -> list[Scene]:
    """Make the scenes of a script exactly these, in this order. The caller holds the project's lock.

    Every scene gets a new version: a form that was open before names a place that may be another's now.
    """
    present = {scene.number: scene for scene in Scene.objects.filter(script_run=script)}
    version = max((scene.version for scene in present.values()), default=0) + 1
    wanted = [int(row["key"]) for row in rows]
    Scene.objects.filter(script_run=script).exclude(
        pk__in=[scene.pk for key, scene in present.items() if key in wanted]
    ).delete()
    # Out of the way first: a position is unique at every moment.
    Scene.objects.filter(script_run=script).update(position=-1 - F("position"), key=None)
    made = []
    for position, row in enumerate(rows):
        key = int(row["key"])
        scene = present.get(key) or Scene(project=project, script_run=script)
        scene.position, scene.key, scene.version = position, key, version
        for name in COLUMNS:
            if name in row:
                setattr(scene, name, row[name])
        scene.save()
        made.append(scene)
    return made


def map_places(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> dict[int, int | None]:
    """Where each scene stands now, by where it stood; None: it is gone. Unmoved ones are left out."""
    places = {int(row["key"]): place for place, row in enumerate(after)}
    moved = {place: places.get(int(row["key"])) for place, row in enumerate(before)}
    return {old: new for old, new in moved.items() if old != new}
