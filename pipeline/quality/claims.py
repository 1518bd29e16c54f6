"""What the film claims against the notes: its numbers and what they belong to, negations, opposites,
exchanged words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.author.lexicon import verb_forms
from pipeline.quality.findings import Evidence, Verdict
from pipeline.quality.likeness import (
    Comparison,
    compare,
    denies,
    find_place,
    find_swap,
    names_of,
    root,
    telling,
)
from pipeline.quality.material import Material, Report, Sentence, without_frame
from pipeline.quality.quantities import Quantity, claims_of, quantities
from pipeline.quality.sentences import NoteSentence, plain
from pipeline.quality.words import read_list, stem

ALIKE = 0.6  # share of a sentence's telling words in a note sentence, from which on they are compared
HALF = 0.5
CLOSE = 0.75  # from here on they say the same but for what was changed
CLAUSE = re.compile(r"[,;:]|\b(?:and|but|while|whereas|than|however)\b", re.IGNORECASE)
LEANING = re.compile(
    r"^\W*(?:it|its|they|their|he|his|she|her|this|that|these|those|both"
    r"|each)\b",
    re.IGNORECASE,
)
LISTED = frozenset(stem(word) for line in read_list("listing_words.txt") for word in line.split())


@dataclass(frozen=True)
class Noted:
    """A quantity of the notes and the sentence it stands in."""

    quantity: Quantity
    sentence: NoteSentence


def check_claims(report: Report) -> None:
    """Numbers of every shown or told text; negations, opposites and exchanged words of the narration."""
    material = report.material
    noted = [
        Noted(quantity, sentence)
        for sentence in material.note_sentences.values()
        for quantity in quantities(sentence.text)
    ]
    everything = list(quantities(plain(material.notes)))
    before = ""
    for sentence in material.sentences:
        if sentence.is_claim:
            _check_numbers(report, sentence, everything)
            _check_attachments(report, sentence, noted, before)
            _check_against_sources(report, sentence)
        before = sentence.text
    _check_shown_numbers(report, everything)


# --------------------------------------------------------------------------- numbers


def _check_numbers(report: Report, sentence: Sentence, noted: Sequence[Quantity]) -> None:
    material = report.material
    for quantity in claims_of(sentence.text):
        if _is_listing(quantity, sentence) or any(quantity.equals(one) for one in noted):
            continue
        start = sentence.start + quantity.start
        source = sentence.sources[0] if sentence.sources else None
        place = material.evidence(
            sentence.field, span=(start, start + len(quantity.text)), quote=quantity.text, source=source
        )
        _add_missing(report, quantity, place, noted)


def _is_listing(quantity: Quantity, sentence: Sentence) -> bool:
    """ "Three things to know": the film counts its own parts."""
    return quantity.noun in LISTED and not sentence.sources and quantity.dimension == ""


def _add_missing(report: Report, quantity: Quantity, place: Evidence, noted: Sequence[Quantity]) -> None:
    says = f"{quantity.text} is not in the notes"
    if any(one.raw == quantity.raw for one in noted):
        says = f"{quantity.text} stands in the notes with another unit or sense"
    report.add("accuracy.number-not-in-notes", "block", says, place)


def _check_shown_numbers(report: Report, noted: Sequence[Quantity]) -> None:
    """Title, lettering, shown items, glossary, explanations; a narrated figure was looked at there."""
    told = list(quantities(report.material.narration))
    for place, text in report.material.texts():
        if not re.search(r"title|on_screen_text|items|glossary|explanation", place):
            continue
        for quantity in claims_of(text):
            if not any(quantity.equals(one) or quantity.raw == one.raw for one in (*noted, *told)):
                span = (quantity.start, quantity.end)
                here = report.material.evidence(place, span=span, quote=quantity.text)
                _add_missing(report, quantity, here, noted)


def _check_attachments(report: Report, sentence: Sentence, noted: Sequence[Noted], before: str) -> None:
    """A number of the notes that the film gives to something else."""
    for quantity in quantities(sentence.text):
        rivals = [one for one in noted if one.quantity.counts_like(quantity)]
        equal = [one for one in rivals if one.quantity.equals(quantity)]
        other = [one for one in rivals if not one.quantity.equals(quantity)]
        is_one = quantity.text.lower() == "one"
        if not other or (is_one and equal):
            continue
        if not is_one and not equal and quantity.dimension:
            continue  # the figure stands elsewhere, without unit; nothing says to what it belongs
        own = _weights(sentence.text, quantity, before)
        best = max((_closeness(own, one) for one in equal), default=0.0)
        rival = max(other, key=lambda one: _closeness(own, one))
        lead = _closeness(own, rival) - best
        singular = is_one and not equal
        if singular and lead < 2.0:
            continue
        if lead <= 0.0 or (equal and lead < 1.0):
            continue
        verdict: Verdict = "block" if lead >= 2.0 or not equal else "review"
        start = sentence.start + quantity.start
        report.add(
            "accuracy.number-attached-otherwise",
            verdict,
            f"Of this the notes say {rival.quantity.text}, not {quantity.text}: “{rival.sentence.text}”",
            report.material.evidence(
                sentence.field,
                span=(start, start + len(quantity.text)),
                quote=quantity.text,
                source=rival.sentence.id,
            ),
        )


def _clause_of(text: str, start: int, end: int) -> str:
    """The part of a sentence, between its commas and joining words, in which a number stands."""
    first, last = 0, len(text)
    for mark in CLAUSE.finditer(text):
        if mark.end() <= start:
            first = mark.end()
        elif mark.start() >= end:
            last = mark.start()
            break
    return text[first:last]


def _weights(text: str, quantity: Quantity, before: str) -> dict[str, float]:
    """Stems of the sentence: those of the number's own clause count twice, those it leans on half."""
    weights: dict[str, float] = {}
    if LEANING.match(text):
        weights |= dict.fromkeys(telling(before), 1.0)
    weights |= dict.fromkeys(telling(text), 1.0)
    weights |= dict.fromkeys(telling(_clause_of(text, quantity.start, quantity.end)), 2.0)
    for token in telling(quantity.text):
        weights.pop(token, None)
    return weights


