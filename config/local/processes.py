"""The demo's processes: started together, gone together, whatever ends the demo.

Each program runs under a guard (bound.py), which ends the program and all that it started when it
is told to or when this process is gone, even by SIGKILL. Nothing is ever started again by itself:
a process that dies ends the others, and its log says why.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from config.local.bound import guard_command
from config.local.errors import LocalServerError

PAUSE = 0.1
MARGIN_SECONDS = 3.0  # for a guard to notice and to clear up, beyond the grace of its program
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Program:
    """What to run. `ready` is asked until it says yes; without it, running is being ready."""

    name: str  # also of the log file
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)  # on top of this process's own
    ready: Callable[[], bool] | None = None
    ready_seconds: float = 60.0
    grace_seconds: float = 8.0  # between SIGTERM and SIGKILL


class Processes:
    """A context manager: leaving it, for any reason, leaves no process behind.

    Inside, SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt. A further one while the programs are
    stopping ends their grace. Use it in the main thread: only that may handle signals, and the
    guards end with the thread that started them.
    """

    def __init__(self, *, logs: Path) -> None:
        self.logs = logs
        self._running: dict[str, tuple[Program, subprocess.Popen[bytes]]] = {}
        self._before: dict[signal.Signals, object] = {}
        self._impatient = False

    def __enter__(self) -> Self:
        self.logs.mkdir(parents=True, exist_ok=True)
        for number in SIGNALS:
            self._before[number] = signal.signal(number, _interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # what signal.signal returned

    def start(self, program: Program) -> int:
        """Start `program` and wait until it is ready; its process group is led by the program itself.

        Returns the id of its guard. Output goes to `<logs>/<name>.log`, begun anew. Raises
        LocalServerError when any program ends meanwhile, or this one is not ready in time.
        """
        with self.log(program.name).open("wb") as log:
            process = subprocess.Popen(
                guard_command(list(program.command), seconds=program.grace_seconds),
                env={**os.environ, **program.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C at the terminal reaches only this process
            )
        self._running[program.name] = (program, process)
        deadline = time.monotonic() + program.ready_seconds
        while program.ready is not None and not program.ready():
            self.check()
            if time.monotonic() > deadline:
                raise LocalServerError(
                    f"{program.name} was not ready after {program.ready_seconds:g} s; "
                    f"{self.log(program.name)} says why{self._last_line(program.name)}."
                )
            time.sleep(PAUSE)
        return process.pid

    def check(self) -> None:
        """Raise LocalServerError, naming the log, when a program has ended."""
        for name, (_program, process) in self._running.items():
            code = process.poll()
            if code is not None:
                raise LocalServerError(
                    f"{name} ended with exit code {code}; {self.log(name)} says why{self._last_line(name)}."
                )

    def wait(self) -> None:
        """Wait for ever: ends by LocalServerError when a program ends, by KeyboardInterrupt on a signal."""
        while True:
            self.check()
            time.sleep(PAUSE)

    def stop(self) -> None:
        """End all programs at once, each within its grace. Harmless when repeated."""
        for number in self._before:
            signal.signal(number, self._hurry)
        for _program, process in self._running.values():
            process.terminate()
        for program, process in self._running.values():
            self._await_end(process, seconds=program.grace_seconds + MARGIN_SECONDS)
        self._running.clear()

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _await_end(self, process: subprocess.Popen[bytes], *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while process.poll() is None:
            if self._impatient:
                self._impatient = False
                for _program, other in self._running.values():
                    other.terminate()
            if time.monotonic() > deadline:
                process.kill()  # its program goes with it
            time.sleep(PAUSE / 5)

    def _hurry(self, _number: int, _frame: FrameType | None) -> None:
        self._impatient = True

    def _last_line(self, name: str) -> str:
        text = self.log(name).read_text(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return f' ("{lines[-1][:300]}")' if lines else ""


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
