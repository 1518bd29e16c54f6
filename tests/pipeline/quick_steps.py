"""Six steps of the real names and shapes whose work takes no time, and does what a test tells it.

A folder is the stage: `<stage>/<concept>/plan.json` maps a job's key ("visuals.1", "compose.film")
to the actions of its calls, first call first; `<stage>/<concept>/ledger` gets a line for every
call and one for every answer that was paid. Both work across processes, because the concept is
among every job's inputs. An action is words joined by "+", done in turn; "…*" is kept for all
later calls:

    sleep:2   down  busy[:seconds]  quota  auth  refused  truncated  invalid  rejected  unsupported
    pay       write the paid line now (else it is written at the end)
    kill      SIGKILL to this process          killonce   SIGKILL to its whole group, on one call only
    stop      SIGSTOP to this process, whose number is in the ledger as "stopped <key>=<number>"
    wait:id   return Waiting for this vendor's job          bug  an exception nobody foresaw
    full      no space on the device          code:x:y  StepError of code "x:y"
    away      storage cannot be read
    await:n   wait until n calls of the same step are at work (a barrier)
    die:place let the worker die at that place later on; tests/faults/worker.py knows the places
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline import providers
from pipeline.providers import base as family
from pipeline.providers.base import ProviderError, Usage
from pipeline.steps import BY_NAME
from pipeline.steps.base import (
    Brief,
    Changes,
    Facts,
    Finished,
    Job,
    Limits,
    MadeFile,
    Output,
    Report,
    SceneDraft,
    SceneText,
    Step,
    StepError,
    Waiting,
    ignore_progress,
)

STAGE = "QUICK_STEPS"  # environment variable: the stage folder
FILM_FILES = {
    "film.mp4": "film",
    "captions.vtt": "captions",
    "poster.jpg": "poster",
    "thumbnail.jpg": "thumbnail",
}
ERRORS: dict[str, type[ProviderError]] = {
    "down": family.ProviderDown,
    "busy": family.ProviderBusy,
    "quota": family.QuotaSpent,
    "auth": family.CredentialsRejected,
    "refused": family.ContentRefused,
    "truncated": family.OutputTruncated,
    "invalid": family.OutputInvalid,
    "rejected": family.RequestRejected,
    "unsupported": family.Unsupported,
}
USAGE_OF_ERRORS: Usage | None = None  # what a failed call says that it has consumed
QUICK = Limits(soft=20, hard=25, lease=30)


# --------------------------------------------------------------------------- the stage


def stage_of(concept: str) -> Path:
    return Path(os.environ[STAGE]) / concept


def direct(concept: str, plan: Mapping[str, Sequence[str]]) -> None:
    """Say what the jobs of this film do, call by call. Calls already made count."""
    folder = stage_of(concept)
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / "plan.half"
    half.write_text(json.dumps({key: list(actions) for key, actions in plan.items()}))
    half.rename(folder / "plan.json")


def ledger(concept: str, word: str = "call") -> list[str]:
    """The keys of the jobs that were called ("call"), or whose answer was paid ("paid"), in turn."""
    path = stage_of(concept) / "ledger"
    if not path.exists():
        return []
    lines = [line.split() for line in path.read_text().splitlines()]
    return [key for entry, key in lines if entry == word]


def _write(concept: str, word: str, key: str) -> None:
    folder = stage_of(concept)
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, f"{word} {key}\n".encode())
    finally:
        os.close(descriptor)


def _action(concept: str, key: str) -> str:
    """The action of this call: the n-th of its list, where n calls were made before."""
    path = stage_of(concept) / "plan.json"
    actions = json.loads(path.read_text()).get(key, []) if path.exists() else []
    call = ledger(concept).count(key)
    if call < len(actions):
        return str(actions[call]).removesuffix("*")
    return str(actions[-1]).removesuffix("*") if actions and str(actions[-1]).endswith("*") else ""


def _perform(concept: str, key: str, words: list[str]) -> Waiting | None:
    for word in words:
        name, _, value = word.partition(":")
        if name == "sleep":
            time.sleep(float(value))
        elif name == "pay":
            _write(concept, "paid", key)
        elif name == "await":
            _await_others(concept, key.partition(".")[0], int(value))
        elif name == "die":
            (stage_of(concept) / f"die-{value}").touch()
        elif name == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif name == "killonce":
            if not ledger(concept, "killed").count(key):
                _write(concept, "killed", key)
                os.killpg(os.getpgid(0), signal.SIGKILL)
        elif name == "stop":
            _write(concept, "stopped", f"{key}={os.getpid()}")
            os.kill(os.getpid(), signal.SIGSTOP)
        elif name == "wait":
            return Waiting(value, after_s=0.1)
        else:
            _raise(name, value)
    return None


def _raise(name: str, value: str) -> None:
    if name == "bug":
        raise RuntimeError("nobody foresaw this")
    if name == "away":
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if name == "full":
        raise OSError(errno.ENOSPC, "No space left on device")
    if name == "code":
        raise StepError(value, f"{value} was wanted by the test. Do the next step.", evidence={"why": "test"})
    raise ERRORS[name](
        f"The provider says {name}.",
        provider="quick",
        retry_after=float(value) if value else None,
        usage=USAGE_OF_ERRORS,
    )


def _await_others(concept: str, step: str, number: int) -> None:
    deadline = time.monotonic() + 30
    while sum(key.partition(".")[0] == step for key in ledger(concept)) < number:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not {number} calls of {step} came together.")
        time.sleep(0.01)


# --------------------------------------------------------------------------- the provider


class QuickProvider:
    """Costs `price` dollars a call and promises at most `worst`; free by default."""

    def __init__(self, *, name: str = "quick", price: str = "0", worst: str = "0", model: str = "1") -> None:
        self.name, self.model, self.price, self.worst = name, model, Decimal(price), Decimal(worst)

    def identity(self) -> dict[str, Any]:
        return {"provider": self.name, "model": self.model}

    def worst_case(self, inputs: Mapping[str, Any]) -> Decimal:
        return self.worst

    def typical_cost(self) -> Decimal:
        return self.price


# --------------------------------------------------------------------------- the steps


class QuickStep(Step):
    """Calls are counted, the stage's actions done, and `make` asked for the answer."""

    version = 1
    limits = QUICK

    def run(
        self,
        inputs: Mapping[str, Any],
        workdir: Path,
        *,
        provider: Any = None,
        report: Report = ignore_progress,
        resume: str = "",
    ) -> Output | Waiting:
        concept, key = str(inputs["concept"]), str(inputs["key"])
        action = _action(concept, key)
        _write(concept, "call", key)
        if resume:
            _write(concept, "resume", f"{key}={resume}")
        words = [word for word in action.split("+") if word]
        waiting = _perform(concept, key, words)
        if waiting is not None:
            return waiting
        if "pay" not in words:
            _write(concept, "paid", key)
        report(0.5)
        facts, files = self.make(inputs, workdir)
        return Output(
            facts=facts,
            files=files,
            usage=Usage(requests=1, cost=provider.price if provider is not None else Decimal(0)),
            provider=provider.name if provider is not None else "",
            model=provider.model if provider is not None else "",
        )

    def make(self, inputs: Mapping[str, Any], workdir: Path) -> tuple[Facts, tuple[MadeFile, ...]]:
        raise NotImplementedError


