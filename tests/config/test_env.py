"""Readers of the environment: typed, with defaults, and refusals that name the variable."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_a_text_is_stripped_and_has_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.text("A_NAME", "x") == "x"
    monkeypatch.setenv("A_NAME", "  y \n")
    assert env.text("A_NAME", "x") == "y"


@pytest.mark.parametrize(
    ("value", "expected"), [("1", True), ("True", True), ("on", True), ("0", False), ("NO", False)]
)
def test_flags_are_on_or_off(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("A_NAME", value)
    assert env.flag("A_NAME", default=not expected) is expected


def test_an_empty_flag_is_its_default_and_another_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_NAME", "")
    assert env.flag("A_NAME", default=True) is True
    monkeypatch.setenv("A_NAME", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="A_NAME must be 1 or 0, not 'perhaps'"):
        env.flag("A_NAME")


def test_numbers_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.number("A_NAME", 2.5) == 2.5
    monkeypatch.setenv("A_NAME", "7")
    assert env.whole("A_NAME", 1, low=1, high=7) == 7
    for low, high in ((8, None), (None, 6)):
        with pytest.raises(ImproperlyConfigured, match="A_NAME is 7"):
            env.whole("A_NAME", 1, low=low, high=high)
    monkeypatch.setenv("A_NAME", "many")
    with pytest.raises(ImproperlyConfigured, match="A_NAME must be a number, not 'many'"):
        env.number("A_NAME", 1)


def test_names_are_a_list_without_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.names("A_NAME") == []
    assert env.names("A_NAME", "a, b") == ["a", "b"]
    monkeypatch.setenv("A_NAME", " a.example.org ,,b.example.org,")
    assert env.names("A_NAME") == ["a.example.org", "b.example.org"]


def test_a_secret_may_come_from_a_file_which_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    monkeypatch.setenv("A_NAME", "from the environment")
    assert env.secret("A_NAME") == "from the environment"
    monkeypatch.setenv("A_NAME_FILE", str(file))
    assert env.secret("A_NAME") == "from a file"
    monkeypatch.setenv("A_NAME_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(ImproperlyConfigured, match=r"A_NAME_FILE names .*nowhere, which cannot be read"):
        env.secret("A_NAME")


def test_a_secret_without_a_value_is_refused_unless_one_develops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_NAME", " ")
    assert env.secret("A_NAME", development="only here") == "only here"
    with pytest.raises(ImproperlyConfigured, match="A_NAME is not set"):
        env.secret("A_NAME")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://ann:p%40ss@db.example.org:5433/films",
            {"NAME": "films", "USER": "ann", "PASSWORD": "p@ss", "HOST": "db.example.org", "PORT": "5433"},
        ),
        (
            "postgres://ann@/films?host=/run/pg",
            {"NAME": "films", "USER": "ann", "PASSWORD": "", "HOST": "/run/pg", "PORT": ""},
        ),
    ],
)
def test_a_database_address_becomes_settings(
    monkeypatch: pytest.MonkeyPatch, url: str, expected: dict[str, str]
) -> None:
    monkeypatch.setenv("A_NAME", url)
    assert env.database("A_NAME") == {"ENGINE": "django.db.backends.postgresql"} | expected


def test_another_kind_of_database_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_NAME", "sqlite:///films.db")
    with pytest.raises(ImproperlyConfigured, match=r"A_NAME must start with postgresql://, not 'sqlite'"):
        env.database("A_NAME")
    monkeypatch.delenv("A_NAME")
    with pytest.raises(ImproperlyConfigured, match="A_NAME is not set"):
        env.database("A_NAME")
