"""How the offline voice sounds, in figures: tone, melody, pauses, clipping, onsets."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.media import sound
from pipeline.providers import espeak, espeak_voices
from pipeline.providers.base import SpeechRequest
from pipeline.quality.audience import AUDIENCES

RATE = 48_000
PROSE = (
    "Plants make their own food from sunlight, water and air.",
    "Water vapour rises, cools down and turns into tiny drops that form clouds.",
    "Why does the Moon change its shape? Let's find out!",
)
# The long-term average spectrum of speech, dB in thirds of an octave, both sexes: Byrne et al., 1994.
SPEECH = {
    200: 60.2, 250: 60.3, 315: 59.0, 400: 62.1, 500: 62.1, 630: 60.5, 800: 56.8, 1000: 53.7, 1250: 53.0,
    1600: 52.0, 2000: 48.7, 2500: 48.1, 3150: 46.8, 4000: 45.6, 5000: 44.5, 6300: 44.3, 8000: 43.7,
}  # fmt: skip

Samples = NDArray[np.float32]
Say = Callable[..., Samples]


@pytest.fixture(scope="module")
def say(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Say]:
    voice = espeak.Speech()
    path = tmp_path_factory.mktemp("voice") / "a.wav"

    def speak(*texts: str, rate: int = 130, name: str = "") -> Samples:
        parts = []
        for text in texts:
            voice.speak(SpeechRequest(text, voice=name, rate=rate), path)
            parts.append(sound.read_sound(path))
        return np.concatenate(parts)

    yield speak
    voice.close()


def spectrum_of(samples: Samples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    window = np.hanning(4096)
    frames = [samples[at : at + 4096] for at in range(0, len(samples) - 4096, 2048)]
    power = sum(np.abs(np.fft.rfft(frame * window)) ** 2 for frame in frames if (frame**2).mean() > 1e-5)
    return np.fft.rfftfreq(4096, 1 / RATE), np.asarray(power)


def deviation_from_speech(samples: Samples) -> float:
    """Root mean square of the differences in thirds of an octave from 200 Hz to 8 kHz, dB."""
    hertz, power = spectrum_of(samples)
    width = 2 ** (1 / 6)
    levels = [10 * np.log10(power[(hertz >= f / width) & (hertz < f * width)].sum()) for f in SPEECH]
    difference = np.array(levels) - np.array(list(SPEECH.values()))
    return float(np.sqrt(((difference - np.median(difference[:12])) ** 2).mean()))


def harshness(samples: Samples) -> float:
    """How loud 2.2 to 5 kHz are beside 0.2 to 2.2 kHz, dB; speech has about -17."""
    hertz, power = spectrum_of(samples)
    high, low = (hertz > 2200) & (hertz < 5000), (hertz > 200) & (hertz <= 2200)
    return float(10 * np.log10(power[high].sum() / power[low].sum()))


def pitches(samples: Samples) -> NDArray[np.float64]:
    """Fundamental frequencies of voiced frames by autocorrelation, Hz."""
    found = []
    for at in range(0, len(samples) - 1920, 960):
        frame = samples[at : at + 1920 : 2]
        frame = frame - frame.mean()
        if (frame**2).mean() < 1e-4:
            continue
        alike = np.correlate(frame, frame, "full")[len(frame) - 1 :]
        lag = 60 + int(np.argmax(alike[60:340]))
        if alike[lag] > 0.5 * alike[0]:
            found.append(24_000 / lag)
    return np.array(found)


@pytest.mark.parametrize("name", sorted(espeak_voices.VOICES))
def test_every_voice_that_is_offered_speaks_like_speech_and_does_not_clip(say: Say, name: str) -> None:
    samples = say(*PROSE, name=name)
    assert np.abs(samples).max() < 0.99
    assert deviation_from_speech(samples) < 3.2
    assert harshness(samples) == pytest.approx(-17, abs=3)


def test_the_correction_halves_the_distance_to_speech(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    corrected = say(*PROSE)
    monkeypatch.setitem(espeak_voices.VOICES, "", espeak_voices.Voice("en-us+f2", ()))
    plain = say(*PROSE)
    assert deviation_from_speech(corrected) < 0.65 * deviation_from_speech(plain)
    assert harshness(corrected) < harshness(plain) - 3.5


def test_the_youngest_hear_a_higher_and_livelier_voice(say: Say) -> None:
    medians, spans = [], []
    for age_group in ("5-7", "8-10", "11-13", "14-17"):
        found = pitches(say(*PROSE, rate=AUDIENCES[age_group].words_per_minute))
        medians.append(float(np.median(found)))
        spans.append(float(np.percentile(found, 90) - np.percentile(found, 10)))
    assert medians == sorted(medians, reverse=True)
    assert spans[0] > spans[-1]
    assert 180 < medians[-1] < medians[0] < 240


@pytest.mark.parametrize("age_group", sorted(AUDIENCES))
def test_punctuation_is_heard_as_a_pause(tmp_path: Path, age_group: str) -> None:
    rate = AUDIENCES[age_group].words_per_minute
    voice = espeak.Speech()
    text = "Water rises, cools down, and falls. It is warm – very warm: hot! Is it? Yes; it is."
    words = voice.speak(SpeechRequest(text, rate=rate), tmp_path / "a.wav").value.words
    voice.close()
    manner = espeak_voices.manner_of(rate)
    sounding = [word for word in words if word.text != "–"]
    for word, following in itertools.pairwise(sounding):
        least = espeak_voices.least_pause(word.text, manner)
        assert following.start - word.end >= least - 0.045
    breath = next(b.start - a.end for a, b in itertools.pairwise(sounding) if a.text == "warm")
    assert breath >= manner.comma - 0.045


def test_every_word_after_a_pause_starts_within_sixty_milliseconds_of_its_sound(tmp_path: Path) -> None:
    text = "Rain. Clouds, turtle, tomato; planet. Garden? Dinosaur! Ten, water: people, kids. Bees – cats."
    voice = espeak.Speech()
    for rate in (115, 155):
        speech = voice.speak(SpeechRequest(text, rate=rate), tmp_path / "a.wav").value
        samples = np.abs(sound.read_sound(tmp_path / "a.wav"))
        envelope = samples[: len(samples) // 240 * 240].reshape(-1, 240).max(axis=1)  # 5 ms
        loud = np.flatnonzero(envelope > 0.02) * 0.005
        breaks = np.flatnonzero(np.diff(loud) > 0.09)
        onsets = np.array([loud[0], *(loud[place + 1] for place in breaks)])
        for word in speech.words:
            if word.text != "–":
                assert np.abs(onsets - word.start).min() <= 0.06, word
    voice.close()


def test_silence_between_sentences_holds_no_click(say: Say) -> None:
    samples = say("One. Two. Three. Four.", rate=115)
    loud = np.flatnonzero(np.abs(samples) >= 1e-4)
    pauses = [(int(a) + 1, int(b) - 1) for a, b in itertools.pairwise(loud) if b - a > RATE // 10]
    assert len(pauses) >= 3
    for first, last in pauses:
        assert np.abs(samples[first - 24 : first]).max() < 0.004
        assert np.abs(samples[last + 1 : last + 25]).max() < 0.004
