"""What operators see of a request: its id, its time, its line; and nothing of a person."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client import REGISTRY, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from analytics import metrics
from config import exposition, logs
from config.gauges import DatabaseCollector
from config.observing import network_of
from tests.clients import PASSWORD, make_student, make_video, student_client

pytestmark = pytest.mark.django_db
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{32}")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything that is logged at INFO, as JSON lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    loggers = [logging.getLogger(), logging.getLogger("access")]
    levels = [logger.level for logger in loggers]
    loggers[0].addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.INFO)
    yield stream
    loggers[0].removeHandler(handler)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def access_lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, stream.getvalue().splitlines()) if line["logger"] == "access"]


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_every_answer_has_an_id_of_ours_unless_a_trusted_proxy_gave_one(settings: Settings) -> None:
    given = "0123456789abcdef0123456789abcdef"
    own = Client().get("/health/live", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{32}", own)
    assert own != given
    settings.NUM_PROXIES = 1
    assert Client().get("/health/live", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given
    forged = Client().get("/health/live", headers={"X-Request-Id": 'x"\n{}'})
    assert re.fullmatch(r"[0-9a-f]{32}", forged.headers["X-Request-Id"])


def test_a_line_names_the_route_and_the_time_and_nobody(lines: io.StringIO) -> None:
    student = make_student(username="brave-otter-77")
    make_video()
    client = student_client(student)
    client.get("/api/student/feed/me", REMOTE_ADDR="203.0.113.77")
    client.get(f"/api/student/progress/{student.pk}?secret=1")
    client.get("/api/student/feed/me?token=abcdef")
    client.get(f"/nowhere/{student.username}")
    found = access_lines(lines)
    assert [line["route"] for line in found] == [
        "api/student/feed/<str:user_id>",
        "api/student/progress/<str:user_id>",
        "api/student/feed/<str:user_id>",
        "none",
    ]
    assert set(found[0]) == {
        "time",
        "level",
        "logger",
        "message",
        "request_id",
        "route",
        "method",
        "status",
        "ms",
        "statements",
        "network",
    }
    assert found[0]["network"] == "203.0.113.0/24"
    assert found[0]["statements"] >= 2
    for secret in (str(student.pk), student.pk.hex, student.username, "secret", "abcdef", "203.0.113.77"):
        assert secret not in lines.getvalue()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.9", "198.51.100.0/24"),
        ("2001:db8:1:2:3::9", "2001:db8:1::/48"),
        ("unix:", ""),
        ("", ""),
    ],
)
def test_an_address_is_cut_to_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_requests_are_counted_by_template_and_class(settings: Settings) -> None:
    labels = {"route": "api/student/feed/<str:user_id>", "method": "GET", "status_class": "2xx"}
    before = count("http_request_seconds_count", **labels)
    make_video()
    client = student_client(make_student())
    assert client.get("/api/student/feed/me").status_code == 200
    assert count("http_request_seconds_count", **labels) == before + 1
    assert Client().get("/api/student/feed/me").status_code == 401
    assert count("http_problems_total", status="401") >= 1


def test_a_playback_and_an_answer_are_counted_once_with_how_the_player_fared() -> None:
    video, client = make_video(), student_client(make_student())
    watch = {
        "watch_id": str(uuid4()),
        "video_id": str(video.pk),
        "seconds_watched": 50,
        "completed": False,
        "furthest_second": 30,
        "started_at": timezone.now().isoformat(),
        "start_ms": 800,
        "stalled_ms": 500,
        "cdn": "stream",
    }
    answer = {
        "response_id": str(uuid4()),
        "video_id": str(video.pk),
        "question_index": 0,
        "user_answer": True,
        "response_time_ms": 2000,
    }
    names = {
        "starts": ("video_start_seconds_sum", {"cdn": "stream"}),
        "stalls": ("rebuffer_ratio_sum", {"cdn": "stream"}),
        "watches": ("watches_total", {"age_group": "8-10", "completed": "false"}),
        "answers": ("quiz_answers_total", {"correct": "true", "mode": "watch", "age_group": "8-10"}),
    }
    before = {name: count(metric, **labels) for name, (metric, labels) in names.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.db.transaction.on_commit", lambda function, *_, **__: function())
        for status in (201, 200):
            assert client.post("/api/student/watches", watch).status_code == status
            assert client.post("/api/student/quiz-response", answer).status_code == status
    after = {name: count(metric, **labels) for name, (metric, labels) in names.items()}
    assert {name: round(after[name] - before[name], 4) for name in names} == {
        "starts": 0.8,
        "stalls": 0.01,
        "watches": 1,
        "answers": 1,
    }


def test_a_player_that_lies_about_its_cdn_makes_no_new_series() -> None:
    metrics.note_loading("evil-series-1", start_ms=10, stalled_ms=0, seconds=10)
    text = generate_latest(REGISTRY).decode()
    assert "evil-series" not in text
    assert 'video_start_seconds_count{cdn="other"}' in text


def test_metrics_stand_on_a_port_of_their_own_and_hold_nobody(client: Client) -> None:
    student = make_student(username="brave-otter-78", password=PASSWORD)
    video = make_video(title="A title nobody else has")
    student_client(student).get("/api/student/feed/me")
    port = exposition.serve(with_database=False, port=0)
    assert port
    text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert "http_request_seconds_bucket" in text
    for secret in (str(student.pk), student.username, str(video.pk), video.film_key, video.title):
        assert secret not in text
    values = {
        value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        for value in sample.labels.values()
    }
    assert not [value for value in values if UUID.search(value)]
    assert client.get("/metrics").status_code == 404


def test_what_the_database_knows_is_asked_once_in_fifteen_seconds(django_assert_max_num_queries: Any) -> None:
    make_video(duration_seconds=90)
    collector = DatabaseCollector()
    with django_assert_max_num_queries(12):
        found = {metric.name: metric for metric in collector.collect()}
    with django_assert_max_num_queries(0):
        assert {metric.name for metric in collector.collect()} == set(found)
    assert found["videos_published"].samples[0].value == 1
    assert found["video_minutes_published"].samples[0].value == 1.5
    assert found["quiz_partitions_ahead"].samples[0].value >= 3
    assert {sample.labels["queue"] for sample in found["queue_depth"].samples} >= {
        "text",
        "render",
        "default",
    }


def test_figures_about_fewer_than_five_children_are_not_shown() -> None:
    yesterday = timezone.now().date() - timedelta(days=1)
    for _ in range(4):
        make_student(studied_on=yesterday, studied_seconds=600)
    shown = {metric.name: metric.samples for metric in DatabaseCollector().collect()}
    assert shown["learning_day_seconds"] == []
    make_student(studied_on=yesterday, studied_seconds=600)
    shown = {metric.name: metric.samples for metric in DatabaseCollector().collect()}
    assert [(sample.labels, sample.value) for sample in shown["learning_day_seconds"]] == [
        ({"age_group": "8-10"}, 600)
    ]


def test_a_port_that_is_taken_costs_a_warning_and_nothing_else() -> None:
    port = exposition.serve(port=0)
    assert exposition.serve(port=port) is None


def test_an_error_of_ours_is_logged_with_its_route_and_its_cause(lines: io.StringIO) -> None:
    client = student_client(make_student(username="brave-otter-79"))
    client.raise_request_exception = False
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("feed.api.progress_body", lambda *_, **__: 1 / 0)
        assert client.get("/api/student/progress/me?name=brave-otter-79").status_code == 500
    (line,) = [one for one in map(json.loads, lines.getvalue().splitlines()) if one["level"] == "error"]
    assert line["message"] == "Internal Server Error: api/student/progress/<str:user_id>"
    assert "ZeroDivisionError" in line["exception"]
    assert "brave-otter-79" not in lines.getvalue()
    assert line["request_id"] == access_lines(lines)[0]["request_id"]


def test_what_goes_to_sentry_is_the_exception_and_two_ids() -> None:
    event = {
        "exception": {"values": [{"type": "ValueError"}]},
        "request": {"url": "https://x/?token=1"},
        "user": {"id": "1"},
        "breadcrumbs": [1],
        "extra": {"username": "otter"},
        "server_name": "host",
        "logentry": {"message": "Internal Server Error: /nowhere/otter"},
    }
    sent = logs.strip_event(event, {})
    assert set(sent) == {"exception", "tags"}
    assert set(sent["tags"]) == {"request_id", "run_id"}
