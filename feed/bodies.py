"""Bodies of the hot writes as structs: decoded strictly in one pass, the same rules as their serializers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from feed.serializers import LONGEST_RESPONSE_MS
from quizzes.answering import SubmittedAnswer
from students.fields import BIGGEST_WHOLE
from videos.serializers import LONGEST_LOADING_MS, LONGEST_WATCH
from videos.watching import WatchReport

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=LONGEST_WATCH)]


class QuizAnswer(msgspec.Struct, forbid_unknown_fields=True):
    response_id: UUID
    video_id: UUID
    question_index: Annotated[int, msgspec.Meta(ge=0, le=BIGGEST_WHOLE)]
    user_answer: bool
    response_time_ms: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_RESPONSE_MS)]
    mode: Literal["watch", "recall"] = "watch"
    answered_at: Instant | None = None

    def to_answer(self) -> SubmittedAnswer:
        return SubmittedAnswer(
            response_id=self.response_id,
            video_id=self.video_id,
            question_index=self.question_index,
            user_answer=self.user_answer,
            response_time_ms=self.response_time_ms,
            mode=self.mode,
            answered_at=self.answered_at,
        )


class Watched(msgspec.Struct, forbid_unknown_fields=True):
    watch_id: UUID
    video_id: UUID
    seconds_watched: Seconds
    completed: bool
    furthest_second: Seconds
    started_at: Instant
    start_ms: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_LOADING_MS)] | None = None
    stalled_ms: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_LOADING_MS)] | None = None
    cdn: Annotated[str, msgspec.Meta(max_length=20)] = ""

    def to_report(self) -> WatchReport:
        return WatchReport(
            watch_id=self.watch_id,
            video_id=self.video_id,
            seconds_watched=self.seconds_watched,
            furthest_second=self.furthest_second,
            completed=self.completed,
            started_at=self.started_at,
        )


class Opinion(msgspec.Struct, forbid_unknown_fields=True):
    feedback_id: UUID
    video_id: UUID
    kind: Literal["not_interested", "more"]


class Report(msgspec.Struct, forbid_unknown_fields=True):
    report_id: UUID
    video_id: UUID
    kind: Literal["frightening", "unkind", "wrong", "broken"]


answer_decoder = msgspec.json.Decoder(QuizAnswer)
watch_decoder = msgspec.json.Decoder(Watched)
opinion_decoder = msgspec.json.Decoder(Opinion)
report_decoder = msgspec.json.Decoder(Report)
