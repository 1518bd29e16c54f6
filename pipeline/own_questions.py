"""Questions as people write them: what a change must satisfy, and what it puts aside.

The three questions of a film are one value. Once somebody has changed one, all three are a person's: the quiz
step takes them as they are, whatever the film says later, and the checks find the one whose sentence is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from pipeline.editing import EditRefused, clean_text, open_project
from pipeline.models import ContentProject, StepRun
from pipeline.planning import Plan, plan
from pipeline.quality.content import check_content
from pipeline.quality.findings import Check
from pipeline.quality.material import Material, Report, without_frame
from pipeline.quality.quizlint import check_questions
from pipeline.quality.reading import reading_grade
from pipeline.quality.words import collapse
from pipeline.steps.base import canonical_json
from pipeline.steps.qa import scene_as_json

QUESTION_LIMIT, EXPLANATION_LIMIT = 160, 400
REASON = "creator:questions-edited"
Question = dict[str, Any]


class QuestionDoubtful(EditRefused):
    """The checks find something in the question: `findings` say what, `is_final` that it cannot be kept."""

    def __init__(self, findings: Sequence[Check]) -> None:
        self.findings = tuple(findings)
        self.is_final = any(one.verdict == "block" for one in findings)
        said = "; ".join(one.message.rstrip(".") for one in findings)
        do = "Change it." if self.is_final else "Change it, or save it all the same: the reviewer is warned."
        super().__init__("question-doubtful", "question", f"{said}. {do}")


@dataclass(frozen=True)
class Asked:
    """The questions that stand now. `is_own`: a person's. `is_lost`: the machine writes others with the next
    rebuild, since the film says something else by now."""

    questions: tuple[Question, ...]
    is_own: bool
    is_lost: bool

    @property
    def digest(self) -> str:
        """Which questions a form was about."""
        return hashlib.sha256(canonical_json(list(self.questions)).encode()).hexdigest()[:16]


def find_questions(project: ContentProject, present: Plan) -> Asked:
    """A person's, else the quiz step's, else its last ones; at most one query."""
    if project.own_questions:
        return Asked(tuple(project.own_questions), is_own=True, is_lost=False)
    run = present.quiz_run
    if run is not None:
        return Asked(tuple((run.output or {}).get("questions") or ()), is_own=False, is_lost=False)
    former = StepRun.objects.filter(project=project, step="quiz", status=StepRun.Status.SUCCEEDED)
    last = former.order_by("-finished_at").first() if present.scenes else None
    found = tuple((last.output or {}).get("questions") or ()) if last is not None else ()
    return Asked(found, is_own=False, is_lost=bool(found))


def tellable(present: Plan) -> list[tuple[int, str]]:
    """(scene, sentence) of everything that teaches: what a question can rest on."""
    return [
        (scene.position, collapse(without_frame(str(line["text"]))))
        for scene in present.scenes
        if scene.role != "moment"
        for line in scene.lines
    ]


def is_stale(question: Mapping[str, Any], present: Plan) -> bool:
    """Whether the film has stopped to say the sentence that a question rests on."""
    told = " ".join(
        collapse(str(line["text"]))
        for scene in present.scenes
        if scene.role != "moment"
        for line in scene.lines
    )
    return collapse(str(question["evidence_sentence"])) not in told


def edit_question(
    project_id: UUID,
    number: int,
    *,
    question: str,
    answer: bool,
    explanation: str,
    evidence: str,
    actor_id: Any,
    seen: str = "",
    all_the_same: bool = False,
) -> tuple[Question, ...]:
    """Change question `number` (from 0); three stay three. `seen` is the digest of those that were shown.

    `evidence` is a sentence of the film. `all_the_same` keeps a question that the checks only warn of.
    Raises NotEditable, EditRefused ("question-conflict", "question-unknown", …), QuestionDoubtful.
    """
    with transaction.atomic():
        project, present, asked = _open(project_id, seen)
        if not 0 <= number < len(asked.questions):
            raise EditRefused(
                "question-unknown", "question", "There is no such question. Load the page again."
            )
        said = collapse(without_frame(evidence))
        if said not in [sentence for _, sentence in tellable(present)]:
            raise EditRefused(
                "evidence-unknown", "evidence", "Choose the sentence of the film that teaches the answer."
            )
        before = asked.questions[number]
        new = {
            **before,
            "question": clean_text(question, "question", QUESTION_LIMIT),
            "answer": answer,
            "explanation": clean_text(explanation, "explanation", EXPLANATION_LIMIT),
            "evidence_sentence": said,
            "must_confirm": False,
        }
        if said != before["evidence_sentence"]:
            new |= _sources_of(present, said)
        if new == before:
            return asked.questions
        questions = (*asked.questions[:number], new, *asked.questions[number + 1 :])
        found = check_question(project, present, questions, number)
        if any(one.verdict == "block" for one in found) or (found and not all_the_same):
            raise QuestionDoubtful(found)
        _store(
            project,
            list(questions),
            actor_id,
            {"question": number, "before": _words(before), "after": _words(new)},
        )
    return questions


def give_back_questions(project_id: UUID, *, actor_id: Any, seen: str = "") -> None:
    """Let the quiz step write the questions again; a repeat is harmless. Raises NotEditable, EditRefused."""
    with transaction.atomic():
        project, _, asked = _open(project_id, seen)
        if asked.is_own:
            _store(project, None, actor_id, {"before": {"by": "hand"}, "after": {"by": "machine"}})


def check_question(
    project: ContentProject, present: Plan, questions: Sequence[Question], number: int
) -> list[Check]:
    """What the filters' rules find in one question and in the three of them, at once and for nothing."""
    script = present.script_run
    material = Material(
        script=((script.output or {}) if script is not None else {}).get("script") or {},
        scenes=[scene_as_json(scene.text) for scene in present.scenes],
        questions=list(questions),
        notes=project.source_notes,
        age_group=project.age_group,
        film={},
    )
    report = Report(material)
    check_questions(report)
    mine = f"questions.{number}."
    found = [
        one
        for one in [*report.checks, *check_content(material)]
        if one.verdict in {"block", "review"}
        and (one.evidence.field.startswith(mine) if one.evidence else _of_all(one))
    ]
    grade = reading_grade(str(questions[number]["question"]))
    if grade > material.limits.grade + 2:
        message = f"It reads like grade {grade:.1f}; {material.limits.grade:g} suits this age"
        found.append(Check("value.question-reading", "review", message))
    return found


