"""What the audience's answers say about a film: where children leave, and what they did not understand.

Only answers and watches of exactly this film count: another wording is another row of `learning_videos`.
A figure about fewer than `FEWEST` children is not shown, in whatever way they are picked; it is None.
Shares are 0-1, times seconds. Each function makes one query or two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Avg, Count, Q, QuerySet
from django.db.models.functions import TruncWeek

from pipeline.models import ContentProject, ProjectEvent, StepRun
from quizzes.models import QuizResponse
from videos.models import LearningVideo

FEWEST = 5
SLICES = 20  # of the film's length, for the curve
GUESSING = 0.5  # of yes/no questions: how often a child is right that knows nothing
STEEP = 0.1  # the share of viewers that a scene must lose to be pointed at


@dataclass(frozen=True)
class Choice:
    """Whose answers, since when. `age_group` "" is every age."""

    age_group: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class Curve:
    """Of those who began, the share still there at the beginning of each slice. Empty: too few children."""

    viewers: int | None
    watches: int | None
    shares: Sequence[float]


@dataclass(frozen=True)
class QuestionFigures:
    """One question: `known` is the share of right answers less what guessing gives, never below 0."""

    index: int
    question: str
    children: int | None
    answers: int | None
    right: float | None
    known: float | None
    seconds: float | None
    evidence: str  # the sentence that should teach it
    scene: int | None
    taught_at: float | None


@dataclass(frozen=True)
class SceneFigures:
    """A scene of the film and what share of its viewers left during it."""

    position: int
    start: float
    end: float
    lost: float | None


@dataclass(frozen=True)
class Group:
    """Answers of one age group or week; `right` is None under FEWEST children."""

    name: str
    right: float | None


# --------------------------------------------------------------------------- watching

CURVE = """
SELECT slice, count(*), sum(watches) FROM (
    SELECT least(floor(max(w.furthest_second) * %(slices)s / %(seconds)s), %(slices)s)::int AS slice,
        count(*) AS watches
    FROM video_watches w JOIN students s ON s.id = w.student_id
    WHERE w.video_id = %(video)s AND (%(group)s = '' OR s.age_group = %(group)s)
        AND (%(since)s::timestamptz IS NULL OR w.created_at >= %(since)s::timestamptz)
    GROUP BY w.student_id
) reached GROUP BY slice
"""


def read_curve(video: LearningVideo, choice: Choice) -> Curve:
    """How far each child came at most; a second look at the film makes no second child."""
    values: dict[str, Any] = {
        "slices": SLICES,
        "seconds": max(video.duration_seconds, 1),
        "video": video.pk,
        "group": choice.age_group,
        "since": choice.since,
    }
    with connection.cursor() as cursor:
        cursor.execute(CURVE, values)
        rows = cursor.fetchall()
    reached = {int(row[0]): int(row[1]) for row in rows}
    viewers = sum(reached.values())
    if viewers < FEWEST:
        return Curve(None, None, ())
    still = [
        sum(count for place, count in reached.items() if place >= slice_) / viewers
        for slice_ in range(SLICES + 1)
    ]
    return Curve(viewers, sum(int(row[2]) for row in rows), still)


def read_scenes(project: ContentProject | None, video: LearningVideo, curve: Curve) -> list[SceneFigures]:
    """The scenes of this very film with the share of viewers each lost; empty where its run is gone."""
    if project is None:
        return []
    run = StepRun.objects.filter(project=project, fingerprint=video.film_fingerprint).only("output").first()
    timeline = (run.output or {}).get("timeline", []) if run is not None else []
    return [
        SceneFigures(
            position=int(part["position"]),
            start=float(part["start"]),
            end=float(part["end"]),
            lost=_lost(curve, video, float(part["start"]), float(part["end"])),
        )
        for part in timeline
    ]


def _lost(curve: Curve, video: LearningVideo, start: float, end: float) -> float | None:
    if not curve.shares:
        return None
    return max(_share_at(curve, video, start) - _share_at(curve, video, end), 0.0)


def _share_at(curve: Curve, video: LearningVideo, second: float) -> float:
    """Between two slices the curve is a straight line."""
    place = min(max(second * SLICES / max(video.duration_seconds, 1), 0.0), float(SLICES))
    below = min(int(place), SLICES - 1)
    part = place - below
    return curve.shares[below] * (1 - part) + curve.shares[below + 1] * part


# --------------------------------------------------------------------------- answering


def _answers(video: LearningVideo, choice: Choice) -> QuerySet[QuizResponse]:
    rows = QuizResponse.objects.filter(video=video)
    if choice.age_group:
        rows = rows.filter(student__age_group=choice.age_group)
    return rows.filter(created_at__gte=choice.since) if choice.since is not None else rows


def read_questions(video: LearningVideo, choice: Choice) -> list[QuestionFigures]:
    """The film's own questions in their order; one query."""
    rows = {
        row["question_index"]: row
        for row in _answers(video, choice)
        .order_by()
        .values("question_index")
        .annotate(
            children=Count("student", distinct=True),
            answers=Count("id"),
            correct=Count("id", filter=Q(is_correct=True)),
            time=Avg("response_time_ms"),
        )
    }
    return [_figures(index, question, rows.get(index)) for index, question in enumerate(video.quiz_questions)]


