"""From a judge's answers to verdicts.

The judge is not trusted: a quote that does not stand in the material, an answer that is not among the
choices, or none at all, is "unsure", and unsure is a review.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.providers.base import JudgeAnswer, JudgeQuestion
from pipeline.quality.asks import AGAIN, QUIZ, Ask, Template, claims_by_id, templates
from pipeline.quality.findings import Check, Evidence, Verdict
from pipeline.quality.material import Material, Report
from pipeline.quality.words import collapse

UNSURE = "unsure"
SURE_ENOUGH = 0.85  # a "no finding" below this leaves a chance of 0.15 that there is one: review
LEAST_CONFIDENCE = 0.8  # of an answer from the transcript
FEWEST_WORDS = 3  # of a quote that shows something
GIVES_AWAY = 0.9  # confidence without the film from which on it is noted
LOW_MARK, FAIR_MARK = 3, 4
LOW_SCORE, FAIR_SCORE = 0.70, 0.85
MARKS = "\"“”‘’' "


@dataclass
class Judged:
    """What a judge's answers come to: checks, and the share of satisfied points, None where none count."""

    checks: list[Check] = field(default_factory=list)
    score: float | None = None


def trust_answers(
    questions: Sequence[JudgeQuestion], answers: Sequence[JudgeAnswer], texts: Sequence[tuple[str, str]]
) -> dict[str, JudgeAnswer]:
    """An answer for every question by id, as far as it can be trusted; the rest is "unsure" with the reason.

    Quotes must be literal parts of a text of the material (white space aside).
    """
    given: dict[str, JudgeAnswer] = {}
    twice: set[str] = set()
    for answer in answers:
        if answer.id in given:
            twice.add(answer.id)
        given[answer.id] = answer
    known = [collapse(text) for label, text in texts if label != QUIZ]
    return {question.id: _trust(question, given.get(question.id), twice, known) for question in questions}


def _trust(
    question: JudgeQuestion, answer: JudgeAnswer | None, twice: set[str], known: Sequence[str]
) -> JudgeAnswer:
    if answer is None:
        return JudgeAnswer(question.id, UNSURE, comment="The judge gave no answer")
    if answer.id in twice:
        return replace(answer, answer=UNSURE, quotes=(), comment="The judge answered twice")
    if answer.answer != UNSURE and answer.answer not in question.choices:
        return replace(answer, answer=UNSURE, quotes=(), comment="The answer is none of the choices")
    if answer.confidence is not None and not 0.0 <= answer.confidence <= 1.0:
        answer = replace(answer, confidence=None)
    quotes = tuple(collapse(quote).strip(MARKS) for quote in answer.quotes)
    if any(not quote or not any(quote in text for text in known) for quote in quotes):
        comment = "The judge quotes words that do not stand in the material"
        return replace(answer, answer=UNSURE, quotes=(), comment=comment)
    return replace(answer, quotes=quotes)


def judge_filter(
    name: str, material: Material, asks: Sequence[Ask], answers: Mapping[str, Sequence[JudgeAnswer]]
) -> Judged:
    """The checks of a filter from the answers of its asks (by the ask's name)."""
    trusted: dict[str, JudgeAnswer] = {}
    for ask in asks:
        if ask.name == AGAIN and AGAIN not in answers:
            continue  # nobody gave a second opinion
        trusted |= trust_answers(ask.questions, answers.get(ask.name, ()), ask.material.texts)
    report = Report(material)
    if name == "factual_accuracy":
        _judge_facts(report, trusted)
        return Judged(report.checks)
    if name == "age_appropriateness":
        _judge_marks(report, templates(name), trusted)
        return Judged(report.checks)
    if name == "educational_value":
        score = _judge_value(report, templates(name), trusted)
        return Judged(report.checks, score)
    for template in templates(name).values():
        _judge_point(report, f"content.judge-{template.id}", template, trusted[template.id])
    return Judged(report.checks)


# --------------------------------------------------------------------------- closed questions


