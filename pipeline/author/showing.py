"""What stands on the screen beside a scene's sentences: the kind of picture, its key phrase, what it shows.

Each sentence offers what it can be shown as; the telling kinds win over the plain ones, and a term that the
scene explains stays its headline whatever the picture shows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pipeline.author import contents
from pipeline.author.casing import capitalise
from pipeline.author.grammar import parse
from pipeline.author.headings import say_more
from pipeline.author.lexicon import PREPOSITIONS
from pipeline.author.phrases import (
    NAMING,
    find_called,
    find_figure,
    find_heading,
    find_list,
    find_phrases,
    find_sides,
    find_steps,
    find_term,
    key_phrase,
)
from pipeline.providers.base import VisualKind

# what tells most first; of two sentences that offer the same, the first
ORDER: tuple[VisualKind, ...] = (
    "timeline",
    "bars",
    "cycle",
    "layers",
    "parts",
    "list",
    "proportion",
    "number",
    "comparison",
    "process",
    "map",
    "action",
)
LONGEST_MEANING = 10  # words
_OPENS_BACK = re.compile(r"^(?:this|these|that|those|it|they|such)\b", re.IGNORECASE)
_LEVELS = re.compile(r"\b(?:[a-z]+ )?(?:layers|levels|zones)\b", re.IGNORECASE)
_AGAIN = re.compile(r"\b(?:again and again|over and over|round and round)\b", re.IGNORECASE)
_MEANS = re.compile(r"^(?:.+?)\s(?:is|are|means)\s+(?P<meaning>.+?)[.!]?$")


@dataclass(frozen=True)
class Showing:
    """What a scene shows: the kind, its key phrase, its items, and what is to be seen."""

    kind: VisualKind
    on_screen_text: str
    items: list[str]
    description: str


def show(sentences: Sequence[str], *, topic: str, most_words: int, used: Collection[str] = ()) -> Showing:
    """How to show the sentences of a scene. `used` are key phrases of earlier scenes, which are not repeated
    where it can be helped.
    """
    phrases = list(dict.fromkeys(phrase for sentence in sentences for phrase in find_phrases(sentence)))
    description = ", ".join(phrases[:5]) or topic
    term, meaning = _find_new_term(sentences, most_words, used)
    kind, items, source = _find_content(sentences)
    defines = bool(meaning) and bool(term) and re.search(rf"\b{re.escape(term)}\b", source)
    if term and (
        kind in {None, "action", "map"} or (defines and kind in {"list", "number", "comparison", "process"})
    ):
        item = f"{capitalise(term)} | {meaning}" if meaning else capitalise(term)
        return Showing("definition", capitalise(term), [item], description)
    if not kind:
        phrase = key_phrase(sentences[0], topic=topic, most_words=most_words, used=used)
        called = find_called(sentences[0])
        if called and " " not in phrase:
            phrase = capitalise(called)
        else:
            phrase = say_more(phrase, sentences[0], most_words)
        return Showing("picture" if parse(sentences[0]) else "statement", phrase, [], description)
    headline = capitalise(term) if term else ""
    if not headline or headline.lower() in {item.partition(" | ")[0].lower() for item in items}:
        phrase = key_phrase(source, topic=topic, most_words=most_words, used=used)
        headline = _find_headline(kind, items, source, phrase, most_words)
        if kind in {"number", "proportion", "action", "list", "process"}:
            headline = say_more(
                headline, source, most_words, kind=kind, caption=items[-1], listed=kind == "list"
            )
        if kind == "number" and headline.lower() in items[-1].lower().split():  # "Metres" of "30 metres"
            headline = capitalise(" ".join(topic.split()[:most_words]))
    return Showing(kind, headline, items, description)


def _find_headline(kind: str, items: list[str], source: str, phrase: str, most_words: int) -> str:
    """A key phrase that does not only repeat what the picture says."""
    headline = phrase
    if kind in {"parts", "map"}:
        headline = items[0]
    elif kind == "process" and len(items) == 2 and phrase in items:
        headline = items[1]  # what comes of it
    elif kind in {"proportion", "number"} and contents.opens_with_figure(phrase):
        named = [one for one in find_phrases("x is " + items[-1]) if one != "x"]
        headline = capitalise(named[0]) if named else phrase
    elif kind == "cycle" and phrase in items and (again := _AGAIN.search(source)):
        headline = capitalise(again[0])
    elif kind == "layers" and (levels := _LEVELS.search(source)):
        headline = capitalise(levels[0])
    elif kind in {"list", "layers", "cycle"}:
        headline = find_heading(source, items, phrase, most_words)
    elif kind == "comparison":
        first, second = (item.partition(" | ")[0] for item in items)
        lower = second[0].lower() + second[1:] if second[1:].islower() else second
        headline = f"{first} and {lower}"
    return headline if len(headline.split()) <= most_words else phrase


def _find_new_term(sentences: Sequence[str], most_words: int, used: Collection[str]) -> tuple[str, str]:
    """The first term that a scene explains and no earlier one showed, and its meaning."""
    known = {one.lower() for one in used}
    for sentence in sentences:
        term = find_term(sentence)
        if term and len(term.split()) <= min(3, most_words) and term.lower() not in known:
            return term, find_meaning(sentence, term)
    return "", ""


def find_meaning(sentence: str, term: str) -> str:
    """What a sentence says a term is, at most ten words of it; "" where it points back or says too much."""
    plain = sentence.rstrip(".!")
    naming = NAMING.search(plain)
    if naming:
        before = plain[: naming.start()].strip(" ,")
        words = before.split()
        return before if 2 <= len(words) <= LONGEST_MEANING and not _OPENS_BACK.match(before) else ""
    if not re.match(rf"(?:an?\s+|the\s+)?{re.escape(term)}\b", plain, re.IGNORECASE):
        return ""
    found = _MEANS.match(plain)
    return _cut_meaning(found["meaning"]) if found else ""


def _cut_meaning(meaning: str) -> str:
    """The meaning up to a natural stop within ten words; never ending on a small word."""
    head, comma, rest = re.split(r"[;:(–—]", meaning)[0].partition(",")
    words = head.split()
    if comma and not re.match(r"\s*(?:which|who|where|when|so|but|because)\b", rest):  # a list goes on
        cut = max((at for at, word in enumerate(words) if word.lower() in PREPOSITIONS), default=0)
        words = words[:cut]
    if len(words) <= LONGEST_MEANING:
        return " ".join(words) if len(words) >= 2 else ""
    for index in range(LONGEST_MEANING, 3, -1):
        word, before = words[index].lower(), words[index - 1].lower()
        if before in PREPOSITIONS or before in {"like", "and", "or", "is", "are"}:
            continue
        opens_clause = word in {"that", "which", "who", "where", "when", "because", "so"}
        adds_clause = word in {"and", "but"} and words[index + 1].lower() in {"the", "it", "they", "its"}
        if opens_clause or (adds_clause and {"when", "that", "which", "where"} & set(words[:index])):
            return " ".join(words[:index])
    for index in range(LONGEST_MEANING, 4, -1):
        if words[index].lower() in PREPOSITIONS and words[index].lower() != "of":
            return " ".join(words[:index])
    return ""


def _find_content(sentences: Sequence[str]) -> tuple[VisualKind | None, list[str], str]:
    """(kind, items, the sentence they come from) of what tells most; (None, [], "") for a plain scene."""
    offers: list[tuple[int, int, VisualKind, list[str]]] = []

    def offer(index: int, kind: VisualKind, items: list[str]) -> None:
        if items:
            offers.append((ORDER.index(kind), index, kind, items))

    offer(0, "timeline", contents.find_dates(sentences))
    offer(0, "bars", contents.find_bars(sentences) if len(sentences) > 1 else [])
    offer(0, "process", contents.find_steps_of(sentences))
    for index, sentence in enumerate(sentences):
        whole = contents.find_whole(sentence)
        if whole:
            offer(
                index,
                "cycle" if whole[0] == "cycle" else "layers" if whole[0] == "layers" else "parts",
                whole[1],
            )
        else:
            offer(index, "list", find_list(sentence))
        offer(index, "proportion", contents.find_share(sentence))
        figure = find_figure(sentence)
        offer(index, "number", list(figure) if figure else [])
        offer(index, "comparison", _find_comparison(sentence))
        offer(index, "process", find_steps(sentence))
        offer(index, "map", contents.find_place(sentence))
        offer(index, "action", contents.find_deed(sentence))
    if not offers:
        return None, [], ""
    _, index, kind, items = min(offers, key=lambda one: one[:2])
    return kind, items, sentences[index]


_RICH = frozenset(
    {"timeline", "bars", "cycle", "layers", "parts", "list", "proportion", "comparison", "process"}
)


def worth_seeing(sentence: str) -> float:
    """What a sentence adds to a film by what it can show, for its score: 0.35 where the picture tells it
    (levels, shares, dates …), 0.1 for a figure, a place or a deed, 0 for a plain picture."""
    kind, _, _ = _find_content([sentence])
    return 0.35 if kind in _RICH else 0.1 if kind else 0.0


def _find_comparison(sentence: str) -> list[str]:
    sides = find_sides(sentence)
    if not sides or contents.DENIED.search(sentence):
        return []
    word = contents.find_compared(sentence)
    return [f"{sides[0]} | {word}", sides[1]] if word else sides
