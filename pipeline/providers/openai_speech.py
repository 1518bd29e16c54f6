"""Any server with OpenAI's `/audio/speech`: a sound without times, so the words' times are estimated.

OpenAI's own speech models were announced to end on 2027-01-06; this member is for self-hosted and
third-party servers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.providers import base, pricing, word_times
from pipeline.providers.base import SpeechRequest
from pipeline.providers.errors import OutputInvalid, RequestRejected, Unsupported, Usage
from pipeline.providers.openai_client import Access, Clients, call_vendor
from pipeline.providers.results import JSON, Result

LONGEST = 4096  # characters
SLOWEST, FASTEST = 0.25, 4.0
TYPICAL_CHARACTERS = 120
SOUNDS = ("audio/", "application/octet-stream")


class Speech:
    """`OPTIONS`: model, base_url, key ("none" where a server wants none), voices (name → the server's
    name; "" is the default and must be there); name ("openai-compatible"), instructions (""),
    words_per_minute (150: what the voices speak at speed 1); seconds: connect (5), read (60), wall (60)."""

    def __init__(
        self,
        *,
        model: str,
        base_url: str,
        key: str,
        voices: Mapping[str, str],
        name: str = "openai-compatible",
        instructions: str = "",
        words_per_minute: float = 150.0,
        connect: float = 5.0,
        read: float = 60.0,
        wall: float = 60.0,
    ) -> None:
        access = Access(key, base_url, connect=connect, read=read, wall=wall, provider=name)
        self.name, self.model, self.host = name, model, access.host
        self._clients, self._voices = Clients(access), dict(voices)
        self._instructions, self._pace = instructions, words_per_minute

    def identity(self) -> Mapping[str, JSON]:
        return {
            "provider": self.name,
            "api": "audio/speech",
            "model": self.model,
            "voices": {**self._voices},
            "instructions": self._instructions,
            "pace": self._pace,
            "host": self.host,
        }

    def speak(self, request: SpeechRequest, path: Path) -> Result[base.Speech]:
        """Writes a mono 48 kHz WAV; `timing` is "estimated". Raises ProviderError."""
        began = time.monotonic()
        usage = self._priced(Usage(requests=1, characters=len(request.text), estimated=True))
        client, asked = self._clients.get(), self._request(request)
        reply: Any = call_vendor(
            lambda: client.audio.speech.create(**asked), provider=self.name, perhaps=usage
        )
        # The endpoint gives back whatever came, even a page of text with status 200.
        headers = reply.response.headers
        if not str(headers.get("content-type", "")).startswith(SOUNDS):
            raise OutputInvalid(
                "The provider's answer is no sound.", provider=self.name, status=200, usage=usage
            )
        samples, seconds = call_vendor(
            lambda: word_times.take_sound(reply.content, path), provider=self.name, perhaps=usage
        )
        words = word_times.estimated_words(request.text, samples)
        speech = base.Speech(path, seconds, words, "estimated", word_times.RATE)
        request_id = str(headers.get("x-request-id", ""))
        return Result(speech, usage, self.name, self.model, request_id, time.monotonic() - began)

    def _request(self, request: SpeechRequest) -> dict[str, Any]:
        voice = self._voices.get(request.voice)
        if voice is None:
            raise Unsupported(f"There is no voice “{request.voice}”.", provider=self.name, usage=Usage())
        if len(request.text) > LONGEST:
            raise RequestRejected(
                f"A scene's narration has {len(request.text)} characters; {LONGEST} are possible.",
                provider=self.name,
                code="creator:notes-too-long",
                usage=Usage(),
            )
        asked: dict[str, Any] = {
            "model": self.model,
            "voice": voice,
            "input": request.text,
            "response_format": "wav",
            "speed": round(min(max(request.rate / self._pace, SLOWEST), FASTEST), 2),
        }
        if self._instructions:
            asked["instructions"] = self._instructions
        return asked

    def _priced(self, usage: Usage) -> Usage:
        return pricing.priced(usage, provider=self.name, model=self.model, host=self.host)

    def worst_case(self, inputs: Mapping[str, Any]) -> Decimal | None:
        return self._priced(Usage(requests=1, characters=len(str(inputs.get("text", ""))))).cost

    def typical_cost(self) -> Decimal | None:
        return self._priced(Usage(requests=1, characters=TYPICAL_CHARACTERS)).cost
