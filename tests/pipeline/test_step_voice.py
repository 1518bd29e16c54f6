"""The step `voice`: one job a scene, tokens exactly the script's."""

import wave
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.providers import base, espeak
from pipeline.providers.base import OutputInvalid, Result, SpeechRequest, Word
from pipeline.steps.base import Brief, Finished, Output, SceneText
from pipeline.steps.voice import VoiceStep

BRIEF = Brief(concept="Bees", age_group="5-7", source_notes="")
SCENES = [
    SceneText(
        0,
        "hook",
        ({"text": "Bees dance.", "sources": []}, {"text": "Why?", "sources": []}),
        "",
        "",
        "statement",
    ),
    SceneText(1, "scene", (), "", "", "statement"),
]


@pytest.fixture(scope="module")
def voice() -> Iterator[espeak.Speech]:
    made = espeak.Speech()
    yield made
    made.close()


def run(provider: Any, folder: Path, scene: int = 0) -> Output:
    inputs = VoiceStep().jobs(BRIEF, SCENES, Finished())[scene].inputs
    output = VoiceStep().run(inputs, folder, provider=provider)
    assert isinstance(output, Output)
    return output


def test_the_rate_follows_the_age_group() -> None:
    young = VoiceStep().jobs(BRIEF, SCENES, Finished())[0].inputs
    old = VoiceStep().jobs(replace(BRIEF, age_group="14-17"), SCENES, Finished())[0].inputs
    assert (young["rate"], old["rate"]) == (115, 155)
    assert young["text"] == "Bees dance. Why?"


def test_a_take_is_another_job() -> None:
    again = [replace(SCENES[0], voice_take=1)]
    assert VoiceStep().jobs(BRIEF, again, Finished())[0].inputs["seed"] == 1


def test_a_run_gives_sound_and_words(voice: espeak.Speech, tmp_path: Path) -> None:
    output = run(voice, tmp_path)
    assert [word[0] for word in output.facts["words"]] == ["Bees", "dance.", "Why?"]
    assert output.facts["timing"] == "exact"
    file = output.files[0]
    assert (file.name, file.kind) == ("speech.wav", "speech")
    with wave.open(str(file.path), "rb") as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(output.facts["seconds"], abs=0.001)
    assert output.usage.characters == len("Bees dance. Why?")


def test_a_scene_without_words_is_a_moment_of_silence(voice: espeak.Speech, tmp_path: Path) -> None:
    output = run(voice, tmp_path, scene=1)
    assert output.facts["words"] == []
    assert output.facts["seconds"] == 0.1
    assert output.files[0].path.exists()


@pytest.mark.parametrize(
    "words",
    [
        (Word("Bees", 0, 1), Word("dance", 1, 2), Word("Why?", 2, 3)),
        (Word("Bees", 0, 1), Word("dance.", 2, 3), Word("Why?", 1, 2)),
        (),
    ],
)
def test_word_times_that_do_not_spell_the_script_are_refused(words: tuple[Word, ...], tmp_path: Path) -> None:
    class Sloppy:
        def speak(self, request: SpeechRequest, path: Path) -> Result[base.Speech]:
            return Result(base.Speech(path=path, seconds=3, words=words))

    with pytest.raises(OutputInvalid):
        run(Sloppy(), tmp_path)
