"""Attempts from start to close: start, flag, take over, submit, close. Writes attempts, responses.

Every write that decides something about an attempt holds the lock of its row; answers and
annotations are saved by ``exams.engine.saves`` under the same lock.
"""

from __future__ import annotations

import logging
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet, prefetch_related_objects
from psycopg.types.json import Jsonb

from accounts.models import ExtraTime, User
from exams.assembly.assemble import AssembledItem, Wanted, assemble
from exams.engine import saves
from exams.engine.scoring import Mark, Scale, Score, score
from exams.engine.spaced_review import MarkedAnswer, schedule
from exams.models import (
    EXAM_MODES,
    STUDY_MODES,
    Attempt,
    CloseReason,
    Response,
)
from exams.recipes import Recipe
from questions.kinds import Kind, is_correct
from questions.models import Exam

logger = logging.getLogger(__name__)


REPEATED_START = timedelta(minutes=2)
"""For how long the same start again, of an attempt nobody touched, is a request sent twice."""


class AttemptAlreadyOpen(Exception):
    """The candidate has an open attempt at this exam; ``attempt`` is it."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__("An attempt at this exam is already open.")
        self.attempt = attempt


# ---- Start -------------------------------------------------------------------------------------


class NothingToAsk(Exception):
    """No question fits the recipe, open exams ask all that do, or the fixed form is not offered."""


def start(
    *,
    user: User,
    exam: Exam,
    now: datetime,
    wanted: Wanted | None = None,
    seed: int | None = None,
    replace: bool = False,
) -> Attempt:
    """Draw the questions and start the clock; without ``wanted``, of a full mock exam.

    ``replace`` ends an open study attempt instead of standing in its way. A start whose reply was
    lost and that is sent again hands back what it began. Raises AttemptAlreadyOpen (resume it
    instead), selection.BankTooSmall when the blueprint cannot be supplied, and NothingToAsk when
    no question fits.
    """
    # The draw and the rules both read the domains.
    prefetch_related_objects([exam], "domains")
    attempt = _unsaved(user=user, exam=exam, wanted=wanted or Wanted(), seed=seed)
    if attempt.fixed_form is not None and not attempt.fixed_form.is_offered:
        raise NothingToAsk
    leftover = _leftover(attempt, now=now)
    if leftover is not None and _is_start_of(leftover, attempt, now=now):
        return leftover
    if leftover is not None and not (replace and leftover.explains):
        raise AttemptAlreadyOpen(leftover)
    items = assemble(attempt, now=now)
    if not items:
        raise NothingToAsk
    if leftover is not None:
        submit(user=user, attempt_id=leftover.pk, now=now)
    return _begin(attempt, items, now=now)


def begun_before(*, user: User, exam: Exam, now: datetime, wanted: Wanted) -> Attempt | None:
    """The attempt that the same start, sent before, began: a reply may have been lost."""
    attempt = _unsaved(user=user, exam=exam, wanted=wanted, seed=0)
    running = _leftover(attempt, now=now)
    return running if running is not None and _is_start_of(running, attempt, now=now) else None


def _leftover(like: Attempt, *, now: datetime) -> Attempt | None:
    """What stands in the way of a start; what is out of time is closed and does not."""
    leftover = _open_attempt(like)
    return None if leftover is None or close_if_expired(leftover, now=now) else leftover


def _is_start_of(running: Attempt, wanted: Attempt, *, now: datetime) -> bool:
    """Whether ``running`` is what ``wanted`` would be, just begun and untouched."""

    def asked(attempt: Attempt) -> tuple[object, ...]:
        recipe = Recipe.from_json(attempt.recipe)
        return (attempt.mode, recipe, attempt.section_id, attempt.fixed_form_id)

    is_same = asked(running) == asked(wanted) and now - running.started_at <= REPEATED_START
    touched = Q(rev__gt=0) | Q(annotations_rev__gt=0) | Q(revealed_at__isnull=False)
    return is_same and not running.paused_at and not running.responses.filter(touched).exists()


def _unsaved(*, user: User, exam: Exam, wanted: Wanted, seed: int | None) -> Attempt:
    wanted.recipe.check()
    return Attempt(
        user=user,
        exam=exam,
        mode=wanted.mode,
        recipe=wanted.effective_recipe.as_json(),
        section=wanted.section,
        fixed_form=wanted.fixed_form,
        seed=secrets.randbits(63) if seed is None else seed,
        extra_time=user.extra_time,
    )


def standard_time(attempt: Attempt) -> timedelta | None:
    """How long the attempt lasts without extra time; None for untimed study."""
    minutes = attempt.judged_by.minutes
    return None if minutes is None else timedelta(minutes=minutes)


def allowed_time(attempt: Attempt) -> timedelta | None:
    """``standard_time`` with the attempt's extra time; outages and pauses are not in it."""
    standard, full = standard_time(attempt), attempt.judged_by.full_minutes
    if standard is None:
        return None
    in_full = None if full is None else timedelta(minutes=full)
    return ExtraTime(attempt.extra_time).allowed(standard, full=in_full)