def _figures(index: int, question: Mapping[str, Any], row: Mapping[str, Any] | None) -> QuestionFigures:
    enough = row is not None and row["children"] >= FEWEST
    right = row["correct"] / row["answers"] if row is not None and enough else None
    scene = question.get("scene")
    return QuestionFigures(
        index=index,
        question=str(question.get("question", "")),
        children=row["children"] if row is not None and enough else None,
        answers=row["answers"] if row is not None and enough else None,
        right=right,
        known=max((right - GUESSING) / (1 - GUESSING), 0.0) if right is not None else None,
        seconds=row["time"] / 1000 if row is not None and enough else None,
        evidence=str(question.get("evidence") or ""),
        scene=int(scene) if isinstance(scene, int) else None,
        taught_at=float(question["taught_at_seconds"])
        if question.get("taught_at_seconds") is not None
        else None,
    )


def find_hardest(questions: Sequence[QuestionFigures]) -> QuestionFigures | None:
    """The question that most children got wrong; None without enough answers, or where all were right."""
    known = [one for one in questions if one.right is not None]
    hardest = min(known, key=lambda one: (one.right or 0.0, one.index), default=None)
    return hardest if hardest is not None and (hardest.right or 0.0) < 1 else None


def read_age_groups(video: LearningVideo, choice: Choice) -> list[Group]:
    return _group(_answers(video, choice), "student__age_group")


def read_weeks(video: LearningVideo, choice: Choice) -> list[Group]:
    return _group(_answers(video, choice).annotate(week=TruncWeek("created_at")), "week")


def _group(rows: QuerySet[Any], name: str) -> list[Group]:
    counted = (
        rows.order_by()
        .values(name)
        .annotate(
            children=Count("student", distinct=True),
            answers=Count("id"),
            correct=Count("id", filter=Q(is_correct=True)),
        )
        .order_by(name)
    )
    return [
        Group(
            row[name] if isinstance(row[name], str) else f"{row[name]:%Y-%m-%d}",
            row["correct"] / row["answers"] if row["children"] >= FEWEST else None,
        )
        for row in counted
    ]


# --------------------------------------------------------------------------- from answers to a revision


def find_project(video: LearningVideo) -> ContentProject | None:
    """The project that published this film, superseded or not; two queries at most."""
    live = ContentProject.objects.filter(published_video=video).first()
    if live is not None:
        return live
    event = (
        ProjectEvent.objects.filter(to_status=ContentProject.Status.PUBLISHED, details__video=str(video.pk))
        .select_related("project")
        .first()
    )
    return event.project if event is not None else None


def suggest_changes(
    questions: Sequence[QuestionFigures], scenes: Sequence[SceneFigures]
) -> list[tuple[str, int | None]]:
    """(sentence, scene) for a revision: the evidence in words. Suggestions; nothing changes by them."""
    found: list[tuple[str, int | None]] = []
    hardest = find_hardest(questions)
    if hardest is not None and hardest.right is not None:
        taught = f" It is taught by “{hardest.evidence}”." if hardest.evidence else ""
        wrong = f"{1 - hardest.right:.0%} of {hardest.answers} answers to “{hardest.question}” were wrong."
        found.append((f"{wrong}{taught} Say it more plainly, or show it.", hardest.scene))
    steep = [scene for scene in scenes if scene.lost is not None and scene.lost >= STEEP]
    steepest = sorted(steep, key=lambda one: -(one.lost or 0))[:2]
    return found + [(_say_loss(scene), scene.position) for scene in steepest]


def _say_loss(scene: SceneFigures) -> str:
    place = f"scene {scene.position + 1} ({scene.start:.0f}–{scene.end:.0f} s)"
    return f"{scene.lost:.0%} of the viewers leave during {place}. Is it too slow, or too hard?"
