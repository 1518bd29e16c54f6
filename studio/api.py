"""From a concept to a film: generate, follow, cancel, retry, change a scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from pipeline import editing, orchestration
from pipeline.models import ContentProject, Scene
from pipeline.planning import plan, progress_of
from pipeline.quality.findings import Finding
from students.api import field_refused
from students.problems import BadRequest, Conflict, FieldError, Missing, Unprocessable, problems
from studio import policy
from studio.auditing import audited, record_event
from studio.authentication import creator_of
from studio.descriptions import describe_page, describe_project, describe_scene, describe_stale
from studio.endpoints import CreatorEndpoint, translated
from studio.serializers import (
    ChangedSceneSerializer,
    GenerateSerializer,
    GenerationTaskSerializer,
    ProjectPageSerializer,
    ProjectSerializer,
    ProjectsQuerySerializer,
    RegenerateSerializer,
    RequestSerializer,
    SceneChangeSerializer,
)

TAGS = ["creator"]
PAGE = 25
CHANGES = (400, 401, 403, 404, 409, 413, 415)
CONTENT_CODES = frozenset({"creator:content-refused", "creator:personal-data"})
FIELD_OF_CODE = {
    "creator:concept-missing": "concept",
    "creator:concept-too-long": "concept",
    "creator:age-group-unknown": "age_group",
    "creator:length-out-of-range": "target_seconds",
}
FIELD_OF_EVIDENCE = {
    "concept": "concept",
    "notes": "source_notes",
    "must_say": "must_say",
    "must_not_say": "must_not_say",
}


class GenerateContent(CreatorEndpoint):
    throttle_scope: ClassVar[str] = "generate"

    @extend_schema(
        operation_id="generate_content",
        tags=TAGS,
        request=GenerateSerializer,
        responses={
            200: OpenApiResponse(GenerationTaskSerializer, description="This request_id was known already."),
            202: GenerationTaskSerializer,
            **problems(400, 401, 403, 409, 413, 415, 422),
        },
    )
    def post(self, request: Request) -> Response:
        """Start a film. The brief is checked before anything is written: 422 says what to change."""
        self.demand(request, "create")
        body = GenerateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        creator = creator_of(request)
        try:
            with translated():
                with transaction.atomic():
                    project, is_new = editing.create_project(creator_id=creator.pk, **body.validated_data)
                    if is_new:
                        record_event(project, "create")
                if project.status == ContentProject.Status.DRAFT:  # new, or a first call that died half-way
                    with audited(project.pk, "generate"):
                        project = orchestration.start(project.pk, actor_id=creator.pk)
        except editing.BriefRefused as error:
            raise refuse_brief(error.findings) from error
        price = editing.estimate(project)
        answer = {
            "project_id": project.pk,
            "status": project.status,
            "status_url": reverse("creator-project", args=[project.pk]),
            "review_url": reverse("creator-review", args=[project.pk]),
            "estimated_cost": price.cost,
            "estimated_seconds": price.seconds,
        }
        return Response(GenerationTaskSerializer(answer).data, status=202 if is_new else 200)


def refuse_brief(findings: Sequence[Finding]) -> Unprocessable:
    """The findings of a brief as a problem: each with its field, its code and what to do."""
    has_content = any(finding.code in CONTENT_CODES for finding in findings)
    return Unprocessable(
        "content-refused" if has_content else "brief-refused",
        findings[0].message,
        errors=[FieldError(_field_of(finding), finding.code, finding.message) for finding in findings],
    )


def _field_of(finding: Finding) -> str:
    evidence = finding.evidence.field if finding.evidence else ""
    return FIELD_OF_CODE.get(finding.code) or FIELD_OF_EVIDENCE.get(evidence, "source_notes")


class Projects(CreatorEndpoint):
    @extend_schema(
        operation_id="list_projects",
        tags=TAGS,
        parameters=[ProjectsQuerySerializer],
        responses={200: ProjectPageSerializer, **problems(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """The projects this person may see, newest first, 25 a page."""
        query = ProjectsQuerySerializer(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        given = query.validated_data
        creator = creator_of(request)
        rows = policy.scope(creator).select_related("creator").order_by("-created_at", "-id")
        if "status" in given:
            rows = rows.filter(status=given["status"])
        if "cursor" in given:
            rows = _after(rows, given["cursor"], creator.pk)
        found = list(rows[: PAGE + 1])
        page = found[:PAGE]
        following = make_cursor(page[-1], creator.pk) if len(found) > PAGE else None
        return Response(ProjectPageSerializer(describe_page(page, progress_of(page), following)).data)


def make_cursor(last: ContentProject, creator_id: UUID) -> str:
    """Where the next page begins: signed, and of one person only."""
    place = [last.created_at.isoformat(), str(last.pk), str(creator_id)]
    return signing.dumps(place, key=settings.CURSOR_SIGNING_KEY, salt="creator-projects")


def _after(rows: QuerySet[ContentProject], cursor: str, creator_id: UUID) -> QuerySet[ContentProject]:
    try:
        place: list[Any] = signing.loads(cursor, key=settings.CURSOR_SIGNING_KEY, salt="creator-projects")
    except signing.BadSignature as error:
        raise BadRequest("cursor-invalid", "This cursor is not valid. Begin with the first page.") from error
    written, last, owner = place
    if owner != str(creator_id):
        raise BadRequest("cursor-invalid", "This cursor is not valid. Begin with the first page.")
    created = datetime.fromisoformat(written)
    return rows.filter(Q(created_at__lt=created) | Q(created_at=created, pk__lt=last))


class ProjectDetail(CreatorEndpoint):
    @extend_schema(
        operation_id="read_project",
        tags=TAGS,
        responses={200: ProjectSerializer, **problems(401, 403, 404)},
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """One project with its steps."""
        return answer_project(self.find_project(request, project_id))


def answer_project(project: ContentProject, status: int = 200) -> Response:
    return Response(ProjectSerializer(describe_project(project)).data, status=status)


class ProjectAction(CreatorEndpoint):
    """A call that brings a project on, and answers with it."""

    verb: ClassVar[str]
    accepted: ClassVar[int] = 200
    is_edit: ClassVar[bool] = False  # one person at a time

    def carry_out(self, project: ContentProject, actor_id: UUID) -> None:
        raise NotImplementedError

    def act(self, request: Request, project_id: UUID) -> Response:
        body = RequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        project = self.find_project(request, project_id)
        with self.once(request, body.validated_data) as is_new:
            if is_new:
                self.demand(request, self.verb, project)
                if self.is_edit:
                    self.demand_lock(request, project)
                with audited(project.pk, self.verb):
                    self.carry_out(project, creator_of(request).pk)
        return answer_project(self.find_project(request, project_id), self.accepted if is_new else 200)


class CancelProject(ProjectAction):
    verb = "cancel"

    def carry_out(self, project: ContentProject, actor_id: UUID) -> None:
        orchestration.cancel(project.pk, actor_id=actor_id)

    @extend_schema(
        operation_id="cancel_project",
        tags=TAGS,
        request=RequestSerializer,
        responses={200: ProjectSerializer, **problems(*CHANGES)},
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Stop the work. What is at work finishes and is kept."""
        return self.act(request, project_id)


