"""Pages, cursors and the next film (06, 3.5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest
from django.core.cache import cache
from django.test.utils import CaptureQueriesContext

from feed import pages
from feed.cards import Place, read_cards
from feed.cursors import CursorInvalid
from feed.pages import AgeGroupNotAllowed, Page, next_page, recommend
from quizzes.answering import Upcoming, submit_answer
from students.models import AGE_GROUPS, Student, ages_of
from tests.quizzes.learners import (
    answer_all,
    capture,
    made,
    make_concept,
    make_film,
    make_student,
    make_watch,
    statements,
)
from videos.catalogue import bump_catalogue
from videos.models import LearningVideo

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def cards(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.json.decode(page.body)
    return found


def titles(page: Page) -> list[str]:
    return [card["title"] for card in cards(page)]


def make_catalogue(count: int, **fields: Any) -> list[LearningVideo]:
    """Films of one concept and topic each, seen by many; the first one takes the least time."""
    return [
        make_film(
            make_concept(topic=make_concept()),
            now=NOW,
            title=f"film {number:03}",
            impressions=10**9,
            completions=7 * 10**8,
            duration_seconds=75 + 5 * number,
            popularity_score=100 - number / 10,
            **fields,
        )
        for number in range(count)
    ]


@pytest.fixture
def student() -> Student:
    return make_student(time_zone="Europe/Vienna")


def refresh(student: Student) -> Student:
    return Student.objects.get(pk=student.pk)


def test_a_page_is_ten_cards_and_the_first_three_are_preloaded(student: Student) -> None:
    make_catalogue(12)
    page = next_page(student, now=NOW)
    assert titles(page) == [f"film {number:03}" for number in range(10)]
    assert [card["preload"] for card in cards(page)] == [True] * 3 + [False] * 7


def test_a_card_has_exactly_the_fields_of_the_contract_and_no_answers(student: Student) -> None:
    (film,) = make_catalogue(1)
    (card,) = cards(next_page(student, now=NOW))
    assert list(card) == [
        *(
            "id",
            "title",
            "topic",
            "mode",
            "reasons",
            "why",
            "duration_seconds",
            "difficulty_level",
            "age_groups",
        ),
        *("burned_captions", "thumbnail_url", "playback", "quiz_questions", "preload"),
    ]
    assert set(card["playback"]) == {
        "hls_url",
        "fallback_hls_url",
        "renditions",
        "captions_url",
        "poster_url",
        "cdn",
        "expires_at",
    }
    assert set(card["playback"]["renditions"]) == {"1080p", "720p", "480p"}
    assert (card["id"], card["mode"], card["reasons"]) == (str(film.id), "watch", ["new"])
    assert card["quiz_questions"] == [
        {"index": index, "question": f"Question {index}?", "taught_at_seconds": 10.0 * index}
        for index in range(3)
    ]
    assert film.film_key in card["thumbnail_url"]


def test_pages_follow_each_other_and_end_in_an_empty_array(student: Student) -> None:
    make_catalogue(23)
    found = [titles(next_page(student, now=NOW, number=number)) for number in range(4)]
    assert [len(page) for page in found] == [10, 10, 3, 0]
    assert len({title for page in found for title in page}) == 23
    assert next_page(student, now=NOW, number=9_999).body == b"[]"


def test_an_empty_catalogue_is_an_empty_array(student: Student) -> None:
    page = next_page(student, now=NOW)
    assert (page.body, page.next_cursor) == (b"[]", None)


def scroll(student: Student, page: Page) -> Page:
    assert page.next_cursor is not None
    return next_page(student, now=NOW, cursor=page.next_cursor)


def test_a_cursor_leads_through_everything_once(student: Student) -> None:
    make_catalogue(23)
    page = next_page(student, now=NOW)
    seen = titles(page)
    while page.next_cursor:
        page = scroll(student, page)
        seen += titles(page)
    assert seen == [f"film {number:03}" for number in range(23)]


def test_the_cursor_of_a_later_page_goes_on_from_there(student: Student) -> None:
    make_catalogue(25)
    page = scroll(student, next_page(student, now=NOW, number=1))
    assert titles(page) == [f"film {number:03}" for number in range(20, 25)]
    assert page.next_cursor is None


def test_after_an_answer_a_cursor_shows_the_new_order_without_what_was_shown(student: Student) -> None:
    films = make_catalogue(15)
    due = films[14]
    answer_all(student, due, now=NOW - timedelta(days=30))
    LearningVideo.objects.filter(pk=due.pk).update(status="unpublished")
    student = refresh(student)
    page = next_page(student, now=NOW)
    first = titles(page)
    LearningVideo.objects.filter(pk=due.pk).update(status="published")
    answer_all(student, films[0], now=NOW)
    following = titles(scroll(refresh(student), page))
    assert "film 014" in following
    assert set(first).isdisjoint(following)
    assert sorted(first + following) == [film.title for film in films]


def test_cursors_belong_to_their_student(student: Student) -> None:
    make_catalogue(11)
    cursor = next_page(student, now=NOW).next_cursor
    with pytest.raises(CursorInvalid):
        next_page(make_student(), now=NOW, cursor=cursor)


def test_only_younger_groups_are_open(student: Student) -> None:
    make_catalogue(1)
    make_film(None, now=NOW, title="for little ones", age_groups=ages_of("5-7"))
    assert titles(next_page(student, now=NOW, age_group="5-7")) == ["for little ones"]
    assert titles(next_page(student, now=NOW, age_group="8-10")) == ["film 000"]
    for older in ("11-13", "14-17"):
        with pytest.raises(AgeGroupNotAllowed):
            next_page(student, now=NOW, age_group=older)


def test_a_cursor_keeps_its_age_group_unless_the_student_became_younger(student: Student) -> None:
    make_catalogue(12)
    cursor = next_page(student, now=NOW).next_cursor
    Student.objects.update(age_group="5-7")
    with pytest.raises(AgeGroupNotAllowed):
        next_page(refresh(student), now=NOW, cursor=cursor)


# ------------------------------------------------------------------ cache


def cost(captured: CaptureQueriesContext) -> int:
    return len(statements(captured))


def test_a_page_costs_two_statements_and_none_when_it_is_kept(student: Student) -> None:
    make_catalogue(12)
    with capture() as first:
        page = next_page(student, now=NOW)
    with capture() as again:
        assert next_page(student, now=NOW + timedelta(minutes=2)) == page
    with capture() as second_page:
        next_page(student, now=NOW, number=1)
    assert (cost(first), cost(again), cost(second_page)) == (2, 0, 1)


def test_an_answer_makes_the_kept_page_unfindable(student: Student) -> None:
    films = make_catalogue(3)
    assert titles(next_page(student, now=NOW))[0] == "film 000"
    answer_all(student, films[0], now=NOW)
    assert titles(next_page(refresh(student), now=NOW)) == ["film 001", "film 002", "film 000"]


@pytest.mark.django_db(transaction=True)
def test_a_publication_makes_every_kept_page_unfindable(student: Student) -> None:
    films = make_catalogue(2)
    next_page(student, now=NOW)
    LearningVideo.objects.filter(pk=films[0].pk).update(status="unpublished")
    assert len(titles(next_page(student, now=NOW))) == 2
    bump_catalogue()
    assert titles(next_page(student, now=NOW)) == ["film 001"]


def test_a_film_withdrawn_since_the_order_was_made_is_left_out(student: Student) -> None:
    films = make_catalogue(15)
    next_page(student, now=NOW)
    LearningVideo.objects.filter(pk=films[12].pk).update(status="unpublished")
    LearningVideo.objects.filter(pk=films[13].pk).update(age_groups=[11, 12, 13])
    assert titles(next_page(student, now=NOW, number=1)) == ["film 010", "film 011", "film 014"]


def test_the_age_group_is_part_of_the_key(student: Student) -> None:
    make_catalogue(1)
    next_page(student, now=NOW)
    Student.objects.update(age_group="11-13")
    assert next_page(refresh(student), now=NOW).body == b"[]"


@pytest.mark.usefixtures("dead_cache")
def test_without_a_cache_the_same_pages_come_slower(student: Student) -> None:
    make_catalogue(12)
    page = next_page(student, now=NOW)
    with capture() as captured:
        again = next_page(student, now=NOW)
    assert page.body == again.body
    assert cost(captured) == 2
    assert titles(scroll(student, page)) == ["film 010", "film 011"]


def test_an_order_computed_again_within_five_minutes_is_the_same(student: Student) -> None:
    for film in make_catalogue(20):
        if int(film.title[-1]) % 2:
            answer_all(student, film, now=NOW - timedelta(days=int(film.title[-2:]) + 1))
    student = refresh(student)
    start = datetime(2026, 3, 2, 15, 5, tzinfo=UTC)
    orders = set()
    for seconds in (0, 100, 299):
        cache.clear()
        orders.add(tuple(titles(next_page(student, now=start + timedelta(seconds=seconds)))))
    assert len(orders) == 1


@pytest.mark.parametrize("seed", range(4))
def test_no_page_holds_a_film_that_is_not_for_the_student(seed: int) -> None:
    random = Random(seed)
    for _ in range(30):
        make_film(None, now=NOW, age_groups=sorted(random.sample(range(5, 18), random.randint(3, 13))))
    student = make_student(age_group=AGE_GROUPS[seed])
    cursor: str | None = None
    for _ in range(6):
        page = next_page(student, now=NOW, cursor=cursor)
        for card in cards(page):
            assert set(ages_of(student.age_group)) <= set(card["age_groups"])
        cursor = page.next_cursor
        if random.random() < 0.5:
            group = random.choice(AGE_GROUPS)
            Student.objects.filter(pk=student.pk).update(age_group=group)
            student, cursor = refresh(student), None


# ------------------------------------------------------------------ what comes next


def ask(student: Student, film: LearningVideo, index: int) -> tuple[Place | None, int]:
    """What is recommended with this answer, and what finding it cost."""
    found: list[tuple[Place | None, int]] = []

    def follow(upcoming: Upcoming) -> None:
        with capture() as captured:
            place = recommend(student, upcoming, now=NOW)
        found.append((place, cost(captured)))

    submit_answer(student.id, made(film, index, answered_at=NOW), now=NOW, follow=follow)
    return found[0]


def ask_all(student: Student, film: LearningVideo) -> tuple[Place | None, int]:
    return [ask(student, film, index) for index in range(len(film.quiz_questions))][-1]


def test_until_the_last_question_the_order_at_hand_goes_on(student: Student) -> None:
    films = make_catalogue(4)
    next_page(student, now=NOW)
    place, spent = ask(student, films[0], 0)
    assert place is not None
    assert (place.video, spent) == (films[1].pk, 0)


@pytest.mark.django_db(transaction=True)
def test_with_the_last_question_a_new_order_is_made_and_kept(student: Student) -> None:
    films = make_catalogue(4)
    place, spent = ask_all(student, films[0])
    assert place is not None
    assert (place.video, place.mode, spent) == (films[1].pk, "watch", 1)
    student = refresh(student)
    with capture() as following:
        next_page(student, now=NOW)
    assert cost(following) == 1


def test_the_film_just_answered_is_never_what_comes_next(student: Student) -> None:
    (film,) = make_catalogue(1)
    make_watch(student, film, at=NOW)
    assert ask_all(student, film)[0] is None


def test_a_place_survives_being_stored() -> None:
    place = Place(make_concept().id, make_concept().id, "recall", ("recall",), "You learned this today.")
    assert (
        pages.place_from_json(msgspec.json.decode(msgspec.json.encode(pages.place_to_json(place)))) == place
    )


def test_no_places_cost_no_statement() -> None:
    with capture() as captured:
        assert read_cards([], age_group="8-10", now=NOW) == []
    assert cost(captured) == 0
