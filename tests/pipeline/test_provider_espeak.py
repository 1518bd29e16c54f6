"""The offline voice: words at their times, a child's pace, a helper that may die."""

import json
import os
import signal
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.providers import espeak, espeak_sound
from pipeline.providers.base import OutputInvalid, ProviderDown, SpeechProvider, SpeechRequest, Unsupported
from pipeline.quality.audience import AUDIENCES

PROSE = (
    "Plants make their own food from sunlight, water and air.",
    "The heart is a muscle that pumps blood around your body about 100,000 times a day.",
    "Water vapour rises, cools down and turns into tiny drops that form clouds.",
    "In 1969 two astronauts walked on the Moon for the first time.",
    "Bees visit flowers to drink nectar. Pollen sticks to their hairy legs.",
)


@pytest.fixture(scope="module")
def voice() -> Iterator[espeak.Speech]:
    made = espeak.Speech()
    yield made
    made.close()


def samples_of(path: Path) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, 22050, 2)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16) / 32768


def test_it_is_a_member_of_the_family(voice: espeak.Speech) -> None:
    assert isinstance(voice, SpeechProvider)
    assert voice.identity()["provider"] == "offline"


def test_words_are_the_scripts_tokens_in_order(voice: espeak.Speech, tmp_path: Path) -> None:
    text = "In 1969 – yes! – about 2/4 of 1,000 kg CO2, e.g. 50% (or so)."
    speech = voice.speak(SpeechRequest(text), tmp_path / "a.wav").value
    assert [word.text for word in speech.words] == text.split()
    starts = [word.start for word in speech.words]
    assert starts == sorted(starts)
    assert all(word.end >= word.start for word in speech.words)
    assert speech.words[-1].end <= speech.seconds + 0.001


def test_a_word_starts_when_it_is_heard(voice: espeak.Speech, tmp_path: Path) -> None:
    """Isolated words: the sound's onsets against the reported times."""
    text = "Rain. Clouds. Turtle. Tomato. Planet. Garden. Dinosaur."
    speech = voice.speak(SpeechRequest(text), tmp_path / "a.wav").value
    samples = samples_of(tmp_path / "a.wav")
    loud = np.flatnonzero(np.abs(samples) > 0.02) / 22050
    breaks = np.flatnonzero(np.diff(loud) > 0.15)
    onsets = [float(loud[0]), *(float(loud[index + 1]) for index in breaks)]
    assert len(onsets) == len(speech.words)
    assert max(abs(word.start - onset) for word, onset in zip(speech.words, onsets, strict=True)) < 0.025


@pytest.mark.parametrize("age_group", sorted(AUDIENCES))
def test_the_measured_pace_is_right_for_each_age(
    voice: espeak.Speech, tmp_path: Path, age_group: str
) -> None:
    limits = AUDIENCES[age_group]
    words, seconds = 0, 0.0
    for text in PROSE:
        speech = voice.speak(SpeechRequest(text, rate=limits.words_per_minute), tmp_path / "a.wav").value
        words += len(text.split())
        seconds += speech.seconds
        assert (
            limits.slowest_words_per_minute
            <= len(text.split()) / speech.seconds * 60
            <= limits.fastest_words_per_minute
        )
    assert words / seconds * 60 == pytest.approx(limits.words_per_minute, rel=0.03)


def test_the_edges_are_clean(voice: espeak.Speech, tmp_path: Path) -> None:
    voice.speak(SpeechRequest("Hello there."), tmp_path / "a.wav")
    samples = np.abs(samples_of(tmp_path / "a.wav"))
    loud = np.flatnonzero(samples > espeak_sound.SILENCE)
    assert loud[0] / 22050 <= espeak_sound.EDGE + 0.01
    assert (len(samples) - loud[-1]) / 22050 <= espeak_sound.EDGE + 0.01
    assert samples[0] == samples[-1] == 0


def test_the_same_text_gives_the_same_bytes(voice: espeak.Speech, tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        voice.speak(SpeechRequest(PROSE[1]), tmp_path / name)
    signal.sigtimedwait([], 1.1)  # the engine's noise was seeded by the second once
    another = espeak.Speech()
    another.speak(SpeechRequest(PROSE[1]), tmp_path / "c.wav")
    another.close()
    sounds = {(tmp_path / name).read_bytes() for name in ("a.wav", "b.wav", "c.wav")}
    assert len(sounds) == 1


def test_a_dead_helper_is_replaced(voice: espeak.Speech, tmp_path: Path) -> None:
    voice.speak(SpeechRequest("One."), tmp_path / "a.wav")
    process = voice._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert voice.speak(SpeechRequest("Two."), tmp_path / "b.wav").value.seconds > 0.2


def test_a_helper_that_hangs_is_ended_at_the_limit(tmp_path: Path) -> None:
    voice = espeak.Speech(limit_seconds=1.0)
    voice.speak(SpeechRequest("One."), tmp_path / "a.wav")
    process = voice._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(ProviderDown, match="longer than 1 s"):
        voice.speak(SpeechRequest("Two."), tmp_path / "b.wav")
    assert process.poll() is not None
    assert voice.speak(SpeechRequest("Three."), tmp_path / "c.wav").value.seconds > 0.2
    voice.close()


def test_a_helper_ends_with_its_owner(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pipeline.providers.espeak import Speech;"
        "from pipeline.providers.base import SpeechRequest; v = Speech();"
        f"v.speak(SpeechRequest('One.'), Path({str(tmp_path / 'a.wav')!r}));"
        "print(v._process.pid, flush=True);"
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    )
    root = Path(espeak.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root)
    pid = int(done.stdout)
    for _ in range(50):
        if not _alive(pid):
            break
        signal.sigtimedwait([], 0.1)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    """Zombies do not count: whoever adopted the helper reaps it."""
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_long_data_path_does_not_end_the_process(tmp_path: Path) -> None:
    """espeak-ng ends its process when its data path is longer than about 160 characters."""
    deep = tmp_path / ("d" * 90) / ("e" * 90)
    deep.mkdir(parents=True)
    code = (
        "import runpy, espeakng_loader as l; from pathlib import Path;"
        f"p = Path({str(deep)!r}) / 'data'; p.symlink_to(l.get_data_path());"
        "l.get_data_path = lambda: str(p);"
        f"runpy.run_path({str(espeak.ENGINE)!r}, run_name='__main__')"
    )
    request = {
        "text": "Hi",
        "voice": "en-us",
        "rate": 130,
        "pitch": 50,
        "range": 50,
        "path": str(tmp_path / "a.wav"),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[1])["samples"] > 1000


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (SpeechRequest("Hi", voice="nobody"), "has no “nobody”"),
        (SpeechRequest("Hallo", language="de"), "English only"),
        (SpeechRequest("  "), "no text"),
    ],
)
def test_what_it_does_not_have_is_refused_by_name(
    voice: espeak.Speech, tmp_path: Path, request_: SpeechRequest, words: str
) -> None:
    with pytest.raises(Unsupported, match=words):
        voice.speak(request_, tmp_path / "a.wav")
    assert not (tmp_path / "a.wav").exists()


def test_a_text_without_a_sound_is_bad_output(voice: espeak.Speech, tmp_path: Path) -> None:
    with pytest.raises(OutputInvalid):
        voice.speak(SpeechRequest("–"), tmp_path / "a.wav")
