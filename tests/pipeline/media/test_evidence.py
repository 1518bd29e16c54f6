"""What is seen in a film: black, frozen, flashing, frames for filters, likeness of what was encoded."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.media import evidence, ffmpeg, glances, ladder, storyboard
from pipeline.media.canvas import Frame, Pixels, rgb_to_yuv
from pipeline.media.encoder import LadderEncoder
from pipeline.media.evidence import SceneGlance

Paint = Callable[[int], tuple[int, int, int] | Pixels]


def paint(colour: tuple[int, int, int] | Pixels) -> tuple[Pixels, Pixels]:
    """A picture of 480 × 854 in NV12: a colour, or a pattern in grey."""
    if not isinstance(colour, tuple):
        return colour, np.full((427, 240, 2), 128, np.uint8)
    yuv = rgb_to_yuv(np.array([[colour]], np.float32))[0, 0].round().astype(np.uint8)
    return np.full((854, 480), yuv[0], np.uint8), np.broadcast_to(yuv[1:], (427, 240, 2)).copy()


def watch(folder: Path, frames: int, shown: Paint) -> SceneGlance:
    folder.mkdir(parents=True)
    seen = glances.Watch()
    for number in range(frames):
        seen.see(*paint(shown(number)))
    return SceneGlance(seen.write(folder), *(folder / name for name in glances.FILES))


def noise(number: int) -> Pixels:
    return np.random.default_rng(number).integers(60, 200, (854, 480)).astype(np.uint8)


BLUE = (0x30, 0x60, 0xA0)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, evidence.PictureFacts]:
    """Three scenes: a second of black, two of a still picture, two that move."""
    folder = tmp_path_factory.mktemp("look")
    scenes = [
        watch(folder / "0", 30, lambda _: (0, 0, 0)),
        watch(folder / "1", 60, lambda _: BLUE),
        watch(folder / "2", 60, noise),
    ]
    return folder, evidence.gather(scenes, folder)


def test_black_and_frozen_spans_are_found(seen: tuple[Path, evidence.PictureFacts]) -> None:
    facts = seen[1]
    assert facts.black == ((0.0, 1.0),)
    assert facts.frozen == ((0.033, 1.0), (1.033, 3.0))
    assert facts.red_flashes_per_second == 0


def test_a_picture_that_stands_across_a_cut_is_one_frozen_span(tmp_path: Path) -> None:
    """Neither half would be mentioned alone."""
    scenes = [
        watch(tmp_path / "0", 40, lambda number: BLUE if number >= 30 else noise(number)),
        watch(tmp_path / "1", 40, lambda number: BLUE if number < 10 else noise(number)),
    ]
    assert evidence.gather(scenes, tmp_path).frozen == ((1.033, 1.667),)


def test_a_short_blackness_at_a_cut_counts_with_its_neighbour(tmp_path: Path) -> None:
    scenes = [
        watch(tmp_path / "0", 40, lambda number: (0, 0, 0) if number >= 30 else noise(number)),
        watch(tmp_path / "1", 40, lambda number: (0, 0, 0) if number < 10 else noise(number)),
    ]
    assert evidence.gather(scenes, tmp_path).black == ((1.0, 1.667),)


def test_one_frame_a_second_is_kept_for_filters(seen: tuple[Path, evidence.PictureFacts]) -> None:
    folder, facts = seen
    assert facts.frames == tuple(f"frame-{number:03}.jpg" for number in range(5))
    assert facts.frame_seconds == (0.5, 1.5, 2.5, 3.5, 4.5)
    with Image.open(folder / "frame-002.jpg") as frame:
        assert frame.size == glances.FRAME
        colour = np.asarray(frame.convert("RGB")).mean(axis=(0, 1))
    assert colour == pytest.approx(BLUE, abs=4)
    assert (folder / "frame-002.jpg").stat().st_size < 20_000


def test_pictures_for_scrubbing_lie_where_the_track_says(seen: tuple[Path, evidence.PictureFacts]) -> None:
    folder, _ = seen
    track = (folder / storyboard.TRACK).read_text()
    assert track.splitlines()[:5] == [
        "WEBVTT",
        "",
        "00:00:00.000 --> 00:00:02.000",
        "storyboard.jpg#xywh=0,0,90,160",
        "",
    ]
    assert "00:00:04.000 --> 00:00:05.000\nstoryboard.jpg#xywh=180,0,90,160" in track
    with Image.open(folder / storyboard.SHEET) as sheet:
        assert sheet.size == (540, 160)
        blue = np.asarray(sheet.convert("RGB"))[:, 90:180].mean(axis=(0, 1))
    assert blue == pytest.approx(BLUE, abs=8)


def test_a_flashing_film_is_found_out_also_where_it_is_cut(tmp_path: Path) -> None:
    def flash(number: int) -> tuple[int, int, int]:
        return (230, 230, 230) if number // 3 % 2 else (16, 16, 16)

    whole = evidence.gather([watch(tmp_path / "whole", 60, flash)], tmp_path)
    parts = [
        watch(tmp_path / str(n), 15, partial(lambda n, number: flash(15 * n + number), n)) for n in range(4)
    ]
    cut = evidence.gather(parts, tmp_path)
    assert whole.flashes_per_second == pytest.approx(5.0, abs=0.5)
    assert cut.flashes_per_second == whole.flashes_per_second


def test_a_film_that_turns_red_and_back_is_found_out(tmp_path: Path) -> None:
    scene = watch(tmp_path / "0", 60, lambda number: (224, 8, 8) if number // 4 % 2 else (8, 128, 8))
    assert evidence.gather([scene], tmp_path).red_flashes_per_second >= 3


@pytest.mark.parametrize("name", glances.FILES)
@pytest.mark.parametrize("body", [None, b"", b"no picture at all"])
def test_a_scene_whose_measures_are_lost_is_our_error_and_leaves_no_half_film(
    tmp_path: Path, name: str, body: bytes | None
) -> None:
    scene = watch(tmp_path / "0", 30, noise)
    if body is None:
        (tmp_path / "0" / name).unlink()
    else:
        (tmp_path / "0" / name).write_bytes(body)
    with pytest.raises(ffmpeg.MediaFailed, match=r"cannot be read\. Compose that scene again"):
        evidence.gather([scene], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["0"]


def test_a_glance_comes_back_from_its_json(tmp_path: Path) -> None:
    glance = watch(tmp_path / "0", 45, lambda _: BLUE).glance
    assert glances.from_json(glance.as_json()) == glance
    assert (glance.number, glance.frozen, glance.black, len(glance.sizes)) == (45, ((1, 45),), (), 1)


# ------------------------------------------------------------------ what was encoded against what was drawn


def test_every_rung_is_compared_with_what_was_drawn_at_a_predicted_frame(tmp_path: Path) -> None:
    """A good encoding is near one; another scene's file, or a file an eighth of a second late, is not."""
    frame = Frame()
    texture = cv2.GaussianBlur(
        np.random.default_rng(3).integers(30, 220, (1920, 1360)).astype(np.uint8), (0, 0), 4
    )
    paths = {rung.name: tmp_path / f"{rung.name}.mp4" for rung in ladder.ENCODED}
    number = evidence.choose_sample(70, keyframe_every=60)
    with LadderEncoder(frame, paths, limit=60) as encoder:
        for at in range(70):
            frame.uv[:] = 128
            frame.y[:] = texture[:, 4 * at : 4 * at + 1080]
            encoder.encode()
            if at == number:
                drawn = frame.y.copy()
    found = evidence.compare(drawn, number, paths)
    assert set(found) == {"1080", "720", "480", "360"}
    assert min(found["1080"], found["720"], found["480"]) > 0.97
    assert found["360"] > 0.9
    late = evidence.compare(drawn, number + 4, paths)
    assert all(late[name] < found[name] - 0.05 for name in ("1080", "720", "480"))