def _of_all(check: Check) -> bool:
    return check.id in {"value.answers", "value.questions"}


def _open(project_id: UUID, seen: str) -> tuple[ContentProject, Plan, Asked]:
    project = open_project(project_id, "Questions can be changed")
    present = plan(project)
    asked = find_questions(project, present)
    if not asked.questions:
        raise EditRefused(
            "question-unknown", "question", "There are no questions yet. Rebuild the film first."
        )
    if seen and seen != asked.digest:
        raise EditRefused(
            "question-conflict",
            "question",
            "Somebody else changed the questions meanwhile. Compare with what stands now, and save again.",
        )
    return project, present, asked


def _store(
    project: ContentProject, questions: list[Question] | None, actor_id: Any, details: Mapping[str, Any]
) -> None:
    both = {"before": project.own_questions, "after": questions}
    project.own_questions = questions
    project.save(update_fields=["own_questions"])
    project.note(REASON, actor_id=actor_id, details={**details, "questions": both, "authored": True})


def _sources_of(present: Plan, sentence: str) -> dict[str, Any]:
    """The note sentences behind a sentence of the film."""
    script = present.script_run
    notes = {
        int(one["id"]): str(one["text"])
        for one in ((script.output or {}) if script is not None else {}).get("notes_sentences", [])
    }
    for scene in present.scenes:
        for line in scene.lines:
            if collapse(without_frame(str(line["text"]))) == sentence:
                ids = [number for number in line.get("sources") or () if number in notes]
                return {"source_ids": ids, "evidence_quote": notes[ids[0]] if ids else ""}
    return {"source_ids": [], "evidence_quote": ""}


def _words(question: Question) -> dict[str, Any]:
    return {name: question[name] for name in ("question", "answer", "explanation", "evidence_sentence")}
