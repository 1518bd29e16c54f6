"""Cloudflare Stream's API: have a film copied from its address, ask how far that is, delete it.

https://developers.cloudflare.com/api/resources/stream/ The only module that knows it; keys go nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

TIMEOUT = 10.0  # seconds a call may take
LARGEST_ANSWER = 1_000_000
UID = re.compile(r"[A-Za-z0-9]{1,64}")


class CdnRefused(Exception):
    """A CDN's API did not do what it was asked. `code` is ours; `is_lasting`: asking again will not help."""

    def __init__(self, code: str, *, is_lasting: bool = False, wait: float = 0) -> None:
        super().__init__(code)
        self.code = code
        self.is_lasting = is_lasting
        self.wait = wait


@dataclass(frozen=True)
class Copy:
    """A film at Cloudflare: `state` is pendingupload, downloading, queued, inprogress, ready or error."""

    uid: str
    state: str
    is_ready: bool
    error: str = ""


class StreamApi:
    def __init__(self, *, api_url: str, account: str, api_token: str) -> None:
        self._client = httpx.Client(
            base_url=f"{api_url}/accounts/{account}/stream",
            headers={"Authorization": f"Bearer {api_token}"},
            timeout=TIMEOUT,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def find(self, name: str) -> Copy | None:
        """The film that was copied under this name, so that a lost answer does not make a second copy."""
        found = self._ask("GET", "", params={"search": name})
        for one in found or []:
            if isinstance(one, dict) and one.get("meta", {}).get("name") == name:
                return _copy(one)
        return None

    def copy_from(self, address: str, *, name: str) -> Copy:
        """Have the film at this address fetched; its own addresses will need a token."""
        body = {"url": address, "meta": {"name": name}, "requireSignedURLs": True}
        return _copy(self._ask("POST", "/copy", json=body))

    def state_of(self, uid: str) -> Copy | None:
        """None: there is no such film any more."""
        try:
            return _copy(self._ask("GET", f"/{uid}"))
        except CdnRefused as error:
            if error.code == "stream:not-found":
                return None
            raise

    def delete(self, uid: str) -> None:
        """Gone, whether now or before."""
        try:
            self._ask("DELETE", f"/{uid}")
        except CdnRefused as error:
            if error.code != "stream:not-found":
                raise

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        """`result` of the answer. Raises CdnRefused; nothing of the vendor's text is kept."""
        try:
            response = self._client.request(method, path, **options)
        except httpx.TimeoutException as error:
            raise CdnRefused("stream:slow") from error
        except httpx.HTTPError as error:
            raise CdnRefused("stream:away") from error
        if response.status_code == 404:
            raise CdnRefused("stream:not-found", is_lasting=True)
        if response.status_code == 429:
            raise CdnRefused("stream:too-many", wait=_seconds(response.headers.get("Retry-After", "")))
        if response.status_code in {401, 403}:
            raise CdnRefused("stream:key-refused")
        if response.status_code >= 500:
            raise CdnRefused("stream:away")
        if response.status_code >= 400:
            raise CdnRefused("stream:refused", is_lasting=True)
        if len(response.content) > LARGEST_ANSWER:
            raise CdnRefused("stream:unreadable")
        if not response.content:
            return None
        try:
            document = response.json()
        except ValueError as error:
            raise CdnRefused("stream:unreadable") from error
        if not isinstance(document, dict) or document.get("success") is not True:
            raise CdnRefused("stream:refused")
        return document.get("result")


def _seconds(written: str) -> float:
    return float(written) if written.isascii() and written.isdigit() else 0.0


def _copy(result: Any) -> Copy:
    if not isinstance(result, dict) or not UID.fullmatch(str(result.get("uid", ""))):
        raise CdnRefused("stream:unreadable")
    status = result.get("status")
    if not isinstance(status, dict):
        status = {}
    return Copy(
        uid=result["uid"],
        state=str(status.get("state", "")),
        is_ready=result.get("readyToStream") is True and status.get("state") == "ready",
        error=str(status.get("errorReasonCode", ""))[:60],
    )
