"""Judges that are models: structured answers with quotes (`Judge`), or plain numbers (`Decisions`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from openai.types.decision import Decision
from pydantic import BaseModel, ConfigDict

from pipeline.providers import caller, pricing, prompts, tokens
from pipeline.providers.asking import Ask, Fault, Reply, ask_model
from pipeline.providers.base import JudgeAnswer, JudgeMaterial, JudgeQuestion
from pipeline.providers.errors import OutputInvalid, Unsupported, Usage
from pipeline.providers.openai_client import DEFAULT_URL, Access, Clients, call_vendor, request_id_of
from pipeline.providers.openai_text import Responses, data_address, usage_of
from pipeline.providers.results import JSON, Result
from pipeline.providers.schemas import strict_schema
from pipeline.providers.writing import MOST_TOKENS

UNSURE = "unsure"
TYPICAL_TOKENS = 2500
TOKENS_A_PICTURE = 800  # a picture of low detail, generously
MOST_QUESTIONS = 400  # of one decisions call


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AnswerShape(_Shape):
    id: str
    answer: str
    quotes: list[str]
    comment: str
    confidence: float


class AnswersShape(_Shape):
    answers: list[AnswerShape]


class Sender(Protocol):
    """`Responses` and `Completions`."""

    def identity(self) -> dict[str, JSON]: ...

    def send(
        self, ask: Ask, *, most_tokens: int, perhaps: Usage, price: Callable[[Usage], Usage]
    ) -> Reply: ...


class ModelJudge:
    """A judge over any sender of asks."""

    def __init__(self, sender: Sender, *, name: str, model: str, host: str, most_tokens: int) -> None:
        self._sender, self.name, self.model, self.host = sender, name, model, host
        self.most_tokens = most_tokens

    def identity(self) -> Mapping[str, JSON]:
        named: dict[str, JSON] = {**prompts.identity("judge", "repair")}
        return {**self._sender.identity(), "most_tokens": self.most_tokens, "prompts": named}

    def answer(
        self, questions: Sequence[JudgeQuestion], material: JudgeMaterial
    ) -> Result[tuple[JudgeAnswer, ...]]:
        """One call for all questions. Raises ProviderError."""
        if not questions:
            return Result((), provider=self.name, model=self.model)
        prompt = prompts.load("judge")
        ask = Ask(
            "answers",
            prompt.text,
            judge_input(questions, material),
            strict_schema(AnswersShape),
            prompt.checksum,
            material.pictures,
        )
        return ask_model(
            self,
            ask,
            AnswersShape,
            most_tokens=self.most_tokens,
            take=lambda given: tuple(
                JudgeAnswer(one.id, one.answer, tuple(one.quotes), one.comment, one.confidence)
                for one in given.answers
            ),
            find_faults=lambda answers: find_answer_faults(answers, questions),
        )

    def send(self, ask: Ask, *, most_tokens: int) -> Reply:
        perhaps = Usage(
            requests=1,
            input_tokens=tokens.typical(len(ask.input) + len(ask.instructions))
            + TOKENS_A_PICTURE * len(ask.pictures),
            output_tokens=most_tokens,
            estimated=True,
        )
        return self._sender.send(
            ask, most_tokens=most_tokens, perhaps=self._priced(perhaps), price=self._priced
        )

    def _priced(self, usage: Usage) -> Usage:
        return pricing.priced(usage, provider=self.name, model=self.model, host=self.host)

    def worst_case(self, inputs: Mapping[str, Any]) -> Decimal | None:
        """US dollars of the dearest attempt of one `answer`: a cut reply and one of twice the length."""
        characters = len(json.dumps(dict(inputs), ensure_ascii=False, default=str))
        usage = Usage(
            requests=2,
            input_tokens=2 * tokens.worst(characters) + self.most_tokens,
            output_tokens=3 * self.most_tokens,
        )
        return self._priced(usage).cost

    def typical_cost(self) -> Decimal | None:
        usage = Usage(requests=1, input_tokens=TYPICAL_TOKENS, output_tokens=TYPICAL_TOKENS)
        return self._priced(usage).cost


class Judge(ModelJudge):
    """A judge by a model of OpenAI's; better another model than the author's.

    `OPTIONS`: model, key; base_url, organization, project; effort ("low"), temperature (None: not sent),
    most_tokens (6000); seconds of a call: connect (5), read (60), wall (120).
    """

    def __init__(
        self,
        *,
        model: str,
        key: str,
        base_url: str = DEFAULT_URL,
        organization: str = "",
        project: str = "",
        effort: str = "low",
        temperature: float | None = None,
        most_tokens: int = MOST_TOKENS,
        connect: float = 5.0,
        read: float = 60.0,
        wall: float = 120.0,
    ) -> None:
        access = Access(key, base_url, organization, project, connect, read, wall)
        sender = Responses(access, model=model, effort=effort, temperature=temperature)
        super().__init__(sender, name=access.provider, model=model, host=access.host, most_tokens=most_tokens)


def judge_input(questions: Sequence[JudgeQuestion], material: JudgeMaterial) -> str:
    """The material part by part, fenced, then the questions."""
    parts = [f"{label}\n{prompts.fence(text)}" for label, text in material.texts]
    asked = [
        f"- id {json.dumps(one.id)}: {one.text} Answers: {', '.join([*one.choices, UNSURE])}."
        + (" The answers are steps of a scale, lowest first." if one.ordered else "")
        + ("" if one.wants_quotes else " No quotes.")
        for one in questions
    ]
    about = f"Task: {material.task}. The film is for children aged {material.age_group}."
    return "\n\n".join([about, *parts, "Questions\n" + "\n".join(asked)])


def find_answer_faults(answers: Sequence[JudgeAnswer], questions: Sequence[JudgeQuestion]) -> list[Fault]:
    """Every question is answered once, in order, by one of its answers."""
    if [one.id for one in answers] != [one.id for one in questions]:
        return [Fault("the answers are not one for each question, in the questions' order")]
    faults = [
        Fault(f"the answer to {question.id} is none of {', '.join([*question.choices, UNSURE])}")
        for answer, question in zip(answers, questions, strict=True)
        if answer.answer not in (*question.choices, UNSURE)
    ]
    if any(one.confidence is not None and not 0 <= one.confidence <= 1 for one in answers):
        faults.append(Fault("a confidence lies outside 0 to 1"))
    return faults


# --------------------------------------------------------------------------- decisions


class Decisions:
    """The decisions endpoint (public beta): probabilities without words, a second opinion.

    Two choices "yes" and "no" are asked as a predicate, ordered ones as a score, others as a choice. A
    probability between `unsure_low` and `unsure_high` is "unsure". `OPTIONS`: model, key; base_url,
    organization, project; unsure_low (0.15), unsure_high (0.5); seconds: connect (5), read (60), wall (120).
    """

    def __init__(
        self,
        *,
        model: str,
        key: str,
        base_url: str = DEFAULT_URL,
        organization: str = "",
        project: str = "",
        unsure_low: float = 0.15,
        unsure_high: float = 0.5,
        connect: float = 5.0,
        read: float = 60.0,
        wall: float = 120.0,
    ) -> None:
        access = Access(key, base_url, organization, project, connect, read, wall)
        if not 0 <= unsure_low <= unsure_high <= 1:
            raise Unsupported("unsure_low and unsure_high must rise within 0 to 1.", provider=access.provider)
        self._access, self._clients = access, Clients(access)
        self._low, self._high = unsure_low, unsure_high
        self.name, self.model, self.host = access.provider, model, access.host

    def identity(self) -> Mapping[str, JSON]:
        return {
            "provider": self.name,
            "api": "decisions",
            "model": self.model,
            "unsure": [self._low, self._high],
            "host": self.host,
        }

    def answer(
        self, questions: Sequence[JudgeQuestion], material: JudgeMaterial
    ) -> Result[tuple[JudgeAnswer, ...]]:
        """One call for all questions; no quotes. Raises ProviderError."""
        if not questions:
            return Result((), provider=self.name, model=self.model)
        if len(questions) > MOST_QUESTIONS:
            raise Unsupported(f"At most {MOST_QUESTIONS} questions go into one call.", provider=self.name)
        began = time.monotonic()
        request, client = self._request(questions, material), self._clients.get()
        perhaps = self._priced(
            Usage(requests=1, input_tokens=tokens.typical(len(json.dumps(request))), estimated=True)
        )
        reply: Any = call_vendor(
            lambda: client.decisions.create(**request), provider=self.name, perhaps=perhaps
        )
        used = usage_of(reply)
        usage = perhaps if used is None else self._priced(used)
        answers = call_vendor(lambda: self._read(reply, questions, usage), provider=self.name, perhaps=usage)
        return Result(
            answers,
            usage,
            self.name,
            str(reply.model or self.model),
            request_id_of(reply),
            time.monotonic() - began,
        )

    def _request(self, questions: Sequence[JudgeQuestion], material: JudgeMaterial) -> dict[str, Any]:
        texts = "\n\n".join(f"{label}\n{prompts.fence(text)}" for label, text in material.texts)
        content: Any = texts
        if material.pictures:
            shown = [{"type": "input_image", "image_url": data_address(one)} for one in material.pictures]
            content = [{"type": "input_text", "text": texts}, *shown]
        request: dict[str, Any] = {
            "model": self.model,
            "input": [{"role": "user", "content": content}],
            "questions": [_asked(number, one) for number, one in enumerate(questions)],
        }
        if caller.pseudonym():
            request["safety_identifier"] = caller.pseudonym()
        return request

    def _read(self, reply: Any, questions: Sequence[JudgeQuestion], usage: Usage) -> tuple[JudgeAnswer, ...]:
        if not isinstance(reply, Decision) or len(reply.answers) != len(questions):
            raise OutputInvalid(
                "The provider's answer is not what was agreed.", provider=self.name, status=200, usage=usage
            )
        return tuple(
            self._answer(question, given) for question, given in zip(questions, reply.answers, strict=True)
        )

    def _answer(self, question: JudgeQuestion, given: Any) -> JudgeAnswer:
        if given.type == "refusal":
            return JudgeAnswer(question.id, UNSURE, comment="The judge declined this question.")
        if given.type == "predicate":
            share = float(given.probability)
            word = "yes" if share >= self._high else UNSURE if share >= self._low else "no"
            return JudgeAnswer(question.id, word, confidence=share if word != "no" else 1 - share)
        if given.type == "score":
            best = max(given.probabilities, key=lambda one: one.probability)
            return self._chosen(question, str(best.label), float(given.confidence))
        return self._chosen(question, str(given.choice), float(given.confidence))

    def _chosen(self, question: JudgeQuestion, word: str, confidence: float) -> JudgeAnswer:
        if word not in question.choices:
            raise ValueError("an answer that was not among the choices")
        return JudgeAnswer(question.id, word if confidence >= self._high else UNSURE, confidence=confidence)

    def _priced(self, usage: Usage) -> Usage:
        return pricing.priced(usage, provider=self.name, model=self.model, host=self.host)

    def worst_case(self, inputs: Mapping[str, Any]) -> Decimal | None:
        characters = len(json.dumps(dict(inputs), ensure_ascii=False, default=str))
        return self._priced(Usage(requests=1, input_tokens=tokens.worst(characters))).cost

    def typical_cost(self) -> Decimal | None:
        return self._priced(Usage(requests=1, input_tokens=TYPICAL_TOKENS)).cost


def _asked(number: int, one: JudgeQuestion) -> dict[str, Any]:
    asked: dict[str, Any] = {"name": f"q{number}", "instructions": one.text}
    if set(one.choices) == {"yes", "no"}:
        return {**asked, "type": "predicate"}
    if one.ordered:
        return {**asked, "type": "score", "levels": [{"label": label} for label in one.choices]}
    return {**asked, "type": "choice", "choices": [{"value": value} for value in one.choices]}
