"""Two marks on a scene's words: a sentence that stays as it is, and a word that is spoken otherwise."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pipeline.editing import EditRefused, clean_text, open_scene
from pipeline.models import Scene
from pipeline.steps.saying import EDGES

WORD_LIMIT, SPOKEN_LIMIT = 40, 80
MOST_WORDS = 20


def keep_sentence(project_id: UUID, position: int, *, sentence: str, is_kept: bool, actor_id: Any) -> Scene:
    """Let a sentence stay as it is, or give it free again. The film does not change by it.

    Raises NotEditable, EditRefused, Scene.DoesNotExist.
    """
    with open_scene(project_id, position) as (project, _, scene):
        if is_kept and sentence not in [str(line["text"]) for line in scene.lines]:
            raise EditRefused(
                "sentence-unknown", "sentence", "The scene does not say this sentence any more."
            )
        kept = [one for one in scene.kept if one != sentence] + ([sentence] if is_kept else [])
        if kept != scene.kept and (sentence in scene.kept) != is_kept:
            scene.kept = kept
            scene.save(update_fields=["kept"])
            reason = "creator:sentence-kept" if is_kept else "creator:sentence-freed"
            project.note(reason, actor_id=actor_id, details={"scene": position, "sentence": sentence})
    return scene


def say_word_as(
    project_id: UUID, position: int, *, written: str, spoken: str, actor_id: Any, version: int | None = None
) -> Scene:
    """Have a word of the scene spoken as `spoken`; "" has it spoken as it is written. Only the voice changes.

    Raises NotEditable, EditRefused, SceneConflict, Scene.DoesNotExist.
    """
    with open_scene(project_id, position, version=version) as (project, _, scene):
        word = clean_text(written, "written", WORD_LIMIT)
        bare = EDGES.match(word)[2]  # type: ignore[index] # it matches every text
        narrated = {EDGES.match(one)[2].casefold() for one in scene.narration.split()}  # type: ignore[index]
        if not bare or len(word.split()) > 1:
            raise EditRefused(
                "word-not-one", "written", "Name one word; each word can be given its own sound."
            )
        if bare.casefold() not in narrated:
            raise EditRefused("word-unknown", "written", f"The scene does not say “{bare}”.")
        said = dict(scene.say_as)
        said.pop(bare, None)
        if spoken.strip():
            said[bare] = clean_text(spoken, "spoken", SPOKEN_LIMIT)
            if not any(character.isalnum() for character in said[bare]):
                raise EditRefused("text-empty", "spoken", "Write how the word sounds, in letters.")
        if len(said) > MOST_WORDS:
            raise EditRefused("words-too-many", "written", f"A scene has at most {MOST_WORDS} such words.")
        if said != scene.say_as:
            before = scene.say_as
            scene.say_as, scene.version = said, scene.version + 1
            scene.save(update_fields=["say_as", "version"])
            details = {"before": {"say_as": before}, "after": {"say_as": said}, "key": scene.number}
            project.note(
                "creator:word-said",
                actor_id=actor_id,
                details={"scene": position, "authored": True} | details,
            )
    return scene
