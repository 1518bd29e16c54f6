"""Files with ranges, for phones and for the studio; and the view behind a film's signed addresses.

iOS plays nothing without ranges. In production a CDN or proxy may check the token and serve the files
itself; this view is the reference.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.files.storage import storages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseForbidden,
    StreamingHttpResponse,
)
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from analytics import metrics
from videos.cdns import CLOUDFRONT, MASTER
from videos.delivery import storage_name
from videos.models import LearningVideo, Rendition
from videos.playlists import point_at
from videos.tokens import AddressRefused, check_token

CHUNK = 64 * 1024
RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
CONTENT_TYPES = {
    "m3u8": "application/vnd.apple.mpegurl",
    "mp4": "video/mp4",
    "m4s": "video/iso.segment",
    "vtt": "text/vtt; charset=utf-8",
    "jpg": "image/jpeg",
}


class RangeRefused(Exception):
    """No single range of this file was asked for."""


class Slice:
    """`length` bytes of an open file from `start`, in pieces; closing it closes the file."""

    def __init__(self, file: Any, start: int, length: int) -> None:
        self._file = file
        self._left = length
        if start:
            file.seek(start)
        if hasattr(file, "expect"):  # config.s3: ask the bucket for these bytes and no more
            file.expect(length)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece: bytes = self._file.read(min(CHUNK, self._left)) if self._left else b""
        if not piece:
            raise StopIteration
        self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._file.close()


def find_range(header: str, size: int) -> tuple[int, int] | None:
    """(first, last) byte of a `Range` header; None where it is not about bytes. Raises RangeRefused.

    Several ranges at once are refused: no player asks for them, and they multiply work.
    """
    if not header.startswith("bytes="):
        return None
    found = RANGE.fullmatch(header.replace(" ", ""))
    if found is None or len(header) > 60:
        raise RangeRefused
    first, last = found.groups()
    if first:
        start, end = int(first), min(int(last), size - 1) if last else size - 1
    elif last:
        start, end = max(size - int(last), 0), size - 1
    else:
        raise RangeRefused
    if start >= size or start > end:
        raise RangeRefused
    return start, end


def serve_file(
    request: HttpRequest, file: Any, *, content_type: str, size: int, filename: str = "", etag: str = ""
) -> HttpResponseBase:
    """An open file as an answer: whole, or one range of it (206), or none (416); HEAD has no body.

    `size` is the file's length in bytes, `etag` a strong validator (its checksum) in quotes,
    `filename` the name to save it under. The answer closes the file. Cache headers are the caller's.
    """
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Type": content_type,
        "X-Content-Type-Options": "nosniff",
    }
    if etag:
        headers["ETag"] = etag
    if filename:
        headers["Content-Disposition"] = str(
            content_disposition_header(as_attachment=True, filename=filename)
        )
    if etag and etag in re.split(r",\s*", request.headers.get("If-None-Match", "")):
        file.close()
        return HttpResponse(status=304, headers=headers)
    try:
        wanted = find_range(_range_header(request, etag), size)
    except RangeRefused:
        file.close()
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    start, end = wanted or (0, size - 1)
    headers["Content-Length"] = str(end - start + 1)
    if wanted is not None:
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    status = 200 if wanted is None else 206
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(Slice(file, start, end - start + 1), status=status, headers=headers)


def _range_header(request: HttpRequest, etag: str) -> str:
    """The range to honour: of GET only, and not where the file has changed since (`If-Range`)."""
    condition = request.headers.get("If-Range", "")
    if request.method != "GET" or (condition and condition != etag):
        return ""
    return request.headers.get("Range", "")


@dataclass(frozen=True)
class Keyed:
    """A film as its CDN's signature needs it, known by its folder alone."""

    film_key: str
    stream_uid: str = ""


@require_safe
def film_file(request: HttpRequest, token: str, film_key: str, name: str) -> HttpResponseBase:
    """One file of a published film, by its signed address. Whatever is wrong with the address: 403.

    With `?cdn=cloudfront` a playlist's media files stand at CloudFront; the player asks us only for the list.
    """
    try:
        seconds = check_token(token, film_key, now=timezone.now())
    except AddressRefused:
        return _refuse()
    rendition = (
        Rendition.objects.filter(
            video__film_key=film_key, video__status=LearningVideo.Status.PUBLISHED, name=name
        )
        .only("size", "sha256")
        .first()
    )
    if rendition is None:
        return _refuse()
    guard = settings.CLOUDFRONT.get("tokens", "path") if request.GET.get("cdn") == CLOUDFRONT.name else "path"
    if guard == "cookie" and name == MASTER:
        return _enter_cloudfront(film_key, int(token.split(".")[1]), seconds)
    storage = storages["published"]
    try:
        file = getattr(storage, "open_stream", storage.open)(storage_name(film_key, name))
        size, etag = rendition.size, f'"{rendition.sha256}"'
        if guard == "query" and name.endswith(".m3u8"):
            file = _point_at_cloudfront(file, film_key, int(token.split(".")[1]))
            size, etag = len(file.getvalue()), f'"{hashlib.sha256(file.getvalue()).hexdigest()}"'
    except FileNotFoundError:
        return _refuse()
    except OSError:
        metrics.storage_errors_total.labels("play").inc()
        raise
    response = serve_file(
        request,
        file,
        content_type=CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream"),
        size=size,
        etag=etag,
    )
    response.headers["Cache-Control"] = f"public, max-age={seconds}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Access-Control-Allow-Origin"] = "*"  # the address is the permission; no cookie counts
    return response


def _point_at_cloudfront(file: Any, film_key: str, expiry: int) -> BytesIO:
    film = Keyed(film_key)
    with file:
        text = point_at(
            file.read().decode(),
            media=lambda name: CLOUDFRONT.signed_address(film, name, expiry),
            query=f"cdn={CLOUDFRONT.name}",
        )
    return BytesIO(text.encode())


def _enter_cloudfront(film_key: str, expiry: int, seconds: int) -> HttpResponse:
    """The three cookies that open this film's folder at CloudFront until `expiry`, and the way there.

    Each film has its own, by their path: one film's cookies are not sent for another.
    """
    film = Keyed(film_key)
    response = HttpResponse(status=302, headers={"Location": f"{CLOUDFRONT.prefix(film)}{MASTER}"})
    for name, value in CLOUDFRONT.sign(film, expiry).items():
        response.set_cookie(
            f"CloudFront-{name}",
            value,
            max_age=seconds,
            path=f"/films/{film_key}/",
            domain=settings.CLOUDFRONT["cookie_domain"] or None,
            secure=settings.CLOUDFRONT["origin"].startswith("https:"),
            httponly=True,
            samesite="None" if settings.CLOUDFRONT["origin"].startswith("https:") else "Lax",
        )
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _refuse() -> HttpResponseForbidden:
    return HttpResponseForbidden(
        "This address is not valid, or not any more. Ask for a new one.\n",
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"},
    )
