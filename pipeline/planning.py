"""plan(project): which jobs a project needs now, and which of them are done. Reads only.

The plan is computed from the brief, the scenes as they stand and the fingerprints of the runs;
nothing about it is stored. A fingerprint that is found finished need not be made again, whoever
asked for it and however often.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pipeline import providers
from pipeline.models import ContentProject, Scene, StepRun
from pipeline.steps import BY_NAME
from pipeline.steps.base import OWN, Brief, Done, Finished, Job, SceneText, Step, fingerprint

ROUNDS = 12  # results open new jobs; more rounds than the pipeline is deep would be a loop


@dataclass(frozen=True)
class Planned:
    """A job of the plan, with the run that does or did it, where there is one."""

    job: Job
    fingerprint: str
    run: StepRun | None
    is_alternative: bool = False  # a take that was asked for; the film uses another

    @property
    def is_done(self) -> bool:
        return self.run is not None and self.run.status == StepRun.Status.SUCCEEDED


@dataclass(frozen=True)
class Take:
    """One result for one part ("visual", "voice") of a scene. `run` made it, or does; `still` is the run of
    its composed scene, where there is one."""

    part: str
    scene: int
    number: int
    is_chosen: bool
    run: StepRun | None
    still: StepRun | None = None


@dataclass(frozen=True)
class Plan:
    """Every job known to be needed at this moment. Jobs whose inputs are not there yet are unknown."""

    jobs: tuple[Planned, ...]
    scenes: tuple[Scene, ...] = field(default=())
    takes: tuple[Take, ...] = field(default=())  # of the parts that have more than one

    @property
    def missing(self) -> list[Planned]:
        return [planned for planned in self.jobs if not planned.is_done]

    @property
    def current(self) -> Planned | None:
        """What a progress display names: a missing job that runs, else the first missing one."""
        missing = self.missing
        running = (p for p in missing if p.run is not None and p.run.status == StepRun.Status.RUNNING)
        return next(running, None) or next(iter(missing), None)

    @property
    def failed(self) -> list[StepRun]:
        return [p.run for p in self.jobs if p.run is not None and p.run.status == StepRun.Status.FAILED]

    @property
    def is_complete(self) -> bool:
        """The checks are the last job; they exist only when everything else is done."""
        return not self.missing and self.qa_run is not None

    def run_of(self, step: str, part: str = "") -> StepRun | None:
        """The finished run of a project-wide job, None while it is not finished."""
        for planned in self.jobs:
            if (
                planned.is_done
                and planned.job.scene is None
                and (planned.job.step, planned.job.part) == (step, part)
            ):
                return planned.run
        return None

    @property
    def script_run(self) -> StepRun | None:
        return self.run_of("script")

    @property
    def quiz_run(self) -> StepRun | None:
        return self.run_of("quiz", OWN) or self.run_of("quiz")

    @property
    def film_run(self) -> StepRun | None:
        return self.run_of("compose", "film")

    @property
    def qa_run(self) -> StepRun | None:
        return self.run_of("qa")

    @property
    def film(self) -> str:
        """What a reviewer judges: the fingerprints of film and questions; "" while there is none."""
        film, quiz = self.film_run, self.quiz_run
        return f"{film.fingerprint}.{quiz.fingerprint}" if film and quiz and self.is_complete else ""

    @property
    def progress(self) -> float:
        """Share of the work that is done, 0-1, by the weights of the steps."""
        return 1.0 if self.is_complete else share_done(self.jobs)


def share_done(jobs: Iterable[Planned]) -> float:
    """Each step counts by its weight, and by how many of its known jobs are done. A compose step
    whose film is not known yet counts at most 0.8; what is unknown counts as nothing."""
    by_step: dict[str, list[float]] = {}
    has_film = False
    for planned in jobs:
        run = planned.run
        share = (
            1.0 if planned.is_done else (run.progress if run is not None and run.status == "running" else 0.0)
        )
        by_step.setdefault(planned.job.step, []).append(share)
        has_film = has_film or planned.job.part == "film"
    total = sum(step.weight for step in BY_NAME.values())
    done = 0.0
    for step in BY_NAME.values():
        shares = by_step.get(step.name, [])
        if not shares:
            continue
        share = sum(shares) / len(shares)
        if step.name == "compose" and not has_film:
            share *= 0.8
        done += step.weight * share
    return min(done / total, 0.999)


def _finished(run: StepRun) -> Done:
    return Done(facts=run.output or {}, files=run.made, fingerprint=run.fingerprint, scene=run.scene)


def _look_up(
    step: Step,
    job: Job,
    key: str,
    runs: Mapping[str, StepRun],
    scenes_of: Mapping[UUID, Sequence[Scene]],
) -> Planned:
    """The job with the run of its fingerprint; else with one whose scenes people have edited since, if it
    still answers the job: a release or another model must not discard their work.
    """
    planned = Planned(job, key, runs.get(key))
    if planned.is_done:
        return planned
    kept = [
        run
        for run in runs.values()
        if run.status == StepRun.Status.SUCCEEDED
        and (run.step, run.part, run.scene) == (job.step, job.part, job.scene)
        and any(scene.version for scene in scenes_of.get(run.id, ()))
        and step.still_answers(job, run.inputs)
    ]
    if not kept:
        return planned
    newest = max(kept, key=lambda run: run.id.int)  # ids grow with time
    return Planned(job, newest.fingerprint, newest)


def compute_plan(
    brief: Brief,
    runs: Mapping[str, StepRun],
    scenes_of: Mapping[UUID, Sequence[Scene]],
    *,
    steps: Sequence[Step] | None = None,
    identities: Mapping[str, Mapping[str, Any]] | None = None,
) -> Plan:
    """The plan from plain values: `runs` by fingerprint, `scenes_of` by script run."""
    steps = tuple(BY_NAME.values()) if steps is None else steps
    known = _Identities(identities)
    keys = _Keys(known)
    finished = Finished()
    found: dict[str, Planned] = {}
    scenes: tuple[Scene, ...] = ()
    texts: tuple[SceneText, ...] = ()
    for _ in range(ROUNDS):
        before = len(found), sum(p.is_done for p in found.values()), len(texts)
        found = {}
        for step in steps:
            for job in step.jobs(brief, texts, finished):
                key = keys.find(step, job)
                planned = _look_up(step, job, key, runs, scenes_of)
                found[planned.fingerprint] = planned
                if planned.is_done and planned.run is not None:
                    finished.add(job, _finished(planned.run))
                    if planned.run.id in scenes_of:
                        scenes = tuple(sorted(scenes_of[planned.run.id], key=lambda scene: scene.position))
                        texts = tuple(scene.text for scene in scenes)
        if before == (len(found), sum(p.is_done for p in found.values()), len(texts)):
            break
    compare = _Alternatives(brief, runs, texts, finished, known)
    takes = [
        take for scene in scenes for part in STEP_OF_PART for take in compare.find(scene, part, steps=steps)
    ]
    for planned in compare.wanted:
        found.setdefault(planned.fingerprint, planned)
    return Plan(tuple(found.values()), scenes, tuple(takes))


STEP_OF_PART = {"visual": "visuals", "voice": "voice"}


class _Alternatives:
    """The takes beside the chosen ones: which there are, and the jobs of those that were asked for."""

    def __init__(
        self,
        brief: Brief,
        runs: Mapping[str, StepRun],
        texts: Sequence[SceneText],
        finished: Finished,
        known: _Identities,
    ) -> None:
        self._brief, self._runs, self._texts = brief, runs, texts
        self._finished, self._known = finished, known
        self.wanted: list[Planned] = []

    def find(self, scene: Scene, part: str, *, steps: Sequence[Step]) -> list[Take]:
        """All takes of one part; [] where there is only the chosen one."""
        asked, chosen = scene.asked(part), scene.chosen(part)
        step = next((one for one in steps if one.name == STEP_OF_PART[part]), None)
        if step is None or not (asked or chosen):
            return []
        takes = []
        for number in sorted({*range(chosen + 1), *asked}):
            made = self._plan(step, scene, part, number)
            if made is None or (made.run is None and number not in {chosen, *asked}):
                continue
            composed = self._compose(scene, made, steps) if part == "visual" and made.is_done else None
            if number in asked:
                self.wanted += [one for one in (made, composed) if one is not None]
            still = composed.run if composed is not None and composed.is_done else None
            takes.append(Take(part, scene.position, number, number == chosen, made.run, still))
        return takes if len(takes) > 1 else []

    def _plan(self, step: Step, scene: Scene, part: str, number: int) -> Planned | None:
        other = scene.text_with(visual=number) if part == "visual" else scene.text_with(voice=number)
        texts = tuple(text if text.position != scene.position else other for text in self._texts)
        return self._pick(step, scene.position, "", texts, self._finished)

    def _compose(self, scene: Scene, made: Planned, steps: Sequence[Step]) -> Planned | None:
        """The scene as it looks with this picture, so that takes can be seen side by side."""
        step = next((one for one in steps if one.name == "compose"), None)
        if step is None or made.run is None:
            return None
        shown = self._shown_before(scene, made.run)
        if shown is not None:
            return shown
        finished = self._finished.copy()
        finished.add(made.job, _finished(made.run))
        return self._pick(step, scene.position, "scene", self._texts, finished)

    def _shown_before(self, scene: Scene, made: StepRun) -> Planned | None:
        """The scene as it was composed with this picture once, wherever it stood: enough to compare by."""
        spec = (made.output or {}).get("spec")
        if not isinstance(spec, Mapping):
            return None
        for run in self._runs.values():
            if (run.step, run.part, run.status) != ("compose", "scene", StepRun.Status.SUCCEEDED):
                continue
            number = run.scene if run.scene_key is None else run.scene_key
            told: Mapping[str, Any] = run.inputs.get("spec") or {}
            if number == scene.number and all(told.get(name) == value for name, value in spec.items()):
                job = Job(
                    step=run.step, part=run.part, scene=scene.position, inputs=run.inputs, files=run.files
                )
                return Planned(job, run.fingerprint, run, is_alternative=True)
        return None

    def _pick(
        self, step: Step, position: int, part: str, texts: Sequence[SceneText], finished: Finished
    ) -> Planned | None:
        jobs = step.jobs(self._brief, texts, finished)
        parts = {part, OWN} if not part else {part}
        job = next((one for one in jobs if one.scene == position and one.part in parts), None)
        if job is None:
            return None
        key = fingerprint(step, job, self._known.find(step, job.part))
        return Planned(job, key, self._runs.get(key), is_alternative=True)


class _Keys:
    """The fingerprints of a plan's jobs; a job that the next round asks for unchanged is not hashed again."""

    def __init__(self, identities: _Identities) -> None:
        self._identities = identities
        self._known: dict[tuple[str, str, int | None], tuple[Job, str]] = {}

    def find(self, step: Step, job: Job) -> str:
        place = (job.step, job.part, job.scene)
        before = self._known.get(place)
        if before is not None and before[0] == job:
            return before[1]
        key = fingerprint(step, job, self._identities.find(step, job.part))
        self._known[place] = (job, key)
        return key


