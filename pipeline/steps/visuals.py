"""Step `visuals`: what each scene shows, by the provider of pictures; and the clip of a scene that moves,
which sets out from its picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.providers.base import DrawRequest, ImageProvider
from pipeline.steps import clip_work, own_media
from pipeline.steps.base import (
    OWN,
    Brief,
    Finished,
    Job,
    Limits,
    MadeFile,
    Output,
    Report,
    SceneText,
    Step,
    Waiting,
    ignore_progress,
)

WIDTH, HEIGHT = 1080, 1920


class VisualsStep(Step):
    name = "visuals"
    version = 1
    queue = "image"
    limits = Limits(soft=210, hard=240, lease=300)
    provider_kind = "image"
    weight = 0.4

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        """One a scene, as soon as there are scenes; one more where a clip is wanted and its picture there."""
        wishes = (brief.visual_style or "auto").split()
        # The wish for clips is none of the pictures' business: it would have every one of them drawn again.
        style = " ".join(word for word in wishes if word != clip_work.WISH) or "auto"
        pictures = [
            own_media.picture_job(
                self.name,
                scene,
                style=style,
                subject=subject_of_film(brief, done),
                age_group=brief.age_group,
            )
            if scene.own_picture is not None
            else Job(
                step=self.name,
                scene=scene.position,
                key=scene.key,
                inputs={
                    "description": scene.visual_description,
                    "kind": scene.visual_kind,
                    "on_screen_text": scene.on_screen_text,
                    "items": list(scene.items),
                    "narration": scene.narration,
                    "role": scene.role,
                    "style": style,
                    "subject": subject_of_film(brief, done),
                    "age_group": brief.age_group,
                    "seed": scene.visual_take,
                    "width": WIDTH,
                    "height": HEIGHT,
                },
            )
            for scene in scenes
        ]
        clips = []
        for scene in scenes:
            drawn = done.one(self.name, scene=scene.position)
            if drawn is not None and clip_work.wants_clip(scene, style=" ".join(wishes)):
                clips.append(
                    clip_work.clip_job(
                        self.name,
                        scene,
                        style=style,
                        age_group=brief.age_group,
                        files=drawn.files,
                        width=WIDTH,
                        height=HEIGHT,
                    )
                )
        return [*pictures, *clips]

    def provider_for(self, part: str) -> str:
        return {clip_work.PART: "clip", OWN: ""}.get(part, self.provider_kind)

    def run(
        self,
        inputs: Mapping[str, Any],
        workdir: Path,
        *,
        provider: Any = None,
        report: Report = ignore_progress,
        resume: str = "",
    ) -> Output | Waiting:
        if OWN in inputs:
            return own_media.lay_out_picture(inputs, workdir)
        if "seconds" in inputs:
            return clip_work.make_clip(inputs, workdir, provider, resume)
        painter: ImageProvider = provider
        report(0.0)
        request = DrawRequest(
            description=str(inputs["description"]),
            kind=str(inputs["kind"]),
            on_screen_text=str(inputs["on_screen_text"]),
            items=tuple(str(item) for item in inputs["items"]),
            narration=str(inputs["narration"]),
            role=str(inputs["role"]),
            style=str(inputs["style"]),
            subject=str(inputs["subject"]),
            age_group=str(inputs["age_group"]),
            seed=int(inputs["seed"]),
            width=int(inputs["width"]),
            height=int(inputs["height"]),
        )
        result = painter.draw(request, workdir)
        spec: dict[str, Any] = dict(result.value.spec)
        for path in result.value.files:  # a member that only makes a file need not know how it is drawn
            key = "clip" if path.suffix == ".mp4" else "picture"
            spec.setdefault(key, {"file": path.name})
        fallbacks = [str(text) for text in spec.pop("fallbacks", None) or []]
        report(1.0)
        return Output(
            facts={"spec": spec, "fallbacks": fallbacks},
            files=tuple(MadeFile(name=path.name, path=path, kind="picture") for path in result.value.files),
            usage=result.usage,
            provider=result.provider,
            model=result.model,
            request_id=result.request_id,
        )


def subject_of_film(brief: Brief, done: Finished) -> str:
    """ "Topic: concept": one for all scenes, so that a film keeps its colours."""
    script = done.one("script")
    topic = ""
    if script is not None:
        topic = str((script.facts.get("script") or {}).get("topic", ""))
    return f"{topic}: {brief.concept}".strip(": ") if topic or brief.concept else ""
