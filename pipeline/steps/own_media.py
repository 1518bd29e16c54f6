"""A person's own picture or recording of a scene: it takes the place of a provider's, and costs nothing.

The files were decoded and written anew when they came (`pipeline.media.pictures`, `.recordings`); here they
only become what the scene shows and says, with the licence that their sender stated.
"""

from __future__ import annotations

import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.providers.base import DrawRequest
from pipeline.providers.cards import describe
from pipeline.steps.base import OWN, Job, MadeFile, Output, SceneText

PICTURE, RECORDING, SPEECH = "picture.jpg", "recording.wav", "speech.wav"
MADE_BY = "own"  # the provider of what no provider made


def picture_job(step: str, scene: SceneText, *, style: str, subject: str, age_group: str) -> Job:
    """The job of a scene with a picture of its own: other narration draws nothing anew."""
    given = scene.own_picture or {}
    return Job(
        step=step,
        part=OWN,
        scene=scene.position,
        key=scene.key,
        inputs={
            OWN: {"licence": given["licence"], "source": given["source"]},
            "seed": scene.visual_take,
            "description": scene.visual_description,
            "on_screen_text": scene.on_screen_text,
            "style": style,
            "subject": subject,
            "age_group": age_group,
        },
        files={PICTURE: str(given["file"])},
    )


def lay_out_picture(inputs: Mapping[str, Any], workdir: Path) -> Output:
    """The scene's look around the picture, and what is stated of its rights."""
    spec = describe(
        DrawRequest(
            description=str(inputs["description"]),
            kind="picture",
            on_screen_text=str(inputs["on_screen_text"]),
            style=str(inputs["style"]),
            subject=str(inputs["subject"]),
            age_group=str(inputs["age_group"]),
        )
    )
    spec.pop("fallbacks", None)
    own = inputs[OWN]
    path = workdir / PICTURE
    spec["picture"] = {"file": PICTURE}
    spec["licences"] = [
        *spec.get("licences", []),
        {
            "asset": f"Picture “{inputs['on_screen_text']}”",
            "licence": own["licence"],
            "source": own["source"],
        },
    ]
    return Output(
        facts={"spec": spec, "fallbacks": []},
        files=(MadeFile(name=PICTURE, path=path, kind="picture"),),
        provider=MADE_BY,
    )


def voice_job(step: str, scene: SceneText) -> Job:
    """The job of a scene that a person has spoken."""
    given = scene.own_voice or {}
    return Job(
        step=step,
        part=OWN,
        scene=scene.position,
        key=scene.key,
        inputs={
            OWN: {"licence": given["licence"], "source": given["source"]},
            "seed": scene.voice_take,
            "text": scene.narration,
        },
        files={RECORDING: str(given["file"])},
    )


def read_recording(inputs: Mapping[str, Any], workdir: Path) -> Output:
    """The recording as the scene's voice; its words' times are estimated by their length."""
    import numpy as np  # noqa: PLC0415 - loaded where something is heard, not by everyone who plans

    from pipeline.providers.word_times import estimated_words  # noqa: PLC0415 - likewise

    target = workdir / SPEECH
    target.write_bytes((workdir / RECORDING).read_bytes())
    with wave.open(str(target), "rb") as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    level = samples.astype(np.float32) / np.float32(32768)
    words = estimated_words(str(inputs["text"]), level)
    seconds = round(len(samples) / rate, 4)
    return Output(
        facts={
            "seconds": seconds,
            "words": [[word.text, round(word.start, 3), round(word.end, 3)] for word in words],
            "timing": "estimated",
            "sample_rate": rate,
            "provider": MADE_BY,
        },
        files=(MadeFile(name=SPEECH, path=target, kind="speech", seconds=seconds),),
        provider=MADE_BY,
    )
