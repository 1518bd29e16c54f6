"""What people do to the order of scenes, and to words that stay or sound otherwise; each says what it did."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.http import QueryDict

from pipeline import arranging, scene_words, undoing
from pipeline.models import ContentProject
from studio.admin.scene_acts import Refused, read_number
from studio.admin.wording import name_reason
from studio.auditing import audited
from studio.models import Creator
from studio.rearranging import follow_scenes

FREE = "Pictures and voices go along; nothing of them is paid again."


class _Edit:
    """The edit of one form; what points at scenes by their place follows it."""

    def __init__(self, project_id: UUID) -> None:
        self._project_id = project_id

    def follow(self, done: arranging.Arranged | undoing.Undone) -> None:
        follow_scenes(self._project_id, done.moved)


@contextmanager
def _edited(project: ContentProject, verb: str) -> Iterator[_Edit]:
    with audited(project.pk, verb):
        yield _Edit(project.pk)


def move_scene(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position, version, to = (
        read_number(data, "position"),
        read_number(data, "version"),
        read_number(data, "to"),
    )
    with _edited(project, "move_scene") as edit:
        edit.follow(arranging.move_scene(project.pk, position, to=to, actor_id=user.pk, version=version))
    return f"Scene {position + 1} is scene {to + 1} now. {FREE}"


def split_scene(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position, version = read_number(data, "position"), read_number(data, "version")
    line = read_number(data, "after_line")
    with _edited(project, "split_scene") as edit:
        edit.follow(
            arranging.split_scene(project.pk, position, after_line=line, actor_id=user.pk, version=version)
        )
    return f"Scene {position + 1} is two scenes now. The first keeps the picture."


def merge_scenes(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position, version = read_number(data, "position"), read_number(data, "version")
    with _edited(project, "merge_scenes") as edit:
        edit.follow(arranging.merge_scenes(project.pk, position, actor_id=user.pk, version=version))
    return f"Scenes {position + 1} and {position + 2} are one now, with the first one's picture."


def add_scene(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position, version = read_number(data, "position"), read_number(data, "version")
    with _edited(project, "add_scene") as edit:
        edit.follow(
            arranging.add_scene(
                project.pk,
                position,
                narration=data.get("new_narration", ""),
                on_screen_text=data.get("new_on_screen_text", ""),
                actor_id=user.pk,
                version=version,
            )
        )
    return f"There is a new scene {position + 2}. Rebuild to hear and see it."


def remove_scene(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position, version = read_number(data, "position"), read_number(data, "version")
    with _edited(project, "remove_scene") as edit:
        edit.follow(arranging.remove_scene(project.pk, position, actor_id=user.pk, version=version))
    return f"Scene {position + 1} is out of the film. Undo brings it back with all that was made for it."


def undo_edit(project: ContentProject, user: Creator, data: QueryDict) -> str:
    event = data.get("event", "")
    if not (event.isascii() and event.isdigit() and len(event) < 19):
        raise Refused(400, "The form has no event. Load the page again.")
    with _edited(project, "undo_edit") as edit:
        undone = undoing.undo_edit(project.pk, event_id=int(event), actor_id=user.pk)
        edit.follow(undone)
    return f"Undone: {name_reason(undone.event.reason).lower()}."


def keep_sentence(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position, is_kept = read_number(data, "position"), data.get("keep") == "1"
    with audited(project.pk, "keep_sentence" if is_kept else "free_sentence"):
        scene_words.keep_sentence(
            project.pk, position, sentence=data.get("sentence", ""), is_kept=is_kept, actor_id=user.pk
        )
    return "This sentence stays as it is now." if is_kept else "This sentence can be changed again."


def say_word_as(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position, version = read_number(data, "position"), read_number(data, "version")
    written, spoken = data.get("written", ""), data.get("spoken", "")
    with audited(project.pk, "say_word_as"):
        scene_words.say_word_as(
            project.pk, position, written=written, spoken=spoken, actor_id=user.pk, version=version
        )
    if not spoken.strip():
        return f"“{written.strip()}” is said as it is written."
    return f"“{written.strip()}” is said “{spoken.strip()}”. Rebuild to hear it."
