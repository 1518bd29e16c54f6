"""Nobody as judge and nobody as moderation: members of the family that say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.providers import offline
from pipeline.providers.base import (
    FactsRequest,
    JudgeMaterial,
    JudgeProvider,
    JudgeQuestion,
    ModerationProvider,
    PictureToModerate,
    TextProvider,
    Unsupported,
)


def test_the_offline_members_are_members_of_their_families() -> None:
    assert isinstance(offline.NoJudge(), JudgeProvider)
    assert isinstance(offline.NoModeration(), ModerationProvider)
    assert isinstance(offline.Author(), TextProvider)


def test_without_a_judge_nothing_is_answered() -> None:
    material = JudgeMaterial("factual_accuracy", (("notes", "Bees dance."), ("script", "Bees dance.")))
    result = offline.NoJudge().answer([JudgeQuestion("1", "Do bees dance?")], material)
    assert (result.value, result.provider, result.model) == ("not_run", "offline", "no-judge")
    assert result.usage.requests == 0


def test_without_moderation_nothing_is_scored() -> None:
    result = offline.NoModeration().moderate(["Bees dance."], [PictureToModerate(Path("bee.png"))])
    assert (result.value, result.provider, result.model) == ("not_run", "offline", "no-moderation")


def test_nobody_takes_no_options() -> None:
    with pytest.raises(Unsupported, match="model"):
        offline.NoJudge(model="any")


def test_the_offline_author_invents_no_facts() -> None:
    with pytest.raises(offline.CannotWrite) as caught:
        offline.Author().write_facts(FactsRequest("Bees", "8-10"))
    assert caught.value.reason == "creator:too-few-facts"
