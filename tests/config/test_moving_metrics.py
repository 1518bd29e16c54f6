"""Each of these figures moves when what it is about happens, and only then."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from prometheus_client import REGISTRY
from prometheus_client.core import Metric
from pytest_django import Settings

from config.gauges import DatabaseCollector
from config.process_gauges import ProcessCollector, find_pool_stats
from config.tasks import probe_certificates
from pipeline.models import Charge, StepRun
from tests.caches import GONE, caches_at
from tests.cdn.serving import Ask, Reply, Server
from tests.clients import make_student, make_video, student_client
from tests.studio import factories
from videos import cdn_health

pytestmark = pytest.mark.django_db
DAY = 86_400


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def read(families: Iterator[Metric]) -> dict[str, dict[tuple[str, ...], float]]:
    """Name → label values → value."""
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in families
    }


# --------------------------------------------------------------------------- a child's requests


def test_making_a_page_is_timed_and_giving_out_a_kept_one_is_not() -> None:
    make_video()
    client = student_client(make_student())
    before = count("feed_build_seconds_count")
    for _ in range(3):
        assert client.get("/api/student/feed/me").status_code == 200
    assert count("feed_build_seconds_count") == before + 1


def test_a_repeat_with_another_body_is_a_conflict_and_one_with_the_same_is_none() -> None:
    video, client = make_video(), student_client(make_student())
    answer = {
        "response_id": str(uuid4()),
        "video_id": str(video.pk),
        "question_index": 0,
        "user_answer": True,
        "response_time_ms": 2000,
    }
    before = count("ledger_conflicts_total", kind="answer")
    bodies = (answer, answer, answer | {"user_answer": False})
    statuses = [client.post("/api/student/quiz-response", body).status_code for body in bodies]
    assert statuses == [201, 200, 409]
    assert count("ledger_conflicts_total", kind="answer") == before + 1


@pytest.mark.django_db(transaction=True)
def test_waiting_for_a_connection_of_the_pool_is_counted_in_seconds() -> None:
    connection.ensure_connection()
    pool: Any = connection.pool  # type: ignore[attr-defined]
    stats = pool.get_stats()
    free = pool.max_size - (stats["pool_size"] - stats["pool_available"])
    held = [pool.getconn() for _ in range(free)]
    before = find_pool_stats().get("requests_wait_ms", 0)  # opening them is waiting too
    patient = threading.Thread(target=lambda: pool.putconn(pool.getconn(timeout=60)))
    patient.start()
    began = time.monotonic()
    while not pool.get_stats()["requests_waiting"] or time.monotonic() < began + 0.05:
        time.sleep(0.005)
    for link in held:
        pool.putconn(link)
    patient.join()
    shown = read(ProcessCollector().collect())["db_pool_wait_seconds"][()]
    assert shown * 1000 == find_pool_stats()["requests_wait_ms"] >= before + 40


def test_the_breaker_shows_while_redis_is_away_and_not_before(settings: Settings) -> None:
    def shown() -> Mapping[tuple[str, ...], float]:
        return read(ProcessCollector().collect())["redis_breaker_open"]

    assert caches["fast"].get("x") is None
    assert shown()["fast",] == 0
    settings.CACHES = caches_at(GONE, settings.CACHES)
    for name in ("fast", "default"):
        assert caches[name].get("x") is None
    assert shown() == {("fast",): 1, ("default",): 1}


# --------------------------------------------------------------------------- films and money


def test_what_a_published_minute_has_cost_follows_charges_and_publications() -> None:
    def shown() -> float | None:
        return read(DatabaseCollector().collect())["cost_per_published_minute"].get(())

    assert shown() is None
    draft = factories.make_film(status="approved")
    run = StepRun.objects.filter(project=draft).earliest("created_at")
    charge = {"run": run, "project": draft, "creator": draft.creator, "attempt": 1, "provider": "x"}
    Charge.objects.create(**charge, token=uuid4(), reserved=Decimal(9), cost=Decimal("2.50"))
    Charge.objects.create(
        **charge, token=uuid4(), reserved=Decimal("0.50"), cost=None
    )  # may have been billed
    assert shown() is None
    draft.published_video = make_video(duration_seconds=90)
    draft.status = "published"
    draft.save(update_fields=["published_video", "status"])
    assert shown() == pytest.approx(3 / 1.5)


# --------------------------------------------------------------------------- what is asked now and then


@pytest.mark.django_db(transaction=True)
def test_the_age_of_the_newest_backup_is_that_of_a_whole_dump(settings: Settings, tmp_path: Path) -> None:
    def shown() -> float | None:
        return read(DatabaseCollector().collect())["backup_age_seconds"].get(())

    settings.BACKUP_DIR = tmp_path
    (tmp_path / "half.dump.part").touch()
    assert shown() is None
    call_command("backup")
    (dump,) = tmp_path.glob("*.dump")
    age = shown()
    assert age is not None
    assert age < 3600
    long_ago = time.time() - 27 * 3600
    os.utime(dump, (long_ago, long_ago))
    age = shown()
    assert age is not None
    assert age > 26 * 3600


class Edge(Server):
    def answer(self, ask: Ask) -> Reply:
        return Reply(200 if ask.path == "/well" else 503, b"#EXTM3U\n")


def test_a_cdn_that_answers_is_timed_to_its_first_byte_and_one_that_does_not_is_ill() -> None:
    before = [count("cdn_first_byte_seconds_count", cdn=name) for name in ("stream", "cloudfront")]
    with Edge() as server:
        addresses = {"stream": f"{server.url}/well", "cloudfront": f"{server.url}/ill"}
        found = cdn_health.examine(addresses, sleep=lambda _: None)
    assert found["cloudfront"] is None
    assert found["stream"] is not None
    after = [count("cdn_first_byte_seconds_count", cdn=name) for name in ("stream", "cloudfront")]
    assert after == [before[0] + 1, before[1]]


def make_certificate(folder: Path, *, days: float) -> Path:
    """A certificate of localhost that ends in so many days, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=90))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{days}.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


@pytest.fixture
def show_certificate(tmp_path: Path) -> Iterator[Callable[[float], str]]:
    """Starts a server that shows a certificate of so many days; returns its host and port."""
    listening: list[socket.socket] = []

    def show(days: float) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(make_certificate(tmp_path, days=days))
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)

        def greet() -> None:
            guest, _ = server.accept()
            with closing(context.wrap_socket(guest, server_side=True)) as link:
                link.recv(1)

        threading.Thread(target=greet, daemon=True).start()
        return f"127.0.0.1:{server.getsockname()[1]}"

    yield show
    for server in listening:
        server.close()


def test_certificates_are_looked_at_as_a_browser_sees_them_ended_ones_too(
    settings: Settings, show_certificate: Callable[[float], str]
) -> None:
    fresh, ended, silent = show_certificate(10.5), show_certificate(-1.5), "127.0.0.1:9"
    settings.CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in (fresh, ended, silent)]
    settings.MEDIA_HOSTS = [f"https://{fresh}", "http://127.0.0.1:8"]
    assert probe_certificates() == sorted([fresh, ended])
    shown = read(DatabaseCollector().collect())["certificate_days"]
    assert {host: round(days, 1) for (host,), days in shown.items()} == {fresh: 10.5, ended: -1.5}
    settings.CSRF_TRUSTED_ORIGINS, settings.MEDIA_HOSTS = [], []
    assert probe_certificates() == []
    assert read(DatabaseCollector().collect())["certificate_days"] == {}
