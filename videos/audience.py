"""Which films a child may open: the hard age gate outside the feed (06, section 3.4)."""

from __future__ import annotations

from django.db.models import Q

from students.models import AGE_GROUPS, ages_of
from videos.models import LearningVideo, LearningVideoQuerySet


def open_to(age_group: str) -> LearningVideoQuerySet:
    """Published films for the child's own age group or a younger one.

    A film suits a group when it suits every age of it: only the group of a child is known.
    """
    return LearningVideo.objects.published().filter(_gate(age_group))


def once_open_to(age_group: str) -> LearningVideoQuerySet:
    """The same, withdrawn films included: one may lie on a child's device still."""
    shown = LearningVideo.objects.exclude(status=LearningVideo.Status.DRAFT)
    return shown.filter(_gate(age_group))


def _gate(age_group: str) -> Q:
    gate = Q(pk__in=[])
    for group in AGE_GROUPS[: AGE_GROUPS.index(age_group) + 1]:
        gate |= Q(age_groups__contains=ages_of(group))
    return gate
