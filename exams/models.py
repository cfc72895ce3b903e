"""Attempts: one candidate's sittings, their responses, and the journal of saves.

Which module writes which table is listed in ``docs/architecture.md``, and a test compares the list
with the code. New columns have defaults in the database, so that servers of the version before can
still write rows while a new one is rolled out.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.urls import reverse

from accounts.models import ExtraTime, User
from exams.recipes import Recipe
from exams.rules import Rules
from questions.models import Exam, NoteSection, Question, QuestionVersion, Task


class Mode(models.TextChoices):
    """How an attempt behaves; what it was drawn from is in its recipe."""

    MOCK = "mock", "Mock exam"
    HALF = "half", "Half mock exam"
    CUSTOM = "custom", "Custom exam"
    FIXED_FORM = "form", "Fixed form"
    STUDY = "study", "Study"
    REVIEW = "review", "Daily review"

    @property
    def explains(self) -> bool:
        """Whether each answer may be checked and explained at once; exams explain afterwards."""
        return self in STUDY_MODES


EXAM_MODES = (Mode.MOCK, Mode.HALF, Mode.CUSTOM, Mode.FIXED_FORM)
STUDY_MODES = (Mode.STUDY, Mode.REVIEW)


class CloseReason(models.TextChoices):
    SUBMITTED = "submitted", "handed in"
    EXPIRED = "expired", "time ran out"


class Confidence(models.TextChoices):
    """How sure a candidate says to be of an answer; blank when nothing was said."""

    SURE = "sure", "Sure"
    UNSURE = "unsure", "Unsure"
    GUESS = "guess", "Guess"


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def of(self, user: User) -> AttemptQuerySet:
        """Only what belongs to ``user``: every view starts here."""
        return self.filter(user=user)

    def with_titles(self) -> AttemptQuerySet:
        """With the rows that ``Attempt.title`` reads."""
        return self.select_related("exam", "section", "fixed_form")

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
    recipe = models.JSONField(
        default=dict,
        db_default=Value({}, models.JSONField()),
        help_text="What was asked for: exams.recipes.Recipe as JSON.",
    )
    section = models.ForeignKey(
        NoteSection,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Of the notes, when that is what is practised.",
    )
    fixed_form = models.ForeignKey(
        "FixedForm",
        on_delete=models.PROTECT,
        null=True,
        related_name="attempts",
        db_column="form_id",  # the first name; renaming it would stop servers still running
    )
    seed = models.BigIntegerField(help_text="Of the draw; with the bank it rebuilds the form.")
    extra_time = models.CharField(max_length=10, choices=ExtraTime, default=ExtraTime.NONE)
    rules = models.JSONField(
        null=True,
        help_text="What it is judged by: exams.rules.Rules as JSON. Empty: a server of the "
        "release before began it, and the exam's present rules hold.",
    )
    started_at = models.DateTimeField()
    deadline = models.DateTimeField(null=True, help_text="Empty: untimed study.")
    paused_at = models.DateTimeField(null=True, help_text="Study only: the clock stands since.")
    paused_for = models.DurationField(
        default=timedelta(0),
        db_default=Value(timedelta(0), models.DurationField()),
        help_text="Study only: all pauses that are over.",
    )
    epoch = models.PositiveIntegerField(
        default=1, help_text="Rises when another window takes the attempt over."
    )
    last_position = models.PositiveSmallIntegerField(
        default=1, db_default=1, help_text="Of the question last seen: where to go on."
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
                fields=["user", "exam"],
                condition=Q(closed_at=None, mode__in=EXAM_MODES),
                name="attempt_one_open_exam_per_candidate",
            ),
            models.UniqueConstraint(
                fields=["user", "exam"],
                condition=Q(closed_at=None, mode__in=STUDY_MODES),
                name="attempt_one_open_study_per_candidate",
            ),
            models.CheckConstraint(
                condition=Q(deadline__isnull=False, paused_at=None) | Q(mode__in=STUDY_MODES),
                name="attempt_exams_are_timed_and_never_pause",
            ),
            models.CheckConstraint(
                condition=Q(paused_at=None) | Q(closed_at=None), name="attempt_closed_is_not_paused"
            ),
            models.CheckConstraint(
                condition=Q(mode=Mode.FIXED_FORM, fixed_form__isnull=False)
                | (~Q(mode=Mode.FIXED_FORM) & Q(fixed_form=None)),
                name="attempt_form_exactly_when_sat",
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
        """Whether it stands for the real exam: drawn by its blueprint, with pass and fail."""
        return self.mode in (Mode.MOCK, Mode.HALF, Mode.FIXED_FORM)

    @property
    def explains(self) -> bool:
        """Whether answers may be checked one by one, before the attempt closes."""
        return Mode(self.mode).explains

    @property
    def has_extra_time(self) -> bool:
        """Whether its clock was given more than standard time; untimed study has no clock."""
        return self.deadline is not None and self.extra_time != ExtraTime.NONE

    @property
    def title(self) -> str:
        """What was or is being sat, in words."""
        if self.fixed_form is not None:
            return f"{self.exam.code} form: {self.fixed_form.title}"
        named = f"{self.exam.code} {self.get_mode_display().lower()}"
        about = Recipe.from_json(self.recipe).subject
        if self.section is not None:
            about = self.section.title
        return f"{named}: {about}" if about else named

    @property
    def standard_minutes(self) -> float | None:
        """How long it lasts without extra time by the exam as it is now; None when untimed."""
        minutes: float | None = {
            Mode.MOCK: self.exam.minutes,
            Mode.HALF: self.exam.minutes / 2,
            Mode.FIXED_FORM: self.fixed_form.minutes if self.fixed_form else None,
        }.get(Mode(self.mode), Recipe.from_json(self.recipe).minutes)
        return minutes

    def present_rules(self) -> Rules:
        """What an attempt that begins now is judged by; reads the exam's domains."""
        return Rules(
            scale_min=self.exam.scale_min,
            scale_max=self.exam.scale_max,
            pass_mark=self.exam.pass_mark,
            minutes=self.standard_minutes,
            weights={domain.code: domain.weight for domain in self.exam.domains.all()},
            full_minutes=self.exam.minutes,
        )

    @property
    def judged_by(self) -> Rules:
        """The rules that it began with: what its score and its report go by."""
        return self.present_rules() if self.rules is None else Rules.from_json(self.rules)

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    def is_expired(self, now: datetime) -> bool:
        """Derived, never stored: a late worker harms nothing."""
        return self.deadline is not None and self.paused_at is None and now >= self.deadline

    def remaining(self, now: datetime) -> timedelta | None:
        """Until the deadline; None when untimed. The clock of a paused attempt stands."""
        if self.deadline is None:
            return None
        return max(self.deadline - (self.paused_at or now), timedelta(0))

    def remaining_ms(self, now: datetime) -> int | None:
        """The same in milliseconds, as the clock in a browser counts."""
        left = self.remaining(now)
        return None if left is None else int(left.total_seconds() * 1000)

    @property
    def time_used(self) -> timedelta | None:
        """For how long the clock ran; None while it is open."""
        return self.closed_at - self.started_at - self.paused_for if self.closed_at else None

    @property
    def time_allowed(self) -> timedelta | None:
        """For how long it may run, extra time and outages included; None when untimed."""
        return self.deadline - self.started_at - self.paused_for if self.deadline else None


