"""What is computed from closed attempts: statistics of questions and forms, and their alarms.

All of it can be computed again from the attempts, but for what authors wrote when they settled
an alarm. ``results.item_statistics`` writes the statistics, ``results.item_alarms`` the alarms.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exams.models import FixedForm
from questions.models import QuestionVersion
from results.sample_gates import DISCRIMINATION_FROM, FIGURES_FROM


class StatisticsState(models.Model):
    """One row, which is locked while statistics are computed: one process at a time."""

    insiders = ArrayField(
        models.BigIntegerField(),
        default=list,
        help_text="Users who never counted when statistics were computed last.",
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="statistics_state_once")]

    def __str__(self) -> str:
        return f"{len(self.insiders)} insiders"


class EvidenceChange(models.Model):
    """That statistics must be computed again; triggers of the database add most rows.

    Of an attempt, whose questions and form are looked up; of a question, with all its versions;
    or of a fixed form. The numbers are no foreign keys: what they name may be gone.
    """

    attempt = models.UUIDField(null=True, db_column="attempt_id")
    question = models.BigIntegerField(null=True, db_column="question_id")
    fixed_form = models.BigIntegerField(null=True, db_column="form_id")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(attempt__isnull=False, question=None, fixed_form=None)
                | Q(attempt=None, question__isnull=False, fixed_form=None)
                | Q(attempt=None, question=None, fixed_form__isnull=False),
                name="evidence_change_of_one_thing",
            )
        ]
        indexes = [
            models.Index(
                fields=["question"],
                condition=Q(question__isnull=False),
                name="evidence_change_by_question",
            )
        ]

    def __str__(self) -> str:
        return f"attempt {self.attempt}, question {self.question}, form {self.fixed_form}"


class ItemStatistics(models.Model):
    """How first answers to one version of a question went; see docs/authoring.md for each figure.

    A *rest score* is the share of the other scored questions of the same attempt that were right,
    from 0 to 1. ``choices``: ``[{"ids", "count", "rest"}]``: for ``choice`` and ``response`` one
    entry for each option in the authored order, else one for each of the most frequent answers.
    """

    version = models.OneToOneField(
        QuestionVersion, on_delete=models.CASCADE, primary_key=True, related_name="statistics"
    )
    computed_at = models.DateTimeField()
    exposures = models.PositiveIntegerField(
        help_text="How often it was asked in closed attempts of all modes."
    )
    answers = models.PositiveIntegerField(help_text="First answers: the sample of all figures.")
    right = models.PositiveIntegerField()
    blank = models.PositiveIntegerField(help_text="Left without an answer, which is wrong.")
    facility = models.FloatField(null=True, help_text="Share right, 0 to 1.")
    rests = models.PositiveIntegerField(help_text="First answers with a rest score.")
    mean_rest = models.FloatField(null=True)
    discrimination = models.FloatField(
        null=True, help_text="Correlation of being right with the rest score, -1 to 1."
    )
    efficiency = models.FloatField(
        null=True, help_text="Their covariance by the largest possible one, at most 1."
    )
    timed = models.PositiveIntegerField(help_text="First answers with a known time.")
    median_seconds = models.FloatField(null=True)
    said = models.PositiveIntegerField(help_text="First answers of which candidates said how sure.")
    sure = models.PositiveIntegerField()
    sure_and_wrong = models.PositiveIntegerField()
    choices = models.JSONField(default=list)
    top_size = models.PositiveIntegerField(help_text="The third with the highest rest scores.")
    top_answer = ArrayField(
        models.CharField(max_length=20, blank=True),
        default=list,
        help_text="What most of them answered; sorted for a response.",
    )
    top_agreed = models.PositiveIntegerField(help_text="How many of them answered that.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answers__lte=models.F("exposures"))
                & Q(right__lte=models.F("answers"))
                & Q(rests__lte=models.F("answers")),
                name="item_statistics_counts_within",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.right} of {self.answers} right"

    @property
    def has_figures(self) -> bool:
        return self.answers >= FIGURES_FROM

    @property
    def facility_percent(self) -> int | None:
        """None where the sample is too small, as for all figures below."""
        return (
            round(100 * self.facility) if self.has_figures and self.facility is not None else None
        )

    @property
    def shown_discrimination(self) -> float | None:
        return self.discrimination if self.rests >= DISCRIMINATION_FROM else None

    @property
    def efficiency_percent(self) -> int | None:
        if self.efficiency is None or self.rests < DISCRIMINATION_FROM:
            return None
        return round(100 * self.efficiency)

    @property
    def mean_rest_percent(self) -> int | None:
        return round(100 * self.mean_rest) if self.mean_rest is not None else None

    @property
    def sure_and_wrong_percent(self) -> int | None:
        """Of the first answers of which candidates said how sure they were."""
        return round(100 * self.sure_and_wrong / self.said) if self.said >= FIGURES_FROM else None

    @property
    def median_time(self) -> timedelta | None:
        if self.median_seconds is None or self.timed < FIGURES_FROM:
            return None
        return timedelta(seconds=self.median_seconds)


class FormStatistics(models.Model):
    """How the first attempts at one fixed form went; scores are numbers of right answers."""

    fixed_form = models.OneToOneField(
        FixedForm,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="statistics",
        db_column="form_id",
    )
    computed_at = models.DateTimeField()
    candidates = models.PositiveIntegerField()
    items = models.PositiveSmallIntegerField(help_text="Scored questions.")
    mean = models.FloatField()
    deviation = models.FloatField(null=True, help_text="The standard deviation of a sample.")
    kr20 = models.FloatField(null=True, help_text="Kuder-Richardson formula 20, at most 1.")
    sem = models.FloatField(null=True, help_text="Standard error of measurement, right answers.")

    def __str__(self) -> str:
        return f"{self.fixed_form_id}: {self.candidates} candidates"

    @property
    def has_figures(self) -> bool:
        return self.candidates >= FIGURES_FROM

    @property
    def has_reliability(self) -> bool:
        return self.candidates >= DISCRIMINATION_FROM and self.kr20 is not None

    @property
    def mean_percent(self) -> float:
        return 100 * self.mean / self.items

    @property
    def deviation_percent(self) -> float | None:
        return None if self.deviation is None else 100 * self.deviation / self.items

    @property
    def sem_percent(self) -> float | None:
        return None if self.sem is None else 100 * self.sem / self.items


class AlarmKind(models.TextChoices):
    """What is conspicuous about a question."""

    NEGATIVE = "negative", _("Negative discrimination")
    OTHER_ANSWER = "other", _("The best agree on another answer")
    UNDER_CHANCE = "chance", _("Fewer right than by guessing")
    UNUSED = "unused", _("A distractor nobody takes")
    SLOW = "slow", _("Takes twice the usual time")


class Settlement(models.TextChoices):
    """How an alarm ended."""

    AUTHOR = "author", _("settled by an author")
    CLEARED = "cleared", _("the figures no longer show it")
    REPLACED = "replaced", _("the version is no longer asked")


class ItemAlarm(models.Model):
    """A task for an author: what the statistics of a version found conspicuous.

    ``figures`` are those it was raised or last confirmed by; ``answers`` the sample they are from.
    """

    version = models.ForeignKey(QuestionVersion, on_delete=models.CASCADE, related_name="alarms")
    kind = models.CharField(max_length=10, choices=AlarmKind)
    figures = models.JSONField(default=dict)
    answers = models.PositiveIntegerField()
    opened_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    settlement = models.CharField(max_length=10, choices=Settlement, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    reason = models.TextField(blank=True, help_text="What the author found or did.")

    class Meta:
        ordering = ["-opened_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "kind"],
                condition=Q(settled_at=None),
                name="alarm_open_once_for_each_kind",
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None, settlement="", settled_by=None, reason="")
                | (Q(settled_at__isnull=False) & Q(settlement__in=Settlement.values)),
                name="alarm_settled_somehow",
            ),
            models.CheckConstraint(
                condition=~Q(settlement=Settlement.AUTHOR) | ~Q(reason=""),
                name="alarm_settled_by_author_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.kind}"
