"""Log lines as JSON, each with the request and the run it belongs to; Sentry for exceptions, where set."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from analytics.threads import request_id, run_id

QUIET = ("openai", "elevenlabs", "httpx", "httpx2", "httpcore", "httpcore2", "botocore", "urllib3")


class JsonFormatter(logging.Formatter):
    """One object a line. Fields of a call come as `extra={"fields": {…}}`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message_of(record),
        }
        ids = {"request_id": request_id.get(), "run_id": run_id.get()}
        line |= {name: value for name, value in ids.items() if value}
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def _message_of(record: logging.LogRecord) -> str:
    """Django's lines about a request name its path, in which there may be a name: ours name its route."""
    request = getattr(record, "request", None)
    if request is None:
        return record.getMessage()
    match = getattr(request, "resolver_match", None)
    reason = str(record.args[0]) if isinstance(record.args, tuple) and record.args else "Request"
    return f"{reason}: {match.route if match else 'no route'}"


def configure(*, level: str, as_json: bool) -> dict[str, Any]:
    """`LOGGING` of the settings."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
            "json": {"()": "config.logs.JsonFormatter"},
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "json" if as_json else "plain"}
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.security.DisallowedHost": {"level": "ERROR"},
            "django.request": {"level": "ERROR"},  # what is below stands in the lines of `access`
            "access": {"level": "INFO" if as_json else "WARNING"},
            # At lower levels these write requests with their bodies, or an address a call.
            **{name: {"level": "WARNING"} for name in QUIET},
        },
    }


def start_sentry(dsn: str, *, version: str) -> None:
    """Logged errors to Sentry: no middleware, no spans, no bodies, no user, no request."""
    import sentry_sdk  # noqa: PLC0415 - costs nothing where it is not configured
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415

    sentry_sdk.init(
        dsn=dsn,
        release=version,
        integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
        default_integrations=False,
        auto_enabling_integrations=False,
        send_default_pii=False,
        include_local_variables=False,  # a local may hold a child's answer or a note
        max_breadcrumbs=0,
        traces_sample_rate=0,
        before_send=strip_event,
    )


def strip_event(event: Any, hint: Any) -> Any:
    """What leaves: the exception, where it was raised, and the two ids."""
    for name in ("request", "user", "breadcrumbs", "server_name", "extra", "modules", "logentry"):
        event.pop(name, None)
    event["tags"] = {"request_id": request_id.get(), "run_id": run_id.get()}
    return event
