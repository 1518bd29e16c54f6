"""The calendar of publication: a month in a zone of one's choice, what waits for a date, gaps and conflicts.

A film is placed and moved by a form, which is a link away from every film and every day; dragging is an
extra (`static/studio/calendar.js`). Times are written in UTC, as everywhere, and read in both zones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from pipeline.models import ContentProject
from studio import planner, policy, publishing
from studio.admin.refusals import STATUS_OF
from studio.models import Creator
from studio.rescheduling import TimePassed, move_schedule

Status = ContentProject.Status
ZONES = (
    "UTC",
    "America/Los_Angeles",
    "America/New_York",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Berlin",
    "Africa/Nairobi",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
YEARS = (2000, 2100)  # of an address


@dataclass(frozen=True)
class Place:
    """What the calendar's address says: the month, the zone, month or list, and the film that is placed."""

    month: date
    zone_name: str
    as_list: bool

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.zone_name)

    def address(self, *, month: date | None = None, **more: str) -> str:
        query = {"month": f"{month or self.month:%Y-%m}", "zone": self.zone_name}
        query |= {"as": "list"} if self.as_list else {}
        return f"{reverse('admin:studio-calendar')}?{urlencode(query | more)}"


@dataclass(frozen=True)
class Item:
    """A film as a day shows it. `was` is the moment as a move names it."""

    key: UUID
    title: str
    topic: str
    clock: str
    utc: str
    was: str
    link: str
    move_link: str
    is_out: bool
    is_late: bool
    conflict: str


@dataclass(frozen=True)
class DayView:
    key: str
    name: str
    number: int
    is_in_month: bool
    is_today: bool
    is_past: bool
    in_gap: bool
    add_link: str
    items: Sequence[Item]


@dataclass(frozen=True)
class Form:
    """The open form: one film, or a choice of those that wait."""

    key: str
    title: str
    was: str
    at: str
    is_move: bool


