"""Sprites on frames: the right colours, the right places."""

import numpy as np
import pytest
from PIL import Image

from pipeline.media.canvas import Frame, Stamp, make_sprite, measure_contrast, premultiply, rgb_to_yuv


def grey_frame(width: int = 128, height: int = 96) -> Frame:
    frame = Frame(width, height)
    frame.y[:] = 100
    frame.uv[:] = 128
    return frame


def test_an_opaque_colour_comes_out_as_it_went_in() -> None:
    frame = grey_frame()
    Stamp(Image.new("RGBA", (40, 40), (200, 60, 30, 255))).lay(frame, 20, 20)
    assert np.abs(frame.to_rgb()[40, 40].astype(int) - [200, 60, 30]).max() <= 3
    assert frame.y[10, 10] == 100


def test_half_opacity_lies_half_way() -> None:
    frame = grey_frame()
    Stamp(Image.new("RGBA", (40, 40), (255, 255, 255, 255))).lay(frame, 20, 20, 0.5)
    assert int(frame.y[40, 40]) == pytest.approx((100 + 235) / 2, abs=2)


@pytest.mark.parametrize("corner", [(-30, -30), (110, 80), (-500, 0), (20, 900)])
def test_what_is_outside_is_cut_off(corner: tuple[int, int]) -> None:
    frame = grey_frame()
    Stamp(Image.new("RGBA", (40, 40), (255, 255, 255, 255))).lay(frame, *corner)
    assert frame.y.shape == (96, 128)


def test_a_slow_move_goes_by_quarters_of_a_pixel() -> None:
    rows = []
    for step in range(9):
        frame = grey_frame()
        frame.y[:] = 16
        Stamp(Image.new("RGBA", (20, 20), (255, 255, 255, 255))).lay(frame, 40, 30 + step / 4)
        light = frame.y[:, 50].astype(float) - 16
        rows.append(float((light * np.arange(96)).sum() / light.sum()))
    assert np.allclose(np.diff(rows), 0.25, atol=0.03)


def test_contrast_is_that_of_the_worst_place() -> None:
    frame = grey_frame()
    frame.y[:] = 16
    assert measure_contrast(frame, (0, 0, 128, 96), "#ffffff") == pytest.approx(21, abs=0.1)
    frame.y[40:56, 40:56] = 235
    assert measure_contrast(frame, (0, 0, 128, 96), "#ffffff") == pytest.approx(1, abs=0.05)


def test_mixing_keeps_the_ends_exact() -> None:
    first, second, mixed = grey_frame(), grey_frame(), grey_frame()
    second.y[:] = 200
    mixed.mix(first, second, 0.0)
    assert (mixed.y == 100).all()
    mixed.mix(first, second, 0.5)
    assert (mixed.y == 150).all()


def test_a_sprite_is_its_picture_on_black_by_the_formula() -> None:
    """Against the conversion in floating point: brightness within a level, colour within two."""
    rng = np.random.default_rng(3)
    colours = rng.integers(0, 256, (12, 16, 3), np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    alpha = rng.integers(0, 256, (12, 16, 1), np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    sprite = make_sprite(premultiply(np.concatenate([colours, alpha], axis=2)))
    share = alpha[..., 0].astype(float) / 255
    exact = rgb_to_yuv(colours.astype(np.float32)).astype(float) * share[..., None]
    assert np.abs(sprite.y - exact[..., 0]).max() <= 1.1
    assert np.abs(sprite.uv - exact[::2, ::2, 1:]).max() <= 2
    assert np.array_equal(sprite.y_keep, 255 - alpha[..., 0])
    assert np.array_equal(sprite.uv_keep[..., 0], 255 - alpha[::2, ::2, 0])
