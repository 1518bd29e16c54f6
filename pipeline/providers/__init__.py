"""The configured providers by alias: `providers.get("text")`.

`configure` is called once, at start, with `PIPELINE_PROVIDERS`; instances are made on first
use and kept per process (a client must be created after a worker has forked).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from threading import Lock
from typing import Any

_configuration: dict[str, Mapping[str, Any]] = {}
_instances: dict[tuple[int, str], Any] = {}
_lock = Lock()


def configure(configuration: Mapping[str, Mapping[str, Any]]) -> None:
    """Take over the mapping alias → {"BACKEND": dotted path, "OPTIONS": {…}}; forgets earlier instances."""
    with _lock:
        _configuration.clear()
        _configuration.update(configuration)
        _instances.clear()


def get(alias: str) -> Any:
    """The provider of this alias. KeyError names an alias that is not configured."""
    key = (os.getpid(), alias)
    with _lock:
        if key not in _instances:
            if alias not in _configuration:
                raise KeyError(f"No provider is configured under {alias!r} in PIPELINE_PROVIDERS.")
            entry = _configuration[alias]
            module, _, name = str(entry["BACKEND"]).rpartition(".")
            _instances[key] = getattr(import_module(module), name)(**entry.get("OPTIONS", {}))
        return _instances[key]


def identity(alias: str) -> dict[str, Any]:
    """What decides this provider's output; part of every fingerprint. Empty for ""."""
    return dict(get(alias).identity()) if alias else {}
