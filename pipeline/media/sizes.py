"""The size and the pace of every film; apart from `canvas`, so that planning loads no drawing library."""

from __future__ import annotations

WIDTH, HEIGHT, FPS = 1080, 1920, 30
