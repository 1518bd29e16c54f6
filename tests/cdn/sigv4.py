"""AWS signature version 4, recomputed from the bytes of a request. Offline, and independent of botocore.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
SKEW = timedelta(minutes=15)
LONGEST = 604_800  # seconds an address may live


class SignatureRefused(Exception):
    """`code` is S3's own."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Signed:
    """A request as it came: `path` and `query` are raw, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


def check(request: Signed, secrets: Mapping[str, str], *, now: datetime) -> str:
    """The access key that signed. Raises SignatureRefused."""
    if "X-Amz-Signature=" in request.query:
        return _check_address(request, secrets, now)
    return _check_header(request, secrets, now)


def _check_header(request: Signed, secrets: Mapping[str, str], now: datetime) -> str:
    written = request.headers.get("authorization", "")
    if not written.startswith(f"{ALGORITHM} "):
        raise SignatureRefused("AccessDenied")
    parts = dict(part.strip().split("=", 1) for part in written.removeprefix(ALGORITHM).split(","))
    stamp = request.headers.get("x-amz-date", "")
    if abs(_instant(stamp) - now) > SKEW:
        raise SignatureRefused("RequestTimeTooSkewed")
    payload = request.headers.get("x-amz-content-sha256", hashlib.sha256(b"").hexdigest())
    expected = _signature(
        request,
        request.query,
        signed_headers=parts["SignedHeaders"],
        payload=payload,
        stamp=stamp,
        credential=parts["Credential"],
        secrets=secrets,
    )
    return _compare(expected, parts["Signature"], parts["Credential"])


def _check_address(request: Signed, secrets: Mapping[str, str], now: datetime) -> str:
    pairs = [pair.partition("=")[::2] for pair in request.query.split("&")]
    values = {name: unquote(value) for name, value in pairs}
    lifetime = int(values["X-Amz-Expires"])
    begins = _instant(values["X-Amz-Date"])
    if lifetime > LONGEST or now < begins - SKEW or now >= begins + timedelta(seconds=lifetime):
        raise SignatureRefused("AccessDenied")
    rest = "&".join(f"{name}={value}" for name, value in pairs if name != "X-Amz-Signature")
    expected = _signature(
        request,
        rest,
        signed_headers=values["X-Amz-SignedHeaders"],
        payload="UNSIGNED-PAYLOAD",
        stamp=values["X-Amz-Date"],
        credential=values["X-Amz-Credential"],
        secrets=secrets,
    )
    return _compare(expected, values["X-Amz-Signature"], values["X-Amz-Credential"])


def _instant(stamp: str) -> datetime:
    try:
        return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise SignatureRefused("AccessDenied") from None


def _signature(
    request: Signed,
    query: str,
    *,
    signed_headers: str,
    payload: str,
    stamp: str,
    credential: str,
    secrets: Mapping[str, str],
) -> str:
    access, day, region, service, end = credential.split("/")
    if access not in secrets:
        raise SignatureRefused("InvalidAccessKeyId")
    if end != "aws4_request" or not stamp.startswith(day) or "host" not in signed_headers.split(";"):
        raise SignatureRefused("AuthorizationHeaderMalformed")
    canonical = "\n".join(
        (
            request.method,
            request.path,
            _canonical_query(query),
            *(
                f"{name}:{' '.join(request.headers.get(name, '').split())}"
                for name in signed_headers.split(";")
            ),
            "",
            signed_headers,
            payload,
        )
    )
    scope = f"{day}/{region}/{service}/aws4_request"
    to_sign = "\n".join((ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{secrets[access]}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, to_sign.encode(), "sha256").hexdigest()


def _canonical_query(query: str) -> str:
    if not query:
        return ""
    pairs = [pair.partition("=")[::2] for pair in query.split("&")]
    encoded = [
        (quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~")) for name, value in pairs
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _encode(text: str) -> str:
    return quote(unquote(text), safe="-_.~")


def _compare(expected: str, given: str, credential: str) -> str:
    if not hmac.compare_digest(expected, given):
        raise SignatureRefused("SignatureDoesNotMatch")
    return credential.split("/", maxsplit=1)[0]
