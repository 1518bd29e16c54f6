"""The owner of one PostgreSQL and one Redis, for as long as somebody uses them.

Runs alone in a process (started by servers.py) with one thread: the kernel stops the servers when
that thread ends. A server that dies stays dead until a user asks again, so that a fault test sees
the fault; the other one runs on.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from urllib.parse import quote

import psycopg

from config.local.binaries import PostgresBinaries, find_postgres, find_redis
from config.local.bound import exec_command
from config.local.errors import LocalServerError
from config.local.privileges import Launch, choose_launch, give_folder
from config.local.servers import try_lock

DATABASE = "microlearning"
WATCH_SECONDS = 0.2
READY_SECONDS = 60.0
SOCKET_PATH_BYTES = 107  # the kernel's limit of a Unix socket's path, without its closing zero
PORT = 5432  # names the socket; said everywhere, because a PGPORT in the environment would win
POSTGRES_SOCKET = f".s.PGSQL.{PORT}"
# Addresses travel through settings, Celery and command lines: no character in them needs quoting.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
SETTINGS = (
    "listen_addresses=",
    f"port={PORT}",
    "shared_buffers=64MB",
    "max_connections=100",
    "timezone=UTC",
    "log_timezone=UTC",
)
# The user's locale may not exist on the machine, and PGHOST and the like must not reach the servers.
ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


class Stop(Exception):
    """The supervisor was told to end."""


class Supervisor:
    """`folder` is its own; options as in `ensure_servers`."""

    def __init__(self, folder: Path, *, durable: bool, postgres: int | None) -> None:
        self.folder = folder
        self.durable = durable
        self.wanted_major = postgres
        self.sockets = folder / "sockets"
        self.postgres: subprocess.Popen[bytes] | None = None
        self.redis: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Start, serve until the last user is gone, stop. A failure is written to failed.txt."""
        signal.signal(signal.SIGINT, _end)
        signal.signal(signal.SIGTERM, _end)
        (self.folder / "supervisor.lock").write_text(f"{os.getpid()}\n")
        with (self.folder / "users.lock").open("a") as users:
            try:
                self._prepare()
                self._start()
                while not try_lock(users, fcntl.LOCK_EX):
                    time.sleep(WATCH_SECONDS)
                    self._look_after()
            except Stop:
                pass
            except LocalServerError as error:
                (self.folder / "failed.txt").write_text(str(error))
            except OSError as error:
                (self.folder / "failed.txt").write_text(
                    f"The local servers cannot be started: {error.strerror or error}; see {self.folder}."
                )
                raise
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                signal.signal(signal.SIGTERM, signal.SIG_IGN)
                self._stop()

    # ------------------------------------------------------------------ start

    def _prepare(self) -> None:
        self.binaries: PostgresBinaries = find_postgres(major=self.wanted_major)
        self.redis_binary = find_redis()
        self.data = self.folder / f"postgres-{self.binaries.major}"
        self.redis_data = self.folder / "redis"
        self.redis_data.mkdir(exist_ok=True)
        for folder in (self.data, self.redis_data):
            end_leftovers(folder)
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # its number may be another process by now
        self._remove_sockets()
        self.sockets = short_folder(self.folder / "sockets")
        self.launch: Launch = choose_launch(program=self.binaries.folder / "postgres", folder=self.folder)
        give_folder(self.sockets, self.launch.owner)

    def _start(self) -> None:
        """Start what does not run, wait for both, and say so."""
        if self.redis is None:
            self.redis = self._start_redis()
        if self.postgres is None:
            if not (self.data / "PG_VERSION").exists():
                self._create_data()
            give_folder(self.data, self.launch.owner)
            self.postgres = self._start_postgres()
        _wait(self._redis_answers, self.redis, self.folder / "redis.log")
        _wait(self._postgres_answers, self.postgres, self.folder / "postgres.log")
        socket_path = quote(str(self.sockets / "redis.sock"))
        ready = {
            "database_url": f"postgresql://postgres@:{PORT}/{DATABASE}?host={quote(str(self.sockets))}",
            "redis_url": f"unix://{socket_path}?db=0",
            "broker_url": f"redis+socket://{socket_path}?virtual_host=1",
            "postgres_pid": self.postgres.pid,
            "redis_pid": self.redis.pid,
            "options": {"durable": self.durable, "postgres": self.binaries.major},
        }
        half = self.folder / "ready.json.half"
        half.write_text(json.dumps(ready))
        half.rename(self.folder / "ready.json")
        (self.folder / "wanted").unlink(missing_ok=True)

    def _create_data(self) -> None:
        """initdb into a folder that gets its name when complete: a killed one leaves no half database."""
        half = self.data.with_name(f"{self.data.name}.half")
        if half.exists():
            shutil.rmtree(half)
        half.mkdir(mode=0o700)
        give_folder(half, self.launch.owner)
        # From 17 on the server has its own UTF-8 rules; before, it depends on the system's.
        provider = ["--locale-provider=builtin"] if self.binaries.major >= 17 else []
        options = [
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            *provider,
        ]
        command = [*self.launch.prefix, str(self.binaries.folder / "initdb"), "-D", str(half), *options]
        log = self.folder / "initdb.log"
        with log.open("w") as output:
            result = subprocess.run(
                exec_command(command, number=signal.SIGKILL),
                stdout=output,
                stderr=output,
                env=ENVIRONMENT,
                check=False,
                timeout=READY_SECONDS,
            )
        if result.returncode != 0:
            raise LocalServerError(_explain("PostgreSQL could not make its database", log))
        half.rename(self.data)

    def _start_postgres(self) -> subprocess.Popen[bytes]:
        settings = SETTINGS if self.durable else (*SETTINGS, *QUICK)
        options = [part for setting in settings for part in ("-c", setting)]
        server = [
            str(self.binaries.folder / "postgres"),
            "-D",
            str(self.data),
            "-k",
            str(self.sockets),
            *options,
        ]
        # SIGINT is PostgreSQL's "fast": connections are closed. Its SIGTERM would wait for them.
        return self._spawn([*self.launch.prefix, *server], "postgres.log", number=signal.SIGINT)

    def _start_redis(self) -> subprocess.Popen[bytes]:
        options = {
            "port": "0",
            "unixsocket": str(self.sockets / "redis.sock"),
            "unixsocketperm": "700",
            "databases": "64",
            "dir": str(self.redis_data),
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "maxmemory-policy": "noeviction",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        return self._spawn([str(self.redis_binary), *arguments], "redis.log", number=signal.SIGTERM)

    def _spawn(self, command: list[str], log: str, *, number: signal.Signals) -> subprocess.Popen[bytes]:
        with (self.folder / log).open("w") as output:
            return subprocess.Popen(
                exec_command(command, number=number),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=ENVIRONMENT,
                start_new_session=True,
            )

    # ------------------------------------------------------------------ readiness

    def _redis_answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            try:
                client.connect(str(self.sockets / "redis.sock"))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def _postgres_answers(self) -> bool:
        """Connects and makes the database if it is not there."""
        try:
            with psycopg.connect(
                f"postgresql://postgres@:{PORT}/postgres?host={quote(str(self.sockets))}",
                connect_timeout=2,
                autocommit=True,
            ) as connection:
                if not connection.execute(
                    "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
                ).fetchone():
                    connection.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.OperationalError:
            return False
        return True

    # ------------------------------------------------------------------ while running, and the end

    def _look_after(self) -> None:
        """A dead server makes the announcement untrue; it is started again when somebody wants it."""
        if self.postgres is not None and self.postgres.poll() is not None:
            self.postgres = None
        if self.redis is not None and self.redis.poll() is not None:
            self.redis = None
        if self.postgres is None or self.redis is None:
            (self.folder / "ready.json").unlink(missing_ok=True)
            if (self.folder / "wanted").exists():
                if self.postgres is None:
                    end_leftovers(self.data)  # backends of a killed one
                self._start()

    def _stop(self) -> None:
        (self.folder / "ready.json").unlink(missing_ok=True)
        if self.redis is not None:
            self.redis.send_signal(signal.SIGTERM)
        if self.postgres is not None:
            _end_process(self.postgres, (signal.SIGINT, 5.0), (signal.SIGQUIT, 2.0))
        if self.redis is not None:
            _end_process(self.redis, (signal.SIGTERM, 2.0))
        self._remove_sockets()

    def _remove_sockets(self) -> None:
        """Also those of a killed predecessor, which may lie elsewhere."""
        link = self.folder / "sockets"
        if link.is_symlink():
            shutil.rmtree(link.readlink(), ignore_errors=True)
            link.unlink()
        elif link.exists():
            shutil.rmtree(link)


def short_folder(folder: Path) -> Path:
    """`folder`, made; where its path is too long or odd for sockets, a temporary one it links to."""
    longest = len(os.fsencode(folder / POSTGRES_SOCKET))
    if longest <= SOCKET_PATH_BYTES and PLAIN_PATH.fullmatch(str(folder)):
        folder.mkdir(mode=0o700)
        return folder
    for parent in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 - mkdtemp makes a private folder in it
        if len(parent) < 60 and PLAIN_PATH.fullmatch(parent):
            short = Path(tempfile.mkdtemp(prefix="microlearning-", dir=parent))
            folder.symlink_to(short)
            return short
    raise LocalServerError(
        f"{folder} is too deep for a socket; set TMPDIR to a folder with a short, plain path."
    )


def end_leftovers(folder: Path) -> None:
    """End server processes that work in `folder` though their supervisor is gone.

    Both servers and their helpers have their data folder as working folder, so a number that
    belongs to another process by now is never hit.
    """
    patience = time.monotonic() + 10
    number = signal.SIGINT
    told: set[int] = set()
    while left := _working_in(folder):
        if time.monotonic() > patience:
            number = signal.SIGKILL
            told.clear()
        for process in left:
            if process not in told:
                try:
                    os.kill(process, signal.SIGCONT)
                    os.kill(process, number)
                except ProcessLookupError:
                    continue
                told.add(process)
        time.sleep(0.05)


def _working_in(folder: Path) -> list[int]:
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder and int(process.name) != os.getpid():
                found.append(int(process.name))
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return found


def _wait(answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not answers():
        if process.poll() is not None:
            raise LocalServerError(_explain(f"{log.stem.capitalize()} ended while starting", log))
        if time.monotonic() > deadline:
            raise LocalServerError(_explain(f"{log.stem.capitalize()} did not answer", log))
        time.sleep(0.02)


def _explain(what: str, log: Path) -> str:
    text = log.read_text(errors="replace")
    if "No space left" in text:
        return f"{what} because the disk is full; free some space and try again."
    lines = [
        line for line in text.splitlines() if re.search(r"error|fatal|panic|could not", line, re.IGNORECASE)
    ]
    reason = f" ({lines[-1].strip()})" if lines else ""
    return f"{what}{reason}; see {log}, and if its data is broken, make clean removes it."


def _end_process(process: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> None:
    """Ask more and more firmly; the last step is SIGKILL."""
    for number, seconds in steps:
        process.send_signal(signal.SIGCONT)
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()


def _end(_number: int, _frame: FrameType | None) -> None:
    raise Stop
