"""What a step is: a small class without state, which knows neither the database nor Celery.

A step says which jobs it needs (`jobs`), does one (`run`), and rarely asks for rows to be
written (`apply`). Everything a job depends on is in its `inputs` (JSON) and `files`
(checksums of earlier results), so that its fingerprint decides whether it is done already.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from pipeline.providers.base import Usage

Facts = dict[str, Any]  # JSON values only: it is stored with the run
Report = Callable[[float], None]  # progress of the job, 0-1
OWN = "own"  # the part of a job that takes what a person gave, where a provider would be asked


def ignore_progress(_: float) -> None:
    """The default receiver of progress."""


class StepError(Exception):
    """A job cannot succeed with these inputs. `code` is stable (`creator:…`, `platform:…`);
    the message says the cause and the next step; `evidence` may hold findings (JSON)."""

    def __init__(self, code: str, message: str, *, evidence: Facts | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.evidence = evidence or {}


# --------------------------------------------------------------------------- what steps see


@dataclass(frozen=True)
class Brief:
    """The creator's wishes: the frozen view of a project that planning hands to the steps."""

    concept: str
    age_group: str
    source_notes: str
    target_seconds: int = 70
    language: str = "en"
    visual_style: str = "auto"
    voice: str = ""
    must_say: tuple[str, ...] = ()
    must_not_say: tuple[str, ...] = ()
    burned_captions: bool = True
    topics: tuple[str, ...] = ()
    notes_origin: str = "creator"  # creator | shelf | model
    brand: str = ""  # the name that stands in the picture's corner
    questions: tuple[Mapping[str, Any], ...] = ()  # a person's own; none: the quiz step writes them


@dataclass(frozen=True)
class SceneText:
    """One scene as it stands now, edits included. `lines`: [{"text", "sources"}]."""

    position: int
    role: str  # hook | scene | moment | recap
    lines: tuple[Mapping[str, Any], ...]
    on_screen_text: str
    visual_description: str
    visual_kind: str
    items: tuple[str, ...] = ()
    pause_seconds: float = 0.0  # silence after the narration
    visual_take: int = 0
    voice_take: int = 0
    clip_take: int = 0
    key: int | None = None  # its own number in the script, where it was moved
    say_as: tuple[tuple[str, str], ...] = ()  # (written, spoken)
    own_picture: Mapping[str, Any] | None = None  # {"file": checksum, "licence", "source"}
    own_voice: Mapping[str, Any] | None = None

    @property
    def narration(self) -> str:
        return " ".join(str(line["text"]) for line in self.lines)


@dataclass(frozen=True)
class SceneDraft:
    """A scene that the script step asks to be written; the fields of `SceneText` without takes."""

    position: int
    role: str
    lines: tuple[Mapping[str, Any], ...]
    on_screen_text: str
    visual_description: str
    visual_kind: str
    items: tuple[str, ...] = ()
    pause_seconds: float = 0.0


# --------------------------------------------------------------------------- jobs


@dataclass(frozen=True)
class Job:
    """One unit of work. `files` maps the name under which the step finds a file in its
    working folder to that file's checksum in media storage."""

    step: str
    inputs: Mapping[str, Any]
    scene: int | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    part: str = ""  # for people, where a step has several kinds of job: "scene", "film"
    key: int | None = None  # the number by which its scene is recognised, where that is not its position


@dataclass(frozen=True)
class Done:
    """A finished job: its facts, its files by name (checksums), its fingerprint."""

    facts: Facts
    files: Mapping[str, str]
    fingerprint: str
    scene: int | None = None


class Finished:
    """The finished jobs of the plan so far, by step and scene."""

    def __init__(self) -> None:
        self._done: dict[tuple[str, str, int | None], Done] = {}

    def add(self, job: Job, done: Done) -> None:
        """What a person gave stands where a provider's result would stand."""
        part = "" if job.part == OWN else job.part
        self._done[(job.step, part, job.scene)] = done

    def copy(self) -> Finished:
        other = Finished()
        other._done = dict(self._done)
        return other

    def one(self, step: str, *, part: str = "", scene: int | None = None) -> Done | None:
        return self._done.get((step, part, scene))

    def all_scenes(self, step: str, scenes: Sequence[SceneText], *, part: str = "") -> list[Done] | None:
        """The finished job of every scene, in order; None while one is missing or there are no scenes."""
        found = [self._done.get((step, part, scene.position)) for scene in scenes]
        if not found or any(done is None for done in found):
            return None
        return [done for done in found if done is not None]


