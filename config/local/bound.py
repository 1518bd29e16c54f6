"""Run a command that does not outlive its parent.

    python -I -S bound.py exec  SIGNAL  PARENT COMMAND [ARGUMENT …]
    python -I -S bound.py guard SECONDS PARENT COMMAND [ARGUMENT …]

`exec`: the kernel is asked to send SIGNAL (a number) to this process when PARENT, the process that
started it, ends for whatever reason; then COMMAND takes this process over, keeping its id and that
promise.

`guard`: this process stays, starts COMMAND in a process group of its own, and sees to it that
nothing of it remains: when PARENT ends, or SIGTERM or SIGINT comes, COMMAND gets SIGTERM, and what
still runs after SECONDS, COMMAND or anything it started, gets SIGKILL. A second signal ends the
patience at once. When COMMAND ends by itself, what it left behind is ended too. Exits as COMMAND did.

It is a script of its own, not code between fork and exec, because that is unsafe in a process with
threads. Danger: the kernel watches the *thread* that started this process, so start it from a
thread that lives as long as its process. Away from Linux only a parent's orderly end is noticed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PAUSE = 0.02  # seconds between two looks at processes that are ending


def exec_command(command: list[str], *, number: int) -> list[str]:
    """Arguments that run `command` under `exec`, as a child of the calling process."""
    return _own_command("exec", str(number), command)


def guard_command(command: list[str], *, seconds: float) -> list[str]:
    """Arguments that run `command` under `guard`, as a child of the calling process."""
    return _own_command("guard", str(seconds), command)


def _own_command(mode: str, value: str, command: list[str]) -> list[str]:
    return [
        sys.executable,
        "-I",
        "-S",
        str(Path(__file__).resolve()),
        mode,
        value,
        str(os.getpid()),
        *command,
    ]


def _end_with_parent(*, number: int, parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the kernel was asked
        sys.exit(1)


def _replace(command: list[str]) -> None:
    for number in (signal.SIGPIPE, signal.SIGINT):  # what is ignored here would stay ignored there
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    try:
        os.execvp(command[0], command)  # noqa: S606 - an argument list, no shell
    except OSError as error:
        sys.exit(f"{command[0]} cannot be run: {error.strerror}")


class Guard:
    """One command and all that it starts, from start to the last process gone.

    Signals stay blocked and are fetched, so nothing is ever interrupted half-way.
    """

    ENDING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})

    def __init__(self, *, seconds: float) -> None:
        self.seconds = seconds
        self.child = 0
        self.status: int | None = None  # as os.waitpid gives it, once the command has ended

    def run(self, command: list[str]) -> int:
        """The command's exit code, negative when a signal ended it; nothing of it runs any more."""
        if sys.platform == "linux":  # orphans come to this process, so they stay within sight
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        guard = os.getpid()
        self.child = os.fork()
        if self.child == 0:
            os.setsid()
            _end_with_parent(number=signal.SIGKILL, parent=guard)
            _replace(command)
        while self.status is None and signal.sigwait({*self.ENDING, signal.SIGCHLD}) == signal.SIGCHLD:
            self._reap()
        self._stop()
        return os.waitstatus_to_exitcode(self.status or 0)

    def _reap(self) -> None:
        """Take notice of every process that has ended."""
        while True:
            try:
                ended, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if ended == 0:
                return
            if ended == self.child:
                self.status = status

    def _remaining(self) -> list[int]:
        self._reap()
        return descendants(os.getpid()) or ([self.child] if self.status is None else [])

    def _stop(self) -> None:
        """The command first, alone, because it knows how to end its own; then what it left behind."""
        told_command = told_rest = False
        patience = time.monotonic() + self.seconds
        while remaining := self._remaining():
            if self.ENDING & signal.sigpending():
                signal.sigwait(self.ENDING)
                patience = 0.0
            if time.monotonic() > patience:
                _send(remaining, signal.SIGKILL)  # in each round: one may have been starting another
            elif self.status is None and not told_command:
                _send([self.child], signal.SIGTERM)
                told_command = True
            elif self.status is not None and not told_rest:
                _send(remaining, signal.SIGTERM)
                told_rest = True
            time.sleep(PAUSE)


def descendants(ancestor: int) -> list[int]:
    """Ids of all processes below `ancestor`, by the kernel's list; empty where there is none to read."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        children.setdefault(int(fields[1]), []).append(int(folder.name))
    found: list[int] = []
    waiting = [ancestor]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _send(processes: list[int], number: int) -> None:
    for process in processes:
        try:
            os.kill(process, number)
            os.kill(process, signal.SIGCONT)  # a stopped process hears nothing but SIGKILL
        except ProcessLookupError:
            continue


def main(arguments: list[str]) -> int:
    mode, value, parent, command = arguments[0], arguments[1], int(arguments[2]), arguments[3:]
    if mode == "exec":
        _end_with_parent(number=int(value), parent=parent)
        _replace(command)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # ignored, it would not be reported
    signal.pthread_sigmask(signal.SIG_BLOCK, {*Guard.ENDING, signal.SIGCHLD})
    _end_with_parent(number=signal.SIGTERM, parent=parent)
    code = Guard(seconds=float(value)).run(command)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
