"""Drawn cards: the kind decides the layout, the words the icons, the take the variation."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.providers import cards
from pipeline.providers.base import DrawRequest, ImageProvider
from pipeline.steps.base import canonical_json

REQUEST = DrawRequest(
    description="a bee on a flower",
    kind="statement",
    on_screen_text="Bees carry pollen",
    narration="Bees carry pollen from flower to flower.",
    subject="Biology: bees",
)


def test_it_is_a_member_of_the_family(tmp_path: Path) -> None:
    provider = cards.Cards()
    assert isinstance(provider, ImageProvider)
    result = provider.draw(REQUEST, tmp_path)
    assert result.provider == "offline"
    assert result.usage.cost == 0
    assert result.value.files == ()
    canonical_json(result.value.spec)


@pytest.mark.parametrize(
    ("role", "kind", "items", "layout"),
    [
        ("hook", "statement", (), "hero"),
        ("scene", "list", ("sunlight", "water"), "list"),
        ("scene", "list", ("sunlight",), "statement"),
        ("scene", "process", ("a", "b", "c"), "process"),
        ("scene", "process", ("ice", "water"), "change"),
        ("scene", "cycle", ("a", "b", "c"), "cycle"),
        ("scene", "parts", ("flower", "petals", "stem"), "parts"),
        ("scene", "action", ("bees", "visit", "flowers"), "action"),
        ("scene", "proportion", ("1 in 5", "people"), "proportion"),
        ("scene", "bars", ("a | 3 m", "b | 4 m"), "bars"),
        ("scene", "timeline", ("1969 | Moon",), "timeline"),
        ("scene", "layers", ("crust", "core"), "layers"),
        ("scene", "map", ("Iceland",), "map"),
        ("scene", "map", ("Atlantis",), "statement"),
        ("scene", "clip", (), "hero"),
        ("scene", "comparison", ("day", "night"), "comparison"),
        ("scene", "comparison", ("day", "night", "dawn"), "list"),
        ("scene", "number", ("100", "kilograms"), "number"),
        ("scene", "number", (), "statement"),
        ("scene", "definition", ("pollen",), "definition"),
        ("moment", "statement", (), "moment"),
        ("recap", "list", ("a", "b"), "recap"),
    ],
)
def test_kind_and_role_decide_the_layout(role: str, kind: str, items: tuple[str, ...], layout: str) -> None:
    spec = cards.describe(replace(REQUEST, role=role, kind=kind, items=items))
    assert spec["layout"] == layout


def test_the_icons_show_what_is_said() -> None:
    spec = cards.describe(REQUEST)
    assert spec["icons"][0] == "honeybee"
    assert spec["fallbacks"] == []


def test_rows_have_icons_of_their_own() -> None:
    items = ("sunlight", "clean water", "carbon dioxide")
    spec = cards.describe(replace(REQUEST, kind="list", items=items))
    assert [row["icon"] for row in spec["rows"]] == ["sun", "droplet", "leaf-fluttering-in-wind"]


def test_the_same_request_draws_the_same_and_another_take_differs() -> None:
    assert cards.describe(REQUEST) == cards.describe(REQUEST)
    assert cards.describe(replace(REQUEST, seed=1)) != cards.describe(REQUEST)


def test_words_that_name_nothing_are_drawn_abstract_and_said_so() -> None:
    spec = cards.describe(
        replace(REQUEST, description="quite so", on_screen_text="However", narration="Thus.", subject="")
    )
    assert spec["icons"] == []
    assert len(spec["fallbacks"]) == 1
    assert "no icon" in spec["fallbacks"][0]


def test_a_style_it_cannot_draw_is_named() -> None:
    spec = cards.describe(replace(REQUEST, style="photo"))
    assert spec["fallbacks"] == ["style: photo needs a picture provider, drawn cards are shown"]
    assert cards.describe(replace(REQUEST, style="ocean"))["palette"]["name"] == "ocean"


@pytest.mark.parametrize(
    ("headline", "word"),
    [
        ("Just three things", "three"),
        ("How a leaf eats light", "light"),
        ("100 kilograms", "100"),
        ("The and", ""),
    ],
)
def test_the_telling_word_is_coloured(headline: str, word: str) -> None:
    assert cards.accent_of(headline) == word


def test_without_on_screen_text_the_narration_gives_the_headline() -> None:
    assert (
        cards.describe(replace(REQUEST, on_screen_text=""))["headline"] == "Bees carry pollen from flower to"
    )


def test_the_identity_holds_what_decides_the_picture() -> None:
    assert set(cards.Cards().identity()) == {"provider", "model", "icons"}


def test_another_sentence_or_take_keeps_the_colours_so_that_neighbours_need_not_be_drawn_again() -> None:
    first = cards.describe(REQUEST)
    for number in range(12):
        other = replace(REQUEST, narration=f"{REQUEST.narration} More of it, {number}.", seed=number)
        assert cards.describe(other)["palette"] == first["palette"]
