"""The one writer of attempts: start, save, flag, take over, submit, close.

Every write that decides something about an attempt holds the lock of its row. See
docs/adr/0002-one-statement-saves.md for why a save is a single statement.
"""

from __future__ import annotations

import logging
import secrets
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Count, F, Q, QuerySet

from accounts.models import ExtraTime, User
from exams.models import Attempt, CloseReason, Mode, Outcome, Response
from exams.scoring import Mark, Scale, Score, score
from exams.selection import Candidate, Pick, draw, draw_up_to, shuffled
from exams.supply import Drawable, blueprint, drawable
from questions.kinds import Kind, MalformedAnswer, Shape, is_correct, parse_answer
from questions.models import Exam, NoteSection, QuestionVersion

logger = logging.getLogger(__name__)


GRACE = timedelta(seconds=2)
"""How long after the deadline a save is still accepted: the network's share, not the person's."""


class AttemptAlreadyOpen(Exception):
    """The candidate has an open attempt at this exam; ``attempt`` is it."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__("An attempt at this exam is already open.")
        self.attempt = attempt


class CommitUncertain(DatabaseError):
    """COMMIT returned with a warning: nothing may be acknowledged."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a save, and what the candidate's window must know to go on."""

    outcome: Outcome
    rev: int
    epoch: int
    deadline: datetime

    @property
    def is_acknowledged(self) -> bool:
        return self.outcome in (Outcome.APPLIED, Outcome.REPEATED)


# ---- Start -------------------------------------------------------------------------------------


PRACTICE_ITEMS = 10
"""The most questions that one practice of a section asks."""


class NothingToPractise(Exception):
    """No question draws on the section, or open attempts of the candidate ask all of them."""


def start(*, user: User, exam: Exam, now: datetime, seed: int | None = None) -> Attempt:
    """Draw a full form for ``user`` and start the clock.

    Raises AttemptAlreadyOpen (resume it instead) and selection.BankTooSmall.
    """
    _close_leftover(user=user, exam=exam, mode=Mode.MOCK, now=now)
    attempt = _unsaved(user=user, exam=exam, mode=Mode.MOCK, seed=seed)
    rng = Random(attempt.seed)  # noqa: S311  # a draw to be repeated by its seed, not a secret
    pool = drawable(exam)
    picks = draw(_candidates(pool, user=user), blueprint(exam), rng)
    return _begin(attempt, picks, pool, rng, now=now)


def practise(
    *, user: User, section: NoteSection, now: datetime, seed: int | None = None
) -> Attempt:
    """Start an attempt of up to ten questions that draw on ``section``; all of them count.

    Raises AttemptAlreadyOpen (also for a practice of another section) and NothingToPractise.
    """
    exam = section.exam
    _close_leftover(user=user, exam=exam, mode=Mode.SECTION, now=now)
    attempt = _unsaved(user=user, exam=exam, mode=Mode.SECTION, seed=seed)
    attempt.section = section
    rng = Random(attempt.seed)  # noqa: S311  # as above
    # What is asked in an exam that still runs must not be explained here first.
    busy = _asked_in_open_attempts(user)
    pool = [q for q in drawable(exam, section=section) if q.question_id not in busy]
    picks = draw_up_to(PRACTICE_ITEMS, _candidates(pool, user=user), rng)
    if not picks:
        raise NothingToPractise
    return _begin(attempt, picks, pool, rng, now=now)


def _unsaved(*, user: User, exam: Exam, mode: Mode, seed: int | None) -> Attempt:
    seed = secrets.randbits(63) if seed is None else seed
    return Attempt(user=user, exam=exam, mode=mode, seed=seed, extra_time=user.extra_time)


def _begin(
    attempt: Attempt, picks: Sequence[Pick], pool: Iterable[Drawable], rng: Random, *, now: datetime
) -> Attempt:
    # At the pace of the exam, whatever the number of questions.
    standard = timedelta(minutes=attempt.exam.minutes) * len(picks) / attempt.exam.items
    attempt.started_at = now
    attempt.deadline = now + ExtraTime(attempt.extra_time).allowed(standard)
    try:
        with transaction.atomic():
            attempt.save(force_insert=True)
            Response.objects.bulk_create(_responses(attempt, picks, pool, rng))
    except IntegrityError:
        # Two starts at once: the constraint on open attempts let the other one in first.
        other = _open_attempt(user=attempt.user, exam=attempt.exam, mode=Mode(attempt.mode))
        if other is None:
            raise
        raise AttemptAlreadyOpen(other) from None
    return attempt


