"""How a step has a clip made: asked for once, polled by later claims, fetched at the end.

The job's id goes back as `Waiting`, so that it is stored on the run before anything asks for it again: a
worker that dies in between costs a poll, never a second clip. A vendor that gives no clip loses the scene
nothing but the clip: the built-in motion over the still picture takes its place, and the reviewer is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.providers import caller, motion, prompts
from pipeline.providers.base import ClipRequest, Result, VideoGenerationAPI
from pipeline.providers.errors import ContentRefused, Usage
from pipeline.steps.base import Job, MadeFile, Output, SceneText, Waiting, canonical_json

PART = "clip"
WISH = "clips"  # the word of the brief's style that asks for moving pictures
POLL_SECONDS = 5.0
# Of every clip, whatever the scene says: another sentence must not pay for another clip. The renderer slows
# it down, or holds its last picture, to the end of the scene.
CLIP_SECONDS = 6.0
PICTURED_KINDS = frozenset({"picture", "statement"})
CLIP, STILL = "clip.mp4", "picture.png"
NO_VENDOR = "clip: no provider of clips is configured, the picture moves by our own means"


@dataclass(frozen=True)
class NoClip:
    """The vendor gave none: the scene moves by our own means, and the reason is named for the reviewer."""

    reason: str
    usage: Usage


def wants_clip(scene: SceneText, *, style: str) -> bool:
    """Whether a scene is a moving picture: by its kind, or because the brief asks for clips wherever a plain
    picture is shown. Never chosen by a model: it costs money."""
    wishes = style.split()
    if scene.role != "scene" or scene.own_picture is not None or "reduced-motion" in wishes:
        return False
    return scene.visual_kind == "clip" or (WISH in wishes and scene.visual_kind in PICTURED_KINDS)


def clip_job(
    step: str,
    scene: SceneText,
    *,
    style: str,
    age_group: str,
    files: Mapping[str, str],
    width: int,
    height: int,
) -> Job:
    """The job of a scene's clip; `files` are those of its picture, which the clip sets out from."""
    return Job(
        step=step,
        part=PART,
        scene=scene.position,
        key=scene.key,
        inputs={
            "description": scene.visual_description,
            "style": style,
            "age_group": age_group,
            "seconds": CLIP_SECONDS,
            "seed": scene.clip_take,
            "width": width,
            "height": height,
            "prompt": prompts.load("clip").label,
        },
        files=dict(files),
    )


def make_clip(
    inputs: Mapping[str, Any], workdir: Path, provider: VideoGenerationAPI, resume: str
) -> Output | Waiting:
    """One claim's share of a clip job: its facts hold `clip` (a file) or `motion`. Raises ProviderError."""
    request = read_request(inputs, workdir)
    if isinstance(provider, motion.Renderer):
        # A job of a vendor that this member stands in for may have been billed: nobody knows.
        lost = Usage(requests=1, seconds=request.seconds, estimated=True, cost=None) if resume else Usage()
        return _by_motion(request, NO_VENDOR, lost)
    try:
        found = work_on_clip(provider, request, workdir / CLIP, resume=resume)
    except ContentRefused as error:
        found = NoClip(
            "clip: the provider declined it, the picture moves by our own means", error.usage or Usage()
        )
    if isinstance(found, Waiting):
        return found
    if isinstance(found, NoClip):
        output = _by_motion(request, found.reason, found.usage)
        return replace(output, provider=_name_of(provider), model=str(getattr(provider, "model", "")))
    return Output(
        facts={"clip": {"file": CLIP}, "fallbacks": []},
        files=(
            MadeFile(
                CLIP, found.value, "clip", seconds=request.seconds, width=request.width, height=request.height
            ),
        ),
        usage=found.usage,
        provider=found.provider,
        model=found.model,
        request_id=found.request_id,
    )


def _by_motion(request: ClipRequest, reason: str, usage: Usage) -> Output:
    return Output(
        facts={"motion": motion.describe(request), "fallbacks": [reason]},
        usage=usage,
        provider=motion.Renderer.name,
        model=motion.Renderer.model,
    )


def _name_of(provider: VideoGenerationAPI) -> str:
    return str(provider.identity().get("provider", ""))


def read_request(inputs: Mapping[str, Any], workdir: Path) -> ClipRequest:
    """What the vendor is asked, from a job's inputs and the picture in its folder."""
    style = " ".join(word for word in str(inputs["style"]).split() if word != "auto")
    prompt = prompts.load("clip").text.format(
        age_group=inputs["age_group"],
        style=f"Colours: {style}.\n\n" if style else "",
        material=prompts.fence(str(inputs["description"])),
    )
    picture = workdir / STILL
    has_picture = picture.exists()
    mark = hashlib.sha256(picture.read_bytes()).hexdigest() if has_picture else ""
    own = hashlib.sha256(f"{canonical_json(dict(inputs))}{mark}".encode()).hexdigest()
    return ClipRequest(
        prompt=prompt,
        seconds=float(inputs["seconds"]),
        key=caller.job() or own,
        first_picture=picture if has_picture else None,
        width=int(inputs["width"]),
        height=int(inputs["height"]),
        seed=int(inputs["seed"]),
    )


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
        return NoClip(f"clip: the provider {said} it, the picture moves by our own means", state.usage)
    made = provider.fetch(resume, path)
    return Result(made.value, state.usage, made.provider, made.model, resume, made.seconds)
