"""Judging, deciding, moderating: by what the test has said, else without an opinion."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.double.faults import Reply
from tests.double.server import Call, Double, endpoint, refuse

QUESTION = re.compile(r'^- id ("(?:[^"\\]|\\.)*"): (.*?) Answers: ([^\n]*?)\.(?: |$)', re.MULTILINE)
CATEGORIES = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent",
    "self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence",
    "violence/graphic",
)  # fmt: skip
OF_PICTURES = frozenset({"self-harm", "self-harm/instructions", "self-harm/intent", "sexual", "violence",
                         "violence/graphic"})  # fmt: skip
FLAGGED = 0.5
MILD = ("supported", "agrees", "4")  # what the double says where one of these can be said


def judge_answers(double: Double, asked: str) -> list[dict[str, Any]]:
    """An answer for every question of a judge's input."""
    found = []
    for quoted, _, choices in QUESTION.findall(asked):
        name = json.loads(quoted)
        possible = choices.split(", ")
        usual = next((word for word in MILD if word in possible), "unsure")
        answer = {"answer": usual, "quotes": [], "comment": "The double has no opinion.", "confidence": 0.9}
        found.append({"id": name, **answer, **double.settings.judged.get(name, {})})
    return found


@endpoint("POST", "/v1/decisions")
def decide(double: Double, call: Call) -> Reply:
    """Probabilities: small for predicates, the first choice else; `judged` by the question's text."""
    body = call.json
    questions = body["questions"]
    if not 1 <= len(questions) <= 400:
        return refuse(400, "invalid_value", "Between 1 and 400 questions are possible")
    answers = [_decided(double, question) for question in questions]
    tokens = max(1, len(call.body) // 4)
    usage = {
        "input_tokens": tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": len(answers),
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens + len(answers),
    }
    return Reply.of({"answers": answers, "model": body["model"], "usage": usage})


def _decided(double: Double, question: dict[str, Any]) -> dict[str, Any]:
    told = double.settings.judged.get(question["instructions"], {})
    name = question.get("name")
    if told.get("answer") == "refusal":
        return {"type": "refusal", "name": name}
    if question["type"] == "predicate":
        return {
            "type": "predicate",
            "name": name,
            "probability": told.get("probability", 0.95 if "support" in question["instructions"] else 0.05),
        }
    if question["type"] == "choice":
        values = [one["value"] for one in question["choices"]]
        best = told.get("answer", values[0])
        rest = 0.1 / max(1, len(values) - 1)
        shares = [{"value": value, "probability": 0.9 if value == best else rest} for value in values]
        return {"type": "choice", "name": name, "choice": best, "confidence": 0.9, "probabilities": shares}
    labels = [one["label"] for one in question["levels"]]
    best = told.get("answer", labels[-1])
    rest = 0.1 / max(1, len(labels) - 1)
    levels = [
        {"label": label, "value": number, "probability": 0.9 if label == best else rest}
        for number, label in enumerate(labels)
    ]
    return {
        "type": "score", "name": name, "score": float(labels.index(best)), "confidence": 0.9,
        "probabilities": levels,
    }  # fmt: skip


@endpoint("POST", "/v1/moderations")
def moderate(double: Double, call: Call) -> Reply:
    """A list of strings gives a result each, a mixed list gives one; words are scored by `scores`."""
    body = call.json
    given, model = body["input"], body.get("model") or "omni-moderation-latest"
    if isinstance(given, str):
        results = [_scored(double, given, has_picture=False)]
    elif all(isinstance(one, str) for one in given):
        results = [_scored(double, one, has_picture=False) for one in given]
    else:
        text = " ".join(one["text"] for one in given if one["type"] == "text")
        shown = [one["image_url"]["url"] for one in given if one["type"] == "image_url"]
        if any(not url.startswith(("data:image/png;base64,", "data:image/jpeg;base64,")) for url in shown):
            return refuse(400, "invalid_image_url", "Only data addresses are taken here")
        results = [_scored(double, text, has_picture=bool(shown))]
    return Reply.of({"id": f"modr-{len(double.calls):06}", "model": model, "results": results})


def _scored(double: Double, text: str, *, has_picture: bool) -> dict[str, Any]:
    scores = dict.fromkeys(CATEGORIES, 0.001)
    for word, told in double.settings.scores.items():
        if word.lower() in text.lower():
            scores |= {name: max(scores[name], value) for name, value in told.items()}
    looked = {
        name: (["text"] if text else []) + (["image"] if has_picture and name in OF_PICTURES else [])
        for name in CATEGORIES
    }
    return {
        "flagged": any(value >= FLAGGED for value in scores.values()),
        "categories": {name: value >= FLAGGED for name, value in scores.items()},
        "category_scores": scores,
        "category_applied_input_types": looked,
    }
