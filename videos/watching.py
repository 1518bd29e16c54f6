"""record_watch: the one write path of views and completion."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from analytics import metrics
from analytics.tracking import VideoView, track
from students.budget import add_study, watch_seconds
from students.models import Student
from students.streaks import learning_day
from videos.audience import open_to
from videos.models import LearningVideo, Watch

FINISHED_SHARE = 0.9  # of the film's length that must have been reached
OLDEST = timedelta(days=30)


class VideoNotFound(Exception):
    """No such film, not published, or not for this child's age."""

    code = "not-found"


class WatchConflict(Exception):
    """The same watch_id came with another body."""

    code = "idempotency-conflict"


@dataclass(frozen=True)
class WatchReport:
    """One playback as the app saw it; `watch_id` is made by the app, times in seconds of the film."""

    watch_id: UUID
    video_id: UUID
    seconds_watched: float
    furthest_second: float
    completed: bool
    started_at: datetime

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical body: tells a repeat from a conflict."""
        body = [
            str(self.video_id),
            float(self.seconds_watched),
            float(self.furthest_second),
            self.completed,
            self.started_at.timestamp(),
        ]
        return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def record_watch(student_id: UUID, report: WatchReport, *, now: datetime) -> tuple[Watch, bool]:
    """The stored watch, and whether this call stored it. Raises VideoNotFound and WatchConflict.

    A film counts as finished when the app says so and nine tenths of it were reached. The first finished
    watch of a film adds one to the child's count, each adds one to `progress_version`. The film's own
    figures follow within five minutes (videos.figures): no child waits for a row that many share.
    """
    with transaction.atomic():
        # The lock makes a child's reports stand in line: a repeat sees the first one.
        student = Student.objects.select_for_update().get(pk=student_id)
        earlier = Watch.objects.filter(student=student, watch_id=report.watch_id).first()
        if earlier is not None:
            if earlier.fingerprint != report.fingerprint:
                metrics.ledger_conflicts_total.labels("watch").inc()
                raise WatchConflict("This watch_id was used for another watch. Make a new one.")
            return earlier, False
        video = open_to(student.age_group).filter(pk=report.video_id).first()
        if video is None:
            raise VideoNotFound(str(report.video_id))
        watch = _store(student, video, report, now)
    return watch, True


def _store(student: Student, video: LearningVideo, report: WatchReport, now: datetime) -> Watch:
    is_finished = report.completed and report.furthest_second >= FINISHED_SHARE * video.duration_seconds
    is_first = is_finished and not Watch.objects.filter(student=student, video=video, completed=True).exists()
    watch = Watch.objects.create(
        student=student,
        watch_id=report.watch_id,
        video=video,
        fingerprint=report.fingerprint,
        seconds_watched=report.seconds_watched,
        furthest_second=min(report.furthest_second, video.duration_seconds),
        completed=is_finished,
        started_at=min(max(report.started_at, now - OLDEST), now),
        created_at=now,
    )
    finished = int(is_finished)
    began = watch.started_at
    study = add_study(
        student.study,
        on=learning_day(began.astimezone(student.zone_at(began))),
        seconds=watch_seconds(report.seconds_watched, duration=video.duration_seconds),
    )
    Student.objects.filter(pk=student.pk).update(
        last_active=now,
        total_videos_watched=F("total_videos_watched") + int(is_first),
        progress_version=F("progress_version") + finished,
        studied_on=study.on,
        studied_seconds=study.seconds,
    )
    track(
        VideoView(
            student_id=student.pk,
            at=now,
            video_id=video.pk,
            duration_seconds=round(report.seconds_watched, 1),
            completed=is_finished,
        ),
        third_party=student.shares_analytics,
    )
    return watch
