"""Study attempts while they run: checking an answer, and pauses. Writes attempts and responses."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from accounts.models import User
from exams.engine.attempts import end_pause, locked
from exams.engine.secrecy import NotExplainedYet, explainable, refuse_in_exams
from exams.engine.spaced_review import MarkedAnswer, schedule
from exams.models import Attempt, Response
from questions.kinds import Kind, is_correct


def reveal(*, user: User, attempt_id: uuid.UUID, position: int, now: datetime) -> None:
    """Mark one question of a study attempt; its answer is final and its key may be shown.

    Doing it again changes nothing. Raises Attempt.DoesNotExist when ``user`` has no such open
    attempt or its time is up, Response.DoesNotExist when it has no such question, and
    NotExplainedYet in exams, in a pause, and for a question that an exam asks which the candidate
    has open.
    """
    with transaction.atomic():
        attempt = locked(Attempt.objects.of(user).open().filter(pk=attempt_id))
        if attempt is None or attempt.is_expired(now):
            raise Attempt.DoesNotExist
        if attempt.paused_at is not None:
            raise NotExplainedYet("This attempt is paused. Continue it first.")
        refuse_in_exams(attempt)
        response = explainable(attempt, position)
        if response.revealed_at is None:
            _reveal(attempt, response, now=now)


def _reveal(attempt: Attempt, response: Response, *, now: datetime) -> None:
    version = response.version
    response.revealed_at = now
    response.is_correct = is_correct(Kind(version.kind), version.key, response.answer)
    response.save(update_fields=["revealed_at", "is_correct"])
    marked = MarkedAnswer(response.question_id, response.is_correct, response.confidence)
    schedule(attempt.user_id, [marked], now=now)


def pause(*, user: User, attempt_id: uuid.UUID, now: datetime) -> bool:
    """Stop the clock of a timed study attempt; False where there is none to be stopped.

    Exams cannot be paused: the database refuses it too. Raises Attempt.DoesNotExist when
    ``user`` has no such open attempt.
    """
    with transaction.atomic():
        attempt = locked(Attempt.objects.of(user).open().filter(pk=attempt_id))
        if attempt is None:
            raise Attempt.DoesNotExist
        if not attempt.explains or attempt.deadline is None or attempt.is_expired(now):
            return False
        if attempt.paused_at is None:
            attempt.paused_at = now
            attempt.save(update_fields=["paused_at"])
    return True


def unpause(*, user: User, attempt_id: uuid.UUID, now: datetime) -> None:
    """Let the clock of a paused attempt go on: the deadline moves by the length of the pause.

    Raises Attempt.DoesNotExist when ``user`` has no such open attempt.
    """
    with transaction.atomic():
        attempt = locked(Attempt.objects.of(user).open().filter(pk=attempt_id))
        if attempt is None:
            raise Attempt.DoesNotExist
        if attempt.paused_at is not None and attempt.deadline is not None:
            end_pause(attempt, now=now)
            attempt.save(update_fields=["deadline", "paused_at", "paused_for"])