def _open_attempt(*, user: User, exam: Exam, mode: Mode) -> Attempt | None:
    return Attempt.objects.of(user).open().filter(exam=exam, mode=mode).first()


def _close_leftover(*, user: User, exam: Exam, mode: Mode, now: datetime) -> None:
    leftover = _open_attempt(user=user, exam=exam, mode=mode)
    if leftover is not None and not close_if_expired(leftover, now=now):
        raise AttemptAlreadyOpen(leftover)


def _asked_in_open_attempts(user: User) -> set[int]:
    rows = Response.objects.filter(attempt__user=user, attempt__closed_at=None)
    return set(rows.values_list("question_id", flat=True))


def _candidates(pool: Iterable[Drawable], *, user: User) -> list[Candidate]:
    seen = dict(
        Response.objects.filter(attempt__user=user)
        .values_list("question_id")
        # Open elsewhere: drawn last of all, since its answer may be shown before this one ends.
        .annotate(times=Count("id") + 1000 * Count("id", filter=Q(attempt__closed_at=None)))
    )
    return [
        Candidate(q.name, q.domain, q.task, seen.get(q.question_id, 0), q.enemy_names) for q in pool
    ]


def _responses(
    attempt: Attempt, picks: Sequence[Pick], pool: Iterable[Drawable], rng: Random
) -> list[Response]:
    by_name = {question.name: question for question in pool}
    drawn = [by_name[pick.slug] for pick in picks]
    versions = QuestionVersion.objects.filter(pk__in=[question.version_id for question in drawn])
    options = dict(versions.values_list("pk", "options"))
    return [
        Response(
            attempt=attempt,
            position=position,
            question_id=question.question_id,
            version_id=question.version_id,
            task_id=question.task_id,
            scored=pick.scored,
            option_order=shuffled([o["id"] for o in options[question.version_id]], rng),
        )
        for position, (pick, question) in enumerate(zip(picks, drawn, strict=True), start=1)
    ]


# ---- Save --------------------------------------------------------------------------------------

# Everything the save contract asks for, in one statement and so in one transaction: lock the
# attempt, decide, apply if newer, journal in any case. The rows are read by the locking clauses,
# which wait for whoever holds them and then see what that one committed; a plain read in the
# same statement would see the state before the wait.
_SAVE = """
WITH attempt AS (
    SELECT id, epoch, deadline, closed_at
      FROM exams_attempt
     WHERE id = %(attempt)s AND user_id = %(user)s
       FOR NO KEY UPDATE
), response AS (
    SELECT r.id, r.epoch, r.rev, r.answer
      FROM exams_response r JOIN attempt ON r.attempt_id = attempt.id
     WHERE r.position = %(position)s
       FOR NO KEY UPDATE OF r
), decision AS (
    SELECT response.id AS response_id, attempt.deadline, attempt.epoch AS current_epoch,
           response.rev AS current_rev,
           CASE
             WHEN attempt.closed_at IS NOT NULL THEN 'closed'
             WHEN %(now)s > attempt.deadline + %(grace)s THEN 'late'
             WHEN %(epoch)s <> attempt.epoch THEN 'superseded'
             WHEN (%(epoch)s, %(rev)s) > (response.epoch, response.rev) THEN 'applied'
             WHEN (%(epoch)s, %(rev)s) = (response.epoch, response.rev)
                  AND response.answer = %(answer)s::varchar[] THEN 'repeated'
             ELSE 'stale'
           END AS outcome
      FROM attempt CROSS JOIN response
), applied AS (
    UPDATE exams_response r
       SET answer = %(answer)s::varchar[], epoch = %(epoch)s, rev = %(rev)s, saved_at = %(now)s
      FROM decision
     WHERE r.id = decision.response_id AND decision.outcome = 'applied'
), journal AS (
    INSERT INTO exams_answerevent
           (attempt_id, position, epoch, rev, answer, outcome, received_at)
    SELECT %(attempt)s::uuid, %(position)s, %(epoch)s, %(rev)s, %(answer)s::varchar[],
           outcome, %(now)s::timestamptz
      FROM decision
)
SELECT outcome, current_rev, current_epoch, deadline FROM decision
"""


