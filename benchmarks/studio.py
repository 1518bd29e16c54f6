"""`python -m benchmarks.studio`: what a page of the studio costs with 10,000 projects in the database.

Processor seconds of the process that serves it, which a busy machine hardly changes; queries and gzipped
bytes beside them. The gate: the list's first page takes less than 150 ms, for an editor-in-chief who sees
every project and for a creator who sees a tenth. `--quick` takes 1,000 projects and no gate.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.feed.site import start_servers

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".local" / "benchmarks-studio"
GATE = 0.150  # processor seconds
ROUNDS = 15
LIST = "/admin/pipeline/contentproject/"
PAGES = {
    "list": LIST,
    "list, needs me": f"{LIST}?view=needs-me",
    "list, searched": f"{LIST}?q=thing",
    "list, one rule": f"{LIST}?rule=accuracy.",
    "list, one topic": f"{LIST}?topic=Space",
    "list, edited since": f"{LIST}?stale=yes",
    "list, last page": f"{LIST}?p=40",
    "calendar": "/admin/calendar/",
    "dashboard": "/admin/",
    "cost": "/admin/cost/?by=project&days=365",
    "shell alone": "/admin/profile/",
}


@dataclass(frozen=True)
class Figure:
    person: str
    page: str
    queries: int
    kilobytes: float
    seconds: float  # median of the processor's


def prepare() -> None:
    """The environment that the settings read, and Django."""
    start_servers(FOLDER, LOG_LEVEL="ERROR", DJANGO_SETTINGS_MODULE="config.settings")
    import django  # noqa: PLC0415 - the environment comes first

    django.setup()
    from django.conf import settings  # noqa: PLC0415

    settings.DEBUG = False  # as it is where people work; queries are not kept


def fill(projects: int) -> dict[str, Any]:
    """An editor-in-chief and one of ten creators of that many projects; made once a folder."""
    from django.contrib.auth.models import Group  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection, transaction  # noqa: PLC0415

    from pipeline.models import ContentProject  # noqa: PLC0415
    from studio import policy  # noqa: PLC0415
    from studio.models import Creator  # noqa: PLC0415
    from tests.studio.crowds import fill_studio  # noqa: PLC0415 - one made-up studio for tests and figures

    call_command("migrate", verbosity=0)
    people = [Creator.objects.get_or_create(email=f"creator-{number}@example.org")[0] for number in range(10)]
    editor, _ = Creator.objects.get_or_create(email="editor@example.org")
    for person, role in [(editor, policy.EDITOR), *((one, policy.CREATOR) for one in people)]:
        person.groups.add(Group.objects.get(name=role))
    missing = projects - ContentProject.objects.count()
    if missing > 0:
        with transaction.atomic():
            fill_studio(people, projects=missing)
            with connection.cursor() as cursor:  # the keys of so many rows take longer than a page may
                cursor.execute("SET LOCAL statement_timeout = '10min'")
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return {"editor-in-chief": editor, "creator": people[0]}


def _count(found: list[str], execute: Any, sql: str, *rest: Any) -> Any:
    found.append(sql)
    return execute(sql, *rest)


def measure(people: dict[str, Any], rounds: int) -> Iterator[Figure]:
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    for name, person in people.items():
        client = Client(SERVER_NAME="localhost")
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        for page, address in PAGES.items():
            client.get(address)  # templates are read, plans of queries made
            queries: list[str] = []
            with connection.execute_wrapper(partial(_count, queries)):
                answer = client.get(address)
            if answer.status_code != 200:
                raise SystemExit(f"{address} answers {answer.status_code} to the {name}.")
            took = []
            for _ in range(rounds):
                began = time.process_time()
                client.get(address)
                took.append(time.process_time() - began)
            weight = len(gzip.compress(answer.content)) / 1000
            yield Figure(name, page, len(queries), round(weight, 1), round(median(took), 4))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--projects", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help="1,000 projects, three rounds, no gate")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    projects, rounds = (1_000, 3) if chosen.quick else (chosen.projects, chosen.rounds)
    prepare()
    figures = []
    print(f"{'':<17}{'page':<22}{'queries':>8}{'KB':>8}{'ms of processor':>18}")
    for figure in measure(fill(projects), rounds):
        figures.append(figure)
        print(
            f"{figure.person:<17}{figure.page:<22}{figure.queries:>8}{figure.kilobytes:>8}"
            f"{1000 * figure.seconds:>18.1f}",
            flush=True,
        )
    slow = [one for one in figures if one.page == "list" and one.seconds >= GATE]
    if chosen.json:
        print(json.dumps({"projects": projects, "gate": GATE, "figures": [vars(one) for one in figures]}))
    return 1 if slow and not chosen.quick else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
