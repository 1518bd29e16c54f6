"""The embedded PostgreSQL and Redis: real servers, started on demand, gone with their last user.

`ensure_servers(root)` is all that a caller needs. Every caller holds a shared lock on
`servers/users.lock` for the life of its process, so the kernel counts the users, whatever kills
them. One supervisor per root (`python -m config.local.servers`, see supervisor.py) owns both
servers; it ends when it can have that lock for itself, and the servers end with it.

Whoever gets the lock on `supervisor.lock` starts the supervisor and hands the open file over, so
of two callers at once exactly one starts it, and a dead supervisor's lock is free at once.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from config.local.errors import LocalServerError

__all__ = ["LocalServerError", "Servers", "ensure_servers", "release_servers"]

START_SECONDS = 90.0  # initdb on a busy machine with a slow disk
PAUSE = 0.03
PROJECT = Path(__file__).resolve().parent.parent.parent

_held: dict[Path, IO[str]] = {}  # by servers folder: the open users.lock of this process


@dataclass(frozen=True)
class Servers:
    """Addresses and process ids of running servers; the ids change when a server was restarted."""

    database_url: str  # database `microlearning`, by Unix socket
    redis_url: str  # database 0: cache
    broker_url: str  # database 1: Celery
    postgres_pid: int
    redis_pid: int

    def redis_database(self, number: int) -> tuple[str, str]:
        """Cache and broker addresses in database `number` and the one after it (64 exist)."""
        return self.redis_url.replace("db=0", f"db={number}"), self.broker_url.replace(
            "virtual_host=1", f"virtual_host={number + 1}"
        )


def ensure_servers(root: Path, *, durable: bool = False, postgres: int | None = None) -> Servers:
    """Servers below `root`, running until this process ends or `release_servers(root)` is called.

    `durable` makes PostgreSQL and Redis keep every commit on disk, as the fault tests need it;
    `postgres` asks for a major version. Both must agree with who else uses the same root. A server
    that died meanwhile is started again. Raises LocalServerError with one sentence.
    """
    folder = root.resolve() / "servers"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _hold(folder)
        return _wait_until_ready(folder, {"durable": durable, "postgres": postgres})
    except OSError as error:
        release_servers(root)
        raise LocalServerError(
            f"The local servers cannot use {folder}: {error.strerror}; make it writable, "
            "or name another folder as LOCAL_DIR."
        ) from error
    except LocalServerError:
        release_servers(root)
        raise


def release_servers(root: Path) -> None:
    """This process no longer needs the servers below `root`. Without other users they stop."""
    held = _held.pop(root.resolve() / "servers", None)
    if held is not None:
        held.close()


def _hold(folder: Path) -> None:
    if folder in _held:
        return
    lock = (folder / "users.lock").open("a")
    deadline = time.monotonic() + START_SECONDS
    while not try_lock(lock, fcntl.LOCK_SH):  # a supervisor that is stopping has it for itself
        if time.monotonic() > deadline:
            lock.close()
            raise LocalServerError(
                f"The local servers do not stop; end the process named in {folder / 'supervisor.lock'}."
            )
        time.sleep(PAUSE)
    _held[folder] = lock


def _wait_until_ready(folder: Path, options: dict[str, Any]) -> Servers:
    deadline = time.monotonic() + START_SECONDS
    supervisor: subprocess.Popen[bytes] | None = None
    while True:
        with (folder / "supervisor.lock").open("a") as lock:
            if try_lock(lock, fcntl.LOCK_EX):  # nobody runs it
                if supervisor is not None:
                    raise LocalServerError(_failure(folder))
                supervisor = _start_supervisor(folder, lock, options)
        ready = _read(folder / "ready.json")
        if ready is not None:
            _compare(ready.pop("options"), options, folder)
            return Servers(**ready)
        if supervisor is None:
            (folder / "wanted").touch()  # it may run with a dead server: ask for a new one
        if time.monotonic() > deadline:
            raise LocalServerError(
                f"The local servers were not ready after {START_SECONDS:.0f} s; {_see(folder)}"
            )
        time.sleep(PAUSE)


def _start_supervisor(folder: Path, lock: IO[str], options: dict[str, Any]) -> subprocess.Popen[bytes]:
    for name in ("ready.json", "failed.txt", "wanted"):  # a killed one left them
        (folder / name).unlink(missing_ok=True)
    arguments = [str(folder), str(lock.fileno()), json.dumps(options)]
    # PG… would steer the supervisor's own connections; the other would hide this package from -m.
    kept = {name for name in os.environ if not name.startswith("PG") and name != "PYTHONSAFEPATH"}
    environment = {name: os.environ[name] for name in kept}
    with (folder / "supervisor.log").open("w") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "config.local.servers", *arguments],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[lock.fileno()],
            start_new_session=True,  # Ctrl-C at the terminal is not for the servers
        )


def try_lock(file: IO[str], kind: int) -> bool:
    """Whether the lock was to be had now. Closing the file, or the end of all its holders, frees it."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    return content


def _compare(running: dict[str, Any], wanted: dict[str, Any], folder: Path) -> None:
    version = wanted["postgres"] in {None, running["postgres"]}
    if running["durable"] != wanted["durable"] or not version:
        raise LocalServerError(
            f"The servers in {folder} already run with other options ({running}); "
            "end their users first, or use another folder."
        )


def _failure(folder: Path) -> str:
    try:
        return (folder / "failed.txt").read_text()
    except FileNotFoundError:
        return f"The local servers ended while starting; {_see(folder)}"


def _see(folder: Path) -> str:
    return f"the logs in {folder} say why."


def main(arguments: list[str]) -> None:
    from config.local.supervisor import Supervisor  # noqa: PLC0415 - callers need neither it nor psycopg

    folder, descriptor, options = Path(arguments[0]), int(arguments[1]), json.loads(arguments[2])
    os.set_inheritable(descriptor, False)  # the lock is this process's, not the servers'
    Supervisor(folder, durable=options["durable"], postgres=options["postgres"]).run()


if __name__ == "__main__":
    main(sys.argv[1:])
