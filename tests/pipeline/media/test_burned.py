"""Captions in the picture: the spoken word lit in its turn, clear of a phone's controls."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.media import background, palettes
from pipeline.media.burned import BurnedCaptions, _CueSprites
from pipeline.media.canvas import FPS, HEIGHT, WIDTH, Frame
from pipeline.media.captions import SIZES, Cue, Pace, TimedWord, scene_cues

PALETTE = palettes.OCEAN
PLATE = background.make_plate(PALETTE, 0)
TEXT = (
    "Plants turn sunlight, water and carbon dioxide into sugar. Did you know that the Great Pyramid is old?"
)


def timed(text: str) -> list[TimedWord]:
    """Uneven times, none on a frame."""
    words, at = [], 0.213
    for word in text.split():
        seconds = 0.171 + 0.0287 * len(word)
        words.append(TimedWord(word, round(at, 3), round(at + seconds * 0.9, 3)))
        at += seconds + (0.4 if word.endswith(".") else 0.0)
    return words


def cues_of(words: list[TimedWord]) -> list[Cue]:
    return scene_cues(words, scene_seconds=words[-1].end + 1, is_last=True, age_group="8-10", pace=Pace())


def drawn(captions: BurnedCaptions, t: float) -> Frame:
    frame = PLATE.copy()
    captions.draw(frame, t)
    return frame


def lit(frame: Frame) -> NDArray[np.bool_]:
    """Where the picture has the pill's colour."""
    wanted = np.array(palettes.rgb(PALETTE.accent))
    band = slice(int(HEIGHT * 0.7), int(HEIGHT * 0.88))
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[band] = np.abs(frame.to_rgb()[band].astype(np.int16) - wanted).max(axis=2) < 24
    return mask


def test_every_word_is_lit_within_a_frame_of_its_start() -> None:
    """A film's 60 ms are this frame, 33 ms, and what the voice's times may be off (`test_step_compose`)."""
    words = timed(TEXT)
    cues = cues_of(words)
    captions = BurnedCaptions(cues, age_group="8-10", palette=PALETTE)
    boxes = {}
    for cue in cues:
        for word, (stamp, x, y) in zip(
            cue.words, _CueSprites(cue, SIZES["8-10"], PALETTE).pills, strict=True
        ):
            boxes[word] = (x + stamp.width / 2, y + stamp.height / 2)
    for word in words:
        near = range(max(0, int(word.start * FPS) - 3), int(word.start * FPS) + 4)
        first = None
        for number in near:
            rows, columns = np.nonzero(lit(drawn(captions, number / FPS)))
            x, y = boxes[word]
            if len(columns) and abs(columns.mean() - x) < 25 and abs(rows.mean() - y) < 25:
                first = number / FPS
                break
        assert first is not None, word
        assert abs(first - word.start) <= 1 / FPS + 0.001


def test_estimated_times_light_no_word() -> None:
    cues = cues_of(timed(TEXT))
    captions = BurnedCaptions(cues, age_group="8-10", palette=PALETTE, lit_words=False)
    frame = drawn(captions, cues[0].words[1].start + 0.2)
    assert not lit(frame).any()
    assert (frame.y != PLATE.y).any()


@pytest.mark.parametrize("age_group", sorted(SIZES))
def test_captions_stay_clear_of_a_phones_controls(age_group: str) -> None:
    """The lowest fifteenth and a rim at both sides belong to the phone; above is the picture."""
    bare = PLATE.y.astype(int)
    words = timed(TEXT)
    cues = scene_cues(words, scene_seconds=30, is_last=True, age_group=age_group, pace=Pace(most_words=10))
    captions = BurnedCaptions(cues, age_group=age_group, palette=PALETTE)
    for cue in cues:
        changed = np.abs(drawn(captions, cue.words[-1].start + 0.1).y.astype(int) - bare) > 6
        rows, columns = np.nonzero(changed)
        assert rows.min() >= HEIGHT * 0.70
        assert rows.max() <= HEIGHT * 0.86
        assert columns.min() >= 36
        assert columns.max() <= WIDTH - 36


def test_a_word_wider_than_the_screen_is_made_to_fit() -> None:
    word = "pneumonoultramicroscopicsilicovolcanoconiosis"
    cues = cues_of([TimedWord(word, 0.2, 1.5)])
    frame = drawn(BurnedCaptions(cues, age_group="5-7", palette=PALETTE), 0.6)
    _, columns = np.nonzero(lit(frame))
    assert columns.min() > 0
    assert columns.max() < WIDTH - 1
