"""What is wrong with the configured providers is said before the first call."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from config import vendors
from pipeline.checks import check_providers
from pipeline.providers import pricing
from tests.double import OPENAI_KEY, Double

OFFLINE = vendors.OFFLINE


@pytest.fixture
def double() -> Iterator[Double]:
    with Double() as running:
        yield running
    pricing.use(None)


def found(settings: Settings, **entries: dict[str, Any]) -> list[str]:
    settings.PIPELINE_PROVIDERS = {**OFFLINE, **entries}
    return [f"{one.id} {one.msg}" for one in check_providers(None)]


def text(**options: Any) -> dict[str, Any]:
    given = {"model": "any", "key": "any", "base_url": "https://api.openai.com/v1"}
    return {"BACKEND": "pipeline.providers.openai.Text", "OPTIONS": {**given, **options}}


def test_the_offline_family_is_in_order(settings: Settings) -> None:
    assert found(settings) == []


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (text(key=""), "pipeline.E007"),
        (text(base_url="https://evil.example/v1"), "pipeline.E008"),
        (text(base_url="http://api.openai.com/v1"), "pipeline.E008"),
        (text(colour="blue"), "pipeline.E006"),
        (text(effort="much"), "pipeline.E006"),
        ({"BACKEND": "pipeline.providers.nowhere.Text"}, "pipeline.E005"),
        ({"BACKEND": "pipeline.providers.openai.Nobody"}, "pipeline.E005"),
        ({**text(), "FALLBACK": "nobody"}, "pipeline.E004"),
        (text(), "pipeline.W001"),
    ],
)
def test_each_mistake_is_named(settings: Settings, entry: dict[str, Any], code: str) -> None:
    assert code in [message.partition(" ")[0] for message in found(settings, text=entry)]


def test_a_missing_alias_is_named(settings: Settings) -> None:
    settings.PIPELINE_PROVIDERS = {name: entry for name, entry in OFFLINE.items() if name != "clip"}
    assert [one.id for one in check_providers(None)] == ["pipeline.E001"]


def test_headers_that_the_sdk_would_add_by_itself_are_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Any: thing")
    assert [message.partition(" ")[0] for message in found(settings)] == ["pipeline.E002"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("nonsense", "cannot be read as TOML"),
        ("[other]\n", "something else"),
        ('[[price]]\nprovider = "a"\nmodel = "b"\n', "read is missing"),
        ('[[price]]\nprovider = "a"\nmodel = "b"\nread = 2026-11-24\n', "no amount"),
        ('[[price]]\nprovider = "a"\nmodel = "b"\nread = 2026-11-24\ninput = -1\n', "input"),
        ('[[price]]\nprovider = "a"\nmodel = "b"\nread = 2026-11-24\nlira = 1\n', "lira"),
    ],
)
def test_a_price_file_that_cannot_be_used_is_named(
    settings: Settings, tmp_path: Path, content: str, said: str
) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(content)
    settings.PRICES_FILE = str(path)
    messages = found(settings)
    assert len(messages) == 1
    assert messages[0].startswith("pipeline.E003")
    assert said in messages[0]


# --------------------------------------------------------------------------- the environment


def test_a_key_in_the_environment_brings_the_vendor_and_nothing_else_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert vendors.read_providers() == OFFLINE
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any")
    chosen = {alias: entry["BACKEND"] for alias, entry in vendors.read_providers().items()}
    assert chosen == {
        "text": "pipeline.providers.openai.Text",
        "judge": "pipeline.providers.openai.Judge",
        "second": "pipeline.providers.offline.NoJudge",
        "moderation": "pipeline.providers.openai.Moderation",
        "image": "pipeline.providers.openai.Image",
        "speech": "pipeline.providers.espeak.Speech",
        "clip": "pipeline.providers.motion.Renderer",
    }
    monkeypatch.setenv("IMAGE_PROVIDER", "offline")
    monkeypatch.setenv("ELEVENLABS_API_KEY", "xi-any")
    monkeypatch.setenv("SPEECH_FALLBACK", "offline")
    read = vendors.read_providers()
    assert read["image"] == OFFLINE["image"]
    assert read["speech"]["BACKEND"] == "pipeline.providers.elevenlabs.Speech"
    assert (read["speech"]["FALLBACK"], read["speech-fallback"]) == ("speech-fallback", OFFLINE["speech"])


@pytest.mark.parametrize("name", ["TEXT_PROVIDER", "SPEECH_FALLBACK"])
def test_a_provider_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "nobody")
    with pytest.raises(ImproperlyConfigured, match=f"{name} is 'nobody'"):
        vendors.read_providers()


@pytest.mark.parametrize("voices", ["one", "anna=one, ben=two", "one, ben=two"])
def test_voices_have_names_and_a_default(monkeypatch: pytest.MonkeyPatch, voices: str) -> None:
    monkeypatch.setenv("ELEVENLABS_API_KEY", "xi-any")
    monkeypatch.setenv("ELEVENLABS_VOICES", voices)
    assert vendors.read_providers()["speech"]["OPTIONS"]["voices"][""] == "one"


# --------------------------------------------------------------------------- check_providers


def run(settings: Settings, double: Double, model: str = "text-model") -> tuple[dict[str, Any], bool]:
    entry = text(model=model, key=OPENAI_KEY, base_url=f"{double.url}/v1")
    settings.PIPELINE_PROVIDERS = {**OFFLINE, "text": entry}
    stdout, is_wrong = io.StringIO(), False
    try:
        call_command("check_providers", "--json", stdout=stdout)
    except CommandError:
        is_wrong = True
    return json.loads(stdout.getvalue())["providers"], is_wrong


@pytest.mark.parametrize(
    ("days", "state"),
    [(None, "ok"), (60, "ok"), (59, "warning"), (14, "warning"), (13, "error"), (-1, "error")],
)
def test_a_model_that_will_end_is_told_in_time(
    settings: Settings, double: Double, days: int | None, state: str
) -> None:
    ends = None if days is None else (timezone.now().date() + timedelta(days=days)).isoformat()
    double.settings.models[0]["shutdown_date"] = ends
    providers, is_wrong = run(settings, double)
    assert (providers["text"]["state"], providers["text"]["ends"]) == (state, ends)
    assert is_wrong is (state == "error")
    assert providers["image"]["state"] == "ok"
    assert [call.path for call in double.calls] == ["/v1/models"]


def test_an_unknown_model_is_an_error_and_a_server_without_dates_unknown(
    settings: Settings, double: Double
) -> None:
    assert run(settings, double, model="nobody")[0]["text"]["state"] == "error"
    del double.settings.models[0]["shutdown_date"]
    providers, is_wrong = run(settings, double)
    assert (providers["text"]["state"], is_wrong) == ("unknown", False)


def test_a_vendor_that_cannot_be_asked_is_an_error_without_its_key(
    settings: Settings, double: Double
) -> None:
    double.fail("/v1/models", status=401, body={"error": {"message": OPENAI_KEY, "code": "invalid_api_key"}})
    providers, is_wrong = run(settings, double)
    assert (providers["text"]["state"], is_wrong) == ("error", True)
    assert OPENAI_KEY not in str(providers)


@pytest.mark.parametrize(
    ("model", "today", "code"),
    [
        ("gpt-4o", "2026-11-14", None),  # 61 days before
        ("gpt-4o", "2026-11-16", "pipeline.W002"),
        ("gpt-4o", "2026-12-31", "pipeline.W002"),  # 14 days before
        ("gpt-4o", "2027-01-01", "pipeline.E009"),
        ("gpt-4o", "2027-03-01", "pipeline.E009"),
        ("gpt-6.2-sol", "2027-03-01", None),
    ],
)
def test_an_announced_end_is_told_at_start_without_a_call(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, model: str, today: str, code: str | None
) -> None:
    now = datetime.fromisoformat(f"{today}T12:00:00+00:00")
    monkeypatch.setattr(timezone, "now", lambda: now)
    options = {"model": model, "key": "sk-any", "base_url": "https://api.openai.com/v1"}
    told = found(settings, text={"BACKEND": "pipeline.providers.openai.Text", "OPTIONS": options})
    ids = [message.partition(" ")[0] for message in told]
    assert [one for one in ids if one in {"pipeline.W002", "pipeline.E009"}] == ([code] if code else [])
    elsewhere = {**options, "base_url": "http://127.0.0.1:9/v1"}
    told = found(settings, text={"BACKEND": "pipeline.providers.openai.Text", "OPTIONS": elsewhere})
    assert not {"pipeline.W002", "pipeline.E009"} & {message.partition(" ")[0] for message in told}
