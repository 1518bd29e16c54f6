"""The usual member of the `clip` family: our own motion over a still picture, free and at once.

Its "clip" is a description of how the picture moves, made from the scene's kind and take; it is drawn with
the scene, in the one encode that a scene gets anyway.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.providers.base import ClipRequest, ClipState
from pipeline.providers.errors import RequestRejected, Usage
from pipeline.providers.results import JSON, Result

VERSION = 1
PATHS = ("push-in", "pull-out", "drift-left", "drift-right", "rise")
EASINGS = ("ease-in-out", "ease-out")
MOST_ZOOM = 1.12
JOB = "motion:"


class Renderer:
    """Takes no options."""

    name = "offline"
    model = f"motion-{VERSION}"

    def identity(self) -> Mapping[str, JSON]:
        return {"provider": self.name, "model": self.model}

    def submit(self, request: ClipRequest) -> str:
        """The job's id holds the whole description: nothing is kept anywhere."""
        return JOB + json.dumps(describe(request), sort_keys=True, separators=(",", ":"))

    def poll(self, job_id: str) -> ClipState:
        self._read(job_id)
        return ClipState("succeeded", 1.0)

    def fetch(self, job_id: str, path: Path) -> Result[Path]:
        """Writes the description as JSON."""
        path.write_text(json.dumps(self._read(job_id), sort_keys=True))
        return Result(path, Usage(), self.name, self.model)

    def _read(self, job_id: str) -> dict[str, Any]:
        try:
            value = json.loads(job_id.removeprefix(JOB))
        except ValueError:
            value = None
        if not job_id.startswith(JOB) or not isinstance(value, dict):
            raise RequestRejected("This is no job of ours.", provider=self.name, usage=Usage())
        return value


def describe(request: ClipRequest) -> dict[str, Any]:
    """Path, zoom and easing of a scene's picture; the same request always gives the same."""
    salt = f"{request.prompt}|{request.seed}"
    number = int.from_bytes(hashlib.sha256(salt.encode()).digest()[:4])
    return {
        "version": VERSION,
        "path": PATHS[number % len(PATHS)],
        "easing": EASINGS[number // 7 % len(EASINGS)],
        "zoom": round(1.04 + (MOST_ZOOM - 1.04) * (number % 101) / 100, 3),
        "seconds": round(request.seconds, 3),
    }
