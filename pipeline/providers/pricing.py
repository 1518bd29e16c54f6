"""What a call costs, by a dated table (`prices.toml`, and the operator's own file before it)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.providers.errors import Usage

TABLE = Path(__file__).with_name("prices.toml")
SMALLEST = Decimal("0.0001")  # what the ledger keeps; rounded up
_MILLION, _THOUSAND = Decimal(1_000_000), Decimal(1000)

_own: list[Path] = []


class PricesInvalid(ValueError):
    """The operator's table cannot be used. The message names the entry and what is wrong with it."""


@dataclass(frozen=True)
class Price:
    """One entry; amounts as in the table. None: nothing is charged by that measure."""

    provider: str
    model: str
    read: date
    host: str = ""
    input: Decimal | None = None
    cached: Decimal | None = None
    output: Decimal | None = None
    characters: Decimal | None = None
    picture: Decimal | None = None
    second: Decimal | None = None
    request: Decimal | None = None
    source: str = ""

    def of(self, usage: Usage) -> Decimal:
        """US dollars, rounded up to what the ledger keeps."""
        cached = self.cached if self.cached is not None else self.input
        fresh = max(usage.input_tokens - usage.cached_tokens, 0)
        total = (
            fresh * (self.input or 0) / _MILLION
            + usage.cached_tokens * (cached or 0) / _MILLION
            + usage.output_tokens * (self.output or 0) / _MILLION
            + usage.characters * (self.characters or 0) / _THOUSAND
            + usage.pictures * (self.picture or 0)
            + Decimal(str(usage.seconds)) * (self.second or 0)
            + usage.requests * (self.request or 0)
        )
        return Decimal(total).quantize(SMALLEST, rounding=ROUND_UP)


def use(own: Path | None) -> None:
    """Put the operator's table before ours; None: ours alone. Raises PricesInvalid."""
    _own.clear()
    _own.extend([own] if own is not None else [])
    _read.cache_clear()
    _read()


@cache
def _read() -> tuple[Price, ...]:
    found: list[Price] = []
    for path in (*_own, TABLE):
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise PricesInvalid(f"{path.name} cannot be read as TOML ({type(error).__name__}).") from error
        found += [_entry(value, f"{path.name}, entry {number}") for number, value in _entries(table, path)]
    return tuple(found)


def _entries(table: Mapping[str, Any], path: Path) -> list[tuple[int, Mapping[str, Any]]]:
    entries = table.get("price", [])
    if set(table) - {"price"} or not isinstance(entries, list):
        raise PricesInvalid(f"{path.name} holds something else than [[price]] entries.")
    return list(enumerate(entries, 1))


def _entry(value: Mapping[str, Any], place: str) -> Price:
    texts, amounts = {"provider", "model", "host", "source"}, set(Price.__dataclass_fields__)
    amounts -= {*texts, "read"}
    values: dict[str, Any] = {}
    for name, given in value.items():
        if (name in texts and isinstance(given, str)) or (name == "read" and isinstance(given, date)):
            values[name] = given
        elif name in amounts and isinstance(given, int | Decimal) and given >= 0:
            values[name] = Decimal(given)
        else:
            raise PricesInvalid(f"{place}: {name} is not known, or its value is not of its kind.")
    for name in ("provider", "model", "read"):
        if name not in values:
            raise PricesInvalid(f"{place}: {name} is missing.")
    if not amounts & set(values):
        raise PricesInvalid(f"{place}: there is no amount. Write 0 for what is free.")
    return Price(**values)


def find(provider: str, model: str, host: str = "") -> Price | None:
    """The first entry for this model at this host; None: nobody knows the price."""
    for price in _read():
        if (price.provider, price.model) == (provider, model) and price.host in ("", host):
            return price
    return None


def priced(usage: Usage, *, provider: str, model: str, host: str = "") -> Usage:
    """The usage with its cost; None where a call was made and no price is known."""
    if not usage.requests:
        return replace(usage, cost=Decimal(0))
    price = find(provider, model, host)
    return replace(usage, cost=None if price is None else price.of(usage))
