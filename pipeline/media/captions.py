"""Captions: words grouped into events, the same for the picture and for the WebVTT track."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.media import lettering

LINE_WIDTH = 972  # pixels at 1080
GAP, PILL_SIDE = 0.34, 0.20  # between words, and beside the lit one; shares of the letter size
SHORTEST = 5 / 6  # seconds an event is shown, where its words allow it
SIZES = {"5-7": 76, "8-10": 72, "11-13": 68, "14-17": 66}  # letters, pixels at 1080


def _split(words: str) -> frozenset[str]:
    return frozenset(words.split())


# what must not end an event or a line: it belongs to the word that follows
_CLOSE = _split(
    "a an the of to in on at by for and or but is are was were be been with from into onto over under about "
    "around between through as its their his her our your my this that these those has have had can could "
    "will would may might must should do does did not no very it they we you he she i than more most less "
    "each every some any all both many few so too when where which who whose because if while until before "
    "after one two three four five six seven eight nine ten new dr mr mrs ms prof st mt no vs"
)
# what may well begin one: a clause or a phrase of its own
_OPENS = _split(
    "and but or so because which that who where when while if until before after then although though since "
    "of in on at by for with from into through between around about to as like than during without"
)
_SHORT = _split("dr. mr. mrs. ms. prof. st. mt. no. e.g. i.e. vs. approx. fig. u.s. u.k. a.m. p.m. b.c. a.d.")
_QUOTES = "\"'”’)]"


@dataclass(frozen=True)
class TimedWord:
    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Cue:
    """Words shown together in one or two lines, from `start` to `end` seconds."""

    start: float
    end: float
    words: tuple[TimedWord, ...]
    lines: tuple[tuple[int, ...], ...]  # indexes into `words`

    @property
    def text(self) -> str:
        return "\n".join(" ".join(self.words[index].text for index in line) for line in self.lines)

    @property
    def characters_per_second(self) -> float:
        return len(" ".join(word.text for word in self.words)) / max(0.001, self.end - self.start)


def split_lines(words: Sequence[str], size: int) -> tuple[tuple[int, ...], ...] | None:
    """One line, or the two most even ones, no wider than `LINE_WIDTH`; None when two are not enough."""

    def wide(part: Sequence[str]) -> float:
        letters = sum(lettering.width_of(word, lettering.STRONG, size) for word in part)
        return letters + size * (GAP * (len(part) - 1) + 2 * PILL_SIDE)

    if wide(words) <= LINE_WIDTH:
        return (tuple(range(len(words))),)
    best: tuple[float, int] | None = None
    for cut in range(1, len(words)):
        first, second = wide(words[:cut]), wide(words[cut:])
        if max(first, second) <= LINE_WIDTH:
            cost = abs(first - second) + 18 * break_cost(words[cut - 1], words[cut])
            if best is None or cost < best[0]:
                best = (cost, cut)
    if best is None:
        return None
    return (tuple(range(best[1])), tuple(range(best[1], len(words))))


def _bare(word: str) -> str:
    return word.lower().strip("\"'“”‘’()[].,;:!?…")


def _ends_sentence(word: str) -> bool:
    return word.lower() not in _SHORT and word.rstrip(_QUOTES).endswith((".", "!", "?", ":", ";", "…"))


def _ends_phrase(word: str) -> bool:
    return word.rstrip(_QUOTES).endswith((",", "–", "—"))


def break_cost(word: str, following: str) -> float:
    """How much a reader minds a break between two words, 0 (the end of a sentence) to about 10."""
    if _ends_sentence(word):
        return 0.0
    if _ends_phrase(word):
        return 0.6
    before, after = _bare(word), _bare(following)
    if before in _CLOSE or word.lower() in _SHORT:
        return 9.0
    is_name = word[:1].isupper() and following[:1].isupper()
    if is_name or before[-1:].isdigit() or after[:1].isdigit():
        return 7.0
    return 1.6 if after in _OPENS else 3.0


def group(
    words: Sequence[TimedWord],
    *,
    most_words: int,
    size: int,
    end_limit: float,
    longest: float = 6.0,
    fastest: float = 17.0,
    ideal: float = 4.0,
) -> list[Cue]:
    """Events in order, every word in exactly one.

    The cheapest way to break, found by dynamic programming: events near `ideal` words, breaks at
    punctuation, none after an article or preposition; none shorter than 5/6 s, longer than `longest`
    or faster than `fastest` characters a second where another break avoids it. `end_limit` is where
    the last event must be gone. A word too wide for the line stands alone.
    """
    count = len(words)
    costs: list[float] = [0.0] + [float("inf")] * count
    back = [0] * (count + 1)
    texts = [word.text for word in words]
    for end in range(1, count + 1):
        for start in range(max(0, end - most_words), end):
            if end - start > 1 and split_lines(texts[start:end], size) is None:
                continue
            cost = costs[start] + _cost(words, start, end, ideal=ideal, longest=longest, fastest=fastest)
            if cost < costs[end]:
                costs[end], back[end] = cost, start
    bounds: list[tuple[int, int]] = []
    end = count
    while end > 0:
        bounds.append((back[end], end))
        end = back[end]
    bounds.reverse()
    cues = []
    for index, (first, last) in enumerate(bounds):
        part = tuple(words[first:last])
        following = words[bounds[index + 1][0]].start if index + 1 < len(bounds) else end_limit
        lines = split_lines([word.text for word in part], size) or (tuple(range(len(part))),)
        stays = max(part[-1].end + 0.35, part[0].start + SHORTEST)
        if following - part[-1].end < 0.6 and index + 1 < len(bounds):
            stays = following
        cues.append(Cue(part[0].start, min(stays, following, end_limit), part, lines))
    return cues


@dataclass(frozen=True)
class Pace:
    """What an audience can read: words an event, seconds an event, characters a second."""

    most_words: int = 8
    longest: float = 6.0
    fastest: float = 17.0


def scene_cues(
    words: Sequence[TimedWord], *, scene_seconds: float, is_last: bool, age_group: str, pace: Pace
) -> list[Cue]:
    """The events of a scene, in its own time: what the picture shows and the track says."""
    return group(
        words,
        most_words=pace.most_words,
        size=SIZES.get(age_group, 70),
        end_limit=scene_seconds - (0.0 if is_last else 2 / 30),
        longest=pace.longest,
        fastest=pace.fastest,
    )


def _cost(
    words: Sequence[TimedWord], start: int, end: int, *, ideal: float, longest: float, fastest: float
) -> float:
    part = words[start:end]
    cost = (len(part) - ideal) ** 2 * 0.6
    if any(_ends_sentence(word.text) for word in part[:-1]):
        cost += 60.0
    if end < len(words):
        cost += break_cost(part[-1].text, words[end].text)
    until = words[end].start if end < len(words) else part[-1].end + 0.35
    seconds = until - part[0].start
    if seconds < SHORTEST:
        cost += 25.0
    if seconds > longest:
        cost += 80.0
    speed = len(" ".join(word.text for word in part)) / max(0.1, seconds)
    if speed > fastest * 0.98:
        cost += 20.0 + 10.0 * (speed - fastest * 0.98)
    return cost


def stamp(seconds: float) -> str:
    """A time as WebVTT writes it: 00:00:01.250."""
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, part = divmod(rest, 1000)
    return f"{hours:02}:{minutes:02}:{whole:02}.{part:03}"


def webvtt(cues: Sequence[Cue], *, word_times: bool = True) -> str:
    """The track; media time 0 is the film's first frame.

    `word_times`: each word with the second it is spoken at, as players show it that light words up.
    """
    parts = ["WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n"]
    for number, cue in enumerate(cues, start=1):
        body = _timed_text(cue) if word_times else _escape(cue.text)
        parts.append(f"{number}\n{stamp(cue.start)} --> {stamp(cue.end)} line:82%\n{body}\n")
    return "\n".join(parts)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _timed_text(cue: Cue) -> str:
    """WebVTT wants inner times to grow and to lie strictly inside the cue; others are left out."""
    lines, latest = [], round(cue.start * 1000)
    for line in cue.lines:
        words = []
        for index in line:
            word = cue.words[index]
            at = round(word.start * 1000)
            timed = latest < at < round(cue.end * 1000)
            latest = at if timed else latest
            words.append((f"<{stamp(word.start)}>" if timed else "") + _escape(word.text))
        lines.append(" ".join(words))
    return "\n".join(lines)
