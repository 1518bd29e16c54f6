"""The helper process around espeak-ng: a line of JSON in, a WAV file and a line of JSON out.

Run by its path as a process of its own, it imports nothing of this project: espeak-ng is GPL-3 and
global state, and it ends its whole process when its data path is longer than about 160 characters.

Request:  {"text", "voice", "rate" (espeak's own words a minute), "pitch", "range", "path"}
Reply:    {"samples", "sample_rate", "words": [[position of the character, sample], …]} or {"error"}
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import sys
import tempfile
import wave
from pathlib import Path
from typing import Any

import espeakng_loader

LONGEST_DATA_PATH = 120
SYNCHRONOUS, CHARACTERS_UTF8 = 2, 1
RATE, VOLUME, PITCH, RANGE, WORD_GAP = 1, 2, 3, 4, 7
END_OF_EVENTS, WORD = 0, 1


class _Identity(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    ]


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


class Engine:
    """espeak-ng, initialised once; it must speak once only (see `speak_apart`)."""

    def __init__(self, data_path: str) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self.sample_rate = int(self._library.espeak_Initialize(SYNCHRONOUS, 0, data_path.encode(), 0))
        if self.sample_rate <= 0:
            raise RuntimeError("espeak-ng could not read its data")
        self._sound = bytearray()
        self._words: list[tuple[int, int]] = []
        self._callback = _CALLBACK(self._receive)  # kept: the library holds only a pointer
        self._library.espeak_SetSynthCallback(self._callback)

    def _receive(self, samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            self._sound += ctypes.string_at(samples, count * 2)
        index = 0
        while events[index].type != END_OF_EVENTS:
            if events[index].type == WORD:
                self._words.append((events[index].text_position - 1, events[index].sample))
            index += 1
        return 0

    def speak(self, request: dict[str, Any]) -> dict[str, Any]:
        self._library.espeak_ng_SetRandSeed(
            ctypes.c_long(1)
        )  # breath is noise, seeded by the clock otherwise
        self._sound.clear()
        self._words.clear()
        if self._library.espeak_SetVoiceByName(str(request["voice"]).encode()) != 0:
            return {"error": f"espeak-ng has no voice {request['voice']}"}
        for parameter, value in (
            (RATE, request["rate"]),
            (PITCH, request["pitch"]),
            (RANGE, request["range"]),
            (VOLUME, 100),
            (WORD_GAP, 0),
        ):
            self._library.espeak_SetParameter(parameter, int(value), 0)
        text = str(request["text"]).replace("\0", " ").encode()
        status = self._library.espeak_Synth(text, len(text) + 1, 0, 1, 0, CHARACTERS_UTF8, None, None)
        if status != 0:
            return {"error": f"espeak-ng refused the text (status {status})"}
        self._library.espeak_Synchronize()
        with wave.open(str(request["path"]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(self.sample_rate)
            file.writeframes(bytes(self._sound))
        return {"samples": len(self._sound) // 2, "sample_rate": self.sample_rate, "words": list(self._words)}


def speak_apart(engine: Engine, line: str) -> str:
    """One synthesis in a forked copy of the fresh engine, its reply as JSON.

    The engine keeps the phase of its vibrato and filters from one text to the next; only a fresh one
    gives a text the same bytes whatever was spoken before. A copy costs a few milliseconds, a fresh
    start fifty, and an engine that crashes takes only its copy with it.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            reply = engine.speak(json.loads(line))
        except (OSError, ValueError, KeyError) as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        with os.fdopen(write, "w", encoding="utf-8") as pipe:
            json.dump(reply, pipe)
        os._exit(0)  # no clean-up: that belongs to the parent
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return text or json.dumps({"error": f"espeak-ng ended with status {status}"})


def data_path(stack: contextlib.ExitStack) -> str:
    """The data folder, or a short link to it when its own path is too long for espeak-ng.

    The link lies in a temporary folder that `stack` removes.
    """
    path = str(espeakng_loader.get_data_path())
    if len(path.encode()) <= LONGEST_DATA_PATH:
        return path
    base = "/tmp" if len(tempfile.gettempdir()) > 60 and Path("/tmp").is_dir() else None  # noqa: S108
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="speech-", dir=base))
    link = Path(folder) / "data"
    link.symlink_to(path)
    return str(link)


def main() -> None:
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what the library prints must not mix with the replies
    with contextlib.ExitStack() as stack:
        engine = Engine(data_path(stack))
        replies.write(json.dumps({"ready": True, "sample_rate": engine.sample_rate}) + "\n")
        for line in sys.stdin:
            replies.write(speak_apart(engine, line) + "\n")


if __name__ == "__main__":
    main()
