"""Charts as SVG from the server, each with its table twin: no script, right in both colours and on paper.

Pure: values in, geometry out; `templates/studio/parts/chart.html` draws it. A series is told apart by its
place and its legend's word, never by colour alone; every bar carries its figure in its title.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, FOOT, LEFT = 640, 200, 24, 40  # of the drawing, in its own units
WIDEST = 64  # of a bar: one alone is a bar, no wall


@dataclass(frozen=True)
class Series:
    """`tone` names the colour of `studio.css` (st-tone-1, st-tone-2)."""

    name: str
    values: Sequence[float | None]  # None: unknown, drawn as nothing and said as "–"
    tone: int = 1


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    tone: int
    title: str


@dataclass(frozen=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True)
class Mark:
    """A dashed line at a place between 0 and 1 of the width, with a word: a scene begins, a finding."""

    at: float
    text: str


@dataclass(frozen=True)
class Chart:
    title: str
    unit: str
    legend: Sequence[Series]
    bars: Sequence[Bar]
    grid: Sequence[Tick]
    labels: Sequence[Tick]
    marks: Sequence[Tick]
    head: Sequence[str]
    table: Sequence[Sequence[str]]
    as_of: str = ""
    width: int = WIDTH
    height: int = HEIGHT + FOOT
    base: int = HEIGHT
    left: int = LEFT

    @property
    def is_empty(self) -> bool:
        return not any(value for series in self.legend for value in series.values)


def draw_bars(
    *,
    title: str,
    unit: str,
    labels: Sequence[str],
    series: Sequence[Series],
    as_of: str = "",
    digits: int = 0,
    highest: float | None = None,
    marks: Sequence[Mark] = (),
) -> Chart:
    """Grouped bars, one group a label. `highest` fixes the top of the axis, such as 100 for per cent."""
    known = [value for one in series for value in one.values if value is not None]
    top = highest or _round_up(max([*known, 0]))
    group = (WIDTH - LEFT) / max(len(labels), 1)
    wide = min(max(group * 0.76 / max(len(series), 1), 1), WIDEST)
    free = (group - wide * len(series)) / 2  # on either side of a group's bars
    bars = []
    for place, one in enumerate(series):
        for number, value in enumerate(one.values):
            if value is None:
                continue
            tall = min(value / top, 1) * (HEIGHT - 12)
            x = LEFT + number * group + free + place * wide
            text = f"{labels[number]}: {value:.{digits}f} {unit}, {one.name}"
            bars.append(
                Bar(round(x, 1), round(HEIGHT - tall, 1), round(wide, 1), round(tall, 1), one.tone, text)
            )
    every = max(len(labels) // 8, 1)
    return Chart(
        title=title,
        unit=unit,
        legend=series,
        bars=bars,
        grid=[
            Tick(round(HEIGHT - share * (HEIGHT - 12), 1), f"{top * share:.{_digits(top, digits)}f}")
            for share in (0, 0.5, 1)
        ],
        labels=[
            Tick(round(LEFT + (number + 0.5) * group, 1), label)
            for number, label in enumerate(labels)
            if number % every == 0
        ],
        marks=[Tick(round(LEFT + mark.at * (WIDTH - LEFT), 1), mark.text) for mark in marks],
        head=["", *(one.name for one in series)],
        table=[
            [label, *(_say(one.values[number], digits) for one in series)]
            for number, label in enumerate(labels)
        ],
        as_of=as_of,
    )


def _say(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _digits(top: float, digits: int) -> int:
    return max(digits, 1) if top < 4 else digits


def _round_up(value: float) -> float:
    """The next of 1, 2, 4, 5, 10 times a power of ten; 1 for nothing."""
    if value <= 0:
        return 1.0
    size = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 0.01
    while True:
        for step in (1, 2, 4, 5):
            if value <= step * size:
                return step * size
        size *= 10
