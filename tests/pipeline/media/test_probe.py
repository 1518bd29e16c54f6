"""What a file is."""

from pathlib import Path

import pytest

from pipeline.media import ffmpeg, probe


def make_clip(path: Path, *options: str) -> Path:
    graph = (
        "color=black:s=96x160:d=1:r=30[a];testsrc=s=96x160:d=3:r=30[b];"
        "[a][b]concat=n=2,format=yuv420p[v];sine=d=4[s]"
    )
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"]
    ffmpeg.run(["-filter_complex", graph, "-map", "[v]", "-map", "[s]", *codecs, *options, str(path)])
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4")


def test_a_file_is_read_packet_by_packet(clip: Path) -> None:
    facts = probe.probe(clip)
    assert (facts.frames, facts.fps, facts.seconds) == (120, 30.0, 4.0)
    assert (facts.width, facts.height) == (96, 160)
    assert (facts.video_codec, facts.audio_codec) == ("h264", "aac")
    assert facts.codec_tag.startswith("avc1.")
    assert facts.audio_seconds == pytest.approx(4.0, abs=0.03)
    assert facts.uneven_frames == 0
    assert facts.keyframes[0] == 0.0


def test_what_a_phone_asks_for_is_read_from_the_file(tmp_path: Path, clip: Path) -> None:
    plain = probe.probe(clip)
    assert (plain.pixels, plain.starts_fast, plain.closed) == ("yuv420p", False, True)
    phone = make_clip(
        tmp_path / "phone.mp4", "-profile:v", "high", "-level", "3.1", "-movflags", "+faststart",
        "-x264-params", "cabac=1:8x8dct=1",
    )  # fmt: skip
    facts = probe.probe(phone)
    assert (facts.profile, facts.level, facts.starts_fast) == ("High", 3.1, True)


def test_a_group_that_leans_on_the_one_before_is_seen(tmp_path: Path) -> None:
    """Open groups start with a recovery point, not with an IDR picture: a player cannot switch there."""
    options = ["-x264-params", "open-gop=1:keyint=20:min-keyint=10:bframes=3:scenecut=0", "-preset", "fast"]
    facts = probe.probe(make_clip(tmp_path / "open.mp4", *options))
    assert len(facts.keyframes) > 2
    assert not facts.closed


def test_a_broken_file_is_our_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film at all")
    with pytest.raises(ffmpeg.MediaFailed, match=r"broken\.mp4 cannot be read"):
        probe.probe(broken)
