"""News for the people of the studio: a bell on every page, and a mail that gathers what is new.

Nothing is stored for a piece of news: it is an event of a project, told to its creator; what children
report, also to those who judge and publish. Only how far a
person, and the mail to them, has come is kept (`Profile`). So every request for changes is news, the third
like the first, and a mail that failed is sent with the next one. Nobody hears of their own acts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from pipeline.models import ContentProject, ProjectEvent
from studio import policy
from studio.models import Creator, Profile, Review

logger = logging.getLogger(__name__)
Status = ContentProject.Status
SHOWN = 12
MOST_MAILED = 20

# kind → (words, icon, condition on an event)
KINDS: dict[str, tuple[str, str, Q]] = {
    "changes": ("Changes requested", "rate_review", Q(reason="creator:changes-requested")),
    "approved": ("Approved", "task_alt", Q(to_status=Status.APPROVED, reason="reviewer:approved")),
    "rejected": ("Rejected", "archive", Q(reason="reviewer:rejected")),
    "stopped": (
        "Needs attention",
        "error",
        Q(to_status=Status.NEEDS_ATTENTION, actor__isnull=True) & ~Q(from_status=Status.NEEDS_ATTENTION),
    ),
    "published": (
        "With students now",
        "public",
        Q(to_status=Status.PUBLISHED) & ~Q(from_status=Status.PUBLISHED),
    ),
    "offline": ("Taken offline", "public_off", Q(reason="editor:unpublished")),
    "paused": ("Paused after reports", "public_off", Q(reason="clock:paused")),
    "reported": ("Reported by children", "flag", Q(reason="students:reported")),
    "assigned": ("Given to you", "person_add", Q(reason="studio:reassigned")),
}


@dataclass(frozen=True)
class News:
    """One event in words; `anchor` leads to the scene it is about."""

    key: int
    kind: str
    words: str
    icon: str
    title: str
    message: str
    link: str
    when: Any
    is_new: bool


def events_for(person: Creator) -> QuerySet[ProjectEvent]:
    """The events of this person's projects that are news to them, newest first."""
    wanted = Q(pk__in=[])
    for _, _, condition in KINDS.values():
        wanted |= condition
    own = Q(project__creator=person.pk) & (Q(actor__isnull=True) | ~Q(actor=person.pk))
    return (
        ProjectEvent.objects.filter(wanted, own | _of_others(person))
        .select_related("project")
        .order_by("-id")
    )


def _of_others(person: Creator) -> Q:
    """What children report is news to who judged the film, and to every editor."""
    reported = Q(reason__in=["students:reported", "clock:paused"])
    if policy.EDITOR in policy.roles_of(person):
        return reported
    judged = Review.objects.filter(reviewer_id=person.pk).values("project")
    return reported & Q(project__in=judged)


def profile_of(person: Creator) -> Profile:
    """The person's settings; defaults that are not stored until something is set."""
    return Profile.objects.filter(creator=person).first() or Profile(creator=person)


def read_news(person: Creator) -> tuple[Profile, list[News], int]:
    """(settings, the newest news, how many of all are new); three queries."""
    profile = profile_of(person)
    rows = events_for(person)
    count = rows.filter(pk__gt=profile.seen_event).count()
    return profile, [_tell(event, profile.seen_event) for event in rows[:SHOWN]], count


def _tell(event: ProjectEvent, seen: int) -> News:
    kind = _kind_of(event)
    words, icon, _ = KINDS[kind]
    scene = event.details.get("scene")
    anchor = f"#scene-{scene + 1}" if isinstance(scene, int) else ""
    project = event.project
    return News(
        key=event.pk,
        kind=kind,
        words=words,
        icon=icon,
        title=project.title or project.concept_prompt,
        message=event.message,
        link=reverse("admin:pipeline_contentproject_review", args=[project.pk]) + anchor,
        when=event.created_at,
        is_new=event.pk > seen,
    )


def _kind_of(event: ProjectEvent) -> str:
    by_reason = {
        "creator:changes-requested": "changes",
        "reviewer:approved": "approved",
        "reviewer:rejected": "rejected",
        "editor:unpublished": "offline",
        "clock:paused": "paused",
        "students:reported": "reported",
        "studio:reassigned": "assigned",
    }
    if event.reason in by_reason:
        return by_reason[event.reason]
    return "published" if event.to_status == Status.PUBLISHED else "stopped"


def mark_seen(person: Creator, *, up_to: int) -> None:
    """Everything up to this event is read; it never goes back."""
    Profile.objects.get_or_create(creator=person)
    Profile.objects.filter(creator=person, seen_event__lt=up_to).update(seen_event=up_to)


def save_settings(person: Creator, *, single_keys: bool, muted: Iterable[str]) -> Profile:
    known = sorted(set(muted) & set(KINDS))
    profile, _ = Profile.objects.update_or_create(
        creator=person, defaults={"single_keys": single_keys, "muted": known}
    )
    return profile


# --------------------------------------------------------------------------- mail


def send_digests() -> int:
    """One mail to everybody whom something new is to be told; how many were sent.

    The first run for a person tells nothing old. A mail that fails is tried again with the next.
    """
    newest = ProjectEvent.objects.order_by("-id").values_list("pk", flat=True).first() or 0
    sent = 0
    people = Creator.objects.filter(is_active=True, is_staff=True).filter(
        Q(projects__isnull=False) | Q(groups__name__in=[policy.REVIEWER, policy.EDITOR])
    )
    people = people.distinct()
    for person in people.select_related("profile"):
        profile = getattr(person, "profile", None)
        if profile is None or not profile.mailed_event:
            Profile.objects.update_or_create(creator=person, defaults={"mailed_event": newest})
            continue
        sent += _send_digest(person, profile, newest)
    return sent


def _send_digest(person: Creator, profile: Profile, newest: int) -> bool:
    rows = events_for(person).filter(pk__gt=profile.mailed_event, pk__lte=newest)
    news = [_tell(event, profile.mailed_event) for event in rows[:MOST_MAILED]]
    news = [one for one in news if one.kind not in profile.muted and one.key > profile.seen_event]
    if news:
        text = render_to_string("studio/mail/digest.txt", {"person": person, "news": news, "base": _base()})
        subject = (
            f"{news[0].words}: {news[0].title}" if len(news) == 1 else f"{len(news)} news from the studio"
        )
        try:
            send_mail(subject[:120].replace("\n", " "), text, settings.DEFAULT_FROM_EMAIL, [person.email])
        except (OSError, SMTPException):
            logger.exception("A digest could not be sent; the next one tells the same: %s", person.pk)
            return False
    Profile.objects.filter(pk=profile.pk).update(mailed_event=newest)
    return bool(news)


def _base() -> str:
    """The studio's own address, as the first trusted origin names it."""
    origins = settings.CSRF_TRUSTED_ORIGINS
    return str(origins[0]) if origins else ""
