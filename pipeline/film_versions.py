"""What an earlier film was made from, and how to go back to it.

Nothing is copied when a film is finished: its checks name its texts and its film, the film names its files,
and the runs that made those files name takes, sounds and settings. Putting them back finds their
fingerprints, so nothing is made or paid again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from pipeline.editing import EditRefused, open_project
from pipeline.media.ladder import ENCODED
from pipeline.models import ContentProject, Scene, StepRun
from pipeline.planning import plan
from pipeline.scene_rows import COLUMNS, Row, map_places, put_rows, row_of
from pipeline.steps import clip_work, own_media
from pipeline.steps.base import OWN

TEXTS = ("role", "lines", "on_screen_text", "visual_description", "visual_kind", "items", "pause_seconds")
MADE = ("compose", "voice", "visuals", "quiz")


@dataclass(frozen=True)
class ScenePart:
    """A scene of a film with the runs that made it; None for one that is gone."""

    row: Row
    composed: StepRun | None
    voice: StepRun | None
    picture: StepRun | None


@dataclass(frozen=True)
class FilmVersion:
    """One finished film. `is_own`: its questions were a person's."""

    checks: StepRun
    film: StepRun | None
    scenes: tuple[ScenePart, ...]
    questions: tuple[Mapping[str, Any], ...]
    is_own: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether everything that it was made from is still known."""
        return self.film is not None and all(
            one.voice and one.picture and one.composed for one in self.scenes
        )


@dataclass(frozen=True)
class Restored:
    """The scenes are those of the version again; `moved` as in `arranging.Arranged`."""

    moved: Mapping[int, int | None] = field(default_factory=dict)


def read_versions(project: ContentProject, run_ids: Sequence[UUID]) -> list[FilmVersion]:
    """The versions that these runs of the checks are about, in order. Two queries. Raises LookupError."""
    found = StepRun.objects.filter(
        project=project, step="qa", part="", status=StepRun.Status.SUCCEEDED, pk__in=run_ids
    )
    checks = {run.pk: run for run in found}
    runs = list(StepRun.objects.filter(project=project, step__in=MADE, status=StepRun.Status.SUCCEEDED))
    return [_read(checks[pk], _Makers(runs)) for pk in run_ids]


class _Makers:
    """Finished runs by what they made."""

    def __init__(self, runs: Sequence[StepRun]) -> None:
        newest = sorted(runs, key=lambda run: run.id.int)  # a later one of the same files wins
        self.by_fingerprint = {run.fingerprint: run for run in newest}
        self.voices = {
            (run.made.get("speech.wav"), str(run.inputs.get("text"))): run
            for run in newest
            if run.step == "voice"
        }
        rung = f"{ENCODED[0].name}.mp4"
        self.composed = {
            run.made.get(rung): run for run in newest if (run.step, run.part) == ("compose", "scene")
        }
        self.pictures = [
            run for run in reversed(newest) if run.step == "visuals" and run.part != clip_work.PART
        ]
        self.clips = {run.made.get(clip_work.CLIP): run for run in newest if run.part == clip_work.PART}
        self.quizzes = [run for run in newest if run.step == "quiz"]

    def picture_of(self, composed: StepRun) -> StepRun | None:
        """The picture's run whose look and files the composed scene has, of this scene first."""
        spec = composed.inputs["spec"]

        def fits(run: StepRun) -> bool:
            own = (run.output or {}).get("spec") or {}
            told = {name: value for name, value in own.items() if name not in {"clip", "motion"}}
            return all(spec.get(name) == value for name, value in told.items()) and all(
                composed.files.get(name) == checksum for name, checksum in run.made.items()
            )

        fitting = [run for run in self.pictures if fits(run)]
        return next((run for run in fitting if _key_of(run) == _key_of(composed)), None) or next(
            iter(fitting), None
        )


def _key_of(run: StepRun) -> int:
    return int(run.scene_key if run.scene_key is not None else run.scene or 0)


def _read(checks: StepRun, makers: _Makers) -> FilmVersion:
    film = makers.by_fingerprint.get(str(checks.inputs.get("film_fingerprint", "")))
    questions = tuple(checks.inputs.get("questions") or ())
    quizzes = [run for run in makers.quizzes if tuple((run.output or {}).get("questions") or ()) == questions]
    scenes = tuple(_read_scene(text, film, makers) for text in checks.inputs.get("scenes") or ())
    is_own = bool(quizzes) and all(run.part == OWN for run in quizzes)
    return FilmVersion(checks, film, scenes, questions, is_own)


