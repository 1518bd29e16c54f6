"""Small sounds: where they begin, what they are, and that they do not crowd each other."""

import itertools

import numpy as np
import pytest

from pipeline.media import effects
from pipeline.media.effects import APART, Effect, SceneTimes, find_effects, lay_effects

SCENES = [
    SceneTimes("hook", 0.0, 4.0, 3.8, ((2.0, "pop"),)),
    SceneTimes("scene", 4.0, 12.0, 11.8, ((5.0, "pop"), (5.2, "number"), (7.0, "pop"), (11.9, "pop"))),
    SceneTimes("moment", 12.0, 16.0, 14.0, ((12.4, "pop"),)),
    SceneTimes("recap", 16.0, 20.0, 19.0, ((17.0, "pop"),)),
]


def test_what_happens_in_the_picture_is_marked_in_order() -> None:
    assert find_effects(SCENES) == [
        Effect(2.0, "pop"),
        Effect(3.82, "whoosh"),
        Effect(5.2, "number"),
        Effect(7.0, "pop"),
        Effect(11.82, "whoosh"),
        Effect(14.12, "think"),
        Effect(14.62, "tick"),
        Effect(15.12, "tick"),
        Effect(15.98, "chime"),
        Effect(17.0, "pop"),
    ]


def test_two_sounds_are_never_close_together() -> None:
    crowded = [SceneTimes("scene", 0.0, 9.0, 8.8, tuple((1.0 + 0.05 * n, "pop") for n in range(60)))]
    starts = [effect.start for effect in find_effects(crowded)]
    assert len(starts) <= effects.MOST_POPS
    assert all(b - a >= APART for a, b in itertools.pairwise(starts))


@pytest.mark.parametrize("kind", sorted(effects.LOUDNESS))
def test_a_sound_begins_where_it_should_and_is_soft(kind: str) -> None:
    heard = np.abs(lay_effects([Effect(1.0, kind)], seconds=4)).max(axis=1)
    assert not heard[:48_000].any()
    first = np.flatnonzero(heard > heard.max() / 10)[0] / 48_000
    assert 1.0 <= first <= (1.15 if kind == "whoosh" else 1.03)
    assert heard.max() == pytest.approx(effects.LOUDNESS[kind], rel=0.01)
    assert np.array_equal(heard, np.abs(lay_effects([Effect(1.0, kind)], seconds=4)).max(axis=1))


def test_a_sound_at_the_end_is_cut_and_one_before_the_start_begins_with_the_film() -> None:
    heard = lay_effects([Effect(-0.18, "whoosh"), Effect(1.95, "chime")], seconds=2)
    assert heard.shape == (96_000, 2)
    assert np.abs(heard[:4_800]).max() > 0
