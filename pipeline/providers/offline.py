"""The members of the family that need no key and no network: the offline author, and nobody as judge or
moderator.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.author.composing import CannotCompose, compose
from pipeline.author.questions import TooFewQuestions, write_questions
from pipeline.providers.base import (
    JSON,
    ContentRefused,
    FactsRequest,
    JudgeMaterial,
    JudgeQuestion,
    NotRun,
    PictureToModerate,
    Question,
    QuizRequest,
    Result,
    Script,
    ScriptRequest,
    Unsupported,
    Usage,
)

NOT_RUN: NotRun = "not_run"
AUTHOR_VERSION = 3  # raised with every change that may change a script: it is part of every fingerprint


class CannotWrite(ContentRefused):
    """The notes do not give a film; `reason` is the stable code, the message says the cause and the next
    step.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message, provider="offline")
        self.reason = reason


class Author:
    """Writes scripts and quizzes from the creator's notes, without a model. Takes no options."""

    name = "offline"
    model = "author-1"

    def __init__(self, **options: Any) -> None:
        if options:
            raise Unsupported(f"The offline author has no option {min(options)}.", provider=self.name)

    def identity(self) -> Mapping[str, JSON]:
        return {"vendor": self.name, "model": self.model, "version": AUTHOR_VERSION}

    def write_facts(self, request: FactsRequest) -> Result[list[str]]:
        """Never: every sentence of an offline film is the creator's own. Raises CannotWrite."""
        raise CannotWrite(
            "creator:too-few-facts",
            "Without notes there is nothing to write from. Paste 150 to 600 words of notes, one fact a"
            " sentence.",
        )

    def write_script(self, request: ScriptRequest) -> Result[Script]:
        """The script. Raises CannotWrite where the notes hold too little, or sentences that are too long."""
        began = time.perf_counter()
        try:
            script = compose(request)
        except CannotCompose as error:
            raise CannotWrite(error.code, error.message) from error
        return self._result(script, began)

    def write_quiz(self, request: QuizRequest) -> Result[list[Question]]:
        """Three questions. Raises CannotWrite where the narration holds fewer statements to ask about."""
        began = time.perf_counter()
        try:
            questions = write_questions(
                request.narration, notes=request.notes, age_group=request.age_group, concept=request.concept
            )
        except TooFewQuestions as error:
            raise CannotWrite(
                "creator:too-few-facts",
                "The film says fewer than three things that can be asked about. Add plain statements "
                "from the notes.",
            ) from error
        return self._result(questions, began)

    def _result[T](self, value: T, began: float) -> Result[T]:
        seconds = time.perf_counter() - began
        return Result(value, Usage(seconds=seconds), self.name, self.model, seconds=seconds)


class _Nobody:
    """Answers `not_run` to everything, so that the record says in words that nobody looked."""

    role = ""

    def __init__(self, **options: Any) -> None:
        if options:
            raise Unsupported(f"There is nobody to take the option {min(options)}.", provider="offline")

    def identity(self) -> Mapping[str, JSON]:
        return {"vendor": "offline", "model": self.role, "version": 1}

    def _not_run(self) -> Result[NotRun]:
        return Result(NOT_RUN, provider="offline", model=self.role)


class NoJudge(_Nobody):
    """No judge: every question stays unanswered."""

    role = "no-judge"

    def answer(self, questions: Sequence[JudgeQuestion], material: JudgeMaterial) -> Result[NotRun]:
        return self._not_run()


class NoModeration(_Nobody):
    """No moderation: no text and no picture has been scored."""

    role = "no-moderation"

    def moderate(self, texts: Sequence[str], images: Sequence[PictureToModerate] = ()) -> Result[NotRun]:
        return self._not_run()
