"""Which sentences of the notes can be narrated: whole statements that stand alone, or beside their
predecessor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.author.grammar import Piece, read_pieces
from pipeline.author.lexicon import is_plural
from pipeline.quality.personal import find_personal_data
from pipeline.quality.sentences import TERMINAL, NoteSentence, split
from pipeline.quality.words import collapse, content_stems

FEWEST_FACTS = 5
LONGEST_FACT = 45  # words; more cannot be followed by ear
SHORTEST_FACT = 3

REMARK = re.compile(
    r"\b(?:i|i'm|i've|i'll|my|myself|mine)\b|\b(?:in this|this) (?:lesson|video|film|chapter|text|unit"
    r"|worksheet|article|section|class)\b"
    r"|\b(?:we will|we'll|we are going to|let's|let us|last (?:week|lesson)|next (?:week|lesson)|homework"
    r"|worksheet)\b"
    r"|\b(?:once|long|often) (?:thought|believed)\b|\bused to (?:think|believe)\b|\b(?:myth|misconception)\b"
    r"|\b(?:see|look at|as shown|shown in) .{0,20}\b(?:figure|picture|diagram|page|table|above|below|image)\b"
    r"|\b(?:the (?:figure|diagram|table|picture) (?:above|below|shows))\b|^(?:please|remember to"
    r"|don't forget|note that|click|tip|watch)\b",
    re.IGNORECASE,
)
DEPENDENT = re.compile(
    r"^(?:however|therefore|then|also|so|but|and|or|because of this|as a result|for example|for instance"
    r"|instead|next|finally"
    r"|after that|before that|in contrast|later|similarly|in addition|otherwise|even so|thus|hence"
    r"|moreover|furthermore|besides"
    r"|at that time|at this point|by then|since then|that is why|this is why|this way|in this way"
    r"|in the same way|on the other hand"
    r"|meanwhile|still|yet|nevertheless|the others?|others?|another|both|neither|some of them"
    r"|many of them|most of them|one of them"
    r"|the first|the second|the third|the latter|the former|the same|such|here|the \w+est (?:is|are|was"
    r"|were|of)|each one|each of (?:these|them)|all of (?:these|them)"
    r"|together,? (?:they|these)|without (?:it|them|this)|these|those|this|that|it|its|they|their|he|his"
    r"|she|her|him|them|one of)\b",
    re.IGNORECASE,
)  # fmt: skip
POINTS_BACK = re.compile(
    r"\bthere\b(?! (?:is|are|was|were|will|can|may|must)\b)|\bthen\b[.,]|\b(?:this|these|those)\b(?! of\b)",
    re.IGNORECASE,
)
STANDS_ALONE = re.compile(
    r"^(?:that|another) (?:way|name)|^one of (?:the|our|its) |^both [a-z]+ and ", re.IGNORECASE
)
HANGING = re.compile(
    r"\b(?:above|below|previous|following|former|latter)\b(?=[.,]?$|:)|^\W|\.\.\.|…|[{}|<>=\\^~]"
)
SINGULAR = frozenset({"it", "its", "itself"})
PLURAL = frozenset({"they", "them", "their", "themselves"})
PERSON = frozenset({"he", "she", "him", "his", "her", "himself", "herself"})


@dataclass(frozen=True)
class Fact:
    """A sentence of the notes that can be narrated. `text` is what is said: the sentence, with a full stop.

    `leans` marks a sentence that needs its predecessor, `previous` (index into the facts), to be understood.
    """

    sentence: NoteSentence
    text: str
    leans: bool = False
    previous: int | None = None

    @property
    def id(self) -> int:
        return self.sentence.id

    @property
    def words(self) -> int:
        return len(self.text.split())


def find_facts(notes: str, *, concept: str = "") -> list[Fact]:
    """The usable sentences in order. A leaning sentence whose predecessor is not usable is left out."""
    facts: list[Fact] = []
    seen: set[str] = set()
    place: dict[int, int] = {}
    known = set(content_stems(concept))
    last: NoteSentence | None = None
    for sentence in split(notes):
        before, last = last, sentence
        earlier = set(known)
        known.update(content_stems(sentence.text))
        key = re.sub(r"\W+", " ", sentence.text.lower()).strip()
        if key in seen or not is_usable(sentence):
            continue
        seen.add(key)
        previous = place.get(before.id) if before and sentence.block - before.block <= 1 else None
        fits = previous is not None and _chain(facts, previous) < 2
        leans = leans_on_predecessor(sentence.text)
        if leans and not fits:
            continue
        if before and fits and before.block == sentence.block:
            leans = leans or _was_just_named(
                sentence.text, before.text, earlier - _new_stems(before.text, facts, concept)
            )
        text = sentence.text if TERMINAL.search(sentence.text) else sentence.text.rstrip(",;:") + "."
        place[sentence.id] = len(facts)
        facts.append(Fact(sentence, text, leans, previous if leans else None))
    return facts


def _new_stems(text: str, facts: list[Fact], concept: str) -> set[str]:
    """What a sentence names for the first time."""
    told = set(content_stems(concept))
    for fact in facts:
        if fact.sentence.text != text:
            told.update(content_stems(fact.text))
    return set(content_stems(text)) - told


def _was_just_named(text: str, before: str, earlier: set[str]) -> bool:
    """ "Each slice …", "The shaft …": a thing that only the sentence before has named."""
    opening = re.match(r"(?:The|Each|Both|Every)\s+(?:\w+\s+)?(\w+)", text)
    if not opening:
        return False
    own = set(content_stems(opening.group()))
    return bool(own & set(content_stems(before))) and not own & earlier


def _chain(facts: list[Fact], index: int) -> int:
    """How many predecessors a fact already needs: a scene holds three sentences at most."""
    length = 0
    at: int | None = index
    while at is not None and facts[at].leans:
        length, at = length + 1, facts[at].previous
    return length + 1


def is_usable(sentence: NoteSentence) -> bool:
    """A whole statement of a length that can be followed: no heading, question, remark, address or
    fragment.
    """
    text = sentence.text
    words = text.split()
    if sentence.heading or not SHORTEST_FACT <= len(words) <= LONGEST_FACT:
        return False
    if (
        text.endswith(("?", '?"', "?”", ":"))
        or REMARK.search(text)
        or HANGING.search(text)
        or find_personal_data(text)
    ):
        return False
    if not text[0].isalnum() or text[0].islower() or not _is_balanced(text):
        return False
    letters = sum(character.isalpha() for character in text)
    if letters < 0.6 * len(text.replace(" ", "")) or collapse(text).isupper():
        return False
    pieces = read_pieces(text)
    has_verb = any(piece.tag in {"aux", "verb", "verb?"} for piece in pieces[1:])
    return has_verb if not TERMINAL.search(text) or len(words) < 6 else True


def _is_balanced(text: str) -> bool:
    quotes = text.count('"') % 2 == 0 and text.count("“") == text.count("”")
    return quotes and text.count("(") == text.count(")") and text.count("[") == text.count("]")


def leans_on_predecessor(text: str) -> bool:
    """Whether something in the sentence points back: an opening like "They" or "However", a pronoun
    without noun.
    """
    if (DEPENDENT.match(text) and not STANDS_ALONE.match(text)) or POINTS_BACK.search(text[1:]):
        return True
    pieces = read_pieces(text)
    return any(_lacks_antecedent(piece, pieces[:index]) for index, piece in enumerate(pieces))


def _lacks_antecedent(piece: Piece, before: list[Piece]) -> bool:
    """Whether a pronoun has no noun before it that it could stand for."""
    if piece.lower in SINGULAR:
        return not _has_noun(before, plural=False)
    if piece.lower in PLURAL:
        return not _has_noun(before, plural=True)
    if piece.lower in PERSON:
        named = bool(before) and before[0].text[0].isupper() and before[0].tag == "noun"
        return not named and not any(one.text[0].isupper() for one in before[1:])
    return False


def _has_noun(pieces: list[Piece], *, plural: bool) -> bool:
    nouns = [piece for piece in pieces if piece.tag in {"noun", "verb?", "adj"}]
    if plural:
        joined = any(piece.lower == "and" for piece in pieces)
        return any(is_plural(piece.text) for piece in nouns) or (joined and bool(nouns))
    return any(not is_plural(piece.text) for piece in nouns)
