"""Three yes/no questions from what the film says: statements as they stand for yes, changed once for no."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.author.altering import Altered, alter
from pipeline.author.asking import Asked, ask
from pipeline.author.casing import Casing
from pipeline.author.facts import leans_on_predecessor
from pipeline.author.grammar import parse
from pipeline.providers.base import NarratedSentence, Question
from pipeline.quality.audience import audience
from pipeline.quality.sentences import NoteSentence, plain, split
from pipeline.quality.words import content_stems, count_words

HOW_MANY = 3
LONGER_THAN_SENTENCE = 6  # words that a question may have beyond the sentence limit of the age group
SAID_BEFORE = ("Did you know? ", "Remember: ")
HEDGE = re.compile(
    r"\b(?:may|might|maybe|perhaps|probably|possibly|could|some (?:scientists|people|experts)|think"
    r"|believe|seems?|likely"
    r"|only|sometimes|usually|often|can be|almost|nearly)\b",
    re.IGNORECASE,
)
NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|hardly|rarely)\b|n['’]t\b",
    re.IGNORECASE,
)
OPINION = re.compile(
    r"\b(?:beautiful|amazing|wonderful|best|worst|nice|lovely|boring|fun|important|great|favourite|interesting|incredible)\b",
    re.IGNORECASE,
)
PATTERNS: tuple[tuple[bool, bool, bool], ...] = (
    (True, False, True), (False, True, True), (True, True, False),
    (False, True, False), (True, False, False), (False, False, True),
)  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """A narrated sentence that a question may be asked about; `doubts` counts what speaks against it."""

    order: int
    scene: int
    sentence: str
    quote: str
    source_ids: tuple[int, ...]
    asked: Asked
    altered: tuple[tuple[Altered, Asked], ...]
    score: float
    doubts: int


class TooFewQuestions(Exception):
    """The narration does not hold three statements that can be asked about."""


def write_questions(
    narration: Sequence[NarratedSentence], *, notes: str, age_group: str, concept: str = ""
) -> list[Question]:
    """Three questions in the order in which they are taught, with one or two yes. The same input gives
    the same.

    Raises TooFewQuestions where fewer than three statements can be asked about.
    """
    candidates = _find_candidates(narration, notes, age_group, concept)
    chosen = sorted(_choose(candidates), key=lambda one: one.order)
    if len(chosen) < HOW_MANY:
        raise TooFewQuestions
    answers = _answers(chosen, concept)
    return [_question(candidate, answer=answer) for candidate, answer in zip(chosen, answers, strict=True)]


def bare_statement(text: str) -> str:
    """A narrated sentence without the film's own phrase before it."""
    for phrase in SAID_BEFORE:
        text = text.removeprefix(phrase)
    return text


def _find_candidates(
    narration: Sequence[NarratedSentence], notes: str, age_group: str, concept: str
) -> list[Candidate]:
    sentences = {sentence.id: sentence for sentence in split(notes)}
    casing = Casing(plain(notes), concept)
    things = _things(narration)
    limit = audience(age_group).sentence_words + LONGER_THAN_SENTENCE
    found: list[Candidate] = []
    seen: set[str] = set()
    for order, narrated in enumerate(narration):
        text = bare_statement(narrated.text)
        quote = _quote(text, narrated.sources, sentences)
        if not quote or text.lower() in seen or text.endswith("?"):
            continue
        seen.add(text.lower())
        asked = ask(text, casing)
        altered = _alterations(
            asked,
            casing=casing,
            things=things,
            sentences=list(sentences.values()),
            limit=limit,
            concept=concept,
        )
        doubts = _count_doubts(text, asked, limit)
        score = _score(asked, altered, casing, doubts)
        found.append(
            Candidate(order, narrated.scene, text, quote, narrated.sources, asked, altered, score, doubts)
        )
    told = sorted({one.scene for one in found})  # counted without moments, which the script does not have yet
    return [replace(one, scene=told.index(one.scene)) for one in found]


def _things(narration: Sequence[NarratedSentence]) -> list[str]:
    """The subjects of the narrated sentences: what an altered statement may be said to be about."""
    things: list[str] = []
    for narrated in narration:
        clause = parse(bare_statement(narrated.text)) if narrated.sources else None
        if (
            clause is None
            or clause.subject_start
            or clause.subject[0].tag == "pron"
            or len(clause.subject) > 3
        ):
            continue
        subject = bare_statement(narrated.text)[: clause.subject[-1].end]
        if subject not in things and not leans_on_predecessor(narrated.text):
            things.append(subject)
    return things


def _quote(text: str, sources: Sequence[int], sentences: dict[int, NoteSentence]) -> str:
    """The note sentence that a narrated sentence rests on most; "" without one."""
    own = set(content_stems(text))
    best, shared = "", 0
    for source in sources:
        if source in sentences:
            common = len(own.intersection(content_stems(sentences[source].text)))
            if common > shared:
                best, shared = sentences[source].text, common
    return best if own and 2 * shared >= len(own) else ""


