"""The scene language: the kinds of picture a script may ask for, and what each needs to be shown.

A scene names a kind and gives `items`, strings of the form `text` or `text | detail`. `read_content` turns
them into a checked `Content`, or raises `Misfit`; `fit_content` falls back to a good plain kind instead and
says why. Authors (a model, the offline author, a person at the desk) only ever write kinds and items.
docs/scene-language.md shows one frame of each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipeline.author.places import Place, find_place

LONGEST_TEXT, LONGEST_DETAIL = 60, 80  # characters
_VALUE = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_BALL = frozenset({"core", "mantle", "crust", "kernel", "nucleus"})


@dataclass(frozen=True)
class Entry:
    """One thing that is shown: its words, and a smaller line."""

    text: str
    detail: str = ""


@dataclass(frozen=True)
class Content:
    """What a kind shows, checked. Which fields are used is said by `KINDS`."""

    kind: str
    entries: tuple[Entry, ...] = ()
    figure: str = ""  # of a number or a proportion, as written: "100,000", "70%", "2/3"
    caption: str = ""  # what it counts
    cue: str = ""  # how the figure is said, where that differs: "three quarters"
    whole: str = ""  # what the parts belong to
    meaning: str = ""  # of a term
    verb: str = ""  # what the first does to the second
    place: Place | None = None


class Misfit(ValueError):
    """The items cannot be shown by this kind; the text says why."""


@dataclass(frozen=True)
class Kind:
    """`shows` and `items` are for those who write scripts; `example` is a scene's items."""

    name: str
    shows: str
    items: str
    example: tuple[str, ...] = ()
    fewest: int = 0
    most: int = 0


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("picture", "the things that are named, composed in a small world", "none"),
        Kind("statement", "a plain sentence: its key phrase and its picture", "none"),
        Kind(
            "definition",
            "a term and what it means",
            "one: `term` or `term | meaning`",
            ("Evaporation | water turns into a gas",),
            1,
            1,
        ),
        Kind(
            "list",
            "things side by side",
            "2 to 4: `thing` or `thing | detail`",
            ("Sunlight", "Water", "Air"),
            2,
            4,
        ),
        Kind(
            "parts",
            "a whole in the middle, its parts around it",
            "3 to 5: the whole, then its parts, `part` or `part | what it does`",
            ("Flower", "Petals", "Stem", "Roots"),
            3,
            5,
        ),
        Kind(
            "process",
            "steps in order; two steps are shown as one turning into the other",
            "2 to 4: `step` or `step | detail`",
            ("Rain falls", "Rivers fill", "Water reaches the sea"),
            2,
            4,
        ),
        Kind("cycle", "steps in a ring", "3 to 5: `step`", ("Evaporation", "Clouds", "Rain"), 3, 5),
        Kind(
            "comparison",
            "two things against each other",
            "2: `thing`, or `thing | the word that compares` first",
            ("Magma | lighter", "Solid rock"),
            2,
            2,
        ),
        Kind(
            "action",
            "one thing acts on another",
            "3: who, does what, to whom",
            ("Bees", "visit", "Flowers"),
            3,
            3,
        ),
        Kind(
            "number",
            "a figure, counting up, and what it counts",
            "1 or 2: `figure` or `figure | as it is said`, then what it counts",
            ("100,000", "beats a day"),
            1,
            2,
        ),
        Kind(
            "proportion",
            "a share of a whole",
            "1 or 2: `70%`, `2/3` or `1 in 5`, or `2/3 | as it is said`, then of what",
            ("3%", "is fresh water"),
            1,
            2,
        ),
        Kind(
            "bars",
            "figures of one unit side by side",
            "2 to 4: `thing | figure`",
            ("Blue whale | 30 metres", "Bus | 11 metres"),
            2,
            4,
        ),
        Kind(
            "timeline",
            "dates on a line",
            "1 to 4: `date | what happened`",
            ("1969 | First people on the Moon",),
            1,
            4,
        ),
        Kind(
            "layers",
            "levels, from the outside in or from the top down",
            "2 to 5: `level` or `level | detail`",
            ("Crust", "Mantle", "Core"),
            2,
            5,
        ),
        Kind("map", "a place on the globe", "1: the name of a known place", ("Iceland",), 1, 1),
        Kind("clip", "a moving picture from a provider of clips; drawn as a picture without one", "none"),
    )
}


