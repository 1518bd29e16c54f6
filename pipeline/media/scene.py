"""A scene: a pure function of its description, drawn once, encoded once into all rungs.

The same description gives the same frames. Times are seconds of the scene; its speech begins at `LEAD`.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.media import background, captions, evidence, ladder, layouts, lettering, memory, shapes
from pipeline.media.burned import BurnedCaptions
from pipeline.media.canvas import FPS, WIDTH, Frame, Stamp, lay
from pipeline.media.captions import Cue, Pace, TimedWord
from pipeline.media.cast import Cast
from pipeline.media.encoder import LadderEncoder
from pipeline.media.ffmpeg import beside, no_space
from pipeline.media.glances import Glance, Watch
from pipeline.media.layers import CountUp, Dust, Layer, Piece
from pipeline.media.palettes import Palette
from pipeline.media.reveals import Reveal, find_reveals

LEAD = 0.2  # silence before the speech: the entrance
TAIL = 0.15  # silence after it: the exit; together the author's 0.35 s between scenes
LAST_TAIL = 0.8
BORDER = 0.3  # seconds in which the ground turns to the neighbour's
REPORT_EVERY = 0.2  # seconds of work between two reports
GROUND_EVERY = 2  # frames that share one mixture of the moving ground
WATCHED = "480"  # the rung at whose size a scene is looked at
EXIT = 0.2  # seconds in which the content leaves
# A set-up needs a hundred megabytes for a tenth of a second: the scenes of a process take turns.
_setting_up = threading.Lock()


@dataclass(frozen=True)
class SceneDescription:
    """Everything a scene depends on. `words` are relative to the speech; `speech_seconds` is its length."""

    spec: dict[str, Any]
    palette: Palette
    words: tuple[TimedWord, ...]
    speech_seconds: float
    pause_seconds: float = 0.0
    position: int = 0
    scenes_total: int = 1
    previous_palette: Palette | None = None
    next_palette: Palette | None = None
    burned_captions: bool = True
    age_group: str = "8-10"
    brand: str = ""
    pace: Pace = field(default_factory=Pace)
    lit_words: bool = True  # False where the words' times are only estimated
    folder: Path | None = None  # where the files that `spec` names lie

    @property
    def frames(self) -> int:
        """An even number, so that every rung's joins fall on whole ticks of the sound as well."""
        tail = LAST_TAIL if self.next_palette is None else TAIL
        return 2 * math.ceil((LEAD + self.speech_seconds + self.pause_seconds + tail) * FPS / 2)

    @property
    def seconds(self) -> float:
        return self.frames / FPS

    @property
    def spoken(self) -> tuple[TimedWord, ...]:
        """The words in the scene's own time."""
        return tuple(TimedWord(word.text, word.start + LEAD, word.end + LEAD) for word in self.words)

    def cues(self) -> list[Cue]:
        return captions.scene_cues(
            self.spoken,
            scene_seconds=self.seconds,
            is_last=self.next_palette is None,
            age_group=self.age_group,
            pace=self.pace,
        )


@dataclass
class SceneFacts:
    frames: int
    seconds: float
    text_contrast: float
    glance: Glance
    ssim: dict[str, float]  # rung → likeness of the encoded to the drawn
    fallbacks: list[str] = field(default_factory=list)
    reveals: list[Reveal] = field(default_factory=list)


class _Stage:
    """The grounds of a scene: own and neighbours', bare and with what has come to rest."""

    def __init__(self, scene: SceneDescription, tick: Callable[[], None]) -> None:
        self._scene = scene
        self._chrome = _Chrome(scene)
        self.baked = (self._plate(scene.palette, 0), self._plate(scene.palette, 1))
        tick()
        # Needed in the first or last third of a second only, and 3 MB each: made when wanted, then dropped.
        self._before: Frame | None = None
        self._after: Frame | None = None
        self._bare: Frame | None = None
        self._ground = Frame()
        self._mixed = -1.0  # the second that `_ground` shows; below 0: none

    def _plate(self, palette: Palette, position: int) -> Frame:
        plate = background.make_plate(palette, position)
        self._chrome.draw(plate)
        return plate

    def bake(self, layer: Layer, dust: Dust) -> None:
        self._mixed = -1.0
        for plate in self.baked:
            layer.draw(plate, math.inf if not isinstance(layer, CountUp) else layer.rests)
        if isinstance(layer, Piece):
            sprite, left, top = layer.stamp.at(layer.x, layer.y)
            dust.hide_behind(sprite, left, top)
            layer.stamp.forget()

    def lay_ground(self, frame: Frame, share: float, dust: Dust, t: float) -> None:
        """The ground at `t` with all that rests on it and its dust; mixed anew only when one has changed."""
        if t != self._mixed:
            self._ground.mix(self.baked[0], self.baked[1], share)
            dust.draw(self._ground, t)
            self._mixed = t
        frame.copy_from(self._ground)

    def finish(self, frame: Frame, t: float) -> None:
        """The scene's borders: content leaves for the bare ground, the ground turns to the neighbour's."""
        left = self._scene.seconds - t - 1 / FPS
        previous, following = self._scene.previous_palette, self._scene.next_palette
        if following is not None and left < BORDER:
            if left < EXIT:
                # The light is back in its first position by then, to a hundredth.
                self._bare = self._bare or self._plate(self._scene.palette, 0)
                frame.mix(frame, self._bare, 1 - left / EXIT)
            self._after = self._after or self._plate(following, 0)
            frame.mix(frame, self._after, 0.5 * (1 - left / BORDER) ** 1.5)
        if previous is not None and t < BORDER:
            self._before = self._before or self._plate(previous, 0)
            frame.mix(frame, self._before, 0.5 * (1 - t / BORDER) ** 1.5)
        else:
            self._before = None


