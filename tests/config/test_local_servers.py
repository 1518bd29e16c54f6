"""The embedded servers: shared, and gone with their last user, however that one ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from config.local.binaries import find_postgres, find_redis
from config.local.servers import LocalServerError, Servers, ensure_servers, release_servers
from config.local.supervisor import POSTGRES_SOCKET, SOCKET_PATH_BYTES

PROJECT = Path(__file__).resolve().parent.parent.parent
GONE_SECONDS = 5.0  # about half a second on an idle machine
CLIENT = """
import dataclasses, json, pathlib, sys
from config.local.servers import LocalServerError, ensure_servers
try:
    servers = ensure_servers(pathlib.Path(sys.argv[1]), **json.loads(sys.argv[2]))
except LocalServerError as error:
    print(json.dumps({"refused": str(error)}), flush=True)
else:
    print(json.dumps(dataclasses.asdict(servers)), flush=True)
    sys.stdin.read()
"""
Start = Callable[..., "Client"]


class Client:
    """A process that uses the servers below `root` until it is closed or killed."""

    def __init__(self, root: Path, options: dict[str, Any], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(root), json.dumps(options)],
            cwd=PROJECT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line: dict[str, Any] = json.loads(self.process.stdout.readline())
        return line

    def servers(self) -> Servers:
        return Servers(**self.answer())

    def close(self) -> None:
        if self.process.poll() is None and self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait(10)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    clients: list[Client] = []

    def start_client(
        root: Path = tmp_path, *, environment: dict[str, str] | None = None, **options: Any
    ) -> Client:
        clients.append(Client(root, options, environment or {}))
        return clients[-1]

    yield start_client
    for client in clients:
        client.close()
    until(lambda: all(not supervisor_runs(root) for root in {tmp_path, *tmp_path.glob("*")}), seconds=10)
    for link in tmp_path.glob("**/servers/sockets"):  # what a killed supervisor leaves to its successor
        if link.is_symlink():
            shutil.rmtree(link.readlink(), ignore_errors=True)


def until(holds: Callable[[], bool], *, seconds: float) -> float:
    """Seconds until `holds()`; fails when it takes longer."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - begun


def runs(process: int) -> bool:
    """A zombie has ended, though its parent has not taken notice of it yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def supervisor_of(root: Path) -> int:
    return int((root / "servers" / "supervisor.lock").read_text())


def supervisor_runs(root: Path) -> bool:
    lock = root / "servers" / "supervisor.lock"
    return lock.exists() and lock.read_text() != "" and runs(int(lock.read_text()))


def processes_below(root: Path) -> list[str]:
    """Command lines and working folders that name `root`: nothing of its servers escapes both."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            here = (process / "cwd").readlink().is_relative_to(root / "servers")
        except OSError:
            continue
        if here or ("-m\0config.local.servers" in command and str(root) in command):
            found.append(command)
    return found


def answers(servers: Servers) -> bool:
    with psycopg.connect(servers.database_url) as connection:
        row = connection.execute("SELECT current_database()").fetchone()
    return row == ("microlearning",) and bool(redis.Redis.from_url(servers.redis_url).ping())


def test_servers_answer_and_are_gone_with_their_last_user(start: Start, tmp_path: Path) -> None:
    client = start()
    servers = client.servers()
    assert answers(servers)
    client.close()
    until(lambda: processes_below(tmp_path) == [], seconds=GONE_SECONDS)
    assert not (tmp_path / "servers" / "sockets").exists()
    assert not (tmp_path / "servers" / "ready.json").exists()


def test_a_second_user_shares_the_servers_and_keeps_them_when_the_first_leaves(
    start: Start, tmp_path: Path
) -> None:
    first = start()
    servers = first.servers()
    second = start()
    assert second.servers() == servers
    first.close()
    time.sleep(0.6)  # three looks of the supervisor
    assert answers(servers)
    second.close()
    until(lambda: processes_below(tmp_path) == [], seconds=GONE_SECONDS)


def test_users_that_come_at_once_get_the_same_servers(start: Start) -> None:
    clients = [start() for _ in range(6)]
    assert len({client.servers() for client in clients}) == 1


