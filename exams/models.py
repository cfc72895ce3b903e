"""Attempts: one candidate's sittings, their responses, and the journal of saves.

Rows here are written by ``exams.attempts`` only.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import ExtraTime, User
from questions.models import Exam, NoteSection, Question, QuestionVersion, Task


class Mode(models.TextChoices):
    MOCK = "mock", "Mock exam"
    SECTION = "section", "Practice of a section"


class CloseReason(models.TextChoices):
    SUBMITTED = "submitted", "handed in"
    EXPIRED = "expired", "time ran out"


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def of(self, user: User) -> AttemptQuerySet:
        """Only what belongs to ``user``: every view starts here."""
        return self.filter(user=user)

    def open(self) -> AttemptQuerySet:
        return self.filter(closed_at=None)

    def closed(self) -> AttemptQuerySet:
        return self.exclude(closed_at=None)


class Attempt(models.Model):
    """One candidate's sitting. Its clock is set at the start and never changed by a view."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attempts"
    )
    exam = models.ForeignKey(Exam, on_delete=models.PROTECT, related_name="attempts")
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.MOCK)
    section = models.ForeignKey(
        NoteSection,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Of the notes, when that is what is practised.",
    )
    seed = models.BigIntegerField(help_text="Of the draw; with the bank it rebuilds the form.")
    extra_time = models.CharField(max_length=10, choices=ExtraTime, default=ExtraTime.NONE)
    started_at = models.DateTimeField()
    deadline = models.DateTimeField()
    epoch = models.PositiveIntegerField(
        default=1, help_text="Rises when another window takes the attempt over."
    )
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=10, choices=CloseReason, blank=True)
    scored_correct = models.PositiveSmallIntegerField(null=True)
    scored_items = models.PositiveSmallIntegerField(null=True)
    scaled_score = models.PositiveSmallIntegerField(null=True, help_text="An estimate.")
    passed = models.BooleanField(null=True)

    objects: ClassVar[AttemptQuerySet] = AttemptQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(deadline__gt=F("started_at")), name="attempt_deadline_after_start"
            ),
            models.CheckConstraint(
                condition=Q(
                    closed_at=None,
                    close_reason="",
                    scored_correct=None,
                    scored_items=None,
                    scaled_score=None,
                    passed=None,
                )
                | Q(
                    closed_at__isnull=False,
                    close_reason__in=CloseReason.values,
                    scored_correct__isnull=False,
                    scored_items__isnull=False,
                    scaled_score__isnull=False,
                    passed__isnull=False,
                ),
                name="attempt_scored_exactly_when_closed",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("started_at")),
                name="attempt_closed_after_start",
            ),
            models.CheckConstraint(
                condition=Q(scored_correct=None) | Q(scored_correct__lte=F("scored_items")),
                name="attempt_score_within_items",
            ),
            models.UniqueConstraint(
                fields=["user", "exam", "mode"],
                condition=Q(closed_at=None),
                name="attempt_one_open_per_candidate_exam_and_mode",
            ),
            models.CheckConstraint(
                condition=Q(mode=Mode.SECTION, section__isnull=False)
                | (~Q(mode=Mode.SECTION) & Q(section=None)),
                name="attempt_section_exactly_when_practised",
            ),
        ]
        indexes = [
            models.Index(
                fields=["deadline"], condition=Q(closed_at=None), name="attempt_open_by_deadline"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exam_id} attempt of {self.started_at:%Y-%m-%d %H:%M}"

    def get_absolute_url(self) -> str:
        return reverse("exams:attempt", args=[self.pk])

    @property
    def is_mock(self) -> bool:
        """Whether it stands for the real exam: with unscored questions, pass and fail."""
        return self.mode == Mode.MOCK

    @property
    def title(self) -> str:
        """What was or is being sat, in words."""
        if self.section is not None:
            return f"{self.exam.code} practice: {self.section.title}"
        return f"{self.exam.code} mock exam"

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    def is_expired(self, now: datetime) -> bool:
        """Derived, never stored: a late worker harms nothing."""
        return now >= self.deadline

    def remaining(self, now: datetime) -> timedelta:
        return max(self.deadline - now, timedelta(0))

    def remaining_ms(self, now: datetime) -> int:
        """The same in milliseconds, as the clock in a browser counts."""
        return int(self.remaining(now).total_seconds() * 1000)

    @property
    def time_used(self) -> timedelta | None:
        return self.closed_at - self.started_at if self.closed_at else None


class Response(models.Model):
    """One question of one attempt, and what the candidate has answered so far."""

    # The constraint on (attempt, position) already has the index.
    attempt = models.ForeignKey(
        Attempt, on_delete=models.CASCADE, related_name="responses", db_index=False
    )
    position = models.PositiveSmallIntegerField(help_text="From 1.")
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="responses")
    task = models.ForeignKey(
        Task,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Of the attempt's exam; a version may serve tasks of several exams.",
    )
    scored = models.BooleanField(help_text="Unscored questions are tried out and do not count.")
    option_order = ArrayField(
        models.CharField(max_length=20), help_text="Option ids as shown to this candidate."
    )
    answer = ArrayField(models.CharField(max_length=20, blank=True), default=list)
    flagged = models.BooleanField(default=False)
    epoch = models.PositiveIntegerField(default=0)
    rev = models.PositiveIntegerField(default=0, help_text="The client's counter of saves.")
    saved_at = models.DateTimeField(null=True)
    is_correct = models.BooleanField(null=True, help_text="Set when the attempt closes.")

    class Meta:
        ordering = ["attempt", "position"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="response_position_once"),
            models.UniqueConstraint(fields=["attempt", "question"], name="response_question_once"),
            models.CheckConstraint(condition=Q(position__gte=1), name="response_position_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} #{self.position}"


class Outcome(models.TextChoices):
    """What became of a save."""

    APPLIED = "applied", "saved"
    REPEATED = "repeated", "saved before"
    STALE = "stale", "older than what is saved"
    SUPERSEDED = "superseded", "from a window that was taken over"
    LATE = "late", "after the deadline"
    CLOSED = "closed", "after the attempt was closed"


class AnswerEvent(models.Model):
    """One line of the append-only journal of saves; refused ones are kept too."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="events")
    position = models.PositiveSmallIntegerField()
    epoch = models.PositiveIntegerField()
    rev = models.PositiveIntegerField()
    answer = ArrayField(models.CharField(max_length=20, blank=True))
    outcome = models.CharField(max_length=10, choices=Outcome)
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.attempt_id} #{self.position} {self.epoch}.{self.rev} {self.outcome}"
