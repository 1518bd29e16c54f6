"""When a question may be asked: after the film has said what it rests on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.steps.base import Facts


def time_question(
    question: Mapping[str, Any], scenes: Sequence[Mapping[str, Any]], film: Mapping[str, Any]
) -> Facts:
    """The question as a published video keeps it, in the shape of `LearningVideo.quiz_questions`.

    `taught_at_seconds` is the end of the last word of its evidence in the finished film, to 0.1 s;
    `asked_at_seconds` the start of the first moment at or after it, else the film's end.
    Where the film does not say the evidence any more, both are the film's end.
    """
    evidence = str(question["evidence_sentence"])
    found = find_spoken(evidence, scenes, film)
    end = round(float(film["seconds"]), 1)
    scene, taught = found or (int(scenes[-1]["position"]), end)
    moments = sorted(
        float(one["start"])
        for one in film["timeline"]
        if one["role"] == "moment" and float(one["start"]) >= taught - 0.05
    )
    return {
        "question": question["question"],
        "answer": question["answer"],
        "explanation": question["explanation"],
        "scene": scene,
        "taught_at_seconds": taught,
        "asked_at_seconds": round(moments[0], 1) if moments else end,
        "evidence": evidence,
    }


def find_spoken(
    sentence: str, scenes: Sequence[Mapping[str, Any]], film: Mapping[str, Any]
) -> tuple[int, float] | None:
    """(scene, second at which its last word ends) of the first place where the film says a sentence."""
    wanted = _plain_words(sentence)
    for scene in sorted(scenes, key=lambda one: int(one["position"])):
        if scene["role"] == "moment":
            continue
        position = int(scene["position"])
        words = [word for word in film["words"] if int(word[3]) == position]
        said = [_plain_word(str(word[0])) for word in words]
        for first in range(len(said) - len(wanted) + 1):
            if wanted and said[first : first + len(wanted)] == wanted:
                return position, round(float(words[first + len(wanted) - 1][2]), 1)
    return None


def _plain_words(text: str) -> list[str]:
    return [_plain_word(word) for word in text.split()]


def _plain_word(word: str) -> str:
    return re.sub(r"\W+", "", word.lower())
