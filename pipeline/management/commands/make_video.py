"""`manage.py make_video`: prompt to film in one process, without a broker."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from pipeline import bell, editing, orchestration, storage
from pipeline.inline import run_to_end
from pipeline.models import ContentProject, StepRun
from pipeline.planning import Plan, plan
from pipeline.progress_bar import ProgressBar

Status = ContentProject.Status
OWNER = "make_video@localhost"
OUTPUTS = ("film.mp4", "captions.vtt", "thumbnail.jpg", "poster.jpg")
REUSABLE = (Status.DRAFT, Status.GENERATING, Status.NEEDS_ATTENTION, Status.IN_REVIEW)


class Command(BaseCommand):
    help = "Make a film from a concept and source notes. A repeated call makes only what has changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--concept", required=True, help="what the film is about, in a few words")
        parser.add_argument("--notes", metavar="FILE", help="source notes, plain text (without: the shelf)")
        parser.add_argument("--age-group", default="8-10", help="5-7, 8-10, 11-13 or 14-17")
        parser.add_argument("--out", required=True, metavar="DIR", help="where the film is put")
        parser.add_argument("--seconds", type=int, default=70, help="wanted length, 45-90")
        parser.add_argument("--style", default="auto", help="visual style")
        parser.add_argument("--no-burned-captions", action="store_true", help="captions as WebVTT only")
        parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        notes = _read_notes(options["notes"])
        _check_folder(Path(options["out"]))
        with bell.muted():
            project = self._find_or_create(notes, options)
            out = _make_folder(options["out"])  # only now: a brief that is refused leaves nothing behind
            before = set(_finished(project))
            with ProgressBar(project.concept_prompt, is_quiet=False) as bar:
                try:
                    project = run_to_end(project.pk, workers=settings.PIPELINE_PARALLEL, listener=bar)
                except Exception as error:  # its trace is shown by --traceback
                    raise CommandError(_reason(project), returncode=1) from error
        present = plan(project)
        if project.status != Status.IN_REVIEW:
            raise CommandError(_reason(project), returncode=1)
        made = [run for run in _runs(present) if run.pk not in before]
        self._report(project, present, made, len(_runs(present)) - len(made), out, as_json=options["json"])

    def _find_or_create(self, notes: str, options: dict[str, Any]) -> ContentProject:
        owner, _ = get_user_model().objects.get_or_create(
            email=OWNER, defaults={"is_active": False, "is_staff": False, "display_name": "make_video"}
        )
        brief: dict[str, Any] = {
            "concept": options["concept"],
            "age_group": options["age_group"],
            "source_notes": notes,
            "target_seconds": options["seconds"],
            "burned_captions": not options["no_burned_captions"],
            "visual_style": options["style"],
        }
        try:
            project = (
                ContentProject.objects.filter(
                    creator=owner,
                    concept_prompt=options["concept"].strip(),
                    age_group=options["age_group"],
                    status__in=REUSABLE,
                )
                .order_by("-created_at")
                .first()
            )
            if project is None:
                project, _ = editing.create_project(creator_id=owner.pk, **brief)
            else:
                self._bring_up_to_date(project, brief, owner.pk)
        except editing.BriefRefused as error:
            raise CommandError(f"{error.code}: {error.message}", returncode=2) from error
        project.refresh_from_db()
        if project.status == Status.DRAFT:
            orchestration.start(project.pk, actor_id=owner.pk)
        elif project.status != Status.GENERATING and not plan(project).is_complete:
            orchestration.rebuild(project.pk, actor_id=owner.pk)
        elif project.status == Status.NEEDS_ATTENTION:
            orchestration.retry(project.pk, actor_id=owner.pk)
        return project

    def _bring_up_to_date(self, project: ContentProject, brief: dict[str, Any], owner_id: Any) -> None:
        """The same film again, perhaps with other notes: only what the plan then misses is made.

        Notes that are refused leave the earlier film where it is.
        """
        if not brief["source_notes"].strip() and project.notes_origin == "shelf":
            brief = {**brief, "source_notes": project.source_notes}
        now = {name: getattr(project, column) for name, column in editing.BRIEF_FIELDS.items()}
        changes = {name: value for name, value in brief.items() if name in now and now[name] != value}
        if brief["visual_style"] != project.brief.visual_style:
            changes["visual_style"] = brief["visual_style"]
        changes.pop("concept", None)
        if not changes:
            return
        with transaction.atomic():
            if project.status == Status.GENERATING:
                orchestration.cancel(project.pk, actor_id=owner_id)
            elif project.status == Status.IN_REVIEW:
                orchestration.withdraw(project.pk, actor_id=owner_id)
            editing.edit_brief(project.pk, actor_id=owner_id, **changes)

    def _report(
        self,
        project: ContentProject,
        present: Plan,
        made: list[StepRun],
        kept: int,
        out: Path,
        *,
        as_json: bool,
    ) -> None:
        film, checks = present.film_run, present.qa_run
        if film is None or checks is None or film.output is None or checks.output is None:
            raise CommandError(
                "platform:unexpected: the film is complete but its results are missing.", returncode=1
            )
        files = {name: _copy_out(film.made[name], out / name) for name in OUTPUTS}
        again = _name_made(made)
        say = sys.stderr.write if as_json else self.stdout.write
        say(f"made {again}; {kept} of {kept + len(made)} parts were there already\n")
        if not as_json:
            verdict = (project.qa_results or {}).get("verdict", "?")
            self.stdout.write(f"{files['film.mp4']}  {film.output['seconds']:.1f} s, checks: {verdict}")
            return
        seconds: dict[str, float] = {}
        for run in made:
            seconds[run.step] = round(seconds.get(run.step, 0.0) + (run.seconds or 0.0), 3)
        self.stdout.write(
            json.dumps(
                {
                    "film": str(files["film.mp4"]),
                    "captions": str(files["captions.vtt"]),
                    "thumbnail": str(files["thumbnail.jpg"]),
                    "poster": str(files["poster.jpg"]),
                    "duration_seconds": film.output["seconds"],
                    "scenes": [_scene_json(scene, film.output) for scene in present.scenes],
                    "quiz_questions": checks.output["questions"],
                    "qa": project.qa_results,
                    "seconds_by_step": seconds,
                    "cpu_seconds": _cpu_seconds(),
                    "made": [str(run) for run in made],
                    "reused": kept,
                    "project_id": str(project.pk),
                },
                ensure_ascii=False,
            )
        )


def _reason(project: ContentProject) -> str:
    """One line: why the project is in a person's hands."""
    event = project.last_event
    return f"{event.reason}: {event.message}" if event else "the project stopped without a reason"