def read_content(kind: str, items: Sequence[str]) -> Content:
    """The items of a scene as that kind reads them. Raises Misfit."""
    known = KINDS.get(kind)
    if known is None:
        raise Misfit(f"there is no kind “{kind}”")
    entries = tuple(entry for entry in (_read_entry(item) for item in items) if entry.text)
    if known.most == 0:
        return Content(kind)
    if not known.fewest <= len(entries) <= known.most:
        number = f"{known.fewest}" if known.fewest == known.most else f"{known.fewest} to {known.most}"
        raise Misfit(f"{kind} needs {number} items and got {len(entries)}")
    long = next(
        (one for one in entries if len(one.text) > LONGEST_TEXT or len(one.detail) > LONGEST_DETAIL), None
    )
    if long is not None:
        raise Misfit(f"an item is too long to be read: “{long.text[:40]}…”")
    if kind not in {"number", "proportion", "comparison"} and _has_twins(entries):
        raise Misfit(f"{kind} got the same item twice")
    return _READERS.get(kind, _read_plain)(kind, entries)


def fit_content(kind: str, items: Sequence[str]) -> tuple[Content, str]:
    """The content, and the reason why it is shown in another way than asked ("": as asked)."""
    try:
        return read_content(kind, items), ""
    except Misfit as error:
        reason = str(error)
    try:
        return read_content("list", items), f"{reason}; shown as a list"
    except Misfit:
        return Content("statement"), f"{reason}; shown as a statement"


def _read_entry(item: str) -> Entry:
    text, _, detail = " ".join(item.split()).partition("|")
    return Entry(text.strip(" .,;:"), detail.strip(" .,;:"))


def _has_twins(entries: Sequence[Entry]) -> bool:
    return len({(one.text.lower(), one.detail.lower()) for one in entries}) < len(entries)


def _read_plain(kind: str, entries: tuple[Entry, ...]) -> Content:
    return Content(kind, entries)


def _read_definition(kind: str, entries: tuple[Entry, ...]) -> Content:
    return Content(kind, entries, meaning=entries[0].detail)


def _read_parts(kind: str, entries: tuple[Entry, ...]) -> Content:
    return Content(kind, entries[1:], whole=entries[0].text)


def _read_action(kind: str, entries: tuple[Entry, ...]) -> Content:
    return Content(kind, (entries[0], entries[2]), verb=entries[1].text)


def _read_number(kind: str, entries: tuple[Entry, ...]) -> Content:
    if not any(character.isdigit() for character in entries[0].text):
        raise Misfit(f"“{entries[0].text}” is no figure")
    return _with_figure(kind, entries)


def read_share(text: str) -> Fraction | None:
    """ "70%", "2/3", "1 in 5", "9 out of 10" → a share from 0 to 1; None for anything else."""
    plain = text.strip().lower()
    percent = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*(?:%|per ?cent)", plain)
    if percent:
        share = Fraction(percent[1]) / 100
    else:
        parts = re.fullmatch(r"(\d{1,3})\s*(?:/|in|out of)\s*(\d{1,3})", plain)
        if not parts or int(parts[2]) == 0:
            return None
        share = Fraction(int(parts[1]), int(parts[2]))
    return share if 0 <= share <= 1 else None


def _read_proportion(kind: str, entries: tuple[Entry, ...]) -> Content:
    if read_share(entries[0].text) is None:
        raise Misfit(f"“{entries[0].text}” is no share of a whole")
    return _with_figure(kind, entries)


def _with_figure(kind: str, entries: tuple[Entry, ...]) -> Content:
    caption = entries[1].text if len(entries) > 1 else ""
    return Content(kind, figure=entries[0].text, caption=caption, cue=entries[0].detail)


def _read_bars(kind: str, entries: tuple[Entry, ...]) -> Content:
    for entry in entries:
        if not _VALUE.search(entry.detail):
            raise Misfit(f"“{entry.text}” has no figure")
    units = {_VALUE.sub("", entry.detail).strip().lower() for entry in entries}
    if len(units) > 1:
        raise Misfit("the figures have different units: " + ", ".join(sorted(units)))
    return Content(kind, entries)


def _read_timeline(kind: str, entries: tuple[Entry, ...]) -> Content:
    for entry in entries:
        if not any(character.isdigit() for character in entry.text):
            raise Misfit(f"“{entry.text}” is no date")
    return Content(kind, entries)


def _read_map(kind: str, entries: tuple[Entry, ...]) -> Content:
    place = find_place(entries[0].text)
    if place is None:
        raise Misfit(f"“{entries[0].text}” is not among the known places")
    return Content(kind, entries, place=place)


def shape_of(content: Content) -> str:
    """How layers lie: "ball" around a core, else "bands"."""
    words = {word for entry in content.entries for word in entry.text.lower().split()}
    return "ball" if words & _BALL else "bands"


_READERS = {
    "definition": _read_definition,
    "parts": _read_parts,
    "action": _read_action,
    "number": _read_number,
    "proportion": _read_proportion,
    "bars": _read_bars,
    "timeline": _read_timeline,
    "map": _read_map,
}
