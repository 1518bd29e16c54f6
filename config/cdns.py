"""What the environment says about CDNs: which there are, in which order, and their keys.

Nothing set: films come from this platform's own signed addresses. See docs/delivery.md.
"""

from __future__ import annotations

import base64
import binascii

from django.core.exceptions import ImproperlyConfigured

from config import env

# The usual order: the first that is healthy plays, the next stands by.
NAMES = ("stream", "cloudfront", "origin")
TOKENS = ("path", "query", "cookie")
CLOUDFRONT_API = "https://cloudfront.amazonaws.com"
STREAM_API = "https://api.cloudflare.com/client/v4"


def read_cloudfront() -> dict[str, str]:
    """Empty without CLOUDFRONT_ORIGIN. Raises ImproperlyConfigured for what is missing or unknown."""
    origin = env.text("CLOUDFRONT_ORIGIN").rstrip("/")
    if not origin:
        return {}
    tokens = env.text("CLOUDFRONT_TOKENS", "path")
    if tokens not in TOKENS:
        raise ImproperlyConfigured(f"CLOUDFRONT_TOKENS must be one of {', '.join(TOKENS)}, not {tokens!r}.")
    is_signed = tokens != "path"
    return {
        "origin": origin,
        "tokens": tokens,
        "key_id": env.secret("CLOUDFRONT_KEY_ID", development=None if is_signed else ""),
        "private_key": _pem("CLOUDFRONT_PRIVATE_KEY") if is_signed else "",
        "cookie_domain": env.text("CLOUDFRONT_COOKIE_DOMAIN"),
        "distribution": env.text("CLOUDFRONT_DISTRIBUTION"),
        "api_url": env.text("CLOUDFRONT_API_URL", CLOUDFRONT_API),
        "access_key": env.text("CLOUDFRONT_ACCESS_KEY"),
        "secret_key": env.text("CLOUDFRONT_SECRET_KEY"),
    }


def read_stream() -> dict[str, str]:
    """Empty without STREAM_ORIGIN. Raises ImproperlyConfigured for what is missing."""
    origin = env.text("STREAM_ORIGIN").rstrip("/")
    if not origin:
        return {}
    return {
        "origin": origin,
        "key_id": env.secret("STREAM_KEY_ID"),
        "private_key": _pem("STREAM_PRIVATE_KEY"),
        "account": env.secret("STREAM_ACCOUNT"),
        "api_token": env.secret("STREAM_API_TOKEN"),
        "api_url": env.text("STREAM_API_URL", STREAM_API).rstrip("/"),
    }


def read_order(*, has_stream: bool, has_cloudfront: bool) -> list[str]:
    """The CDNs that are configured, first choice first; our own address is always the last resort."""
    wanted = env.names("CDN_ORDER", ",".join(NAMES))
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        raise ImproperlyConfigured(f"CDN_ORDER knows {', '.join(NAMES)}, not {', '.join(unknown)}.")
    there = {"stream": has_stream, "cloudfront": has_cloudfront, "origin": True}
    order = [name for name in dict.fromkeys(wanted) if there[name]]
    return order if "origin" in order else [*order, "origin"]


def _pem(name: str) -> str:
    """A private key as PEM; Cloudflare hands its own out as base64 of that."""
    value = env.secret(name).replace("\\n", "\n")
    if value.startswith("-----"):
        return value
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ImproperlyConfigured(f"{name} is no private key: neither PEM nor base64 of PEM.") from None
