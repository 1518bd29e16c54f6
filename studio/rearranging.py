"""Edits of the order of scenes, with everything of the studio that points at a scene by its place."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Case, F, IntegerField, Value, When

from studio.models import ChangeItem, Comment


def follow_scenes(project_id: UUID, moved: Mapping[int, int | None]) -> None:
    """Let comments and requested changes go with their scenes, in the transaction of the edit. `moved`: old
    place → new place; None: the scene is gone, and what was said of it stays without a place."""
    if not moved:
        return
    cases = [When(scene=old, then=Value(new, IntegerField(null=True))) for old, new in moved.items()]
    place = Case(*cases, default=F("scene"), output_field=IntegerField(null=True))
    for rows in (Comment.objects, ChangeItem.objects):
        rows.filter(project=project_id, scene__in=list(moved)).update(scene=place)
