"""Another time zone: from the learner's next day, once in seven days (06, 4.2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from students.models import Student
from students.streak_trail import Mark, add_mark, drop_move, trail_to_json
from students.streaks import learning_day
from students.zones import CHANGE_EVERY, next_day_begins


class MovedTooSoon(Exception):
    """The zone was changed less than a week ago; `opens_at` is when it may be again."""

    code: ClassVar[str] = "timezone-too-soon"

    def __init__(self, opens_at: datetime) -> None:
        super().__init__("The time zone was changed less than a week ago.")
        self.opens_at = opens_at


def plan_move(student: Student, zone: str, *, now: datetime) -> dict[str, Any]:
    """The columns that change. Raises MovedTooSoon.

    Who has learned nothing yet gets the zone at once; a change that does not hold yet can be taken back.
    """
    if zone == student.time_zone:
        return {}
    if student.last_streak_on is None and student.studied_on is None:
        return {"time_zone": zone, "former_time_zone": "", "time_zone_from": None}
    present = student.zone_at(now)
    today = learning_day(now.astimezone(present))
    since = student.time_zone_from
    if since is not None and now < since and zone == student.former_time_zone:
        trail = drop_move(student.trail, today)
        return {
            "time_zone": zone,
            "former_time_zone": "",
            "time_zone_from": None,
            "streak_trail": trail_to_json(trail),
        }
    if since is not None and now < since + CHANGE_EVERY:
        raise MovedTooSoon(since + CHANGE_EVERY)
    trail = add_mark(student.trail, Mark.MOVED, today, today=today)
    return {
        "time_zone": zone,
        "former_time_zone": present.key,
        "time_zone_from": next_day_begins(now, present),
        "streak_trail": trail_to_json(trail),
    }
