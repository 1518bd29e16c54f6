"""A whole script from the notes: every narrated fact is a sentence that somebody pasted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.author import topics
from pipeline.author.facts import FEWEST_FACTS, Fact, find_facts
from pipeline.author.phrases import find_term
from pipeline.author.questions import TooFewQuestions, write_questions
from pipeline.author.ranking import DEFINITION, STRIKING, rank_facts, syllables_a_word
from pipeline.author.selecting import arrange_scenes, choose_facts
from pipeline.author.showing import show, worth_seeing
from pipeline.author.storyboard import THINK, estimate_seconds, lay_out
from pipeline.author.subject import Subject, find_subject
from pipeline.author.timing import speech_seconds
from pipeline.providers.base import (
    Line,
    Moment,
    NarratedSentence,
    Question,
    Script,
    ScriptRequest,
    ScriptScene,
    Term,
)
from pipeline.quality.audience import (
    LONGEST_SECONDS,
    MOMENT_PAUSE,
    SCENE_PAUSE,
    SHORTEST_SECONDS,
    Audience,
    audience,
)
from pipeline.quality.notes import too_few_message
from pipeline.quality.words import content_stems

DID_YOU_KNOW = "Did you know? "
FIND_OUT = " Let's find out!"
REMEMBER = "Remember: "
SAY_IT = "Now say in your own words what you know about "

# The estimate of a voice's pace is good to a few percent; the limits are kept by these margins (seconds).
FLOOR = SHORTEST_SECONDS + 2.5
CEILING = LONGEST_SECONDS - 5.0
NEAR = 4.0  # how close to the wanted length is close enough


class CannotCompose(Exception):
    """No film can be made from these notes; `code` and the message say why and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class _Plan:
    """What stays the same while the length is fitted."""

    request: ScriptRequest
    limits: Audience
    pace: float
    facts: list[Fact]
    scores: list[float]
    subject: Subject


def compose(request: ScriptRequest) -> Script:
    """The script for a request. Raises CannotCompose where the notes hold too little or too long
    sentences.
    """
    limits = audience(request.age_group)
    pace = float(request.words_per_minute or limits.words_per_minute)
    facts = [
        fact
        for fact in find_facts(request.notes, concept=request.concept)
        if not _is_forbidden(fact, request.must_not_say)
    ]
    facts = _without_orphans(facts)
    if len(facts) < FEWEST_FACTS:
        raise CannotCompose("creator:too-few-facts", too_few_message(len(facts)))
    scores = rank_facts(facts, concept=request.concept, audience=limits, must_say=request.must_say)
    scores = [score + worth_seeing(fact.text) for score, fact in zip(scores, facts, strict=True)]
    subject = find_subject(request.concept, request.notes, [fact.text for fact in facts])
    plan = _Plan(request, limits, pace, facts, scores, subject)
    return _fit(plan)


def _is_forbidden(fact: Fact, phrases: Sequence[str]) -> bool:
    return any(phrase.strip() and phrase.lower() in fact.text.lower() for phrase in phrases)


def _without_orphans(facts: list[Fact]) -> list[Fact]:
    """After sentences were taken out: those that leaned on them go too, and places are counted anew."""
    kept: list[Fact] = []
    place: dict[int, int] = {}
    for fact in facts:
        previous = place.get(fact.id - 1) if fact.leans else None
        if fact.leans and previous is None:
            continue
        place[fact.id] = len(kept)
        kept.append(Fact(fact.sentence, fact.text, fact.leans, previous))
    return kept


# --------------------------------------------------------------------------- length


def _fit(plan: _Plan) -> Script:
    """Draws up the script for a changing number of seconds until it has the wanted length."""
    wanted = min(max(float(plan.request.target_seconds), FLOOR + 1), CEILING - 1)
    around = (
        2
        * (speech_seconds(THINK + "do most plants grow in the soil?", plan.pace) + MOMENT_PAUSE + SCENE_PAUSE)
        + 9.0
    )
    seconds = max(10.0, wanted - around)
    best: tuple[float, Script] | None = None
    for _ in range(7):
        script = _draw_up(plan, seconds)
        length = _length(plan, script)
        miss = abs(length - wanted) + (100 if not FLOOR <= length <= CEILING else 0)
        if best is None or miss < best[0]:
            best = (miss, script)
        if miss <= NEAR:
            break
        seconds = max(6.0, seconds + (wanted - length))
    if best is None or best[0] >= 100:
        raise _wrong_length(plan, _length(plan, best[1]) if best else 0.0)
    return best[1]