def _read_scene(text: Mapping[str, Any], film: StepRun | None, makers: _Makers) -> ScenePart:
    position = int(text["position"])
    files = film.files if film is not None else {}
    narration = " ".join(str(line["text"]) for line in text["lines"])
    composed = makers.composed.get(files.get(f"{position:02}-{ENCODED[0].name}.mp4"))
    voice = makers.voices.get((files.get(f"{position:02}-speech.wav"), narration))
    picture = makers.picture_of(composed) if composed is not None else None
    clip = makers.clips.get(composed.files.get(clip_work.CLIP)) if composed is not None else None
    row: Row = {"key": _key_of(composed) if composed is not None else position}
    row |= {name: text[name] for name in TEXTS}
    row["visual_take"] = int(picture.inputs.get("seed", 0)) if picture is not None else 0
    row["voice_take"] = int(voice.inputs.get("seed", 0)) if voice is not None else 0
    row["clip_take"] = int(clip.inputs.get("seed", 0)) if clip is not None else 0
    row["say_as"] = dict(voice.inputs.get("say_as") or {}) if voice is not None else {}
    row["own"] = {}
    for part, run, name in (
        ("visual", picture, own_media.PICTURE),
        ("voice", voice, own_media.RECORDING),
    ):
        if run is not None and run.part == OWN:
            given = {**run.inputs[OWN], "file": run.files[name]}
            row["own"][part] = {str(run.inputs["seed"]): given}
    return ScenePart(row, composed, voice, picture)


# --------------------------------------------------------------------------- back to one


def restore_version(project_id: UUID, run_id: UUID, *, actor_id: Any) -> Restored:
    """Put the texts, takes, order and questions of a finished film back. What stood is kept by the event, and
    as a version of its own if it was a film; undo brings it back.

    Raises NotEditable, EditRefused ("version-unknown").
    """
    with transaction.atomic():
        project = open_project(project_id, "A version can be put back")
        script = plan(project).script_run
        try:
            [version] = read_versions(project, [run_id])
        except LookupError as error:
            raise EditRefused(
                "version-unknown", "version", "There is no such version of this film."
            ) from error
        if script is None or not version.is_whole:
            raise EditRefused(
                "version-unknown", "version", "What this version was made from is not all there any more."
            )
        scenes = list(Scene.objects.select_for_update().filter(script_run=script))
        before = [row_of(scene) for scene in scenes]
        after = _rows_again(version, before)
        own = [dict(one) for one in version.questions] if version.is_own else None
        if _same(after, before) and own == project.own_questions:
            return Restored()
        put_rows(project, script, after)
        former, project.own_questions = project.own_questions, own
        present = plan(project)
        written = (present.quiz_run.output or {}).get("questions") if present.quiz_run is not None else None
        if written != list(version.questions):  # who would write them now is another than then
            project.own_questions = [dict(one) for one in version.questions]
        project.save(update_fields=["own_questions"])
        details = {
            "version": str(run_id),
            "rows": {"before": before, "after": after},
            "questions": {"before": former, "after": project.own_questions},
            "authored": True,
        }
        project.note("creator:version-restored", actor_id=actor_id, details=details)
    return Restored(map_places(before, after))


def _rows_again(version: FilmVersion, present: Sequence[Row]) -> list[Row]:
    """The rows of a version; takes and own files that came since stay beside the chosen ones."""
    known = {row["key"]: row for row in present}
    rows = []
    for part in version.scenes:
        row, now = dict(part.row), known.get(part.row["key"], {})
        told = [str(line["text"]) for line in row["lines"]]
        row["takes"] = list(now.get("takes") or [])
        row["kept"] = [text for text in now.get("kept") or [] if text in told]
        about = Scene(**{name: row[name] for name in TEXTS})
        own = {name: dict(files) for name, files in (now.get("own") or {}).items()}
        for name, files in row["own"].items():
            for take, given in files.items():
                own.setdefault(name, {})[take] = {**given, "about": about.about(name)}
        row["own"] = own
        for name, column in (("visual", "visual_take"), ("voice", "voice_take")):
            mark = {"part": name, "take": now.get(column, row[column]), "about": about.about(name)}
            if mark["take"] != row[column] and mark not in row["takes"] and now.get("lines") == row["lines"]:
                row["takes"].append(mark)
        rows.append({"key": row["key"]} | {column: row[column] for column in COLUMNS})
    return rows


def _same(after: Sequence[Row], before: Sequence[Row]) -> bool:
    """Whether two lists of rows make the same film."""
    unlike = {"takes", "kept", "own"}
    plain = [
        [{name: value for name, value in row.items() if name not in unlike} for row in rows]
        for rows in (after, before)
    ]
    return plain[0] == plain[1]
