"""What beat asks of this app."""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from celery import shared_task
from django.core.cache import cache
from django.db import connection
from django.db.models import DateTimeField, F, FloatField, Sum, Value
from django.db.models.functions import Extract, Power
from django.utils import timezone

from videos import cdn_health
from videos.cdns import configured
from videos.figures import fold_watches
from videos.models import LearningVideo, Watch
from videos.outgoing import send_due
from videos.popularity import HALF_LIFE_DAYS, Audience, score_all, score_popularity
from videos.tokens import expiry_of

logger = logging.getLogger(__name__)
BATCH = 5000  # rows locked at once
RECENT = timedelta(days=70)  # ten half-lives: an older view counts less than a thousandth
SMALLEST_CHANGE = 0.01
MARKS = 2000  # of the recent views of all films, kept between two full runs
QUANTILES, QUANTILES_SECONDS = "popularity-quantiles", 7200
STORE = """
UPDATE learning_videos v SET popularity_score = made.score
FROM unnest(%(ids)s::uuid[], %(scores)s::float8[]) made (id, score) WHERE v.id = made.id
"""


@shared_task  # type: ignore[untyped-decorator,unused-ignore]
def fold_figures() -> int:
    """Every five minutes: impressions, views and completions, and new scores of the films that changed."""
    return score_changed(fold_watches(), timezone.now())


@shared_task  # type: ignore[untyped-decorator,unused-ignore]
def refresh_popularity() -> int:
    """Every hour: all scores, since views lose weight as they age."""
    fold_watches()
    return store_popularity(timezone.now())


@shared_task  # type: ignore[untyped-decorator,unused-ignore]
def send_outgoing() -> int:
    """Every twenty seconds: copies, purges and removals that are due."""
    return send_due(timezone.now())


@shared_task  # type: ignore[untyped-decorator,unused-ignore]
def probe_cdns() -> list[str]:
    """Every ten seconds: ask each CDN for a playlist of its newest film; the names of those that are ill."""
    now = timezone.now()
    newest = LearningVideo.objects.published().order_by("-published_at", "-pk")
    addresses: dict[str, str] = {}
    for cdn in configured():
        films = newest.exclude(stream_uid="") if cdn.name == "stream" else newest
        film = films.only("film_key", "stream_uid").first()
        address = None if film is None else cdn.probe_address(film, expiry_of(film.film_key, now))
        if address is not None:
            addresses[cdn.name] = address
    if not addresses:
        return []
    ill = frozenset(name for name, seconds in cdn_health.examine(addresses).items() if seconds is None)
    cdn_health.note_ill(ill)
    if ill:
        logger.warning("CDNs that do not answer: %s", ", ".join(sorted(ill)))
    return sorted(ill)


def store_popularity(now: datetime) -> int:
    """Score every published film anew; returns how many scores have changed. May run twice."""
    videos = list(_scored(LearningVideo.objects.published().order_by("pk")))
    recent = _recent_views(now)
    audiences = [_audience(video, recent) for video in videos]
    views = sorted(audience.views for audience in audiences)
    if views:
        last = min(len(views), MARKS) - 1
        marks = [views[round(step * (len(views) - 1) / max(last, 1))] for step in range(last + 1)]
        cache.set(QUANTILES, marks, QUANTILES_SECONDS)
    return _store(list(zip(videos, score_all(audiences), strict=True)))


def score_changed(ids: Collection[UUID], now: datetime) -> int:
    """Score these films among the others as they stood at the last full run, or all of them without one."""
    marks = cache.get(QUANTILES)
    if not ids or not isinstance(marks, list):
        return store_popularity(now) if ids else 0
    videos = list(_scored(LearningVideo.objects.published().filter(pk__in=ids)))
    recent = _recent_views(now, ids)
    scores = []
    for video in videos:
        audience = _audience(video, recent)
        scores.append((video, score_popularity(audience, _percentile(marks, audience.views))))
    return _store(scores)


def _scored(films: object) -> Sequence[LearningVideo]:
    fields = ("pk", "impressions", "completions", "surprise_sum", "surprise_count", "popularity_score")
    return films.only(*fields)  # type: ignore[attr-defined,no-any-return] # any set of films


def _audience(video: LearningVideo, recent: Mapping[object, float]) -> Audience:
    count = video.surprise_count
    return Audience(
        impressions=video.impressions,
        completions=video.completions,
        views=recent.get(video.pk, 0.0),
        gain=video.surprise_sum / count if count else 0.0,
        gain_count=count,
    )


def _percentile(marks: Sequence[float], views: float) -> float:
    """As `popularity.rank_percentiles`, among the marks."""
    if len(marks) < 2:
        return 0.5
    place = (bisect_left(marks, views) + bisect_right(marks, views) - 1) / (2 * (len(marks) - 1))
    return min(max(place, 0.0), 1.0)


def _store(scores: Sequence[tuple[LearningVideo, float]]) -> int:
    changed = [
        (video.pk, round(score, 3))
        for video, score in scores
        if abs(video.popularity_score - score) >= SMALLEST_CHANGE
    ]
    for start in range(0, len(changed), BATCH):
        batch = changed[start : start + BATCH]
        with connection.cursor() as cursor:
            cursor.execute(STORE, {"ids": [id_ for id_, _ in batch], "scores": [score for _, score in batch]})
    return len(changed)


def _recent_views(now: datetime, ids: Collection[UUID] | None = None) -> dict[object, float]:
    """Views of the last weeks by film, each weighted by its age: one statement."""
    seconds = Extract(Value(now, DateTimeField()) - F("created_at"), "epoch")
    weight = Power(Value(0.5), seconds / (86_400.0 * HALF_LIFE_DAYS))
    watches = Watch.objects.filter(created_at__gt=now - RECENT, created_at__lte=now)
    if ids is not None:
        watches = watches.filter(video__in=ids)
    weighed = watches.values("video").annotate(views=Sum(weight, output_field=FloatField())).order_by()
    return {row["video"]: float(row["views"]) for row in weighed}
