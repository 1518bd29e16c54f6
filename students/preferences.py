"""What a child may prefer: a list, and nothing that is not on it (08, P1 and P10)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

# All yes or no. `plain_order` is the switch of 08 (P10); `reminders` needs the guardian's leave.
FLAGS = frozenset({"captions", "reduced_motion", "data_saver", "plain_order", "reminders"})
TOPICS = "topics"  # topic id → one of WISHES
INTERESTED, NOT_INTERESTED = "interested", "not_interested"
WISHES = (INTERESTED, NOT_INTERESTED)
MOST_TOPICS = 50
ORDERING = frozenset({"plain_order", TOPICS})  # these change what the feed shows

KnownTopics = Callable[[Collection[str]], Collection[str]]
_sources: list[KnownTopics] = []


class PreferenceRefused(Exception):
    """`field` is a path below the preferences, `code` is stable."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.field, self.code, self.message = field, code, message


def register_topics(source: KnownTopics) -> None:
    """Apps above this one know the topics: `source` gives those of some texts that are a topic's id."""
    _sources.append(source)


def check_preferences(given: Mapping[str, Any], *, reminders_allowed: bool) -> None:
    """Raises PreferenceRefused for what is not listed; topics are named by id, not in own words."""
    unknown = sorted(set(given) - FLAGS - {TOPICS})
    if unknown:
        raise PreferenceRefused("", "preference-unknown", f"There is no preference {unknown[0]!r}.")
    if given.get("reminders") and not reminders_allowed:
        raise PreferenceRefused(
            "reminders", "guardian-needed", "Reminders are off until a guardian allows them."
        )
    topics = given.get(TOPICS) or {}
    if len(topics) > MOST_TOPICS:
        raise PreferenceRefused(TOPICS, "too-many", f"Choose at most {MOST_TOPICS} topics.")
    wrong = sorted(key for key, wish in topics.items() if wish not in WISHES)
    missing = sorted(set(topics) - find_topics(topics))
    if wrong or missing:
        raise PreferenceRefused(
            f"{TOPICS}.{(missing or wrong)[0][:100]}", "topic-unknown", "There is no such topic or wish."
        )


def find_topics(written: Collection[str]) -> set[str]:
    """Those that some app knows as a topic's id."""
    return {one for source in _sources for one in source(written)} if written else set()
