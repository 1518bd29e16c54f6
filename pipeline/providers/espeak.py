"""The offline member of the `speech` family: espeak-ng in a helper process.

Deterministic, free, without a network, and robotic. Word starts are exact: the engine reports the
sample at which each word begins. The helper is started at the first call of a process, has a time
limit, and is started anew when it dies; one synthesis runs at a time.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.media import spoken
from pipeline.providers import base
from pipeline.providers.base import (
    JSON,
    OutputInvalid,
    ProviderDown,
    Result,
    SpeechRequest,
    Unsupported,
    Usage,
    Word,
)
from pipeline.providers.espeak_voices import VOICES, Manner, Voice, correct_tone, least_pause, manner_of

ENGINE = Path(__file__).with_name("espeak_engine.py")
VERSION = 2
SLOWEST, FASTEST = 80, 260  # the engine's own words a minute
# The engine's rate for a measured words/minute, fitted on school prose, pauses included (see the test).
RATE_FACTOR = 0.94
SILENCE = 0.008  # of full scale: below is silence
HEARD = 0.02  # of full scale: above, a word has begun
LONGEST_CLOSURE = 0.12  # seconds
EDGE = 0.05  # seconds of silence kept at both ends


@dataclass(frozen=True)
class _Spoken:
    """One synthesis: samples (-1…1) and, for each token, where its sound begins (None: it has none)."""

    samples: NDArray[np.float32]
    sample_rate: int
    starts: list[float | None]

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate


class Speech:
    """`OPTIONS`: `limit_seconds` (20) for one synthesis; `pitch` and `range` (0-99) instead of those that
    go with the pace."""

    def __init__(
        self,
        *,
        limit_seconds: float = 20.0,
        pitch: int | None = None,
        range: int | None = None,  # noqa: A002
    ) -> None:
        self._limit = limit_seconds
        self._pitch, self._range = pitch, range
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._unread = b""

    def identity(self) -> Mapping[str, JSON]:
        return {
            "provider": "offline",
            "model": f"espeak-ng 1.52/{VERSION}",
            "pitch": self._pitch,
            "range": self._range,
        }

    def speak(self, request: SpeechRequest, path: Path) -> Result[base.Speech]:
        """Writes a mono 16-bit WAV to `path`. `rate` is met on the measured sound, within a few percent
        for texts of eight words and more. Raises `Unsupported`, `ProviderDown`, `OutputInvalid`."""
        began = time.monotonic()
        if request.voice not in VOICES:
            raise Unsupported(
                f"The offline voice has no “{request.voice}”, but {', '.join(sorted(filter(None, VOICES)))}.",
                provider="espeak",
            )
        if request.language.split("-")[0].lower() != "en":
            raise Unsupported("The offline voice speaks English only.", provider="espeak")
        tokens = request.text.split()
        if not tokens:
            raise Unsupported("There is no text to speak.", provider="espeak")
        sounds = spoken.say(request.text)
        voice, manner = VOICES[request.voice], manner_of(request.rate)
        rate = min(FASTEST, max(SLOWEST, round(request.rate * RATE_FACTOR)))
        made = self._synthesise(sounds, voice, manner, rate)
        share = request.rate / (len(tokens) / made.seconds * 60)
        if len(tokens) >= 8 and abs(share - 1) > 0.05:
            # sentences differ in length of words; half of the difference keeps both pace and naturalness
            corrected = round(rate * min(1.15, max(0.85, 1 + 0.6 * (share - 1))))
            corrected = min(FASTEST, max(SLOWEST, corrected))
            if corrected != rate:
                made = self._synthesise(sounds, voice, manner, corrected)
        words = _word_times(tokens, made)
        _write(path, made.samples, made.sample_rate)
        seconds = made.seconds
        return Result(
            base.Speech(
                path=path, seconds=seconds, words=tuple(words), timing="exact", sample_rate=made.sample_rate
            ),
            usage=Usage(requests=1, characters=len(request.text), seconds=seconds),
            provider="offline",
            model=f"espeak-ng 1.52/{VERSION}",
            seconds=time.monotonic() - began,
        )

    def _synthesise(self, sounds: Sequence[str], voice: Voice, manner: Manner, rate: int) -> _Spoken:
        """Trimmed, corrected in tone, with pauses where punctuation asks for them."""
        positions, text = [], ""
        for sound in sounds:
            text += " " if text and sound[:1] not in ",.;:!?" else ""
            positions.append(len(text))
            text += sound
        with tempfile.TemporaryDirectory(prefix="speech-") as folder:
            target = Path(folder) / "speech.wav"
            reply = self._ask(
                {
                    "text": text,
                    "voice": voice.engine,
                    "rate": rate,
                    "pitch": manner.pitch + voice.pitch if self._pitch is None else self._pitch,
                    "range": manner.range + voice.range if self._range is None else self._range,
                    "path": str(target),
                }
            )
            with wave.open(str(target), "rb") as file:
                sample_rate = file.getframerate()
                raw = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        samples = correct_tone((raw / 32768).astype(np.float32), voice.bands, sample_rate=sample_rate)
        starts: list[float | None] = [None] * len(sounds)
        token = 0
        for position, sample in reply["words"]:
            while token + 1 < len(positions) and positions[token + 1] <= position:
                token += 1
            if starts[token] is None and sounds[token].strip(".,;:!? "):
                starts[token] = sample / sample_rate
        loud = np.flatnonzero(np.abs(samples) > SILENCE)
        if loud.size == 0:
            raise OutputInvalid("The offline voice made no sound for this text.", provider="espeak")
        keep = int(EDGE * sample_rate)
        first, last = max(0, int(loud[0]) - keep), min(len(samples), int(loud[-1]) + keep)
        cut = _fade(samples[first:last], sample_rate)
        moved = [None if start is None else max(0.0, start - first / sample_rate) for start in starts]
        return _pause(_Spoken(cut, sample_rate, moved), sounds, manner)

    # ------------------------------------------------------------------ the helper process

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            reply = self._exchange(request)
            if reply is None:  # it died, maybe long ago: one fresh start
                reply = self._exchange(request)
        if reply is None:
            raise ProviderDown(
                "The offline voice stopped working and could not be restarted.", provider="espeak"
            )
        if "error" in reply:
            raise OutputInvalid(f"The offline voice failed: {reply['error']}", provider="espeak")
        return reply

    def _exchange(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """One request and its reply; None when the helper died. Raises `ProviderDown` at the time limit."""
        process = self._running()
        if process is None or process.stdin is None:
            return None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        except (BrokenPipeError, OSError):
            self.close()
            return None
        line = self._read_line(process)
        if line is None:
            self.close()
            return None
        parsed: dict[str, Any] = json.loads(line)
        return parsed

    def _running(self) -> subprocess.Popen[bytes] | None:
        if self._process is not None and self._owner == os.getpid() and self._process.poll() is None:
            return self._process
        if self._owner != os.getpid():
            self._process = None  # inherited by a fork: it belongs to the parent
        self.close()
        self._owner = os.getpid()
        self._process = subprocess.Popen(
            [sys.executable, str(ENGINE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if self._read_line(self._process) is None:
            self.close()
            return None
        return self._process

    def _read_line(self, process: subprocess.Popen[bytes]) -> bytes | None:
        """The next reply; None when the helper has ended."""
        if process.stdout is None:
            return None
        deadline = time.monotonic() + self._limit
        while b"\n" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0:
                self.close()
                raise ProviderDown(
                    f"The offline voice took longer than {self._limit:g} s.", provider="espeak"
                )
            if not select.select([process.stdout], [], [], min(left, 1.0))[0]:
                continue
            part = os.read(process.stdout.fileno(), 65536)
            if not part:
                return None
            self._unread += part
        line, _, self._unread = self._unread.partition(b"\n")
        return line

    def close(self) -> None:
        """Ends the helper; the next call starts another."""
        process, self._process, self._unread = self._process, None, b""
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()  # the end of its input: it tidies up and ends
        try:
            process.wait(0.5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its own session: a copy that hangs goes with it
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _pause(made: _Spoken, sounds: Sequence[str], manner: Manner) -> _Spoken:
    """Silence put in where the engine's own pause after punctuation is shorter than the manner's."""
    rate, pieces, done, moved = made.sample_rate, [], 0, 0.0
    starts: list[float | None] = []
    wanted, before = 0.0, 0.0
    for sound, start in zip(sounds, made.starts, strict=True):
        if start is None:
            wanted = max(wanted, least_pause(sound, manner))
            starts.append(None)
            continue
        if wanted > 0.0 and starts:
            ended = _sound_end(before, start, made.samples, rate)
            lacks = wanted - (start - ended)
            if lacks > 0.02:
                at = int((ended + start) / 2 * rate)
                pieces += [_fade(made.samples[done:at], rate), np.zeros(int(lacks * rate), np.float32)]
                done, moved = at, moved + int(lacks * rate) / rate
        starts.append(start + moved)
        wanted, before = least_pause(sound, manner), start
    return _Spoken(np.concatenate([*pieces, _fade(made.samples[done:], rate)]), rate, starts)


def _fade(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """Both ends run into silence within 3 ms: a cut must not click."""
    ramp = min(len(samples) // 2, int(0.003 * sample_rate))
    fade, made = np.linspace(0, 1, ramp, dtype=np.float32), samples.copy()
    made[:ramp] *= fade
    made[len(made) - ramp :] *= fade[::-1]
    return made


def _word_times(tokens: Sequence[str], made: _Spoken) -> list[Word]:
    """Every token with its times, in order. A token without a sound of its own has the next one's start."""
    samples, sample_rate, starts, end = made.samples, made.sample_rate, made.starts, made.seconds
    filled: list[float] = [0.0] * len(tokens)
    following = end
    for index in range(len(tokens) - 1, -1, -1):
        start = starts[index]
        following = min(following, start) if start is not None else following
        filled[index] = following
    words = []
    for index, token in enumerate(tokens):
        until = filled[index + 1] if index + 1 < len(tokens) else end
        start = _heard_start(filled[index], until, samples, sample_rate)
        ended = max(start, _sound_end(filled[index], until, samples, sample_rate))
        words.append(Word(token, round(start, 3), round(ended, 3)))
    return words


def _heard_start(start: float, until: float, samples: NDArray[np.float32], sample_rate: int) -> float:
    """Where a word is first heard: the engine's event may lie up to a tenth of a second before, where a
    mouth closes for a k or t after a pause."""
    first = int(start * sample_rate)
    part = np.abs(samples[first : min(int(until * sample_rate), first + int(LONGEST_CLOSURE * sample_rate))])
    loud = np.flatnonzero(part > HEARD)
    return start if loud.size == 0 else max(start, start + float(loud[0]) / sample_rate - 0.01)


def _sound_end(start: float, until: float, samples: NDArray[np.float32], sample_rate: int) -> float:
    """Where the word's sound ends before the next begins: a pause is not part of the word."""
    part = samples[int(start * sample_rate) : int(until * sample_rate)]
    loud = np.flatnonzero(np.abs(part) > SILENCE)
    if loud.size == 0:
        return until
    return min(until, start + float(loud[-1]) / sample_rate + 0.02)


def _write(path: Path, samples: NDArray[np.float32], sample_rate: int) -> None:
    part = path.with_name(f".part-{path.name}")
    with wave.open(str(part), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(np.clip(np.round(samples * 32767), -32768, 32767).astype("<i2").tobytes())
    part.replace(path)
