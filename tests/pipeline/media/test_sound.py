"""Loudness as promised, whatever came in; a voice that stands clear of the music."""

from pathlib import Path

import av
import ffmpeg as graph
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.media import effects, ffmpeg, music, sound
from pipeline.providers.base import SpeechRequest
from pipeline.providers.espeak import Speech

PROSE = "Plants make their own food from sunlight, water and air. Bees visit flowers to drink nectar."
SECONDS = 10.0


def speechlike(seconds: float, loud: float) -> music.Sound:
    """Syllables of harmonics with pauses."""
    t = np.arange(int(seconds * music.RATE)) / music.RATE
    voice = sum(np.sin(2 * np.pi * 170 * k * t) / k for k in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 2.7 * t), 0, 1) * (np.sin(2 * np.pi * 0.21 * t) > -0.8)
    return np.asarray(np.asarray(voice) * syllables * loud / 2, np.float32)


def write_parts(folder: Path, seconds: float, mood: str = "curious") -> tuple[Path, Path]:
    """A bed and effects beside a narration that is there already."""
    music.write_bed(folder / "bed.wav", mood=mood, seed=3, seconds=seconds, age_group="14-17")
    found = [effects.Effect(0.4, "pop"), effects.Effect(seconds / 2, "whoosh")]
    music.write_wav(folder / "effects.wav", effects.lay_effects(found, seconds=seconds))
    return folder / "bed.wav", folder / "effects.wav"


@pytest.mark.film
@pytest.mark.parametrize("loud", [0.02, 0.25, 0.9])
def test_loudness_and_peak_hold_for_quiet_and_loud_voices(tmp_path: Path, loud: float) -> None:
    music.write_wav(tmp_path / "raw.wav", speechlike(8, loud))
    sound.write_narration(tmp_path / "voice.wav", placed=[(0.0, tmp_path / "raw.wav")], seconds=8)
    bed, marks = write_parts(tmp_path, 8)
    found = sound.mix(tmp_path / "voice.wav", bed, marks, tmp_path / "sound.m4a", seconds=8)
    assert found.lufs == pytest.approx(-16, abs=1)
    assert found.true_peak <= -1.5
    assert found.silences == ()
    assert found == sound.measure(tmp_path / "sound.m4a")
    assert not (tmp_path / "mix.wav").exists()


def test_a_mix_that_fails_leaves_nothing(tmp_path: Path) -> None:
    music.write_wav(tmp_path / "voice.wav", np.zeros(48_000, np.float32))
    music.write_wav(tmp_path / "bed.wav", np.zeros((48_000, 2), np.float32))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ffmpeg.MediaFailed):
        sound.mix(
            tmp_path / "voice.wav", tmp_path / "bed.wav", tmp_path / "bed.wav", tmp_path / "s.m4a", seconds=1
        )
    assert sorted(tmp_path.iterdir()) == before


# ------------------------------------------------------------------ the voice above the music


@pytest.fixture(scope="module")
def narration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("narration")
    voice = Speech()
    voice.speak(SpeechRequest(PROSE, rate=145), folder / "speech.wav")
    voice.close()
    sound.write_narration(folder / "voice.wav", placed=[(1.0, folder / "speech.wav")], seconds=SECONDS)
    return folder / "voice.wav"


