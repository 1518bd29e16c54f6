"""What a script or a quiz by a model must satisfy before anything is paid for pictures and voices.

The same figures as the checks of the film (chapter "AI and quality", sections 4 and 5). A fatal fault makes
an answer useless; the others are told to the model once, and what stays is the reviewer's to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pipeline.author.storyboard import estimate_seconds, lay_out
from pipeline.providers.asking import Fault
from pipeline.providers.base import Line, Question, QuizRequest, Script, ScriptRequest, ScriptScene
from pipeline.quality.audience import (
    LONGEST_SECONDS,
    MOMENTS_RANGE,
    SCENES_RANGE,
    SHORTEST_SECONDS,
    Audience,
    audience,
)
from pipeline.quality.drafts import find_quiz_blocks, find_script_blocks
from pipeline.quality.likeness import count_negations
from pipeline.quality.quizlint import HEDGED, QUESTIONS, YES_NO
from pipeline.quality.reading import reading_grade
from pipeline.quality.sentences import plain, split
from pipeline.quality.words import collapse, count_words, numbers

LONGEST_TITLE = 60  # characters; also of the words on a screen
GREETING = re.compile(r"\b(?:hello|hi there|welcome|in this (?:video|film))\b", re.IGNORECASE)
FEWEST_ITEMS = {"list": 2, "process": 2, "comparison": 2, "number": 1}
FACTS_RANGE = (8, 15)
SHARED_WORDS = 0.6  # of a question with the narration


# --------------------------------------------------------------------------- script


def find_script_faults(script: Script, request: ScriptRequest) -> list[Fault]:
    """What is wrong with a script, fatal faults first."""
    limits = audience(request.age_group)
    faults = [
        *_form_faults(script, limits),
        *_source_faults(script, request.notes),
        *_length_faults(script, request, limits),
        *_language_faults(script, limits),
        *_wish_faults(script, request),
        *_blocked_faults(script, request),
    ]
    return sorted(faults, key=lambda one: not one.fatal)


def lines_of(script: Script) -> list[tuple[str, Line]]:
    """Every narrated line with its place, in the order of the film."""
    told = [("hook", script.hook)]
    for number, scene in enumerate(script.scenes):
        told += [(f"scenes[{number}].narration[{place}]", line) for place, line in enumerate(scene.narration)]
    return [*told, ("recap", script.recap)]


def _form_faults(script: Script, limits: Audience) -> Iterator[Fault]:
    if not 0 < len(script.title.strip()) <= LONGEST_TITLE:
        yield Fault(f"title has {len(script.title)} characters; 1 to {LONGEST_TITLE} are allowed")
    if not script.learning_objective.strip():
        yield Fault("learning_objective is empty")
    if not SCENES_RANGE[0] <= len(script.scenes) <= SCENES_RANGE[1]:
        yield Fault(
            f"there are {len(script.scenes)} scenes; {SCENES_RANGE[0]} to {SCENES_RANGE[1]} are allowed"
        )
    if not 1 <= script.difficulty <= 10:
        yield Fault(f"difficulty is {script.difficulty}; 1 to 10 are allowed")
    for place, line in lines_of(script):
        if not line.text.strip():
            yield Fault(f"{place} is empty")
    for number, scene in enumerate(script.scenes):
        yield from _scene_faults(number, scene, limits)
    yield from _moment_faults(script)


def _scene_faults(number: int, scene: ScriptScene, limits: Audience) -> Iterator[Fault]:
    place = f"scenes[{number}]"
    if not 1 <= len(scene.narration) <= 3:
        yield Fault(f"{place} has {len(scene.narration)} sentences; 1 to 3 are allowed")
    if not 0 < len(scene.on_screen_text.strip()) <= LONGEST_TITLE:
        yield Fault(f"{place}.on_screen_text must have 1 to {LONGEST_TITLE} characters")
    elif count_words(scene.on_screen_text) > limits.on_screen_words:
        yield Fault(f"{place}.on_screen_text has more than {limits.on_screen_words} words", fatal=False)
    if not scene.visual_description.strip():
        yield Fault(f"{place}.visual_description is empty")
    wanted = FEWEST_ITEMS.get(scene.visual_kind, 0)
    if len([item for item in scene.items if item.strip()]) < wanted:
        yield Fault(f"{place} is a {scene.visual_kind} and needs at least {wanted} items", fatal=False)


def _moment_faults(script: Script) -> Iterator[Fault]:
    if not MOMENTS_RANGE[0] <= len(script.moments) <= MOMENTS_RANGE[1]:
        yield Fault(
            f"there are {len(script.moments)} moments; {MOMENTS_RANGE[0]} to {MOMENTS_RANGE[1]} are allowed"
        )
    places = [moment.after_scene for moment in script.moments]
    if any(not 0 <= place < len(script.scenes) for place in places):
        yield Fault("a moment comes after a scene that does not exist; scenes are counted from 0")
    elif len(set(places)) < len(places):
        yield Fault("two moments come after the same scene")
    for number, moment in enumerate(script.moments):
        if not moment.prompt.strip().endswith("?"):
            yield Fault(f"moments[{number}].prompt is no question")


def _source_faults(script: Script, notes: str) -> Iterator[Fault]:
    known = {sentence.id for sentence in split(notes)}
    noted = {number.value for number in numbers(plain(notes))}
    for place, line in lines_of(script):
        strangers = sorted(set(line.sources) - known)
        if strangers:
            yield Fault(f"{place}.sources names {strangers[0]}; the notes have no such sentence")
        for told in numbers(line.text):
            if told.value not in noted:
                yield Fault(
                    f"{place} narrates “{told.text}”, a number that the notes do not have", fatal=False
                )
    for number, term in enumerate(script.glossary):
        if set(term.sources) - known:
            yield Fault(f"glossary[{number}].sources names a sentence that the notes do not have")
    if not any(line.sources for _, line in lines_of(script)):
        yield Fault("no sentence names its source")


def _length_faults(script: Script, request: ScriptRequest, limits: Audience) -> Iterator[Fault]:
    if not script.scenes:
        return
    pace = request.words_per_minute or limits.words_per_minute
    seconds = estimate_seconds(lay_out(script, request.age_group, words_per_minute=pace), pace)
    words = sum(count_words(line.text) for _, line in lines_of(script))
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        yield Fault(
            f"the film would last about {seconds:.0f} seconds ({words} words);"
            f" {SHORTEST_SECONDS:.0f} to {LONGEST_SECONDS:.0f} are allowed,"
            f" {request.target_seconds} are wanted"
        )


def _language_faults(script: Script, limits: Audience) -> Iterator[Fault]:
    if count_words(script.hook.text) > limits.hook_words:
        yield Fault(f"hook has more than {limits.hook_words} words", fatal=False)
    if GREETING.search(script.hook.text):
        yield Fault("hook greets or speaks of the film itself", fatal=False)
    for place, line in lines_of(script):
        if count_words(line.text) > limits.sentence_words:
            yield Fault(f"{place} has more than {limits.sentence_words} words", fatal=False)
    told = " ".join(line.text for _, line in lines_of(script))
    grade = reading_grade(told, glossary=[term.term for term in script.glossary])
    if grade > limits.grade + 2:
        yield Fault(
            f"the reading grade is {grade:.1f}; {limits.grade:.1f} is right for this age", fatal=False
        )
    if len(script.glossary) > limits.new_terms:
        yield Fault(f"glossary has more than {limits.new_terms} new words", fatal=False)


def _wish_faults(script: Script, request: ScriptRequest) -> Iterator[Fault]:
    told = collapse(" ".join(line.text for _, line in lines_of(script))).lower()
    for phrase in request.must_say:
        if phrase.strip() and phrase.lower() not in told:
            yield Fault(f"the film must say “{phrase}”", fatal=False)
    for phrase in request.must_not_say:
        if phrase.strip() and phrase.lower() in told:
            yield Fault(f"the film must not say “{phrase}”", fatal=False)


def _blocked_faults(script: Script, request: ScriptRequest) -> Iterator[Fault]:
    """What the checks of the finished film would block: told once, since a film that stays so is stopped."""
    scenes = [
        ("hook", [(script.hook.text, script.hook.sources)]),
        *(("scene", [(line.text, line.sources) for line in scene.narration]) for scene in script.scenes),
        ("recap", [(script.recap.text, script.recap.sources)]),
    ]
    told = script.model_dump(mode="json")
    for check in find_script_blocks(told, scenes, notes=request.notes, age_group=request.age_group):
        if check.id not in {"accuracy.number-not-in-notes", "accuracy.source-missing"}:  # told above
            yield Fault(f"{check.message} ({check.id})", fatal=False)


# --------------------------------------------------------------------------- quiz and facts


def find_quiz_faults(questions: Sequence[Question], request: QuizRequest) -> list[Fault]:
    """What is wrong with three questions, fatal faults first."""
    faults: list[Fault] = []
    if len(questions) != QUESTIONS:
        faults.append(Fault(f"there are {len(questions)} questions; exactly {QUESTIONS} are wanted"))
    elif len({one.answer for one in questions}) < 2:
        faults.append(Fault("all answers are the same; one or two of three must be yes"))
    if len({collapse(one.question).lower() for one in questions}) < len(questions):
        faults.append(Fault("a question is asked twice"))
    told = {collapse(sentence.text) for sentence in request.narration}
    known = {sentence.id for sentence in split(request.notes)}
    notes = plain(request.notes)
    for number, one in enumerate(questions):
        faults += _question_faults(f"questions[{number}]", one, told=told, known=known, notes=notes)
    if not any(fault.fatal for fault in faults):
        found = find_quiz_blocks(
            [one.model_dump(mode="json") for one in questions],
            [(sentence.text, sentence.sources) for sentence in request.narration],
            notes=request.notes,
            age_group=request.age_group,
        )
        faults += [Fault(f"{check.message} ({check.id})", fatal=False) for check in found]
    return sorted(faults, key=lambda fault: not fault.fatal)


def _question_faults(
    place: str, one: Question, *, told: set[str], known: set[int], notes: str
) -> Iterator[Fault]:
    if not one.question.strip().endswith("?") or not YES_NO.search(one.question):
        yield Fault(f"{place}.question cannot be answered yes or no")
    if count_negations(one.question) or HEDGED.search(one.question):
        yield Fault(f"{place}.question holds a negation or a hedge", fatal=False)
    if not one.explanation.strip():
        yield Fault(f"{place}.explanation is empty")
    if collapse(one.evidence_sentence) not in told:
        yield Fault(f"{place}.evidence_sentence is not a sentence of the narration, character by character")
    quote = collapse(one.evidence_quote)
    if not quote or quote not in notes:
        yield Fault(f"{place}.evidence_quote does not stand in the notes, character by character")
    if not one.source_ids or set(one.source_ids) - known:
        yield Fault(f"{place}.source_ids must name sentences of the notes")


def find_fact_faults(facts: Sequence[str]) -> list[Fault]:
    """What is wrong with a list of facts."""
    faults = []
    if not FACTS_RANGE[0] <= len(facts) <= FACTS_RANGE[1]:
        faults.append(Fault(f"there are {len(facts)} facts; {FACTS_RANGE[0]} to {FACTS_RANGE[1]} are wanted"))
    if any(not fact.strip().endswith((".", "!")) for fact in facts):
        faults.append(Fault("a fact is no whole sentence"))
    if len({collapse(fact).lower() for fact in facts}) < len(facts):
        faults.append(Fault("a fact is given twice"))
    return faults
