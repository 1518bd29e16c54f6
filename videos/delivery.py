"""The address a phone may play: the film's folder, an expiry and a signature over both (08, section 9).

    /media/{key id}.{expiry}.{mac}/{film key}/{file}

The signature covers the folder, so playlists name their segments relatively. It names no student: one
address serves everyone. An address lives 8 to 10 minutes from the moment it is handed out: expiries
stand on a grid of two minutes, so that answers stay equal (ETag) for a while, and each film has its own
grid, so that not every address ends in the same second.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol

from django.conf import settings

FOLDER = "films"  # in STORAGES["published"]
PREFIX = "/media"
GRID = 120  # seconds
CDN = "origin"
DOWNLOAD_SECONDS = 86_400
RENDITIONS = {"1080p": "film.mp4", "720p": "720.mp4", "480p": "480.mp4"}


class Film(Protocol):
    """What delivery needs of a video: its random folder name."""

    @property
    def film_key(self) -> str: ...


class AddressRefused(Exception):
    """The address is altered, expired, or of another film."""

    code = "address-refused"


@cache
def _key_id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:8]


def _keys() -> dict[str, bytes]:
    """Keys that are believed, by id: the present one, and during a rotation the former."""
    former = settings.MEDIA_SIGNING_KEY_FORMER
    return {_key_id(key): key.encode() for key in (settings.MEDIA_SIGNING_KEY, former) if key}


def _mac(key: bytes, expiry: int, film_key: str) -> str:
    signature = hmac.digest(key, f"{expiry}\n{film_key}".encode(), "sha256")
    return base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


def expiry_of(film_key: str, now: datetime, *, seconds: int | None = None) -> int:
    """The end of an address handed out now, in seconds since 1970; `seconds` for another life than usual."""
    offset = int(hashlib.sha256(film_key.encode()).hexdigest()[:8], 16) % GRID
    start = int(now.timestamp()) - offset
    return start - start % GRID + offset + (seconds or int(settings.MEDIA_TOKEN_SECONDS))


def sign_folder(film_key: str, expiry: int) -> str:
    """The token of a film's folder: `{key id}.{expiry}.{mac}`."""
    key = settings.MEDIA_SIGNING_KEY
    return f"{_key_id(key)}.{expiry}.{_mac(key.encode(), expiry, film_key)}"


def check_token(token: str, film_key: str, *, now: datetime) -> int:
    """The seconds the token is still good for. Raises AddressRefused."""
    key_id, _, rest = token.partition(".")
    written, _, mac = rest.partition(".")
    key = _keys().get(key_id)
    if key is None or not (written.isascii() and written.isdigit() and len(written) <= 12):
        raise AddressRefused("unknown key or malformed")
    if not hmac.compare_digest(_mac(key, int(written), film_key).encode(), mac.encode()):
        raise AddressRefused("altered, or of another film")
    left = int(written) - int(now.timestamp())
    if left <= 0:
        raise AddressRefused("expired")
    return left


def storage_name(film_key: str, name: str) -> str:
    """Where a film's file lies in STORAGES["published"]."""
    return f"{FOLDER}/{film_key}/{name}"


def _folder(film_key: str, expiry: int) -> str:
    origin = settings.MEDIA_ORIGIN  # "" = the host that was asked
    return f"{origin}{PREFIX}/{sign_folder(film_key, expiry)}/{film_key}"


def playback(video: Film, *, now: datetime) -> dict[str, Any]:
    """Addresses of a film's files, as 03 shapes `playback`; no query."""
    expiry = expiry_of(video.film_key, now)
    folder = _folder(video.film_key, expiry)
    return {
        "hls_url": f"{folder}/master.m3u8",
        "renditions": {size: f"{folder}/{name}" for size, name in RENDITIONS.items()},
        "captions_url": f"{folder}/captions.vtt",
        "poster_url": f"{folder}/poster.jpg",
        "cdn": CDN,
        "expires_at": datetime.fromtimestamp(expiry, UTC).isoformat().replace("+00:00", "Z"),
    }


def thumbnail_url(video: Film, now: datetime) -> str:
    """The address of the picture of a card."""
    return f"{_folder(video.film_key, expiry_of(video.film_key, now))}/thumbnail.jpg"


def download_folder(video: Film, now: datetime) -> tuple[str, int]:
    """The folder of a film's files for a download the student asked for, and when the address ends."""
    expiry = expiry_of(video.film_key, now, seconds=DOWNLOAD_SECONDS)
    return _folder(video.film_key, expiry), expiry
