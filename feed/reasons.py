"""Why a card is shown, in words for a child (06, 3.3). Pure."""

from __future__ import annotations

from collections.abc import Mapping

NUMBERS = ("", "", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
WORDS: Mapping[str, str] = {
    "new": "Something new.",
    "next_step": "This builds on what you know.",
    "interest": "You like this topic.",
    "explore": "Hardly anybody has seen this yet.",
    "newest": "New here.",
}


def say_why(reason: str, *, days: int = 0) -> str:
    """A sentence for this reason; `days` are the learning days since the idea was last met."""
    if reason == "recall":
        return f"You learned this {_ago(days)}."
    return WORDS.get(reason, "")


def _ago(days: int) -> str:
    if days < 1:
        return "today"
    if days == 1:
        return "yesterday"
    return f"{NUMBERS[days] if days < len(NUMBERS) else days} days ago"
