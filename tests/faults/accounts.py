"""What is counted after the faults: answers, projects, files and money."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.storage import storages
from django.db.models import QuerySet
from django.utils import timezone

from pipeline.models import Asset, Charge, ContentProject, StepRun
from pipeline.storage import clear_parts, path_of
from quizzes.models import QuizResponse, QuizResponseKey
from students import tokens
from students.models import Student
from tests.faults.web import Children, send_answer
from tests.pipeline import quick_steps
from tests.pipeline.films import Film


def work_files() -> set[str]:
    """Names of the files of the work storage."""
    root = Path(storages["default"].path(""))
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def open_session(student: Student) -> str:
    return tokens.open_session(tokens.STUDENTS, student, now=timezone.now()).access


def check_answers(children: Children, students: list[Student]) -> dict[str, Any]:
    """Each acknowledged answer is one row, one key, and the same again when it is asked for once more."""
    acknowledged = [answer for answer in children.answers if answer.result is not None]
    mine = QuizResponse.objects.filter(student__in=students)
    keys = dict(
        QuizResponseKey.objects.filter(student__in=students).values_list("response_id", "quiz_response_id")
    )
    rows = Counter(mine.values_list("id", flat=True))
    lost = [one for one in acknowledged if keys.get(UUID(one.body["response_id"])) not in rows]
    changed = 0
    for answer in acknowledged[:: max(len(acknowledged) // 100, 1)]:
        status, body = send_answer(children.port, answer)
        again = json.loads(body)
        changed += (status, again["is_correct"]) != (200, (answer.result or {})["is_correct"])
    return {
        "answers acknowledged": len(acknowledged),
        "answers lost": len(lost),
        "answers counted twice": sum(rows.values()) - len(keys),
        "answers changed": changed,
        "requests": dict(sorted(children.statuses.items(), key=str)),
        "most tries": max(answer.tries for answer in children.answers),
    }


def check_projects(films: list[Film], files_before: set[str]) -> dict[str, Any]:
    """Each project has its film, each asset its file and each file its asset, each job was paid once.

    A job that lost its worker between vendor and settlement may be asked again: that is no second
    settlement. Two settled charges of one job, or a job called again after it was settled, would be.
    """
    ids = [film.pk for film in films]
    projects = ContentProject.objects.filter(pk__in=ids)
    settled = Counter(
        Charge.objects.filter(project__in=ids, cost__isnull=False, cost__gt=0).values_list(
            "run_id", flat=True
        )
    )
    attempts = dict(StepRun.objects.filter(project__in=ids).values_list("pk", "attempt"))
    assets = names_of(Asset.objects.all())
    # Those of workers that were killed while they wrote: the nightly job removes them (pipeline.keeping).
    cleared = clear_parts(storages["default"], before=timezone.now() + timedelta(days=1))
    files = work_files() - files_before
    mine = names_of(Asset.objects.filter(run__project__in=ids))
    return {
        "projects whole": sum(is_whole(film) for film in films),
        "projects by status": dict(Counter(projects.values_list("status", flat=True))),
        "jobs": len(attempts),
        "jobs that needed another attempt": sum(attempt > 1 for attempt in attempts.values()),
        "jobs paid twice": sum(count > 1 for count in settled.values()),
        "files orphaned": len({name for name in files if name.startswith("assets/")} - assets),
        "half-written files cleared": cleared,
        "spool files left": len([name for name in files if not name.startswith("assets/")]),
        "assets without their file": sum(not storages["default"].exists(name) for name in mine),
    }


def names_of(assets: QuerySet[Asset]) -> set[str]:
    return {path_of(checksum) for checksum in assets.values_list("checksum", flat=True)}


def is_whole(film: Film) -> bool:
    """In review, with every job done once it counts, and the film's file among its assets."""
    runs = StepRun.objects.filter(project=film.pk)
    done = runs.exclude(status="succeeded").count() == 0
    has_film = Asset.objects.filter(run__project=film.pk, kind="film").exists()
    called = set(quick_steps.ledger(film.concept))
    return film.status == "in_review" and done and has_film and {"script", "compose.film", "qa"} <= called
