"""Which icons a scene shows: those its nouns name, with the words at which they enter."""

from __future__ import annotations

from typing import Any

from pipeline.author.grammar import read_pieces
from pipeline.media import icons
from pipeline.providers.base import DrawRequest
from pipeline.providers.kinds import Content

# what stands for a subject where a scene's words name nothing
_EMBLEMS = {
    "nature": "herb",
    "animals": "paw-prints",
    "water": "droplet",
    "space": "ringed-planet",
    "body": "anatomical-heart",
    "health": "stethoscope",
    "energy": "high-voltage",
    "history": "scroll",
    "numbers": "abacus",
    "places": "world-map",
    "arts": "artist-palette",
    "language": "drawn-letters",
    "technology": "gear",
    "chemistry": "drawn-atom",
}


def pick_icons(request: DrawRequest, headline: str, subject: str) -> list[icons.Found]:
    """Up to three, best first; another take begins with another of the best five."""
    is_question = request.role == "moment"  # a whole sentence as headline: only its nouns name things
    texts = [
        (name_things(headline) if is_question else headline, 1.0),
        (name_things(request.description) if is_question else request.description, 1.1),
        (name_things(request.narration), 0.6),
        (" ".join(request.items), 0.7),
    ]
    if request.role == "hook":  # the film's own subject before whatever its first sentence names
        texts.append((request.subject.partition(":")[2], 1.6))
    found = icons.find(texts, most=5, context=request.subject)
    if not found and request.subject:
        found = icons.find([(request.subject, 1.0)], most=2)
    if not found and subject in _EMBLEMS:
        found = [icons.Found(_EMBLEMS[subject], "")]
    turn = request.seed % len(found) if found else 0
    return (found[turn:] + found[:turn])[:3]


def name_things(text: str) -> str:
    """The text without its verbs and small words: "fall" is no autumn leaf in "the drops fall"."""
    return " ".join(
        piece.text
        for sentence in text.replace("!", ".").replace("?", ".").split(". ")
        for piece in (read_pieces(sentence) if sentence.strip() else [])
        if piece.tag in {"noun", "adj", "ing", "verb?"}
    )


def pick_row_icons(content: Content, *, context: str, is_recap: bool = False) -> list[dict[str, Any]]:
    """The entries with an icon each, none twice; of lists and the like with an icon for all or for none."""
    rows: list[dict[str, Any]] = []
    taken: set[str] = set()
    for entry in content.entries:
        found = icons.find([(entry.text, 1.0), (entry.detail, 0.4)], most=4, context=context)
        icon = next((one.name for one in found if one.name not in taken), "")
        taken.add(icon)
        rows.append({"text": entry.text, "detail": entry.detail, "icon": icon})
    if content.kind == "action":
        rows[1]["detail"] = content.verb
    needs_all = content.kind in {"list", "bars", "cycle", "layers"} and not is_recap
    if needs_all and not all(row["icon"] for row in rows):
        return [{**row, "icon": ""} for row in rows]  # numbers for all rather than icons for some
    return rows
