"""Colours on which text can be read."""

import pytest

from pipeline.media import background, palettes


def test_contrast_is_the_formula_of_wcag() -> None:
    black, white = palettes.luminance((0, 0, 0)), palettes.luminance((255, 255, 255))
    assert palettes.contrast(black, white) == pytest.approx(21.0)
    grey = palettes.luminance(palettes.rgb("#767676"))
    assert palettes.contrast(grey, white) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", sorted(palettes.PALETTES))
def test_white_and_accent_are_readable_on_every_palette_everywhere(name: str) -> None:
    palette = palettes.PALETTES[name]
    for position in (0, 1):
        ground = background.draw_ground(palette, position)
        brightest = ground.reshape(-1, 3)[ground.reshape(-1, 3).sum(axis=1).argmax()]
        light = palettes.luminance((int(brightest[0]), int(brightest[1]), int(brightest[2])))
        for colour in ("#ffffff", palette.accent):
            assert palettes.contrast(palettes.luminance(palettes.rgb(colour)), light) >= 4.5


@pytest.mark.parametrize("name", sorted(palettes.PALETTES))
def test_the_ink_is_readable_on_the_pill(name: str) -> None:
    palette = palettes.PALETTES[name]
    pill, ink = (palettes.luminance(palettes.rgb(colour)) for colour in (palette.accent, palette.ink))
    assert palettes.contrast(pill, ink) >= 7


def test_a_palette_survives_json() -> None:
    assert palettes.from_json(palettes.LEAF.as_json()) == palettes.LEAF


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Biology: how plants grow", "nature"),
        ("The planets of our sun", "space"),
        ("Fractions in maths", "numbers"),
        ("Something else entirely", "other"),
    ],
)
def test_the_subject_follows_from_the_words(text: str, subject: str) -> None:
    assert palettes.subject_of(text) == subject


@pytest.mark.parametrize("subject", sorted(palettes.SUBJECTS))
def test_a_moment_looks_different_from_its_neighbours(subject: str) -> None:
    moment = palettes.choose_palette(subject, "moment", "x")
    assert (moment.name, moment.accent, moment.scenery) == ("moment", palettes.MOMENT.accent, subject)
    for neighbour in palettes.SUBJECTS[subject][0]:
        assert moment.base != neighbour.base
        assert set(moment.glows).isdisjoint(neighbour.glows)
    assert palettes.choose_palette(subject, "hook", "x") == palettes.dress(
        palettes.SUBJECTS[subject][0][0], subject
    )