class ResponseQuerySet(models.QuerySet["Response"]):
    def in_open_exams(self, user_id: int) -> ResponseQuerySet:
        """What the exams ask that this candidate has open.

        The one rule of what must stay secret: the key of such a question is shown nowhere, by
        whatever attempt it was asked before.
        """
        return self.filter(
            attempt__user=user_id, attempt__closed_at=None, attempt__mode__in=EXAM_MODES
        )

    def with_withheld(self, user_id: int) -> ResponseQuerySet:
        """Each with ``withheld``: whether its question is one of ``in_open_exams``."""
        asked = Response.objects.in_open_exams(user_id).filter(question=OuterRef("question"))
        return self.annotate(withheld=Exists(asked))


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
    is_correct = models.BooleanField(
        null=True, help_text="Set when the answer is revealed or the attempt closes."
    )
    revealed_at = models.DateTimeField(
        null=True, help_text="Study: when the key was shown; the answer is final since."
    )
    struck = ArrayField(
        models.CharField(max_length=20),
        default=list,
        db_default=[],
        help_text="Option ids that the candidate has struck out.",
    )
    note = models.TextField(
        blank=True, db_default="", help_text="The candidate's own, seen by nobody else."
    )
    highlights = models.JSONField(
        default=list,
        db_default=Value([], models.JSONField()),
        help_text="Highlighted passages of the stem: [[from, to], …] in its text.",
    )
    confidence = models.CharField(max_length=6, choices=Confidence, blank=True, db_default="")
    annotations_epoch = models.PositiveIntegerField(
        default=0, db_default=0, db_column="marks_epoch"
    )
    annotations_rev = models.PositiveIntegerField(
        default=0,
        db_default=0,
        db_column="marks_rev",
        help_text="The client's counter of saves of annotations.",
    )

    objects: ClassVar[ResponseQuerySet] = ResponseQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["attempt", "position"]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="response_position_once"),
            models.UniqueConstraint(fields=["attempt", "question"], name="response_question_once"),
            models.CheckConstraint(condition=Q(position__gte=1), name="response_position_from_one"),
            models.CheckConstraint(
                condition=Q(revealed_at=None) | Q(is_correct__isnull=False),
                name="response_revealed_is_marked",
            ),
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
    REVEALED = "revealed", "after its explanation was shown"


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


