"""A script laid out as scenes: hook, scenes with thinking moments between them, recap. For scripts by any
author.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pipeline.author.casing import Casing
from pipeline.author.lexicon import AUXILIARIES, PREPOSITIONS, SUBORDINATORS
from pipeline.author.phrases import key_phrase
from pipeline.author.recalling import recall
from pipeline.author.timing import speech_seconds
from pipeline.providers.base import Line, Moment, Script
from pipeline.quality.audience import (
    MOMENT_PAUSE,
    MOMENT_PAUSE_RANGE,
    SCENE_PAUSE,
    SHORTEST_SECONDS,
    audience,
)
from pipeline.quality.words import collapse, content_stems


@dataclass(frozen=True)
class StoryScene:
    """One scene as it will be told and shown; the fields of the step's `SceneDraft`."""

    position: int
    role: str  # hook | scene | moment | recap
    lines: tuple[dict[str, Any], ...]  # {"text", "sources"}
    on_screen_text: str
    visual_description: str
    visual_kind: str
    items: tuple[str, ...] = ()
    pause_seconds: float = 0.0


THINK = "Think about it: "
LONGEST_EXTRA_PAUSE = 1.0  # seconds added to a scene of a film that would else be too short
SAFETY = 3.0  # seconds by which a film is planned above the shortest length, since voices differ


def lay_out(script: Script, age_group: str, *, words_per_minute: float = 0) -> list[StoryScene]:
    """The scenes of a script in order, positions from 0.

    A script that would come out under 45 s gets longer pauses. `words_per_minute` 0 means the target of
    the age group.
    """
    limits = audience(age_group)
    drafts = [_hook(script)]
    for index, scene in enumerate(script.scenes):
        drafts.append(
            StoryScene(
                position=len(drafts),
                role="scene",
                lines=tuple(_line(line) for line in scene.narration),
                on_screen_text=scene.on_screen_text,
                visual_description=scene.visual_description,
                visual_kind=scene.visual_kind,
                items=tuple(scene.items),
            )
        )
        drafts.extend(
            _moment(moment, len(drafts)) for moment in script.moments if moment.after_scene == index
        )
    drafts.append(_recap(script, len(drafts), limits.on_screen_words))
    return _stretch(drafts, words_per_minute or limits.words_per_minute)


def estimate_seconds(drafts: list[StoryScene], words_per_minute: float) -> float:
    """How long the film will be, by a voice of that pace."""
    spoken = sum(
        speech_seconds(str(line["text"]), words_per_minute) for draft in drafts for line in draft.lines
    )
    return spoken + sum(draft.pause_seconds for draft in drafts) + SCENE_PAUSE * len(drafts)


def _line(line: Line) -> dict[str, Any]:
    return {"text": line.text, "sources": list(line.sources)}


def _hook(script: Script) -> StoryScene:
    """The hook shows the title: it is what the film is called and about."""
    return StoryScene(
        0, "hook", (_line(script.hook),), script.title, script.scenes[0].visual_description, "statement"
    )


def _moment(moment: Moment, position: int) -> StoryScene:
    question = collapse(moment.prompt)
    line = {"text": spoken_moment(question), "sources": []}
    return StoryScene(
        position, "moment", (line,), question, question.rstrip("?"), "statement", (), MOMENT_PAUSE
    )


def spoken_moment(question: str) -> str:
    """The narration of a thinking pause: "Think about it: do plants make their own food?"."""
    first = question.partition(" ")[0].lower()
    small = first in AUXILIARIES | PREPOSITIONS | SUBORDINATORS
    return THINK + (question[:1].lower() + question[1:] if small else question)


def _recap(script: Script, position: int, most_words: int) -> StoryScene:
    text = script.recap.text.removeprefix("Remember: ")
    phrase = key_phrase(text, topic=script.topic or script.title, most_words=most_words)
    items = _learnt(script, phrase)
    kind = "list" if items else "statement"
    seen = script.scenes[-1].visual_description
    return StoryScene(position, "recap", (_line(script.recap),), phrase, seen, kind, items)


def _learnt(script: Script, phrase: str) -> tuple[str, ...]:
    """Three things of the film to tick off, those that say most, in its order; none where there are fewer."""
    taken = {" ".join(sorted(content_stems(phrase)))}
    told = " ".join(line.text for scene in script.scenes for line in scene.narration)
    casing = Casing(f"{script.hook.text} {told} {script.recap.text}")
    found: list[tuple[int, int, str]] = []
    for index, scene in enumerate(script.scenes):
        recalled = recall(scene.visual_kind, collapse(scene.on_screen_text), scene.items, casing=casing)
        key = "" if recalled is None else " ".join(sorted(content_stems(recalled.head)))
        if recalled is not None and (recalled.detail or key not in taken):
            taken.add(key)
            found.append((recalled.rank, index, recalled.item))
    kept = sorted(sorted(found)[:3], key=lambda one: one[1])
    return tuple(text for _, _, text in kept) if len(kept) == 3 else ()


def _stretch(drafts: list[StoryScene], words_per_minute: float) -> list[StoryScene]:
    missing = SHORTEST_SECONDS + SAFETY - estimate_seconds(drafts, words_per_minute)
    if missing <= 0:
        return drafts
    moments = sum(draft.role == "moment" for draft in drafts)
    others = len(drafts) - moments
    longer_moment = min(MOMENT_PAUSE_RANGE[1] - MOMENT_PAUSE, missing / max(1, moments))
    extra = min(LONGEST_EXTRA_PAUSE, max(0.0, missing - moments * longer_moment) / max(1, others))
    return [
        replace(
            draft,
            pause_seconds=round(
                draft.pause_seconds + (longer_moment if draft.role == "moment" else extra), 2
            ),
        )
        for draft in drafts
    ]
