"""`make demo`: sets everything up, makes films from real notes, and serves the platform.

`FILMS=12` makes a film of each of twelve subjects. `SERVE=0` ends after the films, with exit code 0 only if
all of it worked. Whatever was started
here ends here, also on Ctrl-C.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from config.local.errors import LocalServerError
from config.local.ports import free_port, require_space
from config.local.processes import Processes, Program
from config.local.servers import PROJECT, ensure_servers

PREFERRED_PORT = 8000
QUEUES = "default,text,image,speech,clip,render,analytics"


def main() -> int:
    """The whole demo; returns the exit code. Every failure a person can mend is one sentence."""
    serve = os.environ.get("SERVE", "1") != "0"
    root = Path(os.environ.get("LOCAL_DIR") or PROJECT / ".local")
    require_space(root)
    port = free_port(PREFERRED_PORT) if serve else 0
    started = time.monotonic()
    try:
        _provide_servers(root)
        with Processes(logs=root / "logs") as processes:
            if not _load():
                return 1
            if not serve:
                print(f"\nEverything worked, in {time.monotonic() - started:.0f} s. `make demo` serves it.")
                return 0
            _start(processes, port)
            _print_addresses(port)
            processes.wait()
    except LocalServerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. `make demo` goes on where it was.", file=sys.stderr)
        return 130 if not serve else 0
    return 0


def _provide_servers(root: Path) -> None:
    """Addresses of PostgreSQL and Redis: those that are configured, else the embedded ones."""
    os.environ.setdefault("DEVELOPMENT", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ:
        return
    servers = ensure_servers(root)
    os.environ.setdefault("DATABASE_URL", servers.database_url)
    os.environ.setdefault("REDIS_URL", servers.redis_url)
    os.environ.setdefault("BROKER_URL", servers.broker_url)


def _load() -> bool:
    """Migrate and make the demo's people and films, in this process."""
    import django  # noqa: PLC0415 - settings exist only now
    from django.core.management import call_command  # noqa: PLC0415
    from django.core.management.base import CommandError  # noqa: PLC0415

    os.environ["STATEMENT_TIMEOUT_MS"] = "0"  # of migrations; the servers started later keep the default
    django.setup()
    del os.environ["STATEMENT_TIMEOUT_MS"]
    try:
        call_command("migrate", verbosity=0)
        call_command("load_demo", films=_wanted_films())
    except CommandError as error:
        print(error, file=sys.stderr)
        return False
    return True


def _wanted_films() -> int:
    """How many films `FILMS` asks for: 3 to 12; what is no number counts as 3."""
    asked = os.environ.get("FILMS", "3")
    return min(12, max(3, int(asked))) if asked.isdigit() else 3


def _start(processes: Processes, port: int) -> None:
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "config.celery"]
    processes.start(
        Program(
            "web",
            [
                *(
                    python,
                    "-m",
                    "granian",
                    "--interface",
                    "wsgi",
                    "--workers",
                    "1",
                    "--blocking-threads",
                    "4",
                ),
                *("--host", "127.0.0.1", "--port", str(port), "--no-ws", "config.wsgi:application"),
            ],
            ready=lambda: _answers(port),
        )
    )
    processes.start(
        Program(
            "worker",
            [*celery, "worker", "--loglevel", "INFO", "--concurrency", "2", "-Q", QUEUES, "--without-mingle"],
            grace_seconds=15,
        )
    )
    processes.start(Program("beat", [*celery, "beat", "--loglevel", "INFO", "--pidfile", ""]))


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _print_addresses(port: int) -> None:
    from studio.demo import PASSWORD, PEOPLE, STUDENT_PASSWORD, STUDENTS  # noqa: PLC0415 - Django is set up only now

    base = f"http://localhost:{port}"
    lines = [
        "",
        f"  The studio    {base}/admin/",
        *(f"     {person.email:<24} {PASSWORD}   {person.what}" for person in PEOPLE),
        *_say_factor(),
        f"  The player    {base}/",
        *(
            f"     {student.username:<24} {STUDENT_PASSWORD}   a student, {student.age_group}"
            for student in STUDENTS
        ),
        f"  The API       {base}/api/docs/",
        "",
        "  Ctrl-C stops everything.",
        "",
    ]
    print("\n".join(lines), flush=True)


def _say_factor() -> list[str]:
    from django.conf import settings  # noqa: PLC0415 - Django is set up only now

    if settings.STUDIO_SECOND_FACTOR:
        return ["     All but the creator set up an authenticator app at their first sign-in."]
    return ["     No second factor is asked for here; STUDIO_SECOND_FACTOR=1 make demo shows it."]


if __name__ == "__main__":
    sys.exit(main())
