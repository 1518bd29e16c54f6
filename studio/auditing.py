"""The audit trail: who did what, to what, and why. One row for each change, in the change's transaction.

Three ways to write, and all of them end in `record`:

* a service of the studio that has just moved a project under its lock calls `record_event(project, verb)`;
* a caller of a service below the studio (`pipeline.editing`, `pipeline.orchestration`) wraps the call in
  `with audited(project_id, verb):`, which locks the row and records what the call wrote;
* a change that is no event of a project (an override, a role, a student's name shown) calls `record(…)`
  inside its own transaction.

A call that repeats and so changes nothing leaves no row. The rows are append-only: a trigger of the
database refuses update and delete. The address comes from `TraceMiddleware`, the id of
the request from the one middleware that observes; outside a request the address is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase

from analytics.threads import request_id
from pipeline.models import ContentProject, ProjectEvent
from studio.models import AuditEntry, Creator

_network: ContextVar[str] = ContextVar("studio_network", default="")


@dataclass(frozen=True)
class Trace:
    """Where a change came from: the address cut to its network, and the id of the request."""

    address: str = ""
    request_id: str = ""


class TraceMiddleware:
    """Remembers for the time of a request the network it came from; its id is `config.observing`'s."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _network.set(cut_address(request))
        try:
            return self.get_response(request)
        finally:
            _network.reset(token)


def present_trace() -> Trace:
    return Trace(_network.get(), request_id.get())


def cut_address(request: HttpRequest) -> str:
    """The network the request came from, /24 or /48; "" where it cannot be read. Proxies as configured."""
    written = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.NUM_PROXIES and forwarded:
        hops = forwarded.split(",")
        written = hops[-min(settings.NUM_PROXIES, len(hops))].strip()
    try:
        address = ip_address(written)
    except ValueError:
        return ""
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))


def record(
    *,
    actor: Creator | UUID | None,
    verb: str,
    project: ContentProject | UUID | None = None,
    target: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    event_id: int | None = None,
) -> AuditEntry:
    """One row about one change, in the caller's transaction. `actor` None is the machine or the clock.

    `target` says in words what was changed where it is not the project itself ("scene 3", "student 9f2a").
    `before` and `after` hold only what changed, as JSON.
    """
    trace = present_trace()
    return AuditEntry.objects.create(
        actor_id=actor.pk if isinstance(actor, Creator) else actor,
        verb=verb,
        project_id=project.pk if isinstance(project, ContentProject) else project,
        target=target[:200],
        before=dict(before or {}),
        after=dict(after or {}),
        reason=reason,
        event_id=event_id,
        address=trace.address,
        request_id=trace.request_id,
    )


def record_event(project: ContentProject, verb: str) -> AuditEntry | None:
    """The row of the event that the caller has just written under the project's lock."""
    return _record(ProjectEvent.objects.filter(project=project).order_by("-id").first(), verb)


def _record(event: ProjectEvent | None, verb: str) -> AuditEntry | None:
    if event is None:
        return None
    before, after = {"status": event.from_status}, {"status": event.to_status}
    # Whole scenes stay with the event, which the row names.
    details = {name: value for name, value in event.details.items() if name not in {"authored", "rows"}}
    scene = details.get("scene")
    return record(
        actor=event.actor_id,
        verb=verb,
        project=event.project_id,
        target=f"scene {scene + 1}" if isinstance(scene, int) else "",
        before=before if before != after else None,
        after=(after if before != after else {}) | {"reason": event.reason} | details,
        reason=event.message,
        event_id=event.pk,
    )


@contextmanager
def audited(project_id: UUID, verb: str) -> Iterator[None]:
    """A transaction around a call of the pipeline's; the event it writes, if any, becomes a row.

    The project is locked from here on, so no event of somebody else can be taken for this one.
    """
    with transaction.atomic():
        ContentProject.objects.select_for_update(of=("self",)).values("pk").filter(pk=project_id).first()
        events = ProjectEvent.objects.filter(project=project_id).order_by("-id")
        former = events.values_list("pk", flat=True).first() or 0
        yield
        recorded = AuditEntry.objects.filter(event_id__gt=former).values("event_id")
        _record(events.filter(pk__gt=former).exclude(pk__in=recorded).first(), verb)