def _judge_point(report: Report, rule: str, template: Template, answer: JudgeAnswer) -> bool:
    """A yes/no point: the bad answer blocks, unsure or hardly sure is a review. Returns whether it passes."""
    verdict: Verdict = "pass"
    if answer.answer == template.bad:
        verdict = "block"
        if template.bad == "yes" and template.quoted and not answer.quotes:
            verdict = "review"  # a finding that the judge cannot show is a doubt
        elif answer.confidence is not None and answer.confidence < 0.5:
            verdict = "review"
    elif answer.answer == UNSURE or (answer.confidence is not None and answer.confidence < SURE_ENOUGH):
        verdict = "review"
    report.add(rule, verdict, _words(template.text, answer), _place(report.material, answer))
    return verdict == "pass"


def _words(question: str, answer: JudgeAnswer) -> str:
    asked = question.split("?", maxsplit=1)[0] + "?"
    said = f"{asked} The judge says {answer.answer}"
    return f"{said}: {answer.comment}" if answer.comment else said


def _place(material: Material, answer: JudgeAnswer) -> Evidence | None:
    """Where the first quote stands: in a text of the film, else in the notes; None without a quote."""
    for quote in answer.quotes:
        for field_name, text in material.texts():
            start = text.find(quote)
            if start >= 0:
                return material.evidence(field_name, span=(start, start + len(quote)), quote=quote)
        for note in material.note_sentences.values():
            if quote in note.text or note.text in quote:
                return material.evidence("notes", span=(note.start, note.end), quote=quote, source=note.id)
        return Evidence(field="", quote=quote)
    return None


# --------------------------------------------------------------------------- facts


def _judge_facts(report: Report, answers: Mapping[str, JudgeAnswer]) -> None:
    material = report.material
    for key, sentence in claims_by_id(material).items():
        claim, world = answers[f"claim.{key}"], answers[f"world.{key}"]
        said, verdict = _weigh_claim(claim, shown=_source_of(material, claim) is not None)
        place = material.evidence(
            sentence.field,
            span=(sentence.start, sentence.end),
            quote=sentence.text,
            source=_source_of(material, claim),
        )
        report.add("accuracy.judge-claim", verdict, _with_comment(said, claim), place)
        if claim.answer != "not_a_claim":
            thought, grave = _weigh_world(world)
            report.add("accuracy.judge-world", grave, _with_comment(thought, world), place)
        again = answers.get(f"{AGAIN}.{key}")
        if again is not None:
            _compare_opinions(report, claim, again, place)
    for number, question in enumerate(material.questions, 1):
        answer = answers.get(f"false.{number}")
        if answer is None:
            continue
        text = str(question["question"])
        by_answer: dict[str, Verdict] = {"yes": "pass", "no": "block"}
        report.add(
            "accuracy.judge-false",
            by_answer.get(answer.answer, "review"),
            _with_comment(
                "What the question asks is false in the world: the judge says " + answer.answer, answer
            ),
            material.evidence(f"questions.{number - 1}.question", span=(0, len(text)), quote=text),
        )


def _compare_opinions(report: Report, claim: JudgeAnswer, again: JudgeAnswer, place: Evidence | None) -> None:
    """Two judges of one sentence: unless both are sure and of one mind, a person looks. A second opinion
    never acquits: what the first has found stays."""
    is_supported = claim.answer in {"supported", "not_a_claim"}
    agree = UNSURE not in {claim.answer, again.answer} and is_supported == (again.answer == "yes")
    said = f"Do the notes support this? A second opinion says {again.answer}"
    report.add("accuracy.second-opinion", "pass" if agree else "review", _with_comment(said, again), place)


def _weigh_claim(answer: JudgeAnswer, *, shown: bool) -> tuple[str, Verdict]:
    """Supported and contradicted need words of the notes to show for it; the script's own do not count."""
    if answer.answer in {"supported", "contradicted"} and not shown:
        return "The judge has no words of the notes to show", "review"
    known: dict[str, tuple[str, Verdict]] = {
        "supported": ("The notes support this", "pass"),
        "contradicted": ("The notes contradict this", "block"),
        "not_in_notes": ("The notes do not say this", "review"),
        "not_a_claim": ("This claims nothing", "pass"),
    }
    return known.get(answer.answer, ("The judge is unsure whether the notes support this", "review"))


