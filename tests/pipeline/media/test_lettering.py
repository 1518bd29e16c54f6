"""Text always fits, and never shows an empty box."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.media import lettering


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="abcdefghij WMQ-.,éß1234", max_size=160))
def test_any_text_fits_its_box(text: str) -> None:
    fitted = lettering.fit(
        text, name=lettering.HEADLINE, width=500, height=400, largest=110, smallest=48, lines=3
    )
    assert fitted.width <= 500
    assert fitted.height <= 400
    assert "".join(fitted.lines).replace(" ", "") == "".join(lettering.printable(text).split())


def test_one_endless_word_is_broken_rather_than_cut() -> None:
    word = "a" * 90
    fitted = lettering.fit(
        word, name=lettering.HEADLINE, width=600, height=500, largest=110, smallest=60, lines=2
    )
    assert "".join(fitted.lines) == word
    assert fitted.width <= 600


def test_lines_are_balanced() -> None:
    lines = lettering.wrap("one two three four five six", lettering.HEADLINE, 80, 700)
    assert lines is not None
    widths = [lettering.width_of(line, lettering.HEADLINE, 80) for line in lines]
    assert min(widths) > 0.6 * max(widths)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CO₂", "CO₂"),
        ("x² · 10⁻³ m³", "x² · 10⁻³ m³"),
        ("½ ⅔ ⅛", "½ ⅔ ⅛"),
        ("25 °C → 30 °C ≈ 80 °F", "25 °C → 30 °C ≈ 80 °F"),
        ("α β π Ω", "α β π Ω"),
        ("Москва", "Москва"),
        ("done ✓", "done ✓"),
        ("naïve Žižka ő ş", "naïve Žižka ő ş"),
        ("cafe\u0301", "café"),
        ("ﬁn", "fin"),
        ("水", ""),
    ],
)
def test_characters_without_a_glyph_are_replaced_or_left_out(text: str, shown: str) -> None:
    assert lettering.printable(text) == shown


def test_characters_that_no_font_has_are_named() -> None:
    assert lettering.find_lost("水 and 🎈, 100 °C → ½") == ["水", "🎈"]
    assert lettering.find_lost("a\u00adb\u200bc ﬁ") == []


@pytest.mark.parametrize("name", sorted(path.name for path in lettering.FOLDER.glob("*.ttf")))
def test_every_font_has_its_licence_beside_it_and_draws_plain_text(name: str) -> None:
    family = name.partition("-")[0]
    licence = (lettering.FOLDER / f"{family}-OFL.txt").read_text(encoding="utf-8")
    assert "SIL Open Font License" in licence
    text = "Hamburgefonstiv ÄÖÜß éèñ 0123456789 (a+b), “c” – d!?"
    assert lettering.drawable_font(name, text) == name


def test_a_font_that_lacks_a_letter_gives_way_to_inter() -> None:
    assert lettering.drawable_font(lettering.HEADLINE, "plain") == lettering.HEADLINE
    assert lettering.drawable_font(lettering.HEADLINE, "π is 3.14") == lettering.STRONG