@pytest.mark.parametrize(("frames", "sample"), [(2, 1), (59, 6), (119, 6), (120, 66), (300, 126)])
def test_the_compared_frame_is_in_the_middle_and_no_keyframe(frames: int, sample: int) -> None:
    assert evidence.choose_sample(frames, keyframe_every=60) == sample


@pytest.mark.parametrize("body", [b"", b"no film at all"])
def test_an_encoded_file_that_is_broken_is_our_error(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "720.mp4").write_bytes(body)
    with pytest.raises(ffmpeg.MediaFailed, match=r"720\.mp4 cannot be read"):
        evidence.compare(np.zeros((1920, 1080), np.uint8), 6, {"720": tmp_path / "720.mp4"})


def test_likeness_is_one_for_the_same_picture_and_falls_with_noise() -> None:
    rng = np.random.default_rng(1)
    picture = cv2.GaussianBlur(rng.integers(0, 256, (200, 120)).astype(np.uint8), (9, 9), 3).astype(np.uint8)
    assert evidence.similarity(picture, picture) == pytest.approx(1.0, abs=1e-6)
    noisy = [
        evidence.similarity(
            picture, np.clip(picture + rng.normal(0, sigma, picture.shape), 0, 255).astype(np.uint8)
        )
        for sigma in (2, 8, 24)
    ]
    assert 1 > noisy[0] > noisy[1] > noisy[2]
