"""Answers and projects while parts are killed and restarted at random; afterwards everything is counted.

`make test` gives it 10 seconds with 60 answers and 3 projects; `make faults SECONDS_OF_FAULTS=300`
1,000 answers and 50 projects. SEED repeats a run's faults.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import redis
from django.conf import settings
from django.db import DatabaseError, connection

from config.local.servers import ensure_servers
from pipeline import orchestration
from pipeline.models import ContentProject
from students.models import Student
from studio.models import Creator
from tests.clients import PASSWORD, make_student, make_video
from tests.faults import clock
from tests.faults.accounts import check_answers, check_projects, open_session, work_files
from tests.faults.disk import SmallDisk, mount_small
from tests.faults.site import Site
from tests.faults.web import Children, Device, Web, make_answers
from tests.pipeline.films import Film, make_film

SECONDS = float(os.environ.get("SECONDS_OF_FAULTS", "10"))
IS_LONG = SECONDS >= 300
ANSWERS, PROJECTS = (1000, 50) if IS_LONG else (60, 3)
STUDENTS, FILMS = 30, 20
SEED = int(os.environ.get("SEED", "8"))
PAUSES = (2.0, 6.0) if IS_LONG else (1.0, 3.0)  # seconds between two faults
PATIENCE = 240.0
# Longer than a job that waits for the database once (5 s): as in production, no lease ends while its worker
# lives. Two that work at once on one job, and two bills, are the matter of the test of the zombie.
LEASE = "10"
# Work that takes a while, so that what is killed is often in the middle of it.
SLOW = {
    key: ["sleep:1.5*"]
    for key in ("script", "visuals.0", "visuals.1", "voice.0", "voice.1", "quiz", "compose.film", "qa")
}


class Trouble:
    """What goes wrong, one thing at a time."""

    def __init__(self, site: Site, web: Web, ground: Ground) -> None:
        self.site, self.web, self.ground = site, web, ground
        self.chance = random.Random(SEED)
        self.done: Counter[str] = Counter()
        self.kinds: dict[str, Callable[[], None]] = {
            "web killed": self._kill_web,
            "workers killed": self.site.workers.kill,
            "one worker's child killed": self._kill_child,
            "PostgreSQL killed": lambda: self._kill_server(self.site.servers.postgres_pid),
            "PostgreSQL frozen": lambda: self._freeze(self.site.servers.postgres_pid, 1.0),
            "Redis killed": lambda: self._kill_server(self.site.servers.redis_pid),
            "Redis flushed": self._flush,
            "Redis full": self._fill,
            "Redis frozen": lambda: self._freeze(self.site.servers.redis_pid, 1.0),
            "storage away": self._take_storage_away,
            "storage slow": self._slow_storage_down,
            "clocks an hour ahead": lambda: self._jump(3600),
            "clocks an hour behind": lambda: self._jump(-3600),
        }
        if ground.disk is not None:
            self.kinds["disk full"] = self._fill_disk
        self._turn: Iterator[str] = iter(())

    def make(self) -> None:
        """The next fault: every kind comes once before one comes again."""
        name = next(self._turn, None)
        if name is None:
            order = list(self.kinds)
            self.chance.shuffle(order)
            self._turn = iter(order)
            name = next(self._turn)
        self.kinds[name]()
        self.done[name] += 1

    def mend(self) -> None:
        """What a service manager does: whatever is down is started again."""
        if self.web.process is None or self.web.process.poll() is not None:
            self.web.start()
        if self.site.workers.process is None or self.site.workers.process.poll() is not None:
            self.site.workers.deaths += 1
            self.site.workers.start()
        self.site.servers = ensure_servers(self.site.root, durable=True)

    def _kill_web(self) -> None:
        self.web.kill()

    def _kill_child(self) -> None:
        process = self.site.workers.process
        children = psutil.Process(process.pid).children() if process is not None else []
        if children:
            self.chance.choice(children).kill()

    def _kill_server(self, pid: int) -> None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def _freeze(self, pid: int, seconds: float) -> None:
        try:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            return

    def _flush(self) -> None:
        """Caches, counters and every message that was waiting."""
        self._ask_redis(lambda server: server.flushall())

    def _fill(self) -> None:
        """For a second no write is taken."""

        def fill(server: redis.Redis) -> None:
            server.config_set("maxmemory-policy", "noeviction")
            server.config_set("maxmemory", "1")
            time.sleep(1.0)
            server.config_set("maxmemory", "0")

        self._ask_redis(fill)

    def _ask_redis(self, ask: Callable[[redis.Redis], Any]) -> None:
        try:
            with self.site.broker as server:
                ask(server)
        except redis.RedisError:
            return  # it is down already

    def _take_storage_away(self) -> None:
        """The folder of results is gone for a second, and a file stands where it was."""
        folder = Path(settings.MEDIA_ROOT) / "work"
        away = folder.with_name("work.away")
        if not folder.is_dir():
            return
        folder.rename(away)
        folder.touch()
        time.sleep(1.0)
        folder.unlink()
        away.rename(folder)

    def _slow_storage_down(self) -> None:
        """Every file takes half a second to open or to write."""
        marker = self.site.stage / "slow-storage"
        half = marker.with_suffix(".half")
        half.write_text("0.5")
        half.rename(marker)
        time.sleep(2.0)
        marker.unlink()

    def _jump(self, seconds: float) -> None:
        """Web and workers look at a wrong clock for a while; the database goes by its own."""
        clock.jump(self.ground.clock, seconds)
        time.sleep(2.0)
        clock.jump(self.ground.clock, 0)

    def _fill_disk(self) -> None:
        """For a second there is no room for a byte in the storage and in the folders that steps work in."""
        assert self.ground.disk is not None
        with self.ground.disk.filled():
            time.sleep(1.0)

    def patiently[T](self, ask: Callable[[], T]) -> T:
        """Ask the database until it answers; whatever is down is started again meanwhile."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return ask()
            except DatabaseError as error:
                connection.close()
                if time.monotonic() > deadline:
                    raise AssertionError("The database does not come back.") from error
                self.mend()
                time.sleep(0.2)

    def start_project(self, owner: Creator) -> Film:
        film = self.patiently(lambda: make_film(creator=owner))
        film.direct(SLOW)
        self.patiently(lambda: orchestration.start(film.pk, actor_id=owner.pk))
        return film

    def at_work(self, films: list[Film]) -> int:
        ids = [film.pk for film in films]
        return self.patiently(lambda: ContentProject.objects.filter(pk__in=ids, status="generating").count())