def _length(plan: _Plan, script: Script) -> float:
    return estimate_seconds(lay_out(script, plan.limits.age_group, words_per_minute=plan.pace), plan.pace)


def _wrong_length(plan: _Plan, length: float) -> CannotCompose:
    if length < FLOOR:
        return CannotCompose(
            "creator:too-few-facts",
            f"The notes give only about {length:.0f} seconds of film; at least 45 are needed. Add "
            f"more facts.",
        )
    longest = max(fact.words for fact in plan.facts)
    return CannotCompose(
        "creator:script-too-long",
        f"The shortest film from these notes takes about {length:.0f} seconds; at most 90 are allowed. "
        f"Shorten the sentences: the longest has {longest} words, {plan.limits.sentence_words} suit ages "
        f"{plan.limits.age_group}.",
    )


# --------------------------------------------------------------------------- the script


def _draw_up(plan: _Plan, seconds: float) -> Script:
    chosen = choose_facts(plan.facts, plan.scores, seconds=seconds, words_per_minute=plan.pace)
    hook_fact = _hook_fact(plan, chosen)
    scenes = arrange_scenes(
        plan.facts, chosen - {hook_fact} if hook_fact is not None else chosen, plan.limits
    )
    told = [index for scene in scenes for index in scene]
    hook = _hook(plan, hook_fact)
    recap = _recap(plan, told)
    questions = _questions(plan, hook, scenes, recap)
    return Script(
        title=plan.subject.title,
        learning_objective=plan.subject.objective,
        topic=topics.find_topic(plan.request.topics, plan.request.concept, _text_of(plan, told)),
        difficulty=_difficulty(plan, told),
        hook=hook,
        scenes=_scenes(plan, scenes),
        moments=_moments(scenes, questions, plan),
        recap=recap,
        glossary=_glossary(plan, told),
    )


def _text_of(plan: _Plan, indexes: Sequence[int]) -> str:
    return " ".join(plan.facts[index].text for index in indexes)


def _line(fact: Fact, before: str = "") -> Line:
    return Line(text=before + fact.text, sources=[fact.id])


def _hook_fact(plan: _Plan, chosen: set[int]) -> int | None:
    """A short striking fact that nothing leans on and that no scene needs."""
    room = plan.limits.hook_words - len(DID_YOU_KNOW.split())
    leaned_on = {fact.previous for fact in plan.facts if fact.leans}
    free = [
        index
        for index, fact in enumerate(plan.facts)
        if fact.words <= room
        and not fact.leans
        and index not in leaned_on
        and STRIKING.search(fact.text)
        and not DEFINITION.search(fact.text)
        and speech_seconds(DID_YOU_KNOW + fact.text, plan.pace) <= 4.2
    ]
    if not free or len(chosen) <= FEWEST_FACTS:
        return None
    return max(free, key=lambda index: (plan.scores[index], -index))


def _hook(plan: _Plan, fact: int | None) -> Line:
    if fact is not None:
        return _line(plan.facts[fact], DID_YOU_KNOW)
    for text in (plan.subject.question + FIND_OUT, plan.subject.question):
        if len(text.split()) <= plan.limits.hook_words and speech_seconds(text, plan.pace) <= 4.4:
            return Line(text=text)
    short = f"Let's find out about {plan.subject.name}!"
    fits = len(short.split()) <= plan.limits.hook_words and speech_seconds(short, plan.pace) <= 4.4
    return Line(text=short if fits else "Are you ready for something new?")


