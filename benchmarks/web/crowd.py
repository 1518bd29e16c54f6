"""1,000 projects of 20 creators wait, and a worker claims their jobs in turn.

`python -m benchmarks.web.crowd` says `ready` when it has begun and goes on until its standard input ends;
then it removes what it has made.
"""

from __future__ import annotations

import sys
import threading
from uuid import uuid4

import django

django.setup()

from django.utils import timezone  # noqa: E402 - models need Django set up

from pipeline import turns  # noqa: E402
from pipeline.claiming import claim  # noqa: E402
from pipeline.models import Charge, ContentProject, StepRun  # noqa: E402
from studio.models import Creator  # noqa: E402

CREATORS, PROJECTS = 20, 1000


def make() -> list[Creator]:
    creators = [Creator.objects.create_user(f"crowd-{uuid4().hex}@example.org") for _ in range(CREATORS)]
    projects = ContentProject.objects.bulk_create(
        ContentProject(
            creator=creators[number % CREATORS],
            concept_prompt="Bees",
            age_group="8-10",
            status=ContentProject.Status.GENERATING,
        )
        for number in range(PROJECTS)
    )
    StepRun.objects.bulk_create(
        StepRun(project=project, step="script", queue="text", fingerprint=uuid4().hex, inputs={})
        for project in projects
    )
    return creators


def serve(runs: list[StepRun]) -> None:
    """A worker's part in a job, but for the work; a job that is done waits again."""
    for run in runs:
        chosen = turns.choose(run.pk, now=timezone.now())
        if chosen is not None and claim(chosen, now=timezone.now()) is not None:
            StepRun.objects.filter(pk=chosen).update(status="queued", attempt=0, token=None, lease_until=None)


def main() -> None:
    creators = make()
    is_over = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.read()
        is_over.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    runs = list(StepRun.objects.filter(project__creator__in=creators))
    try:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while not is_over.is_set():
            serve(runs[:20])
    finally:
        Charge.objects.filter(creator__in=creators).delete()
        ContentProject.objects.filter(creator__in=creators).delete()
        Creator.objects.filter(pk__in=[creator.pk for creator in creators]).delete()


if __name__ == "__main__":
    main()
