"""Ports and space: found out beforehand, refused in one sentence."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local.ports import free_port, free_space, require_space


@pytest.fixture(autouse=True)
def no_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORT", raising=False)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which something listens, on all addresses as servers like to."""
    with socket.socket() as server:
        server.bind(("0.0.0.0", 0))  # noqa: S104 - the case that a probe of one address could miss
        server.listen()
        yield server.getsockname()[1]


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_the_preferred_port_is_taken_in_silence_when_free(capfd: pytest.CaptureFixture[str]) -> None:
    port = unused_port()
    assert free_port(port) == port
    assert capfd.readouterr() == ("", "")


def test_the_next_free_port_is_taken_and_said(taken: int, capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port(taken)
    assert port > taken
    assert capfd.readouterr().err == f"Port {taken} is taken; using {port}.\n"


def test_a_port_that_was_wished_for_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    wished = unused_port()
    monkeypatch.setenv("PORT", str(wished))
    assert free_port(8000) == wished


def test_a_port_that_was_wished_for_is_refused_when_taken(
    taken: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", str(taken))
    with pytest.raises(SystemExit) as ended:
        free_port(8000)
    assert ended.value.code == 2
    assert capfd.readouterr().err == (
        f"Port {taken} is taken; give another PORT, or none to have a free one chosen.\n"
    )


@pytest.mark.parametrize("wish", ["0", "65536", "-1", "http", "80.5", "٨٠٨٠"])
def test_a_wish_that_is_no_port_is_refused(
    wish: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORT", wish)
    with pytest.raises(SystemExit) as ended:
        free_port(8000)
    assert ended.value.code == 2
    assert capfd.readouterr().err == f"PORT={wish} is no port; give a number from 1024 to 65535.\n"


def test_space_is_asked_where_a_folder_will_be_made(tmp_path: Path) -> None:
    here = shutil.disk_usage(tmp_path).free
    assert abs(free_space(tmp_path / "not" / "yet") - here) < 1e9


def test_too_little_space_is_one_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        require_space(tmp_path, gigabytes=10_000_000)
    assert ended.value.code == 2
    message = capfd.readouterr().err
    assert message.count("\n") == 1
    assert f"GB are free at {tmp_path}, and 1e+07 GB are needed; free some space" in message
    require_space(tmp_path, gigabytes=0)


def test_an_unprivileged_user_is_told_why_a_low_port_is_refused(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def bind(_probe: socket.socket, _address: tuple[str, int]) -> None:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(socket.socket, "bind", bind)
    monkeypatch.setenv("PORT", "80")
    with pytest.raises(SystemExit):
        free_port(8000)
    assert capfd.readouterr().err == "This user may not use port 80; give a PORT from 1024 up.\n"
