"""Spaced review: the daily queue, and the cards that bring questions back. The writer of cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime

from django.db import connection
from django.utils.timezone import get_current_timezone

from accounts.models import User
from exams.days import DAY, day_ends, day_of
from exams.engine.scheduling import Memory, is_worth_a_card, reviewed
from exams.models import ReviewCard


@dataclass(frozen=True, slots=True)
class DueOfExam:
    """How many questions of one exam are due today, and the day on which the next one comes."""

    slug: str
    code: str
    due: int
    next_day: date | None
    is_tomorrow: bool


# A question may serve several exams; it comes back in those that the candidate has sat.
_DUE = """
SELECT e.slug, e.code, count(*) FILTER (WHERE c.due < %(end)s),
       min(c.due) FILTER (WHERE c.due >= %(end)s)
  FROM exams_reviewcard c
  JOIN questions_question q ON q.id = c.question_id AND q.retired_at IS NULL
  JOIN questions_questionversion v ON v.id = q.published_id
 CROSS JOIN LATERAL (
    SELECT v.task_id
     UNION
    SELECT g.task_id FROM questions_questionversion_also g WHERE g.questionversion_id = v.id
       ) served
  JOIN questions_task t ON t.id = served.task_id
  JOIN questions_domain d ON d.id = t.domain_id
  JOIN questions_exam e ON e.id = d.exam_id AND v.kind = ANY(e.kinds)
 WHERE c.user_id = %(user)s
   AND EXISTS (SELECT FROM exams_attempt a WHERE a.user_id = c.user_id AND a.exam_id = e.id)
 GROUP BY e.slug, e.code
 ORDER BY e.code
"""


def daily_queue(user: User, *, now: datetime) -> list[DueOfExam]:
    """A row for each exam that ``user`` has sat and has questions of to come back; one query.

    Days are those of Django's current time zone, which is the reader's. Retired questions are left
    out.
    """
    zone = get_current_timezone()
    tomorrow = day_of(now, zone) + DAY
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {"user": user.pk, "end": day_ends(now, zone)})
        rows = cursor.fetchall()
    days = [None if next_due is None else day_of(next_due, zone) for *_, next_due in rows]
    return [
        DueOfExam(slug, code, due, day, day == tomorrow)
        for (slug, code, due, _), day in zip(rows, days, strict=True)
    ]


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
    rows = cards.select_for_update(no_key=True).values_list("question", *names)
    return {question: Memory(*values) for question, *values in rows}


def _card(user_id: int, one: MarkedAnswer, memory: Memory | None, *, now: datetime) -> ReviewCard:
    after = reviewed(memory, correct=one.correct, confidence=one.confidence, now=now)
    return ReviewCard(user_id=user_id, question_id=one.question_id, **asdict(after))
