"""The offline member of the `image` family: scenes as drawn cards, icons and figures, no picture model.

What a scene shows follows from its kind and its words; `pipeline.media` draws it. `seed` is the take:
another take shows other icons, another stage and perhaps other colours, the same take always the same.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.media import icons, palettes
from pipeline.providers.base import JSON, Drawing, DrawRequest, Result, Usage

VERSION = 1
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_DULL = frozenset(
    [
        "the",
        "and",
        "for",
        "are",
        "but",
        "not",
        "you",
        "all",
        "can",
        "her",
        "was",
        "one",
        "our",
        "out",
        "has",
        "have",
        "had",
        "this",
        "that",
        "these",
        "those",
        "with",
        "from",
        "they",
        "their",
        "them",
        "what",
        "when",
        "where",
        "which",
        "while",
        "will",
        "would",
        "does",
        "did",
        "into",
        "about",
        "how",
        "why",
        "who",
        "its",
        "it's",
        "is",
        "do",
        "your",
        "just",
        "than",
        "then",
        "there",
        "here",
        "very",
        "more",
        "most",
        "some",
        "each",
        "every",
        "also",
        "only",
        "own",
        "make",
        "makes",
        "made",
        "get",
        "gets",
        "use",
        "uses",
        "used",
    ]
)
_COUNTS = frozenset(
    [
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "twelve",
        "hundred",
        "thousand",
        "million",
        "billion",
    ]
)
_KICKERS: dict[str, tuple[str, ...]] = {
    "picture": ("Look closer", "Picture this"),
    "definition": ("Word to know", "What it means"),
    "number": ("In numbers", "The number"),
    "process": ("Step by step",),
    "comparison": ("Side by side",),
    "statement": ("Key idea", "Good to know"),
}


class Cards:
    """`OPTIONS` takes nothing."""

    def identity(self) -> Mapping[str, JSON]:
        return {"provider": "offline", "model": f"cards-{VERSION}", "icons": "fluent-emoji 1.2.7"}

    def draw(self, request: DrawRequest, workdir: Path) -> Result[Drawing]:
        """The scene's description; no files. `spec["fallbacks"]` names what could not be shown as wished."""
        began = time.monotonic()
        spec = describe(request)
        return Result(
            Drawing(spec=spec),
            usage=Usage(),
            provider="offline",
            model=f"cards-{VERSION}",
            seconds=time.monotonic() - began,
        )


def describe(request: DrawRequest) -> dict[str, Any]:
    """Pure: the rendering description of a scene."""
    fallbacks: list[str] = []
    salt = f"{request.on_screen_text}|{request.narration}|{request.seed}"
    number = int.from_bytes(hashlib.sha256(salt.encode()).digest()[:4])
    headline = _headline(request)
    found = _scene_icons(request, headline)
    layout = _layout(request)
    rows = _rows(request) if layout in ("list", "process", "comparison", "recap") else []
    if not found and not any(row["icon"] for row in rows):
        fallbacks.append("picture: no icon fits this scene's words, an abstract shape is shown")
    palette = _palette(request, salt, fallbacks)
    spec: dict[str, Any] = {
        "version": VERSION,
        "layout": layout,
        "role": request.role,
        "stage": ("orbit", "disc", "card")[number % 3] if request.role != "hook" else "orbit",
        "palette": palette.as_json(),
        "kicker": _kicker(request, number),
        "headline": headline,
        "accent": accent_of(headline),
        "icons": found,
        "rows": rows,
        "figure": _figure(request) if layout == "number" else None,
        "seed": number % 100_000,
        "fallbacks": fallbacks,
    }
    return spec


def _headline(request: DrawRequest) -> str:
    text = " ".join(request.on_screen_text.split())
    if text:
        return text
    return " ".join(request.narration.split()[:6]).rstrip(".,;:!")


def _layout(request: DrawRequest) -> str:
    items = [item for item in request.items if item.strip()]
    if request.role in ("moment", "recap"):
        return request.role
    if request.kind in ("list", "process", "comparison") and len(items) >= 2:
        return request.kind if request.kind != "comparison" or len(items) == 2 else "list"
    if request.kind == "number" and items:
        return "number"
    return "hero"


def _scene_icons(request: DrawRequest, headline: str) -> list[str]:
    """Up to three, best first; another take begins with another of the best five."""
    texts = [
        (headline, 1.0),
        (request.description, 1.1),
        (request.narration, 0.6),
        (" ".join(request.items), 0.7),
    ]
    found = icons.choose(texts, most=5)
    if not found and request.subject:
        found = icons.choose([(request.subject, 1.0)], most=2)
    turn = request.seed % len(found) if found else 0
    return (found[turn:] + found[:turn])[:3]


def _rows(request: DrawRequest) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    taken: set[str] = set()
    items = [" ".join(item.split()) for item in request.items if item.strip()][:4]
    if request.role == "recap" and len(items) < 2:
        return []
    for item in items:
        icon = next((name for name in icons.choose([(item, 1.0)], most=4) if name not in taken), "")
        taken.add(icon)
        rows.append({"text": item, "icon": icon})
    if request.kind == "list" and not all(row["icon"] for row in rows):
        return [{**row, "icon": ""} for row in rows]  # numbers for all rather than icons for some
    return rows


def _figure(request: DrawRequest) -> dict[str, str]:
    items = [" ".join(item.split()) for item in request.items if item.strip()]
    return {"text": items[0], "caption": items[1] if len(items) > 1 else ""}


def _kicker(request: DrawRequest, number: int) -> str:
    if request.role == "hook":
        subject = request.subject.split(":")[0].strip()
        return subject if 0 < len(subject) <= 24 else "Did you know?"
    if request.role == "moment":
        return "Think about it"
    if request.role == "recap":
        return "Remember"
    count = len([item for item in request.items if item.strip()])
    if request.kind == "list" and count >= 2:
        return f"{count} to remember" if count != 2 else "Two to remember"
    choices = _KICKERS.get(request.kind, _KICKERS["statement"])
    return choices[number % len(choices)]


def accent_of(headline: str) -> str:
    """The word of a headline that is coloured: a number, else its longest telling word."""
    words = _WORD.findall(headline)
    best = ""
    counted = next((word for word in words if word.lower() in _COUNTS), "")
    if counted and len(words) > 1:
        return str(counted)
    for word in words:
        if any(character.isdigit() for character in word):
            return str(word)
        if word.lower() not in _DULL and len(word) >= max(3, len(best)):
            best = word
    return str(best)


def _palette(request: DrawRequest, salt: str, fallbacks: list[str]) -> palettes.Palette:
    if request.style in palettes.PALETTES and request.role != "moment":
        return palettes.PALETTES[request.style]
    if request.style not in ("", "auto", *palettes.PALETTES):
        fallbacks.append(f"style: {request.style} needs a picture provider, drawn cards are shown")
    subject = palettes.subject_of(request.subject or f"{request.description} {request.narration}")
    return palettes.choose_palette(subject, request.role, salt)
