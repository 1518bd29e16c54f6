"""A double of all vendors, and the members of the family that speak to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.providers import elevenlabs, openai, openai_chat, openai_speech
from tests.double import ELEVENLABS_KEY, OPENAI_KEY, Double

NOTES = """Honey bees live in large groups called colonies.
A colony has one queen, many workers and some drones.
The queen lays up to 2,000 eggs a day.
Worker bees collect nectar from flowers and carry it home.
Inside the hive, bees turn nectar into honey.
A bee dances to tell the others where flowers are.
The dance shows the direction and the distance of the flowers.
Bees carry pollen from flower to flower, which helps plants make seeds.
A worker bee lives about six weeks in summer.
Bees keep the hive warm in winter by shivering together.
"""


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as running:
        yield running


def text(double: Double, **options: Any) -> openai.Text:
    return openai.Text(
        **{"model": "text-model", "key": OPENAI_KEY, "base_url": f"{double.url}/v1", **options}
    )


def chat(double: Double, **options: Any) -> openai_chat.Text:
    return openai_chat.Text(
        **{"model": "text-model", "key": OPENAI_KEY, "base_url": f"{double.url}/v1", **options}
    )


def judge(double: Double, **options: Any) -> openai.Judge:
    return openai.Judge(
        **{"model": "judge-model", "key": OPENAI_KEY, "base_url": f"{double.url}/v1", **options}
    )


def chat_judge(double: Double, **options: Any) -> openai_chat.Judge:
    return openai_chat.Judge(
        **{"model": "judge-model", "key": OPENAI_KEY, "base_url": f"{double.url}/v1", **options}
    )


def decisions(double: Double, **options: Any) -> openai.Decisions:
    return openai.Decisions(
        **{"model": "judge-model", "key": OPENAI_KEY, "base_url": f"{double.url}/v1", **options}
    )


def moderation(double: Double, **options: Any) -> openai.Moderation:
    return openai.Moderation(**{"key": OPENAI_KEY, "base_url": f"{double.url}/v1", **options})


def image(double: Double, **options: Any) -> openai.Image:
    return openai.Image(
        **{"model": "image-model", "key": OPENAI_KEY, "base_url": f"{double.url}/v1", **options}
    )


def voice(double: Double, **options: Any) -> elevenlabs.Speech:
    return elevenlabs.Speech(
        **{"key": ELEVENLABS_KEY, "base_url": double.url, "voices": {"": "voice-1"}, **options}
    )


def plain_voice(double: Double, **options: Any) -> openai_speech.Speech:
    given = {"model": "any", "key": OPENAI_KEY, "base_url": f"{double.url}/v1", "voices": {"": "alloy"}}
    return openai_speech.Speech(**{**given, **options})
