"""Filter four, educational_value: is it a film that teaches one thing and asks about it fairly?"""

from __future__ import annotations

import re
from collections.abc import Sequence

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
from pipeline.quality.quizlint import check_questions
from pipeline.quality.words import content_stems

LONGEST_STILL = 2.0  # seconds of black or frozen picture
LONGEST_SILENCE = 2.5
CAPTION_COVERAGE = 0.98

GREETING = re.compile(
    r"^\W*(?:hello|hi|hey|welcome|good (?:morning|afternoon|evening)|greetings|dear (?:children|kids)"
    r"|my name is|i am|i'm|today (?:we|i|you)(?:'ll| will| are)"
    r"|in (?:this|today's|the following) (?:video|film|lesson|episode)|this (?:video|film|lesson) (?:is"
    r"|will|shows)|let me (?:tell|show|introduce))\b"
    r"|\bin this (?:video|film|lesson|episode)\b",
    re.IGNORECASE,
)
VAGUE = re.compile(
    r"^\W*(?:(?:the )?(?:children|pupils|students|learners|kids|you)(?: will| can"
    r"| should)? )?(?:to )?(?:learn|know|understand|appreciate|be aware|think about|enjoy|see|discover"
    r"|get to know|hear|find out)\b",
    re.IGNORECASE,
)


def check_value(material: Material) -> list[Check]:
    """Length, hook, objective and recap, moments, the quiz, and what the measured film shows and plays."""
    report = Report(material)
    _check_form(report)
    _check_recap(report)
    check_questions(report)
    _check_film(report)
    for fallback in material.fallbacks:
        report.add("value.fallback", "review", f"Done in another way than wished: {fallback}")
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
    for sentence in report.material.sentences[:1]:
        if GREETING.search(sentence.text):
            report.add(
                "value.hook-greeting",
                "review",
                "The film opens with a greeting or an announcement instead of a fact or a question",
                report.material.evidence(
                    sentence.field, span=(sentence.start, sentence.end), quote=sentence.text
                ),
            )
    report.passed("value.hook-greeting", "The film opens with a fact or a question")
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
    elif VAGUE.match(objective):
        report.add(
            "value.objective",
            "review",
            "The objective names nothing that a child can do and somebody can see",
            material.evidence("script.learning_objective", span=(0, len(objective)), quote=objective),
        )
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
