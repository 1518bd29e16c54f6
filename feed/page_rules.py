"""From scores to an order: the rules of a page, applied greedily from the best down (06, 3.3). Pure.

Topics mix, recall leaves room for what is new, and one card in ten gives a film a chance that few
have seen. A rule that would leave nothing to choose is waived.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

type TopicKey = Hashable

RECENT = 5  # cards that a topic is remembered for
ROW_OF_ONE_TOPIC = 2  # never a third
LEAST_FACTOR = 0.25  # what remains of a topic's worth after many cards of it
OPENING = 3  # cards before the shares below apply
RECALL_SHARE = 0.8  # of the expected time
NEW_EVERY = 6
EXPLORE_EVERY = 10
LITTLE_SHOWN = 200  # impressions


@dataclass(frozen=True)
class Entry:
    """One concept with its best film. `place` is the caller's own index."""

    place: int
    topic: TopicKey
    is_new: bool
    is_little_shown: bool
    score: float
    seconds: float


def lay_out(
    entries: Sequence[Entry],
    *,
    limit: int,
    recent_topics: Sequence[TopicKey] = (),
    today: Sequence[bool] = (),
) -> list[tuple[Entry, bool]]:
    """At most `limit` entries in order, each with whether it was chosen to explore.

    `entries` come best first. `recent_topics` are those of the learner's last cards, `today` says of
    each card of this learning day whether its concept was new; both oldest first.
    """
    page = _Page(entries, list(recent_topics)[-RECENT:], today)
    order: list[tuple[Entry, bool]] = []
    while len(order) < limit:
        explored = page.explore()
        entry = explored or page.choose()
        if entry is None:
            break
        page.take(entry)
        order.append((entry, explored is not None))
    return order


class _Page:
    def __init__(self, entries: Sequence[Entry], topics: list[TopicKey], today: Sequence[bool]) -> None:
        self._waiting: dict[bool, list[Entry]] = {True: [], False: []}  # is new → worst first
        self._piles: dict[tuple[TopicKey, bool], list[Entry]] = {}
        for entry in reversed(entries):
            self._waiting[entry.is_new].append(entry)
            self._piles.setdefault((entry.topic, entry.is_new), []).append(entry)
        self._little_shown = [entry for entry in self._waiting[True] if entry.is_little_shown]
        self._taken: set[int] = set()
        self._topics = topics
        self._cards = len(today)
        self._since_new = next((n for n, is_new in enumerate(reversed(today)) if is_new), len(today))
        # What today's cards took is not kept: the mean of what is offered stands in for it.
        self._seconds = {
            kind: sum(is_new is kind for is_new in today) * _mean_seconds(self._waiting[kind])
            for kind in (True, False)
        }

    def take(self, entry: Entry) -> None:
        self._taken.add(entry.place)
        self._topics = [*self._topics, entry.topic][-RECENT:]
        self._cards += 1
        self._since_new = 0 if entry.is_new else self._since_new + 1
        self._seconds[entry.is_new] += entry.seconds

    def explore(self) -> Entry | None:
        """The best new film that few have seen, where it is its turn."""
        if self._cards % EXPLORE_EVERY != EXPLORE_EVERY - 1:
            return None
        blocked = self._blocked_topic()
        return next(
            (
                entry
                for entry in reversed(self._little_shown)
                if entry.place not in self._taken and (blocked is None or entry.topic != blocked[0])
            ),
            None,
        )

    def choose(self) -> Entry | None:
        """The best entry that the rules leave; of these the mixture yields first, then the row of a topic."""
        blocked = self._blocked_topic()
        return self._choose(blocked) or (self._choose(None) if blocked else None)

    def _choose(self, blocked: tuple[TopicKey] | None) -> Entry | None:
        new, known = self._best(True, blocked), self._best(False, blocked)
        if new is None or known is None:
            return new or known
        if self._cards >= OPENING:
            if self._since_new >= NEW_EVERY - 1:
                return new
            recall = self._seconds[False] + known.seconds
            if recall > RECALL_SHARE * (recall + self._seconds[True]):
                return new
        return max(new, known, key=self._worth)

    def _best(self, kind: bool, blocked: tuple[TopicKey] | None) -> Entry | None:
        """Among topics not shown of late the first that waits; of the others their first."""
        recent = set(self._topics)
        heads = [self._head(self._piles.get((topic, kind), [])) for topic in recent]
        waiting = self._waiting[kind]
        self._head(waiting)  # drops what is taken from its end
        heads.append(
            next((e for e in reversed(waiting) if e.topic not in recent and e.place not in self._taken), None)
        )
        allowed = [head for head in heads if head and (blocked is None or head.topic != blocked[0])]
        return max(allowed, key=self._worth, default=None)

    def _head(self, pile: list[Entry]) -> Entry | None:
        while pile and pile[-1].place in self._taken:
            pile.pop()
        return pile[-1] if pile else None

    def _worth(self, entry: Entry) -> tuple[float, int]:
        shown = self._topics.count(entry.topic)
        lost = (1 - LEAST_FACTOR) * (1 - 0.5**shown)
        return entry.score - lost * abs(entry.score), -entry.place

    def _blocked_topic(self) -> tuple[TopicKey] | None:
        """The topic of the last two cards, in a tuple, since None may be a topic."""
        last = self._topics[-ROW_OF_ONE_TOPIC:]
        return (last[0],) if len(last) == ROW_OF_ONE_TOPIC and len(set(last)) == 1 else None


def _mean_seconds(entries: Sequence[Entry]) -> float:
    return sum(entry.seconds for entry in entries) / len(entries) if entries else 0.0