@dataclass(frozen=True)
class MadeFile:
    """A file a job made: `name` is what later jobs call it, `kind` what it is
    (picture, speech, scene, film, playlist, segment, captions, thumbnail, poster, frame)."""

    name: str
    path: Path
    kind: str
    seconds: float | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Output:
    """What a job gives back: facts (JSON), files, and what its provider consumed."""

    facts: Facts
    files: tuple[MadeFile, ...] = ()
    usage: Usage = field(default_factory=Usage)
    provider: str = ""
    model: str = ""
    request_id: str = ""


@dataclass(frozen=True)
class Waiting:
    """A polled vendor is at work: store `job_id`, release the run, come back after `after_s`."""

    job_id: str
    after_s: float


@dataclass(frozen=True)
class Changes:
    """Rows a finished job asks for; written in the transaction that marks its success."""

    title: str | None = None
    script: str | None = None  # `ContentProject.ai_generated_script`
    scenes: tuple[SceneDraft, ...] | None = None
    qa_results: Facts | None = None
    model_notes: str | None = None  # facts by a model, the notes of a brief that has none


@dataclass(frozen=True)
class Limits:
    """Seconds: soft < hard < lease. The lease is what a claim holds without a sign of life."""

    soft: int
    hard: int
    lease: int


class Step(ABC):
    """One row of the pipeline. Subclasses set the class variables and stay without state."""

    name: ClassVar[str]
    version: ClassVar[int]
    queue: ClassVar[str]  # text | image | speech | render
    limits: ClassVar[Limits]
    provider_kind: ClassVar[str] = ""  # alias in PIPELINE_PROVIDERS; "" where none is used
    weight: ClassVar[float] = 1.0  # share of a film's time, for progress
    parts: ClassVar[tuple[str, ...]] = ("",)  # the kinds of job of which one is expected, for estimates

    @abstractmethod
    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        """The jobs needed now; none while their inputs are not there."""

    @abstractmethod
    def run(
        self,
        inputs: Mapping[str, Any],
        workdir: Path,
        *,
        provider: Any = None,
        report: Report = ignore_progress,
        resume: str = "",
    ) -> Output | Waiting:
        """Do one job. Its files lie in `workdir` under their names; new files are written there.
        `resume` is the vendor's job id of an earlier `Waiting`."""

    def provider_for(self, part: str) -> str:
        """The provider's alias for one kind of this step's jobs; the step's own, unless they differ."""
        return self.provider_kind

    def apply(self, facts: Facts) -> Changes | None:
        """Rows that success writes; most steps want none."""
        return None

    def still_answers(self, job: Job, inputs: Mapping[str, Any]) -> bool:
        """Whether a finished run with these `inputs` stays the answer to `job`, although the step's
        version, its provider or a part of the inputs is another by now.

        Asked only where people have edited the scenes that the run wrote. Never, for what a machine makes
        and can make again; yes, for a script while the wishes are the same.
        """
        return False


def canonical_json(value: object) -> str:
    """One spelling for one value: sorted keys, no spaces, plain UTF-8. Refuses NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def fingerprint(step: Step, job: Job, identity: Mapping[str, Any] | None) -> str:
    """SHA-256 (hex) over step, version, scene, inputs, files and the provider's identity.

    A scene is its own number, not its place: what was made for it stays its own when it is moved.

    Inputs that a provider says it ignores decide nothing: an edited sentence draws no new picture.
    """
    ignored = (identity or {}).get("ignores", ())
    parts = {
        "step": step.name,
        "version": step.version,
        "part": job.part,
        "scene": job.scene if job.key is None else job.key,
        "inputs": {name: value for name, value in job.inputs.items() if name not in ignored},
        "files": dict(job.files),
        "provider": dict(identity or {}),
    }
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()
