"""Just enough grammar to cut a statement into subject, verb and rest, and to know when that is not safe."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pipeline.author.lexicon import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    EITHER_NUMBER,
    LEADS,
    PREPOSITIONS,
    PRONOUNS,
    SUBORDINATORS,
    VerbForm,
    adjectives,
    adverbs,
    is_number,
    is_plural,
    verb_forms,
)

PIECE = re.compile(r"\d[\d.,]*\d|\d|[^\W\d_]+(?:['’-][^\W_]+)*|\S")

Tag = Literal[
    "punct",
    "number",
    "aux",
    "det",
    "pron",
    "prep",
    "conj",
    "sub",
    "adv",
    "adj",
    "noun",
    "verb?",
    "verb",
    "ing",
]
CLOSED: tuple[tuple[frozenset[str], Tag], ...] = (
    (AUXILIARIES, "aux"),
    (PRONOUNS, "pron"),
    (DETERMINERS, "det"),
    (CONJUNCTIONS, "conj"),
    (SUBORDINATORS, "sub"),
    (PREPOSITIONS, "prep"),
)


@dataclass(frozen=True)
class Piece:
    """A word or a mark of a sentence, its place, and what it probably is."""

    text: str
    start: int
    end: int
    tag: Tag = "noun"

    @property
    def lower(self) -> str:
        return self.text.lower()


@dataclass(frozen=True)
class Clause:
    """A statement in parts: pieces[subject_start:verb] is lead-free subject, `verb` the finite verb.

    `form` is "aux" where the verb can stand before the subject, else the tense that "do" must carry.
    """

    pieces: tuple[Piece, ...]
    subject_start: int
    verb: int
    form: Literal["aux", "base", "third", "past"]

    @property
    def subject(self) -> tuple[Piece, ...]:
        return self.pieces[self.subject_start : self.verb]


def read_pieces(sentence: str) -> list[Piece]:
    """The words and marks of a sentence with their tags."""
    raw = [Piece(found.group(), found.start(), found.end()) for found in PIECE.finditer(sentence)]
    tagged: list[Piece] = []
    for index, piece in enumerate(raw):
        following = raw[index + 1] if index + 1 < len(raw) else None
        tagged.append(Piece(piece.text, piece.start, piece.end, _tag(piece, tagged, following)))
    return tagged


def _tag(piece: Piece, before: list[Piece], following: Piece | None) -> Tag:
    word = piece.lower
    if not word[0].isalnum():
        return "punct"
    if is_number(word):
        return "number"
    if word == "that" and before and before[-1].tag in {"noun", "number"}:
        return "sub"
    for words, tag in CLOSED:
        if word in words:
            return tag
    if word in adverbs() or (
        word.endswith("ly") and len(word) > 4 and word not in {"family", "supply", "fly", "butterfly"}
    ):
        return "adv"
    return _tag_open(piece, before, following)


def _tag_open(piece: Piece, before: list[Piece], following: Piece | None) -> Tag:
    word = piece.lower
    last = before[-1] if before else None
    form = verb_forms().get(word)
    if form is None and word.endswith("ed") and last is not None and last.tag == "aux":
        return "verb"
    if last is None:
        following_form = verb_forms().get(following.lower) if following else None
        acts = following_form is not None and "third" in following_form.kinds  # "Light travels …"
        return "adj" if word in adjectives() and not acts else "noun"
    if form is None or piece.text[0].isupper():
        return "adj" if word in adjectives() else "noun"
    return _tag_verb_form(word, form, before, following)


def _tag_verb_form(word: str, form: VerbForm, before: list[Piece], following: Piece | None) -> Tag:
    """A form of a verb may also be a noun ("the use") or an adjective ("the heated air")."""
    last = before[-1]
    after_aux = last.tag == "aux" or (last.tag == "adv" and len(before) > 1 and before[-2].tag == "aux")
    to_verb = last.lower == "to" and "base" in form.kinds and not (form.noun_first and _opens_noun(following))
    if to_verb or (after_aux and form.kinds != {"ing"}):
        return "verb"
    if form.kinds == {"ing"}:
        return "ing"
    if last.tag in {"det", "adj", "prep", "number"} or (last.tag == "punct" and last.text == "-"):
        return "adj" if form.kinds <= {"past", "participle"} or word in adjectives() else "noun"
    describes = word in adjectives() and following is not None and verb_forms().get(following.lower) is None
    if describes and last.tag not in {"pron", "noun"}:
        return "adj"
    return "verb" if last.tag == "pron" and not describes else "verb?"


def _opens_noun(following: Piece | None) -> bool:
    return (
        following is None or not following.text[0].isalnum() or following.lower in PREPOSITIONS | CONJUNCTIONS
    )


def parse(sentence: str) -> Clause | None:
    """The main clause of a plain statement, or None where the cut would be a guess."""
    pieces = read_pieces(sentence.rstrip(".!… "))
    if not pieces or any(piece.text in {";", ":", "(", ")", '"', "“", "”", "–", "—"} for piece in pieces):
        return None
    start = _skip_lead(pieces)
    if start is None:
        return None
    verb = _find_verb(pieces, start)
    if verb is None:
        return None
    index, form = verb
    if any(piece.tag == "punct" and piece.text == "," for piece in pieces[start:index]):
        return None  # an apposition or a list inside the subject
    return Clause(tuple(pieces), start, index, form)


def _skip_lead(pieces: list[Piece]) -> int | None:
    """Where the subject starts: after "In spring," or "When water freezes,". None: a lead without its
    comma.
    """
    if pieces[0].lower not in LEADS:
        return 0
    for index, piece in enumerate(pieces):
        if piece.text == ",":
            return index + 1 if index + 2 < len(pieces) else None
    return None


def _find_verb(pieces: list[Piece], start: int) -> tuple[int, Literal["aux", "base", "third", "past"]] | None:
    candidates: list[tuple[int, Literal["aux", "base", "third", "past"], bool]] = []
    for index in range(start + 1, len(pieces)):
        piece = pieces[index]
        subject = pieces[start:index]
        if piece.tag == "sub" or piece.text == "," or (candidates and piece.tag in {"conj", "prep"}):
            break
        if piece.tag == "ing" and not candidates and index > start + 1:
            break  # "Animals living in caves …": the verb comes after a clause of its own
        if piece.tag == "aux":
            candidates.append((index, _aux_form(pieces, index), False))
            break
        if piece.tag in {"verb", "verb?"}:
            form = _agreeing_form(piece, subject)
            if form is not None:
                candidates.append((index, form, verb_forms()[piece.lower].noun_first))
    return _choose(candidates, pieces)


def _choose(
    candidates: list[tuple[int, Literal["aux", "base", "third", "past"], bool]], pieces: list[Piece]
) -> tuple[int, Literal["aux", "base", "third", "past"]] | None:
    sure = [candidate for candidate in candidates if not candidate[2]]
    if len(sure) == 1:
        index, form, _ = sure[0]
        earlier = [one for one in candidates if one[0] < index and one[1] != "third"]
        if form == "past" and _may_be_participle(pieces, index):
            return None
        return None if earlier and form == "aux" and not _is_compound(earlier, index) else (index, form)
    if not sure and len(candidates) == 1:
        return candidates[0][:2]
    if len(sure) == 2 and sure[0][1] == "past" and sure[1][1] == "aux":
        return None
    if len(sure) >= 2 and sure[0][1] != "past" and sure[1][1] != "aux":
        return sure[0][:2]
    return None


def _may_be_participle(pieces: list[Piece], index: int) -> bool:
    """ "Roads built by Romans …", "a pizza cut into slices is …": the verb of the sentence comes later."""
    verb = verb_forms().get(pieces[index].lower)
    if verb is None or "participle" not in verb.kinds:
        return False
    rest = pieces[index + 1 :]
    return any(piece.tag == "aux" for piece in rest) or (bool(rest) and rest[0].lower == "by")


def _is_compound(
    earlier: list[tuple[int, Literal["aux", "base", "third", "past"], bool]], index: int
) -> bool:
    return all(one[2] and one[0] == index - 1 for one in earlier)


def _aux_form(pieces: list[Piece], index: int) -> Literal["aux", "base", "third", "past"]:
    """ "have" before a participle is an auxiliary, before anything else a verb of its own."""
    word = pieces[index].lower
    forms: dict[str, Literal["base", "third", "past"]] = {
        "have": "base", "has": "third", "had": "past", "do": "base", "does": "third", "did": "past",
    }  # fmt: skip
    if word not in forms:
        return "aux"
    after = [
        piece
        for piece in pieces[index + 1 : index + 4]
        if piece.lower in {"been", "not"} or (piece.tag != "adv" and piece.lower != "since")
    ]
    form = verb_forms().get(after[0].lower) if after else None
    wanted = "participle" if word.startswith("ha") else "base"
    is_participle = form is not None and wanted in form.kinds and after[0].lower not in adjectives()
    if form is None and after and word.startswith("ha") and after[0].lower.endswith("ed"):
        return "aux"
    if (after and after[0].lower in {"been", "not"}) or is_participle:
        return "aux"
    return forms[word]


def _agreeing_form(piece: Piece, subject: list[Piece]) -> Literal["base", "third", "past"] | None:
    kinds = verb_forms()[piece.lower].kinds
    number = find_number(subject)
    if number is None:
        return None
    if "past" in kinds and "base" not in kinds:
        return "past"
    if "third" in kinds and number in {"singular", "either"}:
        return "third"
    if "base" in kinds and number in {"plural", "either"}:
        return "base"
    return "past" if "past" in kinds and number == "singular" else None


def find_number(subject: list[Piece] | tuple[Piece, ...]) -> Literal["singular", "plural", "either"] | None:
    """Singular or plural, judged by the noun before the first preposition; None without a noun."""
    head: Piece | None = None
    for piece in subject:
        if piece.tag == "prep" and head is not None:
            break
        if piece.tag in {"noun", "pron", "verb?", "adj"} and not (piece.tag == "adj" and head):
            head = piece
    if head is None or not any(piece.tag in {"noun", "pron", "verb?", "adj", "ing"} for piece in subject):
        return None
    if any(piece.lower == "and" for piece in subject) or head.lower in {"they", "we", "you", "i"}:
        return "plural"
    first = subject[0].lower
    if first in {"each", "every", "a", "an", "this", "that"}:
        return "singular"
    if first in {"these", "those", "many", "most", "both", "several", "few", "all", "two", "three", "four"}:
        return "plural"
    if head.lower in EITHER_NUMBER:
        return "either"
    return "plural" if is_plural(head.text) else "singular"
