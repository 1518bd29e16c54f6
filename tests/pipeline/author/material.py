"""The texts that the author's tests write films from: the shelf, and pastes as creators make them."""

from __future__ import annotations

import random
import re
from pathlib import Path

from pipeline.author import shelf
from pipeline.quality.sentences import split

TEXTS = Path(__file__).parent / "texts"


def all_texts() -> dict[str, tuple[str, str]]:
    """Name → (concept, notes)."""
    found = {note.name: (note.concept, note.notes) for note in shelf.all_notes() if not note.demo}
    for path in sorted(TEXTS.glob("*.txt")):
        found[path.stem] = (path.stem.split("-")[0], path.read_text(encoding="utf-8"))
    return found


def variants(notes: str, *, seed: int, count: int = 4) -> list[str]:
    """The notes themselves, then with sentences left out, every second time in another order; 150-600
    words each.
    """
    draw = random.Random(seed)
    sentences = [one.text for one in split(notes) if not one.heading]
    sentences = [text if re.search(r"[.!?]$", text) else f"{text}." for text in sentences]
    found = [notes]
    for turn in range(count):
        kept = [text for text in sentences if draw.random() < 0.9 - 0.08 * turn]
        if turn % 2:
            draw.shuffle(kept)
        text = " ".join(kept)
        if 150 <= len(text.split()) <= 600:
            found.append(text)
    return found
