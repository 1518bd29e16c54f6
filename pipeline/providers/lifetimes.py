"""Whether the configured models exist, and when the vendor ends them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipeline.providers.errors import ProviderError, Usage

if TYPE_CHECKING:
    import openai

ENDINGS = Path(__file__).with_name("endings.toml")
WARN_DAYS, FAIL_DAYS = 60, 14
State = Literal["ok", "warning", "error", "unknown"]


@dataclass(frozen=True)
class Lifetime:
    """What was found out about one alias; `ends` is the vendor's announced last day."""

    alias: str
    model: str
    state: State
    message: str
    ends: date | None = None


def look_up(alias: str, options: Mapping[str, Any], *, today: date) -> Lifetime:
    """Ask the server of `options` (key, base_url, model) for its models. Costs nothing."""
    # The SDK takes most of a second to load: only who asks pays for it, not every command that checks.
    from pipeline.providers.openai_client import Access, call_vendor  # noqa: PLC0415

    model = str(options.get("model", ""))
    access = Access(
        str(options.get("key", "")),
        str(options["base_url"]),
        str(options.get("organization", "")),
        str(options.get("project", "")),
        read=20.0,
        wall=20.0,
        provider=alias,
    )
    try:
        client = access.open()
        found = call_vendor(
            lambda: {one.id: one for one in client.models.list()}, provider=alias, perhaps=Usage()
        )
    except ProviderError as error:
        return Lifetime(alias, model, "error", f"{error.message} ({error.code})")
    return judge(alias, model, found.get(model), has_list=bool(found), today=today)


def judge(
    alias: str, model: str, entry: openai.types.Model | None, *, has_list: bool, today: date
) -> Lifetime:
    """A model by its entry in the vendor's list."""
    if entry is None:
        message = "The server does not list this model." if has_list else "The server lists no models."
        return Lifetime(alias, model, "error" if has_list else "unknown", message)
    told = getattr(entry, "shutdown_date", None)
    if "shutdown_date" not in entry.model_fields_set:
        return Lifetime(alias, model, "unknown", "The server does not say when its models end.")
    if not told:
        return Lifetime(alias, model, "ok", "No end is announced.")
    try:
        ends = date.fromisoformat(str(told)[:10])
    except ValueError:
        return Lifetime(alias, model, "unknown", "The announced end cannot be read.")
    return _weigh(alias, model, ends, today=today)


def _weigh(alias: str, model: str, ends: date, *, today: date) -> Lifetime:
    days = (ends - today).days
    state: State = "error" if days < FAIL_DAYS else "warning" if days < WARN_DAYS else "ok"
    said = f"It ends on {ends}, in {days} days." if days >= 0 else f"It has ended on {ends}."
    return Lifetime(alias, model, state, said + (" Choose another." if state != "ok" else ""), ends)


def look_up_announced(alias: str, provider: str, model: str, *, today: date) -> Lifetime | None:
    """What was announced when the table was last read, without a call; None where nothing was."""
    for entry in _announced():
        if entry["provider"] == provider and model in entry["models"]:
            return _weigh(alias, model, entry["ends"], today=today)
    return None


@cache
def _announced() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(ENDINGS.read_text(encoding="utf-8"))["ending"]
    return found
