"""The family of CDNs: each says at which address a film's file may be had until a moment, or has none.

`stream` (Cloudflare Stream) makes its own ladder of the film and has nothing but that. `cloudfront` and
`origin` have every published file: CloudFront in front of the bucket, guarded in one of three ways, `origin`
through our own view, a proxy of ours, or any CDN that keeps the path (`MEDIA_ORIGIN`).
"""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlencode

from django.conf import settings

from videos.cdn_signing import sign_prefix, sign_stream
from videos.tokens import sign_folder

PREFIX = "/media"
FOLDER = "films"  # in STORAGES["published"]
MASTER = "master.m3u8"


class Film(Protocol):
    """What delivery needs of a video: its random folder name, and its id at Cloudflare Stream or ""."""

    @property
    def film_key(self) -> str: ...
    @property
    def stream_uid(self) -> str: ...


class Cdn(Protocol):
    name: str

    def address(self, film: Film, name: str, expiry: int) -> str | None:
        """Where the file plays until `expiry`, with all it names; None: this CDN does not have it."""

    def probe_address(self, film: Film, expiry: int) -> str | None:
        """A playlist that the CDN itself answers: what to ask when one wants to know whether it is well."""


def path_address(origin: str, film_key: str, name: str, expiry: int) -> str:
    """Guarded by a token in the path. `origin` "" is the host that was asked."""
    return f"{origin}{PREFIX}/{sign_folder(film_key, expiry)}/{film_key}/{name}"


class Origin:
    name = "origin"

    def address(self, film: Film, name: str, expiry: int) -> str | None:
        return path_address(settings.MEDIA_ORIGIN, film.film_key, name, expiry)

    def probe_address(self, film: Film, expiry: int) -> str | None:
        """None where we serve the files ourselves: then whoever can ask for a card can have its film."""
        return self.address(film, MASTER, expiry) if settings.MEDIA_ORIGIN else None


class CloudFront:
    """Guarded by a path token that an edge function checks, or by CloudFront's own signatures.

    A signature in the query does not reach what a playlist names, so `query` has the playlists, which are
    small, written by us (`videos.playlists`), and `cookie` enters by an address of ours that sets them.
    """

    name = "cloudfront"

    def address(self, film: Film, name: str, expiry: int) -> str | None:
        own = settings.CLOUDFRONT
        if own["tokens"] == "path":
            return path_address(own["origin"], film.film_key, name, expiry)
        if name.endswith(".m3u8"):
            return path_address(settings.MEDIA_ORIGIN, film.film_key, f"{name}?cdn={self.name}", expiry)
        return self.signed_address(film, name, expiry)

    def probe_address(self, film: Film, expiry: int) -> str | None:
        if settings.CLOUDFRONT["tokens"] == "path":
            return self.address(film, MASTER, expiry)
        return self.signed_address(film, MASTER, expiry)

    def signed_address(self, film: Film, name: str, expiry: int) -> str:
        return f"{self.prefix(film)}{name}?{urlencode(self.sign(film, expiry))}"

    def prefix(self, film: Film) -> str:
        return f"{settings.CLOUDFRONT['origin']}/{FOLDER}/{film.film_key}/"

    def sign(self, film: Film, expiry: int) -> dict[str, str]:
        own = settings.CLOUDFRONT
        return sign_prefix(self.prefix(film), expiry, key_id=own["key_id"], pem=own["private_key"])


class Stream:
    name = "stream"

    def address(self, film: Film, name: str, expiry: int) -> str | None:
        if name != MASTER or not film.stream_uid:
            return None
        own = settings.STREAM
        token = sign_stream(film.stream_uid, expiry, key_id=own["key_id"], pem=own["private_key"])
        return f"{own['origin']}/{token}/manifest/video.m3u8"

    def probe_address(self, film: Film, expiry: int) -> str | None:
        return self.address(film, MASTER, expiry)


CLOUDFRONT = CloudFront()
MEMBERS: dict[str, Cdn] = {cdn.name: cdn for cdn in (Stream(), CLOUDFRONT, Origin())}


def configured() -> list[Cdn]:
    """Those of this deployment, first choice first; `origin` is always one of them."""
    return [MEMBERS[name] for name in settings.CDN_ORDER]
