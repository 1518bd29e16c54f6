"""Written forms and what a voice says for them."""

import pytest

from pipeline.media import spoken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1,000", "one thousand"),
        ("100,000", "one hundred thousand"),
        ("3.5", "three point five"),
        ("2/4", "two quarters"),
        ("1/2", "one half"),
        ("50%", "fifty percent"),
        ("100%.", "one hundred percent."),
        ("CO2", "C O two"),
        ("H2O,", "H two O,"),
        ("1st", "first"),
        ("22nd", "twenty second"),
        ("1960s", "nineteen sixties"),
        ("5–7", "five to seven"),
        ("Dr.", "Doctor"),
        ("e.g.", "for example"),
        ("5km", "five kilometres"),
        ("20°C", "twenty degrees Celsius"),
        ("$5", "five dollars"),
        ("–", ","),
        ("water-wheel", "water-wheel"),
        ("“Yes!”", "Yes!"),
        ("*bold*", "bold"),
    ],
)
def test_a_written_form_has_its_spoken_form(written: str, said: str) -> None:
    assert spoken.say(written) == [said]


def test_every_token_keeps_its_place() -> None:
    text = "In 1969 a 5 km walk – 1 kg of H2O & 2/4 of it."
    assert len(spoken.say(text)) == len(text.split())


def test_a_unit_after_a_number_is_spoken_in_full_and_in_its_number() -> None:
    assert spoken.say("5 km") == ["five", "kilometres"]
    assert spoken.say("1 kg") == ["one", "kilogram"]
    assert spoken.say("plan g") == ["plan", "g"]


def test_a_year_is_spoken_as_a_year_only_where_one_is_meant() -> None:
    assert spoken.say("in 1969")[1] == "nineteen sixty nine"
    assert spoken.say("about 1500 kg")[1] == "one thousand five hundred"
    assert spoken.say("weighs 1969 grams")[1] == "one thousand nine hundred and sixty nine"
    assert spoken.say("since 2005")[1] == "two thousand and five"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "zero"),
        (21, "twenty one"),
        (105, "one hundred and five"),
        (1_000_001, "one million and one"),
        (-4, "minus four"),
    ],
)
def test_whole_numbers_in_words(value: int, words: str) -> None:
    assert spoken.cardinal(value) == words
