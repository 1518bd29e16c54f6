"""The page of a film's insights, and the revision that begins with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from pipeline.models import ContentProject, Scene
from students.models import AGE_GROUPS
from studio import insights, policy, revising
from studio.admin.charts import Mark, Series, draw_bars
from studio.insights import Choice, QuestionFigures
from studio.models import Creator
from videos.models import LearningVideo

RANGES = {"": "Since it was published", "30": "30 days", "7": "7 days"}


def find_film(request: HttpRequest, video_id: UUID) -> tuple[LearningVideo, ContentProject | None]:
    """A film whose figures this person may read: one's own, or with the right to aggregates. Else 404."""
    video = get_object_or_404(LearningVideo.objects.select_related("supersedes"), pk=video_id)
    project = insights.find_project(video)
    own = project is not None and project.creator_id == request.user.pk
    if not (own and policy.roles_of(request.user)) and not policy.can(request.user, "see_aggregates"):
        raise Http404("There is no such film.")
    return video, project


def show_insights(request: HttpRequest, video_id: UUID, context: dict[str, Any]) -> HttpResponse:
    video, project = find_film(request, video_id)
    choice, days = _read_choice(request)
    curve = insights.read_curve(video, choice)
    questions = insights.read_questions(video, choice)
    scenes = insights.read_scenes(project, video, curve)
    hardest = insights.find_hardest(questions)
    former = video.supersedes
    page = {
        "title": video.title,
        "st_title": "Insights",
        "video": video,
        "project": project,
        "curve": curve,
        "chart": _draw_curve(video, curve, scenes) if curve.shares else None,
        "scenes": [(scene, scene.lost is not None and scene.lost >= insights.STEEP) for scene in scenes],
        "questions": questions,
        "answers_chart": _draw_answers(questions),
        "hardest": hardest,
        "narration": _read_narration(project, hardest),
        "ages": insights.read_age_groups(video, choice) if not choice.age_group else [],
        "weeks": insights.read_weeks(video, choice),
        "former": _compare(questions, former, choice) if former is not None else [],
        "former_video": former,
        "fewest": insights.FEWEST,
        "groups": AGE_GROUPS,
        "ranges": RANGES,
        "group": choice.age_group,
        "days": days,
        "suggestions": insights.suggest_changes(questions, scenes),
        "can_revise": project is not None
        and video.pk == project.published_video_id
        and policy.can(request.user, "reopen", project),
    }
    return TemplateResponse(request, "studio/insights.html", context | page)


def _read_choice(request: HttpRequest) -> tuple[Choice, str]:
    group, days = request.GET.get("group", ""), request.GET.get("days", "")
    group = group if group in AGE_GROUPS else ""
    days = days if days in RANGES else ""
    since = timezone.now() - timedelta(days=int(days)) if days else None
    return Choice(group, since), days


def _draw_curve(video: LearningVideo, curve: insights.Curve, scenes: list[insights.SceneFigures]) -> Any:
    step = video.duration_seconds / insights.SLICES
    return draw_bars(
        title="Who is still watching",
        unit="% of the viewers, at that second; dashed lines: where a scene loses many",
        labels=[f"{number * step:.0f} s" for number in range(insights.SLICES + 1)],
        series=[Series("watching", [100 * share for share in curve.shares], 1)],
        highest=100,
        marks=[
            Mark(scene.start / max(video.duration_seconds, 1), f"Scene {scene.position + 1}")
            for scene in scenes
            if scene.lost is not None and scene.lost >= insights.STEEP
        ],
    )


def _draw_answers(questions: list[QuestionFigures]) -> Any:
    return draw_bars(
        title="Right answers",
        unit="%",
        labels=[f"Question {one.index + 1}" for one in questions],
        series=[
            Series("right", [None if one.right is None else 100 * one.right for one in questions], 1),
            Series(
                "known, guesses taken out",
                [None if one.known is None else 100 * one.known for one in questions],
                2,
            ),
        ],
        highest=100,
    )


def _read_narration(project: ContentProject | None, hardest: QuestionFigures | None) -> str:
    """What the scene says that should teach it, where the question names no sentence."""
    if project is None or hardest is None or hardest.evidence or hardest.scene is None:
        return ""
    scene = Scene.objects.filter(project=project, position=hardest.scene).order_by("-id").first()
    return scene.narration if scene is not None else ""


def _compare(
    questions: list[QuestionFigures], former: LearningVideo, choice: Choice
) -> list[tuple[QuestionFigures, QuestionFigures]]:
    """Question by question: the former film's answers beside this one's."""
    before = insights.read_questions(former, Choice(choice.age_group))
    return list(zip(before, questions, strict=False))


def begin_revision(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """The POST of "Start a revision"."""
    video, project = find_film(request, video_id)
    if project is None or not isinstance(request.user, Creator):
        raise Http404("There is no project of this film.")
    address = reverse("admin:pipeline_contentproject_review", args=[project.pk])
    try:
        number = revising.start_revision(project.pk, video, actor=request.user)
    except revising.RevisionRefused as refused:
        messages.error(request, refused.message)
        return HttpResponseRedirect(reverse("admin:videos_learningvideo_insights", args=[video.pk]))
    messages.success(
        request,
        f"The revision has begun with {number} suggestion{'' if number == 1 else 's'} from what children "
        "answered. Students keep the present film until the next one is published.",
    )
    return HttpResponseRedirect(address)
