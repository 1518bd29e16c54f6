"""Whether a question is a fair yes/no question: its form, its words, and what the film says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.quality.findings import Verdict
from pipeline.quality.likeness import compare, count_negations, root
from pipeline.quality.material import Material, Report, Sentence, without_frame
from pipeline.quality.questioning import find_doubt
from pipeline.quality.words import collapse, content_stems, count_words, stem, tokens

QUESTIONS = 3
NARRATED_SHARE = 0.6
EXPLAINED_SHARE = 0.5
LONGER_THAN_SENTENCE = 6
ALIKE = 0.8

YES_NO = re.compile(
    r"^(?:[A-Z0-9][^?]*?, )?(?:is|are|was|were|do|does|did|can|could|will|would|has|have|had|should|must)\b",
    re.IGNORECASE,
)
NEGATED_START = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|can|could|will|would|has|have|had"
    r"|should)n['’]?t\b",
    re.IGNORECASE,
)
DENYING = re.compile(
    r"\b(?:un(?:true|able|likely|usual|safe|healthy|important|necessary|common|equal|like|known|related|fair)"
    r"|in(?:correct|visible|complete|accurate|capable|edible)|im(?:possible|perfect|proper)|ir(?:regular"
    r"|relevant)|dis(?:agree|like|similar)"
    r"|false|wrong|fail(?:s|ed)?|lacks?|lacking|free of|avoids?|refuses?|prevents?|stops? being|denies"
    r"|deny)\b",
    re.IGNORECASE,
)
HEDGED = re.compile(
    r"\b(?:may|might|maybe|perhaps|probably|possibly|sometimes|usually|often|(?<!^)could|likely|generally"
    r"|mostly|normally|typically"
    r"|seems?|appears?|sort of|kind of a|more or less|somewhat|rarely|occasionally|in some cases"
    r"|tends? to|fairly"
    r"|some (?:people|scientists|experts)|almost always|nearly always|roughly|apparently|supposedly)\b",
    re.IGNORECASE,
)
OPINION = re.compile(
    r"\b(?:beautiful|amazing|wonderful|best|worst|nicest|lovely|boring|favou?rite|interesting|incredible"
    r"|awesome|ugly"
    r"|delicious|tasty|yummy|exciting|scary|cute|cutest|enjoyable|impressive|fascinating|should (?:you|we"
    r"|people|everyone|children))\b"
    r"|\b(?:nice|fun|funny|cool|great|good|better|bad|worse|important|pretty|more (?:fun"
    r"|important)(?: than [\w ]{1,40})?)\?"
    r"|\bdo you (?:think|like|believe|agree|feel|prefer|want|enjoy|love)\b|\bin your opinion\b|\bwould you\b",
    re.IGNORECASE,
)
TWO_CLAUSES = re.compile(
    r"\?.*\w.*\?|(?:,? (?:and|or|but)|;) (?:is|are|was|were|do|does|did|can|will|has|have|why|how|what"
    r"|when|where|which)\b"
    r"|\b(?:and|but) (?:it|they|he|she|this|that|these|there) (?:is|are|was|were|do|does|did|can|will|has"
    r"|have|\w+s)\b",
    re.IGNORECASE,
)

PASSED = {
    "value.question-form": "Every question can be answered yes or no",
    "value.question-negation": "No question denies anything",
    "value.question-hedge": "No question is hedged",
    "value.question-opinion": "No question asks for an opinion",
    "value.question-clauses": "Every question asks one thing",
    "value.question-words": "Every question uses words of the narration",
    "value.question-length": "Every question is short enough",
    "value.question-stale": "Every question rests on a sentence that the film says",
    "value.question-unanswerable": "Every question can be answered from the film",
    "value.question-explanation": "Every explanation says what the film says",
    "value.question-duplicate": "No question is asked twice",
}


def check_questions(report: Report) -> None:
    """Every rule over every question, and the rules over the three of them."""
    for index, question in enumerate(report.material.questions):
        _check_form(report, index, question)
        _check_rest(report, index, question)
    _check_all(report)
    for rule, message in PASSED.items():
        report.passed(rule, message)


def _check_form(report: Report, index: int, question: Mapping[str, Any]) -> None:
    text = str(question["question"])

    def add(rule: str, verdict: Verdict, message: str, span: tuple[int, int] | None = None) -> None:
        start, end = span or (0, len(text))
        report.add(
            rule,
            verdict,
            message,
            report.material.evidence(f"questions.{index}.question", span=(start, end), quote=text[start:end]),
        )

    bare = re.sub(r"n['’]t\b", "", text) if NEGATED_START.match(text) else text
    if not YES_NO.match(bare.strip()) or not text.rstrip().endswith("?"):
        add("value.question-form", "review", "This is not a question that yes or no answers")
    negations = count_negations(text)
    denying = DENYING.search(text)
    if negations >= 2 or (negations and denying):
        add("value.question-negation", "block", "A double negation: nobody can be sure what yes means")
    elif negations:
        add(
            "value.question-negation", "review", "A question with a negation is hard to answer with yes or no"
        )
    hedge, opinion = HEDGED.search(text), OPINION.search(text)
    if hedge:
        add("value.question-hedge", "review", "A hedged question has no clear answer", hedge.span())
    if opinion:
        add("value.question-opinion", "review", "A matter of taste has no right answer", opinion.span())
    clauses = TWO_CLAUSES.search(text)
    if clauses:
        add("value.question-clauses", "review", "This asks two things at once", clauses.span())
    most = report.material.limits.sentence_words + LONGER_THAN_SENTENCE
    if count_words(text) > most:
        add("value.question-length", "review", f"{count_words(text)} words; at most {most}")
    told = {stem(token.text) for token in tokens(report.material.narration)}
    own = content_stems(text)
    share = sum(word in told for word in own) / max(1, len(own))
    if share < NARRATED_SHARE:
        add(
            "value.question-words",
            "review",
            f"{share:.0%} of its telling words are narrated; at least {NARRATED_SHARE:.0%}",
        )


def _check_rest(report: Report, index: int, question: Mapping[str, Any]) -> None:
    """Evidence that the film says, an answer that it decides, an explanation that quotes it."""
    material = report.material
    text = str(question["question"])
    place = material.evidence(f"questions.{index}.question", span=(0, len(text)), quote=text)
    evidence = collapse(str(question.get("evidence_sentence") or ""))
    if not evidence or evidence not in collapse(told_text(material)):
        report.add(
            "value.question-stale",
            "block",
            "The film no longer says the sentence that this question rests on",
            place,
        )
        return
    doubt = find_doubt(
        text,
        answer=bool(question["answer"]),
        evidence=evidence,
        context=context_of(material.sentences, evidence),
        narration=told_text(material),
        subject=str(material.script.get("title") or ""),
    )
    if doubt is not None:
        report.add(
            "value.question-unanswerable",
            doubt.verdict,
            doubt.message,
            _evidence_of(material, index, text, doubt.words),
        )
    explanation = str(question.get("explanation") or "")
    if compare(evidence, explanation).share < EXPLAINED_SHARE:
        report.add(
            "value.question-explanation",
            "review",
            "The explanation does not say what the film says about it",
            material.evidence(f"questions.{index}.explanation", quote=explanation or text),
        )


def _evidence_of(material: Material, index: int, text: str, words: Sequence[str]) -> Any:
    spans = [
        (token.start, token.end) for token in tokens(text) if root(token.text) in words or token.text in words
    ]
    span = (spans[0][0], spans[-1][1]) if spans else (0, len(text))
    return material.evidence(f"questions.{index}.question", span=span, quote=text[span[0] : span[1]])


def told_text(material: Material) -> str:
    """What the film says outside its thinking moments, whose questions teach nothing."""
    return " ".join(sentence.text for sentence in material.sentences if sentence.role != "moment")


def context_of(sentences: Sequence[Sentence], evidence: str) -> str:
    """The two sentences before the first that says the evidence: what its pronouns may mean."""
    told = [sentence for sentence in sentences if sentence.role != "moment"]
    for place, sentence in enumerate(told):
        if evidence in collapse(sentence.text) or collapse(without_frame(sentence.text)) == evidence:
            scene = [one for one in told[max(0, place - 2) : place] if one.scene == sentence.scene]
            before = told[max(0, place - 1) : place]
            return " ".join(dict.fromkeys(one.text for one in (*scene, *before)))
    return ""


def _check_all(report: Report) -> None:
    questions = report.material.questions
    report.measure(
        "value.questions",
        float(len(questions)),
        low=float(QUESTIONS),
        high=float(QUESTIONS),
        says="Questions: {value} ({limit})",
        verdict="block",
    )
    both = len({bool(question["answer"]) for question in questions}) == 2
    report.add(
        "value.answers",
        "pass" if both else "review",
        "Yes and no are both among the answers" if both else "All answers are the same",
    )
    for index, question in enumerate(questions):
        text = str(question["question"])
        for earlier in questions[:index]:
            comparison = compare(text, str(earlier["question"]))
            if min(comparison.share, comparison.other_share) >= ALIKE and not comparison.own:
                report.add(
                    "value.question-duplicate",
                    "review",
                    "Two questions ask the same",
                    report.material.evidence(f"questions.{index}.question", span=(0, len(text)), quote=text),
                )
                break