def _recap(plan: _Plan, told: Sequence[int]) -> Line:
    """The sentence that says best what the film was about; a task where every sentence is too long."""
    wanted = set(content_stems(plan.subject.name))

    def value(index: int) -> float:
        fact = plan.facts[index]
        shared = len(wanted.intersection(content_stems(fact.text)))
        early = 1.0 - told.index(index) / len(told)
        long_by = max(0, fact.words - plan.limits.sentence_words)
        defines = bool(DEFINITION.search(fact.text))
        return plan.scores[index] + 0.3 * min(2, shared) + 0.3 * defines + 0.5 * early - 0.1 * long_by

    standing = [index for index in told if not plan.facts[index].leans]
    best = max(standing, key=lambda index: (value(index), -index), default=None)
    if best is None or plan.facts[best].words > 2 * plan.limits.sentence_words:
        return Line(text=f"{SAY_IT}{plan.subject.name}.")
    return _line(plan.facts[best], REMEMBER)


def _scenes(plan: _Plan, scenes: Sequence[Sequence[int]]) -> list[ScriptScene]:
    made: list[ScriptScene] = []
    used: list[str] = []
    for scene in scenes:
        lines = [_line(plan.facts[index]) for index in scene]
        showing = show(
            [line.text for line in lines],
            topic=plan.subject.name,
            most_words=plan.limits.on_screen_words,
            used=used,
        )
        used.append(showing.on_screen_text)
        made.append(
            ScriptScene(
                narration=lines,
                on_screen_text=showing.on_screen_text,
                visual_description=showing.description,
                visual_kind=showing.kind,
                items=showing.items,
            )
        )
    return made


def _questions(plan: _Plan, hook: Line, scenes: Sequence[Sequence[int]], recap: Line) -> list[Question]:
    """The quiz as it will be asked of this narration: its questions are the film's thinking moments."""
    narration = [NarratedSentence(0, hook.text, tuple(hook.sources))] if hook.sources else []
    for position, scene in enumerate(scenes, 1):
        narration.extend(NarratedSentence(position, plan.facts[i].text, (plan.facts[i].id,)) for i in scene)
    narration.append(NarratedSentence(len(scenes) + 1, recap.text, tuple(recap.sources)))
    try:
        return write_questions(
            narration, notes=plan.request.notes, age_group=plan.limits.age_group, concept=plan.request.concept
        )
    except TooFewQuestions as error:
        raise CannotCompose(
            "creator:too-few-facts",
            "Fewer than three statements of the notes can be asked about. Add plain statements, one "
            "fact a sentence.",
        ) from error


def _moments(scenes: Sequence[Sequence[int]], questions: Sequence[Question], plan: _Plan) -> list[Moment]:
    """Two looks back, each after the scene that follows the answer, at different places."""
    place = {plan.facts[index].id: position for position, scene in enumerate(scenes) for index in scene}
    asked: list[Moment] = []
    taken: set[int] = set()
    last = len(scenes) - 1
    order = sorted(questions, key=lambda question: place.get(question.source_ids[0], 0))
    for question in sorted(
        order[:-1] if len(order) > 2 else order, key=lambda one: place.get(one.source_ids[0], 0)
    ):
        taught = place.get(question.source_ids[0], 0)
        spots = [spot for spot in (taught + 1, taught, taught + 2, *range(taught, last + 1)) if spot <= last]
        spot = next((one for one in spots if one not in taken), None)
        if spot is None:
            continue
        taken.add(spot)
        asked.append(Moment(after_scene=spot, kind="recall", prompt=question.question))
    return sorted(asked, key=lambda moment: moment.after_scene)


def _glossary(plan: _Plan, told: Sequence[int]) -> list[Term]:
    terms: list[Term] = []
    for index in told:
        fact = plan.facts[index]
        term = find_term(fact.text)
        if term and term.lower() not in {known.term.lower() for known in terms}:
            terms.append(Term(term=term, meaning=fact.text, sources=[fact.id]))
    return terms[: plan.limits.new_terms]


def _difficulty(plan: _Plan, told: Sequence[int]) -> int:
    """clamp(round(1 + 0.9 · reading grade + 0.4 · glossary terms), 1, 10), the grade by groups of vowels."""
    texts = [plan.facts[index].text for index in told]
    words = sum(len(text.split()) for text in texts)
    grade = 0.39 * words / max(1, len(texts)) + 11.8 * syllables_a_word(" ".join(texts)) - 15.59
    terms = len(_glossary(plan, told))
    return min(10, max(1, round(1 + 0.9 * max(0.0, grade) + 0.4 * terms)))
