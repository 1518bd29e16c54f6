"""Voices: `/v1/audio/speech`, ElevenLabs' speech with character times, transcription, forced alignment."""

from __future__ import annotations

import base64
import io
import re
import wave
from email import policy
from email.parser import BytesParser
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from tests.double.faults import Reply
from tests.double.server import Call, Double, endpoint, refuse

RATE = 44_100
EDGE = 0.08  # seconds of silence at both ends
LETTERS_A_WORD = 6.0  # with the blank: how a rate of words becomes seconds a character
VOWELS = {"a": (800, 1200), "e": (500, 1900), "i": (320, 2300), "o": (500, 900), "u": (350, 800)}


def say(text: str, words_per_minute: float) -> tuple[NDArray[np.float32], list[float], list[float]]:
    """A hum that opens and closes like speech, and when each character begins and ends (seconds)."""
    each = 60.0 / words_per_minute / LETTERS_A_WORD
    starts, ends, parts = [], [], [np.zeros(int(EDGE * RATE), np.float32)]
    at = EDGE
    for character in text:
        seconds = each * (3.0 if character in ".!?" else 2.0 if character in ",;:" else 1.0)
        count = round(seconds * RATE)
        parts.append(_sound(character.lower(), count))
        starts.append(round(at, 4))
        at += count / RATE
        ends.append(round(at, 4))
    parts.append(np.zeros(int(EDGE * RATE), np.float32))
    return np.concatenate(parts), starts, ends


def _sound(character: str, count: int) -> NDArray[np.float32]:
    if not character.isalnum():
        return np.zeros(count, np.float32)
    low, high = VOWELS.get(character, (250 + 9 * (ord(character) % 30), 1500))
    t = np.arange(count) / RATE
    voice = np.sin(2 * np.pi * 130 * t) * (
        0.5 + 0.3 * np.sin(2 * np.pi * low * t) + 0.2 * np.sin(2 * np.pi * high * t)
    )
    strength = 0.5 if character in VOWELS else 0.25
    return (strength * voice * np.sin(np.pi * np.linspace(0, 1, count)) ** 0.5).astype(np.float32)


def as_wav(samples: NDArray[np.float32]) -> bytes:
    kept = io.BytesIO()
    with wave.open(kept, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return kept.getvalue()


def as_mp3(samples: NDArray[np.float32]) -> bytes:
    kept = io.BytesIO()
    with av.open(kept, "w", format="mp3") as container:
        stream: Any = container.add_stream("mp3", rate=RATE, layout="mono", bit_rate=128_000)
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16)[None, :], "s16", "mono")
        frame.rate = RATE
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=RATE, frame_size=1152)
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return kept.getvalue()


def _scream(status: int, code: str) -> Reply:
    """An error as ElevenLabs words it."""
    return Reply.of({"detail": {"status": code, "message": f"The double says {code}"}}, status)


@endpoint("POST", "/v1/text-to-speech/{voice}/with-timestamps")
def speak_with_times(double: Double, call: Call) -> Reply:
    """Sound as the asked format, and the time of every character of the text."""
    body, text = call.json, call.json["text"]
    if not text.strip():
        return _scream(422, "invalid_text")
    if len(text) > 10_000:
        return _scream(400, "max_character_limit_exceeded")
    asked = (call.query.get("output_format") or ["mp3_44100_128"])[0]
    speed = float((body.get("voice_settings") or {}).get("speed") or 1.0)
    samples, starts, ends = say(text, double.settings.words_per_minute * speed)
    if asked.startswith("mp3_44100"):
        content = as_mp3(samples)
    elif asked.startswith("wav_44100"):
        content = as_wav(samples)
    else:
        return _scream(400, "unsupported_output_format")
    times = {
        "characters": list(text),
        "character_start_times_seconds": starts,
        "character_end_times_seconds": ends,
    }
    value = {
        "audio_base64": base64.b64encode(content).decode(),
        "alignment": times,
        "normalized_alignment": times,
    }
    call.usage = {"characters": len(text)}
    return Reply.of(value, 200, **{"character-cost": str(len(text))})


@endpoint("POST", "/v1/audio/speech")
def speak(double: Double, call: Call) -> Reply:
    """A WAV file, no times."""
    body = call.json
    if len(body["input"]) > 4096:
        return refuse(400, "string_above_max_length", "The input is too long")
    if body.get("response_format") != "wav":
        return refuse(400, "invalid_value", "This double speaks WAV only")
    samples, _, _ = say(body["input"], double.settings.words_per_minute * float(body.get("speed") or 1.0))
    return Reply(200, as_wav(samples), "audio/wav")


@endpoint("POST", "/v1/audio/transcriptions")
def transcribe(double: Double, call: Call) -> Reply:
    """The words of the next queued text, spread over the sound."""
    parts = _parts(call)
    seconds = _seconds(parts["file"])
    with double.lock:
        text = double.texts.popleft() if double.texts else "hello"
    words = text.split()
    each = seconds / max(1, len(words))
    timed = [
        {"word": word, "start": round(number * each, 3), "end": round((number + 1) * each, 3)}
        for number, word in enumerate(words)
    ]
    return Reply.of({"text": text, "language": "english", "duration": seconds, "words": timed})


@endpoint("POST", "/v1/forced-alignment")
def align(double: Double, call: Call) -> Reply:
    """The given text spread over the sound, by character and by word."""
    parts = _parts(call)
    text, seconds = parts["text"].decode(), _seconds(parts["file"])
    each = seconds / max(1, len(text))
    characters = [
        {"text": one, "start": round(number * each, 4), "end": round((number + 1) * each, 4)}
        for number, one in enumerate(text)
    ]
    words = [
        {
            "text": found.group(),
            "start": round(found.start() * each, 4),
            "end": round(found.end() * each, 4),
            "loss": 0.1,
        }
        for found in re.finditer(r"\S+", text)
    ]
    return Reply.of({"characters": characters, "words": words, "loss": 0.1})


@endpoint("GET", "/v1/user/subscription")
def subscription(double: Double, call: Call) -> Reply:
    return Reply.of({"tier": "creator", "character_count": 0, "character_limit": 100_000, "status": "active"})


def _parts(call: Call) -> dict[str, bytes]:
    head = f"Content-Type: {call.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=policy.HTTP).parsebytes(head + call.body)
    found: dict[str, bytes] = {}
    for part in message.iter_parts():
        payload = part.get_payload(decode=True)
        name = str(part.get_param("name", header="content-disposition"))
        found[name] = payload if isinstance(payload, bytes) else b""
    return found


def _seconds(content: bytes) -> float:
    with wave.open(io.BytesIO(content)) as file:
        return float(file.getnframes() / file.getframerate())
