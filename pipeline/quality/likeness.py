"""How two sentences compare: shared words, negations, opposites, and the one word that was exchanged."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from pipeline.author.lexicon import read_words, verb_forms
from pipeline.quality.words import read_list, stem, stop_words, tokens

NEGATIONS = frozenset(word for line in read_list("negations.txt") for word in line.split())
# Small words that turn a sentence round: after a verb of movement, and anywhere.
WAYS = (("in", "out"), ("into", "out of"), ("to", "from"), ("up", "down"), ("on", "off"))
SMALL_OPPOSITES = (
    ("above", "below"), ("above", "under"), ("before", "after"), ("inside", "outside"), ("more", "less"),
    ("more", "fewer"), ("most", "least"), ("many", "few"), ("always", "never"), ("all", "none"),
    ("up", "down"),
)  # fmt: skip
SHARED_PREFIX = 5  # letters: "evaporation" and "evaporates" are relatives


@cache
def opposites() -> frozenset[tuple[str, str]]:
    """Pairs of stems of which one denies the other, both ways round."""
    pairs: set[tuple[str, str]] = set()
    for line in (*read_words("antonyms.txt"), *read_list("opposites.txt")):
        one, other = (root(word) for word in line.split())
        if one != other:
            pairs |= {(one, other), (other, one)}
    return frozenset(pairs)


@cache
def siblings() -> dict[str, frozenset[int]]:
    """Stem → the groups in which it stands ("Mars" beside "Venus", "mammals" beside "reptiles")."""
    found: dict[str, set[int]] = {}
    for number, line in enumerate(read_words("siblings.txt")):
        members = [telling(member) for member in line.split("|")]
        for word in (word for member in members for word in member):
            if sum(word in member for member in members) == 1:  # "ocean" tells no ocean from another
                found.setdefault(word, set()).add(number)
    return {word: frozenset(groups) for word, groups in found.items()}


@cache
def synonyms() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in read_list("synonyms.txt"):
        group = {root(word) for word in line.split()}
        for word in group:
            found.setdefault(word, set()).update(group)
    return {word: frozenset(group) for word, group in found.items()}


@cache
def root(word: str) -> str:
    """The stem of a verb's base ("ate" → "eat"), else of the word: how words are compared here."""
    word = word.lower().replace("’", "'").removesuffix("'s")
    form = verb_forms().get(word)
    if form is None and word.endswith(("ing", "ings")):
        return word.removesuffix("s")  # "Viking" is no form of a verb
    if form is None and word.endswith("ied"):
        return stem(word[:-3] + "y")
    return stem(form.base if form is not None else word)


@cache
def are_related(one: str, other: str) -> bool:
    """Forms or near relatives of one word, or words that stand for one another; given as roots."""
    if one == other or other in synonyms().get(one, ()):
        return True
    if min(len(one), len(other)) >= 4 and (one.endswith(other) or other.endswith(one)):
        return True  # "hole" and "blowhole"
    shared = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        shared += 1
    return shared >= SHARED_PREFIX and shared >= max(len(one), len(other)) - 5


def are_opposed(one: str, other: str) -> bool:
    """Opposites, or two members of one group: where the first is said, the second is something else."""
    if (one, other) in opposites():
        return True
    groups = siblings()
    return one != other and bool(groups.get(one, frozenset()) & groups.get(other, frozenset()))


def find_related(word: str, among: Iterable[str]) -> str:
    """The word of `among` that `word` is or is related to; "" without one."""
    known = set(among)
    if word in known:
        return word
    return next((other for other in sorted(known) if are_related(word, other)), "")


def denies(text: str) -> bool:
    """Whether a text denies something; "no air and no wind" denies, it does not affirm."""
    return count_negations(text) > 0


def count_negations(text: str) -> int:
    words = [token.text.lower().replace("’", "'") for token in tokens(text)]
    return sum(word in NEGATIONS or word.endswith("n't") for word in words)


