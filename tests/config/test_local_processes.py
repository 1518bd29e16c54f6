"""The demo's processes: nothing of them, at any depth, outlives the demo."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.local.errors import LocalServerError
from config.local.processes import Processes, Program

PROJECT = Path(__file__).resolve().parent.parent.parent
# A program with a child and a grandchild; the latter has left for a session of its own, and "deaf"
# makes all three ignore the polite signal. Each writes its process id into the folder it is given.
FAMILY = """
import os, pathlib, signal, sys, time
folder, manner = pathlib.Path(sys.argv[1]), sys.argv[2]
if manner == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
name = "program"
if os.fork() == 0:
    name = "child"
    if os.fork() == 0:
        name = "grandchild"
        os.setsid()
(folder / name).write_text(str(os.getpid()))
if manner == "brief" and name == "program":
    while not (folder / "grandchild").exists(): time.sleep(0.01)
    sys.exit("that was all")
time.sleep(300)
"""
DEMO = """
import pathlib, sys
from config.local.processes import Processes, Program
folder, family, manner, grace = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], float(sys.argv[4])
try:
    with Processes(logs=folder) as processes:
        for name in ("one", "two"):
            (folder / name).mkdir()
            command = [sys.executable, "-c", family, str(folder / name), manner]
            ready = (folder / name / "grandchild").exists
            processes.start(Program(name, command, grace_seconds=grace, ready=ready))
        processes.wait()
except KeyboardInterrupt:
    print("stopped", flush=True)
"""
StartDemo = Callable[..., subprocess.Popen[str]]


def runs(process: int) -> bool:
    """A zombie has ended, though its parent has not taken notice of it yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(holds: Callable[[], bool], *, seconds: float) -> None:
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, "it did not happen in time"
        time.sleep(0.02)


def family_of(folder: Path) -> list[int]:
    return [int(path.read_text() or 0) for path in folder.rglob("*") if path.is_file() and path.suffix == ""]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[StartDemo]:
    """Starts a demo of two families and waits until all six processes run."""
    started: list[subprocess.Popen[str]] = []

    def start_demo(*, manner: str = "polite", grace: float = 8.0) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", DEMO, str(tmp_path), FAMILY, manner, str(grace)]
        started.append(
            subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, start_new_session=True)
        )
        until(lambda: len([process for process in family_of(tmp_path) if process]) == 6, seconds=15)
        return started[-1]

    yield start_demo
    for process in started:
        process.kill()
        process.communicate()
    for process_id in family_of(tmp_path):
        if runs(process_id):
            os.kill(process_id, signal.SIGKILL)


def all_gone(folder: Path) -> bool:
    return not any(map(runs, family_of(folder)))


@pytest.mark.faults
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_children_and_grandchildren(
    demo: StartDemo, tmp_path: Path, number: signal.Signals
) -> None:
    process = demo()
    assert not all_gone(tmp_path)
    process.send_signal(number)
    assert process.communicate(timeout=5)[0] == "stopped\n"
    assert process.returncode == 0
    assert all_gone(tmp_path)


@pytest.mark.faults
def test_who_does_not_listen_is_killed_after_the_grace(demo: StartDemo, tmp_path: Path) -> None:
    process = demo(manner="deaf", grace=0.5)
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(5)
    assert time.monotonic() - begun >= 0.5
    assert all_gone(tmp_path)


@pytest.mark.faults
def test_a_second_ctrl_c_ends_the_grace(demo: StartDemo, tmp_path: Path) -> None:
    process = demo(manner="deaf", grace=60)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert not all_gone(tmp_path)
    process.send_signal(signal.SIGINT)
    process.wait(5)
    assert all_gone(tmp_path)


@pytest.mark.faults
@pytest.mark.parametrize("manner", ["polite", "deaf"])
def test_a_killed_demo_takes_all_of_them_along(demo: StartDemo, tmp_path: Path, manner: str) -> None:
    demo(manner=manner, grace=0.5).kill()
    until(lambda: all_gone(tmp_path), seconds=5)


@pytest.mark.faults
def test_a_killed_guard_takes_its_program_along_and_ends_the_demo(tmp_path: Path) -> None:
    with Processes(logs=tmp_path) as processes:
        ready = tmp_path / "program"
        program = Program("web", [sys.executable, "-c", FAMILY, str(tmp_path), "polite"], ready=ready.exists)
        guard = processes.start(program)
        os.kill(guard, signal.SIGKILL)
        with pytest.raises(LocalServerError, match=r"^web ended with exit code -9; .*web\.log says why"):
            processes.wait()
        until(lambda: not runs(int(ready.read_text())), seconds=2)
    for process in family_of(tmp_path):  # beyond a killed guard nobody looks after grandchildren
        if runs(process):
            os.kill(process, signal.SIGKILL)


def test_a_program_that_ends_is_named_with_its_last_line_and_what_it_left_is_ended(tmp_path: Path) -> None:
    with Processes(logs=tmp_path) as processes:
        processes.start(Program("beat", [sys.executable, "-c", FAMILY, str(tmp_path), "brief"]))
        with pytest.raises(LocalServerError) as ended:
            processes.wait()
    assert str(ended.value) == f'beat ended with exit code 1; {tmp_path}/beat.log says why ("that was all").'
    assert all_gone(tmp_path)


def test_one_that_ends_ends_the_others(tmp_path: Path) -> None:
    with Processes(logs=tmp_path) as processes:
        stays = processes.start(Program("stays", ["sleep", "300"]))
        processes.start(Program("ends", ["false"]))
        with pytest.raises(LocalServerError, match=r"^ends ended with exit code 1; "):
            processes.wait()
    assert not runs(stays)


def test_a_program_that_is_never_ready_is_refused_in_one_sentence(tmp_path: Path) -> None:
    program = Program("web", ["sleep", "300"], ready=lambda: False, ready_seconds=0.3)
    with Processes(logs=tmp_path) as processes, pytest.raises(LocalServerError) as refused:
        processes.start(program)
    assert str(refused.value) == f"web was not ready after 0.3 s; {tmp_path}/web.log says why."


def test_a_program_that_does_not_exist_is_refused_in_one_sentence(tmp_path: Path) -> None:
    program = Program("web", ["no-such-program"], ready=lambda: False)
    with Processes(logs=tmp_path) as processes, pytest.raises(LocalServerError) as refused:
        processes.start(program)
    assert "no-such-program cannot be run: No such file or directory" in str(refused.value)


def test_logs_begin_anew_and_the_environment_is_extended(tmp_path: Path) -> None:
    (tmp_path / "show.log").write_text("from yesterday")
    program = Program("show", ["sh", "-c", 'echo "$COLOUR"; sleep 300'], environment={"COLOUR": "green"})
    with Processes(logs=tmp_path) as processes:
        processes.start(program)
        until(lambda: processes.log("show").read_text() == "green\n", seconds=5)


def test_signal_handlers_are_given_back(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Processes(logs=tmp_path):
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
