"""Step `compose`: each scene drawn and encoded once, then the film joined from them with its sound.

Part "scene" knows only its own words and its neighbours' colours, so an edit redoes one scene and
the film. Part "film" copies the streams, mixes the sound, and measures what every film proves about itself.
How is in `compose_work`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.media import palettes
from pipeline.media.ladder import ENCODED, SEEN
from pipeline.quality.audience import audience
from pipeline.steps import clip_work
from pipeline.steps.base import (
    Brief,
    Done,
    Finished,
    Job,
    Limits,
    Output,
    Report,
    SceneText,
    Step,
    ignore_progress,
)


class ComposeStep(Step):
    name = "compose"
    version = 6
    queue = "render"
    limits = Limits(soft=240, hard=270, lease=330)
    weight = 8.0

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        """A scene's job when its voice and the pictures around it are there; the film's when all are."""
        made = [self._scene_job(brief, scenes, index, done) for index in range(len(scenes))]
        jobs = [job for job in made if job is not None]
        film = self._film_job(brief, scenes, done)
        return [*jobs, film] if film is not None else jobs

    def _scene_job(self, brief: Brief, scenes: Sequence[SceneText], index: int, done: Finished) -> Job | None:
        text = scenes[index]
        visuals, voice = done.one("visuals", scene=text.position), done.one("voice", scene=text.position)
        before = done.one("visuals", scene=scenes[index - 1].position) if index else None
        after = done.one("visuals", scene=scenes[index + 1].position) if index + 1 < len(scenes) else None
        lacks = (index > 0 and before is None) or (index + 1 < len(scenes) and after is None)
        clip = done.one("visuals", part=clip_work.PART, scene=text.position)
        if clip is None and clip_work.wants_clip(text, style=brief.visual_style):
            return None
        if visuals is None or voice is None or lacks:
            return None
        spec, files = visuals.facts["spec"], dict(visuals.files)
        if clip is not None:
            spec = {**spec, **{key: clip.facts[key] for key in ("clip", "motion") if key in clip.facts}}
            files |= clip.files
        limits = audience(brief.age_group)
        return Job(
            step=self.name,
            part="scene",
            scene=text.position,
            key=text.key,
            inputs={
                "spec": spec,
                "role": text.role,
                "words": voice.facts["words"],
                "seconds": voice.facts["seconds"],
                "timing": voice.facts.get("timing", "exact"),
                "pause_seconds": text.pause_seconds,
                "position": index,
                "scenes_total": len(scenes),
                "previous_palette": _palette(before),
                "next_palette": _palette(after),
                "burned_captions": brief.burned_captions,
                "age_group": brief.age_group,
                "on_screen_text": text.on_screen_text,
                "brand": brief.brand,
                "caption_words": limits.caption_words,
                "caption_seconds": limits.caption_seconds,
                "caption_characters": limits.caption_characters_per_second,
            },
            files=files,
        )

    def _film_job(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> Job | None:
        composed = done.all_scenes(self.name, scenes, part="scene")
        voices = done.all_scenes("voice", scenes)
        if composed is None or voices is None:
            return None
        script = done.one("script")
        title = str((script.facts.get("script") or {}).get("title", "")) if script is not None else ""
        topic = str((script.facts.get("script") or {}).get("topic", "")) if script is not None else ""
        subject = palettes.subject_of(f"{topic} {brief.concept}")
        limits = audience(brief.age_group)
        files: dict[str, str] = {"opening.jpg": composed[0].files["still.jpg"]}
        parts: list[dict[str, Any]] = []
        for text, picture, voice in zip(scenes, composed, voices, strict=True):
            for rung in ENCODED:
                files[f"{text.position:02}-{rung.name}.mp4"] = picture.files[f"{rung.name}.mp4"]
            for name in SEEN:
                files[f"{text.position:02}-{name}"] = picture.files[name]
            files[f"{text.position:02}-speech.wav"] = voice.files["speech.wav"]
            parts.append(
                {
                    "position": text.position,
                    "role": text.role,
                    "seconds": picture.facts["seconds"],
                    "seconds_lead": picture.facts["seconds_lead"],
                    "words": voice.facts["words"],
                    "speech_seconds": voice.facts["seconds"],
                    "text_contrast": picture.facts["text_contrast"],
                    "fallbacks": picture.facts["fallbacks"],
                    "glance": picture.facts["glance"],
                    "ssim": picture.facts["ssim"],
                    "timing": voice.facts.get("timing", "exact"),
                    "reveals": picture.facts.get("reveals", []),
                    "dry": voice.facts.get("provider", "offline") == "offline",
                }
            )
        return Job(
            step=self.name,
            part="film",
            inputs={
                "title": title,
                "scenes": parts,
                "mood": palettes.SUBJECTS[subject][1],
                "licences": _licences(composed),
                "seed": int.from_bytes(hashlib.sha256(title.encode()).digest()[:4]),
                "age_group": brief.age_group,
                "language": brief.language,
                "caption_words": limits.caption_words,
                "caption_seconds": limits.caption_seconds,
                "caption_characters": limits.caption_characters_per_second,
            },
            files=files,
        )

    def run(
        self,
        inputs: Mapping[str, Any],
        workdir: Path,
        *,
        provider: Any = None,
        report: Report = ignore_progress,
        resume: str = "",
    ) -> Output:
        from pipeline.steps import compose_work  # noqa: PLC0415 - what draws is loaded where something is drawn

        return compose_work.work(inputs, workdir, report=report, limit=float(self.limits.soft - 10))


def _licences(composed: Sequence[Done]) -> list[dict[str, str]]:
    """What the scenes show that somebody has rights in, each once, by name."""
    found = {str(one["asset"]): dict(one) for done in composed for one in done.facts.get("licences", [])}
    return [found[name] for name in sorted(found)]


def _palette(visuals: Done | None) -> Any:
    return None if visuals is None else visuals.facts["spec"]["palette"]
