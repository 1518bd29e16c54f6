"""Words choose icons."""

import numpy as np
import pytest
from PIL import Image

from pipeline.media import icons


@pytest.mark.parametrize(
    ("text", "icon"),
    [
        ("bees visit flowers", "honeybee"),
        ("the volcano erupted", "volcano"),
        ("two wolves", "wolf"),
        ("drops of water", "droplet"),
        ("the planets", "ringed-planet"),
    ],
)
def test_a_word_in_any_form_finds_its_icon(text: str, icon: str) -> None:
    assert icons.choose([(text, 1.0)])[0] == icon


def test_words_that_name_nothing_choose_nothing() -> None:
    assert icons.choose([("somehow quite otherwise", 1.0)]) == []


def test_every_listed_icon_is_shipped_and_every_shipped_one_listed() -> None:
    listed = {name for weights in icons.keywords().values() for name in weights}
    assert listed == icons.names()
    assert len(listed) > 150


def test_the_icons_stay_small() -> None:
    size = sum(path.stat().st_size for path in (icons.FOLDER / "icons").iterdir())
    assert size < 12 * 1024 * 1024


def test_an_unknown_icon_is_refused() -> None:
    with pytest.raises(KeyError, match="no icon called nothing"):
        icons.load("nothing", 64)


def test_a_general_word_does_not_outweigh_the_subject() -> None:
    assert icons.choose([("every year the volcano near our town wakes", 1.0)])[0] == "volcano"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("The player hits the ball with a bat.", "bat"),
        ("The queen bee lays eggs in the hive.", "crown"),
        ("A metal spring pushes back.", "cherry-blossom"),
        ("Click the mouse of the computer.", "mouse"),
    ],
)
def test_an_icon_is_not_chosen_beside_a_word_that_makes_it_wrong(text: str, wrong: str) -> None:
    assert wrong not in icons.choose([(text, 1.0)], most=9)
    assert wrong not in icons.choose([(wrong, 1.0)], most=9, context=text)


def test_the_word_that_chose_an_icon_comes_with_it() -> None:
    assert icons.find([("Bees visit flowers", 1.0)]) == [
        icons.Found("honeybee", "bees"),
        icons.Found("sunflower", "flowers"),
    ]


def test_what_fits_far_worse_is_left_out() -> None:
    assert icons.choose([("one day a whale swam past", 1.0)]) == ["whale"]


@pytest.mark.parametrize(
    "name", ["musical-notes", "paw-prints", "bust-in-silhouette", "spider", "footprints"]
)
def test_an_icon_that_is_black_all_over_is_made_light(name: str) -> None:
    """Else it is not seen on the dark grounds."""
    values = np.asarray(icons.load(name, 96), np.float32)
    assert float(np.median(values[values[..., 3] > 128][:, :3])) > 150


@pytest.mark.parametrize("name", ["pirate-flag", "hole", "honeybee", "volcano"])
def test_an_icon_with_light_parts_stays_as_it_is(name: str) -> None:
    with Image.open(icons.FOLDER / "icons" / f"{name}.webp") as picture:
        plain = picture.convert("RGBA").resize((96, 96), Image.Resampling.LANCZOS)
    assert icons.load(name, 96).tobytes() == plain.tobytes()


def test_a_baby_whale_is_no_human_baby_and_krill_leaves_no_paw_prints() -> None:
    assert icons.choose([("a baby whale is called a calf", 1.0)])[0] == "whale"
    assert "paw-prints" not in icons.choose([("tiny animals called krill", 1.0)])
