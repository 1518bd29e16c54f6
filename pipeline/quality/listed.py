"""Words of the block list and the review list in a text, with the contexts in which they are harmless."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from pipeline.quality.words import fold, fold_look_alikes, read_list


@dataclass(frozen=True)
class ListedWord:
    text: str
    start: int
    end: int
    blocked: bool


def find_listed_words(text: str) -> list[ListedWord]:
    """Listed words by place; those in an allowed context ("blood cells") are left out.

    Places point into `text` where folding kept its length, which it does for all but rare characters.
    """
    plain, disguised = fold(text), fold_look_alikes(text)
    allowed = [found.span() for found in _pattern("allowed_contexts.txt").finditer(plain)]
    seen: set[tuple[int, int]] = set()
    words: list[ListedWord] = []
    for name, blocked in (("blocked_words.txt", True), ("review_words.txt", False)):
        for folded in (plain, disguised):
            for found in _pattern(name).finditer(folded):
                span = found.span()
                harmless = not blocked and any(start <= span[0] and span[1] <= end for start, end in allowed)
                if span not in seen and not harmless:
                    seen.add(span)
                    words.append(ListedWord(_quote(text, plain, found), *span, blocked))
    return sorted(words, key=lambda word: (not word.blocked, word.start))


def _quote(text: str, folded: str, found: re.Match[str]) -> str:
    return text[found.start() : found.end()] if len(text) == len(folded) else found.group()


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """One expression for a list; a trailing star stands for any ending, a blank for any white space."""
    parts = []
    for entry in read_list(name):
        stem = re.escape(entry.rstrip("*")).replace(r"\ ", r"\s+")
        parts.append(stem + (r"\w*" if entry.endswith("*") else r"\b"))
    return re.compile(r"\b(?:" + "|".join(parts) + ")")
