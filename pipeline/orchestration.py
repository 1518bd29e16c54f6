"""start, advance, retry, rebuild, regenerate, withdraw, cancel. (`sweeping` rings again for what was lost.)

`advance` is the whole engine: lock the project, plan, make the rows of what is missing, ring for
them, and pass the turn to a person when nothing is missing or nothing can be done. It may be
called by anyone, at any time, twice.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from pipeline import bell, storage
from pipeline.claiming import claimable
from pipeline.estimates import estimate_missing
from pipeline.models import Asset, ContentProject, Scene, StepRun
from pipeline.planning import Plan, Planned, plan
from pipeline.steps import BY_NAME
from pipeline.stopping import STOPS, missing_of, steps_to_make

Status = ContentProject.Status
UNFINISHED = (StepRun.Status.QUEUED, StepRun.Status.RUNNING, StepRun.Status.WAITING)
FRESH: dict[str, Any] = {  # a run as if nobody had tried it; a vendor's job that is at work stays known
    "status": StepRun.Status.QUEUED,
    "attempt": 0,
    "not_before": None,
    "busy_since": None,
    "rung_at": None,
    "error_id": "",
    "error_message": "",
    "error_evidence": {},
}


class NotPossible(Exception):
    """The project's status does not allow this. `code` is stable, the message names the next step."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def _set_to_work(
    project_id: UUID, allowed: set[str], *, actor_id: Any, reason: str, what: str, until: str = ""
) -> ContentProject:
    """Move to `generating` from one of the allowed statuses and ring. Repeating is harmless."""
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        if project.status == Status.GENERATING:
            return project
        if project.status not in allowed:
            raise NotPossible(
                "status-not-possible",
                f"A project that is {project.get_status_display().lower()} cannot be {what}.",
            )
        details = estimate_of(project) | ({"until": until} if until else {})
        project.move(Status.GENERATING, actor_id=actor_id, reason=reason, details=details)
        revive(plan(project))
        bell.ring_advance(project.pk)
        return project


def estimate_of(project: ContentProject) -> dict[str, Any]:
    """What the work is expected to cost, for the event that begins it; nothing where nobody knows."""
    cost, _ = estimate_missing(project)
    return {} if cost is None else {"estimate": str(cost)}


def revive(present: Plan) -> None:
    """Failed and cancelled runs of the plan get a fresh budget of attempts; finished ones stay."""
    _remake_lost_files(present)
    wanted = StepRun.objects.filter(pk__in=[p.run.pk for p in present.missing if p.run])
    wanted.filter(status=StepRun.Status.FAILED).update(**FRESH, vendor_job_id="")
    wanted.filter(status__in=[StepRun.Status.CANCELLED, StepRun.Status.WAITING]).update(**FRESH)


def _remake_lost_files(present: Plan) -> None:
    """Where a run failed because storage lost its input, the run that made that file works again."""
    done = [planned.run.pk for planned in present.jobs if planned.run and planned.is_done]
    for run in present.failed:
        if run.error_id != "platform:file-missing":
            continue
        lost = [checksum for checksum in run.files.values() if not storage.is_stored(checksum)]
        makers = Asset.objects.filter(checksum__in=lost, run__in=done).values("run")
        StepRun.objects.filter(pk__in=makers).update(**FRESH, vendor_job_id="")


def start(project_id: UUID, *, actor_id: Any, until: str = "") -> ContentProject:
    """A creator's go: draft → generating. `until` "script" hands the project back when the script is written,
    before anything else is made or paid; `rebuild` then goes on."""
    if until and until not in STOPS:
        raise ValueError(f"A first go may stop after the script, not after {until!r}.")
    return _set_to_work(
        project_id, {Status.DRAFT}, actor_id=actor_id, reason="creator:started", what="started", until=until
    )


def retry(project_id: UUID, *, actor_id: Any) -> ContentProject:
    """Try again what failed or was cancelled; what is done is not done again."""
    return _set_to_work(
        project_id, {Status.NEEDS_ATTENTION}, actor_id=actor_id, reason="creator:retried", what="tried again"
    )


def rebuild(project_id: UUID, *, actor_id: Any) -> ContentProject:
    """Make anew what edits have made stale, and nothing else."""
    return _set_to_work(
        project_id,
        {Status.NEEDS_ATTENTION, Status.IN_REVIEW},
        actor_id=actor_id,
        reason="creator:rebuilt",
        what="rebuilt; withdraw or reopen it first",
    )


