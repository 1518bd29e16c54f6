"""Which topic a film belongs to: one of those handed in, or the name of a school subject."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.author.lexicon import read_words
from pipeline.quality.words import content_stems, stem


def find_topic(topics: Sequence[str], concept: str, text: str) -> str:
    """The handed-in topic that shares most words with concept and text; without one, a school subject.

    Where nothing fits, "General knowledge": the creator confirms or renames it.
    """
    counted = content_stems(concept) * 3 + content_stems(text)
    keywords = dict(_subjects())
    best, best_score = "", 0
    for topic in topics:
        own = set(content_stems(topic)) | keywords.get(topic.lower(), set())
        score = sum(word in own for word in counted)
        if score > best_score:
            best, best_score = topic, score
    if best:
        return best
    scored = [(sum(word in words for word in counted), name) for name, words in _subjects()]
    highest = max(score for score, _ in scored)
    if highest < 3:
        return "General knowledge"
    return next(name for score, name in scored if score == highest).capitalize()


def _subjects() -> list[tuple[str, set[str]]]:
    subjects = []
    for line in read_words("subjects.txt"):
        name, _, words = line.partition(":")
        subjects.append((name.strip(), {stem(word) for word in words.split()}))
    return subjects
