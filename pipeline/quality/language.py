"""Is this text English? Decided by its small words; other languages are named where that is easy."""

from __future__ import annotations

import re
from functools import cache

from pipeline.quality.words import read_list, stop_words, tokens

SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
ENGLISH_SHARE = 0.18  # of the words; English prose has 0.35-0.55, bare lists of facts about 0.25


@cache
def _others() -> dict[str, frozenset[str]]:
    named = (line.split(": ") for line in read_list("other_languages.txt"))
    return {name: frozenset(few.split()) for name, few in named}


def find_language(text: str) -> str:
    """ "English", the name of another language, or "another language" where none of the lists fits.

    Under ten words there is too little to tell, and the text passes.
    """
    words = [token.text.lower() for token in tokens(text) if not token.text[0].isdigit()]
    letters = [character for character in text if character.isalpha()]
    latin = sum(character < "\u0250" for character in letters)
    if letters and latin / len(letters) < 0.7:
        return "another language"
    if len(words) < 10:
        return "English"
    english = sum(word in stop_words() for word in words) / len(words)
    share, other = max(
        (sum(word in few for word in words) / len(words), name) for name, few in _others().items()
    )
    if share > english and share > 0.1:
        return other
    return "English" if english >= ENGLISH_SHARE else "another language"


def find_foreign(text: str) -> list[tuple[int, int, str]]:
    """Sentences of a text in another language than English: [start, end) and its name.

    Two of the language's small words, and more than English ones; one where no English word is about.
    """
    found = []
    for sentence in SENTENCE.finditer(text):
        words = [token.text.lower() for token in tokens(sentence.group()) if token.text[0].isalpha()]
        if len(words) < 4:
            continue
        english = sum(word in stop_words() for word in words)
        count, name = max((sum(word in few for word in words), name) for name, few in _others().items())
        if count > english and (count >= 2 or english == 0):
            lead = len(sentence.group()) - len(sentence.group().lstrip())
            found.append((sentence.start() + lead, sentence.end(), name))
    return found
