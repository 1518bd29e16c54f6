from __future__ import annotations

from itertools import pairwise

import pytest

from pipeline.quality.audience import AUDIENCES, audience, word_budget
from pipeline.quality.language import find_language
from pipeline.quality.listed import find_listed_words
from pipeline.quality.personal import find_personal_data
from pipeline.quality.reading import reading_grade
from pipeline.quality.words import numbers


@pytest.mark.parametrize(
    ("age_group", "at_70", "at_45", "at_90"),
    [("5-7", 115, 67, 153), ("8-10", 130, 75, 173), ("11-13", 145, 84, 193), ("14-17", 155, 90, 206)],
)
def test_the_word_budget_is_that_of_the_table(age_group: str, at_70: int, at_45: int, at_90: int) -> None:
    pace = audience(age_group).words_per_minute
    assert [word_budget(seconds, pace) for seconds in (70, 45, 90)] == [at_70, at_45, at_90]


def test_older_children_may_have_more_of_everything() -> None:
    rows = [
        (
            one.words_per_minute,
            one.hook_words,
            one.sentence_words,
            one.grade,
            one.new_terms,
            one.on_screen_words,
        )
        for one in AUDIENCES.values()
    ]
    for younger, older in pairwise(rows):
        assert all(low < high for low, high in zip(younger, older, strict=True))


def test_numbers_are_read_from_digits_and_words() -> None:
    text = (
        "In 1969 twenty-five men and three hundred women saw 4.5 million stars, 1,200 of them big; one shone."
    )
    assert [number.value for number in numbers(text)] == [1969, 25, 300, 4_500_000, 1200]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Call Sam on 020 7946 0958.", ["phone number"]),
        ("Ring +44 7700 900123 now.", ["phone number"]),
        ("555-123-4567", ["phone number"]),
        ("sam@example.org", ["e-mail address"]),
        ("She lives at 14 Maple Street.", ["home address"]),
        ("Follow @samthebee!", ["account name"]),
        ("Post it to SW1A 1AA.", ["postcode"]),
        ("It is 384 400 000 km away.", []),
        ("It is 149,597,870 kilometres away.", []),
        ("The war of 1914-1918 ended.", []),
        ("10 Downing Street is famous.", []),
        ("10 20 30 40 50 60", []),
    ],
)
def test_personal_data_is_found_and_measures_are_not(text: str, kinds: list[str]) -> None:
    assert [datum.kind for datum in find_personal_data(text)] == kinds


@pytest.mark.parametrize(
    ("text", "blocked", "review"),
    [
        ("k1ll yourself", ["k1ll yourself"], []),
        ("The heart pumps blood and white blood cells kill bacteria.", [], []),
        ("A knight with a gun.", [], ["gun"]),
        ("The grape skills of Scunthorpe assess classes.", [], []),
    ],
)
def test_listed_words_are_bounded_and_know_their_contexts(
    text: str, blocked: list[str], review: list[str]
) -> None:
    found = find_listed_words(text)
    assert [word.text for word in found if word.blocked] == blocked
    assert [word.text for word in found if not word.blocked and word.text != "k1ll"] == review


def test_the_grade_is_the_formula_and_counts_glossary_terms_as_one_syllable() -> None:
    text = "Plants make food. Photosynthesis makes sugar."
    # 6 words, 2 sentences; plants 1, make 1, food 1, photosynthesis 5, makes 1, sugar 2 syllables
    assert reading_grade(text) == round(0.39 * 3 + 11.8 * 11 / 6 - 15.59, 2)
    assert reading_grade(text, glossary=["photosynthesis"]) == round(
        max(0.0, 0.39 * 3 + 11.8 * 7 / 6 - 15.59), 2
    )
    assert reading_grade("") == 0.0


def test_a_language_is_told_by_its_small_words() -> None:
    assert find_language("The sun is a star and it shines on the Earth all day long.") == "English"
    assert (
        find_language("Le soleil est une étoile et il brille sur la terre dans le ciel pour les gens.")
        == "French"
    )
    assert find_language("Солнце это звезда и она светит на землю каждый день.") == "another language"
