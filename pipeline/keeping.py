"""What this app keeps for its time only (students.retention). It keeps nothing about students."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.core.files.storage import default_storage, storages
from django.db.models import F, Func, JSONField, Value

from pipeline import spool, storage
from pipeline.models import Asset, Charge, ContentProject, ProjectEvent, Scene, StepRun
from students.models import Student
from students.retention import PAYLOADS_KEPT, USAGE_KEPT, delete_old
from students.sections import Rows, Section

PARTS_KEPT = timedelta(days=1)  # longer than anybody writes one file


def export(student: Student) -> Mapping[str, Rows]:
    return {}


def erase(student: Student) -> Mapping[str, int]:
    return {}


def expire(now: datetime) -> Mapping[str, int]:
    """What was spent, what was wrong with answers, and answers that nobody has settled."""
    removed = delete_old(Charge.objects.filter(created_at__lt=now - USAGE_KEPT))
    old = now - PAYLOADS_KEPT
    removed["evidence of step_runs"] = (
        StepRun.objects.filter(finished_at__lt=old).exclude(error_evidence={}).update(error_evidence={})
    )
    removed["evidence of project_events"] = ProjectEvent.objects.filter(
        created_at__lt=old, details__has_key="evidence"
    ).update(
        details=Func(
            F("details"),
            Value("evidence"),
            template="%(expressions)s",
            arg_joiner=" - ",
            output_field=JSONField(),
        )
    )
    removed["half-written files"] = sum(
        storage.clear_parts(storages[alias], before=now - PARTS_KEPT) for alias in ("default", "published")
    )
    removed["answers in the spool"] = sum(1 for name in _old_answers(old) if _drop(name))
    return removed


def _old_answers(before: datetime) -> Iterator[str]:
    """Names of answers that were written before a moment and that no run has taken."""
    for folder in spool.list_folders():
        for name in spool.list_answers(folder):
            if default_storage.get_modified_time(name) < before:
                yield name


def _drop(name: str) -> bool:
    default_storage.delete(name)
    return True


def delete_files(project: ContentProject) -> int:
    """The files that only this project's runs have made, and its answers in the spool; how many.

    Nobody works on the project any more. A file that another project is just making anew may go in that
    moment; it is found missing and made again (pipeline.storage).
    """
    mine = set(Asset.objects.filter(run__project=project).values_list("checksum", flat=True))
    mine |= _given_files(project)
    shared = Asset.objects.filter(checksum__in=mine).exclude(run__project=project)
    mine -= set(shared.values_list("checksum", flat=True))
    for scene in Scene.objects.exclude(own={}).exclude(project=project):
        mine -= scene.own_files
    names = [storage.path_of(checksum) for checksum in sorted(mine)] + spool.list_answers(str(project.pk))
    for name in names:
        default_storage.delete(name)
    return len(names)


def _given_files(project: ContentProject) -> set[str]:
    """What people gave for the scenes of a project, also where they have thought better of it."""
    found: set[str] = set()
    for scene in project.scenes.exclude(own={}):
        found |= scene.own_files
    uploads = project.events.filter(reason="creator:own-media").values_list("details", flat=True)
    for details in uploads:
        found |= {
            str(given["file"]) for files in details["after"]["own"].values() for given in files.values()
        }
    return found


SECTION = Section("pipeline", (), export, erase, expire)