class _Chrome:
    """Progress segments (past ones full) and the brand, made once a scene."""

    def __init__(self, scene: SceneDescription) -> None:
        width, gap = _segment(scene.scenes_total)
        full = make_sprite_of(shapes.rounded(width, 8, 4, "#ffffff", 0.95))
        empty = make_sprite_of(shapes.rounded(width, 8, 4, "#ffffff", 0.28))
        self._segments = [
            (full if index < scene.position else empty, 60 + index * (width + gap))
            for index in range(scene.scenes_total)
        ]
        name = lettering.printable(scene.brand, lettering.BODY)
        self._mark = Stamp(shapes.brand(name, scene.palette)) if name else None

    def draw(self, frame: Frame) -> None:
        for sprite, x in self._segments:
            lay(frame, sprite, x, 72)
        if self._mark is not None:
            self._mark.lay(frame, 60, 112)


def make_sprite_of(picture: Image.Image) -> Any:
    """A sprite of even size without the margins of a stamp."""
    sprite, _, _ = Stamp(picture).at(4, 4)
    inner = slice(4, 4 + picture.height), slice(4, 4 + picture.width)
    half = slice(2, 2 + picture.height // 2), slice(2, 2 + picture.width // 2)
    return type(sprite)(sprite.y[inner], sprite.y_keep[inner], sprite.uv[half], sprite.uv_keep[half])


def _segment(total: int) -> tuple[int, int]:
    """Width and gap of a progress segment, even."""
    gap = 14 if total <= 14 else 8
    return max(4, ((WIDTH - 120 - gap * (total - 1)) // total) // 2 * 2), gap


class _Progress:
    """The current segment, filling."""

    def __init__(self, scene: SceneDescription) -> None:
        self._width, gap = _segment(scene.scenes_total)
        self._x = 60 + scene.position * (self._width + gap)
        self._sprite = make_sprite_of(shapes.rounded(self._width, 8, 4, "#ffffff", 0.95))
        self._seconds = scene.seconds

    def draw(self, frame: Frame, t: float) -> None:
        width = int(self._width * min(1.0, (t + 1 / FPS) / self._seconds)) // 2 * 2
        if width < 2:
            return
        sprite = self._sprite
        part = type(sprite)(
            sprite.y[:, :width],
            sprite.y_keep[:, :width],
            sprite.uv[:, : width // 2],
            sprite.uv_keep[:, : width // 2],
        )
        lay(frame, part, self._x, 72)


class SceneDrawing:
    """Draws the frames of a scene in order: `draw(0)`, `draw(1)`, … into one reused frame."""

    def __init__(self, scene: SceneDescription, tick: Callable[[], None] = lambda: None) -> None:
        self.scene = scene
        self._stage = _Stage(scene, tick)
        words = scene.spoken
        cast = Cast(
            spec=scene.spec,
            palette=scene.palette,
            words=words,
            seconds=scene.seconds,
            speech_end=LEAD + scene.speech_seconds,
            pause_seconds=scene.pause_seconds,
            folder=scene.folder,
        )
        tick()
        self._waiting: list[Layer] = list(layouts.build(cast))
        self.reveals = find_reveals(self._waiting)
        self.fallbacks = list(cast.fallbacks)
        self._ground, self._veil = cast.ground, cast.veil
        self._chrome = _Chrome(scene)
        tick()
        self._dust = Dust(
            scene.palette, seconds=scene.seconds, seed=int(scene.spec.get("seed", 0)) + scene.position
        )
        cues = scene.cues() if scene.burned_captions else []
        self._captions = BurnedCaptions(
            cues, age_group=scene.age_group, palette=scene.palette, lit_words=scene.lit_words
        )
        self._progress = _Progress(scene)
        self._contrast = 21.0
        self.frame = Frame()
        moment = scene.spec.get("layout") == "moment"
        still = LEAD + scene.speech_seconds if moment else scene.seconds - BORDER - 2 / FPS
        self._still_at = min(scene.frames - 1, max(0, round(still * FPS)))
        self.still: Frame | None = None

    @property
    def text_contrast(self) -> float:
        """The lowest contrast of a text on its ground, 1-21; whole only after the last frame."""
        if self._ground is None:
            for layer in self._waiting:
                self._measure(layer)
        return min(self._contrast, self._captions.text_contrast)

    def _measure(self, layer: Layer) -> None:
        if isinstance(layer, Piece | CountUp):
            self._contrast = min(self._contrast, *(layer.contrast(plate) for plate in self._stage.baked))

    def _bake(self, t: float) -> None:
        """What has come to rest by `t` goes into the ground."""
        resting = [layer for layer in self._waiting if layer.rests <= t]
        for layer in resting:
            self._measure(layer)
        for layer in resting:
            self._stage.bake(layer, self._dust)
        if resting:
            self._waiting = [layer for layer in self._waiting if layer.rests > t]

    def _draw_picture(self, frame: Frame, number: int) -> None:
        """A picture as the ground: nothing is baked into what moves, so what stands on it is laid anew."""
        if self._ground is not None:
            self._ground.draw(frame, number / FPS)
        if self._veil is not None:
            self._veil.draw(frame)
        if number % FPS == 0:
            for layer in self._waiting:
                if isinstance(layer, Piece):
                    self._contrast = min(self._contrast, layer.contrast(frame))
        self._chrome.draw(frame)

    def draw(self, number: int) -> Frame:
        t = number / FPS
        # The light moves at most two levels in two frames and the dust a pixel or two: mixing every second
        # one is not seen, and the encoder finds whole pictures that have not changed.
        even = number // GROUND_EVERY * GROUND_EVERY / FPS
        share = background.share_of_second(even, self.scene.seconds)
        frame = self.frame
        if self._ground is None:
            self._bake(t)
            self._stage.lay_ground(frame, share, self._dust, even)
        else:
            self._draw_picture(frame, number)
        for layer in self._waiting:
            layer.draw(frame, t)
        if number == self._still_at:
            self.still = frame.copy()
        self._stage.finish(frame, t)
        self._captions.draw(frame, t)
        self._progress.draw(frame, t)
        return frame


def render(
    scene: SceneDescription, folder: Path, *, report: Callable[[float], None], limit: float = 230.0
) -> SceneFacts:
    """Writes the files of `ladder.ENCODED`, `still.jpg` and `glances.FILES`. Raises `MediaFailed`."""
    memory.keep_pictures_apart()
    try:
        return _render(scene, folder, report=report, limit=limit)
    finally:
        memory.give_back()


def _render(
    scene: SceneDescription, folder: Path, *, report: Callable[[float], None], limit: float
) -> SceneFacts:
    targets = {rung.name: folder / f"{rung.name}.mp4" for rung in ladder.ENCODED}
    report(0.0)
    with _setting_up:
        drawing = SceneDrawing(scene, tick=lambda: report(0.0))
        memory.give_back()  # the set-up draws everything larger than it is shown
    watch, sample = Watch(), evidence.choose_sample(scene.frames, keyframe_every=ladder.KEYFRAME_EVERY)
    try:
        with beside(*targets.values()) as parts:
            paths = dict(zip(targets, parts, strict=True))
            with LadderEncoder(drawing.frame, paths, limit=limit) as encoder:
                reported = time.monotonic()
                for number in range(scene.frames):
                    drawing.draw(number)
                    encoder.encode()
                    watch.see(*encoder.shown(WATCHED))
                    if number == sample:
                        drawn = drawing.frame.y.copy()
                    if time.monotonic() - reported > REPORT_EVERY:
                        reported = time.monotonic()
                        report(0.97 * number / scene.frames)
            likeness = evidence.compare(drawn, sample, paths)
        glance = watch.write(folder)
        report(0.98)
        still = drawing.still or drawing.draw(scene.frames - 1)
        with beside(folder / "still.jpg") as parts:
            Image.fromarray(still.to_rgb()).save(parts[0], "JPEG", quality=88, optimize=True)
    except OSError as error:
        raise no_space() from error
    report(1.0)
    return SceneFacts(
        frames=scene.frames,
        seconds=scene.seconds,
        text_contrast=round(drawing.text_contrast, 2),
        reveals=drawing.reveals,
        glance=glance,
        ssim=likeness,
        fallbacks=drawing.fallbacks,
    )