@dataclass(frozen=True, slots=True)
class Save:
    """One save as it came from a window. ``given``: places in the shown order, from 1."""

    position: int
    epoch: int
    rev: int
    given: Sequence[str]


def save_answer(*, user: User, attempt_id: uuid.UUID, save: Save, now: datetime) -> Saved:
    """Save one answer by the save contract; ``now`` is when the server received it.

    Returning means that it is committed, or refused for the reason in the outcome; either way
    it is in the journal. What cannot be an answer to the question at all is not journaled.
    Raises Response.DoesNotExist when ``user`` has no such attempt or it
    has no such question, MalformedAnswer when the answer does not fit the question, and
    CommitUncertain when the database did not promise durability.
    """
    answer = _answer_in_option_ids(user, attempt_id, save)
    parameters: dict[str, Any] = {
        "attempt": attempt_id,
        "user": user.pk,
        "position": save.position,
        "epoch": save.epoch,
        "rev": save.rev,
        "answer": list(answer),
        "now": now,
        "grace": GRACE,
    }
    outcome, rev, epoch, deadline = _execute_durably(parameters)
    return Saved(
        outcome=Outcome(outcome),
        rev=save.rev if outcome == Outcome.APPLIED else rev,
        epoch=epoch,
        deadline=deadline,
    )


def _answer_in_option_ids(user: User, attempt_id: uuid.UUID, save: Save) -> tuple[str, ...]:
    # Form and versions never change, so this needs no lock.
    kind, prompts, order = Response.objects.values_list(
        "version__kind", "version__prompts", "option_order"
    ).get(attempt=attempt_id, attempt__user=user, position=save.position)
    # Browsers know options by the place they are shown in: an id or an authored place could
    # give the key away.
    places = {str(place): option for place, option in enumerate(order, start=1)} | {"": ""}
    if unknown := [place for place in save.given if place not in places]:
        raise MalformedAnswer(f"This question has no option {unknown[0]!r}.")
    shape = Shape(Kind(kind), tuple(order), len(prompts))
    return parse_answer(shape, [places[place] for place in save.given])


def _execute_durably(parameters: dict[str, Any]) -> tuple[str, int, int, datetime]:
    warnings: list[str] = []

    def note(diagnostic: psycopg.errors.Diagnostic) -> None:
        if diagnostic.severity_nonlocalized == "WARNING":
            warnings.append(diagnostic.message_primary or "unnamed warning")

    with connection.cursor() as cursor:
        # A synchronous commit that was cancelled while waiting for its standby still reports
        # success, with a warning only.
        cursor.connection.add_notice_handler(note)
        try:
            cursor.execute(_SAVE, parameters)
            row: tuple[str, int, int, datetime] | None = cursor.fetchone()
        finally:
            cursor.connection.remove_notice_handler(note)
    if warnings:
        raise CommitUncertain("; ".join(warnings))
    if row is None:
        # The attempt was deleted between the two statements.
        raise Response.DoesNotExist
    return row


def set_flag(*, user: User, attempt_id: uuid.UUID, position: int, flagged: bool) -> bool:
    """Flag a question for review, or take the flag off; False when the attempt is closed.

    Raises Response.DoesNotExist when ``user`` has no such attempt or it has no such question.
    """
    with transaction.atomic():
        attempt = _locked(Attempt.objects.of(user).filter(pk=attempt_id))
        if attempt is None:
            raise Response.DoesNotExist
        rows = Response.objects.filter(attempt=attempt_id, position=position)
        if attempt.is_closed:
            return False
        if not rows.update(flagged=flagged):
            raise Response.DoesNotExist
    return True