# ---- Fixed forms -------------------------------------------------------------------------------


class FixedFormQuerySet(models.QuerySet["FixedForm"]):
    def offered(self) -> FixedFormQuerySet:
        """Those that candidates may start."""
        return self.filter(published_at__isnull=False, retired_at=None)


class FixedForm(models.Model):
    """The same questions for everybody, so that results compare; never changes once published."""

    exam = models.ForeignKey(Exam, on_delete=models.PROTECT, related_name="fixed_forms")
    slug = models.SlugField(max_length=60)
    title = models.CharField(max_length=100)
    minutes = models.PositiveSmallIntegerField(help_text="Standard time.")
    seed = models.BigIntegerField(help_text="Of the draw, and of the order of options.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True, help_text="Empty: a draft.")
    retired_at = models.DateTimeField(null=True, help_text="No new attempts since.")

    objects: ClassVar[FixedFormQuerySet] = FixedFormQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["exam", "-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["exam", "slug"], name="form_slug_unique_in_exam"),
            models.CheckConstraint(condition=Q(minutes__gte=1), name="form_lasts_a_minute"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_offered(self) -> bool:
        """Whether candidates may start it."""
        return self.published_at is not None and self.retired_at is None


class FixedFormItem(models.Model):
    """One question of a fixed form, at its position."""

    fixed_form = models.ForeignKey(
        FixedForm, on_delete=models.CASCADE, related_name="questions", db_column="form_id"
    )
    position = models.PositiveSmallIntegerField(help_text="From 1.")
    version = models.ForeignKey(QuestionVersion, on_delete=models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    scored = models.BooleanField()
    option_order = ArrayField(models.CharField(max_length=20))

    class Meta:
        db_table = "exams_formquestion"  # the first name, kept for servers still running
        ordering = ["fixed_form", "position"]
        constraints = [
            models.UniqueConstraint(fields=["fixed_form", "position"], name="form_position_once"),
            models.UniqueConstraint(fields=["fixed_form", "version"], name="form_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.fixed_form_id} #{self.position}"


# ---- Outages -----------------------------------------------------------------------------------


class Outage(models.Model):
    """A time in which candidates could not work, as an operator recorded it."""

    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    reason = models.TextField(help_text="What happened; candidates read it on their results.")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gt=F("started_at")), name="outage_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__lte=F("recorded_at")), name="outage_recorded_when_over"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} to {self.ended_at:%H:%M}"


class Extension(models.Model):
    """The time that one attempt was given back for an outage: the audit of its deadline."""

    outage = models.ForeignKey(Outage, on_delete=models.PROTECT, related_name="extensions")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="extensions")
    deadline_before = models.DateTimeField()
    deadline_after = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["outage", "attempt"], name="extension_once"),
            models.CheckConstraint(
                condition=Q(deadline_after__gt=F("deadline_before")), name="extension_adds_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attempt_id} +{self.added}"

    @property
    def added(self) -> timedelta:
        return self.deadline_after - self.deadline_before


# ---- Spaced review -----------------------------------------------------------------------------


class ReviewCard(models.Model):
    """When a question that a candidate missed or doubted comes back, by FSRS."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="cards", db_index=False
    )
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="+")
    due = models.DateTimeField()
    state = models.PositiveSmallIntegerField(
        help_text="Of FSRS: 1 learning, 2 review, 3 relearning."
    )
    step = models.PositiveSmallIntegerField(null=True)
    stability = models.FloatField(help_text="Days until recall falls to 90 %.")
    difficulty = models.FloatField(help_text="From 1 to 10.")
    last_review = models.DateTimeField()

    class Meta:
        ordering = ["due"]
        constraints = [
            models.UniqueConstraint(fields=["user", "question"], name="card_once_per_question"),
        ]
        indexes = [models.Index(fields=["user", "due"], name="card_by_due")]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.question_id} due {self.due:%Y-%m-%d}"
