"""Which facts a film tells, within its seconds, and how they share the scenes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.author.facts import Fact
from pipeline.author.ranking import similarity, vectors
from pipeline.author.timing import speech_seconds
from pipeline.quality.audience import SCENE_PAUSE, SCENES_RANGE, Audience

REDUNDANCY = 0.6  # weight of likeness to what is chosen already
MOST_IN_SCENE = 3


@dataclass(frozen=True)
class Choice:
    """The facts of a film in the order of the notes, as scenes: lists of indexes."""

    scenes: list[list[int]]

    @property
    def facts(self) -> list[int]:
        return [index for scene in self.scenes for index in scene]


def choose_facts(
    facts: Sequence[Fact], scores: Sequence[float], *, seconds: float, words_per_minute: float
) -> set[int]:
    """Facts worth about `seconds` of speech: by score minus likeness, each with what it leans on.

    At least four scenes' worth is chosen, though long sentences may then exceed `seconds`.
    """
    weighed = vectors([fact.text for fact in facts])
    lengths = [speech_seconds(fact.text, words_per_minute) + SCENE_PAUSE for fact in facts]
    chosen: set[int] = set()
    left = seconds
    while True:
        open_ = [i for i in range(len(facts)) if i not in chosen]
        needed = {i: _with_predecessors(facts, i) - chosen for i in open_}
        fitting = [i for i in open_ if sum(lengths[j] for j in needed[i]) <= left]
        if not fitting:
            break
        alike = [max((similarity(weighed[i], weighed[j]) for j in chosen), default=0.0) for i in fitting]
        worth = [(scores[i] - REDUNDANCY * like, -i) for i, like in zip(fitting, alike, strict=True)]
        best = -max(worth)[1]
        left -= sum(lengths[j] for j in needed[best])
        chosen |= needed[best]
    while len(_units(facts, sorted(chosen))) < SCENES_RANGE[0]:
        rest = [i for i in range(len(facts)) if i not in chosen and not facts[i].leans]
        if not rest:
            break
        chosen.add(min(rest, key=lambda i: (lengths[i], i)))
    return chosen


def _with_predecessors(facts: Sequence[Fact], index: int) -> set[int]:
    needed = {index}
    previous = facts[index].previous
    while previous is not None:
        needed.add(previous)
        previous = facts[previous].previous
    return needed


def _units(facts: Sequence[Fact], chosen: Sequence[int]) -> list[list[int]]:
    """Sentences that cannot be parted: each with those that lean on it."""
    units: list[list[int]] = []
    for index in chosen:
        if units and facts[index].previous == units[-1][-1]:
            units[-1].append(index)
        else:
            units.append([index])
    return units


def arrange_scenes(facts: Sequence[Fact], chosen: set[int], audience: Audience) -> list[list[int]]:
    """The chosen facts as scenes of one idea: at most nine, neighbours joined where both are short."""
    scenes = _units(facts, sorted(chosen))
    while len(scenes) > SCENES_RANGE[1] - 2 and len(scenes) > SCENES_RANGE[0]:
        pairs = [
            (_cost(facts, scenes[i], scenes[i + 1]), i)
            for i in range(len(scenes) - 1)
            if len(scenes[i]) + len(scenes[i + 1]) <= (2 if len(scenes) <= SCENES_RANGE[1] else MOST_IN_SCENE)
        ]
        if not pairs:
            break
        cost, at = min(pairs)
        if len(scenes) <= SCENES_RANGE[1] and cost > 1.4 * audience.sentence_words:
            break
        scenes[at : at + 2] = [scenes[at] + scenes[at + 1]]
    return scenes[: SCENES_RANGE[1]]


def _cost(facts: Sequence[Fact], one: list[int], other: list[int]) -> float:
    """Words together; neighbours from one paragraph that follow each other belong together sooner."""
    words = sum(facts[index].words for index in (*one, *other))
    follows = facts[other[0]].id - facts[one[-1]].id == 1
    same = facts[other[0]].sentence.block == facts[one[-1]].sentence.block
    return words * (1.0 if follows else 1.3) * (1.0 if same else 1.3)
