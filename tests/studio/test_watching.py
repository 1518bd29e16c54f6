"""Played ranges: seeking is not playing, reports are merged, and another film's count for nothing."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.planning import plan
from studio import watching
from studio.models import Viewing
from studio.review_queue import Place, find_place
from tests.studio.factories import author, film_of, make_film, make_person


@pytest.mark.parametrize(
    ("ranges", "merged", "share"),
    [
        ([], (), 0.0),
        ([(0, 50)], ((0, 50),), 1.0),
        ([(0, 10), (40, 50)], ((0, 10), (40, 50)), 0.4),
        ([(0, 10), (9, 20)], ((0, 20),), 0.4),
        ([(0, 10), (10.3, 20)], ((0, 20),), 0.4),
        ([(30, 10)], (), 0.0),
        ([(-5, 10), (45, 99)], ((0, 10), (45, 50)), 0.3),
        ([(0, 49.6)], ((0, 49.6),), 1.0),
    ],
)
def test_ranges_are_merged_and_clipped_to_the_film(
    ranges: list[tuple[float, float]], merged: Any, share: float
) -> None:
    found = watching.merge_ranges(ranges, seconds=50)
    assert (found, watching.share_of(found, seconds=50)) == (merged, share)


@pytest.mark.parametrize(
    "value", [None, {}, [[1]], [[1, "2"]], [[True, 2]], [[-1, 2]], [[0, float("inf")]], [[0, 1]] * 501]
)
def test_what_is_no_list_of_ranges_is_refused(value: Any) -> None:
    with pytest.raises(watching.WatchRefused):
        watching.read_ranges(value)


@pytest.mark.django_db
def test_reports_add_up_over_reloads_and_belong_to_one_film_and_person() -> None:
    project, person, other = make_film(), make_person("reviewer"), make_person("reviewer")
    film = film_of(project.pk)
    run = plan(project).film_run
    assert run is not None
    seconds = float((run.output or {})["seconds"])
    for _ in range(2):  # the same report twice
        watching.record_watch(
            project.pk, person=person, film=film, ranges=[(0, seconds / 2)], seconds_spent=10
        )
    assert watching.find_watched(project, person.pk, film=film).share == pytest.approx(0.5, abs=0.001)
    watched = watching.record_watch(
        project.pk, person=person, film=film, ranges=[(seconds / 2, seconds)], seconds_spent=5
    )
    assert (watched.share, watched.is_enough, watched.seconds_spent) == (1.0, True, 25)
    assert watching.find_watched(project, other.pk, film=film) == watching.Watched()
    with pytest.raises(watching.WatchRefused):
        watching.record_watch(project.pk, person=person, film="a.b", ranges=[(0, 9)], seconds_spent=1)
    assert Viewing.objects.count() == 1


@pytest.mark.django_db
def test_the_queue_is_what_a_person_may_judge_longest_waiting_first() -> None:
    reviewer = make_person("reviewer")
    first, own, second, third = make_film(), make_film(), make_film(), make_film()
    author(own, reviewer)
    assert find_place(reviewer, first) == Place(1, 3, None, second.pk)
    assert find_place(reviewer, second) == Place(2, 3, first.pk, third.pk)
    assert find_place(reviewer, third) == Place(3, 3, second.pk, None)
    assert find_place(reviewer, own) == Place(0, 0, None, None)
    assert find_place(first.creator, first) == Place(0, 0, None, None)
