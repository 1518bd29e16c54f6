"""What comes in when, in a scene: the moments that a quiet sound may mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.media.layers import CountUp, Layer, Piece

TOGETHER = 0.25  # seconds: what comes in closer than this is one reveal
EARLIEST = 0.9  # what enters with the scene itself is its entrance, not a reveal


@dataclass(frozen=True)
class Reveal:
    """`kind`: "pop" (a picture, a row, a mark) or "number" (a figure that counts). Seconds of the scene."""

    start: float
    kind: str


def find_reveals(layers: Sequence[Layer]) -> list[Reveal]:
    """The reveals of a scene in order; of those that come together, a number stands for all."""
    found = [Reveal(layer.start, "number") for layer in layers if isinstance(layer, CountUp)]
    found += [
        Reveal(layer.start, "pop") for layer in layers if isinstance(layer, Piece) and layer.motion == "pop"
    ]
    kept: list[Reveal] = []
    for reveal in sorted(found, key=lambda one: (one.start, one.kind)):
        if reveal.start < EARLIEST and reveal.kind == "pop":
            continue
        if kept and reveal.start - kept[-1].start < TOGETHER:
            if reveal.kind == "number":
                kept[-1] = reveal
            continue
        kept.append(Reveal(round(reveal.start, 3), reveal.kind))
    return kept
