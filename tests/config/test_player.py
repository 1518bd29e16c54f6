"""The player's page, worker and manifest, and what its files must be; tests/player is the rest."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from config import player

LARGEST = 60_000  # bytes of our own scripts, gzipped
USED = re.compile(r"""\bt\(\s*(["`])([\w.\-${}]+)\1""")
CHOSEN = re.compile(r"""\bt\(([^"`)]*\?\s*"[^)]*)\)""")


def scripts() -> dict[str, str]:
    return {
        path.relative_to(player.SOURCE).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(player.SOURCE.rglob("*.js"))
    }


def messages(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((player.SOURCE / "messages" / f"{language}.json").read_text("utf-8"))
    return found


def listed(client: Client) -> dict[str, Any]:
    first = client.get("/sw.js").content.decode().splitlines()[0]
    found: dict[str, Any] = json.loads(first.removeprefix("self.BUILD = ").removesuffix(";"))
    return found


def test_the_player_is_what_a_visitor_finds_at_the_root(client: Client) -> None:
    response = client.get("/")
    assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-cache")
    assert "/static/player/app.js" in response.content.decode()
    assert "Set-Cookie" not in response.headers
    assert "sessionid" not in response.cookies


def test_no_page_of_the_player_may_run_or_load_what_is_not_ours(client: Client) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "unsafe-" not in policy
    assert "http" not in policy
    shell = client.get("/").content.decode()
    assert re.findall(r"""(?:src|href)="(?!/)[^"]*""", shell) == []
    assert re.findall(r"<script(?![^>]*src=)|<style|\son\w+=", shell) == []
    for name, code in scripts().items():
        assert (
            re.findall(
                r"innerHTML|insertAdjacentHTML|\beval\(|new Function|localStorage|https?://(?!www\.w3\.org/)",
                code,
            )
            == []
        ), name


def test_the_worker_lists_every_file_with_its_checksum(client: Client) -> None:
    build = listed(client)
    for file in build["files"]:
        if file["url"] == "/":
            content = client.get("/").content
        else:
            found = finders.find(file["url"].removeprefix("/static/"))
            assert isinstance(found, str)
            content = Path(found).read_bytes()
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert file["integrity"] == f"sha256-{digest}", file["url"]
    urls = {file["url"] for file in build["files"]}
    assert {f"/static/player/{name}" for name in scripts() if name != "sw.js"} < urls
    assert "/static/player/sw.js" not in urls
    assert finders.find(build["hls"].removeprefix("/static/"))


def test_the_worker_may_look_after_the_whole_site_and_is_never_old(client: Client) -> None:
    response = client.get("/sw.js")
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert (response.headers["Cache-Control"], response.headers["Service-Worker-Allowed"]) == (
        "no-cache",
        "/",
    )


def test_another_file_is_another_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sw.js").write_text("1")
    (tmp_path / "a.js").write_text("1")
    monkeypatch.setattr(player, "SOURCE", tmp_path)
    before = player.read_build().version
    (tmp_path / "a.js").write_text("2")
    changed = player.read_build().version
    (tmp_path / "sw.js").write_text("2")
    assert len({before, changed, player.read_build().version}) == 3


def test_a_phone_can_install_it(client: Client) -> None:
    response = client.get("/manifest.webmanifest")
    assert response.headers["Content-Type"] == "application/manifest+json"
    manifest = response.json()
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in manifest["icons"]:
        found = finders.find(icon["src"].removeprefix("/static/"))
        assert isinstance(found, str)
        header = Path(found).read_bytes()[:24]
        width, height = int.from_bytes(header[16:20]), int.from_bytes(header[20:24])
        assert f"{width}x{height}" == icon["sizes"]


def test_our_own_scripts_are_small() -> None:
    assert sum(len(gzip.compress(code.encode())) for code in scripts().values()) <= LARGEST


def test_both_languages_say_everything() -> None:
    english, german = messages("en"), messages("de")
    assert english.keys() == german.keys()
    assert all(english.values())
    assert all(german.values())
    for key, sentence in english.items():
        assert set(re.findall(r"{\w+}", sentence)) == set(re.findall(r"{\w+}", german[key])), key


def test_every_message_that_a_script_names_exists() -> None:
    known = messages("en")
    names = {key.removesuffix(form) for key in known for form in (".one", ".other")} | set(known)
    for name, code in scripts().items():
        for _, key in USED.findall(code):
            pattern = re.compile(re.sub(r"\\\$\\{.*?\\}", ".+", re.escape(key)))
            assert any(pattern.fullmatch(one) for one in names), f"{name}: {key}"
        for chosen in CHOSEN.findall(code):
            for key in re.findall(r'"([\w.]+\.[\w.]+)"', chosen):
                assert key in names, f"{name}: {key}"


def test_every_picture_that_a_script_names_is_drawn() -> None:
    drawn = set(re.findall(r'symbol id="([\w-]+)"', (player.SOURCE / "art.svg").read_text("utf-8")))
    for name, code in scripts().items():
        for picture in re.findall(r'(?:\bart\(|picture: |iconButton\()"([\w-]+)"', code):
            assert picture in drawn, f"{name}: {picture}"


@pytest.mark.parametrize("path", ["/", "/sw.js", "/manifest.webmanifest"])
def test_nothing_of_it_takes_a_post(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
