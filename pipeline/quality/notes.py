"""The creator's notes before any work begins: numbered sentences, and everything that stops a film from
being made.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from pipeline.author import shelf
from pipeline.author.facts import FEWEST_FACTS, find_facts
from pipeline.quality.audience import AUDIENCES, LONGEST_SECONDS, SHORTEST_SECONDS
from pipeline.quality.findings import Evidence, Finding
from pipeline.quality.language import find_language
from pipeline.quality.listed import find_listed_words
from pipeline.quality.personal import DOUBTFUL, PersonalDatum, find_personal_data
from pipeline.quality.sentences import NoteSentence, injected_lines, plain, split, tidy

__all__ = ["NoteSentence", "check_brief", "check_phrases", "find_named", "plain", "split"]

LONGEST_NOTES = 20_000  # characters
LONGEST_CONCEPT = 200
NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffd\ufffe\uffff]")
TOLERATED = DOUBTFUL | {"web address"}  # their sentences are not narrated; they do not stop the brief


def check_brief(
    concept: str, age_group: str, notes: str, target_seconds: int = 70, language: str = "en"
) -> list[Finding]:
    """What is wrong with a brief, gravest first; a finding that `blocks` means that no work may start.

    Called by whoever takes a brief (studio, API) and again by the script step. Without notes the
    shelf of checked notes is tried.
    """
    findings = list(_check_form(concept, age_group, notes, target_seconds, language))
    if any(finding.code in {"creator:notes-too-long", "creator:notes-not-text"} for finding in findings):
        return findings  # no use, and much work, to look further into such a text
    material, _ = shelf.find_material(concept, notes)
    findings.extend(_check_language(material))
    for field, text in (("concept", concept), ("notes", notes)):
        findings.extend(_check_content(field, text))
    if not any(finding.code == "creator:language-not-supported" for finding in findings):
        findings.extend(_check_facts(concept, notes, material))
    return sorted(findings, key=lambda finding: not finding.blocks)


def check_phrases(field: str, phrases: Iterable[str]) -> list[Finding]:
    """The same for phrases that a film shall or shall not say: they go to the author too."""
    return [one for text in phrases for one in _check_content(field, text, called="wishes")]


def find_named(text: str) -> PersonalDatum | None:
    """The first personal datum of a text that must not reach a vendor; None: it may go out."""
    return next((datum for datum in find_personal_data(text) if datum.kind not in DOUBTFUL), None)


def _block(code: str, message: str, evidence: Evidence | None = None) -> Finding:
    return Finding(code, "block", message, evidence)


def _check_form(
    concept: str, age_group: str, notes: str, target_seconds: int, language: str
) -> Iterator[Finding]:
    if not concept.strip():
        yield _block(
            "creator:concept-missing", "The concept is empty. Say in a few words what the film is about."
        )
    if len(concept) > LONGEST_CONCEPT:
        yield _block(
            "creator:concept-too-long",
            f"The concept has {len(concept)} characters; at most {LONGEST_CONCEPT} are allowed. Put "
            f"details in the notes.",
        )
    if age_group not in AUDIENCES:
        known = ", ".join(AUDIENCES)
        yield _block(
            "creator:age-group-unknown", f"There is no age group “{age_group[:20]}”. Choose one of {known}."
        )
    if not SHORTEST_SECONDS <= target_seconds <= LONGEST_SECONDS:
        yield _block(
            "creator:length-out-of-range",
            f"A film of {target_seconds} seconds was asked for; choose a length from 45 to 90 seconds.",
        )
    if language != "en":
        yield _block(
            "creator:language-not-supported", f"Films are made in English for now, not in “{language[:20]}”."
        )
    if len(notes) > LONGEST_NOTES:
        yield _block(
            "creator:notes-too-long",
            f"The notes have {len(notes):,} characters; at most {LONGEST_NOTES:,} are allowed. Keep "
            f"the best page or two.",
        )
    for field, text in (("notes", notes), ("concept", concept)):
        strange = NOT_TEXT.search(text)
        if strange:
            yield _block(
                "creator:notes-not-text",
                f"The {field} hold characters that no text has, as a copied file does. Paste plain text.",
                Evidence(field, strange.span()),
            )


def _check_language(notes: str) -> Iterator[Finding]:
    language = find_language(notes)
    if language != "English":
        yield _block(
            "creator:language-not-supported",
            f"The notes seem to be written in {language}. Films are made from English notes for now: "
            f"paste English text.",
        )


def _check_content(field: str, text: str, *, called: str = "") -> Iterator[Finding]:
    called = called or field
    for datum in find_personal_data(text):
        if datum.kind not in TOLERATED:
            yield _block(
                "creator:personal-data",
                f"The {called} hold what looks like {'an' if datum.kind[0] in 'aei' else 'a'} {datum.kind}: "
                f"“{datum.text}”. Take it out; films and vendors never get personal data.",
                Evidence(field, (datum.start, datum.end), datum.text),
            )
    for word in find_listed_words(text):
        if word.blocked:
            yield _block(
                "creator:content-refused",
                f"The {called} hold “{word.text}”, which has no place in a film for children. Take it out.",
                Evidence(field, (word.start, word.end), word.text),
            )
    for line in injected_lines(text):
        verdict: Literal["review", "block"] = "review" if field == "notes" else "block"
        yield Finding(
            "creator:instruction-in-notes" if field == "notes" else "creator:content-refused",
            verdict,
            f"A line of the {called} gives orders to a machine instead of telling a fact. "
            + ("It was left out." if field == "notes" else "Say what the film is about."),
            Evidence(field, (line.start, line.end), line.text[:200]),
        )


def _check_facts(concept: str, notes: str, material: str) -> Iterator[Finding]:
    if not material.strip():
        yield _block(
            "creator:too-few-facts",
            "There are no notes, and our shelf has none on this concept. Paste 150 to 600 words of notes, "
            "one fact a sentence.",
        )
        return
    found = len(find_facts(material, concept=concept))
    if found < FEWEST_FACTS:
        yield _block("creator:too-few-facts", too_few_message(found, has_words=bool(tidy(notes))))


def too_few_message(found: int, *, has_words: bool = True) -> str:
    """Why so few facts are too few, and what to do."""
    said = (
        f"The notes hold {found} usable {'fact' if found == 1 else 'facts'}"
        if has_words
        else "The notes hold no facts"
    )
    return f"{said}; a film needs at least {FEWEST_FACTS}. Add plain statements, one fact a sentence."
