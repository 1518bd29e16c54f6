"""Predictions on real logs, given by path (06, section 6).

score_memory PATH: a CSV file (also .gz) with `card_id`, `review_rating` (1 is wrong) and `review_time`.
Of the reviews a day or more after the last of their card the first 30 % by time teach, with all before
them; the rest is predicted.

score_ability TRAIN [TEST]: tables, by comma or tab, with `user_id`, `item_id`, `correct` and, where
there is one, `skill_id`, in the order they were answered. Without TEST the last fifth of TRAIN's
learners is kept for it.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from fsrs import Card, Rating, Scheduler

from benchmarks.learning import scores
from benchmarks.learning.people import Flags, Floats, Indices
from quizzes.ability import Ability, update_ability
from quizzes.fitting import fit_log, lay_out
from quizzes.grading import SLIP, Answer
from quizzes.memory import (
    DEFAULT,
    CardRecord,
    Memory,
    Parameters,
    Relearned,
    retrievability,
    update_after_recall,
    update_after_watch,
)

TAUGHT = 0.3  # share of the log, by time
GUESS = 0.02  # a flash card is not a yes/no question
SILENT_MS = 3537  # of the usual pace of 3,500 ms: as likely known as guessed
DAY = timedelta(days=1)
INTRODUCED = timedelta(seconds=1)  # a new card is shown so long before it is asked
PLOT = Path(".local/benchmarks/calibration.png")


@dataclass(frozen=True)
class Review:
    card: str
    at: datetime
    is_right: bool


class LogUnreadable(Exception):
    """The file is not there, or has not the columns it needs."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("command", choices=("score_memory", "score_ability"))
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--json", action="store_true", help="one object as the last line")
    parser.add_argument("--plot", type=Path, default=PLOT, help="calibration of the memory, a PNG file")
    options = parser.parse_args(arguments)
    try:
        if options.command == "score_memory":
            found = score_memory(options.paths[0], plot=options.plot)
        else:
            found = score_ability(*options.paths[:2])
    except LogUnreadable as problem:
        print(problem, file=sys.stderr)
        return 2
    scores.show(found)
    if options.json:
        print(json.dumps(scores.to_json(found)))
    return 0


def score_memory(path: Path, *, plot: Path | None = None) -> dict[str, scores.Score]:
    reviews = read_reviews(path)
    former = _former(reviews)
    waited = np.array(
        [bool(before and review.at - before >= DAY) for review, before in zip(reviews, former, strict=True)]
    )
    outcome = np.array([review.is_right for review in reviews])
    places = np.flatnonzero(waited)
    taught, tested = np.split(places, [int(len(places) * TAUGHT)])
    if not len(taught):
        raise LogUnreadable(f"{path}: too few reviews a day or more after the last one; nothing to predict.")
    fitted = fit_log(lay_out(_histories(reviews[: tested[0]]), guess=GUESS))
    predictions = {
        "constant": np.full(len(reviews), outcome[taught].mean()),
        "SM-2": predict_sm2(reviews),
        "logistic": predict_logistic(reviews, outcome, taught),
        "FSRS-6 default": predict_fsrs(reviews),
        "ours, default": predict_ours(reviews, DEFAULT),
        "ours, fitted": predict_ours(reviews, fitted),
    }
    if plot:
        plot.parent.mkdir(parents=True, exist_ok=True)
        chosen = {name: value[tested] for name, value in predictions.items() if name != "constant"}
        scores.plot_calibration(chosen, outcome[tested], plot)
    return {name: scores.score(value[tested], outcome[tested]) for name, value in predictions.items()}


def read_reviews(path: Path) -> list[Review]:
    """By time. Raises LogUnreadable."""
    rows = _read_table(path, ("card_id", "review_rating", "review_time"))
    try:
        reviews = [
            Review(row["card_id"], _read_time(row["review_time"]), int(row["review_rating"]) > 1)
            for row in rows
        ]
    except ValueError as problem:
        raise LogUnreadable(f"{path}: {problem}. Ratings are 1-4, times ISO 8601.") from problem
    return sorted(reviews, key=lambda review: review.at)


