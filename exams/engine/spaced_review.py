"""Spaced review: the daily queue, and the cards that bring questions back. The writer of cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from django.db.models import Count, Min, Q

from accounts.models import User
from exams.engine.scheduling import Memory, is_worth_a_card, reviewed
from exams.models import ReviewCard


@dataclass(frozen=True, slots=True)
class DueOfExam:
    """How many questions of one exam are due now, and when the next one comes."""

    slug: str
    code: str
    due: int
    next_due: datetime | None


def daily_queue(user: User, *, now: datetime) -> list[DueOfExam]:
    """A row for each exam in which ``user`` has questions to come back, retired ones left out."""
    cards = ReviewCard.objects.filter(user=user, question__retired_at=None).exclude(
        question__published=None
    )
    rows = (
        cards.order_by("question__exam__code")
        .values("question__exam__slug", "question__exam__code")
        .annotate(
            ready=Count("pk", filter=Q(due__lte=now)), later=Min("due", filter=Q(due__gt=now))
        )
        .values_list("question__exam__slug", "question__exam__code", "ready", "later")
    )
    return [DueOfExam(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class MarkedAnswer:
    """How one answer was marked, and how sure its candidate was."""

    question_id: int
    correct: bool
    confidence: str


def schedule(user_id: int, marked: Sequence[MarkedAnswer], *, now: datetime) -> None:
    """Bring the spaced reviews of ``user_id`` up to date with answers that were just marked."""
    # In the order of their ids: two attempts of one person may close at once.
    ordered = sorted(marked, key=lambda one: one.question_id)
    known = _memories(user_id, [one.question_id for one in ordered])
    cards = [
        _card(user_id, one, known.get(one.question_id), now=now)
        for one in ordered
        if one.question_id in known
        or is_worth_a_card(correct=one.correct, confidence=one.confidence)
    ]
    ReviewCard.objects.bulk_create(
        cards,
        update_conflicts=True,
        unique_fields=["user", "question"],
        update_fields=[field.name for field in fields(Memory)],
    )


def _memories(user_id: int, questions: Sequence[int]) -> dict[int, Memory]:
    names = [field.name for field in fields(Memory)]
    cards = ReviewCard.objects.filter(user=user_id, question__in=questions).order_by("question")
    rows = cards.select_for_update().values_list("question", *names)
    return {question: Memory(*values) for question, *values in rows}


def _card(user_id: int, one: MarkedAnswer, memory: Memory | None, *, now: datetime) -> ReviewCard:
    after = reviewed(memory, correct=one.correct, confidence=one.confidence, now=now)
    return ReviewCard(user_id=user_id, question_id=one.question_id, **asdict(after))
