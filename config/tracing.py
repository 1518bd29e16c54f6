"""Traces from click to film, where OTEL_EXPORTER_OTLP_ENDPOINT is set: a span a request, a span a task.

Off, nothing of OpenTelemetry is imported and a span is a null context. On, a share of requests is followed
(`TRACE_SHARE`, at most a tenth); a task belongs to the request that rang for it, by its message.
Spans carry templates and ids of runs, never a person, a query or a body.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

MOST = 0.1
_tracer: Any = None


def start(endpoint: str, *, share: float, service: str, version: str, exporter: Any = None) -> None:
    """Begin to trace. `exporter` replaces the one that sends to `endpoint`."""
    global _tracer  # noqa: PLW0603 - one a process
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased  # noqa: PLC0415

    provider = TracerProvider(
        resource=Resource.create({"service.name": service, "service.version": version}),
        sampler=ParentBased(TraceIdRatioBased(share)),
    )
    sender = exporter or OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=3)
    provider.add_span_processor(BatchSpanProcessor(sender))
    _tracer = provider.get_tracer("microlearning")


def stop() -> None:
    global _tracer  # noqa: PLW0603
    _tracer = None


def span(name: str, request: Any = None) -> AbstractContextManager[Any]:
    """A span around a request. Its parent may come from the proxy."""
    if _tracer is None:
        return nullcontext()
    carrier = (
        {"traceparent": request.META["HTTP_TRACEPARENT"]}
        if request and "HTTP_TRACEPARENT" in request.META
        else {}
    )
    return _inside(name, carrier)


@contextmanager
def _inside(name: str, carrier: dict[str, str]) -> Iterator[Any]:
    from opentelemetry.propagate import extract  # noqa: PLC0415

    with _tracer.start_as_current_span(
        name, context=extract(carrier), record_exception=False, set_status_on_exception=True
    ) as opened:
        yield opened


def name_span(name: str, **attributes: str | int) -> None:
    """Say what the present span was about, when that is known."""
    if _tracer is None:
        return
    from opentelemetry import trace  # noqa: PLC0415

    present = trace.get_current_span()
    present.update_name(name)
    for key, value in attributes.items():
        present.set_attribute(key, value)


def headers() -> dict[str, str]:
    """What a message carries so that its task belongs to this trace."""
    if _tracer is None:
        return {}
    from opentelemetry.propagate import inject  # noqa: PLC0415

    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier


def task_span(name: str, carrier: dict[str, str]) -> AbstractContextManager[Any]:
    return nullcontext() if _tracer is None else _inside(name, carrier)
