"""The configured providers by alias: `providers.get("text")`.

`configure` is called once, at start, with `PIPELINE_PROVIDERS`; instances are made on first
use and kept per process (a client must be created after a worker has forked).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from pipeline.providers import addresses, pricing

_configuration: dict[str, Mapping[str, Any]] = {}
_instances: dict[tuple[int, str], Any] = {}
_lock = Lock()


def configure(
    configuration: Mapping[str, Mapping[str, Any]],
    *,
    hosts: Iterable[str] = (),
    private_hosts: Iterable[str] = (),
    prices: str = "",
) -> None:
    """Take over the mapping alias → {"BACKEND": dotted path, "OPTIONS": {…}, "FALLBACK": alias}; forgets
    earlier instances. `hosts` may be reached besides the vendors' own, `prices` is a file of one's own.

    The members' modules are loaded at once: a vendor's SDK takes a second, and plans are made inside
    transactions. Who has no vendor loads none. What cannot be loaded is found by the system checks.
    """
    addresses.allow(hosts=hosts, private=private_hosts)
    pricing.use(Path(prices) if prices else None)
    with _lock:
        _configuration.clear()
        _configuration.update(configuration)
        _instances.clear()
    for entry in configuration.values():
        with suppress(ImportError, AttributeError, KeyError, TypeError, ValueError):
            load(str(entry["BACKEND"]))


def get(alias: str) -> Any:
    """The provider of this alias. KeyError names an alias that is not configured."""
    key = (os.getpid(), alias)
    with _lock:
        if key not in _instances:
            entry = _entry(alias)
            _instances[key] = load(str(entry["BACKEND"]))(**entry.get("OPTIONS", {}))
        return _instances[key]


def load(backend: str) -> Any:
    """The class of a dotted path. Raises ImportError or AttributeError."""
    module, _, name = backend.rpartition(".")
    return getattr(import_module(module), name)


def aliases() -> list[str]:
    """What the configuration names: text, judge, image, …"""
    return sorted(_configuration)


def _entry(alias: str) -> Mapping[str, Any]:
    if alias not in _configuration:
        raise KeyError(f"No provider is configured under {alias!r} in PIPELINE_PROVIDERS.")
    return _configuration[alias]


def fallback_of(alias: str) -> str:
    """The alias that stands in while this one's credit is spent or its key rejected; "" for none."""
    return str(_entry(alias).get("FALLBACK", ""))


def identity(alias: str) -> dict[str, Any]:
    """What decides this provider's output; part of every fingerprint. Empty for ""."""
    return dict(get(alias).identity()) if alias else {}
