"""Ratios inside one process: encoding, reading the cache, building once."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache as DjangosRedis
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from feed.cards import VideoCard
from videos.models import LearningVideo

ROUNDS, REPEATS, READS = 9, 20, 500
AT_ONCE, KEYS = 64, 10


class Card(serializers.ModelSerializer[LearningVideo]):
    """The plain alternative: ten rows by a ModelSerializer and DRF's renderer."""

    class Meta:
        model = LearningVideo
        fields = (
            *("id", "title", "topic", "duration_seconds", "difficulty_level", "age_groups", "quiz_questions"),
            *("video_url", "thumbnail_url", "captions_url", "burned_captions"),
        )


def measure(page: bytes) -> dict[str, float]:
    """`page` is the body of a page with ten cards."""
    return {
        "encode_to_serializer": encode_ratio(page),
        "redis_read_to_django": redis_ratio(),
        "builds_an_expired_key": count_builds(),
    }


def spent(work: Callable[[], object], repeats: int) -> float:
    """Processor seconds of one call."""
    began = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - began) / repeats


def median_ratio(ours: Callable[[], object], theirs: Callable[[], object], repeats: int) -> float:
    """Of interleaved rounds."""
    ours(), theirs()
    return round(statistics.median(spent(ours, repeats) / spent(theirs, repeats) for _ in range(ROUNDS)), 4)


def encode_ratio(page: bytes) -> float:
    cards = msgspec.json.decode(page, type=list[VideoCard])
    rows = list(LearningVideo.objects.published()[: len(cards)])
    if len(cards) != 10 or len(rows) != 10:
        raise SystemExit("The page has not ten cards; the world is too small.")
    encoder, renderer = msgspec.json.Encoder(), JSONRenderer()
    return median_ratio(
        lambda: encoder.encode(cards), lambda: renderer.render(Card(rows, many=True).data), REPEATS
    )


def redis_ratio() -> float:
    """5 kB by our client against Django's own backend; both by the same server and socket."""
    value, key = b"x" * 5000, f"bench-{uuid4()}"
    fast: Any = caches["fast"]
    django = DjangosRedis(settings.REDIS_URL, {})
    fast.keep(key, value, 60)
    django.set(key, value, 60)
    if fast.read([key]) != [value] or django.get(key) != value:
        raise SystemExit("The cache does not keep what it is given.")
    return median_ratio(lambda: fast.read([key]), lambda: django.get(key), READS)


def count_builds() -> float:
    """How often a page is built that 64 threads ask for at the same time, on average over keys."""
    fast: Any = caches["fast"]
    built: list[int] = []

    def ask(key: str, start: threading.Barrier) -> None:
        def build() -> bytes:
            built.append(1)
            time.sleep(0.02)  # as long as a page takes
            return b"page"

        start.wait()
        fast.build_once(key, build, 60, is_fresh=lambda _: True)

    for _ in range(KEYS):
        key, start = f"bench-{uuid4()}", threading.Barrier(AT_ONCE)
        threads = [threading.Thread(target=ask, args=(key, start)) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return len(built) / KEYS
