"""What people do to a scene: its words, its takes. Each returns what to say."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import QueryDict

from pipeline import editing, orchestration, taking
from pipeline.models import ContentProject, Scene
from studio.auditing import audited
from studio.models import Creator


class Refused(Exception):
    """An act was refused: the HTTP status and the sentence to show. Nothing was changed."""

    def __init__(
        self, status: int, message: str, *, scene: Scene | None = None, findings: Sequence[str] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.findings = tuple(findings)  # what checks say of the text that was sent
        self.scene = scene  # as it stands now, where somebody else saved it meanwhile


def read_number(data: QueryDict, name: str) -> int:
    value = data.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 6):
        raise Refused(400, f"The form has no {name}. Load the page again.")
    return int(value)


def edit_scene(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position = read_number(data, "position")
    editing.edit_scene(
        project.pk,
        position,
        actor_id=user.pk,
        version=read_number(data, "version"),
        narration=data.get("narration"),
        on_screen_text=data.get("on_screen_text"),
        visual_description=data.get("visual_description"),
        visual_kind=data.get("visual_kind"),
    )
    return f"Scene {position + 1} is saved. Rebuild to hear and see it."


def regenerate(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position, part = read_number(data, "position"), data.get("part", "")
    orchestration.regenerate(project.pk, position=position, part=part, actor_id=user.pk)
    named = {"visual": "picture", "clip": "clip"}.get(part, "voice")
    return f"Scene {position + 1} gets another {named}."


def request_take(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position, part = read_number(data, "position"), data.get("part", "")
    with audited(project.pk, "request_take"):
        taking.request_take(project.pk, position=position, part=part, actor_id=user.pk)
    named = "picture" if part == "visual" else "voice take"
    return f"Scene {position + 1} gets another {named}. The present one stays until you choose."


def choose_take(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position = read_number(data, "position")
    take = read_number(data, "take")
    version = read_number(data, "version")
    with audited(project.pk, "choose_take"):
        taking.choose_take(
            *(project.pk, position), part=data.get("part", ""), take=take, actor_id=user.pk, version=version
        )
    return (
        f"Scene {position + 1} uses take {take + 1} now. Rebuild joins the film anew; nothing is paid again."
    )


def drop_take(project: ContentProject, user: Creator, data: QueryDict) -> str:
    position, take = read_number(data, "position"), read_number(data, "take")
    with audited(project.pk, "drop_take"):
        taking.drop_take(project.pk, position, part=data.get("part", ""), take=take, actor_id=user.pk)
    return f"Take {take + 1} is not asked for any more."
