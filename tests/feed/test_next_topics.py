"""Which topics could come next, on plain values (06, 4.1)."""

from __future__ import annotations

from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feed.next_topics import BEST, MOST, NextTopic, Reason, find_next_topics
from quizzes.mastery import ConceptStanding, Level, stand_on_topic
from quizzes.standing import Concept, Topic

SPACE_OF_NAMES = UUID(int=1)


def id_of(name: str) -> UUID:
    return uuid5(SPACE_OF_NAMES, name)


def concept(
    name: str, *, recall: float | None = None, requires: tuple[str, ...] = (), is_open: bool = True
) -> Concept:
    """`a.1` belongs to topic `a`; without a recall it is new."""
    level = None if recall is None else Level.LEARNING
    topic = name.partition(".")[0]
    standing = ConceptStanding(recall or 0.0, level, is_core=True)
    required = tuple(id_of(one) for one in requires)
    return Concept(id_of(name), name, id_of(topic), topic, standing, is_open, required, None, None)


def topics(*concepts: Concept) -> list[Topic]:
    members: dict[str, list[Concept]] = {}
    for one in concepts:
        members.setdefault(one.topic, []).append(one)
    return [
        Topic(id_of(name), name, stand_on_topic([one.standing for one in found]), tuple(found))
        for name, found in members.items()
    ]


def found(*concepts: Concept, scores: dict[str, float] | None = None, **interest: float) -> list[str]:
    scored = {id_of(name): score for name, score in (scores or {}).items()}
    wanted = {id_of(name): factor for name, factor in interest.items()}
    return [one.name for one in find_next_topics(topics(*concepts), scores=scored, interest=wanted)]


@pytest.mark.parametrize(
    ("recalls", "is_offered"),
    [((0.7,), True), ((0.69,), False), ((0.9, 0.5), True), ((0.9, 0.4), False), ((), True)],
)
def test_a_topic_needs_what_it_requires_on_the_mean(recalls: tuple[float, ...], is_offered: bool) -> None:
    known = [concept(f"k.{number}", recall=recall) for number, recall in enumerate(recalls)]
    new = concept("n.1", requires=tuple(one.name for one in known))
    assert ("n" in found(*known, new)) is is_offered


def test_what_is_required_but_taught_nowhere_at_this_age_holds_nobody_back() -> None:
    assert found(concept("n.1", requires=("elsewhere.1",))) == ["n"]


def test_a_required_concept_that_is_open_and_new_comes_first() -> None:
    assert found(concept("a.1"), concept("b.1", requires=("a.1",))) == ["a"]


def test_a_topic_without_anything_new_and_open_is_not_next() -> None:
    assert found(concept("a.1", recall=0.9)) == []
    assert found(concept("a.1", is_open=False), concept("a.2", recall=0.9)) == []


def test_reasons_say_why() -> None:
    found_topics = find_next_topics(
        topics(
            concept("begun.1", recall=0.9),
            concept("begun.2"),
            concept("led.1", requires=("begun.1",)),
            concept("open.1"),
        )
    )
    assert {one.name: one.reason for one in found_topics} == {
        "begun": Reason.CONTINUES,
        "led": Reason.PREPARES,
        "open": Reason.INTEREST,
    }


def test_the_best_new_concept_decides_on_both_sides_of_zero() -> None:
    shelf = [concept(name) for name in ("a.1", "a.2", "b.1", "c.1")]
    assert found(*shelf, scores={"a.1": -3, "a.2": 2, "b.1": 1, "c.1": -1}) == ["a", "b", "c"]
    assert found(*shelf, scores={"a.1": 1, "b.1": 1, "c.1": -9}, b=1.5, a=0.5) == ["b", "a", "c"]
    assert found(*shelf, scores={"a.1": -4, "b.1": -2, "c.1": -4}, a=3.0) == ["a", "b", "c"]


def test_what_has_no_score_comes_after_begun_ones_first() -> None:
    shelf = [concept("a.1"), concept("b.1", recall=0.8), concept("b.2"), concept("c.1")]
    assert found(*shelf, scores={"c.1": -50}) == ["c", "b", "a"]


def test_at_most_five_topics_are_offered_and_five_concepts_of_each_looked_at() -> None:
    assert (MOST, BEST) == (5, 5)
    assert len(found(*[concept(f"{letter}.1") for letter in "abcdefgh"])) == 5


@given(st.data())
def test_nothing_is_offered_that_is_not_ready_and_nothing_twice(data: st.DataObject) -> None:
    names = [f"{letter}.{number}" for letter in "abcd" for number in range(3)]
    shelf = []
    for place, name in enumerate(names):
        recall = data.draw(st.none() | st.floats(0, 1))
        requires = tuple(data.draw(st.sets(st.sampled_from(names[:place]), max_size=2))) if place else ()
        shelf.append(concept(name, recall=recall, requires=requires, is_open=data.draw(st.booleans())))
    by_id = {one.id: one for one in shelf}
    offered = find_next_topics(topics(*shelf))
    assert len({one.id for one in offered}) == len(offered) <= 4
    for topic in offered:
        assert isinstance(topic, NextTopic)
        ready = [
            one
            for one in shelf
            if one.topic == topic.name
            and one.is_open
            and one.standing.level is None
            and sum(by_id[id_].standing.recall for id_ in one.requires) >= 0.7 * len(one.requires) - 1e-9
        ]
        assert ready
