"""Celery's doors to this app: three lines each."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from quizzes import awarding, checking, difficulty, partitions, refitting, timing


@shared_task
def ensure_partitions() -> None:
    partitions.ensure_partitions(timezone.now())


@shared_task
def fold_surprises() -> int:
    return difficulty.fold_surprises()


@shared_task
def check_memories() -> int:
    return len(checking.check_memories(timezone.now()).differences)


@shared_task
def measure_questions() -> int:
    return timing.measure_questions(timezone.now())


@shared_task
def award_badges() -> None:
    awarding.award_missing(timezone.now())


@shared_task
def fit_memory() -> None:
    refitting.refit_all(timezone.now())
