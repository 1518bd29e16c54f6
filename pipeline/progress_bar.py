"""A project's progress on a terminal: step, scene, percent, time left. Quiet where nobody watches."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self, TextIO

from tqdm import tqdm

from pipeline.inline import Tick

NAMES = {
    "script": "writing the script",
    "visuals": "drawing",
    "voice": "speaking",
    "quiz": "asking questions",
    "compose": "filming",
    "qa": "checking",
}


class ProgressBar:
    """A listener for `inline.run_to_end`; on a terminal a bar, elsewhere a line a step."""

    def __init__(self, title: str, *, stream: TextIO = sys.stderr, is_quiet: bool = False) -> None:
        self._bar: tqdm[None] | None = None
        self._stream, self._title, self._quiet = stream, title, is_quiet
        self._last = ""

    def __enter__(self) -> Self:
        if not self._quiet and self._stream.isatty():
            self._bar = tqdm(
                total=100,
                desc=self._title,
                file=self._stream,
                bar_format="{desc:<28.28} {bar} {percentage:3.0f} %  {postfix}",
                leave=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, tick: Tick) -> None:
        label = NAMES.get(tick.step, tick.step)
        if tick.part == "film":
            label = "joining the film"
        if tick.scene is not None:
            label = f"{label}, scene {tick.scene + 1}"
        if self._bar is not None:
            self._bar.n = round(100 * tick.share)
            self._bar.set_postfix_str(f"{label}{_time_left(tick)}", refresh=True)
        elif not self._quiet and label and label != self._last:
            self._stream.write(f"{self._title}: {round(100 * tick.share):3d} %  {label}{_time_left(tick)}\n")
            self._stream.flush()
        self._last = label


def _time_left(tick: Tick) -> str:
    if tick.share < 0.05 or tick.seconds < 2:
        return ""
    left = tick.seconds * (1 - tick.share) / tick.share
    return f", about {left:.0f} s left"
