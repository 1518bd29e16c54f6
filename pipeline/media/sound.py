"""The film's sound: narration placed and levelled, music ducked under it, small cues, loudness set.

Two passes: the first makes the mix and measures it (EBU R 128), the second applies one linear gain
and a true-peak limiter at four times the rate. The result is decoded and measured; that is what is stored.
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
SAFE_DBTP = -2.2  # a mix whose peaks stay below needs no limiter, which is half of the second pass
SILENT_LUFS = -69.0  # the meter's floor is -70
SPEECH_LEVEL = -21.0  # dB of full scale: the root mean square of what is spoken, in every scene
MOST_GAIN = 12.0  # dB, up or down, that a scene's voice is moved to reach it
VOICE_CEILING = 0.33  # of full scale, before the gain of about 9 dB that the whole film gets
MUSIC_GAIN = -12.0  # dB; the bed comes in at -23
LONGEST_SECONDS = 600.0  # of one sound that is read
KBITS, SMALL_KBITS = 128, 48  # a second, of the film's sound and of the download's
EDGE = 0.006  # seconds: fades at both ends of a voice, so that no cut clicks
_RATE = music.RATE


@dataclass(frozen=True)
class Loudness:
    """EBU R 128 over the whole sound. Spans in seconds."""

    lufs: float
    loudness_range: float  # LU
    true_peak: float  # dBTP
    silences: tuple[tuple[float, float], ...]


def _samples(frame: av.AudioFrame) -> NDArray[np.float32]:
    return frame.to_ndarray().reshape(-1).astype(np.float32)


def read_sound(path: Path) -> NDArray[np.float32]:
    """Any sound file as mono 48 kHz samples. Raises `MediaFailed` when it cannot be read, or is too long."""
    parts: list[NDArray[np.float32]] = []
    count = 0
    try:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE)
            for frame in container.decode(audio=0):
                parts.extend(_samples(made) for made in resampler.resample(frame))
                count += frame.samples
                if count > LONGEST_SECONDS * (frame.sample_rate or _RATE):
                    raise ffmpeg.MediaFailed(
                        "platform:render-failed", f"The sound {path.name} is longer than ten minutes."
                    )
            parts.extend(_samples(made) for made in resampler.resample(None))
    except (av.FFmpegError, IndexError) as error:
        raise ffmpeg.MediaFailed(
            "platform:render-failed", f"The sound {path.name} cannot be read. Make this scene's voice again."
        ) from error
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


# --------------------------------------------------------------------------- narration


def speech_level(sound: NDArray[np.float32]) -> float:
    """The root mean square, in dB of full scale, of the parts that are spoken: 50 ms frames within
    20 dB of the loudest. -inf for silence."""
    window = _RATE // 20
    count = len(sound) // window
    if count == 0:
        return float("-inf")
    power = (sound[: count * window].reshape(count, window).astype(np.float64) ** 2).mean(axis=1)
    spoken = power[power > power.max() / 100]
    return float(10 * np.log10(spoken.mean())) if power.max() > 1e-8 else float("-inf")


def level_speech(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """A voice without direct current, at `SPEECH_LEVEL`, its edges faded; silence stays silence."""
    level = speech_level(sound)
    if level == float("-inf"):
        return np.zeros_like(sound)
    gain = min(MOST_GAIN, max(-MOST_GAIN, SPEECH_LEVEL - level))
    made = (sound - sound.mean(dtype=np.float64).astype(np.float32)) * np.float32(10 ** (gain / 20))
    edge = min(len(made) // 2, int(EDGE * _RATE))
    fade = np.linspace(0, 1, edge, dtype=np.float32)
    made[:edge] *= fade
    made[len(made) - edge :] *= fade[::-1]
    return np.asarray(made, np.float32)


def write_narration(path: Path, *, placed: Sequence[tuple[float, Path]], seconds: float) -> None:
    """A mono 48 kHz WAV of `seconds`, each voice at its start second, all equally loud."""
    total = round(seconds * _RATE)
    track = np.zeros(total, np.float32)
    for start, source in placed:
        sound = level_speech(read_sound(source))
        at = round(start * _RATE)
        part = sound[: max(0, total - at)]
        track[at : at + len(part)] += part
    music.write_wav(path, track)


# --------------------------------------------------------------------------- mix


def mix(
    narration: Path,
    bed: Path,
    effects: Path,
    target: Path,
    *,
    seconds: float,
    dry: bool = True,
    small: Path | None = None,
    tick: Callable[[], None] | None = None,
) -> Loudness:
    """Writes the finished AAC sound (48 kHz stereo, `.m4a`) to `target`; returns what was measured on it.

    `dry`: the voice comes without any room around it, as the offline one does. `small`: where the same
    sound is wanted as the download has it, mono at `SMALL_KBITS`. Raises `MediaFailed`.
    """
    targets = [target] if small is None else [target, small]
    mixed = target.with_name("mix.wav")
    try:
        _, log = ffmpeg.run(_mix_arguments(narration, bed, effects, mixed, dry=dry), tick=tick, limit=120)
        gain, peak = TARGET_LUFS - read_lufs(log), _read_peak(log)
        for _ in range(3):
            limited = peak + gain > SAFE_DBTP
            with ffmpeg.beside(*targets) as parts:
                arguments = _master_arguments(mixed, parts, gain, seconds, limited=limited)
                ffmpeg.run(arguments, tick=tick, limit=120)
            found = measure(target, tick=tick)
            if abs(found.lufs - TARGET_LUFS) <= TOLERANCE and found.true_peak <= PEAK_DBTP:
                break
            gain += TARGET_LUFS - found.lufs
        return found
    finally:
        mixed.unlink(missing_ok=True)


def voice_chain(source: Any, *, dry: bool) -> Any:
    """Rumble cut, the boom of a close microphone lowered, gently compressed. A dry voice has no boom and gets
    the first reflections of a small room; its tone has been corrected where it was made."""
    voice = source.filter("highpass", f=80)
    if not dry:
        voice = voice.filter("equalizer", f=220, t="q", w=1.0, g=-1.5)
    voice = voice.filter("acompressor", threshold=0.09, ratio=2.5, attack=8, release=160, knee=4, makeup=1.5)
    if dry:
        voice = voice.filter("aecho", 0.92, 0.9, "11|19|31", "0.10|0.07|0.05")
    return voice.filter("alimiter", limit=VOICE_CEILING, level=0, attack=4, release=80, latency=1).filter(
        "aformat", channel_layouts="stereo"
    )


def duck(bed: Any, voice: Any) -> Any:
    """The bed, lowered by the voice: quick to make room, slow to return, so that it does not pump."""
    quiet = bed.filter("volume", f"{MUSIC_GAIN:g}dB").filter("equalizer", f=2200, t="q", w=0.8, g=-3.0)
    return graph.filter(
        [quiet, voice],
        "sidechaincompress",
        threshold=0.014,
        ratio=5,
        attack=40,
        release=700,
        knee=4,
        makeup=1,
    )


def _mix_arguments(narration: Path, bed: Path, effects: Path, target: Path, *, dry: bool) -> list[str]:
    def read(path: Path) -> Any:
        return graph.input(str(path), protocol_whitelist=ffmpeg.PROTOCOLS)

    voice = voice_chain(read(narration), dry=dry).filter_multi_output("asplit", 2)
    ducked = duck(read(bed), voice[1])
    both = graph.filter([voice[0], ducked, read(effects)], "amix", inputs=3, normalize=0, duration="first")
    measured = both.filter("ebur128", framelog="quiet", peak="true")
    out = graph.output(measured, str(target), acodec="pcm_f32le", ar=_RATE, f="wav")
    return ["-nostats", *graph.get_args(out)]


def _master_arguments(
    mixed: Path, targets: Sequence[Path], gain: float, seconds: float, *, limited: bool
) -> list[str]:
    """`targets`: the film's sound, and perhaps the download's."""
    sound: Any = graph.input(str(mixed), protocol_whitelist=ffmpeg.PROTOCOLS).filter(
        "volume", f"{gain:.3f}dB"
    )
    if limited:
        sound = (
            sound.filter("aresample", _RATE * 4)
            .filter("alimiter", limit=LIMIT, level=0, attack=3, release=60, latency=1)
            .filter("aresample", _RATE)
        )
    copies = sound.filter_multi_output("asplit", len(targets))
    outputs = [
        graph.output(
            copies[number],
            str(target),
            acodec="aac",
            aac_coder="fast",
            ac=channels,
            audio_bitrate=f"{rate}k",
            t=f"{seconds:.6f}",
            f="mp4",
            map_metadata=-1,
            **{"fflags": "+bitexact", "flags:a": "+bitexact"},
        )
        for number, (target, channels, rate) in enumerate(
            zip(targets, (2, 1), (KBITS, SMALL_KBITS), strict=False)
        )
    ]
    return ["-nostats", "-loglevel", "error", *graph.get_args(graph.merge_outputs(*outputs))]


# --------------------------------------------------------------------------- measurement


def measure(path: Path, *, tick: Callable[[], None] | None = None) -> Loudness:
    """Loudness, range, true peak and silences (below -45 dB, half a second and more) of a file's sound."""
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
    ranges = re.findall(r"LRA:\s+(-?[\d.]+) LU", log)
    starts = [max(0.0, float(value)) for value in re.findall(r"silence_start: (-?[\d.]+)", log)]
    ends = [float(value) for value in re.findall(r"silence_end: (-?[\d.]+)", log)]
    silences = tuple((round(a, 3), round(b, 3)) for a, b in zip(starts, ends, strict=False))
    return Loudness(
        lufs=read_lufs(log),
        loudness_range=float(ranges[-1]) if ranges else 0.0,
        true_peak=_read_peak(log),
        silences=silences,
    )


def _read_peak(log: str) -> float:
    """The true peak in an `ebur128` log, dBTP. Raises `MediaFailed`."""
    peaks = re.findall(r"Peak:\s+(-?[\d.]+|-?inf) dBFS", log)
    if not peaks:
        raise ffmpeg.MediaFailed(
            "platform:render-failed", "The sound's peak could not be measured. Retry the film."
        )
    return float(peaks[-1])


def read_lufs(log: str) -> float:
    """The integrated loudness in an `ebur128` log. Raises `MediaFailed` for silence."""
    found = re.findall(r"I:\s+(-?[\d.]+|-?inf) LUFS", log)
    if not found or "inf" in found[-1] or float(found[-1]) <= SILENT_LUFS:
        raise ffmpeg.MediaFailed(
            "platform:render-failed", "The sound is silent or could not be measured. Make the voices again."
        )
    return float(found[-1])
