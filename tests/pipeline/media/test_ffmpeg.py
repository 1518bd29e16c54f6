"""Running ffmpeg: limits, whole files or none, errors with codes."""

from pathlib import Path

import pytest

from pipeline.media import ffmpeg
from pipeline.media.ffmpeg import MediaFailed


def test_the_binary_may_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFMPEG_BINARY", "/opt/own/ffmpeg")
    assert ffmpeg.binary() == "/opt/own/ffmpeg"


def test_a_run_gives_its_output() -> None:
    out, log = ffmpeg.run(
        ["-f", "lavfi", "-i", "color=s=16x16:d=0.1:r=10", "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    )
    assert len(out) == 16 * 16
    assert "rawvideo" in log


def test_a_failure_is_one_error_with_a_code_and_the_end_of_the_log() -> None:
    with pytest.raises(MediaFailed) as caught:
        ffmpeg.run(["-i", "/nowhere/film.mp4", "-f", "null", "-"])
    assert caught.value.code == "platform:render-failed"
    assert "No such file" in caught.value.evidence["stderr"]


def test_a_run_over_its_limit_is_stopped() -> None:
    ticks: list[int] = []
    with pytest.raises(MediaFailed, match="longer than its limit"):
        ffmpeg.run(
            ["-re", "-f", "lavfi", "-i", "color=s=16x16:d=60", "-f", "null", "-"],
            limit=1.0,
            tick=lambda: ticks.append(1),
        )
    assert len(ticks) >= 2


def test_a_full_disk_has_its_own_code() -> None:
    error = ffmpeg.failure(1, "av_interleaved_write_frame(): No space left on device")
    assert error.code == "platform:no-space"


def test_a_missing_binary_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFMPEG_BINARY", "/nowhere/ffmpeg")
    with pytest.raises(MediaFailed, match="could not be started"):
        ffmpeg.run(["-version"])


def test_files_appear_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    with pytest.raises(RuntimeError), ffmpeg.beside(target) as parts:  # noqa: PT012 - the write is part of it
        parts[0].write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with ffmpeg.beside(target) as parts:
        parts[0].write_text("whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
