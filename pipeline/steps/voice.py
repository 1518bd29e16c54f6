"""Step `voice`: each scene spoken, with the time of every word."""

from __future__ import annotations

import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.providers.base import OutputInvalid, SpeechProvider, SpeechRequest
from pipeline.quality.audience import audience
from pipeline.steps import own_media
from pipeline.steps.base import (
    OWN,
    Brief,
    Finished,
    Job,
    Limits,
    MadeFile,
    Output,
    Report,
    SceneText,
    Step,
    ignore_progress,
)
from pipeline.steps.saying import respell

SILENCE_SECONDS = 0.1  # the sound of a scene without narration


class VoiceStep(Step):
    name = "voice"
    version = 1
    queue = "speech"
    limits = Limits(soft=90, hard=120, lease=180)
    provider_kind = "speech"
    weight = 0.6

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        """One a scene, as soon as there are scenes."""
        return [
            own_media.voice_job(self.name, scene)
            if scene.own_voice is not None
            else Job(
                step=self.name,
                scene=scene.position,
                key=scene.key,
                inputs={
                    "text": scene.narration,
                    "voice": brief.voice,
                    "rate": audience(brief.age_group).words_per_minute,
                    "language": brief.language,
                    "seed": scene.voice_take,
                }
                | ({"say_as": dict(scene.say_as)} if scene.say_as else {}),
            )
            for scene in scenes
        ]

    def provider_for(self, part: str) -> str:
        return "" if part == OWN else self.provider_kind

    def run(
        self,
        inputs: Mapping[str, Any],
        workdir: Path,
        *,
        provider: Any = None,
        report: Report = ignore_progress,
        resume: str = "",
    ) -> Output:
        speaker: SpeechProvider = provider
        path = workdir / "speech.wav"
        text = str(inputs["text"])
        report(0.0)
        if OWN in inputs:
            return own_media.read_recording(inputs, workdir)
        if not text.split():
            return _silence(path)
        said = respell(text, inputs.get("say_as") or {})
        result = speaker.speak(
            SpeechRequest(
                text=said.text,
                voice=str(inputs["voice"]),
                rate=int(inputs["rate"]),
                language=str(inputs["language"]),
                seed=int(inputs["seed"]),
            ),
            path,
        )
        speech = result.value
        if [word.text for word in speech.words] != said.text.split():
            raise OutputInvalid("The voice's word times do not spell the script.", provider=result.provider)
        if any(a.start > b.start for a, b in zip(speech.words, speech.words[1:], strict=False)):
            raise OutputInvalid("The voice's word times are out of order.", provider=result.provider)
        report(1.0)
        words = said.read_back(speech.words)
        return Output(
            facts={
                "seconds": round(speech.seconds, 4),
                "words": [[word.text, round(word.start, 3), round(word.end, 3)] for word in words],
                "timing": speech.timing,
                "sample_rate": speech.sample_rate,
                "provider": result.provider,
            },
            files=(
                MadeFile(
                    name="speech.wav", path=speech.path, kind="speech", seconds=round(speech.seconds, 4)
                ),
            ),
            usage=result.usage,
            provider=result.provider,
            model=result.model,
            request_id=result.request_id,
        )


def _silence(path: Path) -> Output:
    """A scene without words: a moment of silence, so that later steps need no exception."""
    rate = 22050
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\0\0" * int(SILENCE_SECONDS * rate))
    return Output(
        facts={"seconds": SILENCE_SECONDS, "words": [], "timing": "exact", "sample_rate": rate},
        files=(MadeFile(name="speech.wav", path=path, kind="speech", seconds=SILENCE_SECONDS),),
    )