def take_over(*, user: User, attempt_id: uuid.UUID) -> int:
    """Make the calling window the only one whose saves count; returns the new epoch.

    Raises Attempt.DoesNotExist when ``user`` has no such open attempt.
    """
    with transaction.atomic():
        rows = Attempt.objects.of(user).open().filter(pk=attempt_id)
        if not rows.update(epoch=F("epoch") + 1):
            raise Attempt.DoesNotExist
        return rows.values_list("epoch", flat=True).get()


# ---- Close -------------------------------------------------------------------------------------


def submit(*, user: User, attempt_id: uuid.UUID, now: datetime) -> Attempt:
    """Hand the attempt in and score it, once: a second call returns the closed attempt.

    Raises Attempt.DoesNotExist when ``user`` has no such attempt.
    """
    with transaction.atomic():
        attempt = _locked(Attempt.objects.of(user).filter(pk=attempt_id))
        if attempt is None:
            raise Attempt.DoesNotExist
        if not attempt.is_closed:
            _close(attempt, now=now)
    return attempt


def close_if_expired(attempt: Attempt, *, now: datetime) -> bool:
    """Close ``attempt`` if its time, grace included, is up; whether it is closed afterwards."""
    if not attempt.is_closed and now > attempt.deadline + GRACE:
        with transaction.atomic():
            current = _locked(Attempt.objects.filter(pk=attempt.pk))
            if current is not None and not current.is_closed:
                _close(current, now=now)
        attempt.refresh_from_db()
    return attempt.is_closed


def close_expired(*, now: datetime) -> int:
    """Close every attempt whose time, grace included, is up; returns how many it closed.

    Any number of workers may call this at once. An attempt that cannot be closed is logged and
    does not keep the others waiting.
    """
    due = Attempt.objects.open().filter(deadline__lt=now - GRACE)
    closed = 0
    for attempt_id in due.order_by("deadline").values_list("pk", flat=True):
        try:
            closed += _close_one(attempt_id, now=now)
        except Exception:  # whatever is wrong with one attempt, the others are due as well
            logger.exception("Attempt %s could not be closed; the next sweep retries", attempt_id)
    return closed


def _close_one(attempt_id: uuid.UUID, *, now: datetime) -> bool:
    with transaction.atomic():
        # Locked by somebody else: that is a save, a submit or another worker. Next sweep.
        attempt = _locked(Attempt.objects.open().filter(pk=attempt_id), skip=True)
        if attempt is not None:
            _close(attempt, now=now)
    return attempt is not None


def _locked(rows: QuerySet[Attempt], *, skip: bool = False) -> Attempt | None:
    return (
        rows.select_related("exam")
        .select_for_update(of=("self",), no_key=True, skip_locked=skip)
        .first()
    )


def _close(attempt: Attempt, *, now: datetime) -> None:
    """Score and close an attempt whose row the caller has locked."""
    expired = attempt.is_expired(now)
    result = _mark_responses(attempt)
    # However late the clock was looked at, an expired attempt ended at its deadline.
    attempt.closed_at = attempt.deadline if expired else now
    attempt.close_reason = CloseReason.EXPIRED if expired else CloseReason.SUBMITTED
    attempt.scored_correct = result.total.correct
    attempt.scored_items = result.total.items
    attempt.scaled_score = result.scaled
    attempt.passed = result.passed
    attempt.save(
        update_fields=[
            *("closed_at", "close_reason", "passed"),
            *("scored_correct", "scored_items", "scaled_score"),
        ]
    )


def _mark_responses(attempt: Attempt) -> Score:
    rows = list(
        attempt.responses.values_list(
            "pk",
            "scored",
            "answer",
            "version__kind",
            "version__key",
            "task__domain__code",
        )
    )
    right = [pk for pk, _, answer, kind, key, _ in rows if is_correct(Kind(kind), key, answer)]
    attempt.responses.update(is_correct=Q(pk__in=right))
    marks = [Mark(domain, scored, pk in right) for pk, scored, *_, domain in rows]
    exam = attempt.exam
    return score(marks, Scale(exam.scale_min, exam.scale_max, exam.pass_mark))
