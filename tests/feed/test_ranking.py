"""The order of a feed (06, section 3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from feed.ranking import Candidate, Mode, Profile, Ranked, rank
from quizzes.ability import Ability
from quizzes.memory import Memory
from students.streaks import learning_day

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
PROFILE = Profile(Ability(4.4))
SEEN_BY_MANY = {"impressions": 10**8, "completions": 7 * 10**7}


def film(number: int, **fields: object) -> Candidate:
    """A film of its own concept and topic, watched by few."""
    plain = Candidate(
        video_id=UUID(int=number),
        concept_id=UUID(int=1000 + number),
        topic_id=f"topic {number}",
        duration_seconds=60,
        difficulty=4.0,
        impressions=10,
        completions=7,
    )
    return replace(plain, **fields)  # type: ignore[arg-type] # the tests name real fields


def memory(*, days: float, stability: float = 3.0, known: float = 0.95) -> Memory:
    return Memory(known, stability, 5.0, NOW - timedelta(days=days))


def numbers(order: list[Ranked]) -> list[int]:
    return [item.video_id.int for item in order]


def ranked(
    films: list[Candidate],
    memories: dict[int, Memory] | None = None,
    profile: Profile = PROFILE,
    limit: int = 99,
) -> list[Ranked]:
    known = {UUID(int=1000 + number): value for number, value in (memories or {}).items()}
    return rank(films, known, profile, NOW, limit)


def test_nothing_to_choose_from_is_an_empty_order() -> None:
    assert ranked([]) == []


def test_what_was_learned_and_is_fading_comes_before_what_is_new_as_a_recall_card() -> None:
    new = film(1, **SEEN_BY_MANY, duration_seconds=300)
    order = ranked([new, film(2), film(3)], {2: memory(days=3), 3: memory(days=30)})
    assert set(numbers(order)[:2]) == {2, 3}
    assert [item.mode for item in order] == [Mode.RECALL, Mode.RECALL, Mode.WATCH]
    assert [item.reasons for item in order] == [("recall",), ("recall",), ("new",)]
    assert [item.score for item in order] == sorted((item.score for item in order), reverse=True)


def test_new_films_come_by_what_they_teach_for_the_time_they_take() -> None:
    usual, left = film(1, **SEEN_BY_MANY), film(2, impressions=10**8, completions=10**7)
    long, hard = film(3, **SEEN_BY_MANY, duration_seconds=90), film(4, **SEEN_BY_MANY, difficulty=9.0)
    assert numbers(ranked([usual, left]))[0] == 1
    assert numbers(ranked([usual, long]))[0] == 1
    assert numbers(ranked([usual, hard]))[0] == 1


def test_what_waits_well_comes_after_what_is_new() -> None:
    order = ranked([film(1), film(2)], {1: memory(days=2, stability=500, known=1.0)})
    assert numbers(order) == [2, 1]
    assert (order[1].mode, order[1].reasons) == (Mode.RECALL, ("recall",))


def test_a_concept_of_today_comes_last_and_never_as_recall() -> None:
    order = ranked([film(1), film(2), film(3, is_seen=True)], {1: memory(days=0.01, known=0.3)})
    assert numbers(order) == [2, 1, 3]
    assert {item.mode for item in order} == {Mode.WATCH}
    assert [item.reasons for item in order[1:]] == [(), ()]


def test_a_finished_film_without_a_concept_is_not_new() -> None:
    order = ranked([film(1, concept_id=None, is_seen=True), film(2, concept_id=None)])
    assert numbers(order) == [2, 1]


def test_a_concept_has_one_card_its_most_popular_film() -> None:
    concept = UUID(int=1001)
    films = [film(1), film(2, concept_id=concept, impressions=500, completions=450)]
    assert numbers(ranked(films)) == [2]


def test_never_three_in_a_row_of_one_topic_while_there_is_another() -> None:
    films = [film(number, topic_id="space", **SEEN_BY_MANY) for number in range(1, 7)]
    films += [film(number, topic_id="sea", **SEEN_BY_MANY, duration_seconds=300) for number in (11, 12)]
    topics = ["sea" if number > 10 else "space" for number in numbers(ranked(films))]
    assert topics == ["space", "space", "sea", "space", "space", "sea", "space", "space"]


def test_the_topics_of_the_page_before_count() -> None:
    films = [film(1, topic_id="space", **SEEN_BY_MANY), film(2, topic_id="sea", impressions=10**8)]
    assert numbers(ranked(films)) == [1, 2]
    seen = replace(PROFILE, recent_topics=("space", "space"))
    assert numbers(ranked(films, profile=seen)) == [2, 1]


def test_recall_leaves_room_for_what_is_new() -> None:
    films = [film(n, **SEEN_BY_MANY, duration_seconds=60 if n <= 50 else 300) for n in range(1, 61)]
    order = ranked(films, {number: memory(days=20) for number in range(1, 51)})
    modes = [item.mode for item in order[:18]]
    assert modes[:3] == [Mode.RECALL] * 3
    gaps = [modes[place : place + 6] for place in range(3, 12)]
    assert all(Mode.WATCH in gap for gap in gaps)
    assert modes.count(Mode.RECALL) >= 9


def test_the_mixture_goes_on_from_the_cards_of_the_day() -> None:
    films = [film(n, **SEEN_BY_MANY, duration_seconds=60 if n <= 5 else 300) for n in range(1, 11)]
    memories = {number: memory(days=20) for number in range(1, 6)}
    assert ranked(films, memories)[0].mode is Mode.RECALL
    asked = replace(PROFILE, today=(False,) * 5)
    assert ranked(films, memories, profile=asked)[0].mode is Mode.WATCH


def test_every_tenth_card_of_a_day_gives_a_film_a_chance_that_few_have_seen() -> None:
    films = [film(number, **SEEN_BY_MANY) for number in range(1, 21)]
    films.append(film(21, impressions=3, completions=0, duration_seconds=90))
    order = ranked(films)
    assert order[9].video_id.int == 21
    assert order[9].reasons == ("explore",)
    late = replace(PROFILE, today=(True,) * 9)
    assert ranked(films, profile=late)[0].video_id.int == 21


def test_what_is_not_liked_comes_late() -> None:
    films = [film(1, **SEEN_BY_MANY), film(2, **SEEN_BY_MANY)]
    choosy = replace(PROFILE, interest={"topic 1": (6, 0)})
    assert numbers(ranked(films, profile=choosy)) == [2, 1]


def test_a_day_draws_its_own_films_and_a_film_its_own_chance() -> None:
    films = [film(number, impressions=0, completions=0) for number in range(1, 40)]
    monday, tuesday = (numbers(ranked(films, profile=replace(PROFILE, seed=seed))) for seed in (1, 2))
    assert monday == numbers(ranked(films, profile=replace(PROFILE, seed=1)))
    assert monday != tuesday
    fewer = [item for item in films if item.video_id.int % 2]
    kept = [number for number in monday if number % 2]
    scores = {item.video_id: item.score for item in ranked(films, profile=replace(PROFILE, seed=1))}
    assert {item.video_id: item.score for item in ranked(fewer, profile=replace(PROFILE, seed=1))} == {
        UUID(int=number): scores[UUID(int=number)] for number in kept
    }


def test_page_rules_are_waived_rather_than_leaving_a_page_empty() -> None:
    films = [film(number, topic_id="space") for number in range(1, 9)]
    order = ranked(films, {number: memory(days=20) for number in range(1, 9)})
    assert len(order) == 8


def test_a_next_step_says_that_its_prerequisite_is_known() -> None:
    step = film(2, requires=(UUID(int=1001),), **SEEN_BY_MANY)
    known = memory(days=1, stability=90, known=0.97)
    assert ranked([step], {1: known})[0].reasons == ("new", "next_step")
    assert ranked([step], {1: replace(known, known=0.85)})[0].reasons == ("new",)
    assert ranked([step])[0].reasons == ("new",)


def test_interest_lifts_a_topic_and_is_named() -> None:
    fan = replace(PROFILE, interest={"topic 1": (10, 10), "topic 2": (10, 2)})
    order = ranked([film(2, **SEEN_BY_MANY), film(1, **SEEN_BY_MANY)], profile=fan)
    assert numbers(order) == [1, 2]
    assert [item.reasons for item in order] == [("new", "interest"), ("new",)]


@given(seed=st.integers(0, 10**6), limit=st.integers(0, 40))
def test_the_order_is_deterministic_whatever_order_the_database_gives(seed: int, limit: int) -> None:
    random = Random(seed)
    films = [
        film(
            number,
            topic_id=f"topic {random.randrange(5)}",
            concept_id=UUID(int=1000 + random.randrange(20)) if random.random() < 0.9 else None,
            impressions=random.randrange(100),
            completions=random.randrange(50),
            is_seen=random.random() < 0.2,
        )
        for number in range(1, 30)
    ]
    memories = {
        number: memory(days=random.random() * 40, stability=random.random() * 50 + 0.1, known=random.random())
        for number in range(20)
        if random.random() < 0.5
    }
    order = ranked(films, memories, limit=limit)
    random.shuffle(films)
    assert ranked(films, memories, limit=limit) == order
    assert len(order) == min(limit, len({item.concept_id or item.video_id for item in films}))
    assert len({item.video_id for item in order}) == len(order)
    by_id = {item.video_id: item for item in films}
    for item in order:
        if item.mode is Mode.RECALL:
            concept = by_id[item.video_id].concept_id
            assert concept is not None
            assert learning_day(memories[concept.int - 1000].reviewed_at) < learning_day(NOW)
