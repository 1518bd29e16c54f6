"""Flashes as WCAG 2.2 (success criterion 2.3.1) counts them, on a small picture of every frame.

A flash is a pair of opposing changes of relative luminance by 0.1 and more, the darker below 0.8 (general
flash), or a pair of opposing changes to or from a saturated red (red flash), on at least a quarter of the
picture at the same time. A quarter of the whole picture is our reading of "25 % of any 10 degrees of visual
field" for a phone held in the hand, whose screen is smaller than those 10 degrees.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

AREA = 0.25  # of the picture
GENERAL, DARKER_BELOW = 0.1, 0.8  # relative luminance
RED, SATURATED = 20.0, 0.8  # (R - G - B) · 320 in linear light; R / (R + G + B)
TOGETHER = 4  # frames: changes of different places this close count as one

Levels = NDArray[np.float32]


def count_flashes(frames: NDArray[np.uint8], fps: float) -> float:
    """The most general flashes in any second. `frames`: (frames, cells), brightness 0-255 with gamma."""
    light = _linear(frames)
    return _most(light, np.ones(light.shape, bool), GENERAL, DARKER_BELOW, fps)


def count_red_flashes(frames: NDArray[np.uint8], fps: float) -> float:
    """The most red flashes in any second. `frames`: (frames, cells, 3), RGB 0-255 with gamma."""
    light = _linear(frames)
    total = light.sum(axis=2)
    saturated = light[:, :, 0] >= SATURATED * np.maximum(total, 1e-6)
    excess = np.maximum(0.0, light[:, :, 0] - light[:, :, 1] - light[:, :, 2]) * 320
    return _most(excess.astype(np.float32), saturated, RED, np.inf, fps)


def _linear(frames: NDArray[np.uint8]) -> Levels:
    table = (np.arange(256, dtype=np.float32) / 255) ** np.float32(2.2)
    return np.asarray(table[frames], np.float32)


def _most(levels: Levels, telling: NDArray[np.bool_], least: float, darker_below: float, fps: float) -> float:
    """Pairs of opposing changes in the worst second; a change counts where its start or end is `telling`."""
    if len(levels) < 2:
        return 0.0
    extreme, told = levels[0].copy(), telling[0].copy()
    direction = np.zeros(levels.shape[1], np.int8)
    events = np.zeros(len(levels), np.float32)
    last_event, last_sign = -TOGETHER, 0
    latest = np.full(levels.shape[1], -TOGETHER, np.int32)
    latest_way = np.zeros(levels.shape[1], np.int8)
    for number in range(1, len(levels)):
        now = levels[number]
        difference = now - extreme
        far = (np.abs(difference) >= least) & (np.minimum(now, extreme) < darker_below)
        way = np.sign(difference).astype(np.int8)
        changed = far & (way != direction) & (telling[number] | told)
        latest[changed], latest_way[changed] = number, way[changed]
        recent = latest > number - TOGETHER
        for sign in (-1, 1) if changed.any() else ():
            if (recent & (latest_way == sign)).mean() >= AREA and changed[latest_way == sign].any():
                if sign != last_sign or number - last_event >= TOGETHER:
                    events[number] += 1
                last_event, last_sign = number, sign
        grown = (way == direction) & (direction != 0)
        moved = changed | grown
        extreme = np.where(moved, now, extreme)
        told = np.where(moved, telling[number], told | telling[number])
        direction = np.where(changed, way, direction)
    window = min(len(events), max(1, round(fps)))
    return float(np.convolve(events, np.ones(window, np.float32), "valid").max() / 2)