def test_a_user_that_comes_while_the_servers_stop_gets_new_ones(start: Start, tmp_path: Path) -> None:
    first = start()
    first.servers()
    first.close()
    until(lambda: not (tmp_path / "servers" / "ready.json").exists(), seconds=GONE_SECONDS)
    assert answers(start().servers())


def test_what_was_stored_is_there_after_a_restart(start: Start) -> None:
    client = start()
    with psycopg.connect(client.servers().database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    client.close()
    with psycopg.connect(start().servers().database_url) as connection:
        assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)


def test_a_user_in_this_process_lets_go_explicitly(tmp_path: Path) -> None:
    servers = ensure_servers(tmp_path)
    assert ensure_servers(tmp_path) == servers
    release_servers(tmp_path)
    until(lambda: processes_below(tmp_path) == [], seconds=GONE_SECONDS)


def test_letters_of_every_language_have_case_and_time_is_utc(start: Start) -> None:
    with psycopg.connect(start().servers().database_url) as connection:
        row = connection.execute("SELECT upper('étude ž'), current_setting('TimeZone')").fetchone()
    assert row == ("ÉTUDE Ž", "UTC")


@pytest.mark.parametrize(("durable", "expected"), [(False, ("off", "off")), (True, ("on", "on"))])
def test_only_durable_servers_pay_for_the_disk(
    start: Start, *, durable: bool, expected: tuple[str, str]
) -> None:
    with psycopg.connect(start(durable=durable).servers().database_url) as connection:
        row = connection.execute(
            "SELECT current_setting('fsync'), current_setting('full_page_writes')"
        ).fetchone()
    assert row == expected


def test_other_options_for_running_servers_are_refused_in_one_sentence(start: Start, tmp_path: Path) -> None:
    start().servers()
    refused = start(durable=True).answer()["refused"]
    assert refused.startswith(f"The servers in {tmp_path / 'servers'} already run with other options")


def test_a_version_that_is_not_there_is_refused_in_one_sentence(start: Start) -> None:
    refused = start(postgres=9).answer()["refused"]
    assert refused.startswith("PostgreSQL 9 was not found (found: ")
    assert "apt-get install postgresql-9" in refused


def test_a_deep_folder_with_spaces_works_and_leaves_nothing_in_the_temporary_folder(
    start: Start, tmp_path: Path
) -> None:
    root = tmp_path / f"a deep folder {'x' * 100}"
    temporary = tmp_path / "t"
    temporary.mkdir()
    assert len(str(root / "servers" / "sockets" / POSTGRES_SOCKET)) > SOCKET_PATH_BYTES
    client = start(root, environment={"TMPDIR": str(temporary)} if len(str(temporary)) < 60 else {})
    servers = client.servers()
    assert answers(servers)
    assert " " not in servers.database_url + servers.redis_url + servers.broker_url
    elsewhere = (root / "servers" / "sockets").readlink()
    assert elsewhere.exists()
    client.close()
    until(lambda: processes_below(root) == [], seconds=GONE_SECONDS)
    assert not elsewhere.exists()


def test_settings_of_the_users_shell_do_not_reach_the_servers(start: Start) -> None:
    strange = {"LC_ALL": "xx_XX.nothing", "PGDATA": "/nowhere", "PGPORT": "1", "TZ": "Asia/Tokyo"}
    with psycopg.connect(start(environment=strange).servers().database_url) as connection:
        row = connection.execute("SELECT current_setting('port'), current_setting('log_timezone')").fetchone()
    assert row == ("5432", "UTC")


@pytest.mark.faults
def test_a_killed_user_counts_as_gone(start: Start, tmp_path: Path) -> None:
    client = start()
    client.servers()
    client.process.kill()
    until(lambda: processes_below(tmp_path) == [], seconds=GONE_SECONDS)


@pytest.mark.faults
def test_a_killed_supervisor_takes_its_servers_along_and_the_next_user_recovers(
    start: Start, tmp_path: Path
) -> None:
    before = start().servers()
    os.kill(supervisor_of(tmp_path), signal.SIGKILL)
    until(lambda: processes_below(tmp_path) == [], seconds=GONE_SECONDS)
    assert (tmp_path / "servers" / "ready.json").exists()  # what it left behind is untrue
    after = start().servers()
    assert answers(after)
    assert after.postgres_pid != before.postgres_pid


