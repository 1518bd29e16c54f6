"""The whole journey by real processes, web server and workers as they are deployed: what do they connect to?

Notes become a film that workers render, a person approves and publishes it, two children watch and answer,
one of them with a consent, both are erased. Every address that a process asks for is written down by
Python's own audit, and refused if it is not on this machine. Not seen there: what libraries in C open, which
are libpq (to DATABASE_URL) and the programs that are started, whose arguments hold no address.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection

from analytics.models import Event, Record, VendorDeletion
from config.celery import QUEUES, app
from pipeline.author.shelf import all_notes
from pipeline.models import ContentProject
from students import guardians
from students.models import Erasure, Student
from students.notice import NOTICE_VERSION
from tests.clients import PASSWORD
from tests.double import Double
from tests.faults.web import free_port
from tests.studio.factories import PASSWORD as STAFF_PASSWORD
from tests.studio.factories import make_person

pytestmark = [
    pytest.mark.film,
    pytest.mark.faults,
    pytest.mark.timeout(900),
    pytest.mark.django_db(transaction=True),
]
PROJECT = Path(__file__).resolve().parents[2]
GUARD = Path(__file__).resolve().parent / "guard"
PATIENCE = 600.0  # seconds; a busy machine renders slowly
NOTE = next(note for note in all_notes() if note.name == "water-cycle")


@dataclass
class Processes:
    """A web server and a worker of all queues, guarded."""

    environment: dict[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        self._start(
            "web",
            *("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--workers", "1", "--blocking-threads", "2", "config.wsgi:application"),
        )
        self._start(
            "worker",
            *("celery", "-A", "config.celery", "worker", "--pool", "prefork", "--concurrency", "2"),
            *("--queues", ",".join(QUEUES), "--without-gossip", "--without-mingle", "--loglevel", "INFO"),
        )

    def _start(self, name: str, *arguments: str) -> None:
        environment = self.environment | {"EGRESS_LOG": str(self.log.with_name(f"{name}.egress"))}
        with self.log.open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                cwd=PROJECT,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        for process in self.running.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def seen(self, name: str) -> list[tuple[int, str, Any]]:
        """What the processes of this kind have asked for."""
        text = self.log.with_name(f"{name}.egress").read_text()
        return [tuple(json.loads(line)) for line in text.splitlines()]

    def ask(self, method: str, path: str, body: Any = None, *, token: str = "", expect: int = 200) -> Any:
        """One request to the web server; its JSON."""
        headers = {"Content-Type": "application/json", "Host": "localhost"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as client:
            client.request(method, path, json.dumps(body) if body is not None else None, headers)
            reply = client.getresponse()
            content = reply.read()
        assert reply.status == expect, f"{method} {path} {reply.status} {content[:500]!r}\n{self._log_end()}"
        return json.loads(content) if content else None

    def _log_end(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    def wait(self, is_reached: Callable[[], bool], what: str, *, ring: str = "") -> None:
        """Until it is so; `ring`: a task that beat would send again and again."""
        end = time.monotonic() + PATIENCE
        rung = 0.0
        while not is_reached():
            assert time.monotonic() < end, f"{what} was not reached\n{self._log_end()}"
            if ring and time.monotonic() > rung:
                app.send_task(ring)
                rung = time.monotonic() + 5
            time.sleep(0.2)


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as running:
        yield running


@pytest.fixture
def processes(double: Double, tmp_path: Path) -> Iterator[Processes]:
    values = connection.settings_dict
    host = f"?host={values['HOST']}" if str(values["HOST"]).startswith("/") else ""
    address = "" if host else f"{values['HOST']}:{values['PORT']}"
    user = f"{values['USER']}@" if values["USER"] else ""
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://{user}{address}/{values['NAME']}{host}",
        "DATABASE_POOL_SIZE": "2",
        "PYTHONPATH": str(GUARD),
        "AMPLITUDE_API_KEY": "analytics-key",
        "AMPLITUDE_SECRET_KEY": "analytics-secret",
        "AMPLITUDE_URL": f"{double.url}/2/httpapi",
        "AMPLITUDE_DELETION_URL": f"{double.url}/api/2/deletions/users",
    }
    made = Processes(environment, tmp_path / "processes.log")
    made.start()
    try:
        yield made
    finally:
        made.stop()


def sign_in(processes: Processes, role: str) -> str:
    person = make_person(role)
    body = {"email": person.email, "password": STAFF_PASSWORD}
    return str(processes.ask("POST", "/api/creator/token", body)["access"])


def make_film(processes: Processes) -> UUID:
    """From the brief to the published film; its video's id."""
    creator, reviewer, editor = (
        sign_in(processes, role) for role in ("creator", "reviewer", "editor_in_chief")
    )
    brief = {
        "request_id": str(uuid4()),
        "concept": NOTE.concept,
        "age_group": NOTE.age_group,
        "source_notes": NOTE.notes,
        "target_seconds": 45,
    }
    project = processes.ask("POST", "/api/creator/generate-content", brief, token=creator, expect=202)
    project_id = project["project_id"]

    def is_their_turn() -> bool:
        return ContentProject.objects.get(pk=project_id).status != "generating"

    processes.wait(is_their_turn, "the film", ring="pipeline.tasks.sweep")
    review = processes.ask("GET", f"/api/creator/review/{project_id}", token=reviewer)
    verdict = {"film": review["film"], "notes": "Clear and true."}
    processes.ask("POST", f"/api/creator/review/{project_id}/approve", verdict, token=reviewer)
    body = {"request_id": str(uuid4())}
    out = processes.ask("POST", f"/api/creator/projects/{project_id}/publish", body, token=editor)
    return UUID(out["video"]["id"])


