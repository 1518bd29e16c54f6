"""The authors that are models: what is asked of them, and how their answers become scripts and quizzes.

A vendor's member adds only how one call is made (`send`).
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from pipeline.providers import pricing, prompts, tokens
from pipeline.providers.asking import Ask, Reply, ask_model
from pipeline.providers.base import (
    FactsRequest,
    Question,
    QuizRequest,
    Result,
    Script,
    ScriptRequest,
)
from pipeline.providers.drafting import FACTS_RANGE, find_fact_faults, find_quiz_faults, find_script_faults
from pipeline.providers.errors import Usage
from pipeline.providers.schemas import strict_schema
from pipeline.quality.audience import LONGEST_SECONDS, SHORTEST_SECONDS, audience, word_budget
from pipeline.quality.sentences import split

MOST_TOKENS = 6000  # of one answer, thinking included; a truncated one gets twice as many
TYPICAL_TOKENS = 1500


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FactsAnswer(_Shape):
    facts: list[str]


class QuestionAnswer(_Shape):
    """A question as a model writes it: whether it must be confirmed is not for the model to say."""

    question: str
    answer: bool
    explanation: str
    evidence_sentence: str
    evidence_quote: str
    source_ids: list[int]


class QuizAnswer(_Shape):
    questions: list[QuestionAnswer]


class Writer(ABC):
    """A text provider by a model. Subclasses set `name`, `model`, `host` and implement `send`."""

    name: str
    model: str
    host: str = ""
    invents_facts: ClassVar[bool] = True  # a concept without notes is welcome: facts come first

    def __init__(self, *, most_tokens: int = MOST_TOKENS) -> None:
        self.most_tokens = most_tokens

    @abstractmethod
    def send(self, ask: Ask, *, most_tokens: int) -> Reply:
        """One call. Raises ProviderError with the usage of the call."""

    # ----------------------------------------------------------------------- the three tasks

    def write_facts(self, request: FactsRequest) -> Result[list[str]]:
        """8-15 facts about a concept; a model's, so a person reads them first. Raises ProviderError."""
        return ask_model(
            self,
            _ask("facts", facts_input(request), FactsAnswer),
            FactsAnswer,
            most_tokens=self.most_tokens,
            take=lambda answer: [" ".join(fact.split()) for fact in answer.facts],
            find_faults=find_fact_faults,
        )

    def write_script(self, request: ScriptRequest) -> Result[Script]:
        """A script grounded in the notes. Raises ProviderError."""
        return ask_model(
            self,
            _ask("script", script_input(request), Script),
            Script,
            most_tokens=self.most_tokens,
            take=lambda script: script,
            find_faults=lambda script: find_script_faults(script, request),
        )

    def write_quiz(self, request: QuizRequest) -> Result[list[Question]]:
        """Three questions answerable from the narration. Raises ProviderError."""
        return ask_model(
            self,
            _ask("quiz", quiz_input(request), QuizAnswer),
            QuizAnswer,
            most_tokens=self.most_tokens,
            take=lambda answer: [Question(**one.model_dump()) for one in answer.questions],
            find_faults=lambda questions: find_quiz_faults(questions, request),
        )

    # ----------------------------------------------------------------------- money

    def worst_case(self, inputs: Mapping[str, Any]) -> Decimal | None:
        """US dollars of the dearest attempt: a cut answer, and a whole one of twice the length."""
        characters = len(json.dumps(dict(inputs), ensure_ascii=False)) + max(
            len(prompts.load(name).text) for name in ("facts", "script", "quiz")
        )
        usage = Usage(
            requests=2,
            input_tokens=2 * tokens.worst(characters) + self.most_tokens,
            output_tokens=3 * self.most_tokens,
        )
        return self.priced(usage).cost

    def typical_cost(self) -> Decimal | None:
        usage = Usage(requests=1, input_tokens=TYPICAL_TOKENS, output_tokens=TYPICAL_TOKENS)
        return self.priced(usage).cost

    def priced(self, usage: Usage) -> Usage:
        return pricing.priced(usage, provider=self.name, model=self.model, host=self.host)

    def perhaps(self, ask: Ask, *, most_tokens: int) -> Usage:
        """The usage of a call whose answer never came: as if all of it had been written and billed."""
        return self.priced(
            Usage(
                requests=1,
                input_tokens=tokens.typical(len(ask.input) + len(ask.instructions)),
                output_tokens=most_tokens,
                estimated=True,
            )
        )


def _ask(name: str, text: str, shape: type[BaseModel]) -> Ask:
    prompt = prompts.load(name)
    return Ask(name, prompt.text, text, strict_schema(shape), prompt.checksum)


# --------------------------------------------------------------------------- what is handed over


def facts_input(request: FactsRequest) -> str:
    brief = {
        "concept": request.concept,
        "age group": request.age_group,
        "language": request.language,
        "facts": f"{FACTS_RANGE[0]} to {FACTS_RANGE[1]}",
    }
    return prompts.fence(_listed(brief))


def script_input(request: ScriptRequest) -> str:
    """The brief with its limits in figures, then the numbered notes; both fenced."""
    limits = audience(request.age_group)
    pace = request.words_per_minute or limits.words_per_minute
    lowest, highest = (word_budget(seconds, pace) for seconds in (SHORTEST_SECONDS, LONGEST_SECONDS))
    brief: dict[str, Any] = {
        "concept": request.concept,
        "age group": request.age_group,
        "language": request.language,
        "length": f"{request.target_seconds} seconds",
        "words of all sentences": (
            f"target {word_budget(request.target_seconds, pace)}, at least {lowest}, at most {highest}"
        ),
        "scenes": "4 to 9",
        "hook": f"at most {limits.hook_words} words",
        "sentence": f"at most {limits.sentence_words} words, reading grade {limits.grade} or easier",
        "on-screen text": f"at most {limits.on_screen_words} words",
        "new words": f"at most {limits.new_terms}",
        "topics": list(request.topics),
        "must say": list(request.must_say),
        "must not say": list(request.must_not_say),
    }
    return f"Brief\n{prompts.fence(_listed(brief))}\n\nNotes\n{prompts.fence(numbered(request.notes))}"


def quiz_input(request: QuizRequest) -> str:
    told = "\n".join(f"({sentence.scene}) {sentence.text}" for sentence in request.narration)
    brief = {"concept": request.concept, "age group": request.age_group, "language": request.language}
    parts = (
        f"Brief\n{prompts.fence(_listed(brief))}",
        f"Narration\n{prompts.fence(told)}",
        f"Notes\n{prompts.fence(numbered(request.notes))}",
    )
    return "\n\n".join(parts)


def numbered(notes: str) -> str:
    """The sentences of the notes with their ids, one a line; lines that order about are left out."""
    return "\n".join(f"[{sentence.id}] {sentence.text}" for sentence in split(notes))


def _listed(values: Mapping[str, Any]) -> str:
    """One value a line, as JSON, so that no value can begin a line of its own."""
    lines = [
        f"{name}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in values.items()
        if value or not isinstance(value, Sequence)
    ]
    return "\n".join(lines)
