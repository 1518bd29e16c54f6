"""The safety net: one clock for a whole call, no other host, no other address."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.providers import addresses, caller, openai
from pipeline.providers.base import FactsRequest, ProviderDown, ProviderError, SpeechRequest, Unsupported
from pipeline.providers.deadline import Deadline
from pipeline.providers.errors import Usage
from tests.double import Double
from tests.pipeline.providers import conftest as members

FACTS = FactsRequest("bees", "8-10")
SPEECH = "/v1/text-to-speech/{voice}/with-timestamps"


def calls(double: Double, folder: Path, **options: Any) -> dict[str, Callable[[], Any]]:
    return {
        "/v1/responses": lambda: members.text(double, **options).write_facts(FACTS),
        SPEECH: lambda: members.voice(double, **options).speak(
            SpeechRequest("Bees dance."), folder / "s.wav"
        ),
    }


@pytest.mark.parametrize("route", ["/v1/responses", SPEECH])
def test_a_reply_that_trickles_in_ends_at_the_limit(double: Double, route: str, tmp_path: Path) -> None:
    """Every byte comes well within the limit of a read, and all of them would take a minute and more."""
    double.fail(route, trickle=0.05)
    began = time.monotonic()
    with pytest.raises(ProviderDown) as caught:
        calls(double, tmp_path, wall=1.0, read=30.0)[route]()
    assert time.monotonic() - began < 30
    assert caught.value.usage is not None
    assert (caught.value.usage.requests, caught.value.usage.estimated) == (1, True)
    assert len(double.calls) == 1


@pytest.mark.parametrize("route", ["/v1/responses", SPEECH])
def test_a_reply_that_does_not_come_ends_at_the_limit(double: Double, route: str, tmp_path: Path) -> None:
    double.fail(route, delay=120)
    with pytest.raises(ProviderDown):
        calls(double, tmp_path, wall=0.5, read=60.0)[route]()


@pytest.mark.parametrize("route", ["/v1/responses", SPEECH])
def test_a_worker_that_has_slept_over_its_claim_asks_for_nothing(
    double: Double, route: str, tmp_path: Path
) -> None:
    """A call that might still be under way when the next worker may begin the same is not begun."""
    with caller.on_behalf_of("somebody", until=time.monotonic() + 20), pytest.raises(ProviderDown) as caught:
        calls(double, tmp_path, wall=60.0)[route]()
    assert (caught.value.usage, double.calls) == (Usage(), [])
    with caller.on_behalf_of("somebody", until=time.monotonic() + 600):
        assert calls(double, tmp_path, wall=60.0)[route]().usage.requests == 1


@pytest.mark.parametrize("route", ["/v1/responses", SPEECH])
def test_a_redirect_reaches_no_second_host(double: Double, route: str, tmp_path: Path) -> None:
    with Double() as other:
        double.fail(route, redirect=f"{other.url}/v1/responses")
        with pytest.raises(ProviderError):
            calls(double, tmp_path)[route]()
        assert other.calls == []
    assert len(double.calls) == 1


def test_a_reply_larger_than_anybody_sends_is_not_read_to_its_end(double: Double) -> None:
    client = httpx.Client(transport=Deadline(10.0, largest=1000))
    double.fail("/v1/models", raw=b"x" * 100_000)
    with pytest.raises(httpx.ReadError):
        client.get(f"{double.url}/v1/models")


def test_a_member_is_opened_at_the_first_call_and_not_before() -> None:
    """A plan asks every provider who it is; a wrong address must not end the plan."""
    member = openai.Text(model="any", key="any", base_url="https://nowhere.example/v1")
    assert member.identity()["host"] == "nowhere.example"
    with pytest.raises(Unsupported, match="PROVIDER_HOSTS"):
        member.write_facts(FACTS)


@pytest.mark.parametrize(
    ("address", "fault"),
    [
        ("https://api.openai.com/v1", ""),
        ("https://eu.api.openai.com/v1", ""),
        ("https://api.elevenlabs.io", ""),
        ("https://models.example.org/v1", ""),
        ("http://127.0.0.1:8000/v1", ""),
        ("http://localhost:8000", ""),
        ("http://llm:8000/v1", ""),
        ("http://api.openai.com/v1", "https://"),
        ("https://evil.example.org/v1", "PROVIDER_HOSTS"),
        ("https://api.openai.com.evil.example/v1", "PROVIDER_HOSTS"),
        ("https://user:secret@api.openai.com/v1", "password"),
        ("ftp://api.openai.com", "https://"),
        ("api.openai.com", "no host"),
        ("https://[::1", "cannot be read"),
        ("", "no host"),
    ],
)
def test_an_address_is_allowed_or_its_fault_is_named(address: str, fault: str) -> None:
    addresses.allow(hosts=["models.example.org"], private=["llm"])
    try:
        found = addresses.find_fault(address)
        assert (fault in found) if fault else found == ""
        assert "secret" not in found
    finally:
        addresses.allow(hosts=[], private=[])


@pytest.mark.parametrize(
    ("host", "reached", "may"),
    [
        ("api.openai.com", "104.18.7.192", True),
        ("api.openai.com", "10.0.0.7", False),
        ("api.openai.com", "127.0.0.1", False),
        ("api.openai.com", "169.254.169.254", False),
        ("api.openai.com", "fe80::1%eth0", False),
        ("localhost", "127.0.0.1", True),
        ("localhost", "10.0.0.7", False),
        ("llm", "10.0.0.7", True),
    ],
)
def test_what_a_name_leads_to_is_looked_at_too(host: str, reached: str, may: bool) -> None:
    addresses.allow(hosts=[], private=["llm"])
    try:
        assert addresses.may_reach(host, reached) is may
    finally:
        addresses.allow(hosts=[], private=[])
