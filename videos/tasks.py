"""What beat asks of this app."""

from __future__ import annotations

from datetime import datetime, timedelta

from celery import shared_task
from django.db.models import DateTimeField, F, FloatField, Sum, Value
from django.db.models.functions import Extract, Power
from django.utils import timezone

from videos.models import LearningVideo, Watch
from videos.popularity import HALF_LIFE_DAYS, Audience, score_all

BATCH = 500  # rows locked at once
RECENT = timedelta(days=70)  # ten half-lives: an older view counts less than a thousandth
SMALLEST_CHANGE = 0.01


@shared_task  # type: ignore[untyped-decorator,unused-ignore]
def refresh_popularity() -> int:
    return store_popularity(timezone.now())


def store_popularity(now: datetime) -> int:
    """Score every published film anew; returns how many scores have changed. May run twice."""
    videos = list(
        LearningVideo.objects.published()
        .order_by("pk")
        .only("pk", "view_count", "completions", "popularity_score")
    )
    recent = _recent_views(now)
    audiences = [
        # Impressions are not counted yet; a view stands for one.
        Audience(impressions=video.view_count, completions=video.completions, views=recent.get(video.pk, 0.0))
        for video in videos
    ]
    changed = []
    for video, score in zip(videos, score_all(audiences), strict=True):
        if abs(video.popularity_score - score) >= SMALLEST_CHANGE:
            video.popularity_score = round(score, 3)
            changed.append(video)
    for start in range(0, len(changed), BATCH):
        LearningVideo.objects.bulk_update(changed[start : start + BATCH], ["popularity_score"])
    return len(changed)


def _recent_views(now: datetime) -> dict[object, float]:
    """Views of the last weeks by film, each weighted by its age: one statement."""
    seconds = Extract(Value(now, DateTimeField()) - F("created_at"), "epoch")
    weight = Power(Value(0.5), seconds / (86_400.0 * HALF_LIFE_DAYS))
    weighed = (
        Watch.objects.filter(created_at__gt=now - RECENT, created_at__lte=now)
        .values("video")
        .annotate(views=Sum(weight, output_field=FloatField()))
        .order_by()
    )
    return {row["video"]: float(row["views"]) for row in weighed}
