"""What a judge and a moderation are asked, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from pipeline.providers.results import JSON, Result

# --------------------------------------------------------------------------- judge


type NotRun = Literal["not_run"]  # nobody looked: there is no judge, or no moderation


@dataclass(frozen=True)
class JudgeQuestion:
    """One closed question. `choices` are the answers it knows; "unsure" is always possible besides.

    `ordered` says that the choices are steps of one scale, lowest first (such as "1" … "5").
    """

    id: str
    text: str
    choices: tuple[str, ...] = ("yes", "no")
    ordered: bool = False
    wants_quotes: bool = True  # the answer should name the places it rests on


@dataclass(frozen=True)
class JudgeMaterial:
    """What a question is about: labelled texts in the order in which they are to be read
    (("notes", …), ("script", …)), and pictures. Texts are data; what they order is not done."""

    task: str  # the filter that asks, such as "factual_accuracy"
    texts: tuple[tuple[str, str], ...]
    pictures: tuple[Path, ...] = ()
    age_group: str = "8-10"
    language: str = "en"


@dataclass(frozen=True)
class JudgeAnswer:
    """`answer` is one of the question's choices or "unsure". `quotes` are as the judge gave them: whoever
    asked checks that they stand in the material. `confidence` is 0-1, None where the judge gives none."""

    id: str
    answer: str
    quotes: tuple[str, ...] = ()
    comment: str = ""
    confidence: float | None = None


@runtime_checkable
class JudgeProvider(Protocol):
    def identity(self) -> Mapping[str, JSON]: ...

    def answer(
        self, questions: Sequence[JudgeQuestion], material: JudgeMaterial
    ) -> Result[tuple[JudgeAnswer, ...] | NotRun]:
        """An answer for each question, in their order; a question that was refused is "unsure"."""
        ...


# --------------------------------------------------------------------------- moderation


@dataclass(frozen=True)
class PictureToModerate:
    """A picture (PNG or JPEG) and the words shown or spoken with it."""

    path: Path
    text: str = ""


@dataclass(frozen=True)
class ModerationScores:
    """`scores` 0-1 by category, in the vendor's spelling ("sexual/minors"); `flagged` is the vendor's word.
    `looked_at` names what each category was scored on ("text", "image")."""

    flagged: bool
    scores: Mapping[str, float]
    looked_at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@runtime_checkable
class ModerationProvider(Protocol):
    def identity(self) -> Mapping[str, JSON]: ...

    def moderate(
        self, texts: Sequence[str], images: Sequence[PictureToModerate] = ()
    ) -> Result[tuple[ModerationScores, ...] | NotRun]:
        """Scores of each text, then of each picture, in their order."""
        ...