def live(processes: Processes, name: str, video_id: UUID, *, consents: bool) -> tuple[Student, str]:
    """A child registers, watches and answers; its guardian has consented to figures outside, or not."""
    body = {"username": name, "password": PASSWORD, "age_group": NOTE.age_group}
    token = processes.ask("POST", "/api/student/register", body, expect=201)["access"]
    student = Student.objects.get(username=name)
    if consents:
        decision = {
            "granted": True,
            "version": NOTICE_VERSION,
            "guardian_code": guardians.issue_code(student),
        }
        processes.ask("PUT", "/api/student/me/consents/third_party_analytics", decision, token=token)
    (card,) = processes.ask("GET", "/api/student/feed/me", token=token)
    assert card["id"] == str(video_id)
    watch = {
        "watch_id": str(uuid4()),
        "video_id": str(video_id),
        "seconds_watched": 40,
        "completed": True,
        "furthest_second": 40,
        "started_at": "2026-11-01T10:00:00Z",
    }
    processes.ask("POST", "/api/student/watches", watch, token=token, expect=201)
    answer = {
        "response_id": str(uuid4()),
        "video_id": str(video_id),
        "question_index": 0,
        "user_answer": True,
        "response_time_ms": 2500,
        "mode": "watch",
    }
    processes.ask("POST", "/api/student/quiz-response", answer, token=token, expect=201)
    return student, token


def test_nothing_leaves_by_any_process_but_what_a_consent_and_a_setting_allow(
    processes: Processes, double: Double
) -> None:
    processes.wait(lambda: is_up(processes.port), "the web server")
    video_id = make_film(processes)
    yes, yes_token = live(processes, "brave-otter-17", video_id, consents=True)
    no, no_token = live(processes, "calm-lynx-23", video_id, consents=False)
    processes.wait(
        lambda: Record.objects.count() == 4 and not Event.objects.exists(),
        "the delivery",
        ring="analytics.tasks.deliver",
    )
    for token in (yes_token, no_token):
        assert processes.ask("GET", "/api/student/me/export", token=token)["format"] == "student-export"
        processes.ask("DELETE", "/api/student/me", {"password": PASSWORD}, token=token, expect=202)
    processes.wait(
        lambda: (
            Erasure.objects.filter(finished_at__isnull=False).count() == 2
            and not VendorDeletion.objects.filter(answered_at=None).exists()
        ),
        "the erasures",
        ring="analytics.tasks.deliver",
    )
    app.send_task("students.tasks.enforce_retention")
    processes.stop()

    near: dict[str, set[str]] = {}
    for name in ("web", "worker"):
        seen = [(event, what) for _, event, what in processes.seen(name) if event != "subprocess.Popen"]
        assert seen, f"the guard has watched the {name}"
        near[name] = {str(what) for _, what in seen if not is_unix(what)} - redis_over_tcp()
    assert near["web"] == set(), "the web server speaks to database, cache and broker only"
    port = int(double.url.rpartition(":")[2])
    assert near["worker"] <= {str(["127.0.0.1", port]), "127.0.0.1"}, "workers speak to whom settings name"
    pids = {pid for pid, _, _ in processes.seen("worker")}
    assert len(pids) >= 3, "the worker and each of its children"
    programs = [what for _, event, what in processes.seen("worker") if event == "subprocess.Popen"]
    assert [what for what in programs if any("://" in part for part in what)] == []

    sent = [event for call in double.calls if call.route == "/2/httpapi" for event in call.json["events"]]
    assert sorted(event["event_type"] for event in sent) == ["quiz_response", "video_view"]
    assert len({event["user_id"] for event in sent}) == 1
    everything = "".join(call.body.decode("latin-1") for call in double.calls)
    for child in (yes, no):
        for trace in (str(child.pk), child.pk.hex, child.username):
            assert trace not in everything
    assert {call.route for call in double.calls} == {"/2/httpapi", "/api/2/deletions/users"}


def redis_over_tcp() -> set[str]:
    """How cache and broker are asked for where they are not reached by a socket (TEST_REDIS_URL)."""
    found: set[str] = set()
    for url in (settings.REDIS_URL, settings.BROKER_URL):
        parts = urlsplit(str(url))
        if parts.scheme == "redis":
            found |= {
                str(parts.hostname),
                *(str([host, parts.port or 6379]) for host in ("127.0.0.1", "::1")),
            }
    return found


def is_unix(what: Any) -> bool:
    return isinstance(what, str) and what.startswith("/")


def is_up(port: int) -> bool:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with suppress(OSError, http.client.HTTPException), closing(client):
        client.request("GET", "/health/live", headers={"Host": "localhost"})
        return client.getresponse().status == 200
    return False


def test_the_guard_sees_and_refuses_what_would_leave(tmp_path: Path) -> None:
    """Without this, an empty list would say nothing."""
    script = (
        "import socket, urllib.request\n"
        "for ask in (lambda: socket.create_connection(('192.0.2.1', 443), 1),"
        " lambda: urllib.request.urlopen('https://api.example.org', timeout=1)):\n"
        "    try: ask()\n"
        "    except Exception as error: print(type(error).__name__)\n"
    )
    environment: Mapping[str, str] = os.environ | {
        "PYTHONPATH": str(GUARD),
        "EGRESS_LOG": str(tmp_path / "log"),
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == ["PermissionError", "URLError"]
    seen = [json.loads(line)[2] for line in (tmp_path / "log").read_text().splitlines()]
    assert seen == ["192.0.2.1", "api.example.org"]
