"""How long a script will take to say and show, before a voice has spoken it."""

from __future__ import annotations

from pipeline.author.ranking import syllables

USUAL_SYLLABLES = 1.45  # a word, in English prose: what "words a minute" of a voice means


def speech_seconds(text: str, words_per_minute: float) -> float:
    """Seconds a voice needs: by syllables for the most part, since "photosynthesis" takes longer than
    "sun".
    """
    words = text.split()
    spoken = sum(syllables(word) for word in words)
    return 60.0 / words_per_minute * (0.3 * len(words) + 0.7 * spoken / USUAL_SYLLABLES)
