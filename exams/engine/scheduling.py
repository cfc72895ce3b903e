"""When a question comes back for spaced review. Pure: no Django.

The schedule is FSRS-6 with its published default weights (open-spaced-repetition, "ABC of FSRS"),
without steps of minutes: reviews are a daily queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from fsrs import Card, Rating, Scheduler, State

from exams.days import DAY

# Fuzz spreads reviews by chance; without it the same answers give the same days.
_SCHEDULER = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


@dataclass(frozen=True, slots=True)
class Memory:
    """What FSRS knows of one question and one person. ``stability`` in days."""

    due: datetime
    state: int
    step: int | None
    stability: float
    difficulty: float
    last_review: datetime


def rating_of(*, correct: bool, confidence: str) -> Rating:
    """How well an answer was known: a right guess is hardly known, a wrong one is forgotten."""
    if not correct:
        return Rating.Again
    doubts = {"guess": Rating.Hard, "unsure": Rating.Hard, "sure": Rating.Easy}
    return doubts.get(confidence, Rating.Good)


def is_worth_a_card(*, correct: bool, confidence: str) -> bool:
    """Whether a question that has no card gets one: what was missed or doubted comes back."""
    return not correct or confidence in ("guess", "unsure")


def reviewed(memory: Memory | None, *, correct: bool, confidence: str, now: datetime) -> Memory:
    """What is known after one more answer at ``now``; it is due a day later at the earliest."""
    now = now.astimezone(UTC)
    card, _ = _SCHEDULER.review_card(
        _card(memory, now), rating_of(correct=correct, confidence=confidence), now
    )
    return Memory(
        due=max(card.due, now + DAY),
        state=card.state.value,
        step=card.step,
        stability=card.stability or 0.0,
        difficulty=card.difficulty or 0.0,
        last_review=now,
    )


def _card(memory: Memory | None, now: datetime) -> Card:
    if memory is None:
        # The number only names a card; without one FSRS waits a millisecond to make it unique.
        return Card(card_id=1, due=now)
    return Card(
        card_id=1,
        state=State(memory.state),
        step=memory.step,
        stability=memory.stability,
        difficulty=memory.difficulty,
        due=memory.due.astimezone(UTC),
        last_review=memory.last_review.astimezone(UTC),
    )
