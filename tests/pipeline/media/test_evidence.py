"""What is seen in a finished film: black, frozen, flashing, frames for filters, likeness of rungs."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.media import evidence, ffmpeg, storyboard


def make(path: Path, graph: str, *, crf: int = 20, size: str = "480:854") -> Path:
    whole = f"{graph},format=gbrp,scale={size}:out_color_matrix=bt709,format=yuv420p[v]"
    ffmpeg.run(
        ["-filter_complex", whole, "-map", "[v]",
         "-c:v", "libx264", "-preset", "ultrafast", "-crf", str(crf), "-g", "30", "-bf", "0",
         "-colorspace", "bt709", "-color_range", "tv", str(path)]
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, evidence.PictureFacts]:
    """A second of black, two of a still picture, two that move."""
    folder = tmp_path_factory.mktemp("look")
    graph = (
        "color=black:s=480x854:d=1:r=30[a];color=0x3060a0:s=480x854:d=2:r=30[b];testsrc2=s=480x854:d=2:r=30[c];"
        "[a][b][c]concat=n=3"
    )
    return folder, evidence.look(make(folder / "480.mp4", graph), folder)


def test_black_and_frozen_spans_are_found(seen: tuple[Path, evidence.PictureFacts]) -> None:
    facts = seen[1]
    assert facts.black == ((0.0, 1.0),)
    assert [round(end, 1) for _, end in facts.frozen] == [1.0, 3.0]
    assert facts.frozen[1][0] == pytest.approx(1.03, abs=0.04)
    assert facts.red_flashes_per_second <= 1


def test_one_frame_a_second_is_kept_for_filters(seen: tuple[Path, evidence.PictureFacts]) -> None:
    folder, facts = seen
    assert facts.frames == tuple(f"frame-{number:03}.jpg" for number in range(5))
    with Image.open(folder / "frame-002.jpg") as frame:
        assert frame.size == evidence.FRAME
        red, green, blue = np.asarray(frame.convert("RGB")).mean(axis=(0, 1))
    assert (red, green, blue) == pytest.approx((0x30, 0x60, 0xA0), abs=6)
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
    assert blue == pytest.approx((0x30, 0x60, 0xA0), abs=8)


def test_a_flashing_film_is_found_out(tmp_path: Path) -> None:
    graph = "color=black:s=480x854:d=2:r=30,geq=lum='if(mod(floor(N/3),2),220,30)':cb=128:cr=128"
    facts = evidence.look(make(tmp_path / "480.mp4", graph), tmp_path)
    assert facts.flashes_per_second == pytest.approx(5.0, abs=0.5)


def test_a_film_that_turns_red_and_back_is_found_out(tmp_path: Path) -> None:
    graph = (
        "color=0xe00808:s=480x854:d=2:r=30[a];color=0x088008:s=480x854:d=2:r=30[b];"
        "[a][b]blend=all_expr='if(mod(floor(N/4),2),A,B)'"
    )
    facts = evidence.look(make(tmp_path / "480.mp4", graph), tmp_path)
    assert facts.red_flashes_per_second >= 3


def test_rungs_are_compared_at_predicted_frames(tmp_path: Path) -> None:
    moving = "testsrc2=s=720x1280:d=3:r=30"
    reference = make(tmp_path / "film.mp4", moving, crf=14, size="720:1280")
    good = make(tmp_path / "good.mp4", moving, crf=18)
    poor = make(tmp_path / "poor.mp4", moving, crf=48)
    found = evidence.compare(reference, {"good": good, "poor": poor}, keyframes=(0.0, 1.0, 2.0))
    assert found["good"] > 0.93
    assert found["poor"] < found["good"] - 0.03


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


@pytest.mark.parametrize("body", [b"", b"no film at all"])
def test_a_broken_file_is_our_error_and_leaves_nothing(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "480.mp4").write_bytes(body)
    with pytest.raises(ffmpeg.MediaFailed, match=r"480\.mp4 cannot be read"):
        evidence.look(tmp_path / "480.mp4", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["480.mp4"]
