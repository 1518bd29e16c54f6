"""Stored sets of memory parameters, and the nightly fit (06, 2.7)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from random import Random
from statistics import median
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.celery import SCHEDULE
from quizzes import refitting
from quizzes.checking import check_memories
from quizzes.fitting import FIRST, fit, step_from
from quizzes.grading import STARTING_PACE, Pace
from quizzes.memory import DEFAULT, CardRecord, Relearned, scale_parameters
from quizzes.models import ConceptRetention, LearnerState, MemoryParameters, QuizResponse, TopicMemory
from quizzes.parameters import (
    Live,
    concept_retention,
    forget_live,
    live_parameters,
    parameters_of,
    store_retentions,
    store_set,
)
from students.models import Student
from tests.quizzes.learners import answer_all, make_concept, make_film, make_student, make_watch

pytestmark = pytest.mark.django_db
# A fit takes seconds, for which a transaction must not stay open: none is open at night either.
FITTING = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 30, 15, tzinfo=UTC)
QUICK = step_from(DEFAULT, (-0.5, 0, 0.5, 0))
SLOW = step_from(DEFAULT, (0.5, 0, -0.3, 0))


@pytest.fixture(autouse=True)
def _nothing_kept() -> Any:
    forget_live()
    yield
    forget_live()


def keep(values: tuple[float, ...], age_group: str = "", *, is_live: bool = True) -> MemoryParameters:
    return store_set(
        values,
        age_group=age_group,
        cards=5000,
        held_out_cards=500,
        log_likelihood=0.3,
        rival_log_likelihood=0.2,
        is_live=is_live,
    )


def test_without_a_set_the_defaults_are_in_use() -> None:
    assert live_parameters("8-10") == Live(None, DEFAULT)


def test_a_group_has_its_own_set_and_else_that_of_all() -> None:
    everybody, own = keep(SLOW), keep(QUICK, "8-10")
    assert live_parameters("8-10") == Live(own.pk, QUICK, own.created_at)
    assert live_parameters("5-7") == Live(everybody.pk, SLOW, everybody.created_at)


def test_versions_count_up_and_one_is_live() -> None:
    first, second, third = keep(SLOW), keep(QUICK), keep(SLOW, is_live=False)
    assert [first.version, second.version, third.version] == [1, 2, 3]
    assert keep(SLOW, "5-7").version == 1
    live = MemoryParameters.objects.filter(age_group="", is_live=True)
    assert [row.version for row in live] == [2]
    assert live_parameters("8-10").parameters == QUICK


def test_the_database_keeps_one_live_set_a_group_and_all_numbers() -> None:
    keep(SLOW)
    fields = {"cards": 1, "held_out_cards": 1, "log_likelihood": 0.0, "rival_log_likelihood": 0.0}
    for wrong in (
        {"version": 9, "values": list(SLOW), "is_live": True},
        {"version": 1, "values": list(SLOW)},
        {"version": 9, "values": [1.0]},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            MemoryParameters.objects.create(age_group="", **fields, **wrong)
    assert MemoryParameters.objects.count() == 1


def test_the_live_set_costs_one_statement_and_then_none() -> None:
    keep(QUICK)
    with CaptureQueriesContext(connection) as captured:
        for group in ("5-7", "8-10", "11-13", "8-10"):
            live_parameters(group)
    assert len(captured) == 1


def test_a_former_set_can_still_be_read() -> None:
    former = keep(QUICK)
    keep(SLOW)
    assert parameters_of(former.pk) == QUICK
    assert parameters_of(None) == DEFAULT
    assert parameters_of(10**9) == DEFAULT


# ------------------------------------------------------------------ from rows to cards


def test_stored_answers_become_the_cards_they_were(settings: Any) -> None:
    student = make_student(time_zone="Europe/Vienna")
    film = make_film(make_concept(), now=NOW)
    make_watch(student, film, at=NOW - timedelta(days=20, minutes=2))
    answer_all(student, film, now=NOW - timedelta(days=20), is_right=True)
    answer_all(student, film, now=NOW - timedelta(days=5), is_right=False, mode="recall")
    make_watch(student, film, at=NOW - timedelta(days=5) + timedelta(minutes=1))
    ((pair, (first, second)),) = refitting.read_histories("8-10", now=NOW).items()
    assert pair == (student.pk, film.concept_id)
    assert (first.mode, second.mode) == ("watch", "recall")
    assert [answer.is_correct for answer in first.answers] == [True] * 3
    assert [answer.is_correct for answer in second.answers] == [False] * 3
    assert (first.relearned, second.relearned) == (Relearned.VIDEO, Relearned.VIDEO)
    assert second.at == NOW - timedelta(days=5) + timedelta(minutes=1)
    assert str(second.at.tzinfo) == "Europe/Vienna"
    stored = QuizResponse.objects.order_by("created_at").first()
    assert stored is not None
    assert first.encoding == pytest.approx(stored.encoding)
    assert first.pace == Pace(stored.typical_ms or STARTING_PACE.typical_ms)


def test_other_ages_and_closed_accounts_are_left_out() -> None:
    film = make_film(make_concept(), now=NOW)
    for fields in ({"age_group": "11-13"}, {"is_active": False}):
        student = make_student()
        answer_all(student, film, now=NOW - timedelta(days=5))
        Student.objects.filter(pk=student.pk).update(**fields)
    assert refitting.read_histories("8-10", now=NOW) == {}
    assert LearnerState.objects.count() == 2


# ------------------------------------------------------------------ the nightly fit


def live_a_month(random: Random, gaps: tuple[float, ...]) -> list[CardRecord]:
    """Somebody who forgets much more quickly than the defaults say."""
    from tests.quizzes.test_fitting import live  # noqa: PLC0415 - the same learner as there

    cards = live(random, QUICK)
    shift = NOW - timedelta(days=random.random() * 6) - cards[-1].at
    return [CardRecord(c.mode, c.answers, c.at + shift, c.relearned, c.encoding, c.pace) for c in cards]


@pytest.fixture
def lived(monkeypatch: pytest.MonkeyPatch) -> list[list[CardRecord]]:
    """Thirty children with twenty concepts, all alike."""
    random = Random(3)
    students, concepts = [uuid4() for _ in range(30)], [make_concept().pk for _ in range(20)]
    histories = {(student, concept): live_a_month(random, ()) for student in students for concept in concepts}
    monkeypatch.setattr(
        refitting, "read_histories", lambda group, *, now: histories if group == "8-10" else {}
    )
    return list(histories.values())


@FITTING
def test_a_set_goes_live_when_it_predicts_the_newest_week_better(lived: list[list[CardRecord]]) -> None:
    everybody, eights = refitting.refit_all(NOW)
    assert (everybody.age_group, eights.age_group) == ("", "8-10")
    assert everybody.is_live
    assert everybody.log_likelihood is not None
    assert everybody.rival_log_likelihood is not None
    assert everybody.log_likelihood > everybody.rival_log_likelihood
    assert live_parameters("5-7").parameters == everybody.parameters
    assert everybody.parameters[FIRST] < DEFAULT[FIRST]
    since = NOW - refitting.HELD_OUT
    seen = [[card for card in history if card.at < since] for history in lived]
    assert everybody.parameters[FIRST] == pytest.approx(fit(seen)[FIRST], rel=0.1)
    # The group's own set equals the one that has just gone live, so it is no better.
    assert (eights.is_live, eights.reason) == (False, "no-better-than-the-set-in-use")


@FITTING
def test_a_set_that_is_no_better_is_stored_and_not_used(lived: list[list[CardRecord]]) -> None:
    best = keep(fit(lived))
    (everybody, _) = refitting.refit_all(NOW)
    assert (everybody.is_live, everybody.reason) == (False, "no-better-than-the-set-in-use")
    assert live_parameters("8-10").id == best.pk
    assert [row.version for row in MemoryParameters.objects.filter(age_group="").order_by("version")] == [
        1,
        2,
    ]


@FITTING
def test_a_dry_run_stores_nothing(lived: list[list[CardRecord]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quizzes.management.commands.fit_memory.timezone.now", lambda: NOW)
    out = StringIO()
    call_command("fit_memory", "--dry-run", "--json", stdout=out)
    lines = out.getvalue().splitlines()
    assert "all ages: fitted on" in lines[0]
    assert lines[0].endswith("would go live")
    (everybody, _) = json.loads(lines[-1])["sets"]
    assert everybody["is_live"] is True
    assert len(everybody["parameters"]) == 21
    assert not MemoryParameters.objects.exists()


def test_too_few_answers_change_nothing() -> None:
    out = StringIO()
    call_command("fit_memory", stdout=out)
    assert "not compared and not stored" in out.getvalue()
    assert not MemoryParameters.objects.exists()


def test_the_fit_runs_every_night() -> None:
    assert SCHEDULE["memory-fit"] == ("quizzes.tasks.fit_memory", 86_400)


def test_answers_are_learned_from_with_the_set_in_use() -> None:
    own = keep(QUICK, "8-10")
    young, old = make_student(), make_student(age_group="11-13")
    for student in (young, old):
        film = make_film(make_concept(), now=NOW, age_groups=list(range(8, 14)))
        make_watch(student, film, at=NOW - timedelta(minutes=2))
        answer_all(student, film, now=NOW)
    stored = {row.student_id: row.stability for row in TopicMemory.objects.all()}
    assert stored == {young.pk: pytest.approx(QUICK[FIRST]), old.pk: pytest.approx(DEFAULT[FIRST])}
    used = dict(LearnerState.objects.values_list("student_id", "parameters"))
    assert used == {young.pk: own.pk, old.pk: None}


def test_the_daily_check_goes_by_the_set_in_use_and_leaves_older_memories_alone() -> None:
    now = timezone.now()
    old, new = make_student(), make_student()
    films = [make_film(make_concept(), now=now) for _ in range(2)]
    answer_all(old, films[0], now=now - timedelta(days=3))
    keep(QUICK, "8-10")
    answer_all(new, films[1], now=timezone.now())
    check = check_memories(timezone.now() + timedelta(minutes=1))
    assert (check.checked, check.skipped, check.differences) == (1, 1, ())


# ------------------------------------------------------------------ what sticks


@FITTING
def test_a_night_keeps_how_well_each_concept_sticks_and_each_learner_keeps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tests.quizzes.test_retention import live  # noqa: PLC0415 - the same learner as there

    random = Random(7)
    students, concepts = [make_student() for _ in range(30)], [make_concept() for _ in range(24)]
    for student in students:
        LearnerState.objects.create(student=student, ability=4.4)
    histories = {}
    for student in students:
        for place, concept in enumerate(concepts):
            cards = live(random, scale_parameters(QUICK, 1.5 if place % 2 else -1.5))
            shift = NOW - timedelta(days=random.random() * 6) - cards[-1].at
            histories[student.pk, concept.pk] = [replace(card, at=card.at + shift) for card in cards]
    monkeypatch.setattr(
        refitting, "read_histories", lambda group, *, now: histories if group == "8-10" else {}
    )
    assert refitting.refit_all(NOW)[0].is_live
    live_set = live_parameters("8-10")
    assert live_set.concept_spread > 0.5
    scales = [concept_retention(concept.pk) for concept in concepts]
    assert median(scales[1::2]) - median(scales[0::2]) > 1.5
    assert all(scale > -0.7 for scale in scales[1::2])
    kept = ConceptRetention.objects.get(concept=concepts[1])
    assert (kept.cards, kept.updated_at) == (30 * 4, NOW)
    # Another night replaces what was kept.
    refitting.refit_all(NOW + timedelta(hours=1))
    assert ConceptRetention.objects.count() == len(concepts)
    # A first film is believed accordingly, and its replay comes out the same.
    learner = students[0]
    film = make_film(concepts[1], now=NOW)
    answer_all(learner, film, now=NOW)
    beside = scales[1] + LearnerState.objects.get(student=learner).retention
    memory = TopicMemory.objects.get(student=learner, concept=concepts[1])
    assert memory.stability == pytest.approx(scale_parameters(live_set.parameters, beside)[FIRST])
    kept_with_answers = list(QuizResponse.objects.filter(student=learner).values_list("retention", flat=True))
    assert kept_with_answers == pytest.approx([beside] * 3, abs=1e-9)
    assert memory.before is not None
    assert memory.before["retention"] == pytest.approx(beside, abs=1e-9)


def test_what_a_night_changes_does_not_change_what_older_cards_replay_to() -> None:
    student, concept = make_student(), make_concept()
    film = make_film(concept, now=timezone.now())
    store_retentions({concept.pk: (1.0, 50)}, now=NOW)
    answer_all(student, film, now=timezone.now() - timedelta(days=3))
    store_retentions({concept.pk: (-1.0, 60)}, now=NOW)
    check = check_memories(timezone.now() + timedelta(minutes=1))
    assert (check.checked, check.skipped, check.differences) == (1, 0, ())


def test_how_concepts_stick_costs_one_statement_a_minute_and_none_for_what_is_unknown() -> None:
    concept = make_concept()
    store_retentions({concept.pk: (0.7, 50)}, now=NOW)
    with CaptureQueriesContext(connection) as captured:
        assert [concept_retention(concept.pk), concept_retention(uuid4()), concept_retention(None)] == [
            0.7,
            0.0,
            0.0,
        ]
    assert len(captured) == 1
