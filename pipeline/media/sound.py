"""The film's sound: narration placed by scene, music ducked under it, loudness measured and set.

Two passes: the first makes the mix and measures it (EBU R 128), the second applies one linear gain
and a true-peak limiter at four times the rate. The result is measured again; that is what is stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import ffmpeg as graph
import numpy as np
from numpy.typing import NDArray

from pipeline.media import ffmpeg, music

TARGET_LUFS = -16.0
TOLERANCE = 0.5  # stricter than the promise of ± 1
PEAK_DBTP = -1.5
LIMIT = 0.78  # -2.2 dB: the encoder adds a little on top
SILENT_LUFS = -69.0  # the meter's floor is -70
_RATE = music.RATE


@dataclass(frozen=True)
class Loudness:
    lufs: float
    true_peak: float  # dBTP
    silences: tuple[tuple[float, float], ...]


def _samples(frame: av.AudioFrame) -> NDArray[np.float32]:
    return frame.to_ndarray().reshape(-1).astype(np.float32)


def read_sound(path: Path) -> NDArray[np.float32]:
    """Any sound file as mono 48 kHz samples. Raises `MediaFailed` when it cannot be read."""
    parts: list[NDArray[np.float32]] = []
    try:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE)
            for frame in container.decode(audio=0):
                parts.extend(_samples(made) for made in resampler.resample(frame))
            parts.extend(_samples(made) for made in resampler.resample(None))
    except (av.FFmpegError, IndexError) as error:
        raise ffmpeg.MediaFailed(
            "platform:render-failed", f"The sound {path.name} cannot be read. Make this scene's voice again."
        ) from error
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def write_narration(path: Path, *, placed: Sequence[tuple[float, Path]], seconds: float) -> None:
    """A mono 48 kHz WAV of `seconds`, each sound at its start second."""
    total = round(seconds * _RATE)
    track = np.zeros(total, np.float32)
    for start, source in placed:
        sound = read_sound(source)
        at = round(start * _RATE)
        part = sound[: max(0, total - at)]
        track[at : at + len(part)] += part
    music.write_wav(path, track)


def mix(
    narration: Path,
    bed: Path,
    target: Path,
    *,
    seconds: float,
    tick: Callable[[], None] | None = None,
) -> None:
    """Writes the finished AAC sound (48 kHz stereo, `.m4a`) to `target`. Raises `MediaFailed`."""
    mixed = target.with_name("mix.wav")
    _, log = ffmpeg.run(_mix_arguments(narration, bed, mixed), tick=tick, limit=120)
    gain = TARGET_LUFS - _read_lufs(log)
    for _ in range(3):
        with ffmpeg.beside(target) as parts:
            ffmpeg.run(_master_arguments(mixed, parts[0], gain, seconds), tick=tick, limit=120)
        found = measure(target, tick=tick)
        if abs(found.lufs - TARGET_LUFS) <= TOLERANCE and found.true_peak <= PEAK_DBTP:
            break
        gain += TARGET_LUFS - found.lufs
    mixed.unlink(missing_ok=True)


def _mix_arguments(narration: Path, bed: Path, target: Path) -> list[str]:
    """Voice: equaliser, compressor, early reflections. Music: quiet, and ducked by the voice."""
    voice = (
        graph.input(str(narration), protocol_whitelist=ffmpeg.PROTOCOLS)
        .filter("highpass", f=80)
        .filter("equalizer", f=260, t="q", w=1.1, g=-2.5)
        .filter("equalizer", f=2900, t="q", w=1.2, g=2.0)
        .filter("equalizer", f=7200, t="q", w=1.0, g=-3.0)
        .filter("acompressor", threshold=0.09, ratio=3, attack=6, release=140, makeup=1.8)
        .filter("aecho", 0.92, 0.9, "13|23|37", "0.10|0.07|0.05")
        .filter("aformat", channel_layouts="stereo")
        .filter_multi_output("asplit", 2)
    )
    music_in = graph.input(str(bed), protocol_whitelist=ffmpeg.PROTOCOLS).filter("volume", "-11dB")
    ducked = graph.filter(
        [music_in, voice[1]], "sidechaincompress", threshold=0.02, ratio=5, attack=30, release=550, makeup=1
    )
    both = graph.filter([voice[0], ducked], "amix", inputs=2, normalize=0, duration="first")
    measured = both.filter("ebur128", framelog="quiet")
    out = graph.output(measured, str(target), acodec="pcm_f32le", ar=_RATE, f="wav")
    return ["-nostats", *graph.get_args(out)]


def _master_arguments(mixed: Path, target: Path, gain: float, seconds: float) -> list[str]:
    sound: Any = (
        graph.input(str(mixed), protocol_whitelist=ffmpeg.PROTOCOLS)
        .filter("volume", f"{gain:.3f}dB")
        .filter("aresample", _RATE * 4)
        .filter("alimiter", limit=LIMIT, level=0, attack=3, release=60)
        .filter("aresample", _RATE)
    )
    out = graph.output(
        sound,
        str(target),
        acodec="aac",
        aac_coder="fast",
        audio_bitrate="128k",
        t=f"{seconds:.6f}",
        f="mp4",
        map_metadata=-1,
        **{"fflags": "+bitexact", "flags:a": "+bitexact"},
    )
    return ["-nostats", "-loglevel", "error", *graph.get_args(out)]


def measure(path: Path, *, tick: Callable[[], None] | None = None) -> Loudness:
    """Loudness, true peak and silences (below -45 dB, half a second and more) of a file's sound."""
    _, log = ffmpeg.run(
        [
            "-nostats",
            "-protocol_whitelist",
            ffmpeg.PROTOCOLS,
            "-i",
            str(path),
            "-vn",
            "-map",
            "0:a:0",
            "-af",
            "ebur128=framelog=quiet:peak=true,silencedetect=noise=-45dB:d=0.5",
            "-f",
            "null",
            "-",
        ],
        tick=tick,
        limit=120,
    )
    peaks = re.findall(r"Peak:\s+(-?[\d.]+|-?inf) dBFS", log)
    if not peaks:
        raise ffmpeg.MediaFailed(
            "platform:render-failed", "The sound's peak could not be measured. Retry the film."
        )
    starts = [max(0.0, float(value)) for value in re.findall(r"silence_start: (-?[\d.]+)", log)]
    ends = [float(value) for value in re.findall(r"silence_end: (-?[\d.]+)", log)]
    silences = tuple((round(a, 3), round(b, 3)) for a, b in zip(starts, ends, strict=False))
    return Loudness(lufs=_read_lufs(log), true_peak=float(peaks[-1]), silences=silences)


def _read_lufs(log: str) -> float:
    found = re.findall(r"I:\s+(-?[\d.]+|-?inf) LUFS", log)
    if not found or "inf" in found[-1] or float(found[-1]) <= SILENT_LUFS:
        raise ffmpeg.MediaFailed(
            "platform:render-failed", "The sound is silent or could not be measured. Make the voices again."
        )
    return float(found[-1])
