"""Views, completions and impressions are folded into the films, each exactly once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.db import connection

from tests.quizzes.learners import make_film, make_student, make_watch
from videos import figures
from videos.figures import fold_watches
from videos.models import LearningVideo, Watch
from videos.tasks import QUANTILES, fold_figures, score_changed, store_popularity

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def figures_of(film: LearningVideo) -> tuple[int, int, int, float]:
    film.refresh_from_db()
    return film.impressions, film.view_count, film.completions, round(film.completion_rate, 3)


def test_a_card_on_the_screen_is_an_impression_and_five_seconds_are_a_view() -> None:
    film, student = make_film(now=NOW), make_student()
    make_watch(student, film, at=NOW)
    make_watch(student, film, at=NOW, seconds_watched=5.0, completed=False)
    make_watch(student, film, at=NOW, seconds_watched=4.9, completed=False)
    make_watch(student, film, at=NOW, seconds_watched=0.0, completed=False)
    assert fold_watches() == {film.pk}
    assert figures_of(film) == (4, 2, 1, 0.5)


def test_folding_twice_counts_once_and_adds_what_came_since() -> None:
    film, student = make_film(now=NOW, impressions=10, view_count=8, completions=4), make_student()
    make_watch(student, film, at=NOW)
    fold_watches()
    assert fold_watches() == set()
    assert figures_of(film) == (11, 9, 5, 0.556)
    make_watch(student, film, at=NOW)
    fold_watches()
    assert figures_of(film) == (12, 10, 6, 0.6)


def test_many_batches_are_all_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "BATCH", 3)
    film, student = make_film(now=NOW), make_student()
    for _ in range(10):
        make_watch(student, film, at=NOW)
    fold_watches()
    assert figures_of(film) == (10, 10, 10, 1.0)
    assert not Watch.objects.filter(is_counted=False).exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_count_nothing_twice() -> None:
    film, student = make_film(now=NOW), make_student()
    for _ in range(40):
        make_watch(student, film, at=NOW)

    def fold(_: int) -> None:
        try:
            fold_watches()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fold, range(8)))
    fold_watches()
    assert figures_of(film)[:3] == (40, 40, 40)


def test_the_films_that_changed_are_scored_among_the_others() -> None:
    films = [make_film(now=NOW) for _ in range(5)]
    for place, film in enumerate(films):
        for _ in range(place):
            make_watch(make_student(), film, at=NOW)
    fold_watches()
    cache.delete(QUANTILES)
    store_popularity(NOW)
    full = dict(LearningVideo.objects.values_list("pk", "popularity_score"))
    LearningVideo.objects.update(popularity_score=0)
    assert score_changed({films[4].pk}, NOW) == 1
    films[4].refresh_from_db()
    assert films[4].popularity_score == pytest.approx(full[films[4].pk])
    assert LearningVideo.objects.filter(popularity_score=0).count() == 4


def test_without_the_marks_of_a_full_run_everything_is_scored() -> None:
    film = make_film(now=NOW)
    make_film(now=NOW)
    cache.delete(QUANTILES)
    make_watch(make_student(), film, at=NOW)
    assert fold_figures() == 2
    assert fold_figures() == 0
