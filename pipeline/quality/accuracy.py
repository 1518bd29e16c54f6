"""Filter two, factual_accuracy: what the film says against the notes, by code alone."""

from __future__ import annotations

from pipeline.quality.claims import check_claims
from pipeline.quality.findings import Check
from pipeline.quality.likeness import names_of
from pipeline.quality.material import Material, Report, Sentence, without_frame
from pipeline.quality.questioning import check_answer
from pipeline.quality.sentences import plain
from pipeline.quality.words import collapse, content_stems, stem, tokens

PASSED = {
    "accuracy.number-not-in-notes": "Every number of the film is in the notes",
    "accuracy.number-attached-otherwise": "Every number belongs to what the notes give it to",
    "accuracy.contradicts-notes": "No sentence says the opposite of the notes",
    "accuracy.word-exchanged": "No sentence of the notes is told with one word exchanged",
    "accuracy.name-not-in-notes": "Every name is in the notes",
    "accuracy.words-not-in-notes": "The narration keeps to the words of the notes",
    "accuracy.source-missing": "Every source is a sentence of the notes",
    "accuracy.no-source": "Every narrated statement names its source",
    "accuracy.quote-not-in-notes": "Every question quotes the notes",
    "accuracy.answer-contradicted": "No answer is contradicted by its own evidence",
    "accuracy.confirm-false": "No question was made by altering a statement",
}


def check_accuracy(material: Material) -> list[Check]:
    """Numbers, words, names, quotes and sources of the narration and the quiz are looked up in the notes."""
    report = Report(material)
    known = {stem(token.text) for token in tokens(plain(material.notes))}
    for sentence in material.sentences:
        _check_sources(report, sentence)
        if sentence.is_claim:
            _check_words(report, sentence, known)
            _check_names(report, sentence, known)
    check_claims(report)
    _check_quiz(report)
    if material.notes_origin == "model":
        report.add(
            "accuracy.notes-by-model", "review", "The facts were listed by a model; nobody has checked them"
        )
    for rule, message in PASSED.items():
        report.passed(rule, message)
    return report.checks


def _check_sources(report: Report, sentence: Sentence) -> None:
    missing = [source for source in sentence.sources if source not in report.material.note_sentences]
    whole = report.material.evidence(sentence.field, span=(sentence.start, sentence.end), quote=sentence.text)
    if missing:
        report.add("accuracy.source-missing", "block", f"The notes have no sentence {missing[0]}", whole)
    if not sentence.sources and sentence.is_claim and _claims(sentence.text):
        report.add("accuracy.no-source", "review", "This statement names no sentence of the notes", whole)


def _claims(text: str) -> bool:
    """A bridge ("Let's find out!", "Are you ready …", "Now say …") claims nothing."""
    return not text.rstrip().endswith("!") and not text.startswith(("Now say ", "Let's "))


def _check_words(report: Report, sentence: Sentence, known: set[str]) -> None:
    """More than half of the content words absent from the notes: the sentence says something else."""
    text = without_frame(sentence.text)
    told = content_stems(text)
    if not told or not _claims(text):
        return
    absent = [word for word in told if word not in known]
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


def _check_names(report: Report, sentence: Sentence, known: set[str]) -> None:
    for name, start, end in names_of(without_frame(sentence.text)):
        if stem(name) not in known:
            offset = sentence.start + len(sentence.text) - len(without_frame(sentence.text))
            report.add(
                "accuracy.name-not-in-notes",
                "review",
                f"“{name}” is not in the notes",
                report.material.evidence(
                    sentence.field,
                    span=(offset + start, offset + end),
                    quote=name,
                    source=sentence.sources[0] if sentence.sources else None,
                ),
            )


def _check_quiz(report: Report) -> None:
    notes = plain(report.material.notes)
    for index, question in enumerate(report.material.questions):
        quote = collapse(str(question.get("evidence_quote") or ""))
        place = f"questions.{index}.question"
        text = str(question["question"])
        ids = [int(source) for source in question.get("source_ids") or ()]
        here = report.material.evidence(
            place, span=(0, len(text)), quote=text, source=ids[0] if ids else None
        )
        if not quote or quote not in notes:
            report.add(
                "accuracy.quote-not-in-notes",
                "block",
                "The quoted evidence is not in the notes",
                report.material.evidence(place, quote=quote or text),
            )
        if any(source not in report.material.note_sentences for source in ids):
            report.add(
                "accuracy.source-missing",
                "block",
                f"Question {index + 1} points at a sentence that the notes do not have",
                here,
            )
        wrong = check_answer(
            text, str(question.get("evidence_sentence") or ""), answer=bool(question["answer"])
        )
        if wrong:
            report.add("accuracy.answer-contradicted", "block", wrong, here)
        if question.get("must_confirm"):
            report.add(
                "accuracy.confirm-false",
                "review",
                "This question alters a true statement; confirm that its answer is no in the world, "
                "not only in the notes",
                here,
            )
