"""Playlists for a CDN that checks a signature in each address: written for one film and one end. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

NAMED = re.compile(r'URI="([^"]+)"')


def point_at(playlist: str, *, media: Callable[[str], str], query: str) -> str:
    """The playlist with every media file at `media(name)`, and every playlist where it is, with `query`.

    Names are those of our own ladder: a file beside the playlist, never an address.
    """

    def move(name: str) -> str:
        return f"{name}?{query}" if name.endswith(".m3u8") else media(name)

    lines = []
    for line in playlist.splitlines():
        if line.startswith("#"):
            lines.append(NAMED.sub(lambda found: f'URI="{move(found[1])}"', line))
        else:
            lines.append(move(line) if line else line)
    return "\n".join(lines) + "\n"
