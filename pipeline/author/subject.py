"""What a film is about, as its title, opening question and objective say it: read from the creator's
concept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.author.asking import ask
from pipeline.author.casing import Casing, capitalise
from pipeline.author.grammar import parse
from pipeline.author.lexicon import AUXILIARIES, is_plural
from pipeline.author.phrases import find_phrases
from pipeline.quality.words import collapse

ORDER = re.compile(
    r"^(?:please\s+)?(?:(?:explain|describe|teach|show|tell|introduce|make|create|write|a|an|the|short|video|film|clip|lesson"
    r"|me|us|kids|children|students|pupils|to|introduction|intro|all)\s+)*(?:about|on|to|explain|explaining)\s+",
    re.IGNORECASE,
)
PLAIN_ORDER = re.compile(r"^(?:please\s+)?(?:explain|describe|teach|introduce)\s+", re.IGNORECASE)
AUDIENCE_TAIL = re.compile(
    r"\s+(?:for|to)\s+(?:young\s+|little\s+)?(?:kids|children|pupils|students|beginners|year \d+"
    r"|grade \d+|ages? [\d-]+|\d+[- ]year.*)$",
    re.IGNORECASE,
)
QUESTION_WORD = re.compile(r"^(?:how|why|what|where|when|who|which)\b", re.IGNORECASE)
TITLE_CHARACTERS = 60
TOPIC_WORDS = 5


@dataclass(frozen=True)
class Subject:
    """`name` as it stands inside a sentence ("the water cycle"); `question` as it opens the film."""

    name: str
    title: str
    question: str
    objective: str


def find_subject(concept: str, notes: str, facts: list[str]) -> Subject:
    """Reads the concept; where it is too long to be said, the commonest phrase of the facts stands in."""
    casing = Casing(notes, concept.lower() if concept.isupper() else concept)
    text = casing.restore(collapse(concept.lower() if concept.isupper() else concept)).strip(" .!?\"'“”")
    asked = collapse(concept).endswith("?")
    text = AUDIENCE_TAIL.sub("", PLAIN_ORDER.sub("", ORDER.sub("", text) if ORDER.match(text) else text))
    text = re.split(r"\s*[:;–—]\s+|\.\s", text)[0].strip(" ,.")
    if QUESTION_WORD.match(text) and len(text.split()) <= 9:
        return _of_question(text, asked, casing)
    if not re.search(r"[^\W\d_]", text) or len(text.split()) > TOPIC_WORDS or not _is_noun_phrase(text):
        text = _commonest_phrase(facts) or text
    name = _with_article(casing.lower_first(text), notes)
    plural = (is_plural(name.split()[-1]) and " of " not in name) or (
        " of " in name and is_plural(name.split(" of ")[0])
    )
    verb = "are" if plural or " and " in name else "is"
    return Subject(
        name=name,
        title=_shorten_title(capitalise(text)),
        question=f"What {verb} {name}?" if " and " not in name else f"What do you know about {name}?",
        objective=f"Name three facts about {name}.",
    )


def _is_noun_phrase(text: str) -> bool:
    return parse(text) is None


def _of_question(text: str, asked: bool, casing: Casing) -> Subject:
    word, _, rest = text.partition(" ")
    first = rest.partition(" ")[0].lower()
    direct = asked or first in AUXILIARIES
    title = _shorten_title(capitalise(text) + ("?" if direct else ""))
    if direct:
        name = "this question"
        return Subject(name, title, capitalise(text) + "?", f"Answer the question: {capitalise(text)}?")
    clause = f"{word.lower()} {casing.lower_first(rest)}"
    question = ask(capitalise(rest), casing)
    if question.natural and word.lower() in {"how", "why", "where", "when"}:
        spoken = f"{capitalise(word)} {question.question[0].lower()}{question.question[1:]}"
    else:
        spoken = f"Do you know {clause}?"
    return Subject(clause, title, spoken, f"Say {clause}.")


def _with_article(text: str, notes: str) -> str:
    """ "water cycle" → "the water cycle" where the notes say so; plural and names stand bare."""
    words = text.split()
    if (
        not words
        or words[0].lower() in {"the", "a", "an", "our", "your"}
        or is_plural(words[-1])
        or " and " in text
    ):
        return text
    plural = len(re.findall(rf"\b{re.escape(text)}s\b", notes, re.IGNORECASE))
    if plural and plural >= len(re.findall(rf"\b{re.escape(text)}\b", notes, re.IGNORECASE)):
        return text + "s"
    for article in ("the", "a", "an"):
        with_article = len(re.findall(rf"\b{article}\s+{re.escape(text)}\b", notes, re.IGNORECASE))
        bare = len(re.findall(rf"\b{re.escape(text)}\b", notes, re.IGNORECASE))
        if with_article and 2 * with_article >= bare:
            return f"{article} {text}"
    return text


def _commonest_phrase(facts: list[str]) -> str:
    counts: dict[str, int] = {}
    for fact in facts:
        for phrase in find_phrases(fact):
            if len(phrase.split()) <= 3 and not phrase[0].isdigit():
                counts[phrase.lower()] = counts.get(phrase.lower(), 0) + 1
    return min(counts, key=lambda phrase: (-counts[phrase], phrase)) if counts else ""


def _shorten_title(title: str) -> str:
    if len(title) <= TITLE_CHARACTERS:
        return title
    return title[: TITLE_CHARACTERS - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"
