"""Move, split, merge, add and remove scenes. What was made for a scene goes along: nothing is paid twice.

Each edit writes the scenes before and after it into its event, which is what `undoing` puts back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from pipeline.author.phrases import key_phrase
from pipeline.editing import (
    NARRATION_LIMIT,
    ON_SCREEN_LIMIT,
    EditRefused,
    SceneConflict,
    clean_text,
    kept_refusal,
    open_project,
)
from pipeline.models import ContentProject, Scene, StepRun
from pipeline.planning import plan
from pipeline.quality.audience import audience
from pipeline.quality.notes import split
from pipeline.scene_rows import Row, map_places, next_key, put_rows, row_of

FEWEST, MOST = 3, 20  # scenes of a film: an opening, something to say, a recap; more cannot be followed


@dataclass(frozen=True)
class Arranged:
    """The scenes as they stand now; `moved`: old place → new place, None for a scene that is gone;
    `place`: of the scene that the edit was about."""

    scenes: tuple[Scene, ...]
    moved: dict[int, int | None] = field(default_factory=dict)
    place: int = 0


@dataclass(frozen=True)
class _Script:
    project: ContentProject
    run: StepRun
    rows: tuple[Row, ...]

    def new_row(self, lines: Sequence[dict[str, Any]], *, on_screen_text: str, description: str) -> Row:
        """A scene that shows its words; its picture can be chosen afterwards."""
        return {
            "key": next_key(self.project, self.run),
            "role": "scene",
            "lines": list(lines),
            "on_screen_text": on_screen_text,
            "visual_description": description,
            "visual_kind": "statement",
            "items": [],
            "pause_seconds": 0.0,
            "visual_take": 0,
            "voice_take": 0,
            "clip_take": 0,
            "takes": [],
            "say_as": {},
            "kept": [],
            "own": {},
        }

    def headline(self, sentence: str) -> str:
        most = audience(self.project.age_group).on_screen_words
        found = key_phrase(sentence, topic=self.project.title or self.project.concept_prompt, most_words=most)
        return found[:ON_SCREEN_LIMIT]


def move_scene(
    project_id: UUID, position: int, *, to: int, actor_id: Any, version: int | None = None
) -> Arranged:
    """Put a scene to another place, from 0.

    Raises NotEditable, EditRefused, SceneConflict, Scene.DoesNotExist.
    """

    def move(script: _Script) -> tuple[list[Row], int]:
        rows = list(script.rows)
        _check_movable(rows, position)
        if not 0 < to < len(rows) - 1:
            raise EditRefused(
                "scene-fixed",
                "to",
                "The opening stays first and the recap last. Choose a place between them.",
            )
        rows.insert(to, rows.pop(position))
        return rows, to

    return _arrange(
        project_id, position, move, reason="creator:scene-moved", actor_id=actor_id, version=version
    )


def split_scene(
    project_id: UUID, position: int, *, after_line: int, actor_id: Any, version: int | None = None
) -> Arranged:
    """Make two scenes of one, after its sentence number `after_line` (from 0). The first keeps the picture.

    Raises NotEditable, EditRefused, SceneConflict, Scene.DoesNotExist.
    """

    def cut(script: _Script) -> tuple[list[Row], int]:
        rows = list(script.rows)
        row = rows[position]
        _check_movable(rows, position)
        first, second = row["lines"][: after_line + 1], row["lines"][after_line + 1 :]
        if after_line < 0 or not first or not second:
            raise EditRefused("split-unknown", "after_line", "A scene is split between two of its sentences.")
        if row["role"] != "scene":
            raise EditRefused("scene-fixed", "position", "Only a scene that tells something can be split.")
        text = str(second[0]["text"])
        told = [str(line["text"]) for line in second]
        new = script.new_row(second, on_screen_text=script.headline(text), description=text)
        new |= {"pause_seconds": row["pause_seconds"], "say_as": dict(row["say_as"])}
        new["kept"] = [text for text in row["kept"] if text in told]
        kept = [text for text in row["kept"] if text not in told]
        rows[position] = {**row, "lines": first, "pause_seconds": 0.0, "kept": kept}
        rows.insert(position + 1, new)
        return rows, position

    return _arrange(
        project_id, position, cut, reason="creator:scene-split", actor_id=actor_id, version=version
    )


def merge_scenes(project_id: UUID, position: int, *, actor_id: Any, version: int | None = None) -> Arranged:
    """Make one scene of this and the next. This one's picture and headline stay.

    Raises NotEditable, EditRefused, SceneConflict, Scene.DoesNotExist.
    """

    def join(script: _Script) -> tuple[list[Row], int]:
        rows = list(script.rows)
        row = rows[position]
        following = rows[position + 1] if position + 1 < len(rows) else None
        if following is None or (row["role"], following["role"]) != ("scene", "scene"):
            raise EditRefused(
                "merge-unknown",
                "position",
                "Two scenes that follow each other can be merged; opening, thinking moment and recap stay"
                " alone.",
            )
        lines = [*row["lines"], *following["lines"]]
        _check_length(lines)
        _check_count(len(rows) - 1)
        rows[position] = {
            **row,
            "lines": lines,
            "pause_seconds": max(row["pause_seconds"], following["pause_seconds"]),
            "say_as": {**following["say_as"], **row["say_as"]},
            "kept": [*row["kept"], *following["kept"]],
        }
        del rows[position + 1]
        return rows, position

    return _arrange(
        project_id, position, join, reason="creator:scenes-merged", actor_id=actor_id, version=version
    )


def add_scene(
    project_id: UUID,
    position: int,
    *,
    narration: str,
    on_screen_text: str = "",
    visual_description: str = "",
    actor_id: Any,
    version: int | None = None,
) -> Arranged:
    """A new scene after this one. Without a headline of its own it takes the phrase that says most.

    Raises NotEditable, EditRefused, SceneConflict, Scene.DoesNotExist.
    """

    def insert(script: _Script) -> tuple[list[Row], int]:
        rows = list(script.rows)
        if position >= len(rows) - 1:
            raise EditRefused("scene-fixed", "position", "The recap stays last. Add the scene before it.")
        told = clean_text(narration, "narration", NARRATION_LIMIT)
        texts = [sentence.text for sentence in split(told)] or [told]
        shown = on_screen_text.strip() or script.headline(texts[0])
        new = script.new_row(
            [{"text": text, "sources": []} for text in texts],
            on_screen_text=clean_text(shown, "on_screen_text", ON_SCREEN_LIMIT),
            description=clean_text(
                visual_description.strip() or texts[0], "visual_description", NARRATION_LIMIT
            ),
        )
        _check_count(len(rows) + 1)
        rows.insert(position + 1, new)
        return rows, position + 1

    return _arrange(
        project_id, position, insert, reason="creator:scene-added", actor_id=actor_id, version=version
    )


def remove_scene(project_id: UUID, position: int, *, actor_id: Any, version: int | None = None) -> Arranged:
    """Take a scene out of the film; its event keeps it. Raises NotEditable, EditRefused, SceneConflict,
    Scene.DoesNotExist."""

    def take_out(script: _Script) -> tuple[list[Row], int]:
        rows = list(script.rows)
        _check_movable(rows, position)
        if rows[position]["kept"]:
            raise kept_refusal(rows[position]["kept"][0], "position")
        _check_count(len(rows) - 1)
        del rows[position]
        return rows, min(position, len(rows) - 1)

    return _arrange(
        project_id, position, take_out, reason="creator:scene-removed", actor_id=actor_id, version=version
    )


# --------------------------------------------------------------------------- what all of them do


def _arrange(
    project_id: UUID,
    position: int,
    edit: Callable[[_Script], tuple[list[Row], int]],
    *,
    reason: str,
    actor_id: Any,
    version: int | None,
) -> Arranged:
    with transaction.atomic():
        project = open_project(project_id, "Scenes can be arranged")
        run = plan(project).script_run
        scenes = list(Scene.objects.select_for_update().filter(script_run=run))
        if run is None or not 0 <= position < len(scenes):
            raise Scene.DoesNotExist
        if version is not None and scenes[position].version != version:
            raise SceneConflict(scenes[position])
        before = [row_of(scene) for scene in scenes]
        after, place = edit(_Script(project, run, tuple(before)))
        if after == before:
            return Arranged(tuple(scenes), place=place)
        made = put_rows(project, run, after)
        rows = {"before": before, "after": after}
        project.note(
            reason,
            actor_id=actor_id,
            details={"scene": position, "to": place, "rows": rows, "authored": True},
        )
    return Arranged(tuple(made), map_places(before, after), place)


def _check_movable(rows: Sequence[Row], position: int) -> None:
    if not 0 < position < len(rows) - 1:
        raise EditRefused(
            "scene-fixed", "position", "The opening stays first and the recap last; only their texts change."
        )


def _check_length(lines: Sequence[dict[str, Any]]) -> None:
    length = len(" ".join(str(line["text"]) for line in lines))
    if length > NARRATION_LIMIT:
        raise EditRefused(
            "text-too-long",
            "position",
            f"Together they have {length} characters; {NARRATION_LIMIT} are allowed in a scene.",
        )


def _check_count(scenes: int) -> None:
    if scenes < FEWEST:
        raise EditRefused("scenes-too-few", "position", f"A film has {FEWEST} scenes and more.")
    if scenes > MOST:
        raise EditRefused("scenes-too-many", "position", f"A film has at most {MOST} scenes.")
