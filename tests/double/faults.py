"""What can go wrong with a reply, and how it is done on the wire."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Transform = Callable[[dict[str, Any]], Any]


@dataclass
class Reply:
    """An HTTP reply before it is written. `body` is what is sent, whatever the headers say."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, status: int = 200, **headers: str) -> Reply:
        return cls(status, json.dumps(value).encode(), headers=headers)


@dataclass(frozen=True)
class Fault:
    """One reply gone wrong. Without any field it is the usual reply.

    status, headers, content_type: in place of the usual ones.  body: this JSON.  raw: these bytes.
    transform: the usual JSON changed by a function.  values: the usual JSON with these members put over it.
    delay: seconds before anything is sent.  trickle: seconds between two bytes of the body.
    drop: "before" the head or in the "body"; the connection is reset.  truncate: so many bytes of the body
    under a Content-Length of all.  redirect: 307 to this address.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    raw: bytes | None = None
    content_type: str | None = None
    transform: Transform | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    delay: float = 0.0
    trickle: float = 0.0
    drop: str = ""
    truncate: int | None = None
    redirect: str = ""

    @property
    def answers_itself(self) -> bool:
        """Whether the usual reply is not even made: nothing is done and nothing is billed."""
        is_error = self.status is not None and self.status >= 300
        return bool(is_error or self.redirect or self.body is not None or self.raw is not None)

    def change(self, reply: Reply) -> Reply:
        """The reply as it will be sent."""
        if self.redirect:
            return Reply(307, b"", headers={"Location": self.redirect})
        if self.body is not None:
            reply.body = json.dumps(self.body).encode()
        elif self.raw is not None:
            reply.body = self.raw
        elif self.transform is not None or self.values:
            value = json.loads(reply.body)
            value = self.transform(value) if self.transform is not None else value | dict(self.values)
            reply.body = json.dumps(value).encode()
        elif self.status is not None and self.status >= 300:
            reply.body = b"{}"
        reply.status = self.status or reply.status
        reply.content_type = self.content_type or reply.content_type
        reply.headers |= self.headers
        return reply


def is_gone(connection: socket.socket) -> bool:
    """Whether the caller has closed its end, so that nobody can read a reply any more."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def reset(connection: socket.socket) -> None:
    """End a connection at once and rudely: the caller gets a reset, not an end of file."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def trickle(write: Callable[[bytes], Any], body: bytes, pause: float, is_over: Callable[[], bool]) -> bool:
    """The body byte by byte; False where the caller went away before the end, or the double stopped."""
    for index in range(len(body)):
        if is_over():
            return False
        try:
            write(body[index : index + 1])
        except OSError:
            return False
        time.sleep(pause)
    return True
