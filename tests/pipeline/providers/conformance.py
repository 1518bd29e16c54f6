"""What every member of the provider family must do, as checks that any member can be put through.

A new member gets a `Candidate` in `test_conformance.py`; the checks of its kind then run by themselves.
docs/adding-a-provider.md walks through it.
"""

from __future__ import annotations

import json
import wave
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.providers.base import (
    ClipRequest,
    DrawRequest,
    FactsRequest,
    JudgeMaterial,
    JudgeQuestion,
    NarratedSentence,
    PictureToModerate,
    ProviderDown,
    ProviderError,
    QuizRequest,
    Result,
    ScriptRequest,
    SpeechRequest,
    Unsupported,
    Usage,
)
from pipeline.providers.drafting import find_fact_faults, find_quiz_faults, find_script_faults, lines_of
from pipeline.providers.pricing import SMALLEST
from pipeline.steps.base import canonical_json

NOTES = """Honey bees live in large groups called colonies.
A colony has one queen, many workers and some drones.
The queen lays up to 2,000 eggs a day.
Worker bees collect nectar from flowers and carry it home.
Inside the hive, bees turn nectar into honey.
A bee dances to tell the others where flowers are.
The dance shows the direction and the distance of the flowers.
Bees carry pollen from flower to flower, which helps plants make seeds.
A worker bee lives about six weeks in summer.
Bees keep the hive warm in winter by shivering together.
"""
SPOKEN = "A bee dances to tell the others where flowers are."
SCRIPT = ScriptRequest("Honey bees", "8-10", NOTES)
DRAWING = DrawRequest("A bee on a flower", "picture", "Bees dance", narration=SPOKEN)
QUESTIONS = (JudgeQuestion("a", "Is it so?"), JudgeQuestion("b", "How well?", ("1", "2", "3"), ordered=True))
MATERIAL = JudgeMaterial("any", (("Notes", NOTES), ("Script", SPOKEN)))


@dataclass(frozen=True)
class Candidate:
    """A member to be checked.

    kind: its family (text, judge, moderation, image, speech, clip).  make: a new instance, the same each
    time.  secrets: what may be seen nowhere.  trouble: lets its vendor answer the next call with a server
    error; None for a member that calls nobody.  calls: how many calls its vendor has had.
    """

    name: str
    kind: str
    make: Callable[[], Any]
    secrets: tuple[str, ...] = ()
    trouble: Callable[[], None] | None = None
    calls: Callable[[], int] = lambda: 0
    invents_facts: bool = True
    answers: bool = True  # False for "nobody": always not_run


# --------------------------------------------------------------------------- one call of each kind


def call_once(candidate: Candidate, folder: Path) -> Result[Any]:
    """The usual call of a kind."""
    member = candidate.make()
    if candidate.kind == "text":
        return member.write_script(SCRIPT)  # type: ignore[no-any-return]
    if candidate.kind == "judge":
        return member.answer(QUESTIONS, MATERIAL)  # type: ignore[no-any-return]
    if candidate.kind == "moderation":
        return member.moderate([SPOKEN, "Flowers."])  # type: ignore[no-any-return]
    if candidate.kind == "image":
        return member.draw(DRAWING, folder)  # type: ignore[no-any-return]
    if candidate.kind == "speech":
        return member.speak(SpeechRequest(SPOKEN), folder / "speech.wav")  # type: ignore[no-any-return]
    job = member.submit(ClipRequest("A bee lands on a flower", 4.0, key="f" * 64))
    for _ in range(20):
        if member.poll(job).state == "succeeded":
            return member.fetch(job, folder / "clip.mp4")  # type: ignore[no-any-return]
    raise AssertionError("The clip is never done.")


# --------------------------------------------------------------------------- checks of every kind


def check_identity(candidate: Candidate, folder: Path) -> None:
    """It names who and which model, is JSON, the same for the same options, and holds no secret."""
    first, second = candidate.make().identity(), candidate.make().identity()
    assert canonical_json(dict(first)) == canonical_json(dict(second))
    assert first.get("provider") or first.get("vendor")
    assert first["model"]
    assert not [secret for secret in candidate.secrets if secret in json.dumps(dict(first))]


def check_unknown_option(candidate: Candidate, folder: Path) -> None:
    """An option that it does not have is refused, not ignored."""
    with pytest.raises((TypeError, Unsupported)):
        type(candidate.make())(no_such_option=1)


def check_result(candidate: Candidate, folder: Path) -> None:
    """A `Result` whose usage says how many calls were made and what they cost, if anybody knows."""
    before = candidate.calls()
    result = call_once(candidate, folder)
    assert isinstance(result, Result)
    assert isinstance(result.usage, Usage)
    assert result.provider
    assert result.model
    assert result.usage.cost is None or isinstance(result.usage.cost, Decimal)
    if candidate.trouble is not None and candidate.kind != "clip":  # of a clip's calls one is billed
        assert result.usage.requests == candidate.calls() - before