@dataclass(frozen=True)
class Comparison:
    """Roots that only one of two sentences has (`own`, `theirs`) or that both have, and shares of each."""

    own: tuple[str, ...]
    theirs: tuple[str, ...]
    shared: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share of the first sentence's telling words that the second has."""
        return len(self.shared) / max(1, len(self.shared) + len(self.own))

    @property
    def other_share(self) -> float:
        return len(self.shared) / max(1, len(self.shared) + len(self.theirs))


def telling(text: str) -> list[str]:
    """Roots of the telling words, negations and figures left out."""
    return list(_telling(text))


@lru_cache(maxsize=2048)  # every sentence is compared with every note
def _telling(text: str) -> tuple[str, ...]:
    small = stop_words() | NEGATIONS
    words = [token.text for token in tokens(text) if token.text.lower() not in small]
    return tuple(root(word) for word in words if not word[0].isdecimal())


def compare(one: str, other: str) -> Comparison:
    """Word by word, relatives and synonyms counting as shared."""
    first, second = list(dict.fromkeys(telling(one))), list(dict.fromkeys(telling(other)))
    shared = [word for word in first if find_related(word, second)]
    met = {find_related(word, second) for word in shared}
    theirs = [word for word in second if word not in met and not find_related(word, first)]
    return Comparison(tuple(w for w in first if w not in shared), tuple(theirs), tuple(shared))


def find_swap(one: str, other: str, comparison: Comparison) -> tuple[str, str] | None:
    """A word of the first sentence and its opposite or sibling in the second, where each has only its own."""
    for own in comparison.own:
        for theirs in comparison.theirs:
            if are_opposed(own, theirs):
                return own, theirs
    first, second = telling(one), telling(other)
    for theirs in comparison.theirs:  # "the bigger …, the bigger" for "the bigger …, the smaller"
        for shared in comparison.shared:
            if (shared, theirs) in opposites() and first.count(shared) > second.count(shared):
                return shared, theirs
    return _find_small_swap(one, other)


def _find_small_swap(one: str, other: str) -> tuple[str, str] | None:
    first = f" {' '.join(token.text.lower() for token in tokens(one))} "
    second = f" {' '.join(token.text.lower() for token in tokens(other))} "
    for pair in SMALL_OPPOSITES:
        for mine, denied in (pair, pair[::-1]):
            has = f" {mine} " in first and f" {denied} " in second
            if has and f" {denied} " not in first and f" {mine} " not in second:
                return mine, denied
    for pair in WAYS:
        for mine, denied in (pair, pair[::-1]):
            if _goes(first, mine, denied) and _goes(second, denied, mine):
                return mine, denied
    return None


def _goes(words: str, way: str, other: str) -> bool:
    """Whether something moves this way, and nothing the other."""
    verb = (
        r"(?:breathe|take|come|go|goe|flow|move|get|let|pushe|push|blow|suck|pull|grow|fall|climb|run|travel"
        r"|carrie|carry|carrying|send|turn|switch|keep|hold|stay|shut|lock|leave)s?(?: \w+){0,2}"
    )
    return bool(re.search(rf" {verb} {way} ", words)) and not re.search(rf" {verb} {other} ", words)


def find_place(text: str, wanted: str) -> tuple[int, int]:
    """Where the first word with this root stands, else the whole text."""
    for token in tokens(text):
        if root(token.text) == wanted or token.text.lower() == wanted:
            return token.start, token.end
    return 0, len(text)


def names_of(text: str) -> list[tuple[str, int, int]]:
    """Names: capitalised words that do not open a sentence, with their places."""
    found: list[tuple[str, int, int]] = []
    opens = True
    last = 0
    for token in tokens(text):
        if re.search(r"[.!?:“\"]", text[last : token.start]):
            opens = True
        word = token.text
        if not opens and word[0].isupper() and len(word) > 1 and word.lower() not in stop_words():
            found.append((word, token.start, token.end))
        opens, last = False, token.end
    return found