def regenerate(project_id: UUID, *, position: int, part: str, actor_id: Any) -> ContentProject:
    """Another take of one scene's picture, clip or voice: one provider call, one scene encoded. A clip sets
    out from its picture: another picture of a scene that moves is another clip as well."""
    column = {"visual": "visual_take", "voice": "voice_take", "clip": "clip_take"}.get(part)
    if column is None:
        raise NotPossible(
            "part-unknown", "A scene has three parts that can be regenerated: visual, clip and voice."
        )
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        if project.status not in {Status.NEEDS_ATTENTION, Status.IN_REVIEW}:
            raise NotPossible(
                "status-not-possible",
                f"A project that is {project.get_status_display().lower()} cannot be changed.",
            )
        present = plan(project)
        script = present.script_run
        if part == "clip" and not any((p.job.part, p.job.scene) == ("clip", position) for p in present.jobs):
            raise NotPossible("no-clip-here", f"Scene {position + 1} shows no clip. Ask for one first.")
        changed = Scene.objects.filter(script_run=script, position=position).update(
            **{column: F(column) + 1}, version=F("version") + 1
        )
        if not changed:
            raise NotPossible("scene-unknown", f"There is no scene {position} in this film.")
        project.move(
            Status.GENERATING,
            actor_id=actor_id,
            reason=f"creator:regenerated-{part}",
            details={"scene": position, "authored": True, **estimate_of(project)},
        )
        revive(plan(project))
        bell.ring_advance(project.pk)
        return project


def remake_lost(project_id: UUID, *, actor_id: Any) -> ContentProject:
    """Make again what storage has lost of a finished film. Its fingerprints stay: it is the same film.

    Raises NotPossible where nothing is lost.
    """
    present = plan(ContentProject.objects.get(pk=project_id))
    done = [planned.run for planned in present.jobs if planned.is_done]
    lost = [
        run.pk
        for run in done
        if run is not None and not all(storage.is_stored(checksum) for checksum in run.made.values())
    ]
    if not lost:
        raise NotPossible("nothing-lost", "All files of this film are there. Load the page again.")
    with transaction.atomic():
        project = _set_to_work(
            project_id,
            {Status.NEEDS_ATTENTION, Status.IN_REVIEW},
            actor_id=actor_id,
            reason="creator:remade",
            what="remade; withdraw or reopen it first",
        )
        StepRun.objects.filter(pk__in=lost, status=StepRun.Status.SUCCEEDED).update(**FRESH, vendor_job_id="")
    return project


def withdraw(project_id: UUID, *, actor_id: Any) -> ContentProject:
    """The creator takes a film back from review to change it."""
    return _hand_over(project_id, {Status.IN_REVIEW}, "creator:withdrawn", "Withdrawn from review.", actor_id)


def cancel(project_id: UUID, *, actor_id: Any) -> ContentProject:
    """Stop the work. Runs at work finish and are kept; waiting ones are not begun."""
    with transaction.atomic():
        project = _hand_over(
            project_id,
            {Status.GENERATING},
            "creator:cancelled",
            "Cancelled. Retry goes on where it stopped.",
            actor_id,
        )
        StepRun.objects.filter(
            project=project, status__in=[StepRun.Status.QUEUED, StepRun.Status.WAITING]
        ).update(status=StepRun.Status.CANCELLED)
    return project


def _hand_over(
    project_id: UUID, allowed: set[str], reason: str, message: str, actor_id: Any
) -> ContentProject:
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        last = project.last_event
        if project.status == Status.NEEDS_ATTENTION and last is not None and last.reason == reason:
            return project
        if project.status not in allowed:
            raise NotPossible(
                "status-not-possible",
                f"This is not possible while a project is {project.get_status_display().lower()}.",
            )
        project.move(Status.NEEDS_ATTENTION, actor_id=actor_id, reason=reason, message=message)
        return project


# --------------------------------------------------------------------------- advance


def advance(project_id: UUID) -> str:
    """Bring a project forward as far as the database allows; returns its status.

    The join of parallel runs is the lock on this row: of six workers that finish at once, each
    plans in turn and the last one finds nothing missing. A plan that cannot be made hands the
    project to a person, and its error is raised.
    """
    try:
        with transaction.atomic():
            project = ContentProject.lock(project_id)
            if project.status == Status.GENERATING:
                _advance(project)
            return project.status
    except DatabaseError:
        raise
    except Exception as error:
        _give_up(project_id, error)
        raise


