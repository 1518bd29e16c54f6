"""A person's own picture or recording for a scene: looked at, written anew, and used as a take.

The file is decoded and encoded again before it is stored (`media.pictures`, `media.recordings`); of what was
sent, only pixels and samples remain. It stands beside the machine's takes, and going back to one is free.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from pipeline import storage
from pipeline.editing import EditRefused, check_editable, clean_text, open_scene
from pipeline.media.ffmpeg import MediaRefused
from pipeline.media.pictures import import_picture
from pipeline.media.recordings import import_recording
from pipeline.models import ContentProject, Scene
from pipeline.steps.base import MadeFile
from pipeline.steps.own_media import PICTURE, RECORDING

MOST_PIXELS = 25_000_000  # less than of a vendor: anybody who may edit can send one
MOST_BYTES = 10_000_000  # of a file that comes through a page; nginx takes a little more
LICENCES: dict[str, str] = {
    "own": "Own work",
    "cc0": "CC0 or public domain",
    "cc-by": "CC BY 4.0",
    "cc-by-sa": "CC BY-SA 4.0",
    "permission": "Used by permission",
}
NEEDS_SOURCE = frozenset({"cc-by", "cc-by-sa", "permission"})
SOURCE_LIMIT = 200
SHORTEST_SIDE = 360  # pixels: a third of the frame's width; smaller ones are a blur on a phone
SECONDS_A_WORD = (0.12, 3.0)


def use_own_picture(
    project_id: UUID,
    position: int,
    *,
    sent: Path,
    licence: str,
    source: str = "",
    actor_id: Any,
    version: int | None = None,
) -> Scene:
    """Show a picture that a person sent. Raises MediaRefused (`creator:picture-…`), NotEditable, EditRefused,
    SceneConflict, Scene.DoesNotExist; then nothing is stored."""

    def take_in(scene: Scene, folder: Path) -> MadeFile:
        target = folder / PICTURE
        width, height = import_picture(sent, target, most_pixels=MOST_PIXELS)
        if min(width, height) < SHORTEST_SIDE:
            raise MediaRefused(
                "creator:picture-too-small",
                f"The picture is {width} × {height}; both sides need {SHORTEST_SIDE} pixels and more.",
            )
        return MadeFile(PICTURE, target, "picture", width=width, height=height)

    return _use(
        *(project_id, position, "visual", take_in),
        licence=licence,
        source=source,
        actor_id=actor_id,
        version=version,
    )


def use_own_recording(
    project_id: UUID,
    position: int,
    *,
    sent: Path,
    licence: str,
    source: str = "",
    actor_id: Any,
    version: int | None = None,
) -> Scene:
    """Let a scene be heard as a person has spoken it. It holds for the words as they stand.

    Raises MediaRefused (`creator:sound-…`), NotEditable, EditRefused, SceneConflict, Scene.DoesNotExist.
    """

    def take_in(scene: Scene, folder: Path) -> MadeFile:
        target = folder / RECORDING
        seconds = import_recording(sent, target)
        words = len(scene.narration.split())
        shortest, longest = (words * one for one in SECONDS_A_WORD)
        if not shortest <= seconds <= longest:
            raise MediaRefused(
                "creator:sound-length",
                f"The recording has {seconds:.1f} s for {words} words; {shortest:.1f} to {longest:.1f} s"
                " would fit."
                " Record exactly what the scene says.",
            )
        return MadeFile(RECORDING, target, "speech", seconds=seconds)

    return _use(
        *(project_id, position, "voice", take_in),
        licence=licence,
        source=source,
        actor_id=actor_id,
        version=version,
    )


def _use(
    project_id: UUID,
    position: int,
    part: str,
    take_in: Callable[[Scene, Path], MadeFile],
    *,
    licence: str,
    source: str,
    actor_id: Any,
    version: int | None,
) -> Scene:
    """Decoding takes seconds: it is done before the project is locked, and what is stored by then is only
    bytes that nobody names."""
    stated = _check_licence(licence, source)
    check_editable(ContentProject.objects.get(pk=project_id), "Files can be used")
    with open_scene(project_id, position, version=version) as (_, _, scene):
        seen = scene
    settings.WORK_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="own-", dir=settings.WORK_DIR) as folder:
        [kept] = storage.keep([take_in(seen, Path(folder))])
    with open_scene(project_id, position, version=seen.version) as (project, _, scene):
        column = "visual_take" if part == "visual" else "voice_take"
        own, takes = dict(scene.own), list(scene.takes)
        files = dict(own.get(part) or {})
        used = [
            scene.chosen(part),
            *map(int, files),
            *(int(one["take"]) for one in takes if one["part"] == part),
        ]
        number = max(used) + 1
        files[str(number)] = {"file": kept.checksum, "about": scene.about(part), **stated}
        own[part] = files
        former = {"part": part, "take": scene.chosen(part), "about": scene.about(part)}
        after = {"own": own, "takes": [*takes, *([former] if former not in takes else [])], column: number}
        before = {name: getattr(scene, name) for name in after}
        for name, value in after.items():
            setattr(scene, name, value)
        scene.version += 1
        scene.save(update_fields=[*after, "version"])
        project.note(
            "creator:own-media",
            actor_id=actor_id,
            details={"scene": position, "key": scene.number, "part": part, "authored": True, **stated}
            | {"before": before, "after": after},
        )
    return scene


def _check_licence(licence: str, source: str) -> dict[str, str]:
    """What is stated of the rights. Raises EditRefused."""
    if licence not in LICENCES:
        raise EditRefused("licence-required", "licence", "Say what allows you to use this file in a film.")
    if licence in NEEDS_SOURCE and not source.strip():
        raise EditRefused(
            "source-required", "source", "Name who made it, or where it is from: the film names it."
        )
    said = clean_text(source, "source", SOURCE_LIMIT) if source.strip() else ""
    return {"licence": LICENCES[licence], "source": said}
