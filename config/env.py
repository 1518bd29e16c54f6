"""Typed readers of the environment. A secret may also come from a file named by NAME_FILE."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def _raw(name: str) -> str | None:
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE names {path}, which cannot be read: {error.strerror}."
            ) from error
    return os.environ.get(name)


def text(name: str, default: str = "") -> str:
    value = _raw(name)
    return default if value is None else value.strip()


def flag(name: str, *, default: bool = False) -> bool:
    value = text(name).lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    if value == "":
        return default
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, default: float, *, low: float | None = None, high: float | None = None) -> float:
    value = text(name)
    try:
        result = float(value) if value else default
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number, not {value!r}.") from None
    if (low is not None and result < low) or (high is not None and result > high):
        raise ImproperlyConfigured(f"{name} is {result:g}; it must lie between {low} and {high}.")
    return result


def whole(name: str, default: int, *, low: int | None = None, high: int | None = None) -> int:
    return int(number(name, default, low=low, high=high))


def names(name: str, default: str = "") -> list[str]:
    """A comma-separated list without empty entries."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def texts(name: str) -> dict[str, str]:
    """`host: what holds there; host: …` as {host: text}."""
    pairs = (part.partition(":") for part in text(name).split(";") if part.strip())
    return {key.strip(): value.strip() for key, _, value in pairs}


def secret(name: str, *, development: str | None = None) -> str:
    """A secret. `development` is the value used while developing; without one it must be given."""
    value = text(name)
    if value:
        return value
    if development is not None:
        return development
    raise ImproperlyConfigured(
        f"{name} is not set. Give it, or the path of a file that holds it as {name}_FILE."
    )


def key_ring(name: str, *, development: str | None = None) -> dict[int, str]:
    """`2:<Base64 of 32 bytes>,1:<…>` as {id: key}; the first is the present one."""
    ring: dict[int, str] = {}
    for part in secret(name, development=development).split(","):
        written, _, key = part.strip().partition(":")
        try:
            is_right = len(base64.b64decode(key, validate=True)) == 32
        except ValueError:
            is_right = False
        if not (written.isascii() and written.isdigit() and 1 <= int(written) <= 255 and is_right):
            raise ImproperlyConfigured(
                f"{name} must be like 1:KEY or 2:KEY,1:KEY: ids from 1 to 255, each key Base64 of 32 bytes, "
                "the present one first."
            )
        if int(written) in ring:
            raise ImproperlyConfigured(f"{name} names key {int(written)} twice.")
        ring[int(written)] = key
    return ring


def database(name: str, default: str = "") -> dict[str, Any]:
    """`postgresql://user:password@host:port/name?host=/socket/folder` as Django's settings."""
    value = secret(name, development=default or None)
    parts = urlsplit(value)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured(
            f"{name} must start with postgresql://, not {parts.scheme or 'nothing'!r}."
        )
    query = parse_qs(parts.query)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [unquote(parts.hostname or "")])[0],
        "PORT": str(parts.port or ""),
    }
