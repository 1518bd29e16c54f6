"""The versions of a film: each finished set of checks names the texts, questions and film it was about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models.fields.json import KeyTextTransform

from pipeline.models import ContentProject, StepRun
from pipeline.planning import Plan


@dataclass(frozen=True)
class Version:
    """One finished film: its number from 1, the run of its checks, the fingerprint of its film."""

    number: int
    run_id: UUID
    film: str
    made_at: datetime | None
    is_present: bool


def list_versions(project: ContentProject, present: Plan) -> list[Version]:
    """Oldest first; one query, without the runs' inputs."""
    rows = (
        StepRun.objects.filter(project=project, step="qa", part="", status=StepRun.Status.SUCCEEDED)
        .annotate(film=KeyTextTransform("film_fingerprint", "inputs"))
        .order_by("finished_at", "id")
        .values_list("pk", "film", "finished_at")
    )
    now = present.qa_run.pk if present.qa_run is not None else None
    return [
        Version(number, pk, film or "", made_at, pk == now)
        for number, (pk, film, made_at) in enumerate(rows, 1)
    ]


def say_version(versions: list[Version]) -> str:
    """ "Version 2 of 3", or "" while there is none; the present one, else the last."""
    if not versions:
        return ""
    present = next((one for one in versions if one.is_present), versions[-1])
    return f"Version {present.number} of {len(versions)}"
