"""The small film that is kept on a phone: its size is a promise."""

from pathlib import Path

import pytest

from pipeline.media import download, ffmpeg, ladder, probe
from pipeline.media.canvas import Frame
from pipeline.media.encoder import LadderEncoder

SECONDS = 6.0


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A film of six seconds that is hard to compress, and its sound as the download has it."""
    folder = tmp_path_factory.mktemp("sources")
    graph = f"testsrc2=s=480x854:d={SECONDS}:r=30,noise=alls=30:allf=t,format=yuv420p[v];sine=d={SECONDS}[s]"
    ffmpeg.run(
        ["-filter_complex", graph, "-map", "[v]", "-c:v", "libx264", "-preset", "ultrafast",
         str(folder / "480.mp4"), "-map", "[s]", "-c:a", "aac", "-ac", "1", "-b:a", "48k", "-f", "mp4",
         str(folder / "s.m4a")]
    )  # fmt: skip
    return folder / "480.mp4", folder / "s.m4a"


def test_it_is_small_whole_and_ready_for_a_phone(sources: tuple[Path, Path], tmp_path: Path) -> None:
    target = tmp_path / download.NAME
    assert download.write_download(*sources, target, seconds=SECONDS)
    facts = probe.probe(target)
    assert (facts.width, facts.height, facts.frames, facts.fps) == (360, 640, 180, 30.0)
    assert (facts.profile, facts.pixels, facts.starts_fast, facts.closed) == ("High", "yuv420p", True, True)
    assert facts.level <= 3.1
    assert facts.uneven_frames == 0
    assert abs(facts.audio_seconds - facts.seconds) < 0.04
    rate = target.stat().st_size * 8 / SECONDS
    assert rate < (download.PEAK_KBITS + download.SOUND_KBITS) * 1000 * 1.15
    assert [path.name for path in tmp_path.iterdir()] == [download.NAME]


def test_a_film_that_does_not_fit_is_encoded_at_the_rate_that_does(
    sources: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a film of 90 seconds would be: the cap stays, the rate gives way."""
    monkeypatch.setattr(download, "MOST_BYTES", 150_000)
    target = tmp_path / download.NAME
    assert not download.write_download(*sources, target, seconds=SECONDS)
    assert 100_000 < target.stat().st_size <= 150_000
    assert probe.probe(target).frames == 180
    assert [path.name for path in tmp_path.iterdir()] == [download.NAME]


def test_the_same_film_gives_the_same_bytes(sources: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        download.write_download(*sources, tmp_path / name, seconds=SECONDS)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_a_broken_source_leaves_nothing(sources: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "480.mp4").write_bytes(b"broken")
    with pytest.raises(ffmpeg.MediaFailed):
        download.write_download(tmp_path / "480.mp4", sources[1], tmp_path / download.NAME, seconds=SECONDS)
    assert [path.name for path in tmp_path.iterdir()] == ["480.mp4"]


def test_the_scenes_own_downloads_are_joined_as_they_are(sources: tuple[Path, Path], tmp_path: Path) -> None:
    frame, scenes = Frame(), []
    for number, light in enumerate((60, 180)):
        folder = tmp_path / str(number)
        folder.mkdir()
        paths = {rung.name: folder / f"{rung.name}.mp4" for rung in ladder.ENCODED}
        with LadderEncoder(frame, paths, limit=60) as encoder:
            for _ in range(30):
                frame.buffer[:], frame.y[:] = 128, light
                encoder.encode()
        scenes.append(paths["360"])
    target = tmp_path / download.NAME
    assert download.write_download(*sources, target, seconds=2.0, scenes=scenes)
    facts = probe.probe(target)
    assert (facts.width, facts.height, facts.frames, facts.uneven_frames) == (360, 640, 60, 0)
    assert (facts.starts_fast, facts.closed, facts.keyframes) == (True, True, (0.0, 1.0))
    assert abs(facts.audio_seconds - 2.0) < 0.05
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1", download.NAME]
