"""Listed words in a text, whatever their disguise, with the contexts in which they are harmless."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pipeline.quality.folding import Folded, fold_text, spelled_out, undisguise
from pipeline.quality.words import read_list

MASKED = re.compile(r"(?<![\w*#])[a-z][a-z0-9]*[*#%&^?_]{1,6}[a-z*#]*[a-z](?![\w*#])")
MASK = re.compile(r"[*#%&^?_]")


@dataclass(frozen=True)
class ListedWord:
    """`start` and `end` point into the text as written; `kind` is the list the word stands on."""

    text: str
    start: int
    end: int
    blocked: bool
    kind: str = "word"


LISTS: tuple[tuple[str, bool, str], ...] = (
    ("blocked_words.txt", True, "word"),
    ("review_words.txt", False, "word"),
    ("brands.txt", False, "brand"),
)


def find_listed_words(text: str) -> list[ListedWord]:
    """Listed words, blocked ones first, then by place; allowed contexts ("blood cells") are left out."""
    folded = fold_text(text)
    found: dict[tuple[int, int], ListedWord] = {}
    for blocked, kind, span in _find(folded):
        known = found.get(span)
        if known is None or (blocked and not known.blocked):
            found[span] = ListedWord(text[span[0] : span[1]], *span, blocked, kind)
    words = sorted(found.values(), key=lambda word: (not word.blocked, word.start, -word.end))
    return _without_nested(words)


def _find(folded: Folded) -> Iterator[tuple[bool, str, tuple[int, int]]]:
    allowed = [hit.span() for hit in _pattern("allowed_contexts.txt").finditer(folded.text)]
    for name, blocked, kind in LISTS:
        for hit in _pattern(name).finditer(folded.text):
            start, end = hit.span()
            if start < end and not any(first <= start and end <= last for first, last in allowed):
                yield blocked, kind, folded.span(start, end)
    disguised = [(reading, False) for reading in undisguise(folded)]
    disguised += [(reading, True) for reading in spelled_out(folded)]
    for reading, is_spelled in disguised:
        known = [hit.span() for hit in _pattern("allowed_contexts.txt").finditer(reading.text)]
        for name, blocked, kind in LISTS[: 1 if is_spelled else 2]:
            for hit in _pattern(name).finditer(reading.text):
                start, end = hit.span()
                if start < end and not any(first <= start and end <= last for first, last in known):
                    span = reading.span(start, end)
                    if is_spelled or reading.text[start:end] not in folded.text:
                        yield blocked, kind, span
    for hit in MASKED.finditer(folded.text):
        if _masks_a_blocked_word(hit.group()):
            yield True, "word", folded.span(*hit.span())


def _without_nested(words: list[ListedWord]) -> list[ListedWord]:
    """A word inside another finding of at least the same weight says nothing more."""
    kept: list[ListedWord] = []
    for word in words:
        inside = any(one.start <= word.start and word.end <= one.end for one in kept)
        if not inside:
            kept.append(word)
    return kept


@cache
def _masks_a_blocked_word(masked: str) -> bool:
    """ "f*ck": a masked word that a blocked one fits. At least half of its letters must show."""
    letters = sum(character.isalpha() for character in masked)
    if len(masked) < 4 or 2 * letters < len(masked):
        return False
    shape = re.compile("".join("[a-z]" if MASK.match(one) else re.escape(one) for one in masked))
    return any(shape.fullmatch(word) for word in _maskable())


@cache
def _maskable() -> frozenset[str]:
    words = {entry.rstrip("*") for entry in read_list("blocked_words.txt") if " " not in entry}
    endings = ("", "s", "ing", "er", "ed", "ers", "in")
    return frozenset(word + ending for word in words for ending in endings)


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """One expression for a list. A blank stands for any mark too, so that "kill-yourself" is met."""
    parts = []
    for entry in read_list(name):
        if entry.startswith("/") and entry.endswith("/"):
            parts.append(entry[1:-1])
            continue
        blank = r"[\W_]*" if name == "blocked_words.txt" else r"[\s-]+"
        stem = blank.join(re.escape(word) for word in re.split(r"[ -]", entry.rstrip("*")))
        parts.append(rf"\b{stem}" + (r"\w*" if entry.endswith("*") else r"\b"))
    return re.compile("|".join(f"(?:{part})" for part in parts))
