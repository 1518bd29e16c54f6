"""Every member of the provider family, through the same checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.providers import cards, clips, espeak, motion, offline, pricing
from tests.double import ELEVENLABS_KEY, OPENAI_KEY, Double
from tests.pipeline.providers import conftest as members
from tests.pipeline.providers.conformance import CHECKS, Candidate
from tests.pipeline.providers.vendors import PRICES

Maker = Callable[[Double], Candidate]


def of_vendor(name: str, kind: str, make: Callable[[Double], Any], route: str) -> Maker:
    def candidate(double: Double) -> Candidate:
        return Candidate(
            name,
            kind,
            lambda: make(double),
            secrets=(OPENAI_KEY, ELEVENLABS_KEY),
            trouble=lambda: double.fail(route, status=500),
            calls=lambda: len(double.calls),
        )

    return candidate


def clip(double: Double) -> clips.Http:
    return clips.Http(base_url=double.url, key=OPENAI_KEY, model="clip-model")


CANDIDATES: dict[str, Maker] = {
    "openai.Text": of_vendor("openai.Text", "text", members.text, "/v1/responses"),
    "openai_chat.Text": of_vendor("openai_chat.Text", "text", members.chat, "/v1/chat/completions"),
    "openai.Judge": of_vendor("openai.Judge", "judge", members.judge, "/v1/responses"),
    "openai_chat.Judge": of_vendor("openai_chat.Judge", "judge", members.chat_judge, "/v1/chat/completions"),
    "openai.Decisions": of_vendor("openai.Decisions", "judge", members.decisions, "/v1/decisions"),
    "openai.Moderation": of_vendor("openai.Moderation", "moderation", members.moderation, "/v1/moderations"),
    "openai.Image": of_vendor("openai.Image", "image", members.image, "/v1/images/generations"),
    "elevenlabs.Speech": of_vendor(
        "elevenlabs.Speech", "speech", members.voice, "/v1/text-to-speech/{voice}/with-timestamps"
    ),
    "openai_speech.Speech": of_vendor(
        "openai_speech.Speech", "speech", members.plain_voice, "/v1/audio/speech"
    ),
    "clips.Http": of_vendor("clips.Http", "clip", clip, "/v1/clips"),
    "offline.Author": lambda double: Candidate("offline.Author", "text", offline.Author, invents_facts=False),
    "offline.NoJudge": lambda double: Candidate("offline.NoJudge", "judge", offline.NoJudge, answers=False),
    "offline.NoModeration": lambda double: Candidate(
        "offline.NoModeration", "moderation", offline.NoModeration, answers=False
    ),
    "cards.Cards": lambda double: Candidate("cards.Cards", "image", cards.Cards),
    "espeak.Speech": lambda double: Candidate("espeak.Speech", "speech", espeak.Speech),
    "motion.Renderer": lambda double: Candidate("motion.Renderer", "clip", motion.Renderer),
}


@pytest.fixture(params=["prices known", "prices unknown"])
def prices(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    if request.param == "prices known":
        path = tmp_path_factory.mktemp("prices") / "prices.toml"
        path.write_text(PRICES)
        pricing.use(path)
    yield
    pricing.use(None)


@pytest.mark.usefixtures("prices")
@pytest.mark.parametrize("name", list(CANDIDATES))
def test_conformance(name: str, double: Double, tmp_path: Path) -> None:
    for check in CHECKS:
        folder = tmp_path / check.__name__
        folder.mkdir()
        check(CANDIDATES[name](double), folder)
