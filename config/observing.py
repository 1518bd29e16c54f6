"""One middleware that sees every request: its id, its time, its statements, its line in the log.

Measured per request, so it is short (09, section 7): two observations, a line. P9 of 08: the line holds the
route's template, never the address asked for, a query, a name or a token; a caller's address is cut.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse

from analytics import metrics
from analytics.threads import adopt, request_id
from config import tracing

logger = logging.getLogger("access")
UNKNOWN = "none"  # no route: an address that nobody serves
QUIET = ("health/", "static/")


class Observing:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "") if settings.NUM_PROXIES else ""
        token = request_id.set(adopt(given))
        statements = Statements()
        began = time.perf_counter()
        try:
            with tracing.span("http", request), connection.execute_wrapper(statements):
                response = self._get_response(request)
                route = route_of(request)
                tracing.name_span(f"{request.method} {route}", status=response.status_code)
            seconds = time.perf_counter() - began
            _note(request, response, route, seconds, statements.count)
            response.headers["X-Request-Id"] = request_id.get()
        finally:
            request_id.reset(token)
        return response


class Statements:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.count += 1
        return execute(sql, params, many, context)


def route_of(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.route if match is not None else UNKNOWN


def _note(request: HttpRequest, response: HttpResponse, route: str, seconds: float, statements: int) -> None:
    status = response.status_code
    method = (
        request.method if request.method in {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"} else "other"
    )
    metrics.http_request_seconds.labels(route, method, f"{status // 100}xx").observe(seconds)
    metrics.db_statements.labels(route).observe(statements)
    if status >= 400:
        metrics.http_problems_total.labels(str(status)).inc()
    if route.startswith(QUIET) or not logger.isEnabledFor(logging.INFO):
        return
    fields = {
        "route": route,
        "method": method,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "statements": statements,
        "network": network_of(request.META.get("REMOTE_ADDR", "")),
    }
    logger.info("%s %s %s", method, route, status, extra={"fields": fields})


def network_of(address: str) -> str:
    """The caller's network, /24 or /48, so that a line names nobody."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network(f"{parsed}/{24 if parsed.version == 4 else 48}", strict=False))
