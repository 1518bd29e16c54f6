"""ElevenLabs: speech with the time of every character, which become the times of our words."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from json import JSONDecodeError
from pathlib import Path
from typing import Any

import httpx
from elevenlabs import PronunciationDictionaryVersionLocator, VoiceSettings
from elevenlabs.client import ElevenLabs
from elevenlabs.core.api_error import ApiError
from elevenlabs.core.parse_error import ParsingError
from pydantic import ValidationError

from pipeline.providers import addresses, base, pricing, word_times
from pipeline.providers.base import SpeechRequest
from pipeline.providers.deadline import Deadline
from pipeline.providers.errors import (
    ContentRefused,
    CredentialsRejected,
    OutputInvalid,
    ProviderBusy,
    ProviderDown,
    ProviderError,
    QuotaSpent,
    RequestRejected,
    Unsupported,
    Usage,
)
from pipeline.providers.openai_client import retry_after
from pipeline.providers.results import JSON, Result

DEFAULT_URL = "https://api.elevenlabs.io"
BUSY = frozenset({"too_many_concurrent_requests", "system_busy", "rate_limit_exceeded"})
QUOTA = frozenset({"quota_exceeded", "insufficient_credits"})
REFUSED = frozenset({"content_against_policy"})
TOO_LONG = frozenset({"max_character_limit_exceeded"})
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
SURPRISES = (JSONDecodeError, ValidationError, AttributeError, TypeError, KeyError, IndexError, ValueError)
MOST_DICTIONARIES = 3
SLOWEST, FASTEST = 0.7, 1.2
TYPICAL_CHARACTERS = 120  # a scene's narration


@dataclass(frozen=True)
class _Dictionary:
    pronunciation_dictionary_id: str
    version_id: str


class Speech:
    """Speech by ElevenLabs.

    `OPTIONS`: key, voices (name → voice id; "" is the default and must be there); base_url, model
    ("eleven_multilingual_v2"), output_format ("mp3_44100_128"), stability (0.5), similarity (0.75),
    style (0.0), speaker_boost (True), speed (1.0; by it a voice is brought near the wanted rate),
    words_per_minute (150: what the voices speak at speed 1), dictionaries ([[id, version], …], at most 3),
    zero_retention (False; a contract is needed); seconds of a call: connect (5), read (60), wall (60).
    """

    name = "elevenlabs"

    def __init__(
        self,
        *,
        key: str,
        voices: Mapping[str, str],
        base_url: str = DEFAULT_URL,
        model: str = "eleven_multilingual_v2",
        output_format: str = "mp3_44100_128",
        stability: float = 0.5,
        similarity: float = 0.75,
        style: float = 0.0,
        speaker_boost: bool = True,
        speed: float = 0.0,
        words_per_minute: float = 150.0,
        dictionaries: Sequence[Sequence[str]] = (),
        zero_retention: bool = False,
        connect: float = 5.0,
        read: float = 60.0,
        wall: float = 60.0,
    ) -> None:
        if len(dictionaries) > MOST_DICTIONARIES:
            raise Unsupported("At most three pronunciation dictionaries are possible.", provider=self.name)
        if speed and not SLOWEST <= speed <= FASTEST:
            raise Unsupported(f"The option speed lies between {SLOWEST} and {FASTEST}.", provider=self.name)
        self._key, self._base_url, self.model = key, base_url, model
        self._voices, self._format = dict(voices), output_format
        self._settings = {
            "stability": stability,
            "similarity_boost": similarity,
            "style": style,
            "use_speaker_boost": speaker_boost,
        }
        self._speed, self._pace = speed, words_per_minute
        self._dictionaries = [_Dictionary(*one) for one in dictionaries]
        self._zero_retention = zero_retention
        self._connect, self._read, self._wall = connect, read, wall
        self.host = addresses.host_of(base_url)
        self._client: ElevenLabs | None = None

    def identity(self) -> Mapping[str, JSON]:
        settings: dict[str, JSON] = {**self._settings}
        return {
            "provider": self.name,
            "api": "text-to-speech/with-timestamps",
            "model": self.model,
            "voices": {**self._voices},
            "format": self._format,
            "settings": settings,
            "speed": self._speed or f"by rate, {self._pace:g} at 1",
            "dictionaries": [[one.pronunciation_dictionary_id, one.version_id] for one in self._dictionaries],
            "host": self.host,
        }

    def speak(self, request: SpeechRequest, path: Path) -> Result[base.Speech]:
        """Writes a mono 48 kHz WAV with exact word times. Raises ProviderError."""
        began = time.monotonic()
        perhaps = self._priced(Usage(requests=1, characters=len(request.text), estimated=True))
        client, asked = self._open(), self._request(request)
        reply: Any = self._call(
            lambda: client.text_to_speech.with_raw_response.convert_with_timestamps(**asked), perhaps
        )
        usage = self._usage(reply.headers, perhaps)
        speech = self._call(lambda: _read(reply.data, request.text, path), usage)
        request_id = str(reply.headers.get("request-id", ""))
        return Result(speech, usage, self.name, self.model, request_id, time.monotonic() - began)

    def _open(self) -> ElevenLabs:
        if not self._key:
            raise CredentialsRejected(
                "No key is configured for this provider.", provider=self.name, usage=Usage()
            )
        if self._client is None:
            url = addresses.check(self._base_url, provider=self.name)
            client = httpx.Client(
                transport=Deadline(self._wall),
                timeout=httpx.Timeout(self._read, connect=self._connect),
                follow_redirects=False,
            )
            self._client = ElevenLabs(
                api_key=self._key, base_url=url, timeout=self._read, httpx_client=client
            )
        return self._client

    def _request(self, request: SpeechRequest) -> dict[str, Any]:
        voice = self._voices.get(request.voice)
        if voice is None:
            raise Unsupported(f"There is no voice “{request.voice}”.", provider=self.name, usage=Usage())
        if request.language != "en" and self.model.endswith("multilingual_v2") is False:
            raise Unsupported("This model is configured for English.", provider=self.name, usage=Usage())
        asked: dict[str, Any] = {
            "voice_id": voice,
            "text": request.text,
            "model_id": self.model,
            "output_format": self._format,
            "seed": request.seed,
            "voice_settings": VoiceSettings(**self._settings, speed=self._speed_of(request.rate)),
            "request_options": {"max_retries": 0, "timeout_in_seconds": self._read},
        }
        if self._dictionaries:
            asked["pronunciation_dictionary_locators"] = [
                PronunciationDictionaryVersionLocator(
                    pronunciation_dictionary_id=one.pronunciation_dictionary_id, version_id=one.version_id
                )
                for one in self._dictionaries
            ]
        if self._zero_retention:
            asked["enable_logging"] = False
        return asked

    def _speed_of(self, rate: int) -> float:
        wanted = self._speed or rate / self._pace
        return round(min(max(wanted, SLOWEST), FASTEST), 2)

    def _usage(self, headers: Mapping[str, str], perhaps: Usage) -> Usage:
        """By the vendor's own count where it is sent; else the text's length, marked estimated."""
        told = str(headers.get("character-cost", ""))
        if not told.isdigit():
            return perhaps
        return self._priced(Usage(requests=1, characters=int(told)))

    def _priced(self, usage: Usage) -> Usage:
        return pricing.priced(usage, provider=self.name, model=self.model, host=self.host)

    def _call[T](self, call: Callable[[], T], perhaps: Usage) -> T:
        """The vendor's exceptions are not chained: their texts hold headers and bodies."""
        try:
            return call()
        except ProviderError:
            raise
        except (ApiError, ParsingError, httpx.HTTPError, *SURPRISES) as error:
            failure = translate(error, perhaps=perhaps)
        raise failure

    def worst_case(self, inputs: Mapping[str, Any]) -> Decimal | None:
        return self._priced(Usage(requests=1, characters=len(str(inputs.get("text", ""))))).cost

    def typical_cost(self) -> Decimal | None:
        return self._priced(Usage(requests=1, characters=TYPICAL_CHARACTERS)).cost


