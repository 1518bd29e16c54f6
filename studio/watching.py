"""How much of a film a reviewer has played. Seeking over a stretch is not playing it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pipeline.models import ContentProject, StepRun
from studio.models import Creator, Viewing

ENOUGH = 0.9  # of the film, before an approval needs a reason
GAP = 0.35  # seconds between two reports of a playing browser that are one stretch
MOST_RANGES = 500
LONGEST_VISIT = 6 * 3600  # seconds that one report may add

Range = tuple[float, float]


class WatchRefused(ValueError):
    """The ranges are no ranges of a film."""


@dataclass(frozen=True)
class Watched:
    """What one person has played of one film: ranges in seconds, the share 0-1, seconds on the page."""

    ranges: tuple[Range, ...] = ()
    share: float = 0.0
    seconds_spent: int = 0

    @property
    def is_enough(self) -> bool:
        return self.share >= ENOUGH


def read_ranges(value: Any) -> list[Range]:
    """[[from, to], …] of a request, as numbers. Raises WatchRefused."""
    if not isinstance(value, list) or len(value) > MOST_RANGES:
        raise WatchRefused("The played ranges cannot be read.")
    found = []
    for one in value:
        if not isinstance(one, list) or len(one) != 2 or not all(_is_number(end) for end in one):
            raise WatchRefused("A played range is a pair of seconds.")
        found.append((float(one[0]), float(one[1])))
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 86_400


def merge_ranges(ranges: Iterable[Sequence[float]], *, seconds: float) -> tuple[Range, ...]:
    """Ranges within a film of `seconds`, in order, those that touch made one."""
    merged: list[list[float]] = []
    clipped = ((max(float(start), 0.0), min(float(end), seconds)) for start, end in ranges)
    for start, end in sorted(one for one in clipped if one[1] > one[0]):
        if merged and start <= merged[-1][1] + GAP:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return tuple((round(start, 2), round(end, 2)) for start, end in merged)


def share_of(ranges: Iterable[Sequence[float]], *, seconds: float) -> float:
    """The share of a film, 0-1, that merged ranges cover; what is left of a last half second is forgiven."""
    if seconds <= 0:
        return 0.0
    played = sum(end - start for start, end in ranges)
    return 1.0 if seconds - played <= 0.5 else round(min(played / seconds, 1.0), 4)


def find_watched(project: ContentProject, person_id: UUID | None, *, film: str) -> Watched:
    """What a person has played of this very film."""
    row = Viewing.objects.filter(project=project, person_id=person_id, film=film).first() if film else None
    if row is None:
        return Watched()
    return Watched(tuple((one[0], one[1]) for one in row.ranges), row.share, row.seconds_spent)


def record_watch(
    project_id: UUID,
    *,
    person: Creator,
    film: str,
    ranges: Sequence[Range],
    seconds_spent: int,
    now: Any = None,
) -> Watched:
    """Add what a browser has played since its last report; the same report twice adds nothing to the film.

    Raises WatchRefused where `film` names no film of the project.
    """
    seconds = _length(project_id, film)
    with transaction.atomic():
        row, _ = Viewing.objects.select_for_update().get_or_create(
            project_id=project_id, person=person, film=film
        )
        merged = merge_ranges([*row.ranges, *ranges], seconds=seconds)
        row.ranges = [list(one) for one in merged]
        row.share = share_of(merged, seconds=seconds)
        row.seconds_spent += max(0, min(seconds_spent, LONGEST_VISIT))
        row.updated_at = now or timezone.now()
        row.save(update_fields=["ranges", "share", "seconds_spent", "updated_at"])
    return Watched(merged, row.share, row.seconds_spent)


def _length(project_id: UUID, film: str) -> float:
    fingerprint = film.partition(".")[0]
    output = (
        StepRun.objects.filter(
            project_id=project_id, fingerprint=fingerprint, step="compose", status=StepRun.Status.SUCCEEDED
        )
        .values_list("output__seconds", flat=True)
        .first()
    )
    if not output:
        raise WatchRefused("This project has no such film.")
    return float(output)