def _begin(attempt: Attempt, items: Sequence[AssembledItem], *, now: datetime) -> Attempt:
    attempt.rules = attempt.present_rules().as_json()
    allowed = allowed_time(attempt)
    # In UTC, for sums of local times skip or repeat the hour in which clocks are changed.
    attempt.started_at = now.astimezone(UTC)
    if allowed is not None:
        attempt.deadline = attempt.started_at + allowed
    try:
        with transaction.atomic():
            attempt.save(force_insert=True)
            _insert_responses(attempt, items)
    except IntegrityError:
        # Two starts at once: the constraint on open attempts let the other one in first.
        other = _open_attempt(attempt)
        if other is None:
            raise
        if _is_start_of(other, attempt, now=now):
            return other
        raise AttemptAlreadyOpen(other) from None
    return attempt


def _open_attempt(like: Attempt) -> Attempt | None:
    modes = STUDY_MODES if like.explains else EXAM_MODES
    own = Attempt.objects.of(like.user).open().filter(exam=like.exam, mode__in=modes)
    return own.with_titles().first()


# Through the model this took most of a start's processor time; hundreds start at once.
_INSERT_RESPONSES = """
INSERT INTO exams_response (attempt_id, position, question_id, version_id, task_id, scored,
                            option_order, answer, flagged, epoch, rev)
SELECT %(attempt)s, item.position, item.question_id, item.version_id, item.task_id,
       item.scored,
       ARRAY(SELECT option FROM jsonb_array_elements_text(item.option_order)
               WITH ORDINALITY AS shown (option, number) ORDER BY number),
       '{}', false, 0, 0
  FROM jsonb_to_recordset(%(items)s) AS item (position int, question_id bigint,
       version_id bigint, task_id bigint, scored boolean, option_order jsonb)
"""


def _insert_responses(attempt: Attempt, items: Sequence[AssembledItem]) -> None:
    rows = [asdict(item) | {"position": number} for number, item in enumerate(items, start=1)]
    parameters: dict[str, Any] = {"attempt": attempt.pk, "items": Jsonb(rows)}
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_RESPONSES, parameters)


# ---- Flags and windows --------------------------------------------------------------------------


def set_flag(*, user: User, attempt_id: uuid.UUID, position: int, flagged: bool) -> bool:
    """Flag a question for review, or take the flag off; False when the attempt is closed.

    Raises Response.DoesNotExist when ``user`` has no such attempt or it has no such question.
    """
    with transaction.atomic():
        attempt = locked(Attempt.objects.of(user).filter(pk=attempt_id))
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


def note_seen(*, user: User, attempt_id: uuid.UUID, position: int, epoch: int) -> bool:
    """Remember the question that a window showed when it was left, to go on there.

    False where that window was taken over, the attempt is closed, or there is no such question.
    """
    rows = Attempt.objects.of(user).open().filter(pk=attempt_id, epoch=epoch)
    return bool(rows.filter(responses__position=position).update(last_position=position))


# ---- Close -------------------------------------------------------------------------------------


def submit(*, user: User, attempt_id: uuid.UUID, now: datetime) -> Attempt:
    """Hand the attempt in and score it, once: a second call returns the closed attempt.

    Raises Attempt.DoesNotExist when ``user`` has no such attempt.
    """
    with transaction.atomic():
        attempt = locked(Attempt.objects.of(user).filter(pk=attempt_id))
        if attempt is None:
            raise Attempt.DoesNotExist
        if not attempt.is_closed:
            _close(attempt, now=now)
    return attempt


def is_late(attempt: Attempt, *, received_at: datetime) -> bool:
    """Whether a save that was received then is refused: the time is up, grace included."""
    if attempt.deadline is None or attempt.paused_at is not None:
        return False
    return received_at > attempt.deadline + saves.GRACE


def is_over(attempt: Attempt, *, now: datetime) -> bool:
    """Whether an attempt may be closed: no save that was in time can still wait in our queue."""
    return is_late(attempt, received_at=now - settings.QUEUE_ALLOWANCE)


def close_if_expired(attempt: Attempt, *, now: datetime) -> bool:
    """Close ``attempt`` if its time, grace included, is up; whether it is closed afterwards."""
    if not attempt.is_closed and is_over(attempt, now=now):
        with transaction.atomic():
            current = locked(Attempt.objects.filter(pk=attempt.pk))
            # An operator may have extended it, or a pause may have begun, meanwhile.
            if current is not None and not current.is_closed and is_over(current, now=now):
                _close(current, now=now)
        attempt.refresh_from_db()
    return attempt.is_closed


