"""How far the present go of a project was told to come: all the way, or to the script.

It stands on the event that began the go, so the next go, which says nothing, makes everything.
"""

from __future__ import annotations

from pipeline.models import ContentProject, ProjectEvent
from pipeline.planning import Plan, Planned

STOPS = {"script": frozenset({"script"})}  # where a go may stop → the steps that it makes
Status = ContentProject.Status


def steps_to_make(project: ContentProject) -> frozenset[str] | None:
    """The steps of the present go; None: all."""
    begun = ProjectEvent.objects.filter(project=project, to_status=Status.GENERATING)
    event = begun.exclude(from_status=Status.GENERATING).order_by("-id").only("details").first()
    return STOPS.get(str(event.details.get("until", ""))) if event is not None else None


def missing_of(present: Plan, steps: frozenset[str] | None) -> list[Planned]:
    """What is still to be made, of these steps."""
    return [planned for planned in present.missing if steps is None or planned.job.step in steps]
