"""Text models: `/v1/responses` and `/v1/chat/completions`. Scripts and quizzes are made from the notes that
come with the request, so that a film through the double makes sense.
"""

from __future__ import annotations

import json
import re
from typing import Any

from pipeline.author.composing import CannotCompose, compose
from pipeline.author.questions import TooFewQuestions, write_questions
from pipeline.providers.base import NarratedSentence, ScriptRequest
from pipeline.quality.words import collapse
from tests.double.faults import Reply
from tests.double.opinions import judge_answers
from tests.double.schema_rules import find_schema_faults, instance_of
from tests.double.server import Call, Double, endpoint, refuse

BLOCK = re.compile(r"^(?:(\w[^\n]*)\n)?(=== material [0-9a-f]+ ===)\n(.*?)\n\2$", re.MULTILINE | re.DOTALL)
MARK = "Double: "  # begins every title, so that a film shows who wrote it
_FACTS = (
    "{0} is a thing that people have studied for a long time.",
    "People can see {0} in many places of the world.",
    "{0} has parts that work together.",
    "Each part of {0} does one job.",
    "Scientists measure {0} with simple tools.",
    "{0} changes slowly from day to day.",
    "Water and light change {0} more than anything else.",
    "Children can draw {0} with a pencil.",
    "A model of {0} helps people to understand it.",
)


@endpoint("POST", "/v1/responses")
def respond(double: Double, call: Call) -> Reply:
    """The Responses API with structured output."""
    body = call.json
    fault = _model_fault(double, body)
    if fault is not None:
        return fault
    shape = (body.get("text") or {}).get("format") or {}
    text, schema_fault = _written(double, shape, shape.get("schema"), _text_of(body["input"]))
    if schema_fault is not None:
        return schema_fault
    tokens = _tokens(text)
    is_cut = bool(body.get("max_output_tokens")) and tokens > body["max_output_tokens"]
    taken, given = _tokens(json.dumps(body)), min(tokens, body.get("max_output_tokens") or tokens)
    usage = {
        "input_tokens": taken,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": given,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": taken + given,
    }
    call.usage = usage
    return Reply.of(
        {
            "id": f"resp_{len(double.calls):06}",
            "object": "response",
            "created_at": 1_790_000_000,
            "status": "incomplete" if is_cut else "completed",
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if is_cut else None,
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "model": body["model"],
            "output": [
                {
                    "type": "message",
                    "id": f"msg_{len(double.calls):06}",
                    "status": "incomplete" if is_cut else "completed",
                    "role": "assistant",
                    "content": [
                        {"type": "output_text", "text": text[:40] if is_cut else text, "annotations": []}
                    ],
                }
            ],
            "parallel_tool_calls": True,
            "store": body.get("store", True),
            "temperature": 1.0,
            "text": {"format": shape or {"type": "text"}},
            "tool_choice": "auto",
            "tools": [],
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": usage,
            "metadata": {},
        }
    )


@endpoint("POST", "/v1/chat/completions")
def complete(double: Double, call: Call) -> Reply:
    """Chat completions, with and without structured output."""
    body = call.json
    fault = _model_fault(double, body)
    if fault is not None:
        return fault
    shape = body.get("response_format") or {}
    inner = shape.get("json_schema") or {}
    asked = _text_of([message for message in body["messages"] if message["role"] == "user"])
    system = _text_of([message for message in body["messages"] if message["role"] == "system"])
    schema = inner.get("schema") or _schema_in(system)
    named = {"name": inner.get("name") or _name_by(schema), "strict": True, "type": "json_schema"}
    text, schema_fault = _written(double, named, schema, asked)
    if schema_fault is not None:
        return schema_fault
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    tokens = _tokens(text)
    is_cut = bool(limit) and tokens > limit
    usage = {
        "prompt_tokens": _tokens(json.dumps(body)),
        "completion_tokens": min(tokens, limit or tokens),
        "total_tokens": 0,
    }
    usage["total_tokens"] = usage["prompt_tokens"] + usage["completion_tokens"]
    call.usage = usage
    return Reply.of(
        {
            "id": f"chatcmpl-{len(double.calls):06}",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": body["model"],
            "choices": [
                {
                    "index": 0,
                    "message": {
                        "role": "assistant",
                        "content": text[:40] if is_cut else text,
                        "refusal": None,
                    },
                    "finish_reason": "length" if is_cut else "stop",
                    "logprobs": None,
                }
            ],
            "usage": usage,
        }
    )


def _model_fault(double: Double, body: dict[str, Any]) -> Reply | None:
    known = {model["id"] for model in double.settings.models}
    if body.get("model") not in known:
        return refuse(404, "model_not_found", f"The model {body.get('model')!r} does not exist")
    return None