class _Identities:
    """The identity of the provider of each job: as handed in by step, else of the configured one."""

    def __init__(self, given: Mapping[str, Mapping[str, Any]] | None) -> None:
        self._given = given
        self._known: dict[str, Mapping[str, Any]] = {}

    def find(self, step: Step, part: str) -> Mapping[str, Any] | None:
        if self._given:
            return self._given.get(step.name)
        alias = step.provider_for(part)
        if alias not in self._known:
            self._known[alias] = providers.identity(alias)
        return self._known[alias]


def plan(project: ContentProject) -> Plan:
    """The present plan of a project: two queries."""
    runs = {run.fingerprint: run for run in StepRun.objects.filter(project=project)}
    scenes_of: dict[UUID, list[Scene]] = {}
    for scene in Scene.objects.filter(project=project):
        scenes_of.setdefault(scene.script_run_id, []).append(scene)
    return compute_plan(project.brief, runs, scenes_of)


@dataclass(frozen=True)
class Progress:
    """What a list shows of a project at work: share 0-1, the step and scene at work."""

    share: float
    step: str
    scene: int | None


def plans_of(projects: Iterable[ContentProject]) -> dict[UUID, Plan]:
    """The plans of many projects in two queries, whatever their number."""
    wanted = {project.id: project for project in projects}
    runs: dict[UUID, dict[str, StepRun]] = {key: {} for key in wanted}
    for run in StepRun.objects.filter(project__in=wanted):
        runs[run.project_id][run.fingerprint] = run
    scenes: dict[UUID, dict[UUID, list[Scene]]] = {key: {} for key in wanted}
    for scene in Scene.objects.filter(project__in=wanted):
        scenes[scene.project_id].setdefault(scene.script_run_id, []).append(scene)
    return {key: compute_plan(project.brief, runs[key], scenes[key]) for key, project in wanted.items()}


def progress_of(projects: Iterable[ContentProject]) -> dict[UUID, Progress]:
    """Progress of many projects in two queries, whatever their number."""
    result = {}
    for key, present in plans_of(projects).items():
        current = present.current
        result[key] = Progress(
            present.progress, current.job.step if current else "", current.job.scene if current else None
        )
    return result
