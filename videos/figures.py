"""A film's figures, folded from what was reported: no child waits for a row that many share (06, 3.6)."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from students.turns import take_turn

BATCH = 20_000  # playbacks folded in one transaction
PLAYED_SECONDS = 5.0  # a card that was on the screen is an impression; one played this long, a view
FOLD = """
WITH taken AS (
    UPDATE video_watches SET is_counted = true
    WHERE id IN (SELECT id FROM video_watches WHERE NOT is_counted ORDER BY id LIMIT %(batch)s::int
                 FOR UPDATE SKIP LOCKED)
    RETURNING video_id, completed, seconds_watched
), counted AS (
    SELECT video_id, count(*) AS impressions, count(*) FILTER (WHERE completed) AS completions,
           count(*) FILTER (WHERE completed OR seconds_watched >= %(played)s::float8) AS views
    FROM taken GROUP BY video_id
)
UPDATE learning_videos v SET
    impressions = v.impressions + c.impressions, view_count = v.view_count + c.views,
    completions = v.completions + c.completions,
    completion_rate = LEAST(1, (v.completions + c.completions)::float8 / GREATEST(v.view_count + c.views, 1))
FROM counted c WHERE v.id = c.video_id RETURNING v.id, c.impressions
"""


def fold_watches() -> set[UUID]:
    """Count every playback that was not counted yet, each exactly once; the films that have changed.

    Each batch is a transaction of its own: whatever ends it, its playbacks are counted or stand to be.
    """
    changed: set[UUID] = set()
    while True:
        with take_turn("videos.figures.fold") as is_mine:
            if not is_mine:
                return changed
            with connection.cursor() as cursor:
                cursor.execute(FOLD, {"batch": BATCH, "played": PLAYED_SECONDS})
                rows = cursor.fetchall()
        changed |= {video for video, _ in rows}
        if sum(impressions for _, impressions in rows) < BATCH:
            return changed
