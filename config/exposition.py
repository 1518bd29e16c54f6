"""Metrics on a port of their own (`METRICS_PORT`), which only the scraper may reach; never on the public one.

A web process has one port. A worker's children count for themselves, so a worker needs a folder for their
counts (`PROMETHEUS_MULTIPROC_DIR`), emptied at its start, and its parent serves them all. Beat also serves
what the database knows (`config.gauges`), asked at most once in 15 seconds.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from django.conf import settings
from prometheus_client import REGISTRY, CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

logger = logging.getLogger(__name__)
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_served: list[CollectorRegistry] = []  # registries that have the process' own gauges


def serve(*, with_database: bool = False, port: int | None = None) -> int | None:
    """Start serving; the port, or None where none is set or another process of this machine has it."""
    wanted = settings.METRICS_PORT if port is None else port
    if not wanted and port is None:
        return None
    registry = REGISTRY
    if FOLDER in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    from config.process_gauges import ProcessCollector  # noqa: PLC0415 - needs loaded apps

    if registry is not REGISTRY or not _served:
        registry.register(ProcessCollector())
        _served.append(registry)
    if with_database:
        from config.gauges import DatabaseCollector  # noqa: PLC0415 - needs loaded apps

        registry.register(DatabaseCollector())
    try:
        server, _ = start_http_server(wanted, registry=registry)
    except OSError as error:
        logger.warning("Metrics are not served: port %s is taken (%s).", wanted, error.strerror)
        return None
    return int(server.server_port)


def empty_folder() -> None:
    """What children of an earlier worker have counted is over."""
    folder = os.environ.get(FOLDER)
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    for file in Path(folder).glob("*.db"):
        file.unlink(missing_ok=True)
