"""A film from its finished scenes: timeline, captions, sound, joined files, and the facts measured on it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.media import captions, effects, film, music, probe, sound
from pipeline.media.canvas import FPS
from pipeline.media.captions import Cue, Pace, TimedWord
from pipeline.media.ffmpeg import beside, no_space
from pipeline.media.ladder import RUNGS
from pipeline.media.reveals import Reveal

FILES = (
    "film.mp4",
    "720.mp4",
    "480.mp4",
    "captions.vtt",
    "poster.jpg",
    "thumbnail.jpg",
    "master.m3u8",
    "1080.m3u8",
    "720.m3u8",
    "480.m3u8",
    "audio.m3u8",
    "captions.m3u8",
    "1080.hls.mp4",
    "720.hls.mp4",
    "480.hls.mp4",
    "audio.hls.mp4",
)


@dataclass(frozen=True)
class ScenePart:
    """A finished scene. Its files lie in the working folder as `PP-1080.mp4`, …, `PP-speech.wav`."""

    position: int
    role: str
    seconds: float
    lead: float
    speech_seconds: float
    words: tuple[TimedWord, ...]  # relative to the speech
    text_contrast: float = 21.0
    fallbacks: tuple[str, ...] = ()
    dry: bool = True  # a voice without any room around it
    timing: str = "exact"  # exact | aligned | estimated
    reveals: tuple[Reveal, ...] = ()  # in the scene's own time

    @property
    def frames(self) -> int:
        return round(self.seconds * FPS)


@dataclass(frozen=True)
class Timeline:
    """Where scenes, words and cues lie in the film, in seconds; `starts` by frame, hence exact."""

    starts: tuple[float, ...]
    seconds: float
    words: tuple[tuple[TimedWord, int], ...]
    cues: tuple[Cue, ...]

    def scene_times(self, parts: Sequence[ScenePart]) -> list[effects.SceneTimes]:
        return [
            effects.SceneTimes(
                role=part.role,
                start=start,
                end=start + part.frames / FPS,
                speech_end=start + part.lead + part.speech_seconds,
                reveals=tuple((start + reveal.start, reveal.kind) for reveal in part.reveals),
            )
            for part, start in zip(parts, self.starts, strict=True)
        ]


def lay_out(parts: Sequence[ScenePart], *, age_group: str, pace: Pace) -> Timeline:
    """Pure: the film's times."""
    frames = [0, *itertools.accumulate(part.frames for part in parts)]
    starts = tuple(frame / FPS for frame in frames[:-1])
    words: list[tuple[TimedWord, int]] = []
    cues: list[Cue] = []
    for index, (part, start) in enumerate(zip(parts, starts, strict=True)):
        spoken = [TimedWord(word.text, word.start + part.lead, word.end + part.lead) for word in part.words]
        words.extend((_moved(word, start), part.position) for word in spoken)
        cues.extend(
            Cue(
                cue.start + start,
                cue.end + start,
                tuple(_moved(word, start) for word in cue.words),
                cue.lines,
            )
            for cue in captions.scene_cues(
                spoken,
                scene_seconds=part.frames / FPS,
                is_last=index == len(parts) - 1,
                age_group=age_group,
                pace=pace,
            )
        )
    return Timeline(starts, frames[-1] / FPS, tuple(words), tuple(cues))


def _moved(word: TimedWord, by: float) -> TimedWord:
    return TimedWord(word.text, word.start + by, word.end + by)


def assemble(
    parts: Sequence[ScenePart],
    folder: Path,
    *,
    mood: str,
    seed: int,
    age_group: str,
    language: str,
    pace: Pace,
    report: Callable[[float], None],
) -> dict[str, Any]:
    """Writes `FILES` into `folder` and returns the film's facts. Raises `MediaFailed`."""
    timeline = lay_out(parts, age_group=age_group, pace=pace)
    progress = _Progress(report)
    try:
        facts = _make(
            parts,
            timeline,
            folder,
            mood=mood,
            seed=seed,
            age_group=age_group,
            language=language,
            progress=progress,
        )
    except OSError as error:
        raise no_space() from error
    report(1.0)
    return facts


class _Progress:
    """Turns ticks into a fraction that grows towards the end of the stage it is in."""

    def __init__(self, report: Callable[[float], None]) -> None:
        self._report, self._now, self._goal = report, 0.0, 0.0

    def stage(self, goal: float) -> None:
        self._now, self._goal = max(self._now, self._goal), goal
        self._report(self._now)

    def tick(self) -> None:
        self._now += (self._goal - self._now) * 0.15
        self._report(self._now)


