"""Every kind of scene: inside its stage, in step with the words, readable in every theme, always the same."""

import functools
import itertools
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.management.commands.preview_scenes import describe_example
from pipeline.media import background, layouts, palettes, scenery, surfaces, themes
from pipeline.media.canvas import WIDTH, Frame, measure_contrast
from pipeline.media.captions import TimedWord
from pipeline.media.cast import BOTTOM, TOP, Cast
from pipeline.media.layers import CountUp, Layer, Orbit, Piece
from pipeline.media.layers_drawn import Leaving, Ripple, Sweep, Travel
from pipeline.media.scene import SceneDrawing
from pipeline.providers.cards import describe
from pipeline.providers.kind_examples import EXAMPLES
from pipeline.providers.kinds import KINDS

SUBJECTS = sorted(palettes.SUBJECTS)


def cast_of(spec: dict[str, Any], text: str, *, each: float = 0.5) -> Cast:
    words = tuple(
        TimedWord(word, 0.2 + i * each, 0.2 + (i + 1) * each) for i, word in enumerate(text.split())
    )
    return Cast(
        spec=spec,
        palette=palettes.from_json(spec["palette"]),
        words=words,
        seconds=words[-1].end + 0.5,
        speech_end=words[-1].end,
        pause_seconds=1.5 if spec["role"] == "moment" else 0.0,
    )


def texts_of(layers: list[Layer]) -> list[Piece]:
    return [layer for layer in layers if isinstance(layer, Piece) and layer.colour]


