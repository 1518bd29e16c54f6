"""What a file is, and what goes wrong in a picture."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.media import ffmpeg, probe

FRAMES = 60


def flicker(
    hertz: float, low: int, high: int, share: float = 1.0
) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    frames = np.full((FRAMES, 100), low, np.uint8)
    for number in range(FRAMES):
        if int(number / 30 * hertz * 2) % 2:
            frames[number, : int(100 * share)] = high
    return frames


@pytest.mark.parametrize(("hertz", "flashes"), [(1.0, 1.0), (3.0, 3.0), (5.0, 5.0)])
def test_flashes_are_counted(hertz: float, flashes: float) -> None:
    assert probe.count_flashes(flicker(hertz, 20, 220), 30) == pytest.approx(flashes, abs=0.5)


def test_small_or_faint_changes_are_no_flashes() -> None:
    assert probe.count_flashes(flicker(5, 20, 220, share=0.2), 30) == 0
    assert probe.count_flashes(flicker(5, 100, 112), 30) == 0


def test_a_slow_fade_is_at_most_one_change() -> None:
    fade = np.repeat(np.linspace(0, 255, FRAMES).astype(np.uint8)[:, None], 100, axis=1)
    assert probe.count_flashes(fade, 30) <= 0.5


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of black, then two of a still picture, then one that moves; with a tone."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    graph = (
        "color=black:s=96x160:d=1:r=30[a];color=red:s=96x160:d=2:r=30[b];testsrc=s=96x160:d=1:r=30[c];"
        "[a][b][c]concat=n=3,format=yuv420p[v];sine=d=4[s]"
    )
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"]
    ffmpeg.run(["-filter_complex", graph, "-map", "[v]", "-map", "[s]", *codecs, str(path)])
    return path


def test_a_file_is_read_packet_by_packet(clip: Path) -> None:
    facts = probe.probe(clip)
    assert (facts.frames, facts.fps, facts.seconds) == (120, 30.0, 4.0)
    assert (facts.width, facts.height) == (96, 160)
    assert (facts.video_codec, facts.audio_codec) == ("h264", "aac")
    assert facts.codec_tag.startswith("avc1.")
    assert facts.audio_seconds == pytest.approx(4.0, abs=0.03)
    assert facts.uneven_frames == 0
    assert facts.keyframes[0] == 0.0


def test_black_and_frozen_spans_are_found(clip: Path) -> None:
    facts = probe.watch(clip, seconds=4.0)
    assert facts.black == ((0.0, 1.0),)
    assert facts.frozen[-1][1] == pytest.approx(3.0, abs=0.1)


def test_a_broken_file_is_our_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film at all")
    with pytest.raises(ffmpeg.MediaFailed, match=r"broken\.mp4 cannot be read"):
        probe.probe(broken)
