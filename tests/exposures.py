"""Closed attempts written at once, for tests of statistics: no engine, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from accounts.models import User
from exams.models import AnswerEvent, Attempt, CloseReason, FixedForm, Mode, Outcome, Response
from questions.kinds import Kind, is_correct
from questions.models import Exam, Question, QuestionVersion, Task
from tests.bank import make_version

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


@dataclass
class Given:
    """What a candidate gave to one question; ``seconds`` after the save before."""

    version: QuestionVersion
    answer: Sequence[str] = ()
    scored: bool = True
    confidence: str = ""
    seconds: Sequence[float] = (60,)

    @property
    def correct(self) -> bool:
        return is_correct(Kind(self.version.kind), self.version.key, self.answer)


def sit(
    user: User,
    exam: Exam,
    given: Sequence[Given],
    *,
    started_at: datetime = NOON,
    mode: Mode = Mode.MOCK,
    fixed_form: FixedForm | None = None,
    closed: bool = True,
) -> Attempt:
    """An attempt in which ``given`` was answered in this order, closed two hours later."""
    attempt = Attempt(
        user=user,
        exam=exam,
        mode=mode,
        fixed_form=fixed_form,
        seed=1,
        started_at=started_at,
        deadline=started_at + timedelta(hours=2),
    )
    if closed:
        attempt.closed_at = attempt.deadline
        attempt.close_reason = CloseReason.EXPIRED
        attempt.scored_items = sum(one.scored for one in given)
        attempt.scored_correct = sum(one.scored and one.correct for one in given)
        attempt.scaled_score, attempt.passed = 100, False
    attempt.save()
    Response.objects.bulk_create(
        Response(
            attempt=attempt,
            position=position,
            question_id=one.version.question_id,
            version=one.version,
            task_id=one.version.task_id,
            scored=one.scored,
            option_order=[option["id"] for option in one.version.options],
            answer=list(one.answer),
            confidence=one.confidence,
            is_correct=one.correct if closed else None,
        )
        for position, one in enumerate(given, 1)
    )
    _journal(attempt, given)
    return attempt


def _journal(attempt: Attempt, given: Sequence[Given]) -> None:
    at = attempt.started_at
    events = []
    for position, one in enumerate(given, 1):
        for rev, seconds in enumerate(one.seconds if one.answer else (), 1):
            at += timedelta(seconds=seconds)
            events.append(
                AnswerEvent(
                    attempt=attempt,
                    position=position,
                    epoch=1,
                    rev=rev,
                    answer=list(one.answer),
                    outcome=Outcome.APPLIED,
                    received_at=at,
                )
            )
    AnswerEvent.objects.bulk_create(events)


def make_question(exam: Exam, slug: str, kind: Kind = Kind.CHOICE) -> QuestionVersion:
    """A published question; the version is its first."""
    task = Task.objects.filter(domain__exam=exam).order_by("pk")[0]
    question = Question.objects.create(exam=exam, slug=slug)
    version = make_version(question, task, kind)
    version.save()
    publish(version)
    return version


def next_version(version: QuestionVersion) -> QuestionVersion:
    """The same question once more, as its published next version."""
    made = make_version(
        version.question, version.task, Kind(version.kind), number=version.number + 1
    )
    made.save()
    publish(made)
    return made


def publish(version: QuestionVersion) -> None:
    Question.objects.filter(pk=version.question_id).update(published=version)
    version.question.published = version


def wrong_answer(version: QuestionVersion) -> list[str]:
    """An answer that is complete and wrong."""
    return {
        Kind.CHOICE: ["a"],
        Kind.RESPONSE: ["a", "c"],
        Kind.ORDERING: ["b", "a", "c", "d"],
        Kind.MATCHING: ["a", "c", "d"],
    }[Kind(version.kind)]
