"""A streak that does not mind in which order days arrive (06, 4.2)."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from students.streak_trail import Mark, Trail, add_mark, drop_move, trail_from_json, trail_to_json
from students.streaks import LATE_DAYS, Streak, as_of, excused_days, is_at_risk, learning_day, record_day
from students.zones import next_day_begins, zone_at

MONDAY = date(2026, 3, 2)
WALLS = st.datetimes(datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2029-12-01"))
ZONES = (
    *("Europe/Vienna", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "America/St_Johns"),
    *("Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Auckland", "Pacific/Apia", "Asia/Kathmandu"),
)


def on(offset: int) -> date:
    return MONDAY + timedelta(days=offset)


def counted(trail: Trail, day: int, *, today: int | None = None, mark: Mark = Mark.COUNTED) -> Trail:
    return add_mark(trail, mark, on(day), today=on(day if today is None else today))


def after(*days: int) -> Trail:
    trail = Trail()
    for day in days:
        trail = counted(trail, day)
    return trail


# --------------------------------------------------------------------------- late days


def test_a_phone_that_was_away_sends_its_days_in_any_order() -> None:
    trail = after(0)
    for day in (3, 1, 2):
        trail = counted(trail, day, today=3)
    assert (trail.streak().days, trail.streak().longest, trail.streak().last_on) == (4, 4, on(3))


def test_a_late_day_counts_up_to_a_week_back_and_not_longer() -> None:
    assert counted(after(0, 2, 3, 4, 5, 6, 7, 8), 1, today=8).streak().days == 9
    late = after(0, 2, 3, 4, 5, 6, 7, 8, 9)
    assert counted(late, 1, today=9) == late
    assert late.streak().days == 8


def test_a_late_day_mends_what_looked_broken() -> None:
    broken = after(0, 1, 3)
    assert broken.streak().days == 1
    assert counted(broken, 2, today=3).streak().days == 4


@given(st.lists(st.integers(0, 60), min_size=1, max_size=40, unique=True), st.randoms(use_true_random=False))
def test_days_that_arrive_shuffled_within_a_week_add_up_to_the_same(days: list[int], random: object) -> None:
    days.sort()
    expected = Streak()
    for day in days:
        expected = record_day(expected, on(day))
    # Each day arrives up to seven days late; the clock of the server only moves forward.
    arrivals = sorted((day + random.randint(0, 7), random.random(), day) for day in days)  # type: ignore[attr-defined]
    trail = Trail()
    for today, _, day in arrivals:
        trail = counted(trail, day, today=today)
        trail = counted(trail, day, today=today)  # sent twice
        assert trail == through_the_database(trail)
    assert trail.streak() == expected


def through_the_database(trail: Trail) -> Trail:
    return trail_from_json(json.loads(json.dumps(trail_to_json(trail))), days=0, longest=0, last_on=None)


@given(st.lists(st.sampled_from([Mark.COUNTED, Mark.RECALLED, Mark.MOVED]), max_size=6))
def test_what_happens_on_one_day_counts_once_in_any_order(marks: list[Mark]) -> None:
    before = after(*range(5))
    trail, mirrored = before, before
    for mark in marks:
        trail = counted(trail, 6, mark=mark)
    for mark in reversed(marks):
        mirrored = counted(mirrored, 6, mark=mark)
    assert trail == mirrored
    assert trail.streak().days <= 6


def test_the_trail_stays_short_for_ever() -> None:
    trail = after(*range(400))
    assert trail.streak().days == 400
    assert len(trail.marks) <= 10
    assert len(json.dumps(trail_to_json(trail))) < 700


def test_columns_without_a_trail_begin_one() -> None:
    trail = trail_from_json(None, days=4, longest=9, last_on=on(0))
    streak = counted(trail, 1).streak()
    assert (streak.days, streak.longest) == (5, 9)


# --------------------------------------------------------------------------- repair, freezes, forgiveness


def test_three_recall_cards_repair_a_break_of_two_days_and_only_once_in_thirty() -> None:
    broken = after(*range(5))
    repaired = counted(counted(broken, 7, mark=Mark.RECALLED), 7)
    assert (repaired.streak().days, repaired.streak().repaired_on) == (6, on(7))
    again = counted(counted(repaired, 10, mark=Mark.RECALLED), 10)
    assert again.streak().days == 1


def test_repair_does_not_mind_whether_the_day_or_the_cards_came_first() -> None:
    broken = after(*range(6))
    one = counted(counted(broken, 7, mark=Mark.RECALLED), 7)
    other = counted(counted(broken, 7), 7, mark=Mark.RECALLED)
    assert one.streak() == other.streak()
    assert (one.streak().days, one.streak().freezes) == (7, 1)


def test_after_a_move_the_first_gap_of_one_day_is_forgiven_and_the_second_is_not() -> None:
    moved = counted(after(0, 1), 1, mark=Mark.MOVED)
    forgiven = counted(moved, 3)
    assert (forgiven.streak().days, forgiven.streak().freezes) == (3, 0)
    assert counted(forgiven, 5).streak().days == 1
    assert as_of(moved.streak(), on(3)).days == 2
    assert not is_at_risk(moved.streak(), on(2))


def test_a_move_forgives_no_gap_of_two_days_and_none_from_before_it() -> None:
    moved = counted(after(0, 1), 1, mark=Mark.MOVED)
    assert counted(moved, 4).streak().days == 1
    before = counted(counted(after(0), 2), 2, mark=Mark.MOVED)
    assert before.streak().days == 1


def test_a_move_that_was_taken_back_forgives_nothing() -> None:
    moved = counted(after(0, 1), 1, mark=Mark.MOVED)
    assert counted(drop_move(moved, on(1)), 3).streak().days == 1


def test_an_outage_that_is_written_down_later_mends_the_week() -> None:
    trail = after(0, 1, 3)
    assert trail.streak().days == 1
    assert trail.streak(excused_days(on(3), on(3), outages=[on(2)])).days == 3


def test_free_weekends_ask_for_nothing_and_may_still_be_used() -> None:
    free = excused_days(on(4), on(7), weekends_off=True)
    assert {on(5), on(6)} <= free
    assert on(4) not in free
    friday = after(0, 1, 2, 3, 4)
    monday = add_mark(friday, Mark.COUNTED, on(7), today=on(7), excused=free)
    assert monday.streak(free).days == 6
    assert not is_at_risk(friday.streak(free), on(5), excused=free)
    sunday = add_mark(friday, Mark.COUNTED, on(6), today=on(6), excused=free)
    assert sunday.streak(free).days == 6


# --------------------------------------------------------------------------- clocks and journeys


@pytest.mark.parametrize("year", [2024, 2028])
def test_a_leap_day_is_a_day(year: int) -> None:
    trail = Trail()
    for day in (date(year, 2, 28), date(year, 2, 29), date(year, 3, 1)):
        trail = add_mark(trail, Mark.COUNTED, day, today=day)
    assert trail.streak().days == 3
    skipped = Trail()
    for day in (date(year, 2, 28), date(year, 3, 1)):
        skipped = add_mark(skipped, Mark.COUNTED, day, today=day)
    assert skipped.streak().days == 1


@given(
    zone=st.sampled_from(ZONES),
    start=WALLS,
    hours=st.lists(st.integers(4, 26), min_size=10, max_size=10),
)
def test_a_film_on_every_day_counts_every_day_whatever_the_clock_does(
    zone: str, start: datetime, hours: list[int]
) -> None:
    trail = Trail()
    for count, hour in enumerate(hours):
        # `hour` on the wall of the learning day; at 25 it is one o'clock of the night after.
        wall = start.replace(hour=0, minute=0) + timedelta(days=count, hours=hour)
        day = learning_day(wall.replace(tzinfo=ZoneInfo(zone)))
        trail = add_mark(trail, Mark.COUNTED, day, today=day)
    assert trail.streak().days == 10


@given(
    start=WALLS,
    steps=st.lists(st.tuples(st.integers(0, 40), st.sampled_from(ZONES)), min_size=1, max_size=60),
)
def test_no_journey_counts_a_day_twice(start: datetime, steps: list[tuple[int, str]]) -> None:
    """A child who flies round the world, asking for a new zone whenever it may, after `hours` each."""
    trail, now = Trail(), start.replace(tzinfo=UTC)
    zone, former, since = ZONES[0], "", None
    days: list[date] = []
    for hours, wanted in steps:
        now += timedelta(hours=hours)
        here = zone_at(now, zone=zone, former=former, since=since)
        day = learning_day(now.astimezone(here))
        before = trail.streak()
        trail = add_mark(trail, Mark.COUNTED, day, today=day)
        streak = trail.streak()
        assert streak.last_on is not None
        assert before.last_on is None or streak.last_on >= before.last_on
        assert streak.days <= before.days + 1
        days.append(day)
        assert streak.days <= len(set(days)) <= (max(days) - min(days)).days + 1
        if wanted != zone and (since is None or now - since >= timedelta(days=7)):
            former, zone, since = here.key, wanted, next_day_begins(now, here)
            trail = add_mark(trail, Mark.MOVED, day, today=day)
    elapsed = (now.date() - start.date()).days
    assert trail.streak().days <= elapsed + 3  # no wall is more than a day away from UTC


@given(zone=st.sampled_from(ZONES), moment=WALLS)
def test_the_next_day_begins_within_a_day_and_on_the_next_date(zone: str, moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    begins = next_day_begins(now, ZoneInfo(zone))
    assert timedelta(0) < begins.astimezone(UTC) - now.astimezone(UTC) <= timedelta(hours=25)
    assert learning_day(begins) == learning_day(now) + timedelta(days=1)


def test_the_week_of_late_answers_is_the_promised_one() -> None:
    assert timedelta(days=7) == LATE_DAYS
