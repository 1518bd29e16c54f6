"""A film from its finished scenes: captions, sound, joined files, and the facts measured on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.media import (
    captions,
    download,
    effects,
    evidence,
    film,
    glances,
    music,
    playlists,
    posters,
    probe,
    sound,
    statement,
    storyboard,
)
from pipeline.media.captions import Pace
from pipeline.media.ffmpeg import beside, no_space
from pipeline.media.ladder import RUNGS
from pipeline.media.timeline import ScenePart, Timeline, lay_out, weakest_timing

STREAMED = {rung.name: "film.mp4" if rung.name == "1080" else f"{rung.name}.mp4" for rung in RUNGS}
FILES = (
    *STREAMED.values(),
    download.NAME,
    "captions.vtt",
    *posters.FILES,
    storyboard.SHEET,
    storyboard.TRACK,
    "master.m3u8",
    *(f"{rung.name}.m3u8" for rung in RUNGS),
    "iframes.m3u8",
    "audio.m3u8",
    "captions.m3u8",
    *(f"{rung.name}.hls.mp4" for rung in RUNGS),
    "audio.hls.mp4",
)


@dataclass(frozen=True)
class Wishes:
    """How a film is to sound and read."""

    mood: str
    seed: int
    age_group: str
    language: str
    pace: Pace


def assemble(
    parts: Sequence[ScenePart], folder: Path, *, wishes: Wishes, report: Callable[[float], None]
) -> dict[str, Any]:
    """Writes `FILES` and one frame a second (`frame-000.jpg` …) into `folder`; returns the film's facts
    (docs/film-evidence.md). Raises `MediaFailed`."""
    timeline = lay_out(parts, age_group=wishes.age_group, pace=wishes.pace)
    progress = _Progress(report)
    try:
        facts = _make(parts, timeline, folder, wishes=wishes, progress=progress)
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
    parts: Sequence[ScenePart], timeline: Timeline, folder: Path, *, wishes: Wishes, progress: _Progress
) -> dict[str, Any]:
    progress.stage(0.30)
    voice, small = folder / "sound.m4a", folder / "sound-small.m4a"
    loudness = _make_sound(parts, timeline, voice, small, wishes=wishes, progress=progress)
    progress.stage(0.45)
    videos = film.join(
        {rung.name: [folder / f"{part.position:02}-{rung.name}.mp4" for part in parts] for rung in RUNGS},
        voice,
        folder,
        frames=sum(part.frames for part in parts),
        tick=progress.tick,
    )
    progress.stage(0.70)
    fits = download.write_download(
        folder / "480.mp4",
        small,
        folder / download.NAME,
        seconds=timeline.seconds,
        scenes=[folder / f"{part.position:02}-360.mp4" for part in parts],
        tick=progress.tick,
    )
    for path in (voice, small):
        path.unlink(missing_ok=True)
    with beside(folder / "captions.vtt") as targets:
        track = captions.webvtt(timeline.cues, word_times=weakest_timing(parts) != "estimated")
        targets[0].write_text(track, encoding="utf-8")
    posters.write_posters(folder / "opening.jpg", folder)
    progress.stage(0.95)
    picture = evidence.gather(
        [
            evidence.SceneGlance(
                part.glance, *(folder / f"{part.position:02}-{name}" for name in glances.FILES)
            )
            for part in parts
        ],
        folder,
    )
    progress.stage(0.98)
    streaming = playlists.write_playlists(folder, videos, language=wishes.language)
    facts = statement.state(
        parts,
        timeline,
        videos={**videos, "360": probe.probe(folder / download.NAME)},
        loudness=loudness,
        picture=picture,
        streaming=streaming,
    )
    return facts | {
        "sizes": {name: (folder / name).stat().st_size for name in FILES},
        "download_full_quality": fits,
    }


def _make_sound(
    parts: Sequence[ScenePart],
    timeline: Timeline,
    target: Path,
    small: Path,
    *,
    wishes: Wishes,
    progress: _Progress,
) -> sound.Loudness:
    """Narration, bed and effects, mixed into `target` and, for the download, `small`; what was measured."""
    narration, bed, marks = (target.with_name(f"{name}.wav") for name in ("narration", "bed", "effects"))
    placed = [
        (start + part.lead, target.with_name(f"{part.position:02}-speech.wav"))
        for part, start in zip(parts, timeline.starts, strict=True)
    ]
    scenes = timeline.scene_times(parts)
    try:
        sound.write_narration(narration, placed=placed, seconds=timeline.seconds)
        progress.tick()
        music.write_bed(
            bed,
            mood=wishes.mood,
            seed=wishes.seed,
            seconds=timeline.seconds,
            age_group=wishes.age_group,
            quiet=effects.thinking_spans(scenes),
        )
        progress.tick()
        music.write_wav(marks, effects.lay_effects(effects.find_effects(scenes), seconds=timeline.seconds))
        progress.tick()
        dry = any(part.dry for part in parts)
        return sound.mix(
            narration,
            bed,
            marks,
            target,
            seconds=timeline.seconds,
            dry=dry,
            small=small,
            tick=progress.tick,
        )
    finally:
        for path in (narration, bed, marks):
            path.unlink(missing_ok=True)
