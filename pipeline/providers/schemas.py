"""JSON Schema for strict structured output, from our pydantic models.

Strict means: every object is closed (`additionalProperties: false`), every property is required, so that
what may be missing is `X | None`, and there are no mappings. Ranges, lengths and counts are checked by
our own validators, not in the schema, because the vendors' limits there are not certain.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

_KEPT = ("type", "description", "enum", "const", "anyOf", "items", "properties", "required")


class NotStrict(TypeError):
    """A model that no strict schema can describe. The message names the place."""


def strict_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a model, references written out. Raises NotStrict for a mapping or an open value."""
    source = model.model_json_schema()
    return _strict(source, source.get("$defs", {}), model.__name__, ())


def _strict(
    node: dict[str, Any], known: dict[str, Any], place: str, inside: tuple[str, ...]
) -> dict[str, Any]:
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        if name in inside:
            raise NotStrict(f"{place} contains itself.")
        return _strict(known[name], known, place, (*inside, name))
    if "anyOf" in node:
        choices = [
            _strict(one, known, f"{place}[{number}]", inside) for number, one in enumerate(node["anyOf"])
        ]
        return {"anyOf": choices}
    kept = {name: node[name] for name in _KEPT if name in node and name not in {"properties", "items"}}
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    if node.get("type") == "object":
        if "properties" not in node or node.get("additionalProperties") not in (None, False):
            raise NotStrict(f"{place} is a mapping; make it a list of pairs.")
        properties = node["properties"]
        kept["properties"] = {
            name: _strict(one, known, f"{place}.{name}", inside) for name, one in properties.items()
        }
        kept["required"] = list(properties)
        kept["additionalProperties"] = False
    elif node.get("type") == "array":
        if not isinstance(node.get("items"), dict):
            raise NotStrict(f"{place} is a list of nobody knows what.")
        kept["items"] = _strict(node["items"], known, f"{place}[]", inside)
    elif "type" not in kept and "enum" not in kept:
        raise NotStrict(f"{place} may be anything.")
    return kept