@pytest.mark.faults
def test_a_number_that_belongs_to_another_process_by_now_does_not_stop_the_start(
    start: Start, tmp_path: Path
) -> None:
    client = start()
    client.servers()
    client.close()
    until(lambda: processes_below(tmp_path) == [], seconds=GONE_SECONDS)
    data = next((tmp_path / "servers").glob("postgres-*"))
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n1\n5432\n")
    assert answers(start().servers())
    assert runs(os.getpid())


@pytest.mark.faults
def test_servers_whose_supervisor_could_not_take_them_along_are_ended_first(
    start: Start, tmp_path: Path
) -> None:
    before = start().servers()
    supervisor = supervisor_of(tmp_path)
    os.kill(before.postgres_pid, signal.SIGSTOP)  # stopped, it cannot follow its supervisor
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: not runs(supervisor), seconds=GONE_SECONDS)
    assert runs(before.postgres_pid)
    assert answers(start().servers())
    assert not runs(before.postgres_pid)


@pytest.mark.faults
@pytest.mark.parametrize("dead", ["postgres_pid", "redis_pid"])
def test_a_dead_server_is_started_again_when_asked_for_and_the_other_runs_on(start: Start, dead: str) -> None:
    before = start().servers()
    os.kill(getattr(before, dead), signal.SIGKILL)
    until(lambda: not runs(getattr(before, dead)), seconds=GONE_SECONDS)
    time.sleep(0.5)
    after = start().servers()
    assert answers(after)
    other = ({"postgres_pid", "redis_pid"} - {dead}).pop()
    assert getattr(after, dead) != getattr(before, dead)
    assert getattr(after, other) == getattr(before, other)


@pytest.mark.faults
def test_an_interrupted_first_start_leaves_no_half_database(start: Start, tmp_path: Path) -> None:
    client = start()
    until(lambda: bool(list((tmp_path / "servers").glob("postgres-*.half/base"))), seconds=10)
    os.kill(supervisor_of(tmp_path), signal.SIGKILL)
    client.process.kill()
    until(lambda: processes_below(tmp_path) == [], seconds=GONE_SECONDS)
    assert answers(start().servers())


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        LocalServerError, match=r"^The local servers cannot use .*: Not a directory; make it writable"
    ):
        ensure_servers(tmp_path / "file")


def test_without_wheels_and_servers_the_sentence_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.local.binaries._package_folder", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("config.local.binaries._major_of", lambda folder: None)
    with pytest.raises(LocalServerError, match="No PostgreSQL was found"):
        find_postgres()
    with pytest.raises(LocalServerError, match="No Redis was found"):
        find_redis()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes its user")
@pytest.mark.parametrize("tools", [["unshare", "setpriv"], ["setpriv"]])
def test_root_starts_postgresql_as_nobody_also_where_namespaces_are_forbidden(
    start: Start, tmp_path: Path, tools: list[str]
) -> None:
    (tmp_path / "bin").mkdir()
    for tool in ["sh", *tools]:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    root = tmp_path / "private"
    root.mkdir(mode=0o700)  # like the home folder of root
    servers = start(root, environment={"PATH": str(tmp_path / "bin")}).servers()
    assert answers(servers)
    status = Path(f"/proc/{servers.postgres_pid}/status").read_text()
    changed = tools == ["setpriv"]
    assert ("Uid:\t65534" in status) == changed
    os.kill(supervisor_of(root), signal.SIGKILL)
    until(lambda: processes_below(root) == [], seconds=GONE_SECONDS)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes its user")
def test_without_a_way_to_leave_root_the_sentence_says_so(start: Start, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    refused = start(environment={"PATH": str(tmp_path / "bin")}).answer()["refused"]
    assert refused.startswith("PostgreSQL does not run as this user")


def test_redis_database_numbers_go_in_pairs() -> None:
    servers = Servers("", "unix:///s/redis.sock?db=0", "redis+socket:///s/redis.sock?virtual_host=1", 1, 2)
    assert servers.redis_database(4) == (
        "unix:///s/redis.sock?db=4",
        "redis+socket:///s/redis.sock?virtual_host=5",
    )
