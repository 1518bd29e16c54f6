"""Path tokens: a signature over a film's folder and an end, which names no student (08, section 9).

    /media/{key id}.{expiry}.{mac}/{film key}/{file}

The signature covers the folder, so playlists name their segments relatively. One address serves everyone and
lives 8 to 10 minutes from the moment it is handed out: expiries stand on a grid of two minutes, so that
answers stay equal (ETag) for a while, and each film has its own grid, so that not every address ends in the
same second. `deploy/edge/` holds the same check for a proxy and for a CDN, with vectors that all three meet.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from functools import cache

from django.conf import settings

GRID = 120  # seconds


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
