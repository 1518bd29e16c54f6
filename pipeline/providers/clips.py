"""Clips from a vendor that works for minutes: asked for, polled, fetched.

    POST   {base_url}/v1/clips               {"model", "prompt", "seconds", "width", "height", "seed",
           Idempotency-Key: the fingerprint    "first_picture"}  →  {"id", "state"}
    GET    {base_url}/v1/clips/{id}          →  {"id", "state", "progress", "error", "usage": {"seconds"}}
    GET    {base_url}/v1/clips/{id}/content  →  video/mp4
    DELETE {base_url}/v1/clips/{id}

`state` is queued, running, succeeded, failed or refused. `first_picture` is base64. The same
Idempotency-Key must find the same job. A vendor that speaks otherwise gets a module of its own.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from json import JSONDecodeError
from pathlib import Path
from typing import Any
from urllib.parse import quote

import av
import httpx

from pipeline.providers import addresses, pricing
from pipeline.providers.base import ClipRequest, ClipState
from pipeline.providers.deadline import Deadline
from pipeline.providers.errors import (
    CredentialsRejected,
    OutputInvalid,
    ProviderDown,
    ProviderError,
    Unsupported,
    Usage,
)
from pipeline.providers.openai_client import by_code
from pipeline.providers.results import JSON, Result

STATES = frozenset({"queued", "running", "succeeded", "failed", "refused"})
UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
SURPRISES = (JSONDecodeError, AttributeError, TypeError, KeyError, ValueError)
SHORTEST, LONGEST = 1.0, 20.0  # seconds of a clip
TYPICAL_SECONDS = 6.0
LONGEST_NAME = 200  # characters of a job's id: what a run's row keeps


class Http:
    """`OPTIONS`: base_url, key, model; name ("clips": what runs and prices call it); seconds of a call:
    connect (5), read (30), wall (120)."""

    def __init__(
        self,
        *,
        base_url: str,
        key: str,
        model: str,
        name: str = "clips",
        connect: float = 5.0,
        read: float = 30.0,
        wall: float = 120.0,
    ) -> None:
        self._base_url, self._key, self.model, self.name = base_url.rstrip("/"), key, model, name
        self._timeout, self._wall = httpx.Timeout(read, connect=connect), wall
        self.host = addresses.host_of(base_url)
        self._client: httpx.Client | None = None

    def identity(self) -> Mapping[str, JSON]:
        return {"provider": self.name, "api": "clips/1", "model": self.model, "host": self.host}

    def submit(self, request: ClipRequest) -> str:
        """The job's id; the same `key` finds the same job. Raises ProviderError."""
        if not SHORTEST <= request.seconds <= LONGEST:
            raise Unsupported(
                f"A clip lasts {SHORTEST:g} to {LONGEST:g} seconds.", provider=self.name, usage=Usage()
            )
        perhaps = self._priced(Usage(requests=1, seconds=request.seconds, estimated=True))
        body: dict[str, JSON] = {
            "model": self.model,
            "prompt": request.prompt,
            "seconds": request.seconds,
            "width": request.width,
            "height": request.height,
            "seed": request.seed,
        }
        if request.first_picture is not None:
            body["first_picture"] = base64.b64encode(request.first_picture.read_bytes()).decode()
        reply = self._send("POST", "", perhaps=perhaps, body=body, key=request.key)

        def read_id() -> str:
            name = reply.json()["id"]
            if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
                raise ValueError("no id")
            return name

        return self._read(read_id, perhaps)

    def poll(self, job_id: str) -> ClipState:
        """How the job stands; `usage` is what it has cost so far. Raises ProviderError."""
        reply = self._send("GET", f"/{quote(job_id, safe='')}", perhaps=Usage())

        def read_state() -> ClipState:
            value = reply.json()
            if value["state"] not in STATES:
                raise ValueError("no state")
            seconds = float((value.get("usage") or {}).get("seconds") or 0.0)
            is_over = value["state"] in {"succeeded", "failed", "refused"}
            usage = self._priced(Usage(requests=1, seconds=seconds)) if is_over else Usage()
            return ClipState(
                value["state"], min(max(float(value.get("progress") or 0.0), 0.0), 1.0), usage=usage
            )

        return self._read(read_state, Usage())

    def fetch(self, job_id: str, path: Path) -> Result[Path]:
        """The clip, decoded as far as its first picture; always from the vendor's own address, never from
        one in an answer. Raises ProviderError."""
        began = time.monotonic()
        reply = self._send("GET", f"/{quote(job_id, safe='')}/content", perhaps=Usage())
        if not str(reply.headers.get("content-type", "")).startswith("video/mp4"):
            raise OutputInvalid(
                "The provider's clip is no MP4.", provider=self.name, status=200, usage=Usage()
            )
        path.write_bytes(reply.content)
        try:
            _check_film(path)
        except (av.FFmpegError, IndexError, ValueError):
            path.unlink(missing_ok=True)
            failure = OutputInvalid(
                "The provider's clip cannot be decoded.", provider=self.name, status=200, usage=Usage()
            )
        else:
            return Result(path, Usage(), self.name, self.model, job_id, time.monotonic() - began)
        raise failure

    def delete(self, job_id: str) -> None:
        """Nobody needs the job any more. Raises ProviderError."""
        self._send("DELETE", f"/{quote(job_id, safe='')}", perhaps=Usage())

    def _open(self) -> httpx.Client:
        if not self._key:
            raise CredentialsRejected(
                "No key is configured for this provider.", provider=self.name, usage=Usage()
            )
        if self._client is None:
            addresses.check(self._base_url, provider=self.name)
            self._client = httpx.Client(
                transport=Deadline(self._wall),
                timeout=self._timeout,
                follow_redirects=False,
                headers={"Authorization": f"Bearer {self._key}"},
            )
        return self._client

    def _send(
        self, method: str, path: str, *, perhaps: Usage, body: Mapping[str, JSON] | None = None, key: str = ""
    ) -> httpx.Response:
        client = self._open()
        headers = {"Idempotency-Key": key} if key else {}
        try:
            reply = client.request(method, f"{self._base_url}/v1/clips{path}", json=body, headers=headers)
        except httpx.HTTPError as error:
            is_unsent = isinstance(error, UNSENT)
            failure: ProviderError = ProviderDown(
                "The provider cannot be reached." if is_unsent else "The provider did not answer in time.",
                provider=self.name,
                usage=Usage() if is_unsent else perhaps,
            )
        else:
            if reply.is_success:
                return reply
            failure = by_code(
                status=reply.status_code,
                code=_code_of(reply),
                kind="",
                headers=reply.headers,
                provider=self.name,
            )
        raise failure

    def _read[T](self, read: Callable[[], T], usage: Usage) -> T:
        try:
            return read()
        except SURPRISES:
            failure = OutputInvalid(
                "The provider's answer is not what was agreed.", provider=self.name, status=200, usage=usage
            )
        raise failure

    def _priced(self, usage: Usage) -> Usage:
        return pricing.priced(usage, provider=self.name, model=self.model, host=self.host)

    def worst_case(self, inputs: Mapping[str, Any]) -> Decimal | None:
        seconds = float(inputs.get("seconds") or LONGEST)
        return self._priced(Usage(requests=1, seconds=min(seconds, LONGEST))).cost

    def typical_cost(self) -> Decimal | None:
        return self._priced(Usage(requests=1, seconds=TYPICAL_SECONDS)).cost


def _code_of(reply: httpx.Response) -> str:
    try:
        value = reply.json()
    except ValueError:
        return ""
    error = value.get("error") if isinstance(value, dict) else None
    return str(error.get("code") or "") if isinstance(error, dict) else ""


def _check_film(path: Path) -> None:
    """Raises where the file has no picture that can be decoded."""
    with av.open(str(path), mode="r") as container:
        if next(container.decode(video=0), None) is None:
            raise ValueError("no picture")
