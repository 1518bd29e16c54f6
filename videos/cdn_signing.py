"""Signatures that CDNs themselves check: CloudFront's policies and Cloudflare Stream's tokens. Pure.

One signature is for a film's whole folder and for everyone, and is remembered until another expiry is asked
for: a signature of RSA costs more than all the rest of a card (09, section 5.2).
"""

from __future__ import annotations

import base64
import json
from functools import cache, lru_cache

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

REMEMBERED = 8192  # signatures a process keeps: films that are asked for within ten minutes


@cache
def read_private_key(pem: str) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """A key as CloudFront takes it: RSA or ECDSA P-256. Raises ValueError for anything else."""
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        return key
    raise ValueError("neither an RSA nor an elliptic curve key")


def _encode(data: bytes) -> str:
    """Base64 with the three characters that CloudFront puts in place of those an address cannot hold."""
    return base64.b64encode(data).decode().translate(str.maketrans("+=/", "-_~"))


@lru_cache(REMEMBERED)
def sign_prefix(prefix: str, expiry: int, *, key_id: str, pem: str) -> dict[str, str]:
    """`Policy`, `Signature` and `Key-Pair-Id` for every address that begins with `prefix`, until `expiry`.

    As a query on any of them, or as cookies named `CloudFront-…`. The policy is CloudFront's custom one:
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
    """
    statement = {"Resource": f"{prefix}*", "Condition": {"DateLessThan": {"AWS:EpochTime": expiry}}}
    policy = json.dumps({"Statement": [statement]}, separators=(",", ":")).encode()
    key = read_private_key(pem)
    sha1 = hashes.SHA1()  # noqa: S303 - what CloudFront checks; its input is ours alone
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(policy, padding.PKCS1v15(), sha1)
    else:
        signature = key.sign(policy, ec.ECDSA(sha1))
    return {"Policy": _encode(policy), "Signature": _encode(signature), "Key-Pair-Id": key_id}


@lru_cache(REMEMBERED)
def sign_stream(uid: str, expiry: int, *, key_id: str, pem: str) -> str:
    """A token that stands in place of the film's id in every address of Cloudflare Stream.

    https://developers.cloudflare.com/stream/viewing-videos/securing-your-stream/
    """
    claims = {"sub": uid, "kid": key_id, "exp": expiry}
    return jwt.encode(claims, read_private_key(pem), "RS256", headers={"kid": key_id})
