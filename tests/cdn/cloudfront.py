"""A double of CloudFront: an edge that checks signed queries, cookies or path tokens, and its purging API.

It has the files of the published storage, as a distribution in front of the bucket has. Checks are written
from Amazon's description, with the public key; path tokens are checked as `deploy/edge` describes them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from django.core.files.storage import storages

from tests.cdn.keys import key_pair
from tests.cdn.serving import Ask, Reply, Server, type_of
from tests.cdn.sigv4 import SignatureRefused, Signed, check

KEY_ID = "KDOUBLE0123456"
ACCESS, SECRET = "AKEDGE0123456789ABCD", "secret+of/the/edge"
DISTRIBUTION = "EDOUBLE0123456"
NAMES = ("Policy", "Signature", "Key-Pair-Id")
MADE = (
    '<Invalidation xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>{id}</Id><Status>{status}</Status>'
    "<CreateTime>2026-01-01T00:00:00Z</CreateTime><InvalidationBatch><Paths><Quantity>1</Quantity><Items>"
    "<Path>{path}</Path></Items></Paths><CallerReference>{reference}</CallerReference></InvalidationBatch>"
    "</Invalidation>"
)


class CloudFront(Server):
    def __init__(self, *, kind: str = "rsa", path_key: str = "") -> None:
        super().__init__()
        self.private, public = key_pair(kind)
        self._public = serialization.load_pem_public_key(public.encode())
        self._path_key = path_key
        self.purged: dict[str, str] = {}  # caller's reference → path
        self.polls_until_done = 1

    def settings(self, tokens: str) -> dict[str, str]:
        return {
            "origin": self.url,
            "tokens": tokens,
            "key_id": KEY_ID,
            "private_key": self.private,
            "cookie_domain": "",
            "distribution": DISTRIBUTION,
            "api_url": self.url,
            "access_key": ACCESS,
            "secret_key": SECRET,
        }

    def answer(self, ask: Ask) -> Reply:
        if ask.path.startswith("/2020-05-31/"):
            return self._purge(ask)
        key = self._open(ask)
        if key is None:
            return Reply(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
        try:
            with storages["published"].open(key) as file:
                return Reply(200, file.read(), type_of(key), {"Accept-Ranges": "bytes"})
        except FileNotFoundError:
            return Reply(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")

    def _open(self, ask: Ask) -> str | None:
        """The object's key where the request may have it."""
        if ask.path.startswith("/media/"):
            return self._by_path(ask.path)
        values = dict(parse_qsl(ask.query))
        if "Policy" not in values:
            cookies = SimpleCookie(ask.headers.get("cookie", ""))
            values = {
                name: cookies[f"CloudFront-{name}"].value for name in NAMES if f"CloudFront-{name}" in cookies
            }
        if set(values) < set(NAMES) or values["Key-Pair-Id"] != KEY_ID:
            return None
        try:
            policy, signature = _decode(values["Policy"]), _decode(values["Signature"])
        except binascii.Error:  # the length of an elliptic curve signature varies; spoilt, it may not decode
            return None
        if not self._is_signed(policy, signature):
            return None
        statement = json.loads(policy)["Statement"][0]
        if statement["Condition"]["DateLessThan"]["AWS:EpochTime"] <= self.now():
            return None
        return ask.path[1:] if fnmatchcase(f"{self.url}{ask.path}", statement["Resource"]) else None

    def _is_signed(self, policy: bytes, signature: bytes) -> bool:
        sha1 = hashes.SHA1()  # noqa: S303 - CloudFront's own
        try:
            if isinstance(self._public, rsa.RSAPublicKey):
                self._public.verify(signature, policy, padding.PKCS1v15(), sha1)
            elif isinstance(self._public, EllipticCurvePublicKey):
                self._public.verify(signature, policy, ECDSA(sha1))
        except InvalidSignature:
            return False
        return True

    def _by_path(self, path: str) -> str | None:
        found = re.fullmatch(r"/media/([0-9a-f]{8})\.(\d{1,12})\.([\w-]{43})/([\w-]+)/([\w.-]+)", path)
        if found is None or int(found[2]) <= self.now():
            return None
        mac = hmac.digest(self._path_key.encode(), f"{found[2]}\n{found[4]}".encode(), hashlib.sha256)
        is_right = base64.urlsafe_b64encode(mac).rstrip(b"=").decode() == found[3]
        return f"films/{found[4]}/{found[5]}" if is_right else None

    def _purge(self, ask: Ask) -> Reply:
        signed = Signed(ask.method, ask.path, ask.query, ask.headers)
        if ask.body:  # outside S3 the body is part of what is signed, and is not named in a header
            signed.headers["x-amz-content-sha256"] = hashlib.sha256(ask.body).hexdigest()  # type: ignore[index]
        try:
            check(signed, {ACCESS: SECRET}, now=datetime.fromtimestamp(self.now(), UTC))
        except SignatureRefused as error:
            return Reply(403, error.code.encode(), "text/xml")
        assert f"/distribution/{DISTRIBUTION}/invalidation" in ask.path
        if ask.method == "POST":
            reference = re.findall(r"<CallerReference>(.*?)</CallerReference>", ask.body.decode())[0]
            path = re.findall(r"<Path>(.*?)</Path>", ask.body.decode())[0]
            self.purged[reference] = path
            status = "InProgress" if self.polls_until_done else "Completed"
            return Reply(201, _describe(reference, path, status), "text/xml")
        reference = ask.path.rpartition("/")[2].removeprefix("I")
        self.polls_until_done -= 1
        status = "InProgress" if self.polls_until_done > 0 else "Completed"
        return Reply(200, _describe(reference, self.purged[reference], status), "text/xml")


def _describe(reference: str, path: str, status: str) -> bytes:
    return MADE.format(id=f"I{reference}", status=status, path=path, reference=reference).encode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text.translate(str.maketrans("-_~", "+=/")))
