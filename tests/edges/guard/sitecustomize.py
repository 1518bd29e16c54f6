"""What Python runs first in a guarded process: it writes down every address, and opens none outside.

With this folder on PYTHONPATH and EGRESS_LOG set. One line of JSON each: process, event, what it was about.
Python's own audit sees every connection, whichever library makes it, and every program that is started.
"""

from __future__ import annotations

import json
import os
import sys

ADDRESS_IS_SECOND = {"socket.connect", "socket.sendto", "socket.sendmsg"}
ADDRESS_IS_FIRST = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
NEAR = ("127.", "::1", "localhost")


def _is_near(address: object) -> bool:
    host = address[0] if isinstance(address, tuple) else address
    text = host.decode() if isinstance(host, bytes) else str(host)
    return text.startswith(("/", "\0", *NEAR)) or host is None


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event in ADDRESS_IS_SECOND:
        what = arguments[1]
    elif event in ADDRESS_IS_FIRST:
        what = arguments[0]
    elif event == "subprocess.Popen":
        _write(event, [str(arguments[0]), *map(str, arguments[1] or ())])  # type: ignore[call-overload] # its arguments
        return
    else:
        return
    _write(event, what)
    if not _is_near(what):
        raise PermissionError(f"{event} {what!r} leaves this machine")


def _write(event: str, what: object) -> None:
    line = json.dumps([os.getpid(), event, what], default=str) + "\n"
    os.write(_log, line.encode())  # one write of less than a page: lines of several processes do not mix


if "EGRESS_LOG" in os.environ:
    _log = os.open(os.environ["EGRESS_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    sys.addaudithook(_watch)
