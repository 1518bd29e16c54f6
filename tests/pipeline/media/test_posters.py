"""Posters: sizes, and a small one that never outgrows its promise."""

from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.media import posters


def test_three_pictures_stand_for_a_film(tmp_path: Path) -> None:
    ramp = np.add.outer(np.arange(1920), np.arange(1080)) % 256
    Image.fromarray(ramp.astype(np.uint8)).convert("RGB").save(tmp_path / "opening.jpg")
    posters.write_posters(tmp_path / "opening.jpg", tmp_path)
    sizes = {name: Image.open(tmp_path / name).size for name in posters.FILES}
    assert sizes == {"poster.jpg": (1080, 1920), "poster-small.jpg": (540, 960), "thumbnail.jpg": (360, 640)}
    assert (tmp_path / "poster-small.jpg").stat().st_size <= 40_000


def test_even_noise_fits_into_the_small_poster(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1920, 1080, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "opening.jpg", quality=95)
    posters.write_posters(tmp_path / "opening.jpg", tmp_path)
    assert (tmp_path / "poster-small.jpg").stat().st_size <= 40_000
    with Image.open(tmp_path / "poster-small.jpg") as small:
        assert small.width * 16 == small.height * 9