def predict_ours(reviews: Sequence[Review], parameters: Parameters) -> Floats:
    """Each review is a recall card of one answer, and what was wrong is shown; a new card is shown first."""
    memories: dict[str, Memory] = {}
    predicted = np.full(len(reviews), 0.75)
    for place, review in enumerate(reviews):
        memory, answers = memories.get(review.card), _answers(review)
        if memory is None:
            memory = update_after_watch(None, (), review.at, parameters=parameters, guess=GUESS)
        recall = retrievability(memory, review.at, parameters=parameters)
        predicted[place] = recall * (1 - SLIP) + (1 - recall) * GUESS
        memories[review.card] = update_after_recall(
            memory,
            answers,
            review.at,
            relearned=Relearned.VIDEO,
            parameters=parameters,
            guess=GUESS,
        )
    return predicted


def predict_fsrs(reviews: Sequence[Review]) -> Floats:
    """The library as it comes, with right and wrong as Good and Again."""
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    cards: dict[str, Card] = {}
    predicted = np.full(len(reviews), 0.9)
    for place, review in enumerate(reviews):
        card = cards.get(review.card)
        if card is None:
            card = Card(card_id=1, due=review.at)
        else:
            predicted[place] = scheduler.get_card_retrievability(card, review.at)
        rating = Rating.Good if review.is_right else Rating.Again
        cards[review.card], _ = scheduler.review_card(card, rating, review.at)
    return predicted


def predict_sm2(reviews: Sequence[Review]) -> Floats:
    """Nine in ten are recalled when due, fewer in proportion to the overdue time."""
    intervals: dict[str, tuple[int, float, float]] = {}
    predicted = np.full(len(reviews), 0.9)
    for place, (review, before) in enumerate(zip(reviews, _former(reviews), strict=True)):
        count, days, ease = intervals.get(review.card, (0, 1.0, 2.5))
        if before is not None:
            predicted[place] = 0.9 ** ((review.at - before) / DAY / max(days, 1.0))
        if review.is_right:
            days = (1.0, 6.0)[count] if count < 2 else days * ease
            count += 1
        else:
            count, days, ease = 0, 1.0, max(1.3, ease - 0.54)
        intervals[review.card] = (count, days, ease)
    return predicted


def predict_logistic(reviews: Sequence[Review], outcome: Flags, taught: Indices) -> Floats:
    """On right and wrong so far and the time since; by Newton's method."""
    right: dict[str, int] = defaultdict(int)
    wrong: dict[str, int] = defaultdict(int)
    rows = []
    for review, before in zip(reviews, _former(reviews), strict=True):
        days = (review.at - before) / DAY if before else 0.0
        rows.append([1.0, np.log1p(right[review.card]), np.log1p(wrong[review.card]), np.log1p(days)])
        (right if review.is_right else wrong)[review.card] += 1
    features = np.array(rows)
    weights = np.zeros(features.shape[1])
    x, y = features[taught], outcome[taught].astype(float)
    for _ in range(25):
        chance = 1 / (1 + np.exp(-x @ weights))
        curvature = (x * (chance * (1 - chance))[:, None]).T @ x + 1e-3 * np.eye(len(weights))
        weights += np.linalg.solve(curvature, x.T @ (y - chance) - 1e-3 * weights)
    predicted: Floats = 1 / (1 + np.exp(-features @ weights))
    return predicted


@dataclass(frozen=True)
class Attempt:
    learner: str
    item: str
    skill: str
    is_right: bool


