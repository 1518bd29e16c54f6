"""How a step has a clip made: asked for once, polled by later claims, fetched at the end.

The job's id goes back as `Waiting`, so that it is stored on the run before anything asks for it again: a
worker that dies in between costs a poll, never a second clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.providers.base import ClipRequest, Result, VideoGenerationAPI
from pipeline.providers.errors import Usage
from pipeline.steps.base import Waiting

POLL_SECONDS = 5.0


@dataclass(frozen=True)
class NoClip:
    """The vendor gave none: the scene moves by our own means, and the reason is named for the reviewer."""

    reason: str
    usage: Usage


def work_on_clip(
    provider: VideoGenerationAPI, request: ClipRequest, path: Path, *, resume: str = ""
) -> Waiting | Result[Path] | NoClip:
    """One claim's share of a clip. `resume` is the job's id of an earlier `Waiting`. Raises ProviderError."""
    if not resume:
        return Waiting(provider.submit(request), POLL_SECONDS)
    state = provider.poll(resume)
    if state.state in {"queued", "running"}:
        return Waiting(resume, POLL_SECONDS)
    if state.state != "succeeded":
        said = "declined" if state.state == "refused" else "could not make"
        return NoClip(f"clip: the provider {said} it, a moving picture is shown", state.usage)
    made = provider.fetch(resume, path)
    return Result(made.value, state.usage, made.provider, made.model, resume, made.seconds)
