from __future__ import annotations

import pytest

from pipeline.author import shelf
from pipeline.author.altering import alter
from pipeline.author.asking import ask
from pipeline.author.casing import Casing
from pipeline.author.facts import find_facts
from pipeline.author.showing import show
from pipeline.author.subject import find_subject


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("Plants make their own food.", "Do plants make their own food?"),
        ("The sun heats water.", "Does the sun heat water?"),
        ("Sound waves travel through air.", "Do sound waves travel through air?"),
        ("The Romans built roads.", "Did the Romans build roads?"),
        ("There are eight planets.", "Are there eight planets?"),
        ("Your heart has four chambers.", "Does your heart have four chambers?"),
        ("In spring, bees visit flowers.", "In spring, do bees visit flowers?"),
        ("When water freezes, it expands.", "When water freezes, does it expand?"),
        ("Earth has been home to life.", "Has Earth been home to life?"),
        ("People have cleared large areas of forest.", "Have people cleared large areas of forest?"),
        ("The heart beats fast and pumps blood.", "Does the heart beat fast?"),
        ("Spiders can spin webs and catch flies.", "Can spiders spin webs?"),
        ("The pressure drops, and the gases form bubbles.", "Does the pressure drop?"),
        ("Leaves are green because they hold chlorophyll.", "Are leaves green?"),
        (
            "Animals that eat plants are herbivores.",
            "Is it true that animals that eat plants are herbivores?",
        ),
        ("Roads built by Romans are straight.", "Is it true that roads built by Romans are straight?"),
    ],
)
def test_a_statement_becomes_a_question(sentence: str, question: str) -> None:
    casing = Casing(
        "Animals eat. Some roads and the spiders, by the Romans. The leaves, people, plants on Earth."
    )
    assert ask(sentence, casing).question == question


@pytest.mark.parametrize(
    ("statement", "altered"),
    [
        ("Insects have six legs", "Insects have nine legs"),
        ("The whale is seven metres long", "The whale is seventy metres long"),
        ("Men landed there in 1969", "Men landed there in 1869"),
        ("About 97 percent of it is salty", "About 3 percent of it is salty"),
        ("Nine out of ten homes are warm", "Four out of ten homes are warm"),
        ("Fast vibrations make high notes", "Slow vibrations make high notes"),
    ],
)
def test_one_change_makes_a_statement_false(statement: str, altered: str) -> None:
    assert altered in [one.text for one in alter(statement)]


@pytest.mark.parametrize(
    ("sentence", "kind", "text", "items"),
    [
        (
            "Plants need sunlight, water and carbon dioxide.",
            "list",
            "What plants need",
            ["Sunlight", "Water", "Carbon dioxide"],
        ),
        ("The heart beats about 100,000 times a day.", "number", "Heart", ["100,000", "times a day"]),
        (
            "The bottom number is called the denominator.",
            "definition",
            "Denominator",
            ["Denominator | The bottom number"],
        ),
        (
            "A pulse is the push of blood through an artery.",
            "definition",
            "Pulse",
            ["Pulse | the push of blood through an artery"],
        ),
        (
            "Dr. Smith measured the rain.",
            "action",
            "Dr. Smith measured the rain",
            ["Dr. Smith", "measured", "Rain"],
        ),
        (
            "Bees visit flowers to find food.",
            "action",
            "Bees visit flowers to find food",
            ["Bees", "visit", "Flowers"],
        ),
        ("Blue whales have no teeth.", "picture", "Blue whales", []),
        (
            "Some of the warm water turns into a gas called water vapour.",
            "process",
            "Water vapour",
            ["Warm water", "Water vapour"],
        ),
        (
            "About three quarters of the world's volcanoes lie along this ring.",
            "proportion",
            "World's volcanoes",
            ["3/4 | three quarters", "of the world's volcanoes lie along this ring"],
        ),
        (
            "Only 3 percent of the water is fresh.",
            "proportion",
            "Water",
            ["3% | 3 percent", "of the water is fresh"],
        ),
        ("Hunting them was stopped in 1966.", "timeline", "Hunting", ["1966 | Hunting them was stopped"]),
        (
            "Magma is lighter than the solid rock around it.",
            "comparison",
            "Magma and solid rock",
            ["Magma | lighter", "Solid rock"],
        ),
        (
            "A flower is made of petals, a stem and roots.",
            "parts",
            "Flower",
            ["Flower", "Petals", "Stem", "Roots"],
        ),
        (
            "The Earth has three layers: the crust, the mantle and the core.",
            "layers",
            "Three layers",
            ["Crust", "Mantle", "Core"],
        ),
        (
            "Evaporation, condensation and rain follow each other in a cycle.",
            "cycle",
            "Cycle",
            ["Evaporation", "Condensation", "Rain"],
        ),
        ("Norway makes electricity from water.", "map", "Norway", ["Norway"]),
    ],
)
def test_the_screen_shows_a_key_phrase_and_its_items(
    sentence: str, kind: str, text: str, items: list[str]
) -> None:
    showing = show([sentence], topic="science", most_words=7)
    assert (showing.kind, showing.on_screen_text, showing.items) == (kind, text, items)


