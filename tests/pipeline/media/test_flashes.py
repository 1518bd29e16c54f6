"""Flashes, general and red, as WCAG counts them."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.media.flashes import count_flashes, count_red_flashes

FRAMES = 60


def flicker(hertz: float, low: int, high: int, share: float = 1.0) -> NDArray[np.uint8]:
    frames = np.full((FRAMES, 100), low, np.uint8)
    for number in range(FRAMES):
        if int(number / 30 * hertz * 2) % 2:
            frames[number, : int(100 * share)] = high
    return frames


def coloured(hertz: float, one: tuple[int, int, int], other: tuple[int, int, int]) -> NDArray[np.uint8]:
    frames = np.empty((FRAMES, 100, 3), np.uint8)
    for number in range(FRAMES):
        frames[number] = other if int(number / 30 * hertz * 2) % 2 else one
    return frames


@pytest.mark.parametrize(("hertz", "flashes"), [(1.0, 1.0), (3.0, 3.0), (5.0, 5.0), (7.5, 7.5), (15.0, 15.0)])
def test_flashes_are_counted(hertz: float, flashes: float) -> None:
    assert count_flashes(flicker(hertz, 20, 220), 30) == pytest.approx(flashes, abs=0.5)


def test_small_or_faint_or_very_bright_changes_are_no_flashes() -> None:
    assert count_flashes(flicker(5, 20, 220, share=0.2), 30) == 0
    assert count_flashes(flicker(5, 100, 112), 30) == 0
    assert count_flashes(flicker(5, 232, 255), 30) == 0


def test_a_flash_that_sweeps_over_the_picture_in_three_frames_counts() -> None:
    frames = np.full((FRAMES, 90), 20, np.uint8)
    for number in range(FRAMES):
        for third in range(3):
            if (number - third) // 5 % 2:
                frames[number, third * 30 : (third + 1) * 30] = 220
    assert count_flashes(frames, 30) == pytest.approx(3.0, abs=0.5)


def test_a_slow_fade_is_at_most_one_change() -> None:
    fade = np.repeat(np.linspace(0, 255, FRAMES).astype(np.uint8)[:, None], 100, axis=1)
    assert count_flashes(fade, 30) <= 0.5


def test_cuts_between_scenes_are_no_flashing() -> None:
    scenes = np.concatenate([np.full((20, 100), level, np.uint8) for level in (40, 150, 60)])
    assert count_flashes(scenes, 30) <= 1.0


def test_red_flashes_are_counted_where_brightness_hardly_changes() -> None:
    red, green = (230, 10, 10), (10, 128, 10)
    assert count_red_flashes(coloured(4, red, green), 30) == pytest.approx(4.0, abs=0.5)
    assert count_red_flashes(coloured(4, (120, 90, 90), (90, 120, 90)), 30) == 0
    assert count_red_flashes(coloured(4, (10, 20, 200), green), 30) == 0


def test_one_frame_cannot_flash() -> None:
    assert count_flashes(np.zeros((1, 100), np.uint8), 30) == 0
