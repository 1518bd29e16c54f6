"""Which topic a project belongs to: its film's, while there is none its script's."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

from pipeline.models import ContentProject, StepRun


def with_topic(projects: QuerySet[ContentProject]) -> QuerySet[Any]:
    """Annotated with `topic_name`: of the published film, else of the newest script, else "".

    A publication may give a film the catalogue's topic instead of its script's; until then the
    script's is what is known.
    """
    scripts = StepRun.objects.filter(
        project=OuterRef("pk"), step="script", status=StepRun.Status.SUCCEEDED
    ).order_by("-finished_at", "-id")
    return projects.annotate(
        topic_name=Coalesce(
            "published_video__topic",
            Subquery(scripts.values(topic=KT("output__script__topic"))[:1]),
            Value(""),
            output_field=CharField(),
        )
    )