def score_ability(train: Path, test: Path | None = None) -> dict[str, scores.Score]:
    """Learner against item and skill, all by `quizzes.ability`; the test's learners go on learning."""
    attempts = read_attempts(train)
    if test is None:
        learners = list(dict.fromkeys(attempt.learner for attempt in attempts))
        kept = set(learners[-max(1, len(learners) // 5) :])
        tested = [attempt for attempt in attempts if attempt.learner in kept]
        attempts = [attempt for attempt in attempts if attempt.learner not in kept]
    else:
        tested = read_attempts(test)
    if not attempts or not tested:
        raise LogUnreadable(f"{train}: too few learners to keep some for the test; name a second file.")
    ratings = Ratings()
    usual = float(np.mean([attempt.is_right for attempt in attempts]))
    for attempt in attempts:
        ratings.learn(attempt)
    predicted = []
    for attempt in tested:
        predicted.append(ratings.expect(attempt))
        ratings.learn(attempt)
    outcome = np.array([attempt.is_right for attempt in tested])
    return {
        "constant": scores.score(np.full(len(tested), usual), outcome),
        "ours": scores.score(np.array(predicted), outcome),
    }


class Ratings:
    """Abilities of learners, overall and for a skill; difficulties of items and skills."""

    SLOPE = 0.4  # of `quizzes.ability.encoding_chance`

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], Ability] = {}

    def _players(self, attempt: Attempt) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        for_learner = [
            ("learner", attempt.learner),
            ("learner in skill", f"{attempt.learner}|{attempt.skill}"),
        ]
        return for_learner, [("item", attempt.item), ("skill", attempt.skill)]

    def expect(self, attempt: Attempt) -> float:
        learner, item = self._players(attempt)
        lead = sum(self._value(key) for key in learner) - sum(self._value(key) for key in item)
        return float(1 / (1 + np.exp(-(1.0 + self.SLOPE * lead))))

    def learn(self, attempt: Attempt) -> None:
        surprise = attempt.is_right - self.expect(attempt)
        learner, item = self._players(attempt)
        for keys, sign in ((learner, 1), (item, -1)):
            for key in keys:
                before = self.values.get(key, Ability(0.0))
                self.values[key] = update_ability(before, surprise=sign * surprise)

    def _value(self, key: tuple[str, str]) -> float:
        return self.values[key].value if key in self.values else 0.0


def read_attempts(path: Path) -> list[Attempt]:
    rows = _read_table(path, ("user_id", "item_id", "correct"))
    try:
        return [
            Attempt(row["user_id"], row["item_id"], row.get("skill_id") or "", float(row["correct"]) >= 0.5)
            for row in rows
        ]
    except ValueError as problem:
        raise LogUnreadable(f"{path}: {problem}. `correct` is 0 or 1.") from problem


def _read_table(path: Path, needed: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode()
    except (OSError, UnicodeDecodeError) as problem:
        raise LogUnreadable(f"{path} cannot be read: {problem}.") from problem
    delimiter = "\t" if "\t" in text.split("\n", 1)[0] else ","
    rows = list(csv.DictReader(io.StringIO(text), delimiter=delimiter))
    missing = [name for name in needed if not rows or rows[0].get(name) is None]
    if missing:
        raise LogUnreadable(f"{path} has no column {', '.join(missing)}, or no rows.")
    return rows


def _read_time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _former(reviews: Iterable[Review]) -> list[datetime | None]:
    """When each review's card was reviewed before."""
    last: dict[str, datetime] = {}
    former = []
    for review in reviews:
        former.append(last.get(review.card))
        last[review.card] = review.at
    return former


def _histories(reviews: Iterable[Review]) -> list[list[CardRecord]]:
    found: dict[str, list[CardRecord]] = defaultdict(list)
    for review in reviews:
        if not found[review.card]:
            found[review.card].append(CardRecord("watch", (), review.at - INTRODUCED))
        found[review.card].append(CardRecord("recall", _answers(review), review.at, Relearned.VIDEO))
    return list(found.values())


def _answers(review: Review) -> tuple[Answer, ...]:
    return (Answer(review.is_right, SILENT_MS),)