def _advance(project: ContentProject) -> None:
    present = plan(project)
    if present.is_complete:
        _pass_to_review(project, present)
        return
    steps = steps_to_make(project)
    _stop_unwanted(project, present)
    _queue_missing(project, missing_of(present, steps))
    # Read again: rows are new, and a run may have failed meanwhile, which needs no lock on the project.
    queued = plan(project)
    missing = missing_of(queued, steps)
    if steps is not None and not missing:
        _pass_script_to_creator(project)
    elif not any(_is_open(planned.run) for planned in missing):
        _pass_to_creator(project, queued)


def _pass_script_to_creator(project: ContentProject) -> None:
    project.move(
        Status.NEEDS_ATTENTION,
        reason="creator:script-ready",
        message="The script is written, nothing else is paid for yet. Read it, change what you like, go on.",
    )


def _give_up(project_id: UUID, error: Exception) -> None:
    with transaction.atomic():
        project = ContentProject.lock(project_id)
        if project.status == Status.GENERATING:
            project.move(
                Status.NEEDS_ATTENTION,
                reason="platform:unexpected",
                message=f"What is to be done next could not be found out ({type(error).__name__})."
                " Retry, and tell operations if it stays.",
            )


def _is_open(run: StepRun | None) -> bool:
    return run is not None and run.status in UNFINISHED


def _stop_unwanted(project: ContentProject, present: Plan) -> None:
    """Nobody needs the result of a run that an edit or a new release has put out of the plan.

    One at work may end and is kept; what is not begun, or has lost its worker, is not paid for.
    """
    idle = Q(status__in=[StepRun.Status.QUEUED, StepRun.Status.WAITING]) | claimable(Now())
    wanted = [planned.fingerprint for planned in present.jobs]
    StepRun.objects.filter(idle, project=project).exclude(fingerprint__in=wanted).update(
        status=StepRun.Status.CANCELLED, token=None, lease_until=None
    )


def _queue_missing(project: ContentProject, missing: list[Planned]) -> None:
    """A row and a bell for every job that has none; a bell for those that nobody has heard."""
    new = [planned for planned in missing if planned.run is None]
    StepRun.objects.bulk_create(
        [
            StepRun(
                project=project,
                step=planned.job.step,
                part=planned.job.part,
                scene=planned.job.scene,
                scene_key=planned.job.key,
                fingerprint=planned.fingerprint,
                queue=BY_NAME[planned.job.step].queue,
                inputs=dict(planned.job.inputs),
                files=dict(planned.job.files),
            )
            for planned in new
        ],
        ignore_conflicts=True,
    )
    wanted = [planned.fingerprint for planned in missing]
    StepRun.objects.filter(project=project, fingerprint__in=wanted, status=StepRun.Status.CANCELLED).update(
        **FRESH
    )  # out of the plan for a while, and needed again
    silent = StepRun.objects.filter(
        project=project, fingerprint__in=wanted, status=StepRun.Status.QUEUED, rung_at__isnull=True
    )
    for run in silent:
        bell.ring_run(run)
    silent.update(rung_at=Now())


def _pass_to_review(project: ContentProject, present: Plan) -> None:
    script, checks = present.script_run, present.qa_run
    columns: dict[str, Any] = {}
    # The finished runs of this plan may be older than the last ones: an edit that was undone.
    for step, run in (("script", script), ("qa", checks)):
        changes = BY_NAME[step].apply(run.output or {}) if run is not None else None
        if changes is not None:
            columns |= {"title": changes.title} if changes.title is not None else {}
            columns |= {"qa_results": changes.qa_results} if changes.qa_results is not None else {}
    columns["ai_generated_script"] = " ".join(scene.narration for scene in present.scenes)
    project.move(Status.IN_REVIEW, reason="pipeline:complete", details={"film": present.film}, **columns)


def _pass_to_creator(project: ContentProject, present: Plan) -> None:
    failed = present.failed
    first = min(failed, key=lambda run: run.finished_at or run.created_at) if failed else None
    if first is None:
        project.move(
            Status.NEEDS_ATTENTION,
            reason="platform:unexpected",
            message="Nothing is left to do and yet there are no checked results. Tell operations.",
        )
        return
    project.move(
        Status.NEEDS_ATTENTION,
        reason=first.error_id,
        message=first.error_message,
        details={
            "run": str(first.pk),
            "step": first.step,
            "part": first.part,
            "scene": first.scene,
            "evidence": first.error_evidence,
        },
    )