def _written(
    double: Double, shape: dict[str, Any], schema: dict[str, Any] | None, asked: str
) -> tuple[str, Reply | None]:
    """The answer of a model, or why the schema is refused."""
    if shape.get("type") == "json_schema" and shape.get("strict") and schema is not None:
        faults = list(find_schema_faults(schema))
        if faults:
            return "", refuse(400, "invalid_json_schema", f"Invalid schema: {faults[0]}")
    with double.lock:
        if double.texts:
            return double.texts.popleft(), None
    if schema is None:
        return "This is the double's answer.", None
    return json.dumps(_value(double, str(shape.get("name")), schema, asked), ensure_ascii=False), None


def _value(double: Double, name: str, schema: dict[str, Any], asked: str) -> Any:
    material: dict[str, str] = {}
    for label, _, text in BLOCK.findall(asked):
        material.setdefault(label, text)  # a second of the same label is a former answer
    if name == "script":
        return write_script(material)
    if name == "quiz":
        return write_quiz(material)
    if name == "facts":
        concept = str(_brief(next(iter(material.values())))["concept"])
        return {"facts": [fact.format(concept[:1].upper() + concept[1:]) for fact in _FACTS]}
    if name == "answers":
        return {"answers": judge_answers(double, asked)}
    return instance_of(schema)


def write_script(material: dict[str, str]) -> dict[str, Any]:
    """A script from the numbered notes, as our offline author tells it, under a title of its own."""
    brief, numbered = _brief(material["Brief"]), _numbered(material["Notes"])
    request = ScriptRequest(
        concept=brief["concept"],
        age_group=brief["age group"],
        notes="\n\n".join(numbered),
        target_seconds=int(str(brief["length"]).split()[0]),
        topics=tuple(brief.get("topics") or ()),
    )
    try:
        script = compose(request).model_dump(mode="json")
    except CannotCompose as error:
        raise ValueError(f"the notes give no script: {error.code}") from error
    own = _ids_of(request.notes)
    _renumber(script, own, numbered)
    script["title"] = f"{MARK}{script['title']}"[:60].strip()
    return script


def write_quiz(material: dict[str, str]) -> dict[str, Any]:
    """Three questions about the narration."""
    brief, numbered = _brief(material["Brief"]), _numbered(material["Notes"])
    notes = "\n\n".join(numbered)
    own = {text: number for number, text in _ids_of(notes).items()}
    told = []
    for line in material["Narration"].splitlines():
        found = re.match(r"\((\d+)\) (.*)", line)
        if found:
            sources = [own[text] for text in numbered if text in found.group(2) and text in own]
            told.append(NarratedSentence(int(found.group(1)), found.group(2), tuple(sources)))
    try:
        questions = write_questions(told, notes=notes, age_group=brief["age group"], concept=brief["concept"])
    except TooFewQuestions as error:
        raise ValueError("the narration gives no questions") from error
    values = [question.model_dump(mode="json", exclude={"must_confirm"}) for question in questions]
    for value in values:
        value["source_ids"] = _theirs(value["source_ids"], _ids_of(notes), numbered)
    return {"questions": values}


def _ids_of(notes: str) -> dict[int, str]:
    from pipeline.quality.sentences import split  # noqa: PLC0415 - a heavy import that few calls need

    return {sentence.id: sentence.text for sentence in split(notes)}


def _renumber(value: Any, own: dict[int, str], numbered: dict[str, int]) -> None:
    """Our ids of the notes' sentences become the ids of the request, wherever `sources` stand."""
    if isinstance(value, dict):
        if "sources" in value:
            value["sources"] = _theirs(value["sources"], own, numbered)
        for inner in value.values():
            _renumber(inner, own, numbered)
    elif isinstance(value, list):
        for inner in value:
            _renumber(inner, own, numbered)


def _theirs(ids: list[int], own: dict[int, str], numbered: dict[str, int]) -> list[int]:
    return [numbered[own[one]] for one in ids if own.get(one) in numbered]


def _brief(text: str) -> dict[str, Any]:
    lines = [line.partition(": ") for line in text.splitlines()]
    return {name: json.loads(value) for name, _, value in lines}


def _numbered(text: str) -> dict[str, int]:
    """Sentence → id, from lines like "[3] Bees dance."."""
    found = [re.match(r"\[(\d+)\] (.*)", line) for line in text.splitlines()]
    return {collapse(one.group(2)): int(one.group(1)) for one in found if one}


def _text_of(value: Any) -> str:
    """The text of an input: plain, or messages of plain or of parts."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _text_of(value.get("content") or value.get("text") or "")
    return "\n".join(_text_of(one) for one in value)


def _schema_in(system: str) -> dict[str, Any] | None:
    """The schema that was written into the instructions, where the server is asked for plain JSON."""
    _, _, rest = system.rpartition("Its JSON Schema:\n")
    try:
        found = json.loads(rest)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _name_by(schema: dict[str, Any] | None) -> str:
    names = set((schema or {}).get("properties", {}))
    known = {"scenes": "script", "questions": "quiz", "facts": "facts", "answers": "answers"}
    return next((name for word, name in known.items() if word in names), "value")


def _tokens(text: str) -> int:
    return max(1, len(text) // 4)
