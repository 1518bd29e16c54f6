"""Which facts matter: centrality over the notes, and bonuses for what a short film needs."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from pipeline.author.facts import Fact
from pipeline.quality.audience import Audience
from pipeline.quality.words import content_stems, numbers

DAMPING = 0.85  # as in PageRank, whose iteration this is (Erkan and Radev, LexRank, 2004)
ROUNDS = 30

DEFINITION = re.compile(
    r"^(?:(?:A|An|The)\s+)?(?P<term>[A-Z]?[\w'’-]+(?:\s[\w'’-]+){0,2}?)\s+(?:is|are|means)\s+(?:a|an|the|any|how|what|when|where|one)\b"
    r"|\b(?:is|are) (?:called|known as) "
)
CAUSE = re.compile(
    r"\b(?:because|so that|causes?|therefore|that is why|which means|as a result|makes? it)\b", re.IGNORECASE
)
STRIKING = re.compile(
    r"\b(?:most|largest|biggest|smallest|fastest|tallest|longest|oldest|hottest|coldest|deepest|highest|strongest|first|only"
    r"|more than|million|billion|thousand|hundred|never|every)\b",
    re.IGNORECASE,
)


def vectors(texts: Sequence[str]) -> list[dict[str, float]]:
    """tf-idf vectors of length one, by content stems."""
    counted = [Counter(content_stems(text)) for text in texts]
    appear = Counter(stem for counts in counted for stem in counts)
    weighed = []
    for counts in counted:
        vector = {stem: count * math.log(1 + len(texts) / appear[stem]) for stem, count in counts.items()}
        length = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
        weighed.append({stem: weight / length for stem, weight in vector.items()})
    return weighed


def similarity(one: dict[str, float], other: dict[str, float]) -> float:
    """Cosine of two vectors of length one. Sorted, so that the sum is the same in every process."""
    return sum(one[stem] * other[stem] for stem in sorted(one.keys() & other.keys()))


def centrality(texts: Sequence[str]) -> list[float]:
    """How much each text is like all the others, 0-1, by power iteration."""
    if not texts:
        return []
    weighed = vectors(texts)
    alike = [
        [0.0 if i == j else similarity(one, other) for j, other in enumerate(weighed)]
        for i, one in enumerate(weighed)
    ]
    out = [sum(row) or 1.0 for row in alike]
    rank = [1.0 / len(texts)] * len(texts)
    for _ in range(ROUNDS):
        rank = [
            (1 - DAMPING) / len(texts)
            + DAMPING * sum(rank[j] * alike[j][i] / out[j] for j in range(len(texts)))
            for i in range(len(texts))
        ]
    highest = max(rank) or 1.0
    return [value / highest for value in rank]


def rank_facts(
    facts: Sequence[Fact], *, concept: str, audience: Audience, must_say: Sequence[str] = ()
) -> list[float]:
    """A score for each fact: higher is told first. Sentences above the age group's limits fall behind."""
    central = centrality([fact.text for fact in facts])
    wanted = set(content_stems(concept))
    scores = []
    for position, fact in enumerate(facts):
        text = fact.text
        bonus = (
            0.35 * bool(DEFINITION.search(text))
            + 0.15 * bool(numbers(text))
            + 0.15 * bool(CAUSE.search(text))
        )
        bonus += 0.15 * min(2, len(wanted.intersection(content_stems(text)))) + 0.10 * (position == 0)
        bonus += 3.0 * any(phrase.lower() in text.lower() for phrase in must_say if phrase.strip())
        loss = 0.25 * fact.leans + 0.15 * bool(re.search(r"\b(?:also|too|as well)\b", text))
        loss += 0.12 * max(0, fact.words - audience.sentence_words)
        loss += 0.20 * max(0.0, syllables_a_word(text) - easy_syllables(audience))
        scores.append(central[position] + bonus - loss)
    return scores


VOWELS = re.compile(r"[aeiouy]+")


def syllables(word: str) -> int:
    """Spoken syllables by the groups of vowels; digits count roughly as they are said. Needs no
    dictionary.
    """
    lower = word.lower().strip(".,!?:;'\"“”‘’()")
    digits = sum(character.isdigit() for character in lower)
    if digits:
        return max(2 * digits - 1, 1) + (2 if lower.endswith("%") else 0)
    silent = (lower.endswith("e") and not lower.endswith("le")) or (
        lower.endswith("ed") and not lower.endswith(("ted", "ded"))
    )
    return max(1, len(VOWELS.findall(lower)) - silent)


def syllables_a_word(text: str) -> float:
    words = text.split()
    return sum(syllables(word) for word in words) / max(1, len(words))


def easy_syllables(audience: Audience) -> float:
    """The syllables a word that meet the grade at eight words a sentence (Flesch-Kincaid, solved for
    them).
    """
    return (audience.grade + 15.59 - 0.39 * 9) / 11.8
