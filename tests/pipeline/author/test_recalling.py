"""Headlines that say something, and what a recap makes of a film's scenes."""

import pytest

from pipeline.author import shelf
from pipeline.author.casing import Casing
from pipeline.author.composing import compose
from pipeline.author.phrases import find_called, find_statement
from pipeline.author.recalling import LONGEST_DETAIL, LONGEST_HEAD, recall
from pipeline.author.showing import show
from pipeline.author.storyboard import lay_out
from pipeline.providers.base import ScriptRequest

CASING = Casing("The moon goes around the Earth. A capillary is thinner than a hair.")


@pytest.mark.parametrize(
    ("sentence", "most", "statement"),
    [
        ("A bee has six legs.", 5, "A bee has six legs"),
        ("A fraction has two numbers with a line between them.", 7, "A fraction has two numbers"),
        ("Bees visit flowers to find food.", 5, "Bees visit flowers"),
        ("Arteries carry blood away from the heart.", 7, "Arteries carry blood away from the heart"),
        # nothing would be left but subject and verb
        ("Bees live in a home called a hive.", 5, ""),
        # it points back, or what follows turns the sense
        ("It has two numbers with a line between them.", 7, ""),
        ("Plants stop growing in winter if it is too cold for them.", 7, ""),
        ("Whales eat fish in summer but not in the long winter.", 7, ""),
        ("Whales can live without food for many months of the year.", 7, ""),
        ("The heart pumps blood, which carries oxygen to the body.", 7, ""),
        ("Each slice is one quarter of the big pizza.", 7, ""),
    ],
)
def test_a_statement_is_short_whole_and_true_alone(sentence: str, most: int, statement: str) -> None:
    assert find_statement(sentence, most_words=most) == statement


def test_what_the_caption_beside_says_may_be_left_out() -> None:
    sentence = "Each slice is one quarter of the big pizza."
    assert find_statement(sentence, most_words=7, caption="of the big pizza") == "Each slice is one quarter"


def test_a_name_that_a_sentence_ends_with_is_found() -> None:
    assert find_called("Bees live in a home called a hive.") == "hive"
    assert find_called("A hive is called a home by many.") == ""


@pytest.mark.parametrize(
    ("sentence", "headline"),
    [
        ("A fraction has two numbers with a line between them.", "A fraction has two numbers"),
        ("Bees live in a home called a hive.", "Hive"),
        (
            "Heat from the sun warms the water in seas, lakes and puddles.",
            "Heat from the sun warms the water",
        ),
        ("It can grow to 30 metres, as long as three buses.", "Whales of the sea"),
        ("Light sleep, deep sleep and dreams follow each other again and again.", "Again and again"),
        ("Sun and wind change from hour to hour, so energy must be stored.", "Sun and wind"),
        ("Running and playing in the day make the night's sleep deeper.", "Running and playing"),
        ("One whale eats about four tonnes of krill a day in summer.", "What one whale eats"),
        ("About one in five people in the world speaks some English.", "Who speaks some English?"),
        ("About 97 percent of the water on Earth is salty.", "Water on Earth"),
        ("About one quarter of the night is dream sleep.", "Dream sleep"),
        ("A photo with 12 pixels needs far more memory than a page of text.", "Photo with 12 pixels"),
        ("Workers used about 2.3 million blocks.", "Workers used about 2.3 million blocks"),
        ("A bee has six legs.", "A bee has six legs"),
    ],
)
def test_no_scene_is_headed_by_a_lone_word_that_says_nothing(sentence: str, headline: str) -> None:
    assert show([sentence], topic="whales of the sea", most_words=7).on_screen_text == headline


@pytest.mark.parametrize(
    ("kind", "text", "items", "item", "rank"),
    [
        ("definition", "Ion", ["Ion | an atom with a charge"], "Ion | An atom with a charge", 0),
        ("definition", "Ion", ["Ion"], "Ion", 1),
        ("number", "School children", ["9–12", "hours of sleep"], "School children | 9–12 hours of sleep", 1),
        ("number", "A bee has six legs", ["6 | six", "legs"], "A bee has six legs", 2),
        ("proportion", "Night", ["1/4 | one quarter", "of the night"], "Night | 1/4 of the night", 1),
        ("timeline", "William Caxton", ["1476 | He brought the press"], "1476 | He brought the press", 1),
        ("comparison", "Veins and hair", ["Veins | thinner", "Hair"], "Veins | Thinner than hair", 1),
        ("comparison", "Sounds and spelling", ["Sounds", "Spelling"], "Sounds and spelling", 2),
        ("action", "Moon", ["Moon", "goes around", "Earth"], "Moon | Goes around Earth", 1),
        ("action", "Bees visit flowers", ["Bees", "visit", "Flowers"], "Bees visit flowers", 2),
        ("process", "Solar panels", ["Sunlight", "Electricity"], "Solar panels | Sunlight → electricity", 1),
        ("parts", "Atoms", ["Atoms", "Protons", "Neutrons"], "Atoms | Protons, neutrons", 1),
        ("list", "What plants need", ["Water", "Light"], "What plants need | Water, light", 1),
        ("list", "Heat", ["Seas", "Lakes"], "Heat", 3),
        ("picture", "Line", [], "Line", 3),
    ],
)  # fmt: skip
def test_a_card_says_what_the_scene_showed(
    kind: str, text: str, items: list[str], item: str, rank: int
) -> None:
    recalled = recall(kind, text, items, casing=CASING)
    assert recalled is not None
    assert (recalled.item, recalled.rank) == (item, rank)


def test_what_does_not_fit_a_card_is_left_out() -> None:
    assert recall("picture", "x" * (LONGEST_HEAD + 1), [], casing=CASING) is None
    recalled = recall("definition", "Ion", ["Ion | " + "word " * (LONGEST_DETAIL // 4)], casing=CASING)
    assert recalled is not None
    assert recalled.item == "Ion"


@pytest.mark.parametrize("note", [one for one in shelf.all_notes() if not one.demo], ids=lambda one: one.name)
def test_every_film_of_the_shelf_ends_with_something_that_was_learnt(note: shelf.ShelfNote) -> None:
    request = ScriptRequest(
        concept=note.concept, age_group=note.age_group, notes=note.notes, target_seconds=60
    )
    recap = lay_out(compose(request), note.age_group)[-1]
    assert recap.role == "recap"
    assert len(recap.items) == 3
    assert sum(" | " in item for item in recap.items) >= 2
    assert all(" " in item for item in recap.items)