def stems(narration: Path, bed: Path, folder: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Voice and ducked bed as the mix adds them up: power in tenths of a second."""
    voice = sound.voice_chain(graph.input(str(narration)), dry=True).filter_multi_output("asplit", 2)
    outputs = [
        graph.output(voice[0], str(folder / "v.wav"), acodec="pcm_f32le", ar=48_000),
        graph.output(sound.duck(graph.input(str(bed)), voice[1]), str(folder / "b.wav"), acodec="pcm_f32le"),
    ]
    ffmpeg.run(graph.get_args(graph.merge_outputs(*outputs)))
    powers = []
    for name in ("v.wav", "b.wav"):
        with av.open(str(folder / name)) as file:
            heard = np.concatenate([frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)])
        powers.append(
            (heard[: len(heard) // 9600 * 9600].reshape(-1, 9600).astype(np.float64) ** 2).mean(axis=1)
        )
    count = min(len(powers[0]), len(powers[1]))
    return powers[0][:count], powers[1][:count]


@pytest.mark.parametrize("mood", sorted(music.MOODS))
def test_the_voice_stands_at_least_twelve_decibels_above_the_ducked_bed(
    narration: Path, tmp_path: Path, mood: str
) -> None:
    bed, _ = write_parts(tmp_path, SECONDS, mood)
    voice, music_ = stems(narration, bed, tmp_path)
    spoken = voice > voice.max() / 300
    assert 10 * np.log10(voice[spoken].mean() / music_[spoken].mean()) >= 12
    windows = [slice(at, at + 10) for at in range(10, len(voice) - 20) if spoken[at : at + 10].sum() > 7]
    ratios = [10 * np.log10(voice[part].mean() / music_[part].mean()) for part in windows]
    assert min(ratios) >= 12


def test_the_bed_makes_room_for_the_voice_and_comes_back(narration: Path, tmp_path: Path) -> None:
    tone = 0.1 * np.sin(2 * np.pi * 330 * np.arange(int(SECONDS * 48_000)) / 48_000)
    music.write_wav(tmp_path / "bed.wav", np.stack([tone, tone], axis=1).astype(np.float32))
    voice, bed = stems(narration, tmp_path / "bed.wav", tmp_path)
    first, last = np.flatnonzero(voice > voice.max() / 300)[[0, -1]]
    before, under, after = bed[3], bed[first + 5 : last].mean(), bed[-3]
    assert 4 <= 10 * np.log10(before / under) <= 14
    assert after == pytest.approx(before, rel=0.3)


def test_effects_stay_below_the_voice(narration: Path) -> None:
    spoken = np.abs(sound.read_sound(narration)).max()
    for kind in effects.LOUDNESS:
        heard = effects.lay_effects([effects.Effect(0.1, kind)], seconds=3)
        assert 0 < np.abs(heard).max() < spoken / 2


# ------------------------------------------------------------------ narration


def test_voices_of_different_loudness_come_out_alike(tmp_path: Path) -> None:
    placed = []
    for place, loud in enumerate((0.08, 0.3, 0.8)):
        music.write_wav(tmp_path / f"{place}.wav", speechlike(2, loud))
        placed.append((place * 2.5, tmp_path / f"{place}.wav"))
    sound.write_narration(tmp_path / "all.wav", placed=placed, seconds=8)
    heard = sound.read_sound(tmp_path / "all.wav")
    levels = [sound.speech_level(heard[int(at * 48_000) : int((at + 2) * 48_000)]) for at, _ in placed]
    assert levels == pytest.approx([sound.SPEECH_LEVEL] * 3, abs=0.3)


def test_a_voice_that_starts_abruptly_does_not_click(tmp_path: Path) -> None:
    offset = np.full(24_000, 0.3, np.float32) + speechlike(0.5, 0.2)
    made = sound.level_speech(offset)
    assert made[0] == made[-1] == 0.0
    assert abs(float(made.mean())) < 0.01
    assert np.abs(np.diff(made[:100])).max() < 0.02


def test_silence_stays_silent_and_in_place() -> None:
    assert not sound.level_speech(np.zeros(4_800, np.float32)).any()
    assert sound.speech_level(np.zeros(100, np.float32)) == float("-inf")


def test_each_sound_lies_at_its_second(tmp_path: Path) -> None:
    click = np.zeros(4800, np.float32)
    click[2400] = 1.0
    music.write_wav(tmp_path / "click.wav", click)
    sound.write_narration(
        tmp_path / "all.wav",
        placed=[(0.5, tmp_path / "click.wav"), (1.25, tmp_path / "click.wav")],
        seconds=2,
    )
    heard = sound.read_sound(tmp_path / "all.wav")
    assert len(heard) == 2 * music.RATE
    assert np.flatnonzero(np.abs(heard) > np.abs(heard).max() / 2).tolist() == [26_400, 62_400]


def test_a_sound_that_cannot_be_read_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "03-speech.wav").write_bytes(b"nothing")
    with pytest.raises(ffmpeg.MediaFailed, match=r"03-speech\.wav cannot be read"):
        sound.read_sound(tmp_path / "03-speech.wav")


def test_an_endless_sound_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sound, "LONGEST_SECONDS", 1.0)
    music.write_wav(tmp_path / "long.wav", speechlike(2, 0.5))
    with pytest.raises(ffmpeg.MediaFailed, match="longer than ten minutes"):
        sound.read_sound(tmp_path / "long.wav")


# ------------------------------------------------------------------ measurement


def test_silence_is_found_and_timed(tmp_path: Path) -> None:
    voice = np.concatenate([speechlike(2, 0.5), np.zeros(3 * music.RATE, np.float32), speechlike(2, 0.5)])
    music.write_wav(tmp_path / "voice.wav", voice)
    found = sound.measure(tmp_path / "voice.wav")
    assert any(start < 2.1 and end > 4.9 for start, end in found.silences)


def test_a_silent_film_is_an_error_rather_than_a_guess(tmp_path: Path) -> None:
    music.write_wav(tmp_path / "voice.wav", np.zeros(2 * music.RATE, np.float32))
    with pytest.raises(ffmpeg.MediaFailed, match="silent"):
        sound.measure(tmp_path / "voice.wav")