@dataclass(frozen=True)
class Ground:
    """What the processes stand on: a disk that can be filled (None: we may not mount one) and a clock."""

    disk: SmallDisk | None
    clock: Path


@pytest.fixture
def ground(site: Site) -> Iterator[Ground]:
    """Workers with leases as in production, whose files and scratch space lie on a small disk."""
    media = Path(settings.MEDIA_ROOT)
    path = site.root / "clock"
    extra = {"LEASE_OF_FAULTS": LEASE, "WORK_DIR": str(media / "scratch"), clock.FILE: str(path)}
    site.workers.kill()
    with mount_small(media) as disk:
        site.workers.environment.update(extra)
        site.workers.start()
        yield Ground(disk, path)
        site.workers.kill()
    for name in extra:
        del site.workers.environment[name]


@pytest.fixture
def web(site: Site, ground: Ground) -> Iterator[Web]:
    environment = site.workers.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    application = "tests.faults.jumping_wsgi:application"
    with Web(environment, site.root / "web.log", application=application) as running:
        yield running


@pytest.mark.faults
@pytest.mark.timeout(1500)
def test_no_answer_is_lost_or_counted_twice_and_every_project_is_whole(
    site: Site, web: Web, ground: Ground
) -> None:
    (Path(settings.MEDIA_ROOT) / "work").mkdir(parents=True, exist_ok=True)
    files_before = work_files()
    students = [make_student(password=PASSWORD) for _ in range(STUDENTS)]
    devices = [Device(student.username, PASSWORD, open_session(student)) for student in students]
    videos = [str(make_video().pk) for _ in range(FILMS)]
    owner = Creator.objects.create_user("faults@example.org")
    answers = make_answers(devices, videos, count=ANSWERS)
    children = Children(web.port, answers, seconds=SECONDS)
    trouble = Trouble(site, web, ground)

    web.wait_until_it_answers()
    films: list[Film] = []
    began, next_fault = time.monotonic(), time.monotonic() + 3
    children.start()
    kinds = len(trouble.kinds) if IS_LONG else 3  # however slow the machine is
    while (passed := time.monotonic() - began) < SECONDS or len(trouble.done) < kinds:
        if len(films) < PROJECTS * min(passed / SECONDS, 1):
            films.append(trouble.start_project(owner))
        if time.monotonic() > next_fault:
            trouble.make()
            next_fault = time.monotonic() + trouble.chance.uniform(*PAUSES)
        trouble.mend()
        trouble.patiently(site.tick)
    while len(films) < PROJECTS:
        films.append(trouble.start_project(owner))
    deadline = time.monotonic() + PATIENCE
    while (not children.are_done or trouble.at_work(films)) and time.monotonic() < deadline:
        trouble.mend()
        trouble.patiently(site.tick)
    children.wait()
    for device in devices:  # for the checker, which sends some answers once more
        device.access = open_session(Student.objects.get(username=device.username))

    report = check_answers(children, students) | check_projects(films, files_before)
    report |= {"faults": dict(sorted(trouble.done.items())), "seconds": SECONDS, "seed": SEED}
    if ground.disk is None:
        report["not made"] = "disk full: only root may mount a small disk"
    print(json.dumps(report, indent=1, default=str))  # noqa: T201 - what make faults reports
    assert report["answers acknowledged"] == ANSWERS
    assert report["answers lost"] == report["answers counted twice"] == report["answers changed"] == 0
    assert report["projects whole"] == PROJECTS
    assert report["files orphaned"] == report["jobs paid twice"] == report["assets without their file"] == 0
    assert len(trouble.done) >= kinds
