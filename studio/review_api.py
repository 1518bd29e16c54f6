"""Judge exactly one film, and let it out to the children, or take it back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from pipeline.models import ContentProject
from students.problems import problems
from studio import publishing, reviewing
from studio.authentication import creator_of
from studio.descriptions import describe_publication, describe_review, describe_verdict
from studio.endpoints import CreatorEndpoint, translated
from studio.models import Review
from studio.reviewing import Account
from studio.serializers import (
    ContentReviewSerializer,
    GivenVerdictSerializer,
    PublicationSerializer,
    PublishSerializer,
    UnpublishSerializer,
    VerdictSerializer,
)
from studio.watching import WatchRefused, find_watched, record_watch

TAGS = ["review"]
NO_PLAYER = "Judged through the API, without a player that counts."
CHANGES = (400, 401, 403, 404, 409, 413, 415)


class ReviewDetail(CreatorEndpoint):
    @extend_schema(
        operation_id="read_review",
        tags=TAGS,
        responses={200: ContentReviewSerializer, **problems(401, 403, 404)},
    )
    def get(self, request: Request, project_id: UUID) -> Response:
        """Everything that is judged: script, film, questions, findings with evidence."""
        project = self.find_project(request, project_id)
        return Response(ContentReviewSerializer(describe_review(project)).data)


class VerdictEndpoint(CreatorEndpoint):
    """A verdict on the film that was seen."""

    def judge(self, request: Request, project_id: UUID, decide: Callable[..., Review]) -> Response:
        body = VerdictSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        project = self.find_project(request, project_id)
        given = body.validated_data
        account = self.account_for(request, project, given)
        with translated():
            review = decide(
                project.pk,
                reviewer=creator_of(request),
                film=given["film"],
                notes=given["notes"],
                account=account,
            )
        project.refresh_from_db(fields=["status"])
        return Response(GivenVerdictSerializer(describe_verdict(review, project.status)).data)

    def account_for(self, request: Request, project: ContentProject, given: dict[str, Any]) -> Account:
        """How much of the film this person has played: on the review page, and as the call says.

        A call that says nothing of it stands in the record as one without a player; one that does is held to
        the same nine tenths as the page.
        """
        person, film, reason = creator_of(request), given["film"], given["unwatched_reason"]
        watched = find_watched(project, person.pk, film=film)
        if "played" in given:
            ranges = [(float(start), float(end)) for start, end in given["played"]]
            with contextlib.suppress(WatchRefused):  # of another film, which the verdict says itself
                watched = record_watch(project.pk, person=person, film=film, ranges=ranges, seconds_spent=0)
        elif not (watched.is_enough or reason.strip()):
            reason = NO_PLAYER
        return Account(watched=watched, unwatched_reason=reason)


type Handler = Callable[..., Response]


def verdict_schema(operation: str) -> Callable[[Handler], Handler]:
    described: Callable[[Handler], Handler] = extend_schema(
        operation_id=operation,
        tags=TAGS,
        request=VerdictSerializer,
        responses={200: GivenVerdictSerializer, **problems(*CHANGES)},
    )
    return described


class Approve(VerdictEndpoint):
    @verdict_schema("approve_film")
    def post(self, request: Request, project_id: UUID) -> Response:
        """Approve the film named by `film`; 409 where it has changed since, 403 for one's own work."""
        return self.judge(request, project_id, reviewing.approve)


class RequestChanges(VerdictEndpoint):
    @verdict_schema("request_changes")
    def post(self, request: Request, project_id: UUID) -> Response:
        """Send the film back to its creator with notes."""
        return self.judge(request, project_id, reviewing.request_changes)


class Reject(VerdictEndpoint):
    @verdict_schema("reject_film")
    def post(self, request: Request, project_id: UUID) -> Response:
        """End the project, with notes that say why."""
        return self.judge(request, project_id, reviewing.reject)


class Publish(CreatorEndpoint):
    @extend_schema(
        operation_id="publish_film",
        tags=["publish"],
        request=PublishSerializer,
        responses={200: PublicationSerializer, **problems(*CHANGES, 503)},
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Publish the approved film, now or at a time. Publishing twice makes one video."""
        body = PublishSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        project = self.find_project(request, project_id)
        if not self.was_done(request, given):
            with translated():  # outside a transaction: files are copied
                publishing.publish(
                    project.pk, actor=creator_of(request), at=given.get("at"), request_id=given["request_id"]
                )
            with self.once(request, given):
                pass  # a call that dies before this line is repeated, and finds the video
        return answer_publication(self.find_project(request, project_id))


class Unpublish(CreatorEndpoint):
    @extend_schema(
        operation_id="unpublish_film",
        tags=["publish"],
        request=UnpublishSerializer,
        responses={200: PublicationSerializer, **problems(*CHANGES)},
    )
    def post(self, request: Request, project_id: UUID) -> Response:
        """Take the film from the students at once. Repeating changes nothing."""
        body = UnpublishSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        project = self.find_project(request, project_id)
        with translated():
            publishing.unpublish(project.pk, actor=creator_of(request), **body.validated_data)
        return answer_publication(self.find_project(request, project_id))


def answer_publication(project: ContentProject) -> Response:
    """The project's last published film, live or not."""
    return Response(PublicationSerializer(describe_publication(project)).data)