def _alterations(
    asked: Asked,
    *,
    casing: Casing,
    things: Sequence[str],
    sentences: Sequence[NoteSentence],
    limit: int,
    concept: str,
) -> tuple[tuple[Altered, Asked], ...]:
    seed = int.from_bytes(hashlib.sha256(asked.statement.encode()).digest()[:4])
    told = [set(content_stems(sentence.text)) for sentence in sentences]
    about = set(content_stems(concept))
    found: list[tuple[Altered, Asked]] = []
    for altered in alter(asked.statement, other_things=things, seed=seed):
        meaning = set(content_stems(altered.text))
        if altered.kind < 3 and set(content_stems(altered.old)) <= about and not altered.old[0].isdigit():
            continue  # "the blue whale" is what the film is about, not what it says
        if any(meaning <= one for one in told):
            continue  # the notes say just that somewhere else: it would be true
        question = ask(altered.text, casing)
        if count_words(question.question) <= limit and altered.new.lower() in question.question.lower():
            found.append((altered, question))
    return tuple(found)


def _count_doubts(text: str, asked: Asked, limit: int) -> int:
    doubts = int(bool(HEDGE.search(asked.statement))) + int(bool(OPINION.search(asked.statement)))
    doubts += 2 * int(bool(NEGATION.search(asked.statement)))
    doubts += 2 * int(count_words(asked.question) > limit)
    doubts += 3 * int(leans_on_predecessor(text))
    return doubts


def _score(asked: Asked, altered: Sequence[tuple[Altered, Asked]], casing: Casing, doubts: int) -> float:
    words = count_words(asked.statement)
    score = 1.2 * asked.natural + (0.8 if 4 <= words <= 12 else 0.0) - (1.5 if words < 4 else 0.0)
    score += 0.5 * casing.is_sure(asked.statement.split()[0].strip(",.'\"")) - 1.5 * doubts
    surest = min((one.kind for one, _ in altered), default=9)
    return score + {0: 0.9, 1: 0.6, 2: 0.5}.get(surest, 0.0)


def _choose(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The three best, spread over the film and not alike; doubtful ones only where nothing else is left."""
    chosen: list[Candidate] = []
    for _ in range(HOW_MANY):
        rest = [one for one in candidates if one not in chosen]
        if not rest:
            break
        chosen.append(max(rest, key=lambda one: (_value(one, chosen), -one.order)))
    if chosen and not any(one.altered for one in chosen):
        helper = max((one for one in candidates if one.altered), key=lambda one: one.score, default=None)
        chosen = [*chosen[:-1], helper] if helper else chosen
    return chosen


def _value(candidate: Candidate, chosen: Sequence[Candidate]) -> float:
    value = candidate.score
    own = set(content_stems(candidate.sentence))
    for other in chosen:
        theirs = set(content_stems(other.sentence))
        value -= 1.0 * (candidate.scene == other.scene) + 0.4 * (abs(candidate.scene - other.scene) == 1)
        value -= 1.2 * (len(own & theirs) / max(1, min(len(own), len(theirs))) > 0.6)
    return value


def _answers(chosen: Sequence[Candidate], concept: str) -> tuple[bool, ...]:
    """The pattern of yes and no: turned by a hash of the input, among those whose "no" is surest."""
    digest = hashlib.sha256("\n".join([concept, *(one.sentence for one in chosen)]).encode()).digest()
    turn = digest[0] % len(PATTERNS)
    turned = PATTERNS[turn:] + PATTERNS[:turn]
    return min(turned, key=lambda pattern: _unsureness(chosen, pattern))


def _unsureness(chosen: Sequence[Candidate], pattern: Sequence[bool]) -> float:
    total = 0.0
    for candidate, answer in zip(chosen, pattern, strict=True):
        if not answer:
            total += (
                {0: 0, 1: 0, 2: 0, 3: 1}.get(candidate.altered[0][0].kind, 1) if candidate.altered else 100
            )
            total += 0 if not candidate.altered or candidate.altered[0][1].natural else 0.5
    return total


def _question(candidate: Candidate, *, answer: bool) -> Question:
    question = Question(
        question=candidate.asked.question,
        answer=True,
        explanation=f"Yes. The film says: “{candidate.sentence}”",
        evidence_sentence=candidate.sentence,
        evidence_quote=candidate.quote,
        source_ids=list(candidate.source_ids),
    )
    if answer or not candidate.altered:
        return question
    return replace_question(question, candidate.altered[0][1].question)


def replace_question(question: Question, altered: str) -> Question:
    """The same evidence, asked with one change: the answer is no, and a person must confirm that."""
    return question.model_copy(
        update={
            "question": altered,
            "answer": False,
            "explanation": question.explanation.replace("Yes. ", "No. ", 1),
            "must_confirm": True,
        }
    )