def check_worst_case(candidate: Candidate, folder: Path) -> None:
    """What is reserved covers what is spent; a member without prices is free."""
    member = candidate.make()
    inputs = {"text": SPOKEN, "description": "A bee", "notes": NOTES, "seconds": 4.0}
    worst, typical = (getattr(member, name, None) for name in ("worst_case", "typical_cost"))
    assert (worst is None) == (typical is None)
    result = call_once(candidate, folder)
    if worst is None:
        assert result.usage.cost == 0
        return
    if candidate.kind == "clip":
        return  # its cost comes with the last poll
    cost = worst(inputs)
    assert (cost is None) == (result.usage.cost is None)
    if cost is not None and result.usage.cost is not None:
        assert cost + SMALLEST >= result.usage.cost


def check_trouble(candidate: Candidate, folder: Path) -> None:
    """A vendor's error is one of ours, after one call, with its usage, and tells nothing on."""
    if candidate.trouble is None:
        return
    candidate.trouble()
    before = candidate.calls()
    with pytest.raises(ProviderError) as caught:
        call_once(candidate, folder)
    assert isinstance(caught.value, ProviderDown)
    assert candidate.calls() - before == 1
    assert caught.value.usage is not None
    told = repr(caught.value) + str(vars(caught.value))
    assert not [secret for secret in candidate.secrets if secret in told]
    assert [path for path in folder.iterdir() if path.is_file()] == []


# --------------------------------------------------------------------------- checks of one kind


def check_value(candidate: Candidate, folder: Path) -> None:
    """The value is what its family promises."""
    result = call_once(candidate, folder)
    if not candidate.answers:
        assert result.value == "not_run"
        return
    {
        "text": _check_text,
        "judge": _check_answers,
        "moderation": _check_scores,
        "image": _check_drawing,
        "speech": _check_speech,
        "clip": _check_clip,
    }[candidate.kind](candidate, result.value, folder)


def _check_text(candidate: Candidate, script: Any, folder: Path) -> None:
    assert [fault for fault in find_script_faults(script, SCRIPT) if fault.fatal] == []
    told = tuple(
        NarratedSentence(number, line.text, tuple(line.sources))
        for number, (_, line) in enumerate(lines_of(script))
    )
    request = QuizRequest(told, NOTES, "8-10", "Honey bees")
    questions = candidate.make().write_quiz(request).value
    assert [fault for fault in find_quiz_faults(questions, request) if fault.fatal] == []
    if candidate.invents_facts:
        assert find_fact_faults(candidate.make().write_facts(FactsRequest("Honey bees", "8-10")).value) == []
    else:
        with pytest.raises(ProviderError):
            candidate.make().write_facts(FactsRequest("Honey bees", "8-10"))


def _check_answers(candidate: Candidate, answers: Any, folder: Path) -> None:
    assert [one.id for one in answers] == [one.id for one in QUESTIONS]
    for answer, question in zip(answers, QUESTIONS, strict=True):
        assert answer.answer in (*question.choices, "unsure")
        assert answer.confidence is None or 0 <= answer.confidence <= 1
    assert candidate.make().answer([], MATERIAL).value == ()


def _check_scores(candidate: Candidate, scores: Any, folder: Path) -> None:
    assert len(scores) == 2
    assert all(0 <= value <= 1 for one in scores for value in one.scores.values())
    path = folder / "shown.png"
    Image.new("RGB", (64, 64), "green").save(path)
    assert len(candidate.make().moderate([], [PictureToModerate(path, "green")]).value) == 1


def _check_drawing(candidate: Candidate, drawing: Any, folder: Path) -> None:
    canonical_json(drawing.spec)
    assert {"layout", "palette", "headline"} <= set(drawing.spec)
    for path in drawing.files:
        assert path.parent == folder
        with Image.open(path) as picture:
            assert (picture.size, picture.mode) == ((DRAWING.width, DRAWING.height), "RGB")


def _check_speech(candidate: Candidate, speech: Any, folder: Path) -> None:
    with wave.open(str(speech.path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert file.getframerate() == speech.sample_rate
        assert abs(file.getnframes() / file.getframerate() - speech.seconds) < 0.001
    assert [word.text for word in speech.words] == SPOKEN.split()
    times = [time for word in speech.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert 0 <= times[0] <= times[-1] <= speech.seconds
    assert speech.timing in ("exact", "aligned", "estimated")


def _check_clip(candidate: Candidate, path: Any, folder: Path) -> None:
    assert path.parent == folder
    assert path.stat().st_size > 0
    member = candidate.make()
    request = ClipRequest("A bee lands on a flower", 4.0, key="f" * 64)
    assert member.submit(request) == member.submit(request)  # the same key is the same job


CHECKS = (check_identity, check_unknown_option, check_result, check_worst_case, check_trouble, check_value)
