"""A value has exactly the type it should, and what is not listed is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.exceptions import ErrorDetail

from students.fields import (
    FlagField,
    IdField,
    InstantField,
    NumberField,
    StrictSerializer,
    TextField,
    WholeField,
)

ID = "018f0000-0000-7000-8000-000000000000"


class Everything(StrictSerializer):
    id = IdField(required=False)
    flag = FlagField(required=False)
    whole = WholeField(required=False)
    number = NumberField(required=False)
    text = TextField(max_length=5, required=False)
    instant = InstantField(required=False)


def codes(data: Any) -> dict[str, list[str]]:
    body = Everything(data=data)
    assert not body.is_valid()
    return {
        name: [str(error.code) for error in errors if isinstance(error, ErrorDetail)]
        for name, errors in body.errors.items()
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", False),
        ("id", 5),
        ("id", "x"),
        ("id", ID.replace("-", "")),
        ("id", f"urn:uuid:{ID}"),
        ("flag", "true"),
        ("flag", 1),
        ("flag", "yes"),
        ("whole", "5"),
        ("whole", True),
        ("whole", 5.0),
        ("number", "5"),
        ("number", False),
        ("text", 5),
        ("text", True),
        ("instant", 1_700_000_000),
        ("instant", "yesterdayZ"),
    ],
)
def test_a_value_of_another_type_is_refused(field: str, value: Any) -> None:
    assert codes({field: value}) == {field: ["invalid"]}


def test_limits_hold() -> None:
    assert codes({"whole": -1}) == {"whole": ["min_value"]}
    assert codes({"whole": 10**30}) == {"whole": ["max_value"]}
    assert codes({"text": "longer"}) == {"text": ["max_length"]}
    assert codes({"instant": "2026-03-01T10:00:00"}) == {"instant": ["zone"]}


def test_unknown_fields_are_named_all_at_once() -> None:
    assert codes({"flag": True, "x": 1, "y": 2}) == {"x": ["unknown-field"], "y": ["unknown-field"]}


def test_right_values_pass_unchanged() -> None:
    body = Everything(
        data={
            "id": ID,
            "flag": False,
            "whole": 5,
            "number": 2,
            "text": "abc",
            "instant": "2026-03-01T10:00:00+01:00",
        }
    )
    assert body.is_valid()
    assert str(body.validated_data["id"]) == ID
    assert body.validated_data["flag"] is False
    assert body.validated_data["instant"].isoformat() == "2026-03-01T09:00:00+00:00"
