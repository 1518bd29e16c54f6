"""Input that is listed: unknown fields are refused by name, and a value has exactly the type it should.

Django REST framework by itself drops unknown fields, takes `"yes"` for true, `"5"` for 5
and `false` for a UUID.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers

BIGGEST_WHOLE = 2_147_483_647  # PostgreSQL's INTEGER


class StrictSerializer(serializers.Serializer[Any]):
    """The base of every input serializer."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            known = {name for name, field in self.fields.items() if not field.read_only}
            unknown = sorted(str(name) for name in data if name not in known)
            if unknown:
                raise serializers.ValidationError(
                    {name[:100]: ["This field is not known here."] for name in unknown}, code="unknown-field"
                )
        return super().to_internal_value(data)


class IdField(serializers.UUIDField):
    """A UUID written as text."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or len(data) != 36:
            self.fail("invalid", value=str(data)[:40])
        return super().to_internal_value(data)


class FlagField(serializers.BooleanField):
    """true or false, and nothing that resembles it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=str(data)[:40])
        return data


class WholeField(serializers.IntegerField):
    """A whole number of JSON, within PostgreSQL's INTEGER unless limits say otherwise."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_value", BIGGEST_WHOLE)
        options.setdefault("min_value", 0)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class NumberField(serializers.FloatField):
    """A number of JSON."""

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """Text as it was typed, without control characters that only a broken client sends."""

    def __init__(self, *, max_length: int, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class InstantField(serializers.DateTimeField):
    """An instant as RFC 3339 writes it; one without a zone is refused rather than guessed."""

    default_error_messages = {"zone": "Give the time with its zone, such as 2026-03-01T10:00:00Z."}  # noqa: RUF012 - as DRF declares it

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str):
            self.fail("invalid", format="RFC 3339")
        if not value.endswith(("Z", "z")) and value[-6:-5] not in {"+", "-"}:
            self.fail("zone")
        return super().to_internal_value(value)
