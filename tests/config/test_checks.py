"""What a deployment must say, and the system checks that say so where it has not (08: J10, section 4)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import CheckMessage
from pytest_django import Settings

from config import checks

ROOT = Path(__file__).resolve().parents[2]


def ids(messages: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def test_the_keys_of_this_run_are_long_enough_and_all_different() -> None:
    assert checks.check_keys(None) == []


@pytest.mark.parametrize("name", checks.KEYS)
def test_a_key_that_is_too_short_is_named(name: str, settings: Settings) -> None:
    setattr(settings, name, "k" * 31)
    (message,) = checks.check_keys(None)
    assert message.id == "config.E001"
    assert message.msg.startswith(f"{name} has 31 bytes")
    assert "k" * 31 not in f"{message.msg} {message.hint}"


@pytest.mark.parametrize("name", [one for one in checks.KEYS if one != "SECRET_KEY"])
def test_no_key_is_another_s_nor_the_secret_key(name: str, settings: Settings) -> None:
    setattr(settings, name, settings.SECRET_KEY)
    assert ids(checks.check_keys(None)) == ["config.E002"]


def test_a_field_s_key_is_none_of_the_others(settings: Settings) -> None:
    settings.FIELD_KEYS = {1: settings.TOMBSTONE_KEY}
    assert ids(checks.check_keys(None)) == ["config.E002"]


@pytest.mark.parametrize(
    ("development", "is_said", "found"),
    [(True, False, []), (False, True, []), (True, True, []), (False, False, ["config.E005"])],
)
def test_outside_development_somebody_has_said_how_many_proxies_there_are(
    development: bool, is_said: bool, found: list[str], settings: Settings
) -> None:
    settings.DEVELOPMENT, settings.IS_NUM_PROXIES_SAID = development, is_said
    assert ids(checks.check_proxies(None)) == found


def test_without_a_secret_nothing_starts_and_the_secret_is_named() -> None:
    """A real process, outside development: the first key that is missing ends it, with what to do."""
    environment = {"PATH": os.environ["PATH"], "DATABASE_URL": "postgresql://a@127.0.0.1:1/a"}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0
    assert "is not set" in done.stderr
    assert "_FILE" in done.stderr