def _file(workdir: Path, name: str, kind: str, content: object) -> MadeFile:
    path = workdir / f"made-{name}"
    path.write_text(f"{name}: {json.dumps(content, sort_keys=True)}\n")
    return MadeFile(name, path, kind, seconds=1.0)


class QuickScript(QuickStep):
    """A scene for every line of the notes; "|" parts what is shown from what is said."""

    name, queue, provider_kind, weight = "script", "text", "text", 1.0

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        return [
            Job(
                self.name,
                {
                    "concept": brief.concept,
                    "key": "script",
                    "notes": brief.source_notes,
                    "age_group": brief.age_group,
                },
            )
        ]

    def still_answers(self, job: Job, inputs: Mapping[str, Any]) -> bool:
        return dict(job.inputs) == dict(inputs)

    def make(self, inputs: Mapping[str, Any], workdir: Path) -> tuple[Facts, tuple[MadeFile, ...]]:
        return {"title": f"About {inputs['concept']}", "texts": inputs["notes"].splitlines()}, ()

    def apply(self, facts: Facts) -> Changes:
        texts = facts["texts"]
        drafts = tuple(
            SceneDraft(
                position=position,
                role="hook" if position == 0 else "recap" if position == len(texts) - 1 else "scene",
                lines=({"text": text, "sources": [position]},),
                on_screen_text=text[:20],
                visual_description=f"a picture of {text}",
                visual_kind="statement",
            )
            for position, text in enumerate(texts)
        )
        return Changes(title=facts["title"], script=" ".join(texts), scenes=drafts)


