"""A trace begins with a request and goes on in the task it rang for; off, nothing of it is loaded."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.test import Client
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from config import tracing

pytestmark = pytest.mark.django_db


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.start("http://127.0.0.1:9", share=1.0, service="test", version="1", exporter=exporter)
    yield exporter
    tracing.stop()


def finished(exporter: InMemorySpanExporter) -> list[str]:
    tracing._tracer.span_processor.force_flush()
    return [span.name for span in exporter.get_finished_spans()]


def test_a_request_is_named_by_its_template_and_a_task_belongs_to_it(spans: InMemorySpanExporter) -> None:
    Client().get("/health/live?secret=1")
    with tracing.span("http"):
        carried = tracing.headers()
        parent = trace.get_current_span().get_span_context()
    with tracing.task_span("pipeline.tasks.run_step", carried):
        inside = trace.get_current_span().get_span_context()
    assert inside.trace_id == parent.trace_id
    assert finished(spans)[0] == "GET health/live"
    assert "secret" not in str([span.to_json() for span in spans.get_finished_spans()])


def test_off_a_message_carries_nothing_and_nothing_is_imported() -> None:
    assert tracing.headers() == {}
    script = (
        "import sys, config.tracing as t\n"
        "with t.span('x'): t.name_span('y')\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry', 'sentry_sdk'))])"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30
    )
    assert result.stdout.strip() == "[]"
