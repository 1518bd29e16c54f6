"""Scenes: whatever the words, they are drawn, readable, and meet their neighbours at the cut."""

from typing import Any

import numpy as np
import pytest

from pipeline.media import layouts, palettes, scene
from pipeline.media.captions import TimedWord
from pipeline.media.scene import SceneDescription, SceneDrawing

LONG = "An extraordinarily long-winded headline about electroencephalographically measured brains"
HOSTILE = ["x", LONG, "水 🎈 ₂ <b>&amp;</b>", "Donaudampfschifffahrtsgesellschaftskapitänskajüte"]


def describe(layout: str, text: str = "Rain and sun", **changes: Any) -> SceneDescription:
    spec: dict[str, Any] = {
        "layout": layout,
        "role": "scene",
        "stage": "orbit",
        "kicker": "Key idea",
        "headline": text,
        "accent": "sun",
        "icons": ["sun", "droplet", "not-an-icon"],
        "rows": [{"text": text, "icon": "sun"}, {"text": "rain", "icon": ""}, {"text": "", "icon": ""}],
        "figure": {"text": "100 kg", "caption": text},
        "seed": 5,
    }
    words = tuple(TimedWord(word, 0.4 * i, 0.4 * i + 0.35) for i, word in enumerate(f"{text} it is".split()))
    fields: dict[str, Any] = {
        "spec": spec,
        "palette": palettes.OCEAN,
        "words": words,
        "speech_seconds": words[-1].end,
        "pause_seconds": 1.5 if layout == "moment" else 0.0,
        "position": 1,
        "scenes_total": 3,
        "previous_palette": palettes.LEAF,
        "next_palette": palettes.EMBER,
        "brand": "Microlearning",
    }
    return SceneDescription(**{**fields, **changes})


LAYOUTS = (*layouts.LAYOUTS, "unheard-of")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout_draws_any_text_readably(layout: str, text: str) -> None:
    drawing = SceneDrawing(describe(layout, text))
    frames = drawing.scene.frames
    for number in (0, 4, frames // 2, frames - 12, frames - 1):
        drawing.draw(number)
    assert drawing.text_contrast >= 4.5


@pytest.mark.parametrize("layout", ["list", "recap", "number", "process"])
def test_a_description_without_its_material_still_gives_a_picture(layout: str) -> None:
    description = describe(layout)
    description.spec.update(rows=[], figure=None, icons=[], headline="", kicker="")
    drawing = SceneDrawing(description)
    drawing.draw(0)
    assert drawing.draw(description.frames // 2).y.std() > 5


def test_frames_are_even_and_the_time_adds_up() -> None:
    description = describe("hero")
    assert description.frames % 2 == 0
    shortest = scene.LEAD + description.speech_seconds + scene.TAIL
    assert shortest <= description.seconds <= shortest + 2 / 30
    assert describe("hero", next_palette=None).seconds == pytest.approx(
        description.seconds + scene.LAST_TAIL - scene.TAIL, abs=2 / 30
    )


def test_neighbours_meet_at_the_cut() -> None:
    """The last frame of a scene and the first of the next are nearly the same picture."""
    first = describe("hero", next_palette=palettes.EMBER, position=0, scenes_total=2, previous_palette=None)
    second = describe(
        "list",
        palette=palettes.EMBER,
        previous_palette=palettes.OCEAN,
        next_palette=None,
        position=1,
        scenes_total=2,
    )
    before, after = SceneDrawing(first), SceneDrawing(second)
    before.draw(first.frames - 2)
    end = before.draw(first.frames - 1).y.astype(int).copy()
    start = after.draw(0).y.astype(int)
    assert np.abs(end - start)[200:].mean() < 2.0


def test_the_spoken_word_is_lit_in_its_frame() -> None:
    """The pill is where its word is, from the frame in which the word starts."""
    description = describe("hero", text="Rain falls down now", palette=palettes.NIGHT)
    drawing = SceneDrawing(description)
    accent = np.array(palettes.rgb(palettes.NIGHT.accent))
    lefts = []
    for word in description.spoken[:4]:
        picture = drawing.draw(round((word.start + 0.15) * 30)).to_rgb()[1440:1560].astype(int)
        lit = np.flatnonzero((np.abs(picture - accent).max(axis=2) < 14).sum(axis=0) > 30)
        assert lit.size > 40, word.text
        lefts.append(int(lit[0]))
    assert lefts == sorted(lefts)
    assert len(set(lefts)) == 4


def test_without_captions_nothing_is_lit() -> None:
    drawing = SceneDrawing(describe("hero", burned_captions=False, palette=palettes.NIGHT))
    picture = drawing.draw(20).to_rgb()[1440:1560].astype(int)
    accent = np.array(palettes.rgb(palettes.NIGHT.accent))
    assert (np.abs(picture - accent).max(axis=2) < 14).sum() == 0


def test_a_scene_without_words_has_no_cues() -> None:
    description = describe("hero", words=(), speech_seconds=0.1)
    assert description.cues() == []
    SceneDrawing(description).draw(3)


def test_the_light_never_moves_by_more_than_is_seen_at_once() -> None:
    """The ground is mixed anew in every second frame; its largest step stays below three levels."""
    drawing = SceneDrawing(describe("hero", burned_captions=False))
    ground = (slice(1700, 1900), slice(0, 400))  # nothing but light down there
    before, steps = drawing.draw(0).y[ground].astype(int), []
    for number in range(1, drawing.scene.frames - 12):
        now = drawing.draw(number).y[ground].astype(int)
        steps.append(float(np.abs(now - before).mean()))
        before = now
    assert 0 < max(steps) < 3


def test_the_same_description_gives_the_same_frames() -> None:
    first, second = SceneDrawing(describe("number")), SceneDrawing(describe("number"))
    for number in range(0, first.scene.frames, 7):
        assert np.array_equal(first.draw(number).buffer, second.draw(number).buffer)
