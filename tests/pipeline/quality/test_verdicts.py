from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.quality import accuracy, asks, content, verdicts
from pipeline.quality.calibrating import build_material, read_film
from pipeline.quality.drafts import find_quiz_blocks, find_script_blocks
from pipeline.quality.findings import Check
from pipeline.quality.suggestions import SUGGESTIONS
from pipeline.quality.verdicts import (
    FILTERS,
    FINAL,
    ModerationResult,
    Opinion,
    examine,
    examine_by_rules,
    is_final,
    record_opinion,
)

QUALITY = Path(verdicts.__file__).parent
FILMS = Path(__file__).parents[3] / "benchmarks" / "quality" / "films"
RULE = re.compile(r'"((?:content|accuracy|age|value)\.[a-z-]+)"')
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def test_every_rule_says_what_to_do() -> None:
    rules = {rule for path in QUALITY.glob("*.py") for rule in RULE.findall(path.read_text())}
    judged = {
        f"{short}.judge-{key}"
        for short, name in (("content", "inappropriate_content"), ("age", "age_appropriateness"))
        for key in asks.templates(name)
    }
    value = {f"value.judge-{key}" for key in asks.templates("educational_value")}
    assert rules | judged | value <= set(SUGGESTIONS)
    assert set(SUGGESTIONS) <= rules | judged | value
    assert set(SUGGESTIONS) >= FINAL


def test_what_the_specification_calls_validate_content_gives_passed_and_details() -> None:
    result = examine(build_material(read_film(FILMS / "moon.txt")), now=NOW)
    assert isinstance(result, ModerationResult)
    assert (result.passed, result.verdict, list(result.details)) == (True, "review", list(FILTERS))
    assert result.as_json()["details"]["factual_accuracy"]["judge"] == "not_run"


def test_a_suggestion_ends_the_sentence_of_a_finding_once() -> None:
    material = build_material(read_film(FILMS / "moon.txt"))
    said = Check("content.judge-dangerous", "review", "Is it? The judge says unsure: It has no opinion.")
    records = [examine_by_rules(name, material, now=NOW) for name in FILTERS]
    judged = record_opinion("inappropriate_content", "judge", [said], material, opinion=Opinion(), now=NOW)
    lines = verdicts.summarise([*records, judged]).suggested_improvements
    assert [line for line in lines if "no opinion. " in line]
    assert [line for line in lines if ".." in line] == []


def test_a_rule_that_crashes_ends_the_examination(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: object) -> list[Check]:
        raise RuntimeError("broken rule")

    monkeypatch.setitem(FILTERS, "age_appropriateness", crash)
    with pytest.raises(RuntimeError, match="broken rule"):
        examine(build_material(read_film(FILMS / "moon.txt")), now=NOW)


def test_blocks_that_harm_children_can_never_be_overridden() -> None:
    assert sorted(FINAL) == [
        "age.flashes",
        "age.red-flashes",
        "content.blocked-word",
        "content.moderation-never",
    ]
    assert not is_final("accuracy.number-not-in-notes")


def test_every_rule_that_may_pass_says_so() -> None:
    result = examine(build_material(read_film(FILMS / "moon.txt")), now=NOW)
    seen = {check["id"] for record in result.details.values() for check in record["checks"]}
    assert set(accuracy.PASSED) <= seen
    assert {rule for rule, _, _ in content.ACTS.values()} <= seen


NOTES = "The Moon is a ball of rock. The Moon has no air. One trip takes 27 days."


def test_a_draft_is_told_what_would_be_blocked() -> None:
    scenes = [("hook", [("The Moon is a ball of rock.", [1])]), ("scene", [("The Moon has air.", [2])])]
    script = {"title": "The Moon", "learning_objective": "Say what the Moon is."}
    assert [c.id for c in find_script_blocks(script, scenes, notes=NOTES, age_group="8-10")] == [
        "accuracy.contradicts-notes"
    ]
    faultless = [("hook", [("The Moon is a ball of rock.", [1])])]
    assert find_script_blocks(script, faultless, notes=NOTES, age_group="8-10") == []


def test_a_drafted_question_is_told_what_would_be_blocked() -> None:
    narration = [("The Moon is a ball of rock.", [1]), ("The Moon has no air.", [2])]

    def blocks(question: str, *, answer: bool, evidence: str) -> list[str]:
        one = {
            "question": question,
            "answer": answer,
            "explanation": evidence,
            "evidence_sentence": evidence,
            "evidence_quote": evidence,
            "source_ids": [1],
        }
        return [c.id for c in find_quiz_blocks([one], narration, notes=NOTES, age_group="8-10")]

    assert blocks("Is the Moon a ball of rock?", answer=True, evidence="The Moon is a ball of rock.") == []
    assert blocks(
        "Does the Moon have green cheese?", answer=True, evidence="The Moon is a ball of rock."
    ) == ["value.question-unanswerable"]
    assert blocks("Does the Moon have air?", answer=True, evidence="The Moon has no air.") == [
        "accuracy.answer-contradicted"
    ]