class RetryProject(ProjectAction):
    verb = "retry"
    throttle_scope = "regenerate"

    def carry_out(self, project: ContentProject, actor_id: UUID) -> None:
        orchestration.retry(project.pk, actor_id=actor_id)

    @extend_schema(
        operation_id="retry_project",
        tags=TAGS,
        request=RequestSerializer,
        responses={200: ProjectSerializer, **problems(*CHANGES)},
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Go on with a project that needs attention; what is done is not done again."""
        return self.act(request, project_id)


class RebuildProject(ProjectAction):
    verb = "rebuild"
    throttle_scope = "regenerate"
    is_edit = True
    accepted = 202

    def carry_out(self, project: ContentProject, actor_id: UUID) -> None:
        orchestration.rebuild(project.pk, actor_id=actor_id)

    @extend_schema(
        operation_id="rebuild_project",
        tags=TAGS,
        request=RequestSerializer,
        responses={
            200: OpenApiResponse(ProjectSerializer, description="This request_id was known already."),
            202: ProjectSerializer,
            **problems(*CHANGES),
        },
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Make anew what edits have made stale, and nothing else."""
        return self.act(request, project_id)


class SceneDetail(CreatorEndpoint):
    @extend_schema(
        operation_id="change_scene",
        tags=TAGS,
        request=SceneChangeSerializer,
        responses={200: ChangedSceneSerializer, **problems(*CHANGES)},
    )
    def patch(self, request: Request, project_id: UUID, position: int) -> Response:
        """Change the text of one scene. The answer says what has become stale; rebuild makes it anew."""
        body = SceneChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        project = self.find_project(request, project_id)
        self.demand(request, "edit_scene", project)
        self.demand_lock(request, project)
        try:
            with translated(), audited(project.pk, "edit_scene"):
                scene = editing.edit_scene(
                    project.pk, position, actor_id=creator_of(request).pk, **body.validated_data
                )
        except Scene.DoesNotExist as error:
            raise Missing(f"There is no scene {position} in this film.") from error
        except editing.EditRefused as error:
            raise field_refused(error.field, error.code, error.message) from error
        except editing.SceneConflict as error:
            scene = error.scene
            if not _reads(scene, body.validated_data):  # else the same call once more
                raise Conflict(error.code, str(error)) from error
        answer = {"scene": describe_scene(scene), "stale": describe_stale(plan(project))}
        return Response(ChangedSceneSerializer(answer).data)


def _reads(scene: Scene, texts: Mapping[str, Any]) -> bool:
    """Whether the scene has all the given texts already."""
    return all(
        getattr(scene, name) == " ".join(text.split()) for name, text in texts.items() if name != "version"
    )


class RegenerateScene(CreatorEndpoint):
    throttle_scope: ClassVar[str] = "regenerate"

    @extend_schema(
        operation_id="regenerate_scene",
        tags=TAGS,
        request=RegenerateSerializer,
        responses={
            200: OpenApiResponse(ProjectSerializer, description="This request_id was known already."),
            202: ProjectSerializer,
            **problems(*CHANGES),
        },
    )
    def post(self, request: Request, project_id: UUID, position: int) -> Response:
        """Another take of one scene's picture or voice: one provider call, one scene composed anew."""
        body = RegenerateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        project = self.find_project(request, project_id)
        with self.once(request, body.validated_data) as is_new:
            if is_new:
                self.demand(request, "regenerate", project)
                self.demand_lock(request, project)
                with audited(project.pk, "regenerate"):
                    orchestration.regenerate(
                        project.pk,
                        position=position,
                        part=body.validated_data["part"],
                        actor_id=creator_of(request).pk,
                    )
        return answer_project(self.find_project(request, project_id), 202 if is_new else 200)
