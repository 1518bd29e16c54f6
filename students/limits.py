"""What a guardian or staff decide for a child: minutes of a day, reminders, free weekends (06, 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F

from students.budget import FEWEST_MINUTES, MOST_MINUTES
from students.models import Student


class LimitsRefused(Exception):
    """A value is out of its range; nothing was changed."""


@dataclass(frozen=True)
class Keep:
    """Leave a value as it is."""


KEEP = Keep()


def set_limits(
    student: Student,
    *,
    minutes: int | Keep | None = KEEP,
    reminders: bool | Keep = KEEP,
    weekends_off: bool | Keep = KEEP,
) -> Student:
    """Change what is given. Minutes None: what the age group has. Raises LimitsRefused.

    Taking reminders back also switches them off. What the child sees of its day is computed anew.
    """
    changes: dict[str, Any] = {}
    if not isinstance(minutes, Keep):
        if minutes is not None and not FEWEST_MINUTES <= minutes <= MOST_MINUTES:
            raise LimitsRefused(f"Learning minutes are from {FEWEST_MINUTES} to {MOST_MINUTES} a day.")
        changes["learning_minutes"] = minutes
    if not isinstance(reminders, Keep):
        changes["reminders_allowed"] = reminders
    if not isinstance(weekends_off, Keep):
        changes["weekends_off"] = weekends_off
    with transaction.atomic():
        locked = Student.objects.select_for_update().get(pk=student.pk)
        if reminders is False and locked.prefers("reminders"):
            changes["learning_preferences"] = {**(locked.learning_preferences or {}), "reminders": False}
        if any(getattr(locked, name) != value for name, value in changes.items()):
            Student.objects.filter(pk=locked.pk).update(**changes, progress_version=F("progress_version") + 1)
    locked.refresh_from_db()
    return locked
