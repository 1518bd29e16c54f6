"""Encoding in this process: three rungs that agree, a limit, and a failure that says what to do."""

from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.media import palettes, probe
from pipeline.media.canvas import Frame
from pipeline.media.captions import TimedWord
from pipeline.media.encoder import LadderEncoder
from pipeline.media.ffmpeg import MediaFailed
from pipeline.media.ladder import ENCODED
from pipeline.media.scene import SceneDescription, render


def paths_in(folder: Path) -> dict[str, Path]:
    return {rung.name: folder / f"{rung.name}.mp4" for rung in ENCODED}


def paint(frame: Frame, light: int) -> None:
    frame.y[:] = light
    frame.uv[:] = 128


def encode(folder: Path, lights: list[int]) -> dict[str, Path]:
    frame = Frame()
    with LadderEncoder(frame, paths_in(folder), limit=60) as encoder:
        for light in lights:
            paint(frame, light)
            encoder.encode()
    return paths_in(folder)


def test_all_rungs_have_every_frame_at_the_same_times(tmp_path: Path) -> None:
    found = [probe.probe(path) for path in encode(tmp_path, [60] * 64).values()]
    assert [(one.width, one.height) for one in found] == [(1080, 1920), (720, 1280), (480, 854), (360, 640)]
    assert {(one.frames, one.uneven_frames, one.fps) for one in found} == {(64, 0, 30.0)}
    assert [one.keyframes for one in found] == [(0.0, 2.0)] * 3 + [(0.0,)]
    assert [one.codec_tag for one in found] == ["avc1.64002a", "avc1.64001f", "avc1.64001f", "avc1.64001e"]


def test_every_rung_shows_what_was_drawn_frame_by_frame(tmp_path: Path) -> None:
    lights = [40, 80, 120, 160, 200, 40]
    for path in encode(tmp_path, lights).values():
        with av.open(str(path)) as file:
            shown = [
                round(float(frame.to_ndarray()[: frame.height].mean())) for frame in file.decode(video=0)
            ]
        assert shown == pytest.approx(lights, abs=1)


def test_the_colours_are_named_in_every_file(tmp_path: Path) -> None:
    for path in encode(tmp_path, [60]).values():
        with av.open(str(path)) as file:
            coder = file.streams.video[0].codec_context
            named = (coder.color_primaries, coder.color_trc, coder.colorspace, coder.color_range)
        assert [int(value) for value in named] == [1, 1, 1, 1]


def test_the_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = encode(tmp_path / "a", [60, 61, 62, 63]), encode(tmp_path / "b", [60, 61, 62, 63])
    assert [path.read_bytes() for path in first.values()] == [path.read_bytes() for path in second.values()]


def test_smaller_rungs_are_the_picture_and_not_a_part_of_it(tmp_path: Path) -> None:
    frame = Frame()
    paint(frame, 30)
    frame.y[960:, 540:] = 220
    with LadderEncoder(frame, paths_in(tmp_path), limit=60) as encoder:
        encoder.encode()
    for rung in ENCODED:
        with av.open(str(tmp_path / f"{rung.name}.mp4")) as file:
            shown = next(file.decode(video=0)).to_ndarray()[: rung.height]
        assert shown.shape == (rung.height, rung.width)
        assert np.count_nonzero(shown > 125) == pytest.approx(shown.size / 4, rel=0.01)


def test_work_over_its_limit_is_stopped(tmp_path: Path) -> None:
    frame = Frame()
    paint(frame, 60)
    with (
        pytest.raises(MediaFailed, match="longer than its limit"),
        LadderEncoder(frame, paths_in(tmp_path), limit=-1) as encoder,
    ):
        encoder.encode()


def test_a_full_disk_has_its_own_code() -> None:
    frame = Frame()
    paint(frame, 60)
    full = {rung.name: Path("/dev/full") for rung in ENCODED}
    with pytest.raises(MediaFailed) as caught, LadderEncoder(frame, full, limit=60) as encoder:
        encoder.encode()
    assert caught.value.code == "platform:no-space"


def test_a_folder_that_is_not_there_is_one_failure_with_a_code(tmp_path: Path) -> None:
    nowhere = paths_in(tmp_path / "nowhere")
    with pytest.raises(MediaFailed) as caught, LadderEncoder(Frame(), nowhere, limit=60) as encoder:
        encoder.encode()
    assert caught.value.code == "platform:render-failed"
    assert "No such file" in caught.value.message


@pytest.mark.film
def test_the_same_frames_give_the_same_bytes_on_every_rung_however_often(tmp_path: Path) -> None:
    """Sides that are no multiple of 16 (854, 360) once came out differently from run to run."""
    words = (TimedWord("Planet.", 0.0, 0.4), TimedWord("Garden.", 0.5, 0.9))
    spec = {"layout": "hero", "role": "scene", "headline": "Rain", "icons": ["sun"], "seed": 5}
    scene = SceneDescription(spec=spec, palette=palettes.OCEAN, words=words, speech_seconds=1.0)
    for number in range(5):
        (tmp_path / f"{number}").mkdir()
        render(scene, tmp_path / f"{number}", report=lambda _: None)
    for rung in ENCODED:
        assert len({(tmp_path / f"{number}" / f"{rung.name}.mp4").read_bytes() for number in range(5)}) == 1
