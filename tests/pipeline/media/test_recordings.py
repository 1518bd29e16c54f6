"""Sound from outside: told by content, bounded, refused with a code."""

import wave
from pathlib import Path

import numpy as np
import pytest

from pipeline.media import ffmpeg, recordings
from pipeline.media.ffmpeg import MediaRefused


def refusal(path: Path) -> str:
    before = sorted(path.parent.iterdir())
    with pytest.raises(MediaRefused) as caught:
        recordings.import_recording(path, path.with_name("made.wav"))
    assert sorted(path.parent.iterdir()) == before
    return caught.value.code


def tone(path: Path, *arguments: str, seconds: float = 2, hertz: int = 440) -> Path:
    source = ["-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate=44100:duration={seconds}"]
    ffmpeg.run([*source, "-metadata", "title=a name", *arguments, str(path)])
    return path


@pytest.mark.parametrize(
    ("name", "arguments", "found"),
    [
        ("a.wav", ["-c:a", "pcm_s16le", "-f", "wav"], "wav"),
        ("b.wav", ["-c:a", "pcm_f32le", "-ac", "2", "-f", "wav"], "wav"),
        ("c.wav", ["-c:a", "libmp3lame", "-f", "mp3"], "mp3"),
        ("d.mp3", ["-c:a", "libmp3lame", "-id3v2_version", "0", "-write_xing", "0", "-f", "mp3"], "mp3"),
        ("e.mp3", ["-c:a", "aac", "-f", "adts"], "aac"),
        ("f.m4a", ["-c:a", "aac", "-f", "ipod"], "mov"),
        ("g.txt", ["-c:a", "flac", "-f", "flac"], "flac"),
    ],
)
def test_a_sound_is_known_by_its_content_and_becomes_plain(
    tmp_path: Path, name: str, arguments: list[str], found: str
) -> None:
    path = tone(tmp_path / name, *arguments)
    assert recordings.name_format(path.read_bytes()[:16]) == found
    seconds = recordings.import_recording(path, tmp_path / "made.wav")
    assert seconds == pytest.approx(2.0, abs=0.08)
    with wave.open(str(tmp_path / "made.wav"), "rb") as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, 48_000, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    strongest = np.argmax(np.abs(np.fft.rfft(samples))) / seconds
    assert strongest == pytest.approx(440, abs=3)
    assert b"a name" not in (tmp_path / "made.wav").read_bytes()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "creator:sound-empty"),
        (b'{"error": "quota"}', "creator:sound-type"),
        (b"#EXTM3U\n#EXTINF:4,\nfile:///etc/hostname\n", "creator:sound-type"),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", "creator:sound-type"),
        (b"OggS" + b"\0" * 40, "creator:sound-type"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "creator:sound-damaged"),
        (b"fLaC" + b"\0" * 400, "creator:sound-damaged"),
        (b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42", "creator:sound-damaged"),
        (b"ID3\x04\0\0\0\0\0\0" + b"\0" * 600, "creator:sound-damaged"),
    ],
)
def test_what_is_no_sound_is_refused_whatever_its_name(tmp_path: Path, body: bytes, code: str) -> None:
    path = tmp_path / "voice.wav"
    path.write_bytes(body)
    assert refusal(path) == code


def test_a_sound_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.wav") == "creator:sound-empty"


def test_a_film_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.m4a"
    ffmpeg.run(["-f", "lavfi", "-i", "color=s=64x64:d=1", "-c:v", "libx264", "-f", "mp4", str(path)])
    assert refusal(path) == "creator:sound-damaged"


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with path.open("wb") as file:
        file.truncate(recordings.MOST_BYTES + 1)
    assert refusal(path) == "creator:sound-too-heavy"


def test_a_sound_of_more_than_ten_minutes_is_refused(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.mp3", "-c:a", "libmp3lame", "-b:a", "32k", "-ar", "16000", seconds=601)
    assert refusal(path) == "creator:sound-too-long"


def test_silence_is_refused(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22_050)
        file.writeframes(b"\0\0" * 22_050)
    assert refusal(tmp_path / "a.wav") == "creator:sound-silent"


def test_a_truncated_sound_keeps_what_is_there(tmp_path: Path) -> None:
    path = tone(tmp_path / "a.mp3", "-c:a", "libmp3lame", "-f", "mp3", seconds=4)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert recordings.import_recording(path, tmp_path / "made.wav") == pytest.approx(2.0, abs=0.15)
