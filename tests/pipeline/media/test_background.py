"""The moving ground: everybody's own copy, without bands, and the same at both ends of a scene."""

import itertools

import numpy as np
import pytest

from pipeline.media import background, palettes


def test_who_draws_on_a_plate_draws_on_nobody_elses() -> None:
    first = background.make_plate(palettes.OCEAN, 0)
    untouched = first.buffer.copy()
    first.buffer[:] = 0
    assert np.array_equal(background.make_plate(palettes.OCEAN, 0).buffer, untouched)


def test_a_plate_of_another_position_or_palette_is_another() -> None:
    plates = [
        background.make_plate(palette, position).buffer
        for palette in (palettes.OCEAN, palettes.EMBER)
        for position in (0, 1)
    ]
    assert len({plate.tobytes() for plate in plates}) == 4


def test_slow_changes_of_light_have_no_bands() -> None:
    """Of neighbouring rows in a patch, none repeats the other: the grain breaks every edge of a level."""
    patch = background.make_plate(palettes.NIGHT, 0).y[1500:1700, 300:500].astype(int)
    assert all(np.any(a != b) for a, b in itertools.pairwise(patch))
    assert np.abs(np.diff(patch, axis=1)).max() <= 3


@pytest.mark.parametrize("seconds", [1.4, 5.0, 7.6, 22.0])
def test_the_light_is_at_its_first_place_at_both_ends(seconds: float) -> None:
    assert background.share_of_second(0, seconds) == 0
    assert background.share_of_second(seconds, seconds) == pytest.approx(0, abs=1e-9)
