"""Filter two, factual_accuracy: what the film says against the notes, by code alone."""

from __future__ import annotations

from pipeline.quality.findings import Check
from pipeline.quality.material import Material, Report, Sentence
from pipeline.quality.sentences import plain
from pipeline.quality.words import collapse, content_stems, numbers, stem, tokens

FRAMES = ("Did you know? ", "Remember: ", "Think about it: ")  # phrases of the film's own, no claims


def check_accuracy(material: Material) -> list[Check]:
    """Numbers, words, quotes and sources of the narration and the quiz are looked up in the notes."""
    report = Report(material)
    noted = {number.value for number in numbers(plain(material.notes))}
    for sentence in material.sentences:
        _check_sources(report, sentence)
        if sentence.is_claim:
            _check_numbers(report, sentence, noted)
            _check_words(report, sentence)
    _check_quiz(report)
    if material.notes_origin == "model":
        report.add(
            "accuracy.notes-by-model", "review", "The facts were listed by a model; nobody has checked them"
        )
    report.passed("accuracy.number-not-in-notes", "Every narrated number is in the notes")
    report.passed("accuracy.words-not-in-notes", "The narration keeps to the words of the notes")
    report.passed("accuracy.source-missing", "Every source is a sentence of the notes")
    report.passed("accuracy.no-source", "Every narrated statement names its source")
    report.passed("accuracy.quote-not-in-notes", "Every question quotes the notes")
    report.passed("accuracy.confirm-false", "No question was made by altering a statement")
    return report.checks


def _check_sources(report: Report, sentence: Sentence) -> None:
    missing = [source for source in sentence.sources if source not in report.material.note_sentences]
    if missing:
        report.add(
            "accuracy.source-missing",
            "block",
            f"The notes have no sentence {missing[0]}",
            report.material.evidence(
                sentence.field, span=(sentence.start, sentence.end), quote=sentence.text
            ),
        )
    if not sentence.sources and sentence.is_claim and _claims(sentence.text):
        report.add(
            "accuracy.no-source",
            "review",
            "This statement names no sentence of the notes",
            report.material.evidence(
                sentence.field, span=(sentence.start, sentence.end), quote=sentence.text
            ),
        )


def _claims(text: str) -> bool:
    """A bridge ("Let's find out!", "Are you ready …", "Now say …") claims nothing."""
    return not text.rstrip().endswith("!") and not text.startswith(("Now say ", "Let's "))


def _check_numbers(report: Report, sentence: Sentence, noted: set[float]) -> None:
    for number in numbers(sentence.text):
        if number.value not in noted:
            start = sentence.start + number.start
            report.add(
                "accuracy.number-not-in-notes",
                "block",
                f"{number.text} is not in the notes",
                report.material.evidence(
                    sentence.field,
                    span=(start, start + len(number.text)),
                    quote=number.text,
                    source=sentence.sources[0] if sentence.sources else None,
                ),
            )


def _check_words(report: Report, sentence: Sentence) -> None:
    """More than half of the content words absent from the notes: the sentence says something else."""
    text = sentence.text
    for frame in FRAMES:
        text = text.removeprefix(frame)
    told = content_stems(text)
    if not told or not _claims(text):
        return
    noted = {stem(token.text) for token in tokens(plain(report.material.notes))}
    absent = [word for word in told if word not in noted]
    if 2 * len(absent) > len(told):
        report.add(
            "accuracy.words-not-in-notes",
            "review",
            f"{len(absent)} of {len(told)} telling words are not in the notes (at most half)",
            report.material.evidence(
                sentence.field,
                span=(sentence.start, sentence.end),
                quote=sentence.text,
                source=sentence.sources[0] if sentence.sources else None,
            ),
        )


def _check_quiz(report: Report) -> None:
    notes = plain(report.material.notes)
    for index, question in enumerate(report.material.questions):
        quote = collapse(str(question.get("evidence_quote") or ""))
        place = f"questions.{index}.question"
        ids = [int(source) for source in question.get("source_ids") or ()]
        if not quote or quote not in notes:
            report.add(
                "accuracy.quote-not-in-notes",
                "block",
                "The quoted evidence is not in the notes",
                report.material.evidence(place, quote=quote or str(question["question"])),
            )
        if any(source not in report.material.note_sentences for source in ids):
            report.add(
                "accuracy.source-missing",
                "block",
                f"Question {index + 1} points at a sentence that the notes do not have",
                report.material.evidence(place, quote=str(question["question"])),
            )
        if question.get("must_confirm"):
            report.add(
                "accuracy.confirm-false",
                "review",
                "This question alters a true statement; confirm that its answer is no in the world, "
                "not only in the notes",
                report.material.evidence(
                    place, quote=str(question["question"]), source=ids[0] if ids else None
                ),
            )