def test_headings_questions_remarks_addresses_and_fragments_are_no_facts() -> None:
    notes = (
        "# Bees\n\nBees make honey in the hive. What is honey? I like honey a lot. "
        "See https://example.org for more.\n\nSweet golden honey\n\nBees make honey in the hive. "
        "In this lesson we learn about bees. People once thought that bees are birds."
    )
    assert [fact.text for fact in find_facts(notes)] == ["Bees make honey in the hive."]


def test_a_pronoun_without_its_noun_is_no_fact_and_one_beside_its_noun_leans() -> None:
    facts = find_facts("They fly fast. Owls hunt mice at night. They see well in the dark.")
    assert [(fact.text, fact.leans, fact.previous) for fact in facts] == [
        ("Owls hunt mice at night.", False, None),
        ("They see well in the dark.", True, 0),
    ]


@pytest.mark.parametrize(
    ("concept", "title", "question"),
    [
        ("water cycle", "Water cycle", "What is the water cycle?"),
        ("Why volcanoes erupt", "Why volcanoes erupt", "Why do volcanoes erupt?"),
        ("Explain volcanoes to kids", "Volcanoes", "What are volcanoes?"),
        ("Why do leaves fall?", "Why do leaves fall?", "Why do leaves fall?"),
    ],
)
def test_the_concept_gives_title_and_opening_question(concept: str, title: str, question: str) -> None:
    notes = "The water cycle never stops. Some volcanoes are old. The leaves fall."
    subject = find_subject(concept, notes, ["The water cycle never stops."])
    assert (subject.title, subject.question) == (title, question)


def test_the_shelf_has_at_least_nine_checked_notes_of_two_to_four_hundred_words_for_every_age() -> None:
    checked = [note for note in shelf.all_notes() if not note.demo]
    assert len(checked) >= 9
    assert {note.age_group for note in checked} == {"5-7", "8-10", "11-13", "14-17"}
    assert all(200 <= len(note.notes.split()) <= 450 for note in checked)
    assert all(note.attribution.startswith("written for this project") for note in checked)
    assert sorted(note.demo for note in shelf.all_notes() if note.demo) == ["blocked", "refused"]


@pytest.mark.parametrize(
    ("concept", "name"),
    [("The water cycle", "water-cycle"), ("how does the heart work?", "the-heart"), ("volcano", "volcanoes")],
)
def test_the_shelf_is_searched_by_the_words_of_the_concept(concept: str, name: str) -> None:
    note = shelf.find(concept)
    assert note is not None
    assert note.name == name


def test_a_concept_that_the_shelf_does_not_have_finds_nothing() -> None:
    assert shelf.find("Xylophone repair") is None
    assert shelf.find("") is None
