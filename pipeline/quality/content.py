"""Filter one, inappropriate_content: words, personal data and orders to machines, in every text of the
film.
"""

from __future__ import annotations

from pipeline.quality.findings import Check
from pipeline.quality.listed import find_listed_words
from pipeline.quality.material import Material, Report
from pipeline.quality.personal import find_personal_data
from pipeline.quality.sentences import injected_lines


def check_content(material: Material) -> list[Check]:
    """Block list (never overridden), review list, personal data, injection phrases; notes included."""
    report = Report(material)
    for place, text in [*material.texts(), ("notes", material.notes)]:
        _check_words(report, place, text)
        _check_personal_data(report, place, text)
    for line in injected_lines(material.notes):
        report.add(
            "content.instruction-in-notes",
            "review",
            "A line of the notes gives orders to a machine; it was left out of the material",
            material.evidence("notes", span=(line.start, line.end), quote=line.text[:200]),
        )
    report.passed("content.blocked-word", "No word of the block list in any text")
    report.passed("content.review-word", "No word of the review list in any text")
    report.passed("content.personal-data", "No personal data in any text")
    report.passed("content.instruction-in-notes", "No orders to a machine in the notes")
    return report.checks


def _check_words(report: Report, place: str, text: str) -> None:
    for word in find_listed_words(text):
        if place == "notes" and not word.blocked:
            continue  # only what is told needs a look
        report.add(
            "content.blocked-word" if word.blocked else "content.review-word",
            "block" if word.blocked else "review",
            f"“{word.text}” has no place in a film for children"
            if word.blocked
            else f"“{word.text}”: right for this age?",
            report.material.evidence(place, span=(word.start, word.end), quote=word.text),
        )


def _check_personal_data(report: Report, place: str, text: str) -> None:
    for datum in find_personal_data(text):
        if place == "notes" and datum.kind in {"web address", "school"}:
            continue
        report.add(
            "content.school-named" if datum.kind == "school" else "content.personal-data",
            "review" if datum.kind == "school" else "block",
            f"“{datum.text}” looks like a {datum.kind}".replace("a e-", "an e-").replace("a acc", "an acc"),
            report.material.evidence(place, span=(datum.start, datum.end), quote=datum.text),
        )
