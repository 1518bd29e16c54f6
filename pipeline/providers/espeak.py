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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
)
from pipeline.providers.espeak_voices import VOICES, Manner, Voice, manner_of

if TYPE_CHECKING:
    from pipeline.providers.espeak_sound import Spoken

ENGINE = Path(__file__).with_name("espeak_engine.py")
VERSION = 2
SLOWEST, FASTEST = 80, 260  # the engine's own words a minute
# The engine's rate for a measured words/minute, fitted on school prose, pauses included (see the test).
RATE_FACTOR = 0.94


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
        words = made.word_times(tokens)
        made.write(path)
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

    def _synthesise(self, sounds: Sequence[str], voice: Voice, manner: Manner, rate: int) -> Spoken:
        """Trimmed, corrected in tone, with pauses where punctuation asks for them."""
        from pipeline.providers import espeak_sound  # noqa: PLC0415 - who plans asks for the name alone

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
            return espeak_sound.shape(target, reply["words"], sounds, positions, voice=voice, manner=manner)

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
