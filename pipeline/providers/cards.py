"""The offline member of the `image` family: scenes as drawn cards, icons and figures, no picture model.

What a scene shows follows from its kind and its items (see `kinds`) and from its words; `pipeline.media`
draws it. `seed` is the take: another take shows other icons and another stage in the same colours, the same
take always the same.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.author.lexicon import AUXILIARIES, read_words
from pipeline.media import lettering, palettes, themes
from pipeline.providers.base import JSON, Drawing, DrawRequest, Result, Usage
from pipeline.providers.kinds import Content, fit_content, shape_of
from pipeline.providers.picking import pick_icons, pick_row_icons

VERSION = 3
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_REDUCED = "reduced-motion"
_LAYOUTS = {"picture": "hero", "statement": "statement", "clip": "hero"}
_KICKERS: dict[str, tuple[str, ...]] = {
    "picture": ("Look closer", "Picture this"),
    "definition": ("Word to know", "What it means"),
    "parts": ("Part by part",),
    "number": ("In numbers", "The number"),
    "proportion": ("How much?", "In numbers"),
    "bars": ("In numbers", "Side by side"),
    "process": ("Step by step",),
    "cycle": ("Round and round",),
    "comparison": ("Side by side",),
    "action": ("What happens", "Look closer"),
    "timeline": ("Back in time",),
    "layers": ("Layer by layer",),
    "map": ("On the map",),
    "statement": ("Key idea", "Good to know"),
}
LICENCES: tuple[dict[str, str], ...] = (
    {"asset": "Fluent Emoji icons", "licence": "MIT", "source": "@iconify-json/fluent-emoji 1.2.7"},
    {"asset": "Inter", "licence": "OFL-1.1", "source": "inter-ui 4"},
)
_FONT_LICENCES = {
    lettering.HEADLINE: "Plus Jakarta Sans",
    themes.ROUND: "Fredoka",
    themes.SERIF: "Fraunces",
    themes.SQUARE: "Space Grotesk",
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
    content = _content(request, fallbacks)
    headline = _headline(request)
    subject = palettes.subject_of(request.subject or f"{request.description} {request.narration}")
    style, is_calm = _style(request, fallbacks)
    # Not by narration or take: neighbours fade into this scene's colours, and would be drawn again.
    palette = _palette(subject, style, request.role, request.description or request.on_screen_text)
    theme = themes.choose_theme(subject, request.age_group, is_calm=is_calm)
    found = pick_icons(request, headline, subject)
    context = f"{request.narration} {request.subject}"
    rows = pick_row_icons(content, context=context, is_recap=request.role == "recap")
    if not found and not any(row["icon"] for row in rows):
        fallbacks.append("picture: no icon fits this scene's words, an abstract shape is shown")
    spec: dict[str, Any] = {
        "version": VERSION,
        "layout": _layout(request, content, rows),
        "kind": content.kind,
        "role": request.role,
        "theme": theme.as_json(),
        "palette": palette.as_json(),
        "kicker": _kicker(request, content, number),
        "headline": headline,
        "accent": accent_of(headline),
        "icons": [one.name for one in found],
        "icon_cues": [one.word for one in found],
        "rows": rows,
        **_material(request, content, found[0].name if found else ""),
        "seed": number % 100_000,
        "licences": [*LICENCES, _font_licence(theme)],
        "fallbacks": fallbacks,
    }
    _find_lost(spec, fallbacks)
    return spec


def _content(request: DrawRequest, fallbacks: list[str]) -> Content:
    if request.role == "recap":
        items = [item for item in request.items if item.strip()]
        return fit_content("list", items)[0] if 2 <= len(items) <= 4 else Content("statement")
    if request.role in ("hook", "moment"):
        return Content("statement")
    content, reason = fit_content(request.kind, request.items)
    if reason:
        fallbacks.append(f"kind: {reason}")
    return content


def _material(request: DrawRequest, content: Content, first_icon: str) -> dict[str, Any]:
    """What only some kinds have; the keys are always there."""
    figure = (
        {"text": content.figure, "caption": content.caption, "cue": content.cue} if content.figure else None
    )
    place = content.place
    return {
        "figure": figure,
        "counted": _counted(content, request),
        "meaning": content.meaning,
        "whole": content.whole,
        "shape": shape_of(content) if content.kind == "layers" else "",
        "place": None
        if place is None
        else {"name": place.name, "latitude": place.latitude, "longitude": place.longitude},
        "answers": ["Yes", "No"] if _is_yes_no(request) else [],
    }


def _is_yes_no(request: DrawRequest) -> bool:
    first = request.on_screen_text.strip().partition(" ")[0].lower()
    return request.role == "moment" and first in AUXILIARIES


def _counted(content: Content, request: DrawRequest) -> str:
    """The icon of what a small number counts, "" where its noun has none."""
    from pipeline.media import icons  # noqa: PLC0415 - one use

    if content.kind != "number" or not content.figure.isdigit() or not content.caption:
        return ""
    noun = re.split(r"\b(?:of|per|a|in|on|at|for|with)\b", content.caption)[0].split()
    if not noun:
        return ""
    found = icons.find([(noun[-1], 1.0)], most=1, context=f"{request.narration} {request.subject}")
    return found[0].name if found else ""


def _headline(request: DrawRequest) -> str:
    text = " ".join(request.on_screen_text.split())
    if text:
        return text
    return " ".join(request.narration.split()[:6]).rstrip(".,;:!")


def _layout(request: DrawRequest, content: Content, rows: Sequence[Mapping[str, Any]]) -> str:
    if request.role in ("moment", "recap"):
        return request.role
    if request.role == "hook":
        return "hero"
    if content.kind == "process" and len(content.entries) == 2:
        return "change"
    if content.kind == "action" and not all(row["icon"] for row in rows):
        return "hero"  # two empty discs would tell less than one picture
    return _LAYOUTS.get(content.kind, content.kind)


def _kicker(request: DrawRequest, content: Content, number: int) -> str:
    if request.role == "hook":
        subject = request.subject.split(":")[0].strip()
        return subject if 0 < len(subject) <= 24 else "Did you know?"
    if request.role == "moment":
        return "Think about it"
    if request.role == "recap":
        return "Remember"
    if content.kind == "list":
        return f"{len(content.entries)} to remember" if len(content.entries) != 2 else "Two to remember"
    choices = _KICKERS.get(content.kind, _KICKERS["statement"])
    return choices[number % len(choices)]


def accent_of(headline: str) -> str:
    """The word of a headline that is coloured: a number, else its longest telling word."""
    words = _WORD.findall(headline)
    dull, counts = _listed("dull"), _listed("counts")
    best = ""
    counted = next((word for word in words if word.lower() in counts), "")
    if counted and len(words) > 1:
        return str(counted)
    for word in words:
        if any(character.isdigit() for character in word):
            return str(word)
        if word.lower() not in dull and len(word) >= max(3, len(best)):
            best = word
    return str(best)


def _listed(name: str) -> frozenset[str]:
    lines = dict(line.split(": ", 1) for line in read_words("headline_words.txt"))
    return frozenset(lines[name].split())


def _style(request: DrawRequest, fallbacks: list[str]) -> tuple[str, bool]:
    """The palette that the brief names, "" for the subject's own, and whether motion is reduced.

    `style` is "auto", a palette, or "reduced-motion", also both: "ocean reduced-motion".
    """
    words = request.style.replace(",", " ").split()
    named = ""
    for word in words:
        if word in palettes.PALETTES:
            named = word
        elif word not in ("auto", _REDUCED):
            fallbacks.append(f"style: {word} needs a picture provider, drawn cards are shown")
    return named, _REDUCED in words


def _palette(subject: str, style: str, role: str, salt: str) -> palettes.Palette:
    if style and role != "moment":
        return palettes.dress(palettes.PALETTES[style], subject)
    return palettes.choose_palette(subject, role, salt)


def _font_licence(theme: themes.Theme) -> dict[str, str]:
    name = _FONT_LICENCES[theme.headline]
    return {"asset": name, "licence": "OFL-1.1", "source": f"@fontsource/{name.lower().replace(' ', '-')} 5"}


def _find_lost(spec: Mapping[str, Any], fallbacks: list[str]) -> None:
    """Characters that no font has are named before anything is drawn."""
    texts = [spec["headline"], spec["kicker"], spec["meaning"], spec["whole"]]
    texts += [row[key] for row in spec["rows"] for key in ("text", "detail")]
    texts += list((spec["figure"] or {}).values())
    lost = list(dict.fromkeys(character for text in texts for character in lettering.find_lost(str(text))))
    if lost:
        shown = " ".join(lost[:8])
        fallbacks.append(f"letters: no font has {shown}; left out of the picture")