def close_expired(*, now: datetime) -> int:
    """Close every attempt whose time, grace included, is up; returns how many it closed.

    Any number of workers may call this at once. An attempt that cannot be closed is logged and
    does not keep the others waiting.
    """
    latest = now - saves.GRACE - settings.QUEUE_ALLOWANCE
    due = Attempt.objects.open().filter(deadline__lt=latest, paused_at=None)
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
        attempt = locked(Attempt.objects.open().filter(pk=attempt_id), skip=True)
        # An operator may have extended it since it was found due.
        if attempt is None or not is_over(attempt, now=now):
            return False
        _close(attempt, now=now)
    return True


def locked(rows: QuerySet[Attempt], *, skip: bool = False) -> Attempt | None:
    """The first of ``rows`` with its row locked; None when there is none, or ``skip`` passes it."""
    return (
        rows.select_related("exam")
        .select_for_update(of=("self",), no_key=True, skip_locked=skip)
        .first()
    )


def _close(attempt: Attempt, *, now: datetime) -> None:
    """Score and close an attempt whose row the caller has locked."""
    expired = attempt.is_expired(now)
    # However late the clock was looked at, an expired attempt ended at its deadline.
    ended = attempt.deadline if expired and attempt.deadline else now
    result = _mark_responses(attempt, now=ended)
    attempt.closed_at = ended
    attempt.close_reason = CloseReason.EXPIRED if expired else CloseReason.SUBMITTED
    end_pause(attempt, now=ended)
    attempt.scored_correct = result.total.correct
    attempt.scored_items = result.total.items
    attempt.scaled_score = result.scaled
    attempt.passed = result.passed
    attempt.save(
        update_fields=[
            *("closed_at", "close_reason", "passed", "deadline", "paused_at", "paused_for"),
            *("scored_correct", "scored_items", "scaled_score"),
        ]
    )


def end_pause(attempt: Attempt, *, now: datetime) -> None:
    """Let the clock go on, if it stands: the deadline moves by the pause. Writes nothing."""
    if attempt.paused_at is not None and attempt.deadline is not None:
        pause = now - attempt.paused_at
        attempt.deadline += pause
        attempt.paused_for += pause
        attempt.paused_at = None


# By the ORM it would be an update of no row when nothing is right, and hundreds of parameters.
_MARK = """
UPDATE exams_response SET is_correct = (id = ANY(%(right)s::bigint[]))
 WHERE attempt_id = %(attempt)s AND id = ANY(%(counted)s::bigint[])
"""


def _mark_responses(attempt: Attempt, *, now: datetime) -> Score:
    rows = [row for row in _marked_rows(attempt) if counts(attempt, row)]
    with connection.cursor() as cursor:
        cursor.execute(
            _MARK,
            {
                "attempt": attempt.pk,
                "counted": [row.pk for row in rows],
                "right": [row.pk for row in rows if row.right],
            },
        )
    # What was revealed has been scheduled then; a blank says nothing of what is known.
    answered = [
        MarkedAnswer(row.question_id, row.right, row.confidence)
        for row in rows
        if row.answered and not row.revealed
    ]
    schedule(attempt.user_id, answered, now=now)
    return score((row.mark for row in rows), scale_of(attempt))


def scale_of(attempt: Attempt) -> Scale:
    rules = attempt.judged_by
    return Scale(rules.scale_min, rules.scale_max, rules.pass_mark)


@dataclass(frozen=True, slots=True)
class MarkedRow:
    """One response as it counts when its attempt closes."""

    pk: int
    question_id: int
    right: bool
    answered: bool
    revealed: bool
    confidence: str
    mark: Mark


def counts(attempt: Attempt, row: MarkedRow) -> bool:
    """Whether a response is marked: in exams a blank is wrong, in study it was not reached."""
    return not attempt.explains or row.answered or row.revealed


def _marked_rows(attempt: Attempt) -> list[MarkedRow]:
    rows = attempt.responses.values_list(
        *("pk", "question_id", "answer", "version__kind", "version__key"),
        *("revealed_at", "confidence", "task__domain__code", "scored"),
    )
    result = []
    for pk, question_id, answer, kind, key, revealed_at, confidence, domain, scored in rows:
        right = is_correct(Kind(kind), key, answer)
        result.append(
            MarkedRow(
                pk=pk,
                question_id=question_id,
                right=right,
                answered=any(answer),
                revealed=revealed_at is not None,
                confidence=confidence,
                mark=Mark(domain, scored, right),
            )
        )
    return result
