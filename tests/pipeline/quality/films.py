"""A finished film as numbers: what the compose step would have measured, laid out from the words alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.steps.base import SceneDraft


def film_facts(scenes: Sequence[SceneDraft], *, words_per_minute: float) -> dict[str, Any]:
    """Every word takes the same time; 0.25 s before and 0.1 s after each scene's speech."""
    word_seconds = 60.0 / words_per_minute
    at = 0.0
    words: list[list[Any]] = []
    timeline: list[dict[str, Any]] = []
    for scene in scenes:
        said = " ".join(str(line["text"]) for line in scene.lines).split()
        speech_start = at + 0.25
        for index, word in enumerate(said):
            start = speech_start + index * word_seconds
            words.append([word, start, start + word_seconds, scene.position])
        speech_end = speech_start + len(said) * word_seconds
        end = speech_end + scene.pause_seconds + 0.1
        timeline.append(
            {
                "position": scene.position,
                "role": scene.role,
                "start": at,
                "end": end,
                "speech_start": speech_start,
                "speech_end": speech_end,
            }
        )
        at = end
    return {
        "seconds": at,
        "frames": int(at * 30),
        "fps": 30,
        "width": 1080,
        "height": 1920,
        "timeline": timeline,
        "words": words,
        "cues": [{"start": 0.25, "end": 2.0, "text": "two words"}],
        "loudness_lufs": -16.1,
        "true_peak_dbtp": -1.9,
        "silences": [],
        "black": [],
        "frozen": [],
        "flashes_per_second": 0.0,
        "red_flashes_per_second": 0.0,
        "timing": "exact",
        "caption_coverage": 1.0,
        "caption_max_characters_per_second": 12.0,
        "text_contrast": 7.2,
        "fallbacks": [],
    }
