"""Sound from outside: a creator's own recording, or a file that a speech vendor sent.

WAV, MP3, AAC (bare or in an MP4) and FLAC, told by their first bytes and never by name or declared type;
at most 50 MB and ten minutes. ffmpeg decodes it in a process of its own, with its limits of time and
memory, as exactly the format it was found to be. What is refused is one `MediaRefused` with a stable
code, and nothing has been written.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from pipeline.media import ffmpeg
from pipeline.media.ffmpeg import MediaFailed, MediaRefused, beside, no_space

MOST_BYTES = 50_000_000
LONGEST_SECONDS = 600.0
SHORTEST_SECONDS = 0.1
RATE = 48_000
SILENT = 33  # of 32767: -60 dB of full scale
LIMIT_SECONDS = 60.0  # wall clock; ten minutes of FLAC take about two


def name_format(head: bytes) -> str:
    """ffmpeg's name of the format that the first bytes of a file show; "" for anything else."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[4:8] == b"ftyp":
        return "mov"
    for start, name in ((b"fLaC", "flac"), (b"ID3", "mp3")):
        if head.startswith(start):
            return name
    return _name_mpeg(head)


def _name_mpeg(head: bytes) -> str:
    """MPEG audio without a header of its own starts with a frame: eleven set bits, then the layer."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ""
    return {0x00: "aac" if head[1] & 0x10 else "", 0x02: "mp3"}.get(head[1] & 0x06, "")


def import_recording(source: Path, target: Path) -> float:
    """A mono 48 kHz WAV of a sound from outside at `target`; returns its length in seconds.

    Raises `MediaRefused`: creator:sound-empty, -too-heavy, -type, -damaged, -too-long, -silent.
    """
    kind = _check_file(source)
    try:
        with beside(target) as parts:
            _decode(source, kind, parts[0])
            return _check_sound(parts[0])
    except OSError as error:
        raise no_space() from error


def _check_file(source: Path) -> str:
    try:
        size = source.stat().st_size
        with source.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise MediaRefused("creator:sound-empty", "The sound is not there. Send it again.") from error
    if size == 0:
        raise MediaRefused("creator:sound-empty", "The sound has no bytes. Send it again.")
    if size > MOST_BYTES:
        raise MediaRefused(
            "creator:sound-too-heavy",
            f"The sound has {size / 1e6:.0f} MB; at most {MOST_BYTES // 1_000_000} MB are taken. "
            "Save it as MP3 or FLAC.",
        )
    kind = name_format(head)
    if not kind:
        raise MediaRefused(
            "creator:sound-type",
            "WAV, MP3, AAC and FLAC sounds are taken; this file is something else, whatever its name says.",
        )
    return kind


def _decode(source: Path, kind: str, target: Path) -> None:
    arguments = [
        "-nostats",
        "-loglevel",
        "error",
        "-protocol_whitelist",
        ffmpeg.PROTOCOLS,
        "-f",
        kind,
        "-t",
        f"{LONGEST_SECONDS + 1:g}",
        "-i",
        str(source.resolve()),
        "-map",
        "0:a:0",
        "-map_metadata",
        "-1",
        "-ac",
        "1",
        "-ar",
        str(RATE),
        "-c:a",
        "pcm_s16le",
        "-f",
        "wav",
        str(target),
    ]
    try:
        ffmpeg.run(arguments, limit=LIMIT_SECONDS)
    except MediaFailed as error:
        if error.code == "platform:no-space":
            raise
        raise _damaged() from error


def _check_sound(path: Path) -> float:
    try:
        with wave.open(str(path), "rb") as file:
            frames = file.getnframes()
            samples = np.frombuffer(file.readframes(frames), np.int16)
    except (wave.Error, EOFError) as error:
        raise _damaged() from error
    seconds = len(samples) / RATE
    if seconds > LONGEST_SECONDS:
        raise MediaRefused(
            "creator:sound-too-long",
            f"The sound is longer than {LONGEST_SECONDS / 60:.0f} minutes. Cut it to the scene.",
        )
    if seconds < SHORTEST_SECONDS:
        raise _damaged()
    if max(int(samples.max()), -int(samples.min())) < SILENT:
        raise MediaRefused("creator:sound-silent", "Nothing can be heard in the sound. Record it again.")
    return seconds


def _damaged() -> MediaRefused:
    return MediaRefused(
        "creator:sound-damaged", "The sound cannot be decoded. Save it again, then send that file."
    )