def _read_notes(path: str | None) -> str:
    if path is None:
        return ""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise CommandError(
            f"creator:notes-unreadable: {path} cannot be read ({error.strerror}). Name a text file.",
            returncode=2,
        ) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(
            f"creator:notes-not-text: {path} is not UTF-8 text. Save the notes as plain text and try again.",
            returncode=2,
        ) from error
    if not text.strip():
        raise CommandError(
            f"creator:notes-empty: {path} is empty. Write 150 to 600 words into it, or leave --notes out"
            " to take the notes of the shelf.",
            returncode=2,
        )
    return text


def _check_folder(out: Path) -> None:
    """Refuse early where the film could not be put at the end. Makes nothing."""
    existing = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise CommandError(
            f"platform:cannot-write: {existing} is no folder that can be written to. Choose another --out.",
            returncode=2,
        )


def _make_folder(path: str) -> Path:
    out = Path(path)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(
            f"platform:cannot-write: {path} cannot be made ({error.strerror}). Choose another --out.",
            returncode=2,
        ) from error
    return out


def _runs(present: Plan) -> list[StepRun]:
    return [planned.run for planned in present.jobs if planned.run is not None and planned.is_done]


def _finished(project: ContentProject) -> list[Any]:
    return list(
        StepRun.objects.filter(project=project, status=StepRun.Status.SUCCEEDED).values_list("pk", flat=True)
    )


def _name_made(made: list[StepRun]) -> str:
    return ", ".join(str(run) for run in made) if made else "nothing again"


def _scene_json(scene: Any, film: dict[str, Any]) -> dict[str, Any]:
    places: dict[int, dict[str, Any]] = {entry["position"]: entry for entry in film["timeline"]}
    place = places.get(scene.position, {})
    return {
        "position": scene.position,
        "role": scene.role,
        "narration": scene.narration,
        "lines": scene.lines,
        "on_screen_text": scene.on_screen_text,
        "visual_kind": scene.visual_kind,
        "start": place.get("start"),
        "end": place.get("end"),
    }


def _copy_out(checksum: str, target: Path) -> Path:
    """Written beside and renamed: the folder never holds half a film."""
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with storage.open_asset(checksum) as source, beside.open("wb") as file:
            shutil.copyfileobj(source, file, storage.CHUNK)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    return target.resolve()


def _cpu_seconds() -> float:
    """User and system time of this process and of its finished children, in seconds."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return round(sum(usage.ru_utime + usage.ru_stime for usage in usages), 2)
