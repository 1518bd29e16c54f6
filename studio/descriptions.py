"""Projects and films as the creator API tells them. Reads only; the numbers of queries are bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from pipeline.budget import spent
from pipeline.models import Charge, ContentProject, Scene, StepRun
from pipeline.planning import Plan, Planned, Progress, plan
from studio.models import Review

NO_RESULTS: dict[str, Any] = {"passed": False, "verdict": "not_run", "details": {}}


def describe_row(project: ContentProject, progress: Progress | None) -> dict[str, Any]:
    """One row of the list; `creator` must be loaded."""
    return {
        "id": project.pk,
        "title": str(project),
        "concept": project.concept_prompt,
        "age_group": project.age_group,
        "status": project.status,
        "creator": {"id": project.creator_id, "name": str(project.creator)},
        "progress": round(progress.share, 3) if progress else 0.0,
        "step": progress.step if progress else "",
        "scene": progress.scene if progress else None,
        "verdict": (project.qa_results or {}).get("verdict", ""),
        "created_at": project.created_at,
        "updated_at": project.updated_at,
        "approved_at": project.approved_at,
        "publish_at": project.publish_at,
        "published_video_id": project.published_video_id,
    }


def describe_project(project: ContentProject) -> dict[str, Any]:
    """One project with its steps: four queries."""
    present = plan(project)
    current = next(iter(present.missing), None)
    progress = Progress(
        present.progress, current.job.step if current else "", current.job.scene if current else None
    )
    return describe_row(project, progress) | {
        "source_notes": project.source_notes,
        "notes_origin": project.notes_origin,
        "target_seconds": project.target_seconds,
        "language": project.language,
        "visual_style": project.brief.visual_style,
        "voice": project.voice,
        "burned_captions": project.burned_captions,
        "film": present.film,
        "attention": _describe_attention(project),
        "steps": [_describe_step(planned) for planned in present.jobs],
        "cost": spent(Charge.objects.filter(project=project)),
    }


def _describe_attention(project: ContentProject) -> dict[str, str] | None:
    """Why it is the creator's turn, and what to do."""
    event = project.last_event if project.status == ContentProject.Status.NEEDS_ATTENTION else None
    return {"code": event.reason, "message": event.message} if event else None


def _describe_step(planned: Planned) -> dict[str, Any]:
    run = planned.run
    return {
        "step": planned.job.step,
        "part": planned.job.part,
        "scene": planned.job.scene,
        "status": run.status if run else "planned",
        "started_at": run.started_at if run else None,
        "seconds": run.seconds if run else None,
        "cost": run.cost if run else None,
        "error": {"code": run.error_id, "message": run.error_message} if run and run.error_id else None,
    }


def describe_scene(scene: Scene) -> dict[str, Any]:
    return {
        "position": scene.position,
        "role": scene.role,
        "narration": scene.narration,
        "lines": [{"text": line["text"], "sources": list(line["sources"])} for line in scene.lines],
        "on_screen_text": scene.on_screen_text,
        "visual_description": scene.visual_description,
        "visual_kind": scene.visual_kind,
        "visual_take": scene.visual_take,
        "voice_take": scene.voice_take,
        "version": scene.version,
    }


def describe_stale(present: Plan) -> list[dict[str, Any]]:
    """What would have to be made again, as far as it is known now."""
    return [
        {"step": planned.job.step, "part": planned.job.part, "scene": planned.job.scene}
        for planned in present.missing
    ]


def describe_review(project: ContentProject) -> dict[str, Any]:
    """ContentReview: all that a reviewer judges. Without a whole film, `film` is "" and nothing is shown
    of an older one."""
    present = plan(project)
    checks = _output(present.qa_run) if present.film else {}
    results: Mapping[str, Any] = checks.get("results") or NO_RESULTS
    return {
        "project_id": project.pk,
        "status": project.status,
        "title": str(project),
        "script": " ".join(scene.narration for scene in present.scenes),
        "scenes": [describe_scene(scene) for scene in present.scenes],
        "video_preview": preview_url(present, "film.mp4"),
        "captions_url": preview_url(present, "captions.vtt"),
        "quiz_questions": list(checks.get("questions") or _output(present.quiz_run).get("questions") or []),
        "qa_results": {
            "passed": bool(results["passed"]),
            "verdict": results.get("verdict", "not_run"),
            "details": results.get("details", {}),
        },
        "suggested_improvements": list(results.get("suggested_improvements") or []),
        "film": present.film,
        "cost": spent(Charge.objects.filter(project=project)),
    }


def _output(run: StepRun | None) -> dict[str, Any]:
    return dict(run.output or {}) if run is not None else {}


def preview_url(present: Plan, name: str) -> str | None:
    """The studio's own address of a file of the present film; it serves whoever may see the project."""
    run = present.film_run
    if run is None or not present.film or name not in run.made:
        return None
    return reverse("admin:studio-asset", args=[run.pk, name])


def describe_verdict(review: Review, status: str) -> dict[str, Any]:
    return {
        "id": review.pk,
        "project_id": review.project_id,
        "verdict": review.verdict,
        "film": review.film,
        "notes": review.notes,
        "reviewer_id": review.reviewer_id,
        "created_at": review.created_at,
        "status": status,
    }


def describe_publication(project: ContentProject) -> dict[str, Any]:
    """The last published film with its status, and what the project waits for."""
    video = project.published_video
    return {
        "project_id": project.pk,
        "status": project.status,
        "publish_at": project.publish_at,
        "video": None
        if video is None
        else {
            "id": video.pk,
            "title": video.title,
            "status": video.status,
            "age_groups": list(video.age_groups),
            "duration_seconds": video.duration_seconds,
            "published_at": video.published_at,
        },
    }


def describe_page(
    projects: Sequence[ContentProject], progress: Mapping[Any, Progress], following: str | None
) -> dict[str, Any]:
    return {
        "results": [describe_row(project, progress.get(project.pk)) for project in projects],
        "next": following,
    }
