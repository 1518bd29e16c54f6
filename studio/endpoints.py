"""What every view of the creator API has in common: who calls, which project, and how refusals are told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from pipeline import editing, orchestration
from pipeline.models import ContentProject
from students.endpoints import Endpoint
from students.problems import Conflict, FieldError, Forbidden, Missing, Problem, Unavailable
from studio import policy, publishing, reviewing
from studio.authentication import CreatorAuthentication, IsCreator, StudioSession, creator_of
from studio.idempotency import RequestConflict, claim_request, is_done
from studio.locking import Locked, check_lock
from studio.releasing import CopyFailed

FORBIDDEN = frozenset({"forbidden", "own-work"})


class CreatorEndpoint(Endpoint):
    """For a signed-in person of the studio."""

    authentication_classes: ClassVar[list[type[BaseAuthentication]]] = [CreatorAuthentication, StudioSession]  # type: ignore[misc]
    permission_classes: ClassVar[list[type[BasePermission]]] = [IsCreator]  # type: ignore[misc]
    throttle_scope: ClassVar[str] = "creator"

    def find_project(self, request: Request, project_id: UUID) -> ContentProject:
        """The project if this person may see it; else a 404, as for one that does not exist."""
        visible = policy.scope(creator_of(request)).select_related("creator", "published_video")
        project = visible.filter(pk=project_id).first()
        if project is None:
            raise Missing
        return project

    def demand(self, request: Request, verb: str, project: ContentProject | None = None) -> None:
        """Go on only if the policy allows it. Raises Forbidden (403), or Conflict (409) for the status."""
        refusal = policy.refusal(creator_of(request), verb, project)
        if refusal is not None:
            raise as_problem(refusal.code, refusal.message)

    def demand_lock(self, request: Request, project: ContentProject) -> None:
        """Go on only if nobody else is editing. Raises Conflict (409 `locked`)."""
        try:
            check_lock(project, person_id=creator_of(request).pk, now=timezone.now())
        except Locked as error:
            raise Conflict(error.code, error.message) from error

    @contextmanager
    def once(self, request: Request, body: dict[str, Any]) -> Iterator[bool]:
        """A transaction in which a call with a `request_id` is carried out, or (False) was before."""
        with translated(), transaction.atomic():
            yield claim_request(creator_of(request), body["request_id"], **identify(request, body))

    def was_done(self, request: Request, body: dict[str, Any]) -> bool:
        """For calls that must not work inside a transaction: whether this one was carried out."""
        with translated():
            return is_done(creator_of(request), body["request_id"], **identify(request, body))


def identify(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """What makes two calls the same: the address and the rest of the body."""
    rest = {name: str(value) for name, value in body.items() if name != "request_id"}
    return {"call": f"{request.method} {request.path}", "body": rest}


def as_problem(code: str, message: str, errors: tuple[FieldError, ...] = ()) -> Problem:
    """A refusal by its code: of the person a 403, of the present state a 409."""
    if code in FORBIDDEN:
        return Forbidden(code, message, errors=errors)
    return Conflict(code, message, errors=errors)


@contextmanager
def translated() -> Iterator[None]:
    """Refusals of the rules below become problems."""
    try:
        yield
    except (RequestConflict, editing.IdempotencyConflict, editing.NotEditable) as error:
        raise Conflict(error.code, str(error)) from error
    except orchestration.NotPossible as error:
        if error.code == "scene-unknown":
            raise Missing(error.message) from error
        raise as_problem(error.code, error.message) from error
    except reviewing.VerdictRefused as error:
        raise as_problem(error.code, error.message) from error
    except publishing.PublicationRefused as error:
        raise as_problem(error.code, error.message) from error
    except CopyFailed as error:
        raise Unavailable("copy-failed", error.message, wait=5) from error
