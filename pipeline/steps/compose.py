"""Step `compose`: each scene drawn and encoded once, then the film joined from them with its sound.

Part "scene" knows only its own words and its neighbours' colours, so an edit redoes one scene and
the film. Part "film" copies the streams, mixes the sound, and measures what every film proves about itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.media import assembly, download, evidence, palettes, posters, scene, storyboard, timeline
from pipeline.media.captions import Pace, TimedWord
from pipeline.media.ffmpeg import MediaFailed
from pipeline.media.ladder import RUNGS
from pipeline.media.reveals import Reveal
from pipeline.quality.audience import audience
from pipeline.steps.base import (
    Brief,
    Done,
    Finished,
    Job,
    Limits,
    MadeFile,
    Output,
    Report,
    SceneText,
    Step,
    StepError,
    ignore_progress,
)

BRAND = "BrightByte"
_KINDS = {".m3u8": "playlist", ".vtt": "captions"}


class ComposeStep(Step):
    name = "compose"
    version = 3
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
        if visuals is None or voice is None or lacks:
            return None
        limits = audience(brief.age_group)
        return Job(
            step=self.name,
            part="scene",
            scene=text.position,
            inputs={
                "spec": visuals.facts["spec"],
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
                "brand": BRAND,
                "caption_words": limits.caption_words,
                "caption_seconds": limits.caption_seconds,
                "caption_characters": limits.caption_characters_per_second,
            },
            files=dict(visuals.files),
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
            for rung in RUNGS:
                files[f"{text.position:02}-{rung.name}.mp4"] = picture.files[f"{rung.name}.mp4"]
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
        report(0.0)
        try:
            if "spec" in inputs:
                return self._run_scene(inputs, workdir, report)
            return self._run_film(inputs, workdir, report)
        except MediaFailed as error:
            raise StepError(error.code, error.message, evidence=error.evidence) from error

    def _run_scene(self, inputs: Mapping[str, Any], workdir: Path, report: Report) -> Output:
        spec: dict[str, Any] = inputs["spec"]
        description = replace(describe_scene(inputs), folder=workdir)
        facts = scene.render(description, workdir, report=report, limit=float(self.limits.soft - 10))
        videos = [
            MadeFile(
                name=f"{rung.name}.mp4",
                path=workdir / f"{rung.name}.mp4",
                kind="scene",
                seconds=facts.seconds,
                width=rung.width,
                height=rung.height,
            )
            for rung in RUNGS
        ]
        still = MadeFile(name="still.jpg", path=workdir / "still.jpg", kind="frame", width=1080, height=1920)
        return Output(
            facts={
                "frames": facts.frames,
                "seconds": facts.seconds,
                "seconds_lead": scene.LEAD,
                "palette": spec["palette"],
                "text_contrast": facts.text_contrast,
                "fallbacks": facts.fallbacks,
                "reveals": [[reveal.start, reveal.kind] for reveal in facts.reveals],
            },
            files=(*videos, still),
        )

    def _run_film(self, inputs: Mapping[str, Any], workdir: Path, report: Report) -> Output:
        parts = [
            timeline.ScenePart(
                position=int(part["position"]),
                role=str(part["role"]),
                seconds=float(part["seconds"]),
                lead=float(part["seconds_lead"]),
                speech_seconds=float(part["speech_seconds"]),
                words=tuple(
                    TimedWord(str(word[0]), float(word[1]), float(word[2])) for word in part["words"]
                ),
                text_contrast=float(part.get("text_contrast", 21.0)),
                fallbacks=tuple(str(text) for text in part.get("fallbacks", [])),
                dry=bool(part.get("dry", True)),
                timing=str(part.get("timing", "exact")),
                reveals=tuple(Reveal(float(one[0]), str(one[1])) for one in part.get("reveals", [])),
            )
            for part in inputs["scenes"]
        ]
        facts = assembly.assemble(
            parts,
            workdir,
            wishes=assembly.Wishes(
                mood=str(inputs["mood"]),
                seed=int(inputs["seed"]),
                age_group=str(inputs["age_group"]),
                language=str(inputs["language"]),
                pace=_pace(inputs),
            ),
            report=report,
        )
        names = (*assembly.FILES, *facts["frame_files"])
        return Output(facts=facts, files=tuple(_made(workdir / name, facts) for name in names))


def describe_scene(inputs: Mapping[str, Any]) -> scene.SceneDescription:
    """What a scene's job draws, from its inputs."""
    before, after = inputs.get("previous_palette"), inputs.get("next_palette")
    spec: dict[str, Any] = dict(inputs["spec"])
    return scene.SceneDescription(
        spec=spec,
        palette=palettes.from_json(spec["palette"]),
        words=tuple(TimedWord(str(word[0]), float(word[1]), float(word[2])) for word in inputs["words"]),
        speech_seconds=float(inputs["seconds"]),
        pause_seconds=float(inputs["pause_seconds"]),
        position=int(inputs["position"]),
        scenes_total=int(inputs["scenes_total"]),
        previous_palette=None if before is None else palettes.from_json(before),
        next_palette=None if after is None else palettes.from_json(after),
        burned_captions=bool(inputs["burned_captions"]),
        age_group=str(inputs["age_group"]),
        brand=str(inputs.get("brand", "")),
        pace=_pace(inputs),
        lit_words=inputs.get("timing", "exact") != "estimated",
    )


def _made(path: Path, facts: Mapping[str, Any]) -> MadeFile:
    sizes = {rung.name: (rung.width, rung.height) for rung in RUNGS}
    seconds = float(facts["seconds"])
    if path.name == "film.mp4":
        return MadeFile(name=path.name, path=path, kind="film", seconds=seconds, width=1080, height=1920)
    if path.name.endswith(".hls.mp4"):
        width, height = sizes.get(path.name.split(".")[0], (None, None))
        return MadeFile(
            name=path.name, path=path, kind="segment", seconds=seconds, width=width, height=height
        )
    if path.name == download.NAME:
        return MadeFile(
            name=path.name,
            path=path,
            kind="download",
            seconds=seconds,
            width=download.WIDTH,
            height=download.HEIGHT,
        )
    if path.suffix == ".mp4":
        width, height = sizes[path.stem]
        return MadeFile(
            name=path.name, path=path, kind="rendition", seconds=seconds, width=width, height=height
        )
    if path.suffix == ".jpg":
        return _made_picture(path)
    kind = "storyboard" if path.name == storyboard.TRACK else _KINDS[path.suffix]
    return MadeFile(name=path.name, path=path, kind=kind)


def _made_picture(path: Path) -> MadeFile:
    kinds = {
        "poster.jpg": ("poster", (1080, 1920)),
        "poster-small.jpg": ("poster", posters.SMALL),
        "thumbnail.jpg": ("thumbnail", posters.THUMBNAIL),
        storyboard.SHEET: ("storyboard", (None, None)),
    }
    kind, (width, height) = kinds.get(path.name, ("frame", evidence.FRAME))
    return MadeFile(name=path.name, path=path, kind=kind, width=width, height=height)


def _pace(inputs: Mapping[str, Any]) -> Pace:
    return Pace(
        most_words=int(inputs.get("caption_words", 8)),
        longest=float(inputs.get("caption_seconds", 6.0)),
        fastest=float(inputs.get("caption_characters", 17.0)),
    )


def _palette(visuals: Done | None) -> Any:
    return None if visuals is None else visuals.facts["spec"]["palette"]
