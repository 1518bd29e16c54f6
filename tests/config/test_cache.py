"""The cache's loss costs nobody a wait, and what many ask for at once is built once."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import caches
from django_redis.cache import RedisCache as DjangoRedisCache
from pytest_django import Settings

from config import cache as module
from config.breaker import Breaker
from config.cache import RedisCache, link_to
from tests.caches import caches_at


@pytest.fixture
def kept() -> RedisCache:
    found = caches["fast"]
    assert isinstance(found, RedisCache)
    found.clear()
    return found


def away(location: str) -> RedisCache:
    link_to.cache_clear()
    return RedisCache(location, {"OPTIONS": {"TIMEOUT_MS": 50}})


@pytest.fixture
def frozen() -> Iterator[RedisCache]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield away(f"redis://127.0.0.1:{server.getsockname()[1]}/0")
    link_to.cache_clear()


@pytest.fixture
def gone() -> Iterator[RedisCache]:
    yield away("redis://127.0.0.1:1/0")
    link_to.cache_clear()


@pytest.mark.parametrize("value", [0, -7, 10**12, b"", b"\x00b", "", "ä", True, None, [1, "x"], {"a": 1.5}])
def test_values_come_back_as_they_were(kept: RedisCache, value: Any) -> None:
    kept.set("k", value)
    assert kept.get("k", "nothing") == value
    assert kept.get_many(["k", "other"]) == {"k": value}


def test_it_does_what_django_asks_of_a_cache(kept: RedisCache) -> None:
    assert kept.get("k") is None
    assert (kept.add("k", 1), kept.add("k", 2), kept.get("k")) == (True, False, 1)
    assert (kept.incr("k"), kept.decr("k", 5), kept.get("k")) == (2, -3, -3)
    with pytest.raises(ValueError, match="no counter"):
        kept.incr("other")
    assert (kept.has_key("k"), kept.touch("k", 60), kept.touch("other", 60)) == (True, True, False)
    assert kept.keys("k*") == ["k"]
    assert (kept.delete("k"), kept.delete("k")) == (True, False)
    kept.set_many({"a": 1, "b": 2})
    kept.delete_many(["a", "b"])
    assert kept.get_many(["a", "b"]) == {}
    kept.set("k", 1, timeout=0)
    assert not kept.has_key("k")


def test_bytes_are_read_together_and_other_kinds_of_values_are_not_taken_for_them(kept: RedisCache) -> None:
    kept.keep("a", b"one", 60)
    kept.set("b", b"two")
    kept.set("c", 3)
    assert kept.read(["a", "b", "c", "d"]) == [b"one", b"two", None, None]


def test_lifetimes_differ_by_a_tenth_at_most(kept: RedisCache) -> None:
    for number in range(60):
        kept.keep(f"k{number}", b"x", 100)
    lives = [kept._link.client.pttl(kept.make_key(f"k{number}")) / 1000 for number in range(60)]
    assert 88 < min(lives) < 96
    assert 104 < max(lives) <= 110


def test_a_counter_is_forgotten_after_its_first_count(kept: RedisCache) -> None:
    assert kept.count(["now", "before"], 60) == [1, 0]
    assert kept.count(["now", "before"], 6000) == [2, 0]
    assert 0 < kept._link.client.ttl(kept.make_key("now")) <= 60
    kept.set("before", 5)
    assert kept.count(["now", "before"], 60) == [3, 5]


@pytest.mark.parametrize("which", ["frozen", "gone"])
def test_without_a_server_nothing_is_an_error(request: pytest.FixtureRequest, which: str) -> None:
    cache: RedisCache = request.getfixturevalue(which)
    assert cache.get("k", "nothing") == "nothing"
    assert cache.read(["a", "b"]) == [None, None]
    assert cache.get_many(["a"]) == {}
    assert (cache.incr("k"), cache.add("k", 1), cache.count(["k"], 60)) == (None, None, None)
    assert (cache.delete("k"), cache.has_key("k"), cache.touch("k")) == (False, False, False)
    cache.set("k", 1)
    cache.keep("k", b"1", 60)
    cache.delete_many(["k"])
    cache.clear()
    assert cache.build_once("k", lambda: b"made", 60, is_fresh=lambda _: True) == b"made"


def test_after_an_error_nobody_asks_for_a_second(frozen: RedisCache) -> None:
    asked = 0
    ask = frozen._link.client.get

    def count(name: Any) -> Any:
        nonlocal asked
        asked += 1
        return ask(name)

    frozen._link.client.get = count  # type: ignore[method-assign] # so that it is counted
    for _ in range(50):
        frozen.get("k")
    assert asked == 1
    assert frozen.is_away


def test_one_request_tries_again_and_its_success_closes_the_breaker(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 100.0
    monkeypatch.setattr("config.breaker.time.monotonic", lambda: moment)
    breaker = Breaker()
    assert breaker.allows()
    breaker.note_failure()
    assert (breaker.allows(), breaker.is_open) == (False, True)
    moment += 1.01
    assert [breaker.allows() for _ in range(3)] == [True, False, False]
    breaker.note_success()
    assert ([breaker.allows() for _ in range(3)], breaker.is_open) == ([True] * 3, False)


def test_sixty_four_who_miss_at_once_are_served_by_one_build(kept: RedisCache) -> None:
    key, builds, begin = uuid4().hex, 0, threading.Barrier(64)
    guard = threading.Lock()

    def build() -> bytes:
        nonlocal builds
        with guard:
            builds += 1
        time.sleep(0.05)  # as long as a page takes
        return b"page"

    def ask(_: int) -> bytes:
        begin.wait()
        return kept.build_once(key, build, 60, is_fresh=lambda _: True)

    with ThreadPoolExecutor(64) as pool:
        assert set(pool.map(ask, range(64))) == {b"page"}
    assert builds == 1


def test_another_process_that_builds_is_waited_for_and_not_for_ever(
    kept: RedisCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = uuid4().hex
    kept._link.client.set(kept.make_key(f"{key}:building"), b"1")
    threading.Timer(0.03, kept.keep, (key, b"theirs", 60)).start()
    assert kept.build_once(key, lambda: b"ours", 60, is_fresh=lambda _: True) == b"theirs"
    kept.delete(key)
    kept._link.client.set(kept.make_key(f"{key}:building"), b"1")
    monkeypatch.setattr(module, "WAIT", 0.02)
    assert kept.build_once(key, lambda: b"ours", 60, is_fresh=lambda _: True) == b"ours"
    assert kept.read([key]) == [b"ours"]


def test_a_build_that_fails_holds_nobody_up(kept: RedisCache) -> None:
    def fail() -> bytes:
        raise LookupError

    key = uuid4().hex
    with pytest.raises(LookupError):
        kept.build_once(key, fail, 60, is_fresh=lambda _: True)
    assert kept.build_once(key, lambda: b"made", 60, is_fresh=lambda _: True) == b"made"
    assert module.builders._locks == {}


def test_a_stale_value_is_built_anew(kept: RedisCache) -> None:
    kept.keep("k", b"old", 60)
    made = kept.build_once("k", lambda: b"new", 60, is_fresh=lambda value: value == b"new")
    assert (made, kept.read(["k"])) == (b"new", [b"new"])


# ------------------------------------------------------------------ the other cache, which is django-redis


@pytest.fixture
def listening() -> Iterator[tuple[str, list[socket.socket]]]:
    """The address of a server that takes connections and never answers, and those it has taken."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:

        def take() -> None:
            with suppress(OSError):  # until the server is closed
                while True:
                    taken.append(server.accept()[0])

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0", taken
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in taken:
        connection.close()


