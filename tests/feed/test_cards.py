"""The cards' statement says of each film what the ORM says, field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from feed.cards import PRELOADED, Place, read_cards
from students.models import AGE_GROUPS, ages_of
from tests.quizzes.learners import make_concept, make_film, make_questions
from videos.delivery import playback, thumbnail_url
from videos.models import LearningVideo

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
WORDS = ("Bäume", "½ + ⅓", "\"quoted\" \\ 'words'", "Δt → 0", "a\u2028b", "<b>&amp;", "太陽", "%s {x}")


def make_films(random: Random, count: int) -> list[LearningVideo]:
    """Published, withdrawn and superseded films of one or several age groups, with odd words in them."""
    films = []
    for number in range(count):
        first = random.randrange(4)
        groups = AGE_GROUPS[first : random.randint(first, 3) + 1]
        questions = [
            question
            | {"question": f"{random.choice(WORDS)} {number}?", "taught_at_seconds": random.random() * 60}
            for question in make_questions()
        ]
        films.append(
            make_film(
                make_concept(topic=make_concept(f"{random.choice(WORDS)} {number}")),
                now=NOW,
                title=f"{random.choice(WORDS)} {number}",
                age_groups=sorted({age for group in groups for age in ages_of(group)}),
                duration_seconds=random.randint(45, 90),
                difficulty_level=random.choice([None, 1, 2, 3, 4, 5]),
                quiz_questions=questions,
                status=random.choice(["published"] * 4 + ["unpublished", "superseded", "draft"]),
            )
        )
    return films


def reference(places: list[Place], age_group: str) -> list[dict[str, Any]]:
    """The same cards by way of the models."""
    cards: list[dict[str, Any]] = []
    allowed = set(ages_of(age_group))
    for place in places:
        film = LearningVideo.objects.filter(pk=place.video).first()
        if (
            film is None
            or film.status != LearningVideo.Status.PUBLISHED
            or not allowed <= set(film.age_groups)
        ):
            continue
        cards.append(
            {
                "id": str(film.pk),
                "title": film.title,
                "topic": film.topic,
                "mode": place.mode,
                "reasons": list(place.reasons),
                "why": place.why,
                "duration_seconds": film.duration_seconds,
                "difficulty_level": film.difficulty_level,
                "age_groups": film.age_groups,
                "burned_captions": True,
                "thumbnail_url": thumbnail_url(film, NOW),
                "playback": playback(film, now=NOW),
                "quiz_questions": [
                    {
                        "index": index,
                        "question": question["question"],
                        "taught_at_seconds": question["taught_at_seconds"],
                    }
                    for index, question in enumerate(film.quiz_questions)
                ],
                "preload": len(cards) < PRELOADED,
            }
        )
    return cards


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_cards_are_what_the_models_say_field_by_field(seed: int) -> None:
    random = Random(seed)
    films = make_films(random, 24)
    for group in AGE_GROUPS:
        places = [
            Place(
                film.pk, uuid4(), random.choice(["watch", "recall"]), ("new", "popular"), random.choice(WORDS)
            )
            for film in random.sample(films, 16)
        ] + [Place(uuid4(), uuid4(), "watch", ())]
        expected = reference(places, group)
        written = msgspec.json.encode(read_cards(places, age_group=group, now=NOW))
        assert msgspec.json.decode(written) == msgspec.json.decode(msgspec.json.encode(expected))
        assert expected or group != "8-10"


@pytest.mark.django_db
def test_a_card_says_whether_its_words_stand_in_the_picture() -> None:
    plain = make_film(make_concept(), now=NOW, burned_captions=False)
    burned = make_film(make_concept(), now=NOW)
    places = [Place(film.pk, film.pk, "watch", ("new",)) for film in (plain, burned)]
    cards = read_cards(places, age_group="8-10", now=NOW)
    assert [card.burned_captions for card in cards] == [False, True]
