"""The plan of publication: days, gaps, films in each other's way; and moving a film in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from pipeline.models import ContentProject, ProjectEvent
from studio import planner, publishing
from studio.models import AuditEntry
from studio.planner import Gap, Slot
from studio.rescheduling import ScheduleMoved, TimePassed, move_schedule
from tests.studio.factories import make_draft, make_film, make_person

BERLIN = ZoneInfo("Europe/Berlin")


def slot(at: datetime, topic: str = "Bees", *, is_out: bool = False, key: UUID | None = None) -> Slot:
    return Slot(key or uuid4(), f"Film of {at:%H:%M}", topic, at, is_out)


def test_films_of_one_topic_less_than_an_hour_apart_are_in_each_others_way() -> None:
    nine = datetime(2030, 1, 7, 9, tzinfo=UTC)
    first, near = slot(nine), slot(nine + timedelta(minutes=59))
    hour_later, other = slot(nine + timedelta(minutes=119)), slot(nine, "Moon")
    assert planner.find_conflicts([near, other, first, hour_later]) == {
        first.key: near.title,
        near.key: first.title,
    }
    assert planner.find_conflicts([slot(nine, ""), slot(nine, "")]) == {}  # no topic is not one topic
    out = slot(nine, is_out=True)
    assert planner.find_conflicts([out, near]) == {near.key: out.title}  # what is out cannot be moved


def test_a_gap_is_three_days_and_more_without_a_film() -> None:
    first, last = date(2030, 1, 1), date(2030, 1, 12)
    busy = [date(2030, 1, 4), date(2030, 1, 4), date(2030, 1, 7), date(2030, 2, 1)]
    assert planner.find_gaps(busy, begin=first, end=last) == [
        Gap(date(2030, 1, 1), date(2030, 1, 3)),
        Gap(date(2030, 1, 8), date(2030, 1, 12)),
    ]
    assert planner.find_gaps([], begin=first, end=date(2030, 1, 2)) == []
    assert Gap(first, date(2030, 1, 3)).days == 3


def test_a_film_stands_on_the_day_that_the_zone_has_then() -> None:
    late = slot(datetime(2030, 1, 6, 23, 30, tzinfo=UTC))
    month = date(2030, 1, 1)
    in_utc = {day.date for day in planner.lay_out(month, [late], UTC) if day.slots}
    in_berlin = {day.date for day in planner.lay_out(month, [late], BERLIN) if day.slots}
    assert (in_utc, in_berlin) == ({date(2030, 1, 6)}, {date(2030, 1, 7)})
    days = planner.lay_out(month, [], UTC)
    assert (len(days), days[0].date, days[0].is_in_month) == (35, date(2029, 12, 31), False)
    begin, end = planner.bounds_of(month, BERLIN)
    assert (begin.astimezone(UTC), end - begin) == (
        datetime(2029, 12, 30, 23, tzinfo=UTC),
        timedelta(days=35),
    )


def test_a_move_across_a_clock_change_keeps_the_time_of_day() -> None:
    saturday = datetime(2030, 3, 30, 9, tzinfo=BERLIN)  # clocks go forward on the 31st
    moved = planner.move_to_day(saturday.astimezone(UTC), date(2030, 4, 1), BERLIN)
    assert moved.astimezone(UTC) == datetime(2030, 4, 1, 7, tzinfo=UTC)
    assert saturday.astimezone(UTC).hour == 8


def test_the_next_free_day_is_after_today() -> None:
    today = date(2030, 1, 1)
    assert planner.next_free_day([date(2030, 1, 2), date(2030, 1, 4)], after=today) == date(2030, 1, 3)


# --------------------------------------------------------------------------- moving


def schedule() -> tuple[ContentProject, datetime]:
    project = make_film(status="approved")
    at = (timezone.now() + timedelta(days=2)).replace(microsecond=0)
    publishing.publish(project.pk, actor=make_person("editor_in_chief"), at=at)
    return project, at


@pytest.mark.django_db
def test_a_scheduled_film_gets_another_time_and_one_row_in_the_trail() -> None:
    project, at = schedule()
    editor, later = make_person("editor_in_chief"), at + timedelta(days=3)
    for _ in range(2):  # sent twice, it is one move
        move_schedule(project.pk, actor=editor, was=at, at=later)
    project.refresh_from_db()
    assert (project.status, project.publish_at) == ("scheduled", later)
    event = ProjectEvent.objects.filter(reason="editor:schedule-moved").get()
    assert event.details == {"from": at.isoformat(), "at": later.isoformat()}
    assert AuditEntry.objects.filter(verb="move_schedule", event_id=event.pk).count() == 1


@pytest.mark.django_db
def test_a_move_is_refused_where_somebody_was_faster_or_the_time_has_passed() -> None:
    project, at = schedule()
    editor = make_person("editor_in_chief")
    with pytest.raises(ScheduleMoved, match="meanwhile"):
        move_schedule(project.pk, actor=editor, was=at - timedelta(days=1), at=at + timedelta(days=1))
    with pytest.raises(TimePassed):
        move_schedule(project.pk, actor=editor, was=at, at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(publishing.NotAllowed):
        move_schedule(project.pk, actor=make_person("creator"), was=at, at=at + timedelta(days=1))
    with pytest.raises(publishing.NotPossible):
        move_schedule(make_draft().pk, actor=editor, was=at, at=at + timedelta(days=1))
    project.refresh_from_db()
    assert project.publish_at == at
    assert not ProjectEvent.objects.filter(reason="editor:schedule-moved").exists()
