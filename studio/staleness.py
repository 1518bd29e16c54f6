"""Films that were edited since they were made: what the plan would have to make again. No flag is stored."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery

from pipeline.editing import EDITABLE
from pipeline.models import ContentProject, ProjectEvent, StepRun
from pipeline.planning import plans_of

MOST = 200


def find_stale(projects: QuerySet[ContentProject]) -> list[UUID]:
    """The keys of those with a film that its texts, takes or questions have left behind; three queries.

    While a project is made, nothing is stale but unfinished. Edits after the newest film name the candidates,
    of which the last edited `MOST` are looked at; the plan of each decides, so an edit that was undone does
    not count.
    """
    films = StepRun.objects.filter(
        project=OuterRef("project"), step="compose", part="film", status=StepRun.Status.SUCCEEDED
    ).order_by("-finished_at")
    edited = (
        ProjectEvent.objects.filter(details__authored=True, project__status__in=EDITABLE)
        .annotate(film_at=Subquery(films.values("finished_at")[:1]))
        .filter(created_at__gt=F("film_at"))
    )
    candidates = projects.filter(status__in=EDITABLE, pk__in=edited.values("project")).order_by("-updated_at")
    return [key for key, present in plans_of(candidates[:MOST]).items() if present.missing]
