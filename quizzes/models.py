"""What is answered, and what is remembered."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7

from students.database import SqlNow
from students.models import Student
from videos.models import LearningVideo, Topic


class QuizResponse(models.Model):
    """One answer. Partitioned by year on `created_at`, hence the composite key (09, section 2)."""

    pk = models.CompositePrimaryKey("id", "created_at")
    id = models.UUIDField(default=uuid7, db_default=RandomUUID(), editable=False)
    student = models.ForeignKey(Student, models.CASCADE, db_index=False, related_name="quiz_responses")
    video = models.ForeignKey(LearningVideo, models.PROTECT, related_name="quiz_responses")
    question_index = models.IntegerField()
    user_answer = models.BooleanField()
    correct_answer = models.BooleanField()  # a copy, taken when the answer is given
    response_time_ms = models.IntegerField()
    is_correct = models.GeneratedField(
        # Django documents a Q here; the stubs know only expressions.
        expression=Q(user_answer=F("correct_answer")),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )
    created_at = models.DateTimeField(db_default=SqlNow())
    mode = models.CharField(max_length=10, default="watch", db_default="watch")  # as the server decided
    received_at = models.DateTimeField(db_default=SqlNow())
    # What was expected when the card was opened, so that a replay of stored cards comes out the same.
    encoding = models.FloatField(null=True)
    typical_ms = models.FloatField(null=True)
    retention = models.FloatField(default=0, db_default=0)  # of concept and learner (quizzes.retention)

    class Meta:
        db_table = "quiz_responses"
        indexes = (models.Index(name="idx_quiz_responses_student_time", fields=["student", "created_at"]),)
        constraints = (
            models.CheckConstraint(name="question_index_is_not_negative", condition=Q(question_index__gte=0)),
            models.CheckConstraint(
                name="response_time_is_not_negative", condition=Q(response_time_ms__gte=0)
            ),
        )

    def __str__(self) -> str:
        return f"{self.video_id} question {self.question_index}"


class QuizResponseKey(models.Model):
    """The idempotency ledger: one row a client-made id. Not partitioned, so that the id is unique."""

    pk = models.CompositePrimaryKey("student", "response_id")
    student = models.ForeignKey(Student, models.CASCADE, db_index=False, related_name="+")
    response_id = models.UUIDField()
    fingerprint = models.CharField(max_length=64)  # SHA-256 of the canonical body
    quiz_response_id = models.UUIDField()
    created_at = models.DateTimeField()  # of the response: exact look-ups touch one partition
    result = models.JSONField(null=True)  # without addresses, which are signed when answering

    class Meta:
        db_table = "quiz_response_keys"

    def __str__(self) -> str:
        return str(self.response_id)


class TopicMemory(models.Model):
    """What one student is believed to remember of one concept (06, 2.1)."""

    pk = models.CompositePrimaryKey("student", "concept")
    student = models.ForeignKey(Student, models.CASCADE, db_index=False, related_name="memories")
    concept = models.ForeignKey(Topic, models.CASCADE, related_name="memories")
    known = models.FloatField()  # chance that the concept was understood at all, 0-1
    stability = models.FloatField()  # days in which retrievability falls to 0.9
    difficulty = models.FloatField()  # FSRS difficulty, 1-10
    reviewed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    reps = models.IntegerField(default=1)
    lapses = models.IntegerField(default=0)
    passes = models.IntegerField(default=0)
    first_pass_on = models.DateField(null=True)
    last_pass_on = models.DateField(null=True)
    net_correct = models.IntegerField(default=0)
    before = models.JSONField(null=True)  # state before the card in progress, and its evidence so far

    class Meta:
        db_table = "topic_memories"
        indexes = (models.Index(name="idx_topic_memories_due", fields=["student", "due_at"]),)
        constraints = (
            models.CheckConstraint(name="known_is_a_probability", condition=Q(known__range=(0, 1))),
            models.CheckConstraint(name="stability_is_positive", condition=Q(stability__gt=0)),
        )

    def __str__(self) -> str:
        return f"{self.concept_id} {self.known:.2f}"


class LearnerState(models.Model):
    """What is known of one student beside the single concepts: one row (06, 2.1).

    It carries every figure that an answer needs, so that nobody on the way of a request reads old answers.
    """

    student = models.OneToOneField(
        Student, models.CASCADE, primary_key=True, related_name="learner_state", db_column="student_id"
    )
    ability = models.FloatField()  # on the scale of difficulties, 1-10
    ability_count = models.IntegerField(default=0, db_default=0)
    typical_ms = models.FloatField(default=3500, db_default=3500)
    pace_count = models.IntegerField(default=0, db_default=0)
    interest = models.JSONField(default=dict, db_default={})  # topic → [cards shown, films completed]
    recent_topics = ArrayField(models.CharField(max_length=255), default=list, db_default=[])  # of five cards
    best_topics = ArrayField(models.UUIDField(), default=list, db_default=[])  # eight at most, made daily
    today = models.DateField(null=True)  # the learning day of the next two
    shown_today = ArrayField(models.UUIDField(), default=list, db_default=[])  # concepts, oldest first
    new_today = ArrayField(models.BooleanField(), default=list, db_default=[])  # whether each was new
    counters = models.JSONField(default=dict, db_default={})  # quizzes.counting.Tally
    card = models.JSONField(null=True)  # in progress, of a film that teaches no concept
    parameters = models.BigIntegerField(null=True)  # the fitted set in use; null for the default
    # How well the learner keeps what was understood, natural logarithm; made at night (quizzes.retention).
    retention = models.FloatField(default=0, db_default=0)

    class Meta:
        db_table = "learner_states"

    def __str__(self) -> str:
        return f"{self.student_id} {self.ability:.1f}"


class MemoryParameters(models.Model):
    """One fitted set of the forgetting curve's parameters, and what it was fitted on and compared with."""

    age_group = models.CharField(max_length=10, default="", db_default="")  # empty: for all
    version = models.PositiveIntegerField()  # counts up within its group
    values = ArrayField(models.FloatField(), size=21)  # of FSRS-6, in its order
    cards = models.IntegerField()  # recall cards it was fitted on
    held_out_cards = models.IntegerField()  # of the newest week, which it has not seen
    log_likelihood = models.FloatField()  # mean over these
    rival_log_likelihood = models.FloatField()  # the same of the set in use then
    # How far concepts and learners lie beside the curve (quizzes.retention); 0: as if all were alike.
    concept_spread = models.FloatField(default=0, db_default=0)
    learner_spread = models.FloatField(default=0, db_default=0)
    is_live = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=SqlNow())

    class Meta:
        db_table = "memory_parameters"
        constraints = (
            models.UniqueConstraint(name="one_version_a_group", fields=["age_group", "version"]),
            models.UniqueConstraint(
                name="one_live_set_a_group", fields=["age_group"], condition=Q(is_live=True)
            ),
            models.CheckConstraint(name="parameters_are_complete", condition=Q(values__len=21)),
        )

    def __str__(self) -> str:
        return f"{self.age_group or 'all'} {self.version}"


