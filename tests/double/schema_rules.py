"""Strict structured output: what a schema must obey, and a value that obeys a schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

KEYWORDS = frozenset({"type", "description", "enum", "const", "anyOf", "items", "properties", "required",
                      "additionalProperties", "$defs", "$ref", "title"})  # fmt: skip


def find_schema_faults(schema: Mapping[str, Any], place: str = "schema") -> Iterator[str]:
    """Why a schema is refused in strict mode."""
    strangers = sorted(set(schema) - KEYWORDS)
    if strangers:
        yield f"{place}: the keyword {strangers[0]} is not permitted"
    if schema.get("type") == "object":
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            yield f"{place}: an object needs properties"
            return
        if schema.get("additionalProperties") is not False:
            yield f"{place}: additionalProperties must be false"
        if sorted(schema.get("required", [])) != sorted(properties):
            yield f"{place}: required must name every property"
        for name, value in properties.items():
            yield from find_schema_faults(value, f"{place}.{name}")
    elif schema.get("type") == "array":
        yield from find_schema_faults(schema["items"], f"{place}[]")
    elif "anyOf" in schema:
        for number, value in enumerate(schema["anyOf"]):
            yield from find_schema_faults(value, f"{place}<{number}>")
    elif "type" not in schema and "enum" not in schema and "$ref" not in schema:
        yield f"{place}: a type is needed"
    if place == "schema" and schema.get("type") != "object":
        yield "schema: the root must be an object"


def instance_of(schema: Mapping[str, Any], name: str = "value") -> Any:
    """The plainest value that a schema allows."""
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return instance_of(schema["anyOf"][0], name)
    kind = schema.get("type")
    if kind == "object":
        return {key: instance_of(value, key) for key, value in schema["properties"].items()}
    if kind == "array":
        return [instance_of(schema["items"], name)]
    return {"string": f"a {name}", "integer": 1, "number": 0.5, "boolean": True, "null": None}[str(kind)]