def read_place(data: Any) -> Place:
    """From an address or a form; what cannot be read is the present month, UTC."""
    now = timezone.now()
    zone = data.get("zone", "")
    zone = zone if _is_zone(zone) else "UTC"
    try:
        month = datetime.strptime(data.get("month", ""), "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        month = now.astimezone(ZoneInfo(zone)).date()
    if not YEARS[0] < month.year < YEARS[1]:
        month = now.date()
    return Place(month.replace(day=1), zone, data.get("as") == "list")


def _is_zone(name: str) -> bool:
    if not name or len(name) > 40:
        return False
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # not there, a folder of zones, a path
        return False
    return True


def show_calendar(
    request: HttpRequest, context: dict[str, Any], *, wrong: str = "", status: int = 200
) -> HttpResponse:
    """The page; after a refusal with its reason, and the form as it was filled in."""
    if not policy.roles_of(request.user):
        raise PermissionDenied
    data = request.POST if request.method == "POST" else request.GET
    place, now, user = read_place(data), timezone.now(), request.user
    begin, end = planner.bounds_of(place.month, place.zone)
    slots = planner.read_slots(user, begin=begin, end=end)
    can_plan = policy.EDITOR in policy.roles_of(user)
    waiting = planner.read_waiting(user) if can_plan else []
    conflicts = planner.find_conflicts(slots)
    today = now.astimezone(place.zone).date()
    days = planner.lay_out(place.month, slots, place.zone)
    busy = [day.date for day in days if day.slots]
    gaps = _find_gaps(place, busy, today)
    views = [
        _view_day(day, place, now=now, gaps=gaps, conflicts=conflicts, can_plan=can_plan) for day in days
    ]
    first_of_today = today.replace(day=1)
    following = (place.month + timedelta(days=32)).replace(day=1)
    page = {
        "title": "Calendar",
        "st_title": "Calendar",
        "place": place,
        "month_name": f"{place.month:%B %Y}",
        "days": [day for day in views if day.items] if place.as_list else views,
        "weekdays": WEEKDAYS,
        "previous": place.address(month=(place.month - timedelta(days=1)).replace(day=1)),
        "next": place.address(month=following),
        "this_month": place.address(month=first_of_today) if place.month != first_of_today else "",
        "other_form": Place(place.month, place.zone_name, not place.as_list).address(),
        "zones": [*ZONES, *([place.zone_name] if place.zone_name not in ZONES else [])],
        "waiting": [
            (project.title or project.concept_prompt, project.pk, _form_link(place, project.pk))
            for project in waiting
        ],
        "can_plan": can_plan,
        "planned": sum(not slot.is_out for slot in slots),
        "gaps": [(gap, f"{gap.begin:%-d %B}", f"{gap.end:%-d %B}") for gap in gaps],
        "conflicts": sorted(
            {tuple(sorted((slot.title, conflicts[slot.key]))) for slot in slots if slot.key in conflicts}
        ),
        "form": _make_form(data, place, slots, waiting, now) if can_plan else None,
        "wrong": wrong,
        "here": place.address(),
    }
    return TemplateResponse(request, "studio/calendar.html", context | page, status=status)


def _find_gaps(place: Place, busy: Sequence[date], today: date) -> list[planner.Gap]:
    """Of the month's own days that are still to come."""
    last = (place.month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    begin = max(place.month, today)
    return planner.find_gaps(busy, begin=begin, end=last) if begin <= last else []


def _view_day(
    day: planner.Day,
    place: Place,
    *,
    now: datetime,
    gaps: Sequence[planner.Gap],
    conflicts: dict[UUID, str],
    can_plan: bool,
) -> DayView:
    today, key = now.astimezone(place.zone).date(), day.date.isoformat()
    can_add = can_plan and day.date >= today
    return DayView(
        key=key,
        name=f"{day.date:%A} {day.date.day} {day.date:%B}",
        number=day.date.day,
        is_in_month=day.is_in_month,
        is_today=day.date == today,
        is_past=day.date < today,
        in_gap=any(gap.begin <= day.date <= gap.end for gap in gaps),
        add_link=place.address(day=key) + "#st-place" if can_add else "",
        items=[_view_slot(slot, place, now, conflicts.get(slot.key, "")) for slot in day.slots],
    )


def _view_slot(slot: planner.Slot, place: Place, now: datetime, conflict: str) -> Item:
    return Item(
        key=slot.key,
        title=slot.title,
        topic=slot.topic,
        clock=f"{slot.at.astimezone(place.zone):%H:%M}",
        utc=f"{slot.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        was=slot.at.isoformat(),
        link=reverse("admin:pipeline_contentproject_review", args=[slot.key]),
        move_link=_form_link(place, slot.key),
        is_out=slot.is_out,
        is_late=not slot.is_out and slot.at < now - timedelta(minutes=5),
        conflict=conflict,
    )


def _form_link(place: Place, key: UUID) -> str:
    return place.address(place=str(key)) + "#st-place"


# --------------------------------------------------------------------------- the form


def _make_form(
    data: Any,
    place: Place,
    slots: Sequence[planner.Slot],
    waiting: Sequence[ContentProject],
    now: datetime,
) -> Form | None:
    """The form that the address asks for, or that was refused; None: it is closed."""
    key, day = data.get("place") or data.get("project", ""), data.get("day", "")
    typed = data.get("at", "")
    slot = next((one for one in slots if str(one.key) == key and not one.is_out), None)
    if slot is not None:
        return Form(key, slot.title, slot.at.isoformat(), typed or _as_field(slot.at), is_move=True)
    film = next((one for one in waiting if str(one.pk) == key), None)
    if film is None and not (day and waiting):
        return None
    if not typed:
        busy = [one.at.astimezone(place.zone).date() for one in slots]
        chosen = _read_day(day) or planner.next_free_day(busy, after=now.astimezone(place.zone).date())
        typed = _as_field(datetime.combine(chosen, planner.USUAL_HOUR, place.zone))
    title = (film.title or film.concept_prompt) if film is not None else ""
    return Form(key if film is not None else "", title, "", typed, is_move=False)


def _as_field(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M}"


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _read_moment(text: str) -> datetime | None:
    """ISO 8601; without an offset it is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def change_plan(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """The POST of the form and of dragging: place a film, move it, or take it out of the plan."""
    user, data = request.user, request.POST
    if not isinstance(user, Creator):
        raise Http404
    try:
        key = UUID(data.get("project", ""))
    except ValueError:
        return show_calendar(request, context, wrong="Choose a film.", status=400)
    if not policy.scope(user).filter(pk=key).exists():
        raise Http404("There is no such project.")
    place, was = read_place(data), _read_moment(data.get("was", ""))
    at = _read_target(data, place, was)
    if at is None and data.get("act") != "unplan":
        wrong = "The date cannot be read. Write it as 2030-01-31T09:00."
        return show_calendar(request, context, wrong=wrong, status=400)
    try:
        said = _change(key, user, act=data.get("act", ""), was=was, at=at)
    except (publishing.PublicationRefused, publishing.CopyFailed) as refused:
        status = {**STATUS_OF, "time-passed": 400}.get(refused.code, 409)
        return show_calendar(request, context, wrong=refused.message, status=status)
    messages.success(request, said)
    day = f"#day-{at.astimezone(place.zone).date()}" if at is not None else ""
    return HttpResponseRedirect(place.address() + day)


def _read_target(data: Any, place: Place, was: datetime | None) -> datetime | None:
    """`at`, or the time of `was` on `day` of the page's zone (what a drop says)."""
    if data.get("at"):
        return _read_moment(data["at"])
    day = _read_day(data.get("day", ""))
    return planner.move_to_day(was, day, place.zone) if day is not None and was is not None else None


def _change(key: UUID, user: Creator, *, act: str, was: datetime | None, at: datetime | None) -> str:
    if act == "unplan":
        publishing.cancel_schedule(key, actor=user)
        return "Taken out of the plan. The film stays approved."
    if at is None:
        raise TimePassed("Choose a date and a time.")
    if was is not None:
        move_schedule(key, actor=user, was=was, at=at)
        return f"Moved to {at.astimezone(UTC):%A, %-d %B %Y, %H:%M} UTC."
    if at <= timezone.now():
        raise TimePassed("This time has passed. Choose one to come.")
    publishing.publish(key, actor=user, at=at)
    return f"Goes out on {at.astimezone(UTC):%A, %-d %B %Y, %H:%M} UTC."
