"""The daily queue of spaced reviews. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from accounts.models import User
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
