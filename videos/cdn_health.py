"""Which CDNs are ill: asked by one worker, known to every web process within seconds.

Every `PROBE_SECONDS` a playlist of the newest film is fetched through each CDN; one that fails `TRIES` times
is ill until it answers again. The result lies in the cache, and each process looks there at most every
`MEMO_SECONDS`: cards carry the other CDN within 10 + 2 × 3 + 1 + 3 = 20 s. Without news, or without a cache,
nobody is taken for ill.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import httpx

from analytics import metrics
from students.caching import fast_cache

KEY = "cdns-ill"
PROBE_SECONDS = 10  # between two looks, by beat
TIMEOUT = 3.0  # seconds a CDN may take for a playlist of a kilobyte
TRIES = 2
PAUSE = 1.0  # seconds between two tries
MEMO_SECONDS = 3.0  # a process believes what it has read
LIFETIME = 60  # seconds; a prober that is gone must not keep a CDN ill
LARGEST_PLAYLIST = 100_000

_memo: tuple[float, frozenset[str]] | None = None


def ill_cdns() -> frozenset[str]:
    """Names of CDNs that did not answer when last asked. One read of the cache every few seconds."""
    global _memo  # noqa: PLW0603 - one answer a process
    now = time.monotonic()
    if _memo is None or now - _memo[0] > MEMO_SECONDS:
        (found,) = fast_cache().read([KEY])
        _memo = (now, frozenset(found.decode().split(",")) - {""} if found else frozenset())
    return _memo[1]


def choice() -> str:
    """Differs whenever other CDNs are ill: part of the key of what is kept with addresses in it."""
    return ",".join(sorted(ill_cdns()))


def note_ill(names: frozenset[str]) -> None:
    """What the prober has found."""
    fast_cache().set(KEY, ",".join(sorted(names)).encode(), LIFETIME)


def forget() -> None:
    """Look into the cache at the next call."""
    global _memo  # noqa: PLW0603
    _memo = None


def examine(
    addresses: Mapping[str, str], *, sleep: Callable[[float], None] = time.sleep
) -> dict[str, float | None]:
    """CDN → seconds until the first byte of its playlist, None where every try failed."""

    def examine_one(name: str) -> float | None:
        for attempt in range(TRIES):
            if attempt:
                sleep(PAUSE)
            seconds = _fetch(client, addresses[name])
            if seconds is not None:
                metrics.cdn_first_byte_seconds.labels(name).observe(seconds)
                return seconds
        return None

    with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client, ThreadPoolExecutor(4) as threads:
        return dict(zip(addresses, threads.map(examine_one, addresses), strict=True))


def _fetch(client: httpx.Client, address: str) -> float | None:
    """Seconds until the first byte of a playlist that came whole; None for anything else."""
    began = time.monotonic()
    first_byte = 0.0
    try:
        with client.stream("GET", address) as response:
            body = b""
            for piece in response.iter_bytes():
                first_byte = first_byte or time.monotonic() - began
                body += piece
                if len(body) > LARGEST_PLAYLIST or time.monotonic() - began > TIMEOUT:
                    return None
    except httpx.HTTPError:
        return None
    is_playlist = response.status_code == 200 and body.startswith(b"#EXTM3U")
    return first_byte if is_playlist else None
