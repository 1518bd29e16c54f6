"""What the filters would block in a draft, before anything is paid for its pictures and voices.

Whoever wrote it can be asked once to mend these; what stays is found again in the finished film.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.providers.results import JSON
from pipeline.quality.accuracy import check_accuracy
from pipeline.quality.content import check_content
from pipeline.quality.findings import Check
from pipeline.quality.material import Material, Report
from pipeline.quality.quizlint import check_questions

Line = tuple[str, Sequence[int]]  # a narrated sentence and its sources


def find_script_blocks(
    script: Mapping[str, JSON], scenes: Sequence[tuple[str, Sequence[Line]]], *, notes: str, age_group: str
) -> list[Check]:
    """Blocks of content and facts in a script; `scenes` are (role, lines) in the order of the film."""
    material = _material(script, scenes, (), notes, age_group)
    checks = [*check_content(material), *check_accuracy(material)]
    return [check for check in checks if check.verdict == "block" and not _is_of_notes(check)]


def find_quiz_blocks(
    questions: Sequence[Mapping[str, Any]], narration: Sequence[Line], *, notes: str, age_group: str
) -> list[Check]:
    """Blocks of questions against what the film says, and of what they say."""
    material = _material({}, [("scene", narration)], questions, notes, age_group)
    report = Report(material)
    check_questions(report)
    checks = [*report.checks, *check_accuracy(material), *check_content(material)]
    return [check for check in checks if check.verdict == "block" and _is_of_questions(check)]


def _is_of_notes(check: Check) -> bool:
    return check.evidence is not None and check.evidence.field == "notes"


def _is_of_questions(check: Check) -> bool:
    return check.evidence is not None and check.evidence.field.startswith("questions.")


def _material(
    script: Mapping[str, Any],
    scenes: Sequence[tuple[str, Sequence[Line]]],
    questions: Sequence[Mapping[str, Any]],
    notes: str,
    age_group: str,
) -> Material:
    return Material(
        script=script,
        scenes=[
            {
                "position": position,
                "role": role,
                "lines": [{"text": text, "sources": list(sources)} for text, sources in lines],
                "on_screen_text": "",
                "visual_description": "",
                "items": [],
            }
            for position, (role, lines) in enumerate(scenes)
        ],
        questions=questions,
        notes=notes,
        age_group=age_group,
        film={},
    )
