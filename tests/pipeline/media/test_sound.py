"""Loudness as promised, whatever came in; music that is ours and repeats itself exactly."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.media import ffmpeg, music, sound


def speechlike(seconds: float, loud: float) -> music.Sound:
    """Syllables of harmonics with pauses."""
    t = np.arange(int(seconds * music.RATE)) / music.RATE
    voice = sum(np.sin(2 * np.pi * 170 * k * t) / k for k in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 2.7 * t), 0, 1) * (np.sin(2 * np.pi * 0.21 * t) > -0.8)
    return np.asarray(np.asarray(voice) * syllables * loud / 2, np.float32)


@pytest.mark.film
@pytest.mark.parametrize("loud", [0.02, 0.25, 0.9])
def test_loudness_and_peak_hold_for_quiet_and_loud_voices(tmp_path: Path, loud: float) -> None:
    music.write_wav(tmp_path / "voice.wav", speechlike(8, loud))
    music.write_bed(tmp_path / "bed.wav", mood="curious", seed=3, seconds=8)
    sound.mix(tmp_path / "voice.wav", tmp_path / "bed.wav", tmp_path / "sound.m4a", seconds=8)
    found = sound.measure(tmp_path / "sound.m4a")
    assert found.lufs == pytest.approx(-16, abs=1)
    assert found.true_peak <= -1.5
    assert found.silences == ()
    assert not (tmp_path / "mix.wav").exists()


def test_silence_is_found_and_timed(tmp_path: Path) -> None:
    voice = np.concatenate([speechlike(2, 0.5), np.zeros(3 * music.RATE, np.float32), speechlike(2, 0.5)])
    music.write_wav(tmp_path / "voice.wav", voice)
    found = sound.measure(tmp_path / "voice.wav")
    assert any(start < 2.1 and end > 4.9 for start, end in found.silences)


def test_a_silent_film_is_an_error_rather_than_a_guess(tmp_path: Path) -> None:
    music.write_wav(tmp_path / "voice.wav", np.zeros(2 * music.RATE, np.float32))
    with pytest.raises(ffmpeg.MediaFailed, match="silent"):
        sound.measure(tmp_path / "voice.wav")


def test_each_sound_lies_at_its_second(tmp_path: Path) -> None:
    click = np.zeros(4800, np.float32)
    click[0] = 1.0
    music.write_wav(tmp_path / "click.wav", click)
    sound.write_narration(
        tmp_path / "all.wav",
        placed=[(0.5, tmp_path / "click.wav"), (1.25, tmp_path / "click.wav")],
        seconds=2,
    )
    heard = sound.read_sound(tmp_path / "all.wav")
    assert len(heard) == 2 * music.RATE
    assert np.flatnonzero(np.abs(heard) > 0.5).tolist() == [24000, 60000]


def test_a_sound_that_cannot_be_read_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "03-speech.wav").write_bytes(b"nothing")
    with pytest.raises(ffmpeg.MediaFailed, match=r"03-speech\.wav cannot be read"):
        sound.read_sound(tmp_path / "03-speech.wav")


@pytest.mark.parametrize("mood", sorted(music.MOODS))
def test_the_same_seed_plays_the_same_and_another_seed_another_tune(mood: str) -> None:
    first, again, other = music.make_loop(mood, 1), music.make_loop(mood, 1), music.make_loop(mood, 2)
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.allclose(first, other)
    assert np.abs(first).max() == pytest.approx(0.5, abs=0.001)


def test_the_loop_has_no_seam() -> None:
    loop = music.make_loop("calm", 5)
    steps = np.abs(np.diff(loop[:, 0]))
    assert abs(float(loop[0, 0] - loop[-1, 0])) <= float(steps.max())