def _make(
    parts: Sequence[ScenePart],
    timeline: Timeline,
    folder: Path,
    *,
    mood: str,
    seed: int,
    age_group: str,
    language: str,
    progress: _Progress,
) -> dict[str, Any]:
    progress.stage(0.15)
    voice = folder / "sound.m4a"
    scenes = timeline.scene_times(parts)
    loudness = _make_sound(
        parts, timeline, scenes, voice, mood=mood, seed=seed, age_group=age_group, progress=progress
    )
    progress.stage(0.70)
    film.join(
        {rung.name: [folder / f"{part.position:02}-{rung.name}.mp4" for part in parts] for rung in RUNGS},
        voice,
        folder,
        frames=sum(part.frames for part in parts),
        tick=progress.tick,
    )
    progress.tick()
    voice.unlink(missing_ok=True)
    track = captions.webvtt(timeline.cues, word_times=_weakest_timing(parts) != "estimated")
    with beside(folder / "captions.vtt", folder / "captions.m3u8") as targets:
        targets[0].write_text(track, encoding="utf-8")
        targets[1].write_text(film.captions_playlist(timeline.seconds), encoding="utf-8")
    film.write_posters(folder / "opening.jpg", folder)
    progress.stage(0.80)
    video = probe.probe(folder / "film.mp4")
    progress.stage(0.98)
    picture = probe.watch(folder / "480.mp4", seconds=timeline.seconds, tick=progress.tick)
    progress.tick()
    renditions = _write_master(folder, language, video.fps)
    return {
        "seconds": video.seconds,
        "frames": video.frames,
        "fps": video.fps,
        "width": video.width,
        "height": video.height,
        "video_codec": video.video_codec,
        "audio_codec": video.audio_codec,
        "timeline": [
            {
                "position": part.position,
                "role": part.role,
                "start": round(start, 4),
                "end": round(start + part.frames / FPS, 4),
                "speech_start": round(start + part.lead, 4),
                "speech_end": round(start + part.lead + part.speech_seconds, 4),
            }
            for part, start in zip(parts, timeline.starts, strict=True)
        ],
        "words": [
            [word.text, round(word.start, 3), round(word.end, 3), position]
            for word, position in timeline.words
        ],
        "cues": [
            {"start": round(cue.start, 3), "end": round(cue.end, 3), "text": cue.text}
            for cue in timeline.cues
        ],
        "loudness_lufs": loudness.lufs,
        "true_peak_dbtp": loudness.true_peak,
        "loudness_range_lu": loudness.loudness_range,
        "sound_effects": [[effect.start, effect.kind] for effect in effects.find_effects(scenes)],
        "silences": [list(span) for span in loudness.silences],
        "black": [list(span) for span in picture.black],
        "frozen": [list(span) for span in picture.frozen],
        "flashes_per_second": picture.flashes_per_second,
        "caption_coverage": coverage(timeline),
        "caption_max_characters_per_second": round(
            max((cue.characters_per_second for cue in timeline.cues), default=0.0), 2
        ),
        "text_contrast": min((part.text_contrast for part in parts), default=21.0),
        "sizes": {name: (folder / name).stat().st_size for name in FILES},
        "renditions": renditions,
        "timing": _weakest_timing(parts),
        "fallbacks": [text for part in parts for text in part.fallbacks],
    }


def _make_sound(
    parts: Sequence[ScenePart],
    timeline: Timeline,
    scenes: Sequence[effects.SceneTimes],
    target: Path,
    *,
    mood: str,
    seed: int,
    age_group: str,
    progress: _Progress,
) -> sound.Loudness:
    """Narration, bed and cues, mixed into `target`; what was measured on it."""
    narration, bed, marks = (target.with_name(f"{name}.wav") for name in ("narration", "bed", "effects"))
    placed = [
        (start + part.lead, target.with_name(f"{part.position:02}-speech.wav"))
        for part, start in zip(parts, timeline.starts, strict=True)
    ]
    try:
        sound.write_narration(narration, placed=placed, seconds=timeline.seconds)
        progress.tick()
        music.write_bed(
            bed,
            mood=mood,
            seed=seed,
            seconds=timeline.seconds,
            age_group=age_group,
            quiet=effects.thinking_spans(scenes),
        )
        progress.tick()
        music.write_wav(marks, effects.lay_effects(effects.find_effects(scenes), seconds=timeline.seconds))
        progress.stage(0.55)
        dry = any(part.dry for part in parts)
        return sound.mix(narration, bed, marks, target, seconds=timeline.seconds, dry=dry, tick=progress.tick)
    finally:
        for path in (narration, bed, marks):
            path.unlink(missing_ok=True)


def _weakest_timing(parts: Sequence[ScenePart]) -> str:
    """How well the words' times are known, in the scene that knows them least."""
    order = ("exact", "aligned", "estimated")
    return max((part.timing for part in parts), key=order.index, default="exact")


def coverage(timeline: Timeline) -> float:
    """The share of words that stand in an event shown from their start on, 0-1."""
    if not timeline.words:
        return 1.0
    shown = 0
    queue = [(word, cue) for cue in timeline.cues for word in cue.words]
    for (word, _), (captioned, cue) in zip(timeline.words, queue, strict=False):
        shown += word == captioned and cue.start <= word.start + 0.001 and word.start < cue.end
    return round(shown / len(timeline.words), 4)


def _write_master(folder: Path, language: str, fps: float) -> list[dict[str, Any]]:
    """The master playlist from the rungs' own files; returns what it offers."""
    audio = film.read_rates(folder / "audio.m3u8")
    variants = []
    renditions: list[dict[str, Any]] = []
    for rung in RUNGS:
        facts = probe.probe(folder / f"{rung.name}.hls.mp4")
        rates = film.read_rates(folder / f"{rung.name}.m3u8")
        variants.append(film.Variant(rung.name, facts.width, facts.height, facts.codec_tag, rates))
        name = "film.mp4" if rung.name == "1080" else f"{rung.name}.mp4"
        renditions.append(
            {
                "name": rung.name,
                "width": facts.width,
                "height": facts.height,
                "bytes": (folder / name).stat().st_size,
                "bandwidth": rates.peak + audio.peak,
                "codecs": f"{facts.codec_tag},{film.AUDIO_CODEC}",
            }
        )
    with beside(folder / "master.m3u8") as targets:
        targets[0].write_text(
            film.master_playlist(variants, audio, language=language, fps=fps), encoding="utf-8"
        )
    return renditions
