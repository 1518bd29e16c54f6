"""Whose day it is: the zone of a learner at a moment (06, 4.2). Pure.

A new zone holds from the learner's next day, so that no journey makes a day long enough to count twice, and
once in seven days. Answers from before the change keep the zone they were given in.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from students.streaks import DAY_STARTS, learning_day

CHANGE_EVERY = timedelta(days=7)


def zone_at(moment: datetime, *, zone: str, former: str = "", since: datetime | None = None) -> ZoneInfo:
    """The zone that holds at `moment`: `former` before `since`, `zone` from then on."""
    return ZoneInfo(former if former and since is not None and moment < since else zone)


def next_day_begins(now: datetime, zone: ZoneInfo) -> datetime:
    """When the learning day of `now` ends: the next 04:00 on the wall clock of `zone`."""
    local = now.astimezone(zone)
    return datetime.combine(learning_day(local) + timedelta(days=1), time(), zone) + DAY_STARTS
