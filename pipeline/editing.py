"""What a creator may change between runs: the brief, a scene. The plan finds out what that makes stale."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from pipeline import providers
from pipeline.author.shelf import find_material
from pipeline.estimates import estimate_missing
from pipeline.models import ContentProject, Scene
from pipeline.planning import Plan, plan
from pipeline.providers.kinds import Misfit, read_content
from pipeline.quality.findings import Finding
from pipeline.quality.notes import check_brief, check_phrases, find_named, split
from pipeline.steps.base import canonical_json

Status = ContentProject.Status
EDITABLE = frozenset({Status.NEEDS_ATTENTION, Status.IN_REVIEW})
ON_SCREEN_LIMIT = 60
NARRATION_LIMIT = 600


class BriefRefused(Exception):
    """The brief cannot become a film; `findings` say what is wrong and what to do. Nothing was written."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings[0].message)
        self.findings = tuple(findings)
        self.code = findings[0].code
        self.message = findings[0].message


class IdempotencyConflict(Exception):
    """The same client-made id came with another body."""

    code = "idempotency-conflict"


class NotEditable(Exception):
    """The project's status does not allow the edit."""

    code = "status-not-possible"


class EditRefused(Exception):
    """The new text cannot be used; `field` names it."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code, self.field, self.message = code, field, message


class SceneConflict(Exception):
    """Somebody else saved the scene meanwhile; `scene` is how it stands now."""

    code = "scene-conflict"

    def __init__(self, scene: Scene) -> None:
        super().__init__("Somebody else saved this scene meanwhile. Compare both texts and save again.")
        self.scene = scene


@dataclass(frozen=True)
class Estimate:
    """What a film will take before anything is paid: US dollars (None: nobody knows), seconds of waiting."""

    cost: Decimal | None
    seconds: float


def create_project(
    *,
    creator_id: Any,
    concept: str,
    age_group: str,
    source_notes: str = "",
    target_seconds: int = 70,
    language: str = "en",
    visual_style: str = "auto",
    voice: str = "",
    must_say: Sequence[str] = (),
    must_not_say: Sequence[str] = (),
    burned_captions: bool = True,
    request_id: UUID | None = None,
) -> tuple[ContentProject, bool]:
    """A draft, and whether this call made it. A repeated `request_id` finds the first one.

    Raises BriefRefused and IdempotencyConflict. Without notes, the shelf's checked notes are taken.
    """
    fields: dict[str, Any] = {
        "concept_prompt": concept.strip(),
        "age_group": age_group,
        "source_notes": source_notes,
        "target_seconds": target_seconds,
        "language": language,
        "visual_config": {"style": visual_style},
        "voice": voice,
        "must_say": list(must_say),
        "must_not_say": list(must_not_say),
        "burned_captions": burned_captions,
    }
    body = hashlib.sha256(canonical_json(fields).encode()).hexdigest()
    earlier = _earlier(creator_id, request_id, body)
    if earlier is not None:
        return earlier, False
    material, origin = find_material(concept, source_notes)
    if origin == "shelf":
        fields |= {"source_notes": material, "notes_origin": origin}
    _check(fields)
    try:
        with transaction.atomic():
            project = ContentProject.objects.create(
                creator_id=creator_id,
                status=Status.DRAFT,
                request_id=request_id,
                request_fingerprint=body,
                updated_at=timezone.now(),
                **fields,
            )
            project.note("creator:created", actor_id=creator_id)
    except IntegrityError:
        earlier = _earlier(creator_id, request_id, body)  # the same request, at the same moment
        if earlier is None:
            raise
        return earlier, False
    return project, True


def _earlier(creator_id: Any, request_id: UUID | None, body: str) -> ContentProject | None:
    if request_id is None:
        return None
    project = ContentProject.objects.filter(creator_id=creator_id, request_id=request_id).first()
    if project is not None and project.request_fingerprint != body:
        raise IdempotencyConflict("This request_id was used for another brief. Make a new one.")
    return project


def _check(fields: dict[str, Any]) -> None:
    findings = check_brief(
        fields["concept_prompt"],
        fields["age_group"],
        fields["source_notes"],
        fields["target_seconds"],
        fields["language"],
    )
    for name in ("must_say", "must_not_say"):
        findings += check_phrases(name, fields[name])
    blocking = [finding for finding in findings if finding.blocks]
    if not fields["source_notes"].strip() and getattr(providers.get("text"), "invents_facts", False):
        blocking = [finding for finding in blocking if finding.code != "creator:too-few-facts"]
    if blocking:
        raise BriefRefused(blocking)


BRIEF_FIELDS = {
    "concept": "concept_prompt",
    "age_group": "age_group",
    "source_notes": "source_notes",
    "target_seconds": "target_seconds",
    "language": "language",
    "voice": "voice",
    "must_say": "must_say",
    "must_not_say": "must_not_say",
    "burned_captions": "burned_captions",
}


def edit_brief(project_id: UUID, *, actor_id: Any, **changes: Any) -> ContentProject:
    """Change the brief of a draft, or of a project that needs attention. Raises BriefRefused, NotEditable."""
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        if project.status not in {Status.DRAFT, Status.NEEDS_ATTENTION}:
            raise NotEditable("The brief can be changed in a draft, or when a project needs attention.")
        columns: dict[str, Any] = {
            column: changes[name] for name, column in BRIEF_FIELDS.items() if name in changes
        }
        if "visual_style" in changes:
            columns["visual_config"] = {**(project.visual_config or {}), "style": changes["visual_style"]}
        before = {name: getattr(project, name) for name in columns}
        for name, value in columns.items():
            setattr(project, name, value)
        if "source_notes" in columns and columns["source_notes"] != before["source_notes"]:
            project.notes_origin = "creator"
        _check({name: getattr(project, name) for name in BRIEF_FIELDS.values()})
        project.updated_at = timezone.now()
        project.save(update_fields=[*columns, "notes_origin", "updated_at"])
        changed = sorted(name for name, value in before.items() if value != columns[name])
        if changed:
            project.note(
                "creator:brief-edited", actor_id=actor_id, details={"fields": changed, "authored": True}
            )
    return project


def open_project(project_id: UUID, what: str) -> ContentProject:
    """The project, locked until the transaction ends, if it can be edited; `what` begins the refusal:
    "Scenes can be changed". Raises NotEditable."""
    project = ContentProject.lock(project_id)
    check_editable(project, what)
    return project


def check_editable(project: ContentProject, what: str) -> None:
    """Raises NotEditable: `what`, and when."""
    if project.status not in EDITABLE:
        raise NotEditable(f"{what} in review, or when a project needs attention.")


@contextmanager
def open_scene(
    project_id: UUID, position: int, *, version: int | None = None, what: str = "Scenes can be changed"
) -> Iterator[tuple[ContentProject, Plan, Scene]]:
    """A transaction with the project and one scene of its present script locked, and its plan.

    Raises NotEditable, SceneConflict, Scene.DoesNotExist.
    """
    with transaction.atomic():
        project = open_project(project_id, what)
        present = plan(project)
        scene = Scene.objects.select_for_update().get(script_run=present.script_run, position=position)
        if version is not None and scene.version != version:
            raise SceneConflict(scene)
        yield project, present, scene


def edit_scene(
    project_id: UUID,
    position: int,
    *,
    actor_id: Any,
    version: int | None = None,
    narration: str | None = None,
    on_screen_text: str | None = None,
    visual_description: str | None = None,
    visual_kind: str | None = None,
) -> Scene:
    """Change one scene of the present script. `version` is the one the editor saw.

    A sentence that stays keeps its sources; a new one has none, and quality looks for them again. The kind
    must fit what the scene shows; "clip" asks for a moving picture, which a provider may be paid for.
    Raises NotEditable, EditRefused, SceneConflict, Scene.DoesNotExist.
    """
    with open_scene(project_id, position, version=version) as (project, _, scene):
        columns: dict[str, Any] = {}
        if narration is not None and narration.strip() != scene.narration:
            columns["lines"] = _lines(clean_text(narration, "narration", NARRATION_LIMIT), scene)
            _check_kept(scene, columns["lines"])
        if on_screen_text is not None:
            columns["on_screen_text"] = clean_text(on_screen_text, "on_screen_text", ON_SCREEN_LIMIT)
        if visual_description is not None:
            columns["visual_description"] = clean_text(
                visual_description, "visual_description", NARRATION_LIMIT
            )
        if visual_kind is not None:
            columns["visual_kind"] = _fitting_kind(visual_kind, scene)
        columns = {name: value for name, value in columns.items() if value != getattr(scene, name)}
        if not columns:
            return scene
        before = {name: getattr(scene, name) for name in columns}
        Scene.objects.filter(pk=scene.pk).update(**columns, version=F("version") + 1)
        project.note(
            "creator:scene-edited",
            actor_id=actor_id,
            details={
                "scene": position,
                "key": scene.number,
                "before": before,
                "after": columns,
                "authored": True,
            },
        )
        scene.refresh_from_db()
    return scene


def kept_refusal(sentence: str, name: str) -> EditRefused:
    """A kept sentence stands in the way of an edit."""
    return EditRefused(
        "sentence-kept",
        name,
        f"This sentence is kept: “{sentence}” Give it free first, or leave it as it is.",
    )


def _check_kept(scene: Scene, lines: Sequence[Mapping[str, Any]]) -> None:
    texts = [str(line["text"]) for line in lines]
    for sentence in scene.kept:
        if sentence not in texts:
            raise kept_refusal(sentence, "narration")


def clean_text(text: str, field: str, limit: int) -> str:
    value = " ".join(text.split())
    if not value:
        raise EditRefused(
            "text-empty", field, "The text is empty. Write a sentence, or leave the scene as it was."
        )
    if len(value) > limit:
        raise EditRefused(
            "text-too-long", field, f"The text has {len(value)} characters; {limit} are allowed."
        )
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise EditRefused(
            "text-not-plain", field, "The text holds control characters. Paste it as plain text."
        )
    named = find_named(value)  # before anything is spoken or drawn of it, perhaps by a vendor
    if named is not None:
        raise EditRefused(
            "text-personal-data",
            field,
            f"“{named.text}” looks like personal data ({named.kind}). Take it out; films and vendors never"
            " get personal data.",
        )
    return value


def _fitting_kind(kind: str, scene: Scene) -> str:
    """The kind, if the scene's items can be shown that way. Raises EditRefused."""
    try:
        read_content(kind, scene.items)
    except Misfit as error:
        raise EditRefused(
            "kind-does-not-fit", "visual_kind", f"The scene stays as it was: {error}. Choose another kind."
        ) from error
    return kind


def _lines(narration: str, scene: Scene) -> list[dict[str, Any]]:
    """Narration as sentences; those that are unchanged, or stood in the script before, keep their sources.

    The whole of what the script said is the script's own lines again, so that an undone edit is undone.
    """
    written = [
        [{"text": str(line["text"]), "sources": list(line["sources"])} for line in one.get("lines") or ()]
        for one in (scene.script_run.output or {}).get("scenes") or []
    ]
    for lines in written:
        if " ".join(str(line["text"]) for line in lines) == narration:
            return lines
    former = [*(line for lines in written for line in lines), *scene.lines]
    sources = {str(line["text"]): list(line["sources"]) for line in former}
    texts = [sentence.text for sentence in split(narration)] or [narration]
    return [{"text": text, "sources": sources.get(text, [])} for text in texts]


def estimate(project: ContentProject) -> Estimate:
    """The price and waiting time of what the plan would still make, from past runs of the same steps."""
    return Estimate(*estimate_missing(project))