class QuickVisuals(QuickStep):
    name, queue, provider_kind, weight = "visuals", "image", "image", 1.0

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        return [
            Job(
                self.name,
                {
                    "concept": brief.concept,
                    "key": f"visuals.{scene.position}",
                    "description": scene.visual_description,
                    "seed": scene.visual_take,
                },
                scene=scene.position,
            )
            for scene in scenes
        ]

    def make(self, inputs: Mapping[str, Any], workdir: Path) -> tuple[Facts, tuple[MadeFile, ...]]:
        file = _file(workdir, "picture.png", "picture", [inputs["description"], inputs["seed"]])
        return {"spec": inputs["description"]}, (file,)


class QuickVoice(QuickStep):
    name, queue, provider_kind, weight = "voice", "speech", "speech", 1.0

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        return [
            Job(
                self.name,
                {
                    "concept": brief.concept,
                    "key": f"voice.{scene.position}",
                    "text": scene.narration,
                    "seed": scene.voice_take,
                },
                scene=scene.position,
            )
            for scene in scenes
        ]

    def make(self, inputs: Mapping[str, Any], workdir: Path) -> tuple[Facts, tuple[MadeFile, ...]]:
        file = _file(workdir, "speech.wav", "speech", [inputs["text"], inputs["seed"]])
        return {"seconds": float(len(inputs["text"]))}, (file,)


class QuickQuiz(QuickStep):
    name, queue, provider_kind, weight = "quiz", "text", "text", 1.0

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        if not scenes:
            return []
        narration = [scene.narration for scene in scenes]
        return [Job(self.name, {"concept": brief.concept, "key": "quiz", "narration": narration})]

    def make(self, inputs: Mapping[str, Any], workdir: Path) -> tuple[Facts, tuple[MadeFile, ...]]:
        return {"questions": [f"Is it so that {text}" for text in inputs["narration"]]}, ()


class QuickCompose(QuickStep):
    """A scene's film as soon as its picture and voice are there; the film when all scenes are."""

    name, queue, weight = "compose", "render", 4.0

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        found: list[Job] = []
        for scene in scenes:
            picture = done.one("visuals", scene=scene.position)
            voice = done.one("voice", scene=scene.position)
            if picture is not None and voice is not None:
                found.append(
                    Job(
                        self.name,
                        {
                            "concept": brief.concept,
                            "key": f"compose.scene.{scene.position}",
                            "on_screen_text": scene.on_screen_text,
                            "seconds": voice.facts["seconds"],
                        },
                        scene=scene.position,
                        files={
                            "picture.png": picture.files["picture.png"],
                            "speech.wav": voice.files["speech.wav"],
                        },
                        part="scene",
                    )
                )
        films = done.all_scenes(self.name, scenes, part="scene")
        if films is not None:
            found.append(
                Job(
                    self.name,
                    {"concept": brief.concept, "key": "compose.film", "scenes": len(films)},
                    files={f"{number}.mp4": film.files["scene.mp4"] for number, film in enumerate(films)},
                    part="film",
                )
            )
        return found

    def make(self, inputs: Mapping[str, Any], workdir: Path) -> tuple[Facts, tuple[MadeFile, ...]]:
        if inputs["key"] != "compose.film":
            content = [(workdir / name).read_text() for name in ("picture.png", "speech.wav")]
            return {"seconds": inputs["seconds"]}, (
                _file(workdir, "scene.mp4", "scene", [*content, inputs["on_screen_text"]]),
            )
        content = [(workdir / f"{number}.mp4").read_text() for number in range(inputs["scenes"])]
        facts = {
            "seconds": float(len(content)),
            "timeline": [
                {"position": number, "role": "scene", "start": float(number), "end": number + 1.0}
                for number in range(len(content))
            ],
        }
        return facts, tuple(_file(workdir, name, kind, content) for name, kind in FILM_FILES.items())