def _weigh_world(answer: JudgeAnswer) -> tuple[str, Verdict]:
    known: dict[str, tuple[str, Verdict]] = {
        "agrees": ("The judge holds this to be true", "pass"),
        "disagrees": ("The judge holds this to be wrong", "block"),
    }
    return known.get(answer.answer, ("The judge is unsure whether this is true", "review"))


def _with_comment(said: str, answer: JudgeAnswer) -> str:
    return f"{said}: {answer.comment}" if answer.comment else said


def _source_of(material: Material, answer: JudgeAnswer) -> int | None:
    """The note sentence that the judge shows; a word or two show nothing."""
    for quote in answer.quotes:
        if len(quote.split()) < FEWEST_WORDS:
            continue
        for note in material.note_sentences.values():
            if quote in note.text or note.text in quote:
                return note.id
    return None


# --------------------------------------------------------------------------- marks and lists


def _judge_marks(report: Report, known: Mapping[str, Template], answers: Mapping[str, JudgeAnswer]) -> None:
    for key in known:
        answer = answers[key]
        verdict: Verdict = "review"
        if answer.answer.isdigit():
            mark = int(answer.answer)
            verdict = "block" if mark < LOW_MARK else "review" if mark < FAIR_MARK else "pass"
        report.add(
            f"age.judge-{key}",
            verdict,
            _with_comment(f"The judge gives {answer.answer} of 5 for {key} (at least {FAIR_MARK})", answer),
            _place(report.material, answer),
        )


def _judge_value(report: Report, known: Mapping[str, Template], answers: Mapping[str, JudgeAnswer]) -> float:
    points = [
        _judge_point(report, f"value.judge-{key}", template, answers[key])
        for key, template in known.items()
        if key not in {"blind", "told"}
    ]
    for number, question in enumerate(report.material.questions, 1):
        points.append(_judge_told(report, number, bool(question["answer"]), answers[f"told.{number}"]))
        _note_blind(report, number, bool(question["answer"]), answers[f"blind.{number}"])
    score = round(sum(points) / max(1, len(points)), 3)
    verdict: Verdict = "block" if score < LOW_SCORE else "review" if score < FAIR_SCORE else "pass"
    report.add("value.judge-score", verdict, f"{score:.0%} of the points are met (at least {FAIR_SCORE:.0%})")
    return score


def _judge_told(report: Report, number: int, right: bool, answer: JudgeAnswer) -> bool:
    """From the transcript alone the judge must give the right answer, sure, and with the sentence."""
    wanted = "yes" if right else "no"
    verdict: Verdict = "pass"
    says = "The transcript alone gives the right answer"
    if answer.answer != wanted:
        verdict = "block"
        says = f"From the transcript alone the judge answers {answer.answer}, not {wanted}: it is ambiguous"
    elif not answer.quotes or answer.confidence is None:
        verdict, says = "review", "The judge answers right, but shows no sentence or no confidence"
    elif answer.confidence < LEAST_CONFIDENCE:
        verdict = "block"
        says = f"The judge is only {answer.confidence:.0%} sure of the right answer: it is ambiguous"
    _add_question(report, "value.judge-told", verdict, _with_comment(says, answer), number)
    return verdict == "pass"


def _note_blind(report: Report, number: int, right: bool, answer: JudgeAnswer) -> None:
    """A model knows school facts, so this proves nothing; it is only told."""
    knows = answer.answer == ("yes" if right else "no") and (answer.confidence or 0.0) > GIVES_AWAY
    says = "answers this without the film" if knows else "does not know this without the film"
    _add_question(report, "value.judge-blind", "pass", f"The judge {says}", number)


def _add_question(report: Report, rule: str, verdict: Verdict, says: str, number: int) -> None:
    text = str(report.material.questions[number - 1]["question"])
    place = report.material.evidence(f"questions.{number - 1}.question", span=(0, len(text)), quote=text)
    report.add(rule, verdict, says, place)
