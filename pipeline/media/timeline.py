"""A film's times: where scenes, words and captions lie. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.media import captions, effects
from pipeline.media.canvas import FPS
from pipeline.media.captions import Cue, Pace, TimedWord
from pipeline.media.glances import Glance
from pipeline.media.reveals import Reveal


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
    glance: Glance = field(default_factory=lambda: Glance(0, (), (), ()))
    ssim: Mapping[str, float] = field(default_factory=dict)  # rung → likeness to what was drawn

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


def weakest_timing(parts: Sequence[ScenePart]) -> str:
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
