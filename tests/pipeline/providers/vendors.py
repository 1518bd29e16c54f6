"""The platform's providers, all of them vendors, all of them the double."""

from __future__ import annotations

from typing import Any

from pipeline import circuit, providers
from tests.double import ELEVENLABS_KEY, OPENAI_KEY, Double

ALIASES = ("text", "judge", "second", "moderation", "image", "speech", "clip")
PRICES = """
[[price]]
provider = "openai"
model = "text-model"
input = 1
output = 4
read = 2026-11-24

[[price]]
provider = "openai"
model = "image-model"
picture = 0.04
read = 2026-11-24

[[price]]
provider = "elevenlabs"
model = "eleven_multilingual_v2"
characters = 0.1
read = 2026-11-24
"""


def configure_vendors(double: Double, *, prices: str = "", **more: dict[str, Any]) -> None:
    """Text, pictures and voices by the vendors' SDKs against the double; `more` replaces entries."""
    openai = {"key": OPENAI_KEY, "base_url": f"{double.url}/v1"}
    entries: dict[str, dict[str, Any]] = {
        "text": {"BACKEND": "pipeline.providers.openai.Text", "OPTIONS": {"model": "text-model", **openai}},
        "judge": {
            "BACKEND": "pipeline.providers.openai.Judge",
            "OPTIONS": {"model": "judge-model", **openai},
        },
        "second": {
            "BACKEND": "pipeline.providers.openai.Decisions",
            "OPTIONS": {"model": "judge-model", **openai},
        },
        "moderation": {"BACKEND": "pipeline.providers.openai.Moderation", "OPTIONS": openai},
        "image": {
            "BACKEND": "pipeline.providers.openai.Image",
            "OPTIONS": {"model": "image-model", **openai},
        },
        "speech": {
            "BACKEND": "pipeline.providers.elevenlabs.Speech",
            "OPTIONS": {"key": ELEVENLABS_KEY, "base_url": double.url, "voices": {"": "voice-1"}},
        },
        "clip": {
            "BACKEND": "pipeline.providers.clips.Http",
            "OPTIONS": {"key": OPENAI_KEY, "base_url": double.url, "model": "clip-model"},
        },
    }
    for alias in ALIASES:
        circuit.close(alias)
    providers.configure(entries | more, prices=prices)