def _read(data: Any, text: str, path: Path) -> base.Speech:
    """Raises ValueError, AttributeError or TypeError for what is no whole answer."""
    try:
        content = base64.b64decode(data.audio_base_64, validate=True)
    except (binascii.Error, TypeError) as error:
        raise ValueError("no base64") from error
    _, seconds = word_times.take_sound(content, path)
    times = data.alignment  # of our text; `normalized_alignment` spells what is spoken
    words = word_times.words_from_characters(
        text,
        times.characters,
        times.character_start_times_seconds,
        times.character_end_times_seconds,
        seconds=seconds,
    )
    return base.Speech(path, seconds, words, "exact", word_times.RATE)


def translate(error: BaseException, *, perhaps: Usage) -> ProviderError:
    """The error of our family; the vendor's code is read before the status."""
    name = Speech.name
    if isinstance(error, ApiError) and error.status_code is not None and not 200 <= error.status_code < 300:
        return _by_code(error.status_code, _code_of(error.body), error.headers or {})
    if isinstance(error, httpx.TransportError):
        is_unsent = isinstance(error, UNSENT)
        return ProviderDown(
            "The provider cannot be reached." if is_unsent else "The provider did not answer in time.",
            provider=name,
            usage=Usage() if is_unsent else perhaps,
        )
    return OutputInvalid(
        "The provider's speech is not what was agreed.", provider=name, status=200, usage=perhaps
    )


def _code_of(body: Any) -> str:
    """`{"detail": {"status": code}}`, as this vendor answers; "" for anything else."""
    detail = body.get("detail") if isinstance(body, dict) else None
    if not isinstance(detail, dict):
        return ""
    return str(detail.get("status") or detail.get("code") or "")


_BY_CODE: tuple[tuple[frozenset[str], type[ProviderError], str], ...] = (
    (REFUSED, ContentRefused, "The provider declines this text. Change it, then retry."),
    (QUOTA, QuotaSpent, "The provider's credit or spending limit is used up."),
    (BUSY, ProviderBusy, "The provider is busy and asks us to wait."),
)


def _by_code(status: int, code: str, headers: Mapping[str, str]) -> ProviderError:
    lowered = {name.lower(): value for name, value in headers.items()}
    known: dict[str, Any] = {
        "provider": Speech.name,
        "status": status,
        "request_id": lowered.get("request-id", ""),
        "retry_after": retry_after(lowered),
        "usage": Usage(),  # an error is not billed
    }
    for codes, made, message in _BY_CODE:
        if code in codes:
            return made(message, **known)
    if code in TOO_LONG:
        message = "A scene's narration is too long for the provider. Shorten it, then retry."
        return RequestRejected(message, **{**known, "code": "creator:notes-too-long"})
    return _by_status(status, known)


def _by_status(status: int, known: dict[str, Any]) -> ProviderError:
    if status == 402:
        return QuotaSpent("The provider's credit or spending limit is used up.", **known)
    if status == 429:
        return ProviderBusy("The provider is busy and asks us to wait.", **known)
    if status in {401, 403}:
        return CredentialsRejected("The provider rejects our key.", **known)
    if status in {408, 409, 425} or status >= 500:
        return ProviderDown("The provider has trouble of its own.", **known)
    return RequestRejected("The provider calls our request wrong. Operations must look at it.", **known)