def _closeness(own: dict[str, float], noted: Noted) -> float:
    """How much a noted number's surroundings share with a narrated one's."""
    text = noted.sentence.text
    near = set(telling(_clause_of(text, noted.quantity.start, noted.quantity.end)))
    around = set(telling(text))
    return sum(
        weight if word in near else weight / 2.0 if word in around else 0.0 for word, weight in own.items()
    )


# --------------------------------------------------------------------------- sentences against their sources


def _check_against_sources(report: Report, sentence: Sentence) -> None:
    """Does a sentence deny what its nearest sentence of the notes says, or say it with one word exchanged?"""
    material = report.material
    text = without_frame(sentence.text)
    compared = [(note, compare(text, note.text)) for note in material.note_sentences.values()]
    near = [
        (note, comparison)
        for note, comparison in compared
        if comparison.share >= ALIKE
        and (len(comparison.shared) >= 2 or _is_own_source(sentence, note, comparison))
    ]
    if not near or any(_says_the_same(text, note, comparison) for note, comparison in near):
        return
    note, comparison = max(near, key=lambda one: (one[1].share + one[1].other_share, -one[0].id))
    found = _find_denial(text, note, comparison) or _find_exchange(material, text, note, comparison)
    if found is None:
        return
    rule, verdict, says, (start, end) = found
    offset = sentence.start + len(sentence.text) - len(text)
    report.add(
        rule,
        verdict,
        f"{says}: “{note.text}”",
        material.evidence(
            sentence.field, span=(offset + start, offset + end), quote=text[start:end], source=note.id
        ),
    )


def _is_own_source(sentence: Sentence, note: NoteSentence, comparison: Comparison) -> bool:
    """ "It can be switched off": one word besides the pronoun, and the sentence it names as its source."""
    leans = LEANING.match(sentence.text) is not None
    return leans and note.id in sentence.sources and not comparison.own and bool(comparison.shared)


