"""The student's player: its page, its manifest and its service worker.

Everything else of it is static (`static/player`) and talks to the public student API alone. The page is
the same for everyone, so it is kept on the device with the scripts it belongs to.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

STATIC = Path(settings.BASE_DIR) / "static"
SOURCE = STATIC / "player"
KEPT_KINDS = {".css", ".js", ".json", ".svg", ".png", ".woff2"}
ENTRY = "app.js"
WORKER = "sw.js"  # the source of the worker itself is no file of the page
PAPER, DUSK = "#fbf6ec", "#17142c"  # the grounds of player.css, by day and by night


@dataclass(frozen=True)
class Build:
    """One state of the player: what a device keeps, and the name of exactly that state."""

    version: str
    files: list[dict[str, str]]  # url, and integrity as in an `integrity` attribute


def static_address(name: str) -> str:
    """The plain address of a static file: modules name each other by it, so it carries no hash.

    That a device never mixes two releases is held by the checksums in `Build`.
    """
    return f"/{settings.STATIC_URL.strip('/')}/{name}"


def _integrity(content: bytes) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode()


def _render_shell() -> str:
    modules = [path for path in sorted(SOURCE.rglob("*.js")) if path.name not in {WORKER, ENTRY}]
    context = {
        "brand": settings.BRAND,
        "player": static_address("player"),
        "modules": [static_address(f"player/{path.relative_to(SOURCE).as_posix()}") for path in modules],
        "paper": PAPER,
        "dusk": DUSK,
    }
    return render_to_string("player/shell.html", context)


def read_build() -> Build:
    """What is on the disk now."""
    contents = {"/": _render_shell().encode()}
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in KEPT_KINDS and path.name != WORKER:
            contents[static_address(f"player/{path.relative_to(SOURCE).as_posix()}")] = path.read_bytes()
    worker = (SOURCE / WORKER).read_bytes()
    files = [{"url": url, "integrity": _integrity(content)} for url, content in contents.items()]
    named = json.dumps([*files, _integrity(worker)]).encode()
    return Build(hashlib.sha256(named).hexdigest()[:16], files)


@cache
def present_build() -> Build:
    """`read_build`, once a process: files change with a release, and a release is a new process."""
    return read_build()


@require_safe
def shell(request: HttpRequest) -> HttpResponse:
    """The one page of the player. It names nobody; a browser keeps it, and asks whether it is current."""
    return HttpResponse(_render_shell(), headers={"Cache-Control": "no-cache"})


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker, with the list of what it keeps in front. At `/`, since its scope is the whole site."""
    build = present_build()
    listed = {
        "version": build.version,
        "files": build.files,
        "hls": static_address("vendor/hls.js/hls.min.js"),
    }
    code = f"self.BUILD = {json.dumps(listed)};\n" + (SOURCE / WORKER).read_text(encoding="utf-8")
    return HttpResponse(
        code,
        content_type="text/javascript; charset=utf-8",
        headers={"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"},
    )


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What a phone needs to install the player."""
    icons: list[dict[str, Any]] = [
        {"src": static_address(f"player/icons/{name}"), "sizes": sizes, "type": kind, "purpose": purpose}
        for name, sizes, kind, purpose in (
            ("icon-192.png", "192x192", "image/png", "any"),
            ("icon-512.png", "512x512", "image/png", "any"),
            ("maskable-512.png", "512x512", "image/png", "maskable"),
        )
    ]
    return JsonResponse(
        {
            "id": "/",
            "name": settings.BRAND,
            "short_name": settings.BRAND,
            "description": "Short films that you remember.",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "orientation": "any",
            "lang": "en",
            "categories": ["education", "kids"],
            "background_color": PAPER,
            "theme_color": PAPER,
            "icons": icons,
        },
        content_type="application/manifest+json",
        headers={"Cache-Control": "no-cache"},
    )
