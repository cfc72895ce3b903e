"""Rebuilds closed attempts from their journal and versions, and names every difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from exams.engine.attempts import allowed_time, is_late, scale_of
from exams.engine.scoring import Mark, score
from exams.models import AnswerEvent, Attempt, CloseReason, Outcome
from questions.kinds import Kind, is_correct


@dataclass(frozen=True, slots=True)
class AuditDifference:
    """One thing that is stored otherwise than the journal and the versions say."""

    attempt: Attempt
    what: str
    stored: object
    rebuilt: object

    def __str__(self) -> str:
        return f"{self.attempt.pk}: {self.what}: stored {self.stored!r}, rebuilt {self.rebuilt!r}"


def audit(attempt: Attempt) -> Iterator[AuditDifference]:
    """The differences of one closed attempt; none when all is well.

    The answers are those of the last applied line of the journal for each question, and the
    score is computed anew from them and from the keys of the versions that were asked.
    """
    yield from _audit_time(attempt)
    yield from _audit_journal(attempt)
    answers = _journaled_answers(attempt)
    marks = []
    for response in attempt.responses.select_related("version", "task__domain"):
        answer = answers.get(response.position, [])
        right: bool | None = is_correct(Kind(response.version.kind), response.version.key, answer)
        if attempt.explains and not answer and response.revealed_at is None:
            right = None  # study that ended before this question was reached
        else:
            marks.append(Mark(response.task.domain.code, response.scored, bool(right)))
        question = f"question {response.position}"
        yield from _compare(attempt, f"{question} answer", response.answer, answer)
        yield from _compare(attempt, f"{question} correct", response.is_correct, right)
    yield from _audit_score(attempt, marks)


def _journaled_answers(attempt: Attempt) -> dict[int, list[str]]:
    applied = AnswerEvent.objects.filter(attempt=attempt, outcome=Outcome.APPLIED)
    return dict(applied.order_by("id").values_list("position", "answer"))


def _audit_time(attempt: Attempt) -> Iterator[AuditDifference]:
    """Deadline and end."""
    allowed = allowed_time(attempt)
    if allowed is not None:
        credited = sum((row.added for row in attempt.extensions.all()), timedelta(0))
        rebuilt = attempt.started_at + allowed + credited + attempt.paused_for
        yield from _compare(attempt, "deadline", attempt.deadline, rebuilt)
    expired = attempt.close_reason == CloseReason.EXPIRED
    if expired:
        yield from _compare(attempt, "end", attempt.closed_at, attempt.deadline)
    elif attempt.deadline and attempt.closed_at and attempt.closed_at >= attempt.deadline:
        yield AuditDifference(attempt, "reason", attempt.close_reason, CloseReason.EXPIRED.value)


def _audit_journal(attempt: Attempt) -> Iterator[AuditDifference]:
    """What was applied rises by (epoch, rev), and came before the end of the grace."""
    latest: dict[int, tuple[int, int]] = {}
    applied = AnswerEvent.objects.filter(attempt=attempt, outcome=Outcome.APPLIED).order_by("id")
    for event in applied:
        number = (event.epoch, event.rev)
        if number <= latest.get(event.position, (0, 0)):
            yield AuditDifference(
                attempt, f"order of saves of {event.position}", number, "a rising one"
            )
        latest[event.position] = number
        if is_late(attempt, received_at=event.received_at) and not attempt.explains:
            yield AuditDifference(attempt, f"time of save {number}", event.received_at, "in time")


def _audit_score(attempt: Attempt, marks: Sequence[Mark]) -> Iterator[AuditDifference]:
    result = score(marks, scale_of(attempt))
    yield from _compare(attempt, "correct answers", attempt.scored_correct, result.total.correct)
    yield from _compare(attempt, "scored questions", attempt.scored_items, result.total.items)
    yield from _compare(attempt, "scaled score", attempt.scaled_score, result.scaled)
    yield from _compare(attempt, "passed", attempt.passed, result.passed)


def _compare(
    attempt: Attempt, what: str, stored: object, rebuilt: object
) -> Iterator[AuditDifference]:
    if stored != rebuilt:
        yield AuditDifference(attempt, what, stored, rebuilt)
