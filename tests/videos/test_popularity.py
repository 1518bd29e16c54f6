"""Scores by the formula, and stored for every published film."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.clients import make_student, make_video
from videos.models import LearningVideo, Watch
from videos.popularity import Audience, rank_percentiles, score_all, score_popularity
from videos.tasks import refresh_popularity, store_popularity

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("audience", "percentile", "score"),
    [
        (Audience(0, 0, 0.0), 0.0, 42.0),
        (Audience(0, 0, 0.0), 1.0, 67.0),
        (Audience(95, 90, 0.0), 0.5, 100 * (0.6 * 93.5 / 100 + 0.125)),
        (Audience(95, 90, 0.0, gain=0.4, gain_count=30), 0.5, 100 * (0.6 * 0.935 + 0.125 + 0.15 * 0.2)),
        (Audience(95, 0, 0.0, gain=-1.0, gain_count=10**6), 0.0, 0.0),
    ],
)
def test_the_score_follows_the_formula(audience: Audience, percentile: float, score: float) -> None:
    assert score_popularity(audience, percentile) == pytest.approx(score, abs=0.001)


def test_percentiles_count_ties_half() -> None:
    assert rank_percentiles([]) == []
    assert rank_percentiles([7.0]) == [0.5]
    assert rank_percentiles([1.0, 2.0, 3.0]) == [0.0, 0.5, 1.0]
    assert rank_percentiles([0.0, 0.0, 0.0, 9.0]) == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1.0])


def test_more_views_never_lower_a_film_and_scores_stay_between_0_and_100() -> None:
    few = score_all([Audience(10, 5, 3.0), Audience(10, 5, 5.0)])
    many = score_all([Audience(10, 5, 9.0), Audience(10, 5, 5.0)])
    assert many[0] > few[0]
    assert all(0 <= score <= 100 for score in few + many)


def watch(video: LearningVideo, *, days_ago: float) -> None:
    at = NOW - timedelta(days=days_ago)
    Watch.objects.create(
        student=make_student(),
        watch_id=uuid4(),
        video=video,
        fingerprint="x",
        seconds_watched=1,
        furthest_second=1,
        completed=False,
        started_at=at,
        created_at=at,
    )


@pytest.mark.django_db
def test_a_view_of_a_week_ago_counts_half() -> None:
    fresh, old = make_video(), make_video()
    watch(fresh, days_ago=0)
    for _ in range(2):
        watch(old, days_ago=7)
    store_popularity(NOW)
    scores = LearningVideo.objects.in_bulk()
    assert scores[fresh.pk].popularity_score == pytest.approx(scores[old.pk].popularity_score)
    watch(old, days_ago=7)
    store_popularity(NOW)
    scores = LearningVideo.objects.in_bulk()
    assert scores[old.pk].popularity_score - scores[fresh.pk].popularity_score == pytest.approx(25, abs=0.1)


@pytest.mark.django_db
def test_only_published_films_are_scored_and_a_second_run_changes_nothing(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(20):
        make_video(impressions=number * 10, completions=number * 5)
    withdrawn = make_video(status=LearningVideo.Status.UNPUBLISHED)
    with django_assert_max_num_queries(5):
        assert store_popularity(NOW) == 20
    assert store_popularity(NOW) == 0
    withdrawn.refresh_from_db()
    assert withdrawn.popularity_score == 0


@pytest.mark.django_db
def test_the_task_that_beat_names_does_it() -> None:
    video = make_video()
    assert refresh_popularity() == 1
    video.refresh_from_db()
    assert video.popularity_score == pytest.approx(100 * (0.6 * 0.7 + 0.125), abs=0.01)
