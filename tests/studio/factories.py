"""People with roles, and projects with finished films that nobody had to render.

A film is made by walking the real plan: each missing job gets a succeeded run under the fingerprint
that planning asks for. Script, pictures, questions and checks are the real offline steps (they take
milliseconds); voice and composition are canned facts with small files.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import imageio_ffmpeg
from django.contrib.auth.models import Group
from django.utils import timezone

from pipeline import providers, storage
from pipeline.media import glances
from pipeline.media.ladder import ENCODED
from pipeline.models import Asset, ContentProject, ProjectEvent, Scene, StepRun
from pipeline.planning import Plan, Planned, plan
from pipeline.steps import BY_NAME
from pipeline.steps.base import OWN, Changes, MadeFile, Output
from studio.models import Creator

Status = ContentProject.Status
PASSWORD = "a long pass phrase"
WORD_SECONDS = 0.4
NOTES = (
    "Honey bees live together in a large group called a colony. A colony has one queen, a few hundred "
    "drones and many thousands of workers. Worker bees visit flowers and drink a sweet juice called "
    "nectar. They carry the nectar home in a special stomach. In the hive the workers pass the nectar "
    "from mouth to mouth. They fan it with their wings until most of the water is gone. Then the nectar "
    "has become honey. The bees close each cell of honey with a lid of wax. In winter, when no flowers "
    "bloom, the colony eats the honey. Bees also carry pollen from flower to flower. Pollen helps "
    "plants to make seeds and fruit. A bee tells the others where flowers are with a dance. The dance "
    "is called the waggle dance. It shows the direction of the flowers and how far away they are. A "
    "worker bee makes only a small spoon of honey in her whole life."
)
_outputs: dict[str, Output] = {}


def make_person(role: str = "", *, email: str = "", **fields: Any) -> Creator:
    """A user of the studio with one role, or with none."""
    address = email or f"{role or 'person'}-{uuid4().hex[:8]}@example.org"
    name = fields.pop("display_name", role.replace("_", " ").title() or "Person")
    user = Creator.objects.create_user(address, PASSWORD, display_name=name, **fields)
    if role:
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def make_draft(creator: Creator | None = None, **columns: Any) -> ContentProject:
    fields: dict[str, Any] = {
        "concept_prompt": "How bees make honey",
        "age_group": "8-10",
        "source_notes": NOTES,
        "target_seconds": 60,
        "visual_config": {"style": "auto"},
        "updated_at": timezone.now(),
    } | columns
    return ContentProject.objects.create(creator=creator or make_person("creator"), **fields)


def make_film(
    creator: Creator | None = None, *, status: str = Status.IN_REVIEW, media: bool = False, **columns: Any
) -> ContentProject:
    """A project whose plan is complete. `media`: its film is a real little video that a browser plays."""
    project = make_draft(creator, **columns)
    finish(project, media=media)
    set_status(project, status)
    return project


def set_status(project: ContentProject, status: str, *, reason: str = "test:set", **columns: Any) -> None:
    """Put a project where a test needs it, with the event that would have led there."""
    former = project.status
    values = {"status": status, "updated_at": timezone.now()} | columns
    if status in {Status.APPROVED, Status.SCHEDULED, Status.PUBLISHED, Status.UNPUBLISHED}:
        values.setdefault("approved_film", plan(project).film)
    ContentProject.objects.filter(pk=project.pk).update(**values)
    ProjectEvent.objects.create(project=project, from_status=former, to_status=status, reason=reason)
    project.refresh_from_db()


def finish(project: ContentProject, *, media: bool = False) -> Plan:
    """Give every job of the plan its succeeded run, until the plan is complete."""
    for _ in range(12):
        present = plan(project)
        if present.is_complete:
            _store(project, present)
            return present
        for planned in present.missing:
            _succeed(project, planned, media=media)
    raise AssertionError(f"The plan does not become complete: {[p.job.step for p in present.missing]}")


def _store(project: ContentProject, present: Plan) -> None:
    script, checks = present.script_run, present.qa_run
    assert script is not None
    assert checks is not None
    project.title = (script.output or {})["script"]["title"]
    project.qa_results = (checks.output or {})["results"]
    project.ai_generated_script = " ".join(scene.narration for scene in present.scenes)
    project.save(update_fields=["title", "qa_results", "ai_generated_script"])


def _succeed(project: ContentProject, planned: Planned, *, media: bool) -> StepRun:
    job, now = planned.job, timezone.now()
    with tempfile.TemporaryDirectory() as folder:
        if job.part == OWN:
            storage.fetch(job.files, Path(folder))
        output = _output(planned, Path(folder), media=media)
        kept = storage.keep(output.files)
    run = planned.run or StepRun(project=project, fingerprint=planned.fingerprint)
    run.step, run.part, run.scene, run.scene_key = job.step, job.part, job.scene, job.key
    run.queue, run.inputs, run.files = BY_NAME[job.step].queue, dict(job.inputs), dict(job.files)
    run.output, run.status, run.attempt = output.facts, StepRun.Status.SUCCEEDED, 1
    run.made = {item.made.name: item.checksum for item in kept}
    run.provider, run.model, run.cost = output.provider or "offline", output.model, Decimal("0.0100")
    run.started_at, run.finished_at = now - timedelta(seconds=2), now
    run.save()
    storage.record(run, kept)
    changes = BY_NAME[job.step].apply(output.facts)
    if changes is not None and changes.scenes is not None:
        _write_scenes(project, run, changes)
    return run


def _write_scenes(project: ContentProject, run: StepRun, changes: Changes) -> None:
    Scene.objects.bulk_create(
        Scene(
            project=project,
            script_run=run,
            position=draft.position,
            role=draft.role,
            lines=[dict(line) for line in draft.lines],
            on_screen_text=draft.on_screen_text,
            visual_description=draft.visual_description,
            visual_kind=draft.visual_kind,
            items=list(draft.items),
            pause_seconds=draft.pause_seconds,
        )
        for draft in changes.scenes or ()
    )


# --------------------------------------------------------------------------- what the steps would give


def _output(planned: Planned, folder: Path, *, media: bool) -> Output:
    job = planned.job
    if job.step == "voice" and job.part != OWN:
        return _speak(job.inputs, folder)
    if job.step == "compose":
        return (
            _compose_film(job.inputs, folder, media=media)
            if job.part == "film"
            else _compose_scene(job.inputs, folder)
        )
    found = _outputs.get(planned.fingerprint)
    if found is None:
        step = BY_NAME[job.step]
        provider = providers.get(step.provider_kind) if step.provider_kind else None
        made = step.run(job.inputs, folder, provider=provider)
        assert isinstance(made, Output)
        found = made
        if not made.files and job.part != OWN:
            _outputs[planned.fingerprint] = made
    return found


def _file(folder: Path, name: str, kind: str, content: bytes, **sizes: Any) -> MadeFile:
    path = folder / name
    path.write_bytes(content)
    return MadeFile(name, path, kind, **sizes)


def _speak(inputs: Mapping[str, Any], folder: Path) -> Output:
    words = [
        [word, round(number * WORD_SECONDS, 3), round((number + 1) * WORD_SECONDS, 3)]
        for number, word in enumerate(str(inputs["text"]).split())
    ]
    seconds = len(words) * WORD_SECONDS
    return Output(
        facts={"seconds": seconds, "words": words, "timing": "exact", "sample_rate": 22_050},
        files=(_file(folder, "speech.wav", "speech", f"speech {inputs['text']}".encode(), seconds=seconds),),
        provider="espeak",
    )


def _compose_scene(inputs: Mapping[str, Any], folder: Path) -> Output:
    seconds = 0.2 + float(inputs["seconds"]) + float(inputs["pause_seconds"])
    name = str(inputs["position"])
    look = hashlib.sha256(repr(inputs["spec"]).encode()).hexdigest()[:12]  # another take looks different
    return Output(
        facts={
            "frames": round(seconds * 30),
            "seconds": seconds,
            "seconds_lead": 0.2,
            "palette": inputs["spec"]["palette"],
            "text_contrast": 8.2,
            "fallbacks": [],
            "glance": {"frames": round(seconds * 30), "black": [], "frozen": [], "sizes": []},
            "ssim": {rung.name: 0.99 for rung in ENCODED},
        },
        files=(
            *(
                _file(folder, f"{rung.name}.mp4", "scene", f"scene {name} {rung.name} {look}".encode())
                for rung in ENCODED
            ),
            _file(folder, "still.jpg", "frame", picture(int(name) * 40)),
            *(_file(folder, one, "frame", f"{one} of scene {name}".encode()) for one in glances.FILES),
        ),
    )


def _compose_film(inputs: Mapping[str, Any], folder: Path, *, media: bool) -> Output:
    start = 0.0
    timeline: list[dict[str, Any]] = []
    words: list[list[Any]] = []
    cues: list[dict[str, Any]] = []
    for part in inputs["scenes"]:
        speech = start + float(part["seconds_lead"])
        end = start + float(part["seconds"])
        spoken = speech + float(part["speech_seconds"])
        timeline.append(
            {
                "position": part["position"],
                "role": part["role"],
                "start": round(start, 3),
                "end": round(end, 3),
                "speech_start": round(speech, 3),
                "speech_end": round(spoken, 3),
            }
        )
        words += [
            [word[0], round(speech + word[1], 3), round(speech + word[2], 3), part["position"]]
            for word in part["words"]
        ]
        text = " ".join(str(word[0]) for word in part["words"])
        cues.append({"start": round(speech, 3), "end": round(spoken, 3), "text": text})
        start = end
    video = little_film(round(start)) if media else b"film of " + str(inputs["title"]).encode()
    captions = "WEBVTT\n\n" + "".join(
        f"{_clock(cue['start'])} --> {_clock(cue['end'])}\n{cue['text']}\n\n" for cue in cues
    )
    files = (
        _file(folder, "film.mp4", "film", video, width=1080, height=1920),
        _file(folder, "720.mp4", "rendition", video + b"", width=720, height=1280),
        _file(folder, "480.mp4", "rendition", video + b"", width=480, height=854),
        _file(folder, "captions.vtt", "captions", captions.encode()),
        _file(folder, "poster.jpg", "poster", picture(200)),
        _file(folder, "thumbnail.jpg", "thumbnail", picture(120)),
        _file(folder, "master.m3u8", "playlist", b"#EXTM3U\n"),
        _file(folder, "1080.m3u8", "playlist", b"#EXTM3U\n#1080\n"),
        _file(folder, "1080.hls.mp4", "segment", b"segment"),
        _file(folder, "frame-000.jpg", "frame", picture(90)),
    )
    facts: dict[str, Any] = {
        "seconds": round(start, 3),
        "frames": round(start * 30),
        "fps": 30.0,
        "width": 1080,
        "height": 1920,
        "video_codec": "h264",
        "audio_codec": "aac",
        "timeline": timeline,
        "words": words,
        "cues": [{**cue, "text": cue["text"][:30]} for cue in cues],
        "loudness_lufs": -16.0,
        "true_peak_dbtp": -2.0,
        "silences": [],
        "black": [],
        "frozen": [],
        "flashes_per_second": 0.0,
        "red_flashes_per_second": 0.0,
        "timing": "exact",
        "caption_coverage": 1.0,
        "caption_max_characters_per_second": 10.0,
        "text_contrast": 8.2,
        "sizes": {one.name: one.path.stat().st_size for one in files},
        "renditions": [
            {
                "name": name,
                "file": file,
                "width": width,
                "height": height,
                "bytes": len(video),
                "bandwidth": bandwidth,
                "codecs": "avc1.640028,mp4a.40.2",
            }
            for name, file, width, height, bandwidth in (
                ("1080", "film.mp4", 1080, 1920, 2_500_000),
                ("720", "720.mp4", 720, 1280, 1_200_000),
                ("480", "480.mp4", 480, 854, 600_000),
            )
        ],
        "fallbacks": [],
    }
    return Output(facts=facts, files=files)


def _clock(seconds: float) -> str:
    return f"{int(seconds // 3600):02}:{int(seconds // 60) % 60:02}:{seconds % 60:06.3f}"


@cache
def picture(hue: int) -> bytes:
    """A plain JPEG, 9:16."""
    from io import BytesIO  # noqa: PLC0415 - only tests with pictures need them

    from PIL import Image  # noqa: PLC0415

    out = BytesIO()
    Image.new("RGB", (180, 320), (90, (hue * 3) % 200, (hue * 7) % 255)).save(out, "JPEG")
    return out.getvalue()


@cache
def little_film(seconds: int) -> bytes:
    """H.264 and AAC, small, of that many seconds; encoded once a session."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error"]
        command += ["-f", "lavfi", "-i", f"testsrc2=s=144x256:r=5:d={seconds}"]
        command += ["-f", "lavfi", "-i", f"sine=f=330:d={seconds}", "-c:v", "libx264", "-preset", "ultrafast"]
        command += ["-pix_fmt", "yuv420p", "-g", "5", "-c:a", "aac", "-b:a", "32k", "-movflags", "+faststart"]
        subprocess.run([*command, str(path)], check=True, timeout=60)
        return path.read_bytes()


# --------------------------------------------------------------------------- bending a film


def block(project: ContentProject, message: str = "A word that children must not hear") -> None:
    """Let the checks of the present film forbid it."""
    run = plan(project).qa_run
    assert run is not None
    output = run.output or {}
    record = output["results"]["details"]["inappropriate_content"]
    record["verdict"] = output["results"]["verdict"] = "block"
    output["results"]["passed"] = False
    record["checks"].insert(
        0, {"id": "content.blocked-word", "verdict": "block", "message": message, "evidence": None}
    )
    StepRun.objects.filter(pk=run.pk).update(output=output)
    ContentProject.objects.filter(pk=project.pk).update(qa_results=output["results"])
    project.refresh_from_db()


def author(project: ContentProject, user: Creator) -> None:
    """Let a person have edited a scene of the project."""
    ProjectEvent.objects.create(
        project=project,
        from_status=project.status,
        to_status=project.status,
        actor=user,
        reason="creator:scene-edited",
        details={"scene": 1, "authored": True},
    )


def asset_of(project: ContentProject, name: str) -> Asset:
    run = plan(project).film_run
    assert run is not None
    return run.assets.get(name=name)


def film_of(project_id: UUID) -> str:
    return plan(ContentProject.objects.get(pk=project_id)).film
