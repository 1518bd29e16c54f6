"""Filter four, educational_value: is it a film that teaches one thing and asks about it fairly?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.quality.audience import (
    HOOK_SECONDS,
    LONGEST_SECONDS,
    MOMENT_PAUSE_RANGE,
    MOMENTS_RANGE,
    SCENES_RANGE,
    SHORTEST_SECONDS,
)
from pipeline.quality.findings import Check, Evidence
from pipeline.quality.material import Material, Report
from pipeline.quality.words import collapse, content_stems, count_words

QUESTIONS = 3
NARRATED_SHARE = 0.6
LONGEST_STILL = 2.0  # seconds of black or frozen picture
LONGEST_SILENCE = 2.5
CAPTION_COVERAGE = 0.98

YES_NO = re.compile(
    r"^(?:[A-Z][^?]*, )?(?:is|are|was|were|do|does|did|can|could|will|would|has|have|had|should|must)\b",
    re.IGNORECASE,
)
NEGATED = re.compile(r"\b(?:not|never|no|none|nobody|nothing|neither|nor|without)\b|n['’]t\b", re.IGNORECASE)
HEDGED = re.compile(
    r"\b(?:may|might|maybe|perhaps|probably|possibly|sometimes|usually|often|could|likely)\b", re.IGNORECASE
)


def check_value(material: Material) -> list[Check]:
    """Length, hook, objective and recap, moments, the quiz, and what the measured film shows and plays."""
    report = Report(material)
    _check_form(report)
    _check_recap(report)
    for index, question in enumerate(material.questions):
        _check_question(report, index, question)
    _check_quiz(report)
    _check_film(report)
    for fallback in material.fallbacks:
        report.add("value.fallback", "review", f"Done in another way than wished: {fallback}")
    report.passed("value.question-form", "Every question can be answered yes or no, without a negation")
    report.passed("value.question-words", "Every question uses words of the narration")
    report.passed("value.question-length", "Every question is short enough")
    report.passed("value.question-stale", "Every question rests on a sentence that the film says")
    report.passed("value.question-duplicate", "No question is asked twice")
    report.passed("value.fallback", "Nothing had to be done in another way than wished")
    return report.checks


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _check_form(report: Report) -> None:
    film, scenes = report.material.film, report.material.scenes
    report.measure(
        "value.length",
        _number(film.get("seconds")),
        low=SHORTEST_SECONDS,
        high=LONGEST_SECONDS,
        says="Length in seconds: {value} ({limit})",
        verdict="block",
    )
    ends = [float(one["speech_end"]) for one in film.get("timeline") or () if one["role"] == "hook"]
    report.measure(
        "value.hook",
        round(ends[0], 2) if ends else None,
        high=HOOK_SECONDS,
        says="The hook ends after seconds: {value} ({limit})",
        verdict="block" if ends else "review",
    )
    told = sum(scene["role"] == "scene" for scene in scenes)
    report.measure(
        "value.scenes",
        float(told),
        low=float(SCENES_RANGE[0]),
        high=float(SCENES_RANGE[1]),
        says="Scenes: {value} ({limit})",
    )
    moments = [scene for scene in scenes if scene["role"] == "moment"]
    report.measure(
        "value.moments",
        float(len(moments)),
        low=float(MOMENTS_RANGE[0]),
        high=float(MOMENTS_RANGE[1]),
        says="Thinking moments: {value} ({limit})",
    )
    for scene in moments:
        report.measure(
            "value.moment-pause",
            float(scene["pause_seconds"]),
            low=MOMENT_PAUSE_RANGE[0],
            high=MOMENT_PAUSE_RANGE[1],
            says="Thinking time in seconds: {value} ({limit})",
        )


def _check_recap(report: Report) -> None:
    material = report.material
    objective = str(material.script.get("learning_objective") or "").strip()
    if not objective or len(re.split(r"[.;]\s+(?=\w)", objective)) > 1:
        report.add("value.objective", "review", "The film needs exactly one learning objective")
    report.passed("value.objective", "One learning objective")
    recap = " ".join(sentence.text for sentence in material.sentences if sentence.role == "recap")
    wanted = set(content_stems(objective)) | set(content_stems(str(material.script.get("title") or "")))
    if not recap:
        report.add("value.recap", "review", "The film ends without a recap")
    elif not wanted & set(content_stems(recap)):
        report.add(
            "value.recap",
            "review",
            "The recap shares no telling word with the learning objective",
            material.evidence(f"scenes.{material.scenes[-1]['position']}.narration", quote=recap),
        )
    report.passed("value.recap", "The recap comes back to the learning objective")


def _check_question(report: Report, index: int, question: Mapping[str, Any]) -> None:
    material = report.material
    text = str(question["question"])
    place = material.evidence(f"questions.{index}.question", quote=text)
    if not YES_NO.match(text) or not text.endswith("?"):
        report.add("value.question-form", "review", "This is not a question that yes or no answers", place)
    if NEGATED.search(text):
        report.add(
            "value.question-form",
            "review",
            "A question with a negation is hard to answer with yes or no",
            place,
        )
    if HEDGED.search(text):
        report.add("value.question-form", "review", "A hedged question has no clear answer", place)
    most = material.limits.sentence_words + 6
    if count_words(text) > most:
        report.add("value.question-length", "review", f"{count_words(text)} words; at most {most}", place)
    told = set(content_stems(material.narration))
    own = content_stems(text)
    share = sum(word in told for word in own) / max(1, len(own))
    if share < NARRATED_SHARE:
        report.add(
            "value.question-words",
            "review",
            f"{share:.0%} of its telling words are narrated; at least {NARRATED_SHARE:.0%}",
            place,
        )
    evidence = collapse(str(question.get("evidence_sentence") or ""))
    if not evidence or evidence not in collapse(_told(material)):
        report.add(
            "value.question-stale",
            "block",
            "The film no longer says the sentence that this question rests on",
            place,
        )


def _told(material: Material) -> str:
    return " ".join(sentence.text for sentence in material.sentences if sentence.role != "moment")


def _check_quiz(report: Report) -> None:
    questions = report.material.questions
    report.measure(
        "value.questions",
        float(len(questions)),
        low=float(QUESTIONS),
        high=float(QUESTIONS),
        says="Questions: {value} ({limit})",
        verdict="block",
    )
    answers = {bool(question["answer"]) for question in questions}
    both = len(answers) == 2
    report.add(
        "value.answers",
        "pass" if both else "review",
        "Yes and no are both among the answers" if both else "All answers are the same",
    )
    texts = [tuple(sorted(content_stems(str(question["question"])))) for question in questions]
    if len(set(texts)) < len(texts):
        report.add("value.question-duplicate", "review", "Two questions ask the same")


def _check_film(report: Report) -> None:
    film = report.material.film
    moments = [
        (float(one["start"]), float(one["end"]))
        for one in film.get("timeline") or ()
        if one["role"] == "moment"
    ]
    for rule, key, longest, name in (
        ("value.black", "black", LONGEST_STILL, "black"),
        ("value.frozen", "frozen", LONGEST_STILL, "frozen"),
        ("value.silence", "silences", LONGEST_SILENCE, "silent"),
    ):
        stretches = film.get(key)
        if stretches is None:
            report.add(rule, "review", f"Whether the film is {name} anywhere was not measured")
            continue
        _check_stretches(
            report,
            rule,
            stretches,
            longest=longest,
            name=name,
            moments=moments if rule != "value.silence" else (),
        )
        report.passed(rule, f"Nowhere {name} for more than {longest:g} s")
    coverage = _number(film.get("caption_coverage"))
    report.measure(
        "value.caption-coverage",
        coverage,
        low=CAPTION_COVERAGE,
        says="Share of words with captions: {value} ({limit})",
    )


def _check_stretches(
    report: Report,
    rule: str,
    stretches: Sequence[Sequence[float]],
    *,
    longest: float,
    name: str,
    moments: Sequence[tuple[float, float]],
) -> None:
    for start, end in stretches:
        inside = any(first <= start and end <= last for first, last in moments)
        if end - start > longest and not inside:
            report.add(
                rule,
                "review",
                f"The film is {name} for {end - start:.1f} s (at most {longest:g} s)",
                Evidence(field="film", at_s=round(float(start), 1)),
            )
