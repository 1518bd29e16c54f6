"""The addresses a phone may play: by the first CDN that is well, with the next standing by (08, section 9).

`playback` names, for each file of a film, the first healthy CDN that has it; `cdn` says which one plays, and
`fallback_hls_url` is the film at the next, for a player whose stream breaks before we have noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from videos import cdn_health
from videos.cdns import FOLDER, MASTER, Cdn, Film, configured, path_address
from videos.tokens import expiry_of

DOWNLOAD_SECONDS = 86_400
RENDITIONS = {"1080p": "film.mp4", "720p": "720.mp4", "480p": "480.mp4"}


def storage_name(film_key: str, name: str) -> str:
    """Where a film's file lies in STORAGES["published"]."""
    return f"{FOLDER}/{film_key}/{name}"


def order_cdns() -> list[Cdn]:
    """Healthy ones before ill ones, each group in the configured order: a CDN that is ill is still better
    than nothing."""
    ill = cdn_health.ill_cdns()
    return sorted(configured(), key=lambda cdn: cdn.name in ill)


def _places(film: Film, name: str, expiry: int, cdns: Sequence[Cdn]) -> Iterator[tuple[str, str]]:
    """(CDN, address) for each CDN that has the file; signed only as far as they are asked for."""
    for cdn in cdns:
        address = cdn.address(film, name, expiry)
        if address is not None:
            yield cdn.name, address


def playback(video: Film, *, now: datetime) -> dict[str, Any]:
    """Addresses of a film's files, as 03 shapes `playback`."""
    expiry = expiry_of(video.film_key, now)
    cdns = order_cdns()

    def first(name: str) -> str:
        return next(_places(video, name, expiry, cdns))[1]

    (cdn, address), *others = _places(video, MASTER, expiry, cdns)
    return {
        "hls_url": address,
        "fallback_hls_url": others[0][1] if others else None,
        "renditions": {size: first(name) for size, name in RENDITIONS.items()},
        "captions_url": first("captions.vtt"),
        "poster_url": first("poster.jpg"),
        "cdn": cdn,
        "expires_at": datetime.fromtimestamp(expiry, UTC).isoformat().replace("+00:00", "Z"),
    }


def thumbnail_url(video: Film, now: datetime) -> str:
    """The address of the picture of a card."""
    expiry = expiry_of(video.film_key, now)
    return next(_places(video, "thumbnail.jpg", expiry, order_cdns()))[1]


def download_folder(film_key: str, now: datetime) -> tuple[str, int]:
    """The folder of a film's files for a download the student asked for, and when the address ends.

    By a path token, whoever checks it: a download goes on for a day, and its address names every file.
    """
    expiry = expiry_of(film_key, now, seconds=DOWNLOAD_SECONDS)
    guarded = settings.CLOUDFRONT.get("tokens") == "path" and "cloudfront" not in cdn_health.ill_cdns()
    origin = settings.CLOUDFRONT["origin"] if guarded else settings.MEDIA_ORIGIN
    return path_address(origin, film_key, "", expiry).rstrip("/"), expiry
