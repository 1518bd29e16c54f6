"""The questions of a film as the review page shows and changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from pipeline import own_questions
from pipeline.models import ContentProject, StepRun
from pipeline.own_questions import Asked
from pipeline.planning import Plan
from studio.admin.scene_acts import read_number
from studio.admin.wording import say_clock
from studio.auditing import audited
from studio.models import Creator


@dataclass(frozen=True)
class QuestionView:
    """`taught` is None while the film that would say it is not made; `is_stale`: no film says it now."""

    number: int
    text: str
    answer: str
    explanation: str
    evidence: str
    taught: float | None
    clock: str
    scene: int | None
    is_stale: bool = False


@dataclass(frozen=True)
class QuestionsView:
    """The three of them, the sentences that one can rest on, and whose they are."""

    rows: list[QuestionView]
    sentences: list[tuple[int, str]] = field(default_factory=list)  # (scene as people count, sentence)
    digest: str = ""
    is_own: bool = False
    is_lost: bool = False


def show_questions(project: ContentProject, present: Plan, checks: StepRun | None) -> QuestionsView:
    """The questions that stand now, with the second at which the checked film teaches each."""
    asked: Asked = own_questions.find_questions(project, present)
    timed = {
        (str(one["question"]), str(one["evidence"])): one
        for one in ((checks.output or {}) if checks is not None else {}).get("questions", [])
    }
    told = {sentence: scene + 1 for scene, sentence in reversed(own_questions.tellable(present))}
    return QuestionsView(
        rows=[_row(number, one, timed, told, present) for number, one in enumerate(asked.questions, 1)],
        sentences=[(scene + 1, sentence) for scene, sentence in own_questions.tellable(present)],
        digest=asked.digest,
        is_own=asked.is_own,
        is_lost=asked.is_lost,
    )


def _row(
    number: int,
    one: Mapping[str, Any],
    timed: Mapping[tuple[str, str], Mapping[str, Any]],
    told: Mapping[str, int],
    present: Plan,
) -> QuestionView:
    evidence = str(one["evidence_sentence"])
    found = timed.get((str(one["question"]), evidence))
    taught = float(found["taught_at_seconds"]) if found is not None else None
    return QuestionView(
        number=number,
        text=str(one["question"]),
        answer="Yes" if one["answer"] else "No",
        explanation=str(one["explanation"]),
        evidence=evidence,
        taught=taught,
        clock=say_clock(taught) if taught is not None else "",
        scene=int(found["scene"]) + 1 if found is not None else told.get(evidence),
        is_stale=own_questions.is_stale(one, present),
    )


# --------------------------------------------------------------------------- acts


def edit_question(project: ContentProject, user: Creator, data: QueryDict) -> str:
    number = read_number(data, "number")
    with audited(project.pk, "edit_question"):
        own_questions.edit_question(
            project.pk,
            number,
            question=data.get("question", ""),
            answer=data.get("answer") == "yes",
            explanation=data.get("explanation", ""),
            evidence=data.get("evidence", ""),
            actor_id=user.pk,
            seen=data.get("seen", ""),
            all_the_same=data.get("all_the_same") == "1",
        )
    return f"Question {number + 1} is saved. Rebuild to have the film checked with it."


def give_back_questions(project: ContentProject, user: Creator, data: QueryDict) -> str:
    with audited(project.pk, "give_back_questions"):
        own_questions.give_back_questions(project.pk, actor_id=user.pk, seen=data.get("seen", ""))
    return "The questions are written by the machine again with the next rebuild."


def list_findings(findings: Sequence[Any]) -> list[str]:
    """What the checks say of a question, each once."""
    return list(dict.fromkeys(str(one.message) for one in findings))