class ConceptRetention(models.Model):
    """How well a concept sticks beside others, from all children's answers; made at night."""

    concept = models.OneToOneField(Topic, models.CASCADE, primary_key=True, related_name="retention")
    scale = models.FloatField()  # of its first stability, natural logarithm
    cards = models.IntegerField()  # recall cards that it rests on
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "concept_retentions"

    def __str__(self) -> str:
        return f"{self.concept_id} {self.scale:+.2f}"


class Surprise(models.Model):
    """How much better or worse than expected a first film was understood: π - e. Folded hourly, then gone."""

    video = models.ForeignKey(LearningVideo, models.CASCADE, related_name="+", db_index=False)
    value = models.FloatField()

    class Meta:
        db_table = "video_surprises"

    def __str__(self) -> str:
        return f"{self.video_id} {self.value:+.2f}"


class Feedback(models.Model):
    """ "Not interested" and "more of this", kept once for each client-made id."""

    pk = models.CompositePrimaryKey("student", "feedback_id")
    student = models.ForeignKey(Student, models.CASCADE, db_index=False, related_name="feedback")
    feedback_id = models.UUIDField()
    video = models.ForeignKey(LearningVideo, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)  # not_interested, more
    created_at = models.DateTimeField()

    class Meta:
        db_table = "student_feedback"

    def __str__(self) -> str:
        return f"{self.kind} {self.video_id}"
