"""The network between a phone and the server, as real sockets that a test can cut at any byte."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

CHUNK = 16 * 1024


class Answer:
    """How much of the present answer of a connection has passed; connections carry many, one by one."""

    passed = 0


class Wire:
    """A port of this machine that leads to the server, until somebody cuts it."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_up = True
        self._chance: random.Random | None = None
        self._most: int | None = None
        self._breaks = threading.Event()
        self.cuts = 0
        self.spoil: Callable[[bytes], bool] = lambda _: False  # requests whose answer never arrives
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """As if the server had gone: what is open breaks, what comes is refused."""
        self._is_up = False
        with self._lock:
            open_now, self._sockets = self._sockets, set()
        for one in open_now:
            _break(one)

    def mend(self) -> None:
        self._is_up = True

    def cut_at_random(self, chance: random.Random | None) -> None:
        """From now on every connection breaks: before it is asked, within a request, or within an answer,
        which the server then believes delivered. None: connections hold again."""
        self._chance = chance

    def hold_download_after(self, size: int) -> threading.Event:
        """The next answer that is larger than this stands still after so many bytes, and breaks once the
        event is set: what has passed by then can have arrived, on a busy machine too."""
        self._most = size
        self._breaks = threading.Event()
        return self._breaks

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._is_up:
                _break(client)
                continue
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._target)
        except OSError:
            _break(client)
            return
        with self._lock:
            self._sockets |= {client, server}
        sent, told = self._limits()
        answer = Answer()
        back = threading.Thread(target=self._pump, args=(server, client, told, answer, False), daemon=True)
        back.start()
        self._pump(client, server, sent, answer, True)
        back.join()
        with self._lock:
            self._sockets -= {client, server}
        client.close()
        server.close()

    def _limits(self) -> tuple[int | None, int | None]:
        """After how many bytes up and down this connection breaks; None: it holds."""
        chance = self._chance
        if chance is None:
            return None, None
        if chance.random() < 0.5:
            return chance.randrange(0, 2000), None
        return None, chance.randrange(0, 1200)

    def _pump(
        self, source: socket.socket, target: socket.socket, left: int | None, answer: Answer, is_request: bool
    ) -> None:
        try:
            while piece := source.recv(CHUNK):
                if is_request and self.spoil(piece):
                    left = 0 if left is None else left
                    target.sendall(piece)
                    source.shutdown(socket.SHUT_WR)  # the server works on; nobody hears of it
                    return
                answer.passed = 0 if is_request else answer.passed + len(piece)
                if not is_request and self._most is not None and answer.passed > self._most:
                    self._most = None
                    self._breaks.wait(120)
                    self.cuts += 1
                    break  # orderly, since a reset would take away what has not been read yet
                if left is not None:
                    piece = piece[:left]
                    left -= len(piece)
                target.sendall(piece)
                if left == 0:
                    self.cuts += 1
                    _break(source)
                    # A request that is cut never gets whole to the server; an answer's sender sees no cut.
                    _break(target)
                    return
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_WR)
        except OSError:
            _break(source)
            _break(target)


def _break(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        one.close()