class QuickQa(QuickStep):
    name, queue, weight = "qa", "text", 1.0

    def jobs(self, brief: Brief, scenes: Sequence[SceneText], done: Finished) -> list[Job]:
        film, quiz = done.one("compose", part="film"), done.one("quiz")
        if film is None or quiz is None:
            return []
        inputs = {
            "concept": brief.concept,
            "key": "qa",
            "film": film.files["film.mp4"],
            "questions": quiz.facts["questions"],
        }
        return [Job(self.name, inputs)]

    def make(self, inputs: Mapping[str, Any], workdir: Path) -> tuple[Facts, tuple[MadeFile, ...]]:
        results = {"passed": True, "verdict": "passed", "film": inputs["film"]}
        questions = [
            {
                "question": text,
                "answer": number % 2 == 0,
                "explanation": text,
                "scene": number,
                "taught_at_seconds": number + 0.5,
                "evidence": text,
            }
            for number, text in enumerate(inputs["questions"])
        ]
        return {"results": results, "questions": questions}, ()

    def apply(self, facts: Facts) -> Changes:
        return Changes(qa_results=facts["results"])


QUICK_STEPS: tuple[type[QuickStep], ...] = (
    QuickScript,
    QuickVisuals,
    QuickVoice,
    QuickQuiz,
    QuickCompose,
    QuickQa,
)


def jobs_of_film(scenes: int) -> list[str]:
    """The keys of all jobs that a film of so many scenes needs, sorted."""
    each = [f"{part}.{number}" for number in range(scenes) for part in ("visuals", "voice", "compose.scene")]
    return sorted([*each, "script", "quiz", "compose.film", "qa"])


# --------------------------------------------------------------------------- putting them in place


def configure_providers(**options: Mapping[str, Any]) -> None:
    """A QuickProvider under each alias; `options` by alias, such as speech={"price": "1", "worst": "2"}."""
    backend = f"{QuickProvider.__module__}.{QuickProvider.__qualname__}"
    providers.configure(
        {
            alias: {"BACKEND": backend, "OPTIONS": options.get(alias, {})}
            for alias in ("text", "image", "speech")
        }
    )


def install(*, limits: Limits = QUICK) -> None:
    """Put the quick steps into the place of the pipeline's own, in this process, for good."""
    BY_NAME.clear()
    for kind in QUICK_STEPS:
        step = kind()
        step.__class__.limits = limits
        BY_NAME[step.name] = step
    configure_providers()


@contextmanager
def installed(stage: Path, *, limits: Limits = QUICK) -> Iterator[None]:
    """Put the quick steps in place for a while; what was there comes back."""
    from django.conf import settings  # noqa: PLC0415 - the steps themselves know no settings

    before, earlier_stage = dict(BY_NAME), os.environ.get(STAGE)
    os.environ[STAGE] = str(stage)
    install(limits=limits)
    try:
        yield
    finally:
        BY_NAME.clear()
        BY_NAME.update(before)
        providers.configure(settings.PIPELINE_PROVIDERS)
        if earlier_stage is None:
            del os.environ[STAGE]
        else:
            os.environ[STAGE] = earlier_stage


def checksum_of(text: str) -> str:
    """SHA-256 of a text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()