def test_there_is_an_example_of_every_kind_but_the_clip() -> None:
    assert set(EXAMPLES) == {*KINDS, "hook", "moment", "recap"} - {"clip"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_kind_is_shown_as_asked(name: str) -> None:
    spec = describe(EXAMPLES[name])
    shown = {"hook": "hero", "picture": "hero"}.get(name, name)
    assert spec["layout"] == shown
    assert spec["fallbacks"] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_kind_leaves_the_maker_and_the_captions_their_room(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above the stage and in the captions' zone, the frame is as it would be without the kind's layers."""
    scene = describe_example(EXAMPLES[name])
    number = scene.frames - 16
    frames = []
    for is_bare in (False, True):
        if is_bare:
            monkeypatch.setattr(layouts, "build", lambda _: [])
        drawing = SceneDrawing(scene)
        monkeypatch.setattr(drawing._dust, "draw", lambda *_: None)  # specks go everywhere
        frames.append(drawing.draw(number).y.astype(int).copy())
    change = np.abs(frames[0] - frames[1])
    assert change[TOP:BOTTOM].max() > 100
    for zone in (change[60:TOP], change[BOTTOM + 10 : 1613]):  # a glow's outermost rim may reach in
        assert zone.max() <= 20
        assert zone.mean() < 2


ENTERING = ["list", "parts", "process", "cycle", "comparison", "action", "layers", "timeline", "bars"]


@pytest.mark.parametrize("kind", ENTERING)
def test_a_thing_enters_with_its_word(kind: str) -> None:
    request = EXAMPLES[kind]
    spec = describe(request)
    spaced = " ".join(f"{word} and so on" for word in request.narration.split())  # far apart in time
    cast = cast_of(spec, spaced)
    starts = [piece.start for piece in texts_of(layouts.build(cast))]
    for row in cast.rows:
        said = row.text if kind in ("timeline", "action") else f"{row.text} {row.detail}"
        others = " ".join(f"{one.text} {one.detail}" for one in cast.rows if one is not row)
        called = cast.spoken_at(said, -1.0, others="" if kind in ("timeline", "action") else others)
        assert called > 0, row
        assert any(abs(start - called) < 0.3 for start in starts), (row, called, starts)


@pytest.mark.parametrize(("words_before", "asks"), [(8, True), (0, False)])
def test_a_share_that_is_spoken_late_is_asked_for_until_then(words_before: int, asks: bool) -> None:
    """No empty ring for seconds: what it is a share of stands there, and a question mark for the figure."""
    spec = describe(EXAMPLES["proportion"])
    figure = spec["figure"]
    text = f"{'well ' * words_before}{figure.get('cue') or figure['text']} of it"
    layers = layouts.build(cast_of(spec, text))
    marks = [layer for layer in layers if isinstance(layer, Leaving)]
    assert len(marks) == asks
    caption = [piece for piece in texts_of(layers) if piece.y > BOTTOM - 200]
    filled = next(layer for layer in layers if isinstance(layer, Sweep))
    assert caption
    if not asks:
        assert min(piece.start for piece in caption) > filled.start
        return
    assert (marks[0].start, marks[0].until) == (0.4, filled.start)
    assert filled.start > 2.5
    assert max(piece.start for piece in caption) < 1.0
    frame, ground = Frame(), Frame()
    ground.y[:], ground.uv[:] = 30, 128
    for t, is_there in ((2.0, True), (marks[0].rests + 0.1, False)):
        frame.copy_from(ground)
        marks[0].draw(frame, t)
        assert bool((frame.y != ground.y).any()) is is_there


@pytest.mark.parametrize("name", ["list", "cycle", "map", "picture", "proportion"])
def test_the_same_description_gives_the_same_bytes(name: str) -> None:
    scene = describe_example(EXAMPLES[name])
    numbers = (3, scene.frames // 2, scene.frames - 3)
    made = []
    for _ in range(2):
        drawing = SceneDrawing(scene)
        made.append([drawing.draw(number).buffer.tobytes() for number in numbers])
    assert made[0] == made[1]


@pytest.mark.parametrize("name", ["number", "cycle", "moment", "map", "list"])
def test_nothing_flashes(name: str) -> None:
    """No tile of the stage brightens and darkens by a tenth more than three times a second (WCAG 2.3.1)."""
    drawing = SceneDrawing(describe_example(EXAMPLES[name]))
    tiles = np.stack(
        [
            cv2.resize(drawing.draw(number).y[TOP:BOTTOM], (6, 7), interpolation=cv2.INTER_AREA)
            for number in range(drawing.scene.frames)
        ]
    ).astype(float)
    light = ((tiles - 16) / 219) ** 2.2  # relative luminance, near enough
    for place in np.ndindex(light.shape[1:]):
        line = light[(slice(None), *place)]
        slopes = np.diff(line)
        turns = [0, *(np.flatnonzero(slopes[:-1] * slopes[1:] < 0) + 1).tolist()]
        pairs = itertools.pairwise(turns)
        swings = [last for first, last in pairs if abs(line[last] - line[first]) >= 0.1]
        for start in swings:
            assert len([one for one in swings if start <= one < start + 30]) <= 6, place


# ------------------------------------------------------------------ themes


@functools.cache
def ground_of(palette: palettes.Palette) -> Any:
    return background.make_plate(palette, 0)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_words_are_readable_on_every_ground_of_a_subject(subject: str) -> None:
    family = palettes.SUBJECTS[subject][0]
    grounds = [palettes.dress(one, subject) for one in family]
    for palette in (*grounds, palettes.choose_palette(subject, "moment", "")):
        plate = ground_of(palette)
        for colour in ("#ffffff", palette.accent):
            assert measure_contrast(plate, (40, 60, WIDTH - 40, BOTTOM), colour) >= 4.5, palette.name


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_silhouette_begins_below_the_captions(subject: str) -> None:
    palette = palettes.dress(palettes.SUBJECTS[subject][0][0], subject)
    sprite = scenery.make_scenery(palette)
    assert sprite is not None
    covered = 255 - sprite.y_keep[TOP:1613]
    assert np.asarray(cv2.blur(covered, (9, 9))).max() <= 70  # lines and dots, never a surface
    assert covered.mean() <= 24


def test_no_two_subjects_share_a_ground_and_each_has_a_theme() -> None:
    assert set(scenery.DRAWN) == set(palettes.SUBJECTS) == set(themes.THEMES)
    looks = {(themes.THEMES[name].headline, themes.THEMES[name].card, name) for name in SUBJECTS}
    assert len({(font, card) for font, card, _ in looks}) >= 5


@pytest.mark.parametrize("style", ["paper", "block"])
@pytest.mark.parametrize("name", sorted(palettes.PALETTES))
def test_words_are_readable_on_every_opaque_card(style: str, name: str) -> None:
    card = surfaces.make_card(style, 400, 200, palettes.PALETTES[name])
    ground = palettes.luminance(palettes.rgb(card.ground))
    for colour in (card.text, card.soft):
        assert palettes.contrast(palettes.luminance(palettes.rgb(colour)), ground) >= 4.5


def test_the_youngest_read_round_letters_and_get_more_time() -> None:
    young, old = themes.choose_theme("history", "5-7"), themes.choose_theme("history", "14-17")
    assert young.headline == themes.ROUND != old.headline
    assert young.tempo > 1 > old.tempo
    assert young.scale > old.scale


@pytest.mark.parametrize("name", EXAMPLES)
def test_with_reduced_motion_things_only_fade(name: str) -> None:
    request = EXAMPLES[name]
    spec = describe(request.__class__(**{**vars(request), "style": "reduced-motion"}))
    layers = layouts.build(cast_of(spec, request.narration))
    assert spec["theme"]["is_calm"] is True
    assert not [layer for layer in layers if isinstance(layer, Orbit | Travel | Ripple)]
    for layer in layers:
        if type(layer) is Piece:
            assert (layer.motion, layer.float_height) == ("fade", 0.0)


def test_the_pictures_of_the_documentation_are_small_and_of_every_kind() -> None:
    folder = Path(__file__).parents[3] / "docs" / "images" / "kinds"
    sizes = {path.stem: path.stat().st_size for path in folder.glob("*.jpg")}
    assert set(sizes) == set(EXAMPLES)
    assert max(sizes.values()) < 60_000


# ------------------------------------------------------------------ hostile words

WORDS = st.one_of(
    st.text(
        alphabet="abcdefghijklmnopqrstuvwxyzäöüß WM'\"“”„-–.,;:!?0123456789%°²₂→", min_size=1, max_size=200
    ),
    st.sampled_from(
        [
            "x",
            "Donaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel",
            "W" * 200,
            "1" * 60,
            "“”",
            "a b " * 50,
        ]
    ),
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    layout=st.sampled_from(sorted(layouts.LAYOUTS)),
    headline=WORDS,
    rows=st.lists(WORDS, min_size=2, max_size=5),
    detail=WORDS,
    age_group=st.sampled_from(["5-7", "8-10", "14-17"]),
)
def test_any_text_stays_inside_the_stage_at_any_kind(
    layout: str, headline: str, rows: list[str], detail: str, age_group: str
) -> None:
    spec = describe(EXAMPLES["list"])
    spec.update(
        layout=layout,
        headline=headline,
        kicker=detail,
        meaning=detail,
        whole=detail,
        rows=[
            {"text": text, "detail": detail if index % 2 else "12 m", "icon": ""}
            for index, text in enumerate(rows)
        ],
        figure={"text": "3/4" if layout == "proportion" else rows[0], "caption": detail},
        place={"name": rows[0], "latitude": 65.0, "longitude": -19.0},
        answers=[rows[0], rows[1]],
        theme=themes.choose_theme("history", age_group).as_json(),
    )
    layers = layouts.build(cast_of(spec, "one two three four five six seven eight"))
    for piece in texts_of(layers):
        left, right = piece.x + piece.pad, piece.x + piece.stamp.width - piece.pad
        top, bottom = piece.y + piece.pad, piece.y + piece.stamp.height - piece.pad
        assert -2 <= left <= right <= WIDTH + 2, layout
        assert top >= TOP - 10, layout
        assert bottom <= BOTTOM + 24, layout
    for layer in layers:
        if isinstance(layer, CountUp):
            assert layer.rests < 6
