"""A double of Cloudflare Stream: copies a film from its address, makes its own ladder, demands tokens."""

from __future__ import annotations

import json
import tempfile
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import jwt

from pipeline.media import ffmpeg
from tests.cdn.keys import key_pair
from tests.cdn.serving import Ask, Reply, Server, type_of

KEY_ID, ACCOUNT, API_TOKEN = "kdouble0123456789", "a0123456789", "token-of-the-double"


class Stream(Server):
    """`polls_until_ready`: looks at a copy until it is made. `refuse`: the API's status to everything."""

    def __init__(self) -> None:
        super().__init__()
        self.private, self._public = key_pair("rsa")
        self.copies: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, bytes]] = {}
        self.polls_until_ready = 1
        self.refuse = 0
        self.lose_answer = False  # do the work, then break the connection
        self._ids = count(1)

    def settings(self) -> dict[str, str]:
        return {
            "origin": self.url,
            "key_id": KEY_ID,
            "private_key": self.private,
            "account": ACCOUNT,
            "api_token": API_TOKEN,
            "api_url": f"{self.url}/client/v4",
        }

    def answer(self, ask: Ask) -> Reply:
        base = f"/client/v4/accounts/{ACCOUNT}/stream"
        if not ask.path.startswith(base):
            return self._play(ask)
        if ask.headers.get("authorization") != f"Bearer {API_TOKEN}":
            return _api(403, None)
        if self.refuse:
            return _api(self.refuse, None)
        return self._api(ask, ask.path.removeprefix(base).strip("/"))

    def _api(self, ask: Ask, path: str) -> Reply:
        if ask.method == "POST" and path == "copy":
            return self._copy(json.loads(ask.body))
        if ask.method == "GET" and not path:
            wanted = parse_qs(ask.query)["search"][0]
            return _api(200, [one for one in self.copies.values() if one["meta"]["name"] == wanted])
        if path not in self.copies:
            return _api(404, None)
        if ask.method == "DELETE":
            del self.copies[path], self.files[path]
            return Reply(200, b"")
        self.polls_until_ready -= 1
        if self.polls_until_ready <= 0 and self.copies[path]["status"]["state"] != "error":
            self.copies[path] |= {"readyToStream": True, "status": {"state": "ready"}}
        return _api(200, self.copies[path])

    def _copy(self, body: dict[str, Any]) -> Reply:
        assert body["requireSignedURLs"] is True
        uid = f"{next(self._ids):032x}"
        fetched = httpx.get(body["url"], timeout=10)
        state = "queued" if fetched.status_code == 200 else "error"
        self.copies[uid] = {
            "uid": uid,
            "meta": body["meta"],
            "requireSignedURLs": True,
            "readyToStream": False,
            "status": {"state": state} | ({"errorReasonCode": "ERR_FETCH"} if state == "error" else {}),
        }
        self.files[uid] = make_ladder(fetched.content) if state == "queued" else {}
        if self.lose_answer:
            self.lose_answer = False
            return Reply(599)
        return _api(200, self.copies[uid])

    def _play(self, ask: Ask) -> Reply:
        """`/{token}/manifest/{file}`: the token says which film, and until when."""
        token, _, rest = ask.path.strip("/").partition("/")
        try:
            claims = jwt.decode(
                token,
                self._public,
                algorithms=["RS256"],
                options={"require": ["sub", "exp", "kid"], "verify_exp": False},
            )
        except jwt.InvalidTokenError:
            return Reply(401)
        if claims["exp"] <= self.now() or claims["kid"] != KEY_ID:
            return Reply(403)
        found = self.files.get(claims["sub"], {}).get(rest.removeprefix("manifest/"))
        return Reply(404) if found is None else Reply(200, found, type_of(rest))


def _api(status: int, result: Any) -> Reply:
    document = {"success": status < 400, "errors": [], "messages": [], "result": result}
    return Reply(status, json.dumps(document).encode())


def make_ladder(film: bytes) -> dict[str, bytes]:
    """One rung, cut by ffmpeg; for what is no film, a playlist that says so."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "source.mp4"
        source.write_bytes(film)
        try:
            ffmpeg.run(_cut(source, Path(folder)))
        except ffmpeg.MediaFailed:
            return {"video.m3u8": b"#EXTM3U\n"}
        made = {path.name: path.read_bytes() for path in Path(folder).iterdir() if path != source}
    return {f"segments/{name}" if name.endswith(".m4s") else name: body for name, body in made.items()}


def _cut(source: Path, folder: Path) -> list[str]:
    return [
        *("-i", str(source), "-c", "copy", "-f", "hls", "-hls_time", "4", "-hls_playlist_type", "vod"),
        *("-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init.mp4", "-hls_base_url", "segments/"),
        *("-hls_segment_filename", str(folder / "part%d.m4s"), str(folder / "video.m3u8")),
    ]
