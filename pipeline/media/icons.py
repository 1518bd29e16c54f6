"""The shipped icons (Fluent Emoji, MIT) and how words choose among them."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

DARK, LIGHT = (
    86.0,
    196.0,
)  # brightness, 0-255: an icon with nine tenths below the first is brought to the second
_LUMA = (0.2126, 0.7152, 0.0722)  # ITU-R BT.709
FOLDER = Path(__file__).parent / "assets"
_WORD = re.compile(r"[a-z][a-z'-]*")
_IRREGULAR = {
    "leaves": "leaf",
    "wolves": "wolf",
    "teeth": "tooth",
    "mice": "mouse",
    "geese": "goose",
    "feet": "foot",
    "children": "child",
    "people": "people",
    "bacteria": "bacteria",
    "fungi": "fungus",
    "larvae": "larva",
    "men": "people",
    "women": "people",
    "halves": "half",
    "lives": "live",
}


# words that name an icon but seldom the subject of a sentence
_WEAK_WORDS = """
year month day date time second people team picture direction think part piece new special work step
call read north south east west question true right life live family fall fast building build other
world food percent past age
"""
_WEAK = frozenset(_WEAK_WORDS.split())


@functools.cache
def _entries() -> tuple[tuple[str, tuple[str, ...], frozenset[str]], ...]:
    """(icon, words that choose it, words beside which it is wrong) as listed."""
    found = []
    for line in (FOLDER / "icons.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        name, _, words = line.partition(":")
        every = words.split()
        found.append(
            (
                name,
                tuple(word for word in every if not word.startswith("-")),
                frozenset(word[1:] for word in every if word.startswith("-")),
            )
        )
    return tuple(found)


@functools.cache
def keywords() -> dict[str, dict[str, float]]:
    """word → {icon: weight}; an icon's first word weighs most, its name's own words a little more."""
    table: dict[str, dict[str, float]] = {}
    for name, words, _ in _entries():
        for rank, word in enumerate(words):
            weight = max(1.0, 2.0 - 0.2 * rank) + (0.5 if word in name.split("-") else 0.0)
            table.setdefault(word, {})[name] = weight
    return table


@functools.cache
def _wrong_beside() -> dict[str, frozenset[str]]:
    """icon → the words beside which it shows the wrong thing: a bat is no animal where there is a ball."""
    return {name: wrong for name, _, wrong in _entries() if wrong}


@functools.cache
def names() -> frozenset[str]:
    return frozenset(path.stem for path in (FOLDER / "icons").glob("*.webp"))


def stems(word: str) -> list[str]:
    """The word and its likely dictionary forms, best first."""
    word = word.removesuffix("'s").strip("'-")
    found = [word]
    if word in _IRREGULAR:
        found.append(_IRREGULAR[word])
    for ending, instead in (
        ("ies", "y"),
        ("es", ""),
        ("s", ""),
        ("ing", ""),
        ("ing", "e"),
        ("ed", ""),
        ("ed", "e"),
        ("er", ""),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            found.append(word[: len(word) - len(ending)] + instead)
    return found


@dataclass(frozen=True)
class Found:
    """An icon, and the word (as written, in small letters) that chose it."""

    name: str
    word: str


def choose(texts: list[tuple[str, float]], most: int = 3, *, context: str = "") -> list[str]:
    """Icons for texts with weights, best first, at most `most`; [] when no word names one."""
    return [found.name for found in find(texts, most, context=context)]


def find(texts: list[tuple[str, float]], most: int = 3, *, context: str = "") -> list[Found]:
    """As `choose`, with the words.

    Earlier words count a little more; a word counts once a text; what scores far below the best is left
    out, and so is an icon that is wrong beside another word of the texts or of `context`.
    """
    scores: dict[str, float] = {}
    best: dict[str, tuple[float, str]] = {}
    table = keywords()
    beside = _stems_of(" ".join([*(text for text, _ in texts), context]))
    for text, share in texts:
        seen: set[str] = set()
        for place, word in enumerate(_words(text)):
            if word in seen:
                continue
            seen.add(word)
            for rank, stem in enumerate(stems(word)):
                if stem in table:
                    for icon, weight in table[stem].items():
                        weak = 0.3 if stem in _WEAK else 1.0
                        gain = weak * weight * share * (0.85 if rank else 1.0) / (1.0 + 0.05 * place)
                        scores[icon] = scores.get(icon, 0.0) + gain
                        if gain > best.get(icon, (0.0, ""))[0]:
                            best[icon] = (gain, word)
                    break
    wrong = _wrong_beside()
    fitting = {icon: score for icon, score in scores.items() if not wrong.get(icon, frozenset()) & beside}
    ranked = sorted(fitting.items(), key=lambda item: (-item[1], item[0]))[:most]
    return [Found(name, best[name][1]) for name, score in ranked if score >= 0.4 * ranked[0][1]]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower().replace("’", "'"))


def _stems_of(text: str) -> set[str]:
    return {stem for word in _words(text) for stem in stems(word)}


def load(name: str, side: int) -> Image.Image:
    """The icon as RGBA, `side` pixels square."""
    if name not in names():
        raise KeyError(f"no icon called {name}")
    with Image.open(FOLDER / "icons" / f"{name}.webp") as picture:
        return _lighten(picture.convert("RGBA").resize((side, side), Image.Resampling.LANCZOS))


def _lighten(picture: Image.Image) -> Image.Image:
    """An icon that is black all over (notes, paw prints) as a light one: the grounds are dark."""
    import numpy as np  # noqa: PLC0415 - planning asks for names and must not load it

    values = np.asarray(picture, np.float32)
    light = values[..., :3] @ np.array(_LUMA, np.float32)
    seen = light[values[..., 3] > 128]
    if not len(seen) or float(np.percentile(seen, 90)) > DARK:
        return picture
    made = values.copy()
    made[..., :3] = 255 - (255 - values[..., :3]) * ((255 - LIGHT) / (255 - float(np.median(seen))))
    return Image.fromarray(made.clip(0, 255).round().astype(np.uint8), "RGBA")