def _says_the_same(text: str, note: NoteSentence, comparison: Comparison) -> bool:
    part, closest = _nearest_clause(text, note.text, comparison)
    same_sense = denies(_own_clause(text, note.text, comparison)) == denies(part)
    comparison = closest if closest.shared == comparison.shared else comparison
    is_whole = not comparison.own and find_swap(text, note.text, comparison) is None
    return same_sense and is_whole and not _is_turned_round(text, note.text, comparison)


Found = tuple[str, Verdict, str, tuple[int, int]]


def _find_denial(text: str, note: NoteSentence, comparison: Comparison) -> Found | None:
    part, closest = _nearest_clause(text, note.text, comparison)
    said = _own_clause(text, note.text, comparison)
    if denies(said) != denies(part):
        verdict: Verdict = "block" if closest.other_share >= HALF else "review"
        says = "The notes deny this"
        if denies(said):
            says = "The notes say that it is so"
        return "accuracy.contradicts-notes", verdict, says, (0, len(text))
    swap = find_swap(text, note.text, comparison)
    if swap is not None:
        verdict = "block" if closest.other_share >= HALF else "review"
        says = f"The notes say “{_as_written(note.text, swap[1])}”, not “{_as_written(text, swap[0])}”"
        return "accuracy.contradicts-notes", verdict, says, find_place(text, swap[0])
    if _is_turned_round(text, note.text, comparison):
        return (
            "accuracy.contradicts-notes",
            "review",
            "The notes say this with the two things the other way round",
            (0, len(text)),
        )
    return None


def _nearest_clause(text: str, note: str, whole: Comparison) -> tuple[str, Comparison]:
    """The clause of a note sentence that says as much of `text` as the whole does, with its comparison."""
    best = (note, whole)
    for clause in CLAUSE.split(note):
        compared = compare(text, clause)
        if len(compared.shared) >= len(whole.shared) and compared.other_share > best[1].other_share:
            best = (clause, compared)
    return best


def _own_clause(text: str, note: str, whole: Comparison) -> str:
    """The clause of the film's sentence that the note sentence speaks of; else the whole sentence."""
    for clause in CLAUSE.split(text):
        if len(compare(clause, note).shared) >= len(whole.shared):
            return clause
    return text


def _find_exchange(material: Material, text: str, note: NoteSentence, comparison: Comparison) -> Found | None:
    """One telling word in the place of another: a thing or name of the notes that they do not put there."""
    if len(comparison.own) != 1 or not comparison.theirs or len(comparison.shared) < 2:
        return None
    if comparison.share < ALIKE or len(comparison.theirs) > 2:
        return None
    word = comparison.own[0]
    start, end = find_place(text, word)
    is_name = any(root(name) == word for name, _, _ in names_of(text)) or text[start:end][:1].isupper()
    noted = {one for sentence in material.note_sentences.values() for one in telling(sentence.text)}
    about = set(telling(str(material.script.get("title") or "")))
    form = verb_forms().get(text[start:end].lower())
    if word in about or (form is not None and not form.noun_first):
        return None  # "Viking women" in a film about Vikings; a verb may be a paraphrase
    if not is_name and word not in noted:
        return None  # a paraphrase; the share of known words is another rule
    names = {root(name) for name, _, _ in names_of(note.text)} | {telling(note.text)[0]}
    sure = is_name and bool(names & set(comparison.theirs)) and comparison.share >= CLOSE
    return (
        "accuracy.word-exchanged",
        "block" if sure else "review",
        f"The notes do not say “{text[start:end]}” here",
        (start, end),
    )


def _is_turned_round(text: str, other: str, comparison: Comparison) -> bool:
    """The same words with first and last thing exchanged: "the Sun goes around the Earth"."""
    if comparison.own or comparison.theirs or len(comparison.shared) < 3:
        return False
    if re.search(r"\b(?:by|and|or|because|so|as)\b", f"{text} {other}", re.IGNORECASE):
        return False
    first, second = telling(text), telling(other)
    if sorted(first) != sorted(second) or len(set(first)) != len(first):
        return False
    return first[0] == second[-1] and first[-1] == second[0]


def _as_written(text: str, wanted: str) -> str:
    start, end = find_place(text, wanted)
    return text[start:end] if (start, end) != (0, len(text)) else wanted
