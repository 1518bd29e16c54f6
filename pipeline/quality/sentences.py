"""Pasted notes as numbered sentences: tags, marks and pictures masked, places kept.

Masking replaces character by character, so that every offset still points into what was pasted.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipeline.quality.injection import find_orders
from pipeline.quality.words import ZERO_WIDTH, collapse, read_list

GONE = "\x00"  # marks a masked character; control characters are refused before a text comes here

HIDDEN_HTML = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
BLOCK_TAG = re.compile(
    r"</?(?:p|div|li|ul|ol|h[1-6]|section|article|table|tr|td|th|blockquote|header|footer)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
LINE_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
ENTITY_SPACE = re.compile(r"&(?:nbsp|ensp|emsp|thinsp);")
EMPHASIS = re.compile(r"\*{1,3}(?=\S)|(?<=\S)\*{1,3}|_{2,3}|`+|~~|(?<![^\W_])_(?=\w)|(?<=\w)_(?![^\W_])")
LINK_END = re.compile(r"\[([^\[\]\n]{1,200})\](\([^()\s]{1,300}\))")
FOOTNOTE = re.compile(r"\[\d{1,3}\]|\[citation needed\]")

MARKER = re.compile(r"\s*(?:[-*+•·–—▪◦‣]|\(?\d{1,2}[.)]|\(?[a-z]\))\s+|\s*>+\s*")
HEADING = re.compile(r"\s*#{1,6}\s|\s*[-=_*]{3,}\s*$|\s*\|.*\|\s*$")
TERMINAL = re.compile(r"[.!?…][\"'”’)\]]*$")
BOUNDARY = re.compile(r"(?:[.!?…]+[\"'”’)\]]*)\s+(?=[\"'“‘(\[]?[A-Z0-9ÀÖØÞ])")
ABBREVIATIONS = frozenset(word for line in read_list("abbreviations.txt") for word in line.split())


@dataclass(frozen=True)
class NoteSentence:
    """One sentence of the notes. `id` counts from 1, `text` is tidy, `start` and `end` point into the paste.

    `block` numbers the paragraph or bullet it stands in; a `heading` is a line but no sentence.
    """

    id: int
    text: str
    start: int
    end: int
    block: int = 0
    heading: bool = False


@dataclass(frozen=True)
class DroppedLine:
    """A line that speaks to a machine instead of telling a fact; it is left out of the material."""

    text: str
    start: int
    end: int


def split(notes: str) -> list[NoteSentence]:
    """The sentences of the notes in order, headings marked, injection lines left out."""
    return list(_split(notes))


@lru_cache(maxsize=8)
def _split(notes: str) -> tuple[NoteSentence, ...]:
    masked = mask(notes)
    found: list[NoteSentence] = []
    for number, (start, end, heading) in enumerate(_blocks(masked)):
        for first, last in _sentences(masked, start, end):
            text = tidy(masked[first:last])
            if re.search(r"\w", text):
                found.append(NoteSentence(len(found) + 1, text, first, last, number, heading))
    return tuple(found)


def injected_lines(notes: str) -> list[DroppedLine]:
    """Lines that try to give orders to a model, with their places in the notes."""
    return [
        DroppedLine(tidy(notes[start:end]), start, end)
        for start, end in _lines(notes)
        if find_orders(notes[start:end])
    ]


def plain(notes: str) -> str:
    """The notes as running text, as `split` quotes them: a quote is a literal part of this."""
    return tidy(mask(notes))


def tidy(text: str) -> str:
    """White space collapsed, none before a stop; masked characters gone, entities as characters."""
    return re.sub(r" (?=[.,;:!?](?:\s|$))", "", collapse(html.unescape(text.replace(GONE, ""))))


# --------------------------------------------------------------------------- masking


def mask(notes: str) -> str:
    """The notes with tags, marks, pictures and injection lines masked, of the same length."""
    text = HIDDEN_HTML.sub(lambda found: GONE * len(found.group()), notes)
    for dropped in injected_lines(text):
        start, end = _reach(text, dropped)
        text = text[:start] + GONE * (end - start) + text[end:]
    text = BLOCK_TAG.sub(lambda found: "\n\n" + GONE * (len(found.group()) - 2), text)
    text = LINE_TAG.sub(lambda found: "\n" + GONE * (len(found.group()) - 1), text)
    text = TAG.sub(lambda found: GONE * len(found.group()), text)
    text = ENTITY_SPACE.sub(lambda found: " " + GONE * (len(found.group()) - 1), text)
    text = LINK_END.sub(lambda found: f"{GONE}{found.group(1)}{GONE}{GONE * len(found.group(2))}", text)
    text = FOOTNOTE.sub(lambda found: GONE * len(found.group()), text)
    text = "".join(GONE if _is_picture(character) else character for character in text)
    text = ZERO_WIDTH.sub(GONE, text)
    return "".join(_mask_marks(line) for line in text.splitlines(keepends=True))


def _mask_marks(line: str) -> str:
    if re.match(r"\s*[*+-]\s", line):  # a bullet's star is no emphasis
        return line[:2] + EMPHASIS.sub(lambda found: GONE * len(found.group()), line[2:])
    return EMPHASIS.sub(lambda found: GONE * len(found.group()), line)


def _is_picture(character: str) -> bool:
    """Emoji and their modifiers; the degree sign and letters of any script stay."""
    code = ord(character)
    if code < 0x2190 or character in "℃℉№":
        return False
    return unicodedata.category(character) in {"So", "Sk", "Cs", "Co"} or 0xFE00 <= code <= 0xFE0F


def _reach(text: str, dropped: DroppedLine) -> tuple[int, int]:
    """A short line goes whole; of a long paragraph only the sentence with the order and the one after it."""
    if len(dropped.text) <= 300:
        return dropped.start, dropped.end
    spans = list(_sentences(text, dropped.start, dropped.end))
    for index, (start, end) in enumerate(spans):
        if find_orders(text[start:end]):
            return start, spans[min(index + 1, len(spans) - 1)][1]
    return dropped.start, dropped.end


# --------------------------------------------------------------------------- blocks and sentences


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, start + len(line.rstrip("\r\n"))
        start += len(line)


def _blocks(masked: str) -> Iterator[tuple[int, int, bool]]:
    """Paragraphs, bullets and headings as (start, end, is heading)."""
    start = end = -1
    for first, last in _lines(masked):
        line = masked[first:last].replace(GONE, " ")
        marker = MARKER.match(line)
        new = not line.strip() or bool(marker) or bool(HEADING.match(line))
        if start >= 0 and (new or _stands_alone(masked[start:end], line)):
            yield start, end, _is_heading(masked[start:end])
            start = -1
        if HEADING.match(line):
            if re.search(r"\w", line) and "|" not in line:
                yield first, last, True
            continue
        if line.strip():
            start = first + (marker.end() if marker else 0) if start < 0 else start
            end = last
    if start >= 0:
        yield start, end, _is_heading(masked[start:end])


def _stands_alone(block: str, line: str) -> bool:
    """A short line without a full stop, before a capital, is no first half of a wrapped sentence."""
    last = tidy(block.splitlines()[-1]) if block.strip() else ""
    return (
        len(last) < 60
        and not TERMINAL.search(last)
        and not last.endswith(",")
        and line.lstrip()[:1].isupper()
    )


def _is_heading(block: str) -> bool:
    text = tidy(block)
    return text.endswith(":") or (len(text.split()) <= 3 and not TERMINAL.search(text))


def _sentences(masked: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    block = masked[start:end].replace(GONE, " ")
    cut = 0
    for found in BOUNDARY.finditer(block):
        if not _is_abbreviation(block[cut : found.start() + 1]):
            yield _trim(block, start, cut, found.end())
            cut = found.end()
    if block[cut:].strip():
        yield _trim(block, start, cut, len(block))


def _trim(block: str, offset: int, start: int, end: int) -> tuple[int, int]:
    piece = block[start:end]
    lead, trail = len(piece) - len(piece.lstrip()), len(piece) - len(piece.rstrip())
    return offset + start + lead, offset + end - trail


def _is_abbreviation(text: str) -> bool:
    """Does `text` end in a full stop that ends no sentence: "Dr.", "e.g.", an initial?"""
    if not text.endswith("."):
        return False
    last = re.split(r"[\s(\"“]", text[:-1])[-1].lower()
    return (
        last in ABBREVIATIONS
        or (len(last) == 1 and last.isalpha() and last != "i")
        or bool(re.fullmatch(r"(?:[a-z]\.)+[a-z]", last) and last not in {"a.m", "p.m", "u.s", "u.k"})
    )
