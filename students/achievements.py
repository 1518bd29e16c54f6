"""Which badges a set of counters unlocks (06, 4.3). Pure. Once unlocked, never taken back.

No badge for minutes, for nights, or for beating others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Counters:
    """What a learner has done so far; every field counts up from 0."""

    films: int = 0  # different films finished
    quizzes: int = 0  # cards whose questions are all answered, none tapped through
    perfect_quizzes: int = 0  # of these, all right
    longest_streak: int = 0  # days
    days_away: int = 0  # whole days between this answer and the one before
    concepts_mastered: int = 0
    topics_mastered: int = 0
    recalled_after_30_days: int = 0  # recall cards all right after 30 days or more
    relearned: int = 0  # concepts forgotten once and recalled since
    topics_explored: int = 0
    steps_above: int = 0  # most levels above one's own of a film whose quiz was answered all right
    careful_in_a_row: int = 0  # latest cards in a row not tapped through


STEPS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "films": (
        ("first_film", 1),
        ("films_10", 10),
        ("films_50", 50),
        ("films_100", 100),
        ("films_500", 500),
        ("films_1000", 1000),
    ),
    "quizzes": (("first_quiz", 1),),
    "perfect_quizzes": (("perfect_quiz_1", 1), ("perfect_quiz_10", 10), ("perfect_quiz_50", 50)),
    "longest_streak": tuple((f"streak_{days}", days) for days in (3, 7, 14, 30, 100, 365)),
    "days_away": (("comeback", 7),),
    "concepts_mastered": tuple((f"concepts_{count}", count) for count in (1, 10, 50, 200)),
    "topics_mastered": tuple((f"topics_{count}", count) for count in (1, 3, 10)),
    "recalled_after_30_days": tuple((f"remembered_30d_{count}", count) for count in (1, 10, 50)),
    "relearned": (("rescuer_10", 10),),
    "topics_explored": (("explorer_5", 5),),
    "steps_above": (("mountain", 3),),
    "careful_in_a_row": (("careful_20", 20),),
}

TITLES: Mapping[str, str] = {
    "first_film": "First film",
    "first_quiz": "First quiz",
    "comeback": "Welcome back",
    "rescuer_10": "Ten ideas brought back",
    "explorer_5": "Explorer of five topics",
    "mountain": "Mountain climber",
    "careful_20": "Twenty careful quizzes",
    **{f"films_{count}": f"{count} films" for count in (10, 50, 100, 500, 1000)},
    **{f"streak_{days}": f"{days} days in a row" for days in (3, 7, 14, 30, 100, 365)},
    "perfect_quiz_1": "All right",
    **{f"perfect_quiz_{count}": f"{count} quizzes all right" for count in (10, 50)},
    "concepts_1": "First idea mastered",
    **{f"concepts_{count}": f"{count} ideas mastered" for count in (10, 50, 200)},
    "topics_1": "First topic mastered",
    **{f"topics_{count}": f"{count} topics mastered" for count in (3, 10)},
    "remembered_30d_1": "Remembered after a month",
    **{f"remembered_30d_{count}": f"{count} times remembered after a month" for count in (10, 50)},
}

DESCRIPTIONS: Mapping[str, str] = {
    "first_film": "You watched a film to its end.",
    "first_quiz": "You answered every question of a film.",
    "comeback": "You came back after a week or more, and went on learning.",
    "rescuer_10": "Ten ideas had slipped away, and you brought them back.",
    "explorer_5": "You looked into five topics.",
    "mountain": "You understood a film three steps above your level.",
    "careful_20": "You took your time over twenty quizzes in a row.",
    **{
        f"films_{count}": f"You watched {count} different films to their end."
        for count in (10, 50, 100, 500, 1000)
    },
    **{
        f"streak_{days}": f"You learned something on {days} days in a row."
        for days in (3, 7, 14, 30, 100, 365)
    },
    "perfect_quiz_1": "You answered every question of a film right.",
    **{f"perfect_quiz_{count}": f"You answered {count} films all right." for count in (10, 50)},
    "concepts_1": "You know an idea so well that it stays.",
    **{f"concepts_{count}": f"You know {count} ideas so well that they stay." for count in (10, 50, 200)},
    "topics_1": "You know a whole topic.",
    **{f"topics_{count}": f"You know {count} whole topics." for count in (3, 10)},
    "remembered_30d_1": "You still knew it after a month without seeing it.",
    **{
        f"remembered_30d_{count}": f"{count} times you still knew it after a month without seeing it."
        for count in (10, 50)
    },
}


def unlocked(counters: Counters) -> set[str]:
    """The codes of every badge that these counters earn."""
    return {
        code
        for field in fields(counters)
        for code, needed in STEPS[field.name]
        if getattr(counters, field.name) >= needed
    }
