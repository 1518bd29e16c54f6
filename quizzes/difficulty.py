"""How hard a film turned out to be, from how first films were understood (06, 2.5 and 3.6).

The difficulty moves against the learners' surprise: Elo with the film's own count, within two levels of what
the author said.
"""

from __future__ import annotations

import math
from collections import defaultdict
from uuid import UUID

from django.db import connection

from students.turns import take_turn
from videos.models import LearningVideo

BATCH = 50_000
FURTHEST = 2.0  # levels from the author's
EASIEST, HARDEST = 1.0, 10.0
TAKE = """
DELETE FROM video_surprises WHERE id IN (
    SELECT id FROM video_surprises ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING video_id, value
"""
STORE = """
UPDATE learning_videos v SET surprise_sum = v.surprise_sum + made.total,
    surprise_count = v.surprise_count + made.count, estimated_difficulty = made.difficulty
FROM unnest(%(ids)s::uuid[], %(totals)s::float8[], %(counts)s::int[], %(difficulties)s::float8[])
     made (id, total, count, difficulty)
WHERE v.id = made.id
"""


def fold_surprises() -> int:
    """Take what was stored since the last time into the films, each exactly once; how many films moved."""
    with take_turn("quizzes.difficulty.fold") as is_mine:
        if not is_mine:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [BATCH])
            rows = cursor.fetchall()
        found: dict[UUID, list[float]] = defaultdict(list)
        for video, value in rows:
            found[video].append(value)
        videos = list(LearningVideo.objects.filter(pk__in=found).order_by("pk").select_for_update())
        if not videos:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(
                STORE,
                {
                    "ids": [video.pk for video in videos],
                    "totals": [sum(found[video.pk]) for video in videos],
                    "counts": [len(found[video.pk]) for video in videos],
                    "difficulties": [
                        move_difficulty(
                            video.estimated_difficulty,
                            author=video.difficulty_level,
                            count=video.surprise_count,
                            surprises=found[video.pk],
                        )
                        for video in videos
                    ],
                },
            )
    return len(videos)


def move_difficulty(
    estimate: float | None, *, author: int | None, count: int, surprises: list[float]
) -> float | None:
    """The estimate after these surprises, the first `count` already in it; None where no author named one."""
    if author is None:
        return None
    value = float(author) if estimate is None else estimate
    for place, surprise in enumerate(surprises):
        value -= 1.6 / (1 + 0.05 * (count + place)) * surprise
    low, high = max(EASIEST, author - FURTHEST), min(HARDEST, author + FURTHEST)
    return min(max(value, low), high) if math.isfinite(value) else float(author)
