"""A proxy as small as what the deployment's does for us.

`python -m tests.faults.proxy PORT FOLDER HOST:PORT …`: each request goes to the next web process in turn.
One that refuses the connection is passed over; where a connection broke off, a read is asked of the next,
and a write is answered with 502, because nobody knows whether it was carried out: the client repeats it
under its own id. That is `proxy_next_upstream` as deploy/nginx has it. A file `HOST:PORT.drained` in the
folder takes a process out of turn, as a readiness that fails does.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
OWN = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)
AWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    def __init__(self, folder: Path, webs: list[str]) -> None:
        self._folder, self._webs, self._turn = folder, webs, count()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            body = await reader.readexactly(size_of(head))
            writer.write(await self._ask_next(head, body))
            await writer.drain()
        writer.close()

    async def _ask_next(self, head: bytes, body: bytes) -> bytes:
        request = OWN.sub(b"", head).replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + body
        for web in self._in_turn():
            host, _, port = web.partition(":")
            try:
                reader, writer = await asyncio.open_connection(host, int(port))
            except OSError:
                continue
            answer = await exchange(request, reader, writer)
            if answer is not None:
                return answer
            if not head.startswith((b"GET ", b"HEAD ")):
                break
        return AWAY

    def _in_turn(self) -> Iterator[str]:
        first = next(self._turn)
        for place in range(len(self._webs)):
            web = self._webs[(first + place) % len(self._webs)]
            if not (self._folder / f"{web}.drained").exists():
                yield web


async def exchange(
    request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bytes | None:
    """The whole answer; None where the connection broke off before its end."""
    try:
        writer.write(request)
        await writer.drain()
        answer = await reader.read()
    except OSError:
        return None
    finally:
        writer.close()
    end = answer.find(b"\r\n\r\n") + 4
    return answer if end > 3 and len(answer) - end >= size_of(answer[:end]) else None


def size_of(head: bytes) -> int:
    found = LENGTH.search(head)
    return int(found.group(1)) if found else 0


async def main(port: int, folder: Path, webs: list[str]) -> None:
    server = await asyncio.start_server(Proxy(folder, webs).answer, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