def test_neither_cache_reads_what_the_other_has_written() -> None:
    django, fast = caches["default"], caches["fast"]
    assert isinstance(django, DjangoRedisCache)
    django.clear()
    django.set("k", b"theirs")
    fast.set("k", b"ours")
    assert (django.get("k"), fast.get("k")) == (b"theirs", b"ours")
    django.set("only", 1)
    fast.set("other", 1)
    assert (fast.get("only"), django.get("other")) == (None, None)
    assert (fast.incr("other"), django.incr("only")) == (2, 2)


def test_a_frozen_server_is_asked_once_by_either_cache(
    settings: Settings, listening: tuple[str, list[socket.socket]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, taken = listening
    settings.CACHES = caches_at(address, settings.CACHES)
    monkeypatch.setattr("config.breaker.OPEN_FOR", 3600.0)  # however slow this machine is
    for _ in range(20):
        assert caches["default"].get("k", "nothing") == "nothing"
        assert caches["default"].add("k", 1) is None
        assert caches["default"].incr("k") is None
        assert not caches["default"].touch("k", 60)
        assert caches["fast"].get("k", "nothing") == "nothing"
    assert len(taken) == 2


def test_a_server_that_says_no_is_not_away() -> None:
    django = caches["default"]
    django.set("word", "no number")
    with pytest.raises(ValueError, match="not found"):
        django.incr("nothing")
    assert django.get("word") == "no number"
