"""Written forms and what a voice says for them."""

import pytest

from pipeline.media import numerals, spoken


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
        ("−5°C", "minus five degrees Celsius"),
        ("12–15%", "twelve to fifteen percent"),
        ("5–7km", "five to seven kilometres"),
        ("1914–1918", "nineteen fourteen to nineteen eighteen"),
        ("$1", "one dollar"),
        ("$3.50", "three dollars fifty"),
        ("50p", "fifty pence"),
        ("£0.99", "ninety nine pence"),
        ("10:30", "ten thirty"),
        ("6:00", "six o'clock"),
        ("9:05am", "nine oh five A M"),
        ("7pm", "seven P M"),
        ("3:1", "three to one"),
        ("½", "one half"),
        ("2+2=4", "two plus two equals four"),
        ("10²", "ten squared"),
        ("9.8m/s²", "nine point eight metres per second squared"),
        ("300,000km/s", "three hundred thousand kilometres per second"),
        ("25cm³", "twenty five cubic centimetres"),
        ("CO₂", "C O two"),
        ("C6H12O6", "C six H twelve O six"),
        ("Ca(OH)2", "C A O H two"),
        ("NaCl", "N A C L"),
        ("DNA", "D N A"),
        ("mid-1800s", "mid eighteen hundreds"),
        ("10-year-old", "ten year old"),
        ("'90s", "nineties"),
        ("#1", "number one"),
        ("24/7", "twenty four seven"),
        ("and/or", "and or"),
        ("etc.)", "et cetera."),
        ("vs", "versus"),
        ("U.S.", "U S"),
        ("I", "I"),
        ("Mix", "Mix"),
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
    assert numerals.cardinal(value) == words


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("It costs $5 million.", "It costs five million dollars."),
        ("about 1 1/2 cups", "about one and a half cups"),
        ("about 2 ¾ miles", "about two and three quarters miles"),
        ("½ km away", "one half kilometre away"),
        ("at 7 am today", "at seven A M today"),
        ("I am seven", "I am seven"),
        ("Henry VIII had six wives", "Henry the eighth had six wives"),
        ("World War II ended in 1945.", "World War two ended in nineteen forty five."),
        ("No. 5 is alive", "number five is alive"),
        ("No. It is not.", "No. It is not."),
        ("the year 1066", "the year ten sixty six"),
        ("5 N of force", "five newtons of force"),
        ("10 m/s or 36 km/h", "ten metres per second or thirty six kilometres per hour"),
        ("Dr. Who, e.g. at 9 a.m., left", "Doctor Who, for example at nine A M, left"),
        ("between 1914 and 1918", "between nineteen fourteen and nineteen eighteen"),
        ("2,000 or 2000 people", "two thousand or two thousand people"),
    ],
)
def test_words_next_to_each_other_change_what_is_said(written: str, said: str) -> None:
    assert " ".join(spoken.say(written)) == said


def test_no_digit_reaches_the_voice() -> None:
    """The engine reads digits by its own rules; what a film shows and what it says must agree."""
    text = (
        "In 1969, 3 people flew 384,400 km at 1.5 km/s for 8.2% of $5.5 million on 20/07; 1st of 24,000 at "
        "10:56 p.m. – 2/3 H2O, 5–7 kg, −40°C, 3x, 4G, B12, 7th, 1960s, A4, 007, 12:60, 1.2.3"
    )
    said = spoken.say(text)
    assert len(said) == len(text.split())
    assert not [word for word in said if any(mark.isdigit() for mark in word)]
