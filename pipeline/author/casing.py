"""Which words keep their capital when they leave the start of a sentence."""

from __future__ import annotations

import re

from pipeline.author.lexicon import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
    PRONOUNS,
    SUBORDINATORS,
    adjectives,
    adverbs,
    is_number,
    is_plural,
    proper_names,
    verb_forms,
)

SMALL = AUXILIARIES | CONJUNCTIONS | DETERMINERS | PREPOSITIONS | PRONOUNS | SUBORDINATORS
COMMON_ENDING = re.compile(r"(?:tion|sion|ment|ness|ity|ism|sis|ing|ance|ence|ology|graphy|ure|age|er)s?$")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
SENTENCE_START = re.compile(r"(?:^|[.!?:…]\s|[\"'“‘(]\s?|\n\s*(?:[-*•]\s+|\d+[.)]\s+)?)$")


class Casing:
    """The spellings seen in a text: a word also written small, or written big inside a sentence."""

    def __init__(self, text: str, concept: str = "") -> None:
        self._small: set[str] = set()
        self._big: set[str] = set()
        for found in WORD.finditer(text):
            word = found.group()
            if word[0].islower():
                self._small.update((word, word + "s", word.removesuffix("s")))
            elif not SENTENCE_START.search(text[max(0, found.start() - 6) : found.start()]):
                self._big.add(word.lower())
        for word in WORD.findall(concept):
            if word[0].islower() and word not in self._big:
                self._small.update((word, word + "s", word.removesuffix("s")))

    def restore(self, text: str) -> str:
        """A concept typed small ("romans") with the capitals that the text gives its names."""
        return WORD.sub(lambda found: self._restored(found.group()), text)

    def _restored(self, word: str) -> str:
        return capitalise(word) if word in self._big and word not in self._small else word

    def keeps_capital(self, word: str) -> bool:
        """Whether `word` is written with a capital inside a sentence; a capital is kept in doubt."""
        lower = word.lower()
        bare = re.sub(r"['’]s$", "", lower)
        if lower == "i" or (len(word) > 1 and word[1:] != word[1:].lower()):
            return True
        if lower in SMALL or lower in adverbs() or lower in adjectives() or is_number(lower):
            return False
        if bare in proper_names():
            # the planet, the metal and the month have namesakes written small
            return bare not in self._small or bare in self._big
        if bare in self._big:
            return bare not in self._small or lower in {"earth", "sun", "moon"}
        if bare in self._small or lower in verb_forms():
            return False
        return not (is_plural(lower) or COMMON_ENDING.search(bare))

    def is_sure(self, word: str) -> bool:
        """Whether the text or the word lists decide; False where a capital is only kept in doubt."""
        bare = re.sub(r"['’]s$", "", word.lower())
        return (
            not self.keeps_capital(word)
            or bare in self._big
            or bare in proper_names()
            or word[1:] != word[1:].lower()
        )

    def _opens_compound(self, text: str, word: str) -> bool:
        """ "Honey bees": a word nobody knows, before a plural noun, is a common one ("Roman roads" is
        known).
        """
        following = WORD.search(text, len(word))
        return (
            not self.is_sure(word)
            and following is not None
            and is_plural(following.group())
            and following.group().lower() not in verb_forms()
            and not word.endswith(("an", "ese", "ish"))
        )

    def lower_first(self, text: str) -> str:
        """The text with a small first letter, unless its first word is a name."""
        first = WORD.match(text)
        if first is None or (
            self.keeps_capital(first.group()) and not self._opens_compound(text, first.group())
        ):
            return text
        return text[0].lower() + text[1:]


def capitalise(text: str) -> str:
    return text[:1].upper() + text[1:]
